"""From what is free to the unknowns of a fit: their names, units, scales, limits, starts and where they act."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..cells.paths import Key
from ..circuits.circuit import parts_of
from ..errors import InputError, QuantityError, UnknownNameError
from ..quantities import format_value
from .free import FREE, Free, FreeLike, Place
from .measurements import Measurement
from .priors import Knowledge

__all__ = ["Parameter", "Wanted", "free_parameters", "targets_of", "wanted"]

#: What is free by its key.
Wanted = Mapping[Key, FreeLike]
#: A number or an array of them.
Reals = float | NDArray[np.float64]

#: Units of numbers whose size is known: they are not fitted in the logarithm.
_LINEAR_UNITS = ("eV", "K", "V")
#: Part of its range that counts as the size of a number that is confined to it.
RANGE = 4.0
#: So many of the numbers that a parameter makes one are named.
_SHOWN = 4
#: Of numbers that may be 0, what counts as a change of their own size at least.
_SMALLEST = {"eV": 0.1, "K": 10.0, "V": 0.025, "": 0.1}


@dataclasses.dataclass(frozen=True, eq=False)
class Parameter:
    """One unknown of a fit.

    Attributes
    ----------
    name : str
        Key as given, with the temperature or the Dataset behind it where it has several values.
    key : str or tuple of str
    unit : str
    log : bool
        Whether its logarithm is fitted.
    start : float
        [SI]
    bounds : (float, float)
        [SI]
    prior : Normal, LogNormal or None
    targets : mapping
        Number of a Dataset to the paths that it sets in that cell.
    grows : bool
        Whether it can only be larger than, or equal to, that of the Datasets before.
    """

    name: str
    key: Key
    unit: str
    log: bool
    start: float
    bounds: tuple[float, float]
    prior: Knowledge | None
    targets: Mapping[int, tuple[str, ...]]
    grows: bool = False

    def to_internal(self, value: Reals) -> Reals:
        """The coordinate in which it is fitted."""
        return np.log(value) if self.log else np.asarray(value, dtype=float)[()]

    def to_value(self, internal: Reals) -> Reals:
        """Its value [SI] from that coordinate."""
        return np.exp(internal) if self.log else np.asarray(internal, dtype=float)[()]

    def slope(self, value: float) -> float:
        """dp/d(coordinate)."""
        return value if self.log else 1.0

    @property
    def internal_bounds(self) -> tuple[float, float]:
        """Limits of the coordinate."""
        low, high = self.bounds
        if not self.log:
            return low, high
        return (math.log(low) if low > 0 else -math.inf), (math.log(high) if high < math.inf else math.inf)

    def size(self, value: float) -> float:
        """What counts as a change of its own size: identifiability is judged relative to it.

        The value itself, and where that may be 0 (potentials, energies) at least a size that matters. Of a number that
        is confined to a range (an exponent, a fraction) a quarter of the range: the data determine it if their 95 %
        interval is at most half of what was allowed before.
        """
        # where it may be anywhere in a known range, the range is what data are measured against
        low, high = self.bounds
        if not self.log and math.isfinite(high - low):
            return (high - low) / RANGE
        return abs(value) if self.log else max(abs(value), abs(self.start), _SMALLEST.get(self.unit, 0.0)) or 1.0

    def differing(self, measurements: Sequence[Measurement]) -> str:
        """Which different numbers of the cells as they were given it makes one, in words; "" where they are equal.

        Numbers of circuits are not asked: where nobody gave them each starts from its own data.
        """
        found: dict[float, dict[str, None]] = {}
        for number, paths in self.targets.items():
            item = measurements[number]
            for path in paths if item.model.has_states else ():
                value = item.model.number(path)
                same = next((known for known in found if math.isclose(known, value, rel_tol=1e-9)), value)
                places = found.setdefault(same, {})
                # a path says which of several of one cell it is, and a label which of several cells
                places[path if len(paths) > 1 else f"{path} of {item.label}"] = None
        if len(found) < 2:
            return ""
        shown = [f"{format_value(value, self.unit)} ({next(iter(places))}{' …' * (len(places) > 1)})"
                 for value, places in found.items()]  # fmt: skip
        listed = f"{', '.join(shown[:_SHOWN])}{', …' * (len(shown) > _SHOWN)}"
        return f"{self.name} is one number in the fit, but not in the cells: {listed}"


def wanted(free: object) -> dict[Key, FreeLike]:
    """What is free as a mapping, from a mapping or a sequence of keys.

    Raises
    ------
    InputError
        It is neither, or a value is no ``Free``.
    """
    match free:
        case str():  # a text is iterable, too, but its letters are no paths
            raise InputError(f"free is the text {free!r}: write {{{free!r}: mt.Free()}}.")
        case Mapping():
            for key, what in free.items():
                if not isinstance(what, tuple(FREE.values())):
                    raise InputError(
                        f"{key}: {what!r} is no Free: write mt.Free(), mt.PerTemperature(mt.Free()) or "
                        f"mt.PerDataset(mt.Free())."
                    )
            return dict(free)
        case Iterable():
            return {key: Free() for key in free}
    raise InputError(f"free is {free!r}: give {{path: mt.Free()}} or a list of paths.")


def free_parameters(measurements: Sequence[Measurement], free: Wanted) -> tuple[Parameter, ...]:
    """All unknowns, in the order given.

    Raises
    ------
    UnknownNameError
        For a key that names no number of any cell; with close matches.
    InputError
        If nothing is free, a number is free twice, or a start, bound or prior does not fit.
    """
    if not free:
        raise InputError("nothing is free: name at least one path, {'layers.<name>.thickness': mt.Free()}.")
    found = [parameter for key, what in free.items() for parameter in _of_key(measurements, key, what)]
    # per Dataset: the same path may be one unknown in one of them and another one elsewhere
    taken: dict[tuple[int, str], str] = {}
    for parameter in found:
        for number, paths in parameter.targets.items():
            for path in paths:
                if (number, path) in taken:
                    raise InputError(
                        f"{path} is free twice, by {taken[number, path]} and by {parameter.name}: name it once."
                    )
                taken[number, path] = parameter.name
    return tuple(found)


def targets_of(measurements: Sequence[Measurement], key: Key) -> dict[int, tuple[str, ...]]:
    """Paths that a key stands for in the cell of every Dataset that has some.

    Raises
    ------
    UnknownNameError
        No cell has any; with close matches.
    """
    found: dict[int, tuple[str, ...]] = {}
    known: dict[int, tuple[str, ...]] = {}  # a fit of a series has one cell for many Datasets
    unknown: UnknownNameError | None = None
    for number, item in enumerate(measurements):
        if id(item.cell) not in known:
            try:
                known[id(item.cell)] = item.model.expand(key)
            except UnknownNameError as error:
                unknown = error
                known[id(item.cell)] = ()
        if known[id(item.cell)]:
            found[number] = known[id(item.cell)]
    if not found:
        assert unknown is not None
        raise unknown
    return found


def _of_key(measurements: Sequence[Measurement], key: Key, what: FreeLike) -> list[Parameter]:
    targets = targets_of(measurements, key)
    name = ", ".join(parts_of(key))
    places = {number: Place(measurements[number].label, measurements[number].temperature) for number in targets}
    try:
        groups = what.groups(places)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    return [
        _made(measurements, f"{name}{behind}", key, what, {number: targets[number] for number in members})
        for behind, members in groups.items()
    ]


def _made(
    measurements: Sequence[Measurement], name: str, key: Key, what: FreeLike, targets: Mapping[int, tuple[str, ...]]
) -> Parameter:
    free = what.single
    places = [(measurements[number].model, path) for number, paths in targets.items() for path in paths]
    values = [model.number(path) for model, path in places]  # all of them must be numbers
    model, path = places[0]
    unit, (low, high) = model.unit(path), model.limits(path)
    try:
        start = float(values[0]) if free.start is None else model.read(path, free.start)
        below, above = free.bounds or (None, None)
        low = low if below is None else max(low, model.read(path, below))
        high = high if above is None else min(high, model.read(path, above))
        prior = None if free.prior is None else free.prior.in_unit(lambda number: model.read(path, number))
    except QuantityError as error:
        raise InputError(f"{name}: {error}") from None
    # Positive numbers whose size is unknown; not energies, temperatures, potentials, nor fractions.
    fraction = unit == "" and low >= 0 and high <= 1
    of_any_size = start > 0 and unit not in _LINEAR_UNITS and low >= 0 and not fraction
    log = of_any_size if free.log is None else free.log
    if not low <= start <= high:
        shown = [format_value(item, unit) for item in (start, low, high)]
        raise InputError(f"{name}: the start {shown[0]} is outside the bounds {shown[1]} to {shown[2]}.")
    if log and not start > 0:
        raise InputError(f"{name}: its logarithm is fitted, so it must start above 0, not at {start:g} {unit}.")
    return Parameter(name, key, unit, log, start, (low, high), prior, dict(targets), what.monotonic)
