"""What a study varies: axes of one or several paths, paired samples, and the grid that they span."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from ..cells import Cell
from ..cells.paths import Key, expand, parts_of
from ..errors import InputError, UnknownNameError
from ..quantities import Value, parse

__all__ = ["Axes", "Axis", "Grid", "Paired", "axes_of", "check_paths", "groups_of", "is_label", "name_of"]


def check_paths(given: object, needs: str) -> None:
    """Refuse anything but a mapping of one path at least; `needs` says what is needed and by whom."""
    if not isinstance(given, Mapping) or not given:
        raise InputError(f"{needs} with at least one path.")


def is_label(given: object) -> bool:
    """Whether dimensions, cells and protocols can be called so."""
    return isinstance(given, str) and given != ""


@dataclass(frozen=True)
class Paired:
    """Values of several paths that go together: the first of each, the second of each, and so on.

    Parameters
    ----------
    values : mapping
        A key is a path, a path with wildcards or a tuple of paths, as in `Cell.with_`; all have equally many values.
    dim : str
        Name of their dimension.

    Examples
    --------
    >>> Paired({"area": ["1 cm^2", "2 cm^2"], "temperature": ["25 degC", "60 degC"]}).dim
    'sample'
    """

    values: Mapping[Key, Any]
    dim: str = "sample"

    def __post_init__(self) -> None:
        check_paths(self.values, "Paired needs a mapping {path: values}")
        lengths = {name_of(key): len(_listed(name_of(key), given)) for key, given in self.values.items()}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{name}: {n}" for name, n in lengths.items())
            raise InputError(f"Paired: every path needs equally many values, but has {listed}.")
        if not is_label(self.dim):
            raise InputError(f"Paired: the dimension needs a name, not {self.dim!r}.")


#: What `mgtwin.sweep` takes: an outer product, paired samples, or several of these, which form an outer product.
Axes: TypeAlias = Mapping[Key, Any] | Paired | Sequence["Axes"]


@dataclass(frozen=True, eq=False)
class Axis:
    """One key of a study: the paths that it moves, its values [SI], its unit and the dimension along which it runs."""

    name: str
    dim: str
    paths: tuple[str, ...]
    values: np.ndarray = field(repr=False)
    unit: str

    @classmethod
    def read(cls, cells: Sequence[Cell], key: Key, given: object, dim: str | None) -> Axis:
        """Read the values of a key, each checked against every cell; raises as `axes_of`."""
        name = name_of(key)
        raw = _listed(name, given)
        by_cell = [expand(cell, key, setting=True) for cell in cells]
        try:
            cells[0].with_({by_cell[0][0]: raw[0]})  # what is wrong with a value is said once, not for every path
            tried = cells[0].with_({by_cell[0]: raw[0]})
            # The SI units of the numbers that stand at the paths once the first value is put there.
            units: dict[str, str] = {}
            for path in by_cell[0]:
                match tried.get(path):
                    case Value(unit=unit):
                        units[path] = unit or ""
                    case _:
                        raise InputError(
                            f"{path} is not a number, so it cannot be varied along an axis; give several cells instead."
                        )
            if len(set(units.values())) > 1:
                raise InputError(f"these paths differ in their units ({', '.join(units.values())}): vary them apart.")
            unit = units[by_cell[0][0]]
            values = np.array([float(parse(item, unit, allow_inf=True)) for item in raw])
            # The bounds of a number are an interval: a cell that accepts the smallest and the largest accepts all.
            for cell, paths in zip(cells, by_cell, strict=True):
                for value in {float(values.min()), float(values.max())}:
                    cell.with_({paths: value})
        except UnknownNameError:
            raise
        except InputError as error:
            raise InputError(f"{name}: {error}") from None
        # A wildcard may match layers that only one of the cells has: then one axis would mean two things.
        every = tuple(dict.fromkeys(path for paths in by_cell for path in paths))
        if any(paths != every for paths in by_cell):
            raise InputError(f"{name} means other paths in one cell than in another: study these cells one by one.")
        return cls(name, dim or name, every, values, unit)

    @property
    def attrs(self) -> dict[str, object]:
        """Attributes of its coordinate."""
        return {"units": self.unit or "1", "long_name": self.words, "paths": list(self.paths)}

    @property
    def words(self) -> str:
        """What is varied, as the label of an axis says it.

        Examples
        --------
        >>> Axis("layers.buffer_*.material.ionic_conductivity.reference", "", (), np.zeros(1), "").words
        'buffer ionic conductivity'
        """
        skipped = {"layers", "interfaces", "material", "*"}
        said = []
        for path in self.name.split(", "):
            parts = [part for part in path.replace("contact.", "contact ").split(".") if part not in skipped]
            head, tail = (parts[:1], parts[1:]) if len(parts) > 1 else ([], parts)
            words = [*head, ", ".join(tail)]
            said.append(" ".join(words).replace("_*", "").replace("_", " ").removesuffix(", reference"))
        return "; ".join(said)


def groups_of(given: Axes) -> list[tuple[str | None, Mapping[Key, Any]]]:
    """Every group of axes as ``(dimension of paired values or None, {path: values})``.

    Raises
    ------
    InputError
        For anything but mappings, `Paired` and lists of these.
    """
    match given:
        case Paired(values=values, dim=dim):
            return [(dim, values)]
        case Mapping():
            return [(None, given)]
        case str():  # a text can be iterated over, too, but its letters are no axes
            pass
        case Iterable():
            return [group for item in given for group in groups_of(item)]
    raise InputError(
        f"a study varies a mapping {{path: values}} or Paired({{path: values}}), or a list of these, not {given!r}."
    )


def axes_of(cells: Sequence[Cell], given: Axes) -> tuple[Axis, ...]:
    """Read what is to be varied, and check all of it against every cell before anything is computed.

    Raises
    ------
    UnknownNameError
        For a path that a cell does not have.
    InputError
        For an axis without values, values that are not in its unit or that the cell refuses, a path given twice.
    """
    axes = tuple(Axis.read(cells, key, raw, dim) for dim, group in groups_of(given) for key, raw in group.items())
    if not axes:
        raise InputError("nothing is varied: give {path: values} with at least one path.")
    # Two axes on one number would make the result depend on their order.
    owner: dict[str, str] = {}
    for axis in axes:
        for path in axis.paths:
            if owner.setdefault(path, axis.name) is not axis.name:
                raise InputError(f"{path} is varied twice, by {owner[path]!r} and by {axis.name!r}: keep one of them.")
    for path, name in owner.items():
        inside = next((other for other in owner if other.startswith(f"{path}.")), None)
        if inside is not None:
            raise InputError(f"{inside} is a part of {path}, which {name!r} replaces by a number: vary one of them.")
    lengths: dict[str, int] = {}
    for axis in axes:
        if lengths.setdefault(axis.dim, axis.values.size) != axis.values.size:
            raise InputError(f"two groups of paired values are called {axis.dim!r}: give one another dim.")
    return axes


def name_of(key: Key) -> str:
    """What a key is called in results: its path, or its paths with commas between them."""
    return ", ".join(map(str, parts_of(key)))


def _listed(name: str, given: object) -> Sequence[object] | np.ndarray:
    """The values of an axis as a sequence that is not empty."""
    match given:
        case str() | float() | int() | Mapping():
            raise InputError(f"{name}: give a list of values, not {given!r}.")
        case np.ndarray(ndim=ndim):
            if ndim != 1:
                raise InputError(f"{name}: the values must be a list, not an array of {ndim} dimensions.")
            values: Sequence[object] | np.ndarray = given
        case Iterable():
            values = list(given)
        case _:
            raise InputError(f"{name}: give a list of values, not {given!r}.")
    if not len(values):
        raise InputError(f"{name}: there are no values; give at least one.")
    return values


@dataclass(frozen=True)
class Grid:
    """The points of a study: dimensions with their sizes, cut into chunks that are contiguous in C order.

    Parameters
    ----------
    dims : tuple of str
    shape : tuple of int
    chunk : tuple of int
        Shape of a chunk: ones, then a part of one dimension, then whole dimensions.
    """

    dims: tuple[str, ...]
    shape: tuple[int, ...]
    chunk: tuple[int, ...]

    @classmethod
    def cut(cls, sizes: Mapping[str, int], whole: int, points: int) -> Grid:
        """Cut a grid into chunks of about `points` points; the first `whole` dimensions are never joined in a chunk."""
        shape = tuple(sizes.values())
        chunk, room = [1] * len(shape), max(points, 1)
        # From the last dimension on, so that a chunk is one contiguous piece of the array on disk.
        for k in range(len(shape) - 1, whole - 1, -1):
            parts = math.ceil(shape[k] / room)
            chunk[k] = math.ceil(shape[k] / parts)  # equal parts rather than a small one at the end
            if parts > 1:
                break
            room //= shape[k]
        return cls(tuple(sizes), shape, tuple(chunk))

    @property
    def size(self) -> int:
        """Number of points."""
        return math.prod(self.shape)

    @property
    def chunks(self) -> int:
        """Number of chunks."""
        return math.prod(self._counts)

    @property
    def _counts(self) -> tuple[int, ...]:
        return tuple(math.ceil(n / c) for n, c in zip(self.shape, self.chunk, strict=True))

    def place(self, number: int) -> tuple[int, ...]:
        """Position of a chunk in the grid of chunks."""
        return tuple(int(k) for k in np.unravel_index(number, self._counts))

    def region(self, number: int) -> tuple[slice, ...]:
        """The part of the grid that a chunk covers."""
        places = zip(self.place(number), self.chunk, self.shape, strict=True)
        return tuple(slice(k * c, min((k + 1) * c, n)) for k, c, n in places)

    def block(self, number: int) -> tuple[int, ...]:
        """Shape of a chunk; those at the ends may be smaller."""
        return tuple(part.stop - part.start for part in self.region(number))

    def along(self, number: int, dim: str) -> np.ndarray:
        """Index along a dimension of every point of a chunk, in C order."""
        region, k = self.region(number), self.dims.index(dim)
        shape = [1] * len(region)
        shape[k] = -1
        # Broadcast over the other dimensions instead of a table of all points: a study may have millions.
        index = np.arange(region[k].start, region[k].stop).reshape(shape)
        return np.broadcast_to(index, self.block(number)).reshape(-1)

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.chunks))
