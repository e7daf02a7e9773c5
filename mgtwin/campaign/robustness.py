"""How far a verdict about a spectrum hangs on parameters that nobody knows.

Half of the parameters are estimates with ranges of decades. A spectrum costs microseconds, so every comparison with one
is repeated for parameter sets drawn from all stated uncertainties; the share that agrees is part of the verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..experiments import Observation, measures
from ..studies.sampling import draw
from .readout import Lookup, Simulated, cell_of, count_arcs, reference_of
from .uncertainty import decisive

__all__ = ["Robustness", "robustness"]

#: Sets of parameters, a power of two.
SETS = 512


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
        percent = min(max(round(100 * self.share), 1), 99)
        text = f"{percent} % of {SETS} parameter sets drawn from the stated uncertainties agree"
        return f"{text}; {self.decisive}" if self.decisive else text


def robustness(
    observation: Observation, group: Sequence[Simulated], find: Lookup, held: Sequence[str] = ()
) -> Robustness | None:
    """Repeat a comparison with a spectrum for parameters drawn from their uncertainties.

    Parameters
    ----------
    observation : Observation
    group : sequence of Simulated
        The spectra over temperature; a set of parameters must agree at all of them.
    find : callable
        As for `mgtwin.campaign.readout.read`.
    held : sequence of str
        Patterns of paths that are not varied, because they define the reading.

    Returns
    -------
    Robustness or None
        None where the measure is not one of spectra at rest, or nothing is uncertain.
    """
    measure, interval = observation.measure, observation.interval
    spectral = isinstance(measure, (measures.Arcs, measures.Closure, measures.MagnitudeRatio))
    if not spectral or interval is None or not all("impedance" in item.data for item in group):
        return None
    cells = [cell_of(item.data) for item in group]
    if isinstance(measure, measures.MagnitudeRatio):
        cells += [cell_of(reference_of(measure, item, find)) for item in group]
    drawn = draw(cells, observation.propagate, held, samples=SETS)
    if not drawn.parameters:
        return None
    values = _values(measure, group, cells, drawn.values)
    inside = np.all((values >= interval[0]) & (values <= interval[1]), axis=0)
    return Robustness(float(inside.mean()), decisive(drawn, inside))


def _values(measure: Any, group: Sequence[Simulated], cells: Sequence[Any], overrides: Sequence[Any]) -> np.ndarray:
    """Values of the measure, shape (temperature, set)."""
    from ..impedance import exact

    if isinstance(measure, measures.Arcs):
        found = []
        for item, cell, values in zip(group, cells, overrides, strict=True):
            frequency = np.sort(item.data["frequency"].values)[::-1]
            found.append([count_arcs(z).size for z in exact(cell, frequency, values)])
        return np.array(found, dtype=float)
    z = np.array([exact(cell, [float(measure.at)], v)[:, 0] for cell, v in zip(cells, overrides, strict=True)])
    if isinstance(measure, measures.Closure):
        return np.asarray(-z.imag / z.real)
    size = np.abs(z)
    return np.asarray(size[: len(group)] / size[len(group) :])
