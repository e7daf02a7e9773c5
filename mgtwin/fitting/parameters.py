"""From what is free to the unknowns of a fit: their names, units, scales, limits, starts and where they act."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from ..cells import Cell
from ..cells.paths import Key, expand
from ..errors import InputError, UnknownNameError
from ..laws import Law
from ..quantities import Quantity, format_value, parse
from .free import Free, FreeLike, LogNormal, Normal, PerDataset, PerTemperature
from .measurements import Measurement

__all__ = ["Parameter", "free_parameters"]

#: Temperatures closer than this [K] are the same for a parameter that has a value per temperature.
SAME_TEMPERATURE = 0.05
#: Units of numbers whose size is known: they are not fitted in the logarithm.
_LINEAR_UNITS = ("eV", "K", "V")
#: How far a fit stays from an upper limit that is not allowed itself: nearer than that its complement is rounding.
_ROOM = 1e-9
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
    """

    name: str
    key: Key
    unit: str
    log: bool
    start: float
    bounds: tuple[float, float]
    prior: Normal | LogNormal | None
    targets: Mapping[int, tuple[str, ...]]

    def to_internal(self, value: Any) -> Any:
        """The coordinate in which it is fitted."""
        return np.log(value) if self.log else np.asarray(value, dtype=float)[()]

    def to_value(self, internal: Any) -> Any:
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

        The value itself, and where that may be 0 (potentials, energies, fractions) at least a size that matters.
        """
        return abs(value) if self.log else max(abs(value), abs(self.start), _SMALLEST.get(self.unit, 0.0)) or 1.0


def free_parameters(
    measurements: Sequence[Measurement], free: Mapping[Key, FreeLike] | Sequence[Key]
) -> tuple[Parameter, ...]:
    """All unknowns, in the order given.

    Raises
    ------
    UnknownNameError
        For a key that names no number of any cell; with close matches.
    InputError
        If nothing is free, a number is free twice, or a start, bound or prior does not fit.
    """
    given = _as_mapping(free)
    if not given:
        raise InputError("nothing is free: name at least one path, {'layers.<name>.thickness': mt.Free()}.")
    found: list[Parameter] = []
    for key, what in given.items():
        found += _of_key(measurements, key, what)
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


def _as_mapping(free: Any) -> dict[Key, FreeLike]:
    if isinstance(free, str):
        raise InputError(f"free is the text {free!r}: write {{{free!r}: mt.Free()}}.")
    if not isinstance(free, Iterable):
        raise InputError(f"free is {free!r}: give {{path: mt.Free()}} or a list of paths.")
    if not isinstance(free, Mapping):
        return {key: Free() for key in free}
    for key, what in free.items():
        if not isinstance(what, (Free, PerTemperature, PerDataset)):
            raise InputError(
                f"{key}: {what!r} is no Free: write mt.Free(), mt.PerTemperature(mt.Free()) or "
                f"mt.PerDataset(mt.Free())."
            )
    return dict(free)


def _of_key(measurements: Sequence[Measurement], key: Key, what: FreeLike) -> list[Parameter]:
    targets: dict[int, tuple[str, ...]] = {}
    unknown: UnknownNameError | None = None
    by_cell: dict[int, tuple[str, ...]] = {}
    for number, item in enumerate(measurements):
        if id(item.cell) not in by_cell:
            try:
                by_cell[id(item.cell)] = _expanded(item.cell, key)
            except UnknownNameError as error:
                unknown = error
                by_cell[id(item.cell)] = ()
        if by_cell[id(item.cell)]:
            targets[number] = by_cell[id(item.cell)]
    if not targets:
        assert unknown is not None
        raise unknown
    name = key if isinstance(key, str) else ", ".join(key)
    if isinstance(what, PerTemperature):
        groups = _by_temperature(measurements, targets)
        return [_made(measurements, f"{name} @ {shown}", key, what.free, part) for shown, part in groups.items()]
    if isinstance(what, PerDataset):
        return [
            _made(measurements, f"{name} [{measurements[number].label}]", key, what.free, {number: paths})
            for number, paths in targets.items()
        ]
    assert isinstance(what, Free)
    return [_made(measurements, name, key, what, targets)]


def _expanded(cell: Cell, key: Key) -> tuple[str, ...]:
    """Paths of a key in a cell; of a tuple those that the cell has, if it has any."""
    if isinstance(key, str):
        return expand(cell, key)
    found: list[str] = []
    unknown = None
    for item in key:
        try:
            found += expand(cell, item)
        except UnknownNameError as error:
            unknown = error
    if not found and unknown is not None:
        raise unknown
    return tuple(dict.fromkeys(found))


def _by_temperature(
    measurements: Sequence[Measurement], targets: Mapping[int, tuple[str, ...]]
) -> dict[str, dict[int, tuple[str, ...]]]:
    groups: dict[float, dict[int, tuple[str, ...]]] = {}
    for number, paths in targets.items():
        T = measurements[number].temperature
        same = next((known for known in groups if abs(known - T) < SAME_TEMPERATURE), T)
        groups.setdefault(same, {})[number] = paths
    return {format_value(T, "K"): groups[T] for T in sorted(groups)}


def _made(
    measurements: Sequence[Measurement], name: str, key: Key, free: Free, targets: Mapping[int, tuple[str, ...]]
) -> Parameter:
    places = [(measurements[number].cell, path) for number, paths in targets.items() for path in paths]
    for cell, path in places:
        _check_number(cell, path)
    cell, path = places[0]
    current = cell.get(path)
    unit = getattr(current, "unit", None) or ""
    low, high = _limits(cell, path)
    start = float(current) if free.start is None else _in_unit(free.start, unit, name)
    if free.bounds is not None:
        below, above = (None if limit is None else _in_unit(limit, unit, name) for limit in free.bounds)
        low, high = max(low, -math.inf if below is None else below), min(high, math.inf if above is None else above)
    prior = _prior_in_unit(free.prior, unit, name)
    log = _is_logarithmic(start, unit, (low, high)) if free.log is None else free.log
    if not low <= start <= high:
        shown = [format_value(item, unit) for item in (start, low, high)]
        raise InputError(f"{name}: the start {shown[0]} is outside the bounds {shown[1]} to {shown[2]}.")
    if log and not start > 0:
        raise InputError(f"{name}: its logarithm is fitted, so it must start above 0, not at {start:g} {unit}.")
    return Parameter(name, key, unit, log, start, (low, high), prior, dict(targets))


def _check_number(cell: Cell, path: str) -> None:
    value = cell.get(path)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        below = [known for known in cell.paths() if known.startswith(f"{path}.")]
        hint = f" Name one of its numbers: {', '.join(below)}." if below else " Set it first, with Cell.with_."
        shown = f"a whole {type(value).__name__}" if below else repr(value)
        raise InputError(f"{path} is {shown}, not a number, so it cannot be fitted.{hint}")
    if not math.isfinite(value):
        raise InputError(f"{path} is {value:g}: set it to a finite number first, with Cell.with_.")


def _in_unit(value: Any, unit: str, name: str) -> float:
    """A bare number is in SI already; one with a unit must have the dimension of the parameter."""
    given = getattr(value, "unit", None)
    if not given or math.isinf(value) or given == unit:
        return float(value)
    try:
        return float(parse(value, unit))
    except InputError as error:
        raise InputError(f"{name}: {error}") from None


def _prior_in_unit(prior: Normal | LogNormal | None, unit: str, name: str) -> Normal | LogNormal | None:
    if isinstance(prior, Normal):
        return Normal(_in_unit(prior.mean, unit, name), _in_unit(prior.std, unit, name))
    if isinstance(prior, LogNormal):
        return LogNormal(_in_unit(prior.median, unit, name), prior.factor)
    return None


def _is_logarithmic(start: float, unit: str, bounds: tuple[float, float]) -> bool:
    """Positive numbers whose size is unknown; not energies, temperatures, potentials, nor fractions."""
    fraction = unit == "" and bounds[0] >= 0 and bounds[1] <= 1
    return start > 0 and unit not in _LINEAR_UNITS and bounds[0] >= 0 and not fraction


def _limits(cell: Cell, path: str) -> tuple[float, float]:
    """What the cell allows a number to be; a limit below which it has to stay is left a little room."""
    quantity = _quantity_of(cell, path)
    if quantity is None:
        return -math.inf, math.inf
    gt, ge, lt, le = quantity.bounds
    low = max((item for item in (gt, ge) if item is not None), default=-math.inf)
    below = None if lt is None else lt - _ROOM * max(abs(lt), 1.0)
    high = min((item for item in (below, le) if item is not None), default=math.inf)
    return float(low), float(high)


def _quantity_of(cell: Cell, path: str) -> Quantity | None:
    """The declaration of a number: that of its field, or for the value of a law that of the property."""
    owner_path, _, name = path.rpartition(".")
    owner = cell.get(owner_path) if owner_path else cell
    if isinstance(owner, Law) and name in type(owner).value_fields:
        return _quantity_of(cell, owner_path)
    if not dataclasses.is_dataclass(owner):
        return None
    field = getattr(type(owner), "__pydantic_fields__", {}).get(name)
    return None if field is None else _searched([*field.metadata, field.annotation])


def _searched(items: Sequence[Any]) -> Quantity | None:
    """The first Quantity in a field's annotations."""
    for item in items:
        if isinstance(item, Quantity):
            return item
        if isinstance(getattr(item, "quantity", None), Quantity):  # fields that take a number or something else
            return item.quantity  # type: ignore[no-any-return]
        inner = getattr(item, "__metadata__", ())
        found = _searched([*inner, *get_args(item)]) if inner or get_args(item) else None
        if found is not None:
            return found
    return None


def prior_residuals(parameters: Sequence[Parameter], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Deviations from the priors in units of their standard deviations, one per prior."""
    found = []
    for parameter, value in zip(parameters, values, strict=True):
        if isinstance(parameter.prior, Normal):
            found.append((value - parameter.prior.mean) / parameter.prior.std)
        elif isinstance(parameter.prior, LogNormal):
            found.append(math.log(max(value, 1e-300) / parameter.prior.median) / math.log(parameter.prior.factor))
    return np.array(found)


def prior_jacobian(parameters: Sequence[Parameter], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Their derivatives by the coordinates, shape (priors, parameters)."""
    rows = []
    for k, (parameter, value) in enumerate(zip(parameters, values, strict=True)):
        row = np.zeros(len(parameters))
        if isinstance(parameter.prior, Normal):
            row[k] = parameter.slope(value) / parameter.prior.std
        elif isinstance(parameter.prior, LogNormal):
            row[k] = parameter.slope(value) / (value * math.log(parameter.prior.factor))
        else:
            continue
        rows.append(row)
    return np.array(rows).reshape(-1, len(parameters))
