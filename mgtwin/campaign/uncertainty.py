"""What the stated uncertainties of the parameters leave open in a conductivity, and which of them decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..cells import Cell
from ..quantities import format_value
from ..studies.sampling import Draw, draw

__all__ = ["Propagated", "decisive", "propagate_conductivity"]

#: Sets of parameters, a power of two for the Sobol sequence.
SAMPLES = 2048


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
    alone = [(item.name, _conductivity(cell, frequency, item.at_quantile(grid))) for item in drawn.parameters]
    widest = sorted(((name, float(v[1]), float(v[-2])) for name, v in alone), key=lambda item: -abs(item[2] - item[1]))
    reached = tuple((name, float(v.min()), float(v.max())) for name, v in alone)
    return Propagated(float(low), float(median), float(high), tuple(widest[:3]), reached)


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
