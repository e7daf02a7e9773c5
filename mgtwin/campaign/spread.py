"""How far a comparison hangs on parameters that nobody knows well.

Half of the parameters may be estimates with ranges of decades. A spectrum costs microseconds, so a comparison with one
is repeated for parameter sets drawn from all stated uncertainties, with the same metric.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from ..analysis.metrics import REFERENCE, Measure, shown
from ..cells import Cell
from ..errors import InputError
from ..experiments import Observation
from ..quantities import format_value, parse
from ..studies.sampling import Draw, draw
from .verdicts import Agrees, Calibrated, Contradicts, Verdict, shown_interval

__all__ = ["Propagated", "Robustness", "decisive", "propagate", "robustness"]

#: Sets of parameters for an interval and for a share, powers of two for the Sobol sequence.
SAMPLES, SETS = 2048, 512


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
        # The one that comes closest: every other parameter forbids it even more.
        name, low, high = min(self.reached, key=lambda item: max(item[1] - wanted, wanted - item[2], 0.0))
        if low <= wanted <= high:
            return f"{name} forbids it: alone it reaches the value only at the edge of its stated uncertainty"
        closest = low if wanted < low else high
        return f"no parameter alone reaches it; {name} comes closest, with {format_value(closest, unit)}"

    def judge(self, wanted: float, unit: str, put_in: str) -> Verdict:
        """Judge a printed value by the interval, and say what makes that wide or forbids the value."""
        interval = f"{shown_interval(self.low, self.high, unit)} that the parameters' uncertainties give (95 %)"
        if not self.low <= wanted <= self.high:
            return Contradicts(f"{shown(wanted, unit)} lies outside {interval}: {self.forbids(wanted, unit)}")
        widest = "; ".join(f"{name}: {shown_interval(min(a, b), max(a, b), unit)}" for name, a, b in self.widest[:2])
        text = f"{shown(wanted, unit)} lies inside {interval}, widest by {widest}"
        return Calibrated(f"{put_in}; {text}") if put_in else Agrees(text)


@dataclass(frozen=True)
class Robustness:
    """Share of the parameter sets that agree with the observation, and the parameter that decides (or ``""``)."""

    share: float
    decisive: str

    def __str__(self) -> str:
        if self.share == 0:
            return f"none of {SETS} parameter sets drawn from the stated uncertainties agrees"
        if self.share == 1:
            return f"all of {SETS} parameter sets drawn from the stated uncertainties agree"
        # Never 0 or 100: those words are kept for none and all.
        percent = min(max(round(100 * self.share), 1), 99)
        text = f"{percent} % of {SETS} parameter sets drawn from the stated uncertainties agree"
        return f"{text}; {self.decisive}" if self.decisive else text


def propagate(
    measure: Measure,
    cell: Cell,
    numbers: Mapping[str, float] = {},
    together: Sequence[tuple[str, ...]] = (),
    *,
    samples: int = SAMPLES,
) -> Propagated:
    """Return the 95 % interval of a metric of spectra that the stated uncertainties of a cell leave open.

    Parameters
    ----------
    measure : Measure
        A metric that reads batches.
    cell : Cell
        At the temperature of interest, which may itself carry a std.
    numbers : mapping
        What the metric said of the nominal cell: the frequency at which it read, where it chose that itself.
    together : sequence of tuples of str
        Paths whose uncertainties have a common cause.
    samples : int
        A power of two.

    Raises
    ------
    InputError
        The metric reads no batches, or not at one frequency.
    """
    at = numbers.get("frequency", measure.arguments.get("at"))
    if not measure.declaration.batched or at is None:
        raise InputError(f"propagate: {measure.name} cannot be read of many spectra at one frequency.")
    # The nominal cell's frequency for all: a frequency chosen anew in each set would mix two uncertainties.
    measure = Measure(measure.name, {**measure.arguments, "at": at})

    def values(overrides: Mapping[str, np.ndarray]) -> np.ndarray:
        return np.asarray(measure(_batch(cell, [float(parse(at, "Hz"))], overrides)), dtype=float)

    drawn = draw([cell], [key for key in together if key], samples=samples)
    low, median, high = np.quantile(values(drawn.values[0]), [0.025, 0.5, 0.975])
    # one parameter at a time over the middle 99.9 %, with both ends of its 95 % among the points
    grid = np.concatenate([[0.0005, 0.025], np.linspace(0.05, 0.95, 19), [0.975, 0.9995]])
    alone = [(item.name, values(item.at_quantile(grid))) for item in drawn.parameters]
    widest = sorted(((name, float(v[1]), float(v[-2])) for name, v in alone), key=lambda item: -abs(item[2] - item[1]))
    reached = tuple((name, float(v.min()), float(v.max())) for name, v in alone)
    return Propagated(float(low), float(median), float(high), tuple(widest[:3]), reached)


def robustness(
    observation: Observation, measure: Measure, data: Sequence[xr.Dataset], count: int, held: Sequence[str] = ()
) -> Robustness | None:
    """Repeat a comparison with spectra for parameters drawn from their uncertainties.

    Parameters
    ----------
    observation : Observation
    measure : Measure
        Its metric.
    data : sequence of Dataset
        The spectra over temperature, and behind them those that they are compared with, if there are any.
    count : int
        How many temperatures there are; a set of parameters must agree at all of them.
    held : sequence of str
        Patterns of paths that are not varied, because they define the reading.

    Returns
    -------
    Robustness or None
        None where the metric does not read batches of spectra at rest, or nothing is uncertain.
    """
    interval = observation.interval
    if interval is None or not measure.declaration.batched or not all("impedance" in ds for ds in data):
        return None
    # From the result and not from the experiment: what was simulated is what has to be varied.
    cells = [Cell.from_yaml(str(ds.attrs["cell"])) for ds in data]
    # Together for all temperatures: a parameter is one unknown number, whatever the temperature.
    drawn = draw(cells, held=held, samples=SETS)
    if not drawn.parameters:
        return None
    at = measure.arguments.get("at")
    # all frequencies only where the metric has to find its own
    batches = [
        _batch(cell, ds["frequency"].values if at is None else [float(parse(at, "Hz"))], values)
        for ds, cell, values in zip(data, cells, drawn.values, strict=True)
    ]
    try:
        found = [
            measure(own, **({REFERENCE: batches[k + count]} if measure.takes(REFERENCE) else {}))
            for k, own in enumerate(batches[:count])
        ]
    except InputError:  # this metric reads batches only with arguments that were not given
        return None
    inside = np.all([(one >= interval[0]) & (one <= interval[1]) for one in map(np.asarray, found)], axis=0)
    return Robustness(float(inside.mean()), decisive(drawn, inside))


def _batch(cell: Cell, frequency: ArrayLike, overrides: Mapping[str, np.ndarray]) -> xr.Dataset:
    """Spectra of a cell for arrays of parameters, as studies hand them to metrics."""
    from ..impedance import exact

    drawn: dict[str | tuple[str, ...], ArrayLike] = dict(overrides.items())
    coords = {path: ("point", np.asarray(values)) for path, values in overrides.items()}
    ds = xr.Dataset({"impedance": (("point", "frequency"), exact(cell, frequency, drawn))}, coords)
    return ds.assign_coords(frequency=np.asarray(frequency)).assign_attrs(cell=cell.to_yaml())


def decisive(drawn: Draw, inside: np.ndarray) -> str:
    """Name the parameter whose distribution differs most between the sets that agree and those that do not.

    ``""`` where all agree or none, or where no parameter stands out (Kolmogorov-Smirnov distance below 0.3).
    """
    from scipy.stats import ks_2samp

    # fewer than eight sets on one side: any parameter would seem to decide
    if inside.sum() < 8 or (~inside).sum() < 8:
        return ""
    # The distributions as a whole, not their means: a parameter can decide by being in the middle.
    distances = [ks_2samp(column[inside], column[~inside]).statistic for column in drawn.quantiles.T]
    k = int(np.argmax(distances))
    if distances[k] < 0.3:
        return ""
    cell, path, value = drawn.parameters[k].places[0]
    values = drawn.values[cell][path]
    typical, other = (format_value(float(f"{np.median(values[which]):.2g}"), value.unit) for which in (inside, ~inside))
    return f"{drawn.parameters[k].name} decides: typically {typical} in those that agree, {other} in the others"
