"""What the stated uncertainties of the parameters leave open: quasi-random sampling through the exact impedance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from ..cells import Cell
from ..quantities import Value, format_value

__all__ = ["Draw", "Parameter", "Propagated", "decisive", "draw", "parameters", "propagate_conductivity"]

#: Sets of parameters, a power of two for the Sobol sequence.
SAMPLES = 2048
#: Ranges wider than this factor are sampled in the logarithm.
WIDE = 10.0
#: Share of the nominal value below which draws are cut off: a normal distribution has a tail below zero.
SMALLEST = 1e-3


@dataclass(frozen=True)
class Parameter:
    """An uncertain number: its value at every place where it occurs, as (number of the cell, path, value)."""

    places: tuple[tuple[int, str, Value], ...]

    @property
    def name(self) -> str:
        """Its path, and how many more places move with it."""
        paths = dict.fromkeys(path for _, path, _ in self.places)
        first = next(iter(paths))
        return first if len(paths) == 1 else f"{first} (and {len(paths) - 1} with it)"


@dataclass(frozen=True)
class Draw:
    """Sets of parameters for several cells.

    Attributes
    ----------
    parameters : tuple of Parameter
    quantiles : ndarray, shape (sets, parameters)
    values : tuple of dict
        For every cell, path to values of shape (sets,): what `mgtwin.impedance.exact` takes as overrides.
    """

    parameters: tuple[Parameter, ...]
    quantiles: np.ndarray
    values: tuple[dict[str, np.ndarray], ...]


@dataclass(frozen=True)
class Propagated:
    """A 95 % interval, and what it comes from.

    Attributes
    ----------
    low, median, high : float
        2.5, 50 and 97.5 % of the simulated values.
    widest : tuple of (str, float, float)
        The three parameters that move the value most, and the values with that parameter alone at 2.5 and 97.5 %.
    reached : tuple of (str, float, float)
        For every parameter, the lowest and highest value with it alone in the middle 99.9 % of its uncertainty.
    """

    low: float
    median: float
    high: float
    widest: tuple[tuple[str, float, float], ...]
    reached: tuple[tuple[str, float, float], ...]

    def forbids(self, wanted: float, unit: str) -> str:
        """Say which parameters stand in the way of a value outside the interval."""
        name, low, high = min(self.reached, key=lambda item: max(item[1] - wanted, wanted - item[2], 0.0))
        if low <= wanted <= high:
            return f"{name} forbids it: alone it reaches the value only at the edge of its stated uncertainty"
        closest = low if wanted < low else high
        return f"no parameter alone reaches it; {name} comes closest, with {format_value(closest, unit)}"


def parameters(
    cells: Sequence[Cell], together: Sequence[Sequence[str]] = (), held: Sequence[str] = ()
) -> tuple[Parameter, ...]:
    """Return the uncertain numbers of some cells.

    Numbers of equal value, uncertainty and provenance are one number in several places (two layers of one material, two
    cells with the same pellet) and move together; so do the paths that each of `together` lists. Paths that match a
    pattern of `held` are left out.
    """
    tied = {path: number for number, paths in enumerate(together) for path in paths}
    found: dict[Any, list[tuple[int, str, Value]]] = {}
    for k, cell in enumerate(cells):
        for path in cell.paths():
            value = cell.get(path)
            if any(fnmatchcase(path, pattern) for pattern in held):
                continue
            if isinstance(value, Value) and _is_uncertain(value):
                identity = tied.get(path, (float(value), *value.provenance().items()))
                found.setdefault(identity, []).append((k, path, value))
    return tuple(Parameter(tuple(places)) for places in found.values())


def draw(
    cells: Sequence[Cell],
    together: Sequence[Sequence[str]] = (),
    held: Sequence[str] = (),
    *,
    samples: int = SAMPLES,
) -> Draw:
    """Draw sets of parameters from the stated uncertainties: a scrambled Sobol sequence with a fixed seed.

    Normal for a standard uncertainty, uniform for a range (in the logarithm if it spans more than a decade).
    `together` and `held` as for `parameters`.
    """
    from scipy.stats import qmc

    uncertain = parameters(cells, together, held)
    u = qmc.Sobol(len(uncertain), scramble=True, seed=20251).random(samples)
    values: tuple[dict[str, np.ndarray], ...] = tuple({} for _ in cells)
    for column, parameter in zip(u.T, uncertain, strict=True):
        for k, path, value in parameter.places:
            values[k][path] = _at_quantile(value, column)
    return Draw(uncertain, u, values)


def decisive(drawn: Draw, inside: np.ndarray) -> str:
    """Name the parameter whose distribution differs most between the sets that agree and those that do not.

    ``""`` where all agree or none, or where no parameter stands out (Kolmogorov-Smirnov distance below 0.3).
    """
    from scipy.stats import ks_2samp

    if inside.sum() < 8 or (~inside).sum() < 8:
        return ""
    distances = [ks_2samp(column[inside], column[~inside]).statistic for column in drawn.quantiles.T]
    k = int(np.argmax(distances))
    if distances[k] < 0.3:
        return ""
    cell, path, value = drawn.parameters[k].places[0]
    values = drawn.values[cell][path]
    typical, other = (format_value(float(f"{np.median(values[which]):.2g}"), value.unit) for which in (inside, ~inside))
    return f"{drawn.parameters[k].name} decides: typically {typical} in those that agree, {other} in the others"


def propagate_conductivity(
    cell: Cell, frequency: float, together: Sequence[Sequence[str]] = (), *, samples: int = SAMPLES
) -> Propagated:
    """Return the 95 % interval of the conductivity of a whole stack [S/m].

    The conductivity is read as an experimenter does: total length per area over the real part at `frequency`, with
    the thicknesses and areas of each set of parameters.

    Parameters
    ----------
    cell : Cell
        At the temperature of interest, which may itself carry a std.
    frequency : float
        Of the intercept [Hz].
    together : sequence of sequences of str
        Paths whose uncertainties have a common cause.
    samples : int
        A power of two.
    """
    drawn = draw([cell], together, samples=samples)
    low, median, high = np.quantile(_conductivity(cell, frequency, drawn.values[0]), [0.025, 0.5, 0.975])
    grid = np.concatenate([[0.0005, 0.025], np.linspace(0.05, 0.95, 19), [0.975, 0.9995]])
    alone = [
        (item.name, _conductivity(cell, frequency, {path: _at_quantile(value, grid) for _, path, value in item.places}))
        for item in drawn.parameters
    ]
    widest = sorted(((name, float(v[1]), float(v[-2])) for name, v in alone), key=lambda item: -abs(item[2] - item[1]))
    reached = tuple((name, float(v.min()), float(v.max())) for name, v in alone)
    return Propagated(float(low), float(median), float(high), tuple(widest[:3]), reached)


def _is_uncertain(value: Value) -> bool:
    if value.std is not None:
        return value.std > 0
    return value.low is not None and value.high is not None and np.isfinite(value.high) and value.low < value.high


def _at_quantile(value: Value, u: np.ndarray) -> np.ndarray:
    from scipy.stats import norm

    if value.std is not None:
        found = float(value) + value.std * norm.ppf(u)
        return np.maximum(found, SMALLEST * float(value)) if value > 0 else found
    assert value.low is not None and value.high is not None
    if value.low > 0 and value.high > WIDE * value.low:
        return np.exp(np.log(value.low) + u * np.log(value.high / value.low))
    return value.low + u * (value.high - value.low)


def _conductivity(cell: Cell, frequency: float, values: dict[Any, Any]) -> np.ndarray:
    from ..impedance import exact

    resistance = exact(cell, [frequency], values)[..., 0].real

    def number(path: str) -> Any:
        return values.get(path, cell.get(path))

    length_per_area: Any = 0.0
    for layer in cell.layers:
        path = f"layers.{layer.name}"
        area = number(f"{path}.area") if layer.area is not None else number("area")
        length_per_area = length_per_area + number(f"{path}.thickness") / area
    return np.asarray(length_per_area / resistance, dtype=float)
