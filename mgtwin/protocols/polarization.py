"""Chronoamperometry: constant voltages, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, field_validator, model_validator

from ..errors import InputError
from ..plain import is_listed
from ..quantities import Value
from .base import Duration, Temperature, TransientProtocol, Volts, is_array, protocol
from .segments import Segment, VoltageRamp, log_times

if TYPE_CHECKING:
    from ..cells import Cell


@protocol
class Polarization(TransientProtocol):
    """Constant voltage, or several one after the other, with output times spaced logarithmically in each.

    Parameters
    ----------
    voltage : float, str, or a list of them
        [V]; a list makes a staircase for the I-V slope.
    duration : float or str
        Of each voltage [s].
    first_time : float or str
        First output time of each step [s] (``"1 us"``); layers whose dielectric relaxes more slowly store charge.
    per_decade : int
        Output times per decade.
    temperature : float or str, optional
        [K]

    Examples
    --------
    >>> len(Polarization([0.5, 1.0, "1.5 V"], "2 h").voltage)
    3
    """

    voltage: tuple[Volts, ...]
    duration: Duration
    first_time: Duration = Field(default=Value(1e-6, unit="s"))
    per_decade: int = Field(default=20, ge=1)
    temperature: Temperature | None = None
    drawn: ClassVar = "transient"
    imposed: ClassVar = "voltage"

    @field_validator("voltage", mode="before")
    @classmethod
    def _one_or_more(cls, raw: object) -> object:
        return tuple(raw) if is_listed(raw) or is_array(raw) else (raw,)

    @model_validator(mode="after")
    def _not_empty(self) -> Polarization:
        # An empty list would simulate nothing and give a result without samples.
        if not self.voltage:
            raise InputError("give at least one voltage.")
        log_times(float(self.first_time), float(self.duration), self.per_decade)
        return self

    def segments(self, cell: Cell) -> tuple[Segment, ...]:
        """One stretch per voltage."""
        times = log_times(float(self.first_time), float(self.duration), self.per_decade)
        return tuple(
            Segment(VoltageRamp(float(voltage)), float(self.duration), times, step=k)
            for k, voltage in enumerate(self.voltage)
        )
