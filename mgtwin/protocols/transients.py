"""Protocols in time. Currents and voltages are in the laboratory's sign: a negative current deposits at the working
(right, positive) electrode."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from ..errors import InputError
from ..kinds.noun import noun
from ..quantities import Quantity, Value
from .base import CurrentValue, Duration, Temperature, TransientProtocol, Volts
from .segments import CurrentRamp, Limits, Segment, VoltageRamp, amperes, linear_times, log_times, mixed_times

if TYPE_CHECKING:
    from ..cells import Cell


def _one_or_more(raw: Any) -> Any:
    """A single voltage or a series of them, always as a tuple."""
    return tuple(raw) if isinstance(raw, (list, tuple, np.ndarray)) else (raw,)


def _pair(raw: Any) -> Any:
    return tuple(raw) if isinstance(raw, list) else raw


VoltageLimits = Annotated[tuple[Volts, Volts], BeforeValidator(_pair)]


def limits_of(pair: tuple[Value, Value] | None) -> Limits:
    """A protocol's limits as those of a stretch."""
    return Limits() if pair is None else Limits(float(pair[0]), float(pair[1]))


def check_limits(pair: tuple[Value, Value] | None) -> None:
    """Refuse limits that are the wrong way round."""
    if pair is not None and not pair[0] < pair[1]:
        raise InputError(f"limits are (lowest, highest) voltage, but {pair[0]:g} V is not below {pair[1]:g} V.")


@noun
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

    voltage: Annotated[tuple[Volts, ...], BeforeValidator(_one_or_more)]
    duration: Duration
    first_time: Duration = Field(default=Value(1e-6, unit="s"))
    per_decade: int = Field(default=20, ge=1)
    temperature: Temperature | None = None
    type: Literal["polarization"] = Field(default="polarization", kw_only=True)

    @model_validator(mode="after")
    def _not_empty(self) -> Polarization:
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


@noun
class Voltammetry(TransientProtocol):
    """Cyclic voltammetry: from `start` to `low` (deposition first), to `high`, and back to `start`, `cycles` times.

    Parameters
    ----------
    low, high : float or str
        Vertex voltages [V].
    rate : float or str
        Scan rate [V/s], positive, e.g. ``"0.1 mV/s"``.
    cycles : int
    start : float or str
        [V]
    points : int
        Output points per sweep between the vertices.
    temperature : float or str, optional
        [K]
    """

    low: Volts
    high: Volts
    rate: Annotated[Value, Quantity("V/s", gt=0)]
    cycles: int = Field(default=1, ge=1)
    start: Volts = Field(default=Value(0.0, unit="V"))
    points: int = Field(default=200, ge=2)
    temperature: Temperature | None = None
    type: Literal["voltammetry"] = Field(default="voltammetry", kw_only=True)

    @model_validator(mode="after")
    def _ordered(self) -> Voltammetry:
        if not self.low < self.high:
            raise InputError(f"low ({self.low:g} V) must be below high ({self.high:g} V): exchange them.")
        if not self.low <= self.start <= self.high:
            raise InputError(f"start ({self.start:g} V) must lie between low and high.")
        return self

    def segments(self, cell: Cell) -> tuple[Segment, ...]:
        """Up to three straight sweeps per cycle."""
        corners = (float(self.start), float(self.low), float(self.high), float(self.start))
        result: list[Segment] = []
        for cycle in range(self.cycles):
            for a, b in pairwise(corners):
                if a == b:
                    continue
                duration = abs(b - a) / float(self.rate)
                points = max(int(np.ceil(self.points * abs(b - a) / (self.high - self.low))), 2)
                rate = float(np.sign(b - a) * self.rate)
                result.append(
                    Segment(
                        VoltageRamp(a, rate), duration, linear_times(duration, points), cycle=cycle, step=len(result)
                    )
                )
        return tuple(result)


@noun
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
    type: Literal["galvanostatic"] = Field(default="galvanostatic", kw_only=True)

    @model_validator(mode="after")
    def _ordered(self) -> Galvanostatic:
        check_limits(self.limits)
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


@noun
class Rest(TransientProtocol):
    """Open circuit for a time.

    Parameters
    ----------
    duration : float or str
        [s]
    points : int
        Output points.
    temperature : float or str, optional
        [K]
    """

    duration: Duration
    points: int = Field(default=50, ge=2)
    temperature: Temperature | None = None
    type: Literal["rest"] = Field(default="rest", kw_only=True)

    def segments(self, cell: Cell) -> tuple[Segment, ...]:
        """A single stretch at zero current."""
        return (Segment(CurrentRamp(0.0), float(self.duration), mixed_times(float(self.duration), self.points)),)
