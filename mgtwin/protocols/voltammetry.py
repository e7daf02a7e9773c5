"""Cyclic voltammetry."""

from __future__ import annotations

from itertools import pairwise
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
    drawn: ClassVar = "voltammogram"
    imposed: ClassVar = "voltage"

    @model_validator(mode="after")
    def _ordered(self) -> Voltammetry:
        if not self.low < self.high:
            raise InputError(f"low ({self.low:g} V) must be below high ({self.high:g} V): exchange them.")
        if not self.low <= self.start <= self.high:
            raise InputError(f"start ({self.start:g} V) must lie between low and high.")
        return self

    def segments(self, cell: Cell) -> tuple[Segment, ...]:
        """Up to three straight sweeps per cycle."""
        # Down first: a fresh Mg cell has to deposit before there is anything to strip.
        corners = (float(self.start), float(self.low), float(self.high), float(self.start))
        result: list[Segment] = []
        for cycle in range(self.cycles):
            for a, b in pairwise(corners):
                if a == b:  # a start at a vertex
                    continue
                duration = abs(b - a) / float(self.rate)
                # In proportion to its length, so that a step in the potential is the same in every sweep.
                points = max(int(np.ceil(self.points * abs(b - a) / (self.high - self.low))), 2)
                rate = float(np.sign(b - a) * self.rate)
                result.append(
                    Segment(
                        VoltageRamp(a, rate), duration, linear_times(duration, points), cycle=cycle, step=len(result)
                    )
                )
        return tuple(result)
