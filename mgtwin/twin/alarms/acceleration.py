"""Ageing that goes faster than foreseen."""

from __future__ import annotations

from collections.abc import Mapping

from .base import AlarmKind, Threshold, alarm_kind
from .faults import Along, Fault, Foreseen

__all__ = ["Acceleration"]


@alarm_kind
class Acceleration(AlarmKind):
    """Ageing that goes faster than foreseen: contact is lost, or a film grows, at once or from now on.

    A cell without a contact that can be lost loses it as a resistance in series.

    Parameters
    ----------
    jump : float
        Score of one piece of evidence above which it is held.
    slow : float
        Sum of scores beyond 0.75 above which a slow acceleration is told.

    Examples
    --------
    >>> Acceleration().jump
    5.0
    """

    jump: Threshold = 5.0
    slow: Threshold = 8.0

    def faults(self, foreseen: Foreseen) -> Mapping[str, Fault]:
        """Less contact, thicker films."""
        lost = -foreseen.by("*.contact.fraction")
        contact = Along(lost) if lost.any() else Along(foreseen.by("series_resistance"), "ohm*m^2")
        return {"contact": contact, "film": Along(foreseen.by("*.film_resistance"), "ohm*m^2")}
