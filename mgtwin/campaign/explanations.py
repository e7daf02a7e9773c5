"""What every explanation of the growing overpotential predicts, and the measurements that could tell them apart."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["MEASUREMENTS", "Explained", "Measurement", "discriminating", "separation", "shape"]

#: Growth below this share of the first half-difference counts as none.
FLAT = 0.1


@dataclass(frozen=True)
class Explained:
    """The simulations of one explanation.

    Attributes
    ----------
    name, description : str
        Of the overlay.
    first, life : Dataset
        The first cycle and the others, each with the spectra along it.
    pressed : Dataset
        All cycles under four times the pressure.
    long : Dataset
        A long deposition after the last cycle.
    """

    name: str
    description: str
    first: xr.Dataset
    life: xr.Dataset
    pressed: xr.Dataset
    long: xr.Dataset

    def cycles(self, variable: str) -> np.ndarray:
        """A per-cycle quantity over the whole life."""
        return np.concatenate([self.first[variable].values, self.life[variable].values])

    @property
    def final(self) -> float:
        """Half-difference of the last cycle [V]."""
        return float(self.life["half_difference"][-1])

    def resistance(self, frequency: float, *, aged: bool) -> float:
        """Re Z [ohm] at a frequency [Hz] after the last cycle, or after the first."""
        run = self.life if aged else self.first
        z = run["impedance"].isel(cycle=-1)
        return float(np.interp(math.log(frequency), np.log(z["frequency"].values[::-1]), z.values.real[::-1]))


def growth_share(item: Explained) -> float:
    """Share of the growth of the half-difference that is there after half of the cycles; NaN where nothing grows."""
    grown = item.cycles("half_difference")
    gain = grown[-1] - grown[0]
    return float((grown[len(grown) // 2 - 1] - grown[0]) / gain) if gain > FLAT * grown[0] else math.nan


def shape(item: Explained) -> str:
    """The course of V(cycle) in words."""
    share = growth_share(item)
    if math.isnan(share):
        return "flat"
    return "straight" if 0.45 <= share <= 0.55 else "slow at first" if share < 0.45 else "fast at first"


def _long_deposition(item: Explained) -> float:
    """Voltage at the end of the long deposition over that after one hour."""
    time, voltage = item.long["time"].values, item.long["voltage"].values
    return float(voltage[-1] / np.interp(3600.0, time, voltage))


@dataclass(frozen=True)
class Measurement:
    """Something that an experimenter could measure on the aged cell.

    Attributes
    ----------
    name : str
        What is measured.
    unit : str
        SI unit, ``"1"`` for ratios.
    resolution : float
        What two laboratories may differ by: a share of the value.
    read : callable
        The value that an explanation predicts.
    """

    name: str
    unit: str
    resolution: float
    read: Callable[[Explained], float]


MEASUREMENTS = (
    Measurement("share of the growth after half of the cycles", "1", 0.1, growth_share),
    Measurement("resistance at 1 kHz after the last cycle", "ohm", 0.1, lambda item: item.resistance(1e3, aged=True)),
    Measurement("resistance at 0.1 Hz after the last cycle", "ohm", 0.1, lambda item: item.resistance(0.1, aged=True)),
    Measurement(
        "half-difference under four times the pressure, over that without",
        "1",
        0.1,
        lambda item: float(item.pressed["half_difference"][-1]) / item.final,
    ),
    Measurement("voltage after five hours of deposition, over that after one", "1", 0.05, _long_deposition),
)


def separation(measurement: Measurement, a: Explained, b: Explained) -> float:
    """How many resolutions two predictions are apart; infinite where only one of them predicts anything."""
    x, y = measurement.read(a), measurement.read(b)
    if math.isnan(x) or math.isnan(y):
        return 0.0 if math.isnan(x) and math.isnan(y) else math.inf
    if x * y <= 0:
        return math.inf if x != y else 0.0
    return abs(math.log(x / y)) / measurement.resolution


def discriminating(explained: Sequence[Explained]) -> tuple[Measurement, float]:
    """The measurement whose closest pair of predictions is furthest apart, and by how many resolutions."""

    def weakest(measurement: Measurement) -> float:
        return min((separation(measurement, a, b) for a, b in combinations(explained, 2)), default=0.0)

    best = max(MEASUREMENTS, key=weakest)
    return best, weakest(best)
