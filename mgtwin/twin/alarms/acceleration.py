"""Ageing that goes faster than foreseen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from ...cells import Cell
from .base import AlarmKind, Opening, Threshold, alarm_kind
from .faults import Along, Fault, Foreseen, Together

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
    mechanisms: ClassVar[tuple[str, ...]] = ("contact", "film", "contact and film")

    def faults(self, foreseen: Foreseen) -> Mapping[str, Fault]:
        """Less contact, thicker films."""
        lost, film = -foreseen.by("*.contact.fraction"), foreseen.by("*.film_resistance")
        contact = Along(lost) if lost.any() else Along(foreseen.by("series_resistance"), "ohm*m^2")
        both = Together(np.array([contact.direction, film]))
        return {"contact": contact, "film": Along(film, "ohm*m^2"), "contact and film": both}

    def opening(self, mechanism: str, size: float, std: float, cell: Cell) -> Opening:
        """What has aged may be elsewhere: half the contact, twice what grew at once."""
        contact, film = {"* contact fraction": 0.7}, {"* film resistance": 2 * size}
        # of both at once the size is a score, and a film may be any that is felt
        widened = {"contact": contact, "film": film, "contact and film": {**contact, "* film resistance": 1.0}}
        return Opening(widened=widened[mechanism])
