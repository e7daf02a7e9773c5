"""Resistances that fall, which no ageing law does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ...cells import Cell
from .base import AlarmKind, Opening, Threshold, alarm_kind
from .faults import Along, Fault, Foreseen

__all__ = ["Drift"]


@alarm_kind
class Drift(AlarmKind):
    """A resistance that falls: what ageing laws cannot do, but pressure, heat, or a film that breaks.

    Parameters
    ----------
    jump : float
        Score of one piece of evidence above which it is held.
    slow : float
        Sum of scores beyond 0.75 above which a slow fall is told.

    Examples
    --------
    >>> Drift(slow=10).jump
    5.0
    """

    jump: Threshold = 5.0
    slow: Threshold = 8.0
    mechanisms: ClassVar[tuple[str, ...]] = ("ohmic fell", "film fell")

    def faults(self, foreseen: Foreseen) -> Mapping[str, Fault]:
        """Less resistance in series, thinner films."""
        return {
            "ohmic fell": Along(-foreseen.by("series_resistance"), "ohm*m^2"),
            "film fell": Along(-foreseen.by("*.film_resistance"), "ohm*m^2"),
        }

    def opening(self, mechanism: str, size: float, std: float, cell: Cell) -> Opening:
        """Numbers held constant may have moved by a fifth, a film by twice what fell."""
        widened = {"ohmic fell": {"*": 0.2}, "film fell": {"* film resistance": 2 * size}}
        return Opening(widened=widened[mechanism])
