"""What a comparison with an observation came to, each with its reason. Nothing here is allowed to flatter the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..analysis.metrics import shown
from ..experiments import Observation
from ..quantities import format_value

__all__ = ["VERDICTS", "Agrees", "Calibrated", "Contradicts", "Failed", "NotComparable", "Verdict", "judge"]


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
    mark: ClassVar[str] = ""
    colour: ClassVar[str] = ""

    @property
    def word(self) -> str:
        """The verdict without what it adds in brackets."""
        return self.label.partition(" (")[0]

    def __str__(self) -> str:
        return f"{self.label}: {self.reason}"


class Agrees(Verdict):
    """The simulated value lies inside the observed interval, and nothing of it was put into the parameters."""

    label, mark, colour = "agrees", "agrees", "green"


class Contradicts(Verdict):
    """The simulated value lies outside the observed interval, or the model lacks what was observed."""

    label, mark, colour = "contradicts", "**contradicts**", "red"


class Calibrated(Verdict):
    """It agrees, but the number (or the outcome) was put into the parameters: no evidence for the reading."""

    label, mark, colour = "calibrated (not independent)", "calibrated", "blue"


class NotComparable(Verdict):
    """There is nothing to compare, or the comparison would prove nothing."""

    label, mark, colour = "not comparable", "not comparable", "dim"


class Failed(Verdict):
    """The simulation or the reading of its result failed."""

    label, mark, colour = "failed", "**failed**", "bold red"


#: In the order in which tables count them.
VERDICTS = (Agrees, Calibrated, Contradicts, NotComparable, Failed)


def shown_interval(low: float, high: float, unit: str) -> str:
    """Write an interval; one-sided ones as a bound."""
    if low == high:
        return shown(low, unit, 4)
    if np.isinf(high):
        return f">= {shown(low, unit, 4)}"
    if np.isinf(low):
        return f"<= {shown(high, unit, 4)}"
    return f"[{shown(low, unit, 4)}, {shown(high, unit, 4)}]"


def judge(
    observation: Observation, reading: str, values: Sequence[float], remark: str = "", ageing: str = ""
) -> Verdict:
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
    ageing : str
        Overlay that says how the cell ages, ``""`` for none.

    Returns
    -------
    Verdict
    """
    if observation.not_comparable:
        return NotComparable(observation.not_comparable)
    if observation.interval is None:
        return NotComparable("nothing that could be compared was observed")
    low, high = observation.interval
    interval = f"{shown_interval(low, high, observation.unit)} ({observation.interval_is})"
    put_in = observation.calibrated_in(reading, ageing)
    # Before the interval: NaN lies neither inside nor outside, and must not pass for agreement.
    if any(np.isnan(value) for value in values):
        return Contradicts(remark or "the simulation does not show it at all")
    # the ends belong to the interval, whatever the last digit of a conversion of units
    slack = 1e-9 * max(abs(low) if np.isfinite(low) else 0.0, abs(high) if np.isfinite(high) else 0.0)
    outside = [value for value in values if not low - slack <= value <= high + slack]
    # At all temperatures or not at all: one value outside is enough to contradict.
    if not outside:
        return Calibrated(put_in) if put_in else Agrees(f"inside {interval}")
    # The worst, not the first: a verdict must not look better than it is.
    worst = max(outside, key=lambda value: max(low - value, value - high))
    text = f"{shown(worst, observation.unit)} is outside {interval}"
    # By which factor it misses the nearer end: between numbers of different sign, or from zero, that says nothing, and
    # within a tenth the numbers themselves say it better.
    bound = low if worst < low else high
    ratio = max(worst / bound, bound / worst) if worst > 0 and bound > 0 else np.inf
    if 1.1 < ratio < np.inf:
        text += f", {format_value(float(f'{ratio:.2g}'), '')} times off its nearer end"
    return Contradicts(f"{text}; and this although {put_in}" if put_in else text)
