"""Linear sweep voltammetry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from pydantic import Field, model_validator

from ..errors import InputError
from ..quantities import Quantity, Value
from .base import Temperature, TransientProtocol, Volts, protocol
from .segments import Segment, VoltageRamp, linear_times

if TYPE_CHECKING:
    from ..cells import Cell


@protocol
class LinearSweep(TransientProtocol):
    """Linear sweep voltammetry (LSV): one straight sweep of the voltage, as limiting currents are measured.

    Parameters
    ----------
    stop : float or str
        Where the sweep ends [V]; negative deposits on the working electrode.
    rate : float or str
        Scan rate [V/s], positive, e.g. ``"0.1 mV/s"``; slow against :math:`RT/F` per :math:`L^2/4D` for a plateau
        without a peak before it.
    start : float or str
        [V]
    points : int
        Output points.
    temperature : float or str, optional
        [K]

    Raises
    ------
    InputError
        Where start and stop are equal.

    Examples
    --------
    >>> LinearSweep("-1 V", "1 mV/s").segments(None)[0].duration
    1000.0
    """

    stop: Volts
    rate: Annotated[Value, Quantity("V/s", gt=0)]
    start: Volts = Field(default=Value(0.0, unit="V"))
    points: int = Field(default=200, ge=2)
    temperature: Temperature | None = None
    drawn: ClassVar = "voltammogram"
    imposed: ClassVar = "voltage"

    @model_validator(mode="after")
    def _sweeps(self) -> LinearSweep:
        if self.start == self.stop:
            raise InputError(f"start and stop are both {self.stop:g} V: there is nothing to sweep.")
        return self

    def segments(self, cell: Cell) -> tuple[Segment, ...]:
        """One straight sweep."""
        duration = float(abs(self.stop - self.start) / self.rate)
        rate = float(np.sign(self.stop - self.start) * self.rate)
        return (Segment(VoltageRamp(float(self.start), rate), duration, linear_times(duration, self.points)),)
