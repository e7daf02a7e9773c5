"""A constant current."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field, model_validator

from .base import CurrentValue, Duration, Temperature, TransientProtocol, protocol
from .limits import VoltageLimits, limits_of
from .segments import CurrentRamp, Segment, amperes, log_times, mixed_times

if TYPE_CHECKING:
    from ..cells import Cell


@protocol
class Galvanostatic(TransientProtocol):
    """Constant current for a time, or until a voltage limit is reached.

    Parameters
    ----------
    current : float or str
        [A], or a current density as ``"7.5 uA/cm^2"``; negative deposits at the working electrode.
    duration : float or str
        [s]
    limits : (low, high), optional
        Voltages [V] that end the run.
    points : int
        Output points.
    first_time : float or str, optional
        Where given, output times are logarithmic from here on [s].
    temperature : float or str, optional
        [K]
    """

    current: CurrentValue
    duration: Duration
    limits: VoltageLimits | None = None
    points: int = Field(default=100, ge=2)
    first_time: Duration | None = None
    temperature: Temperature | None = None
    imposed: ClassVar = "current"

    @model_validator(mode="after")
    def _ordered(self) -> Galvanostatic:
        if self.first_time is not None:
            log_times(float(self.first_time), float(self.duration), 1)
        return self

    def segments(self, cell: Cell) -> tuple[Segment, ...]:
        """A single stretch."""
        duration = float(self.duration)
        if self.first_time is None:
            times = mixed_times(duration, self.points)
        else:
            decades = np.log10(duration / self.first_time)
            times = log_times(float(self.first_time), duration, max(round(self.points / decades), 1))
        current = amperes(self.current, cell)
        return (Segment(CurrentRamp(current), duration, times, limits=limits_of(self.limits), half_cycle=0),)
