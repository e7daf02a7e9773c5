"""What a comparison with the paper came to, each with its reason. Nothing here is allowed to flatter the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..experiments import Observation
from ..quantities import format_value

__all__ = [
    "Agrees",
    "Calibrated",
    "Contradicts",
    "Failed",
    "NotComparable",
    "Verdict",
    "judge",
    "shown",
    "shown_interval",
]


@dataclass(frozen=True)
class Verdict:
    """Base of the verdicts.

    Attributes
    ----------
    reason : str
        Why, in words that stand alone.
    """

    reason: str
    label: ClassVar[str] = ""

    def __str__(self) -> str:
        return f"{self.label}: {self.reason}"


class Agrees(Verdict):
    """The simulated value lies inside the observed interval, and nothing of it was put into the parameters."""

    label = "agrees"


class Contradicts(Verdict):
    """The simulated value lies outside the observed interval, or the model lacks what was observed."""

    label = "contradicts"


class Calibrated(Verdict):
    """It agrees, but the number (or the outcome) was put into the parameters: no evidence for the reading."""

    label = "calibrated (not independent)"


class NotComparable(Verdict):
    """There is nothing to compare, or the comparison would prove nothing."""

    label = "not comparable"


class Failed(Verdict):
    """The simulation or the reading of its result failed."""

    label = "failed"


def shown(value: float, unit: str, digits: int = 3) -> str:
    """Write a number as in a laboratory notebook.

    Examples
    --------
    >>> shown(4.9e-6, "S/m"), shown(0.0769, "")
    ('4.9e-8 S/cm', '0.0769')
    """
    if np.isnan(value):
        return "none"
    if unit == "V" and abs(value) < 1e-6:
        return "0 V"
    if unit == "ohm" and abs(value) >= 1e4:
        size, name = (1e6, "Mohm") if abs(value) >= 1e6 else (1e3, "kohm")
        return f"{value / size:.{digits}g} {name}"
    if unit == "S/m" and abs(value) < 1e-3:
        mantissa, _, exponent = f"{value / 100:.{digits}g}".partition("e")
        return f"{mantissa}e{int(exponent)} S/cm" if exponent else f"{mantissa} S/cm"
    return format_value(float(f"{value:.{digits}g}") if unit != "K" else value, unit)


def shown_interval(low: float, high: float, unit: str) -> str:
    """Write an interval; one-sided ones as a bound."""
    if low == high:
        return shown(low, unit, 4)
    if np.isinf(high):
        return f">= {shown(low, unit, 4)}"
    if np.isinf(low):
        return f"<= {shown(high, unit, 4)}"
    return f"[{shown(low, unit, 4)}, {shown(high, unit, 4)}]"


def judge(observation: Observation, reading: str, values: Sequence[float], remark: str = "") -> Verdict:
    """Compare simulated values with what counts as agreement with an observation.

    Parameters
    ----------
    observation : Observation
    reading : str
        Reading of the data in which the values were simulated.
    values : sequence of float
        One per temperature, SI; NaN where the simulation does not show what was observed. All must lie inside.
    remark : str
        What the reading of the simulation found worth saying.

    Returns
    -------
    Verdict
    """
    if observation.not_comparable:
        return NotComparable(observation.not_comparable)
    limits = observation.interval
    if limits is None:
        return NotComparable("the paper gives nothing that could be compared")
    low, high = limits
    interval = f"{shown_interval(low, high, observation.unit)} ({observation.interval_is})"
    put_in = observation.calibrated_in(reading)
    if any(np.isnan(value) for value in values):
        return Contradicts(remark or "the simulation does not show it at all")
    slack = 1e-9 * max(abs(low) if np.isfinite(low) else 0.0, abs(high) if np.isfinite(high) else 0.0)
    outside = [value for value in values if not low - slack <= value <= high + slack]
    if not outside:
        return Calibrated(put_in) if put_in else Agrees(f"inside {interval}")
    worst = max(outside, key=lambda value: max(low - value, value - high))
    text = f"{shown(worst, observation.unit)} is outside {interval}{_factor(worst, low, high)}"
    if put_in:
        text += f"; and this although {put_in}"
    return Contradicts(text)


def _factor(value: float, low: float, high: float) -> str:
    """Say by which factor a value misses the nearer end, where that means something."""
    if not (value > 0 and (low > 0 or high > 0)):
        return ""
    bound = low if value < low else high
    ratio = max(value / bound, bound / value) if bound > 0 else np.inf
    return f", {format_value(float(f'{ratio:.2g}'), '')} times off its nearer end" if 1.1 < ratio < np.inf else ""
