"""Open circuit."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from .base import Duration, Temperature, TransientProtocol, protocol
from .segments import CurrentRamp, Segment, mixed_times

if TYPE_CHECKING:
    from ..cells import Cell


@protocol
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
    imposed: ClassVar = "current"

    def segments(self, cell: Cell) -> tuple[Segment, ...]:
        """A single stretch at zero current."""
        return (Segment(CurrentRamp(0.0), float(self.duration), mixed_times(float(self.duration), self.points)),)
