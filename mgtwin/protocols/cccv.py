"""Charge at a constant current up to a voltage, which is then held until the current has fallen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field, model_validator

from ..errors import InputError
from .base import CurrentValue, Duration, Temperature, TransientProtocol, Volts, protocol
from .segments import CurrentRamp, Limits, Segment, VoltageRamp, amperes, mixed_times

if TYPE_CHECKING:
    from ..cells import Cell

__all__ = ["CCCV"]


@protocol
class CCCV(TransientProtocol):
    """Constant current until the cell has a voltage, then that voltage until the current has fallen (CC-CV).

    It charges or discharges, as the sign of the current says. Step 0 is the constant current, step 1 the constant
    voltage; if the voltage is not reached in time, step 1 begins with a jump to it.

    A cell that leaks keeps a current: the hold of a charge ends with `duration` where `until` is below what leaks, and
    that of a discharge as the current passes `until` on its way through 0.

    Parameters
    ----------
    current : float or str
        [A], or a current density as ``"0.1 mA/cm^2"``; positive charges a cell whose host is the positive electrode.
    voltage : float or str
        At which the current ends, and which is then held [V].
    until : float or str
        Size of the current at which the hold ends: a part of `current`, in the same unit.
    duration : float or str
        Longest time of each of both [s], whatever has been reached by then.
    points : int
        Output points of each, of one that lasts so long.
    temperature : float or str, optional
        [K]

    Raises
    ------
    InputError
        `until` is not below the current, or is given in another unit.

    Examples
    --------
    >>> import mgtwin as mt
    >>> cell = mt.cell("mg_polymer_ti2s4").with_({"positive.filling": 0.8, "positive.resolution": mt.Uniform()})
    >>> run = mt.simulate(cell, CCCV("20 uA/cm^2", "1.5 V", "2 uA/cm^2", "40 h", points=20))
    >>> bool(abs(run["voltage"][-1] - 1.5) < 1e-9), round(float(run["current"][-1]) / float(cell.area) * 100, 3)
    (True, 2.0)
    """

    current: CurrentValue
    voltage: Volts
    until: CurrentValue
    duration: Duration
    points: int = Field(default=200, ge=2)
    temperature: Temperature | None = None

    @model_validator(mode="after")
    def _falls(self) -> CCCV:
        if self.until.unit != self.current.unit:
            raise InputError(
                f"current and until need the same unit, but have {self.current.unit} and {self.until.unit}: "
                f"give both in A, or both as current densities."
            )
        if not 0 < self.until < abs(self.current):
            raise InputError(
                f"until is the size of the current at which the hold ends, above 0 and below that of the current "
                f"({abs(self.current):g} {self.current.unit}), not {self.until:g}."
            )
        return self

    def segments(self, cell: Cell) -> tuple[Segment, ...]:
        """Both stretches."""
        current, voltage, duration = amperes(self.current, cell), float(self.voltage), float(self.duration)
        times = mixed_times(duration, self.points)
        limits = Limits(high=voltage) if current > 0 else Limits(low=voltage)
        until = Limits(least=np.copysign(amperes(self.until, cell), current))
        return (
            Segment(CurrentRamp(current), duration, times, limits=limits),
            Segment(VoltageRamp(voltage), duration, times, step=1, limits=until),
        )
