"""What a study varies: axes of one or several paths, paired samples, and the grid that they span."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from ..cells import Cell
from ..cells.paths import Key, expand
from ..errors import InputError, UnknownNameError
from ..quantities import Value, parse

__all__ = ["Axes", "Axis", "Grid", "Paired", "axes_of"]


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
        if not isinstance(self.values, Mapping) or not self.values:
            raise InputError("Paired needs a mapping {path: values} with at least one path.")
        lengths = {_name(key): len(_listed(_name(key), given)) for key, given in self.values.items()}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{name}: {n}" for name, n in lengths.items())
            raise InputError(f"Paired: every path needs equally many values, but has {listed}.")
        if not self.dim or not isinstance(self.dim, str):
            raise InputError(f"Paired: the dimension needs a name, not {self.dim!r}.")


#: What `mgtwin.sweep` takes: an outer product, paired samples, or several of these, which form an outer product.
Axes: TypeAlias = Mapping[Key, Any] | Paired | Sequence["Mapping[Key, Any] | Paired"]


@dataclass(frozen=True, eq=False)
class Axis:
    """One key of a study: the paths that it moves, its values [SI], its unit and the dimension along which it runs."""

    name: str
    dim: str
    paths: tuple[str, ...]
    values: np.ndarray = field(repr=False)
    unit: str


def axes_of(cells: Sequence[Cell], given: Axes) -> tuple[Axis, ...]:
    """Read what is to be varied, and check all of it against every cell before anything is computed.

    Raises
    ------
    UnknownNameError
        For a path that a cell does not have.
    InputError
        For an axis without values, values that are not in its unit or that the cell refuses, a path given twice.
    """
    axes: list[Axis] = []
    for group in [given] if isinstance(given, (Mapping, Paired)) else _groups(given):
        items = group.values if isinstance(group, Paired) else group
        dim = group.dim if isinstance(group, Paired) else None
        axes += [_axis(cells, key, values, dim) for key, values in items.items()]
    if not axes:
        raise InputError("nothing is varied: give {path: values} with at least one path.")
    _check_distinct(axes)
    return tuple(axes)


def _groups(given: Any) -> list[Mapping[Key, Any] | Paired]:
    groups = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    for group in groups:
        if not isinstance(group, (Mapping, Paired)):
            raise InputError(
                f"a study varies a mapping {{path: values}} or Paired({{path: values}}), or a list of these, "
                f"not {group!r}."
            )
    return groups


def _check_distinct(axes: Sequence[Axis]) -> None:
    owner: dict[str, str] = {}
    for axis in axes:
        for path in axis.paths:
            if path in owner:
                raise InputError(f"{path} is varied twice, by {owner[path]!r} and by {axis.name!r}: keep one of them.")
            owner[path] = axis.name
    for path, name in owner.items():
        inside = next((other for other in owner if other.startswith(f"{path}.")), None)
        if inside is not None:
            raise InputError(f"{inside} is a part of {path}, which {name!r} replaces by a number: vary one of them.")
    lengths: dict[str, int] = {}
    for axis in axes:
        if lengths.setdefault(axis.dim, axis.values.size) != axis.values.size:
            raise InputError(f"two groups of paired values are called {axis.dim!r}: give one another dim.")


def _name(key: Key) -> str:
    return key if isinstance(key, str) else ", ".join(map(str, key))


def _listed(name: str, given: Any) -> Sequence[Any]:
    """The values of an axis as a sequence that is not empty."""
    if isinstance(given, (str, Value, float, int, Mapping)) or not isinstance(given, Iterable):
        raise InputError(f"{name}: give a list of values, not {given!r}.")
    values = given if isinstance(given, np.ndarray) else list(given)
    if isinstance(values, np.ndarray) and values.ndim != 1:
        raise InputError(f"{name}: the values must be a list, not an array of {values.ndim} dimensions.")
    if not len(values):
        raise InputError(f"{name}: there are no values; give at least one.")
    return values  # type: ignore[return-value]


def _axis(cells: Sequence[Cell], key: Key, given: Any, dim: str | None) -> Axis:
    name = _name(key)
    raw = _listed(name, given)
    by_cell = [expand(cell, key, setting=True) for cell in cells]
    unit = _unit(cells[0], by_cell[0], raw[0], name)
    values = _numbers(raw, unit, name)
    # The bounds of a number are an interval: what the cell accepts of the smallest and the largest it accepts of all.
    for cell, paths in zip(cells, by_cell, strict=True):
        for value in {float(values.min()), float(values.max())}:
            try:
                cell.with_({paths: value})
            except InputError as error:
                raise InputError(f"{name}: {error}") from None
    every = tuple(dict.fromkeys(path for paths in by_cell for path in paths))
    if any(paths != every for paths in by_cell):
        raise InputError(f"{name} means other paths in one cell than in another: study these cells one by one.")
    return Axis(name, dim or name, every, values, unit)


def _unit(cell: Cell, paths: tuple[str, ...], first: Any, name: str) -> str:
    """SI unit of the number that stands at the paths once the first value is put there."""
    try:
        cell.with_({paths[0]: first})  # what is wrong with a value is said once, not for every path
        tried = cell.with_({paths: first})
    except UnknownNameError:
        raise
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    found = {}
    for path in paths:
        value = tried.get(path)
        if not isinstance(value, Value):
            raise InputError(
                f"{name}: {path} is not a number, so it cannot be varied along an axis; give several cells instead."
            )
        found[path] = value.unit or ""
    if len(set(found.values())) > 1:
        raise InputError(f"{name}: these paths differ in their units ({', '.join(found.values())}): vary them apart.")
    return next(iter(found.values()))


def _numbers(raw: Sequence[Any], unit: str, name: str) -> np.ndarray:
    if isinstance(raw, np.ndarray) and raw.dtype.kind in "fiu":
        if np.isnan(raw).any():
            raise InputError(f"{name}: NaN is not a value.")
        return raw.astype(float)
    try:
        return np.array([float(parse(item, unit, allow_inf=True)) for item in raw])
    except InputError as error:
        raise InputError(f"{name}: {error}") from None


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
        index = np.arange(region[k].start, region[k].stop).reshape(shape)
        return np.broadcast_to(index, self.block(number)).reshape(-1)

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.chunks))
