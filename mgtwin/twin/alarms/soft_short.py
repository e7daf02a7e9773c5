"""A filament from metal to metal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from ...cells import Cell
from ...cells.shunt import Shunt
from ...fitting.free import Free
from ...fitting.priors import LogNormal
from .base import AlarmKind, Opening, Threshold, alarm_kind
from .faults import Fault, Foreseen, Sized

__all__ = ["SoftShort"]

#: Conductances tried, times the resistance of the cell: a factor of 1.5 from one to the next.
SIZES = np.geomspace(1e-3, 1e3, 36)


@alarm_kind
class SoftShort(AlarmKind):
    """A soft short: a path of electrons beside the layers, of any conductance (`Shunt`).

    Its likelihood is the exact one along the conductance: a short of the cell's own resistance halves Z, which no
    derivative foresees.

    Parameters
    ----------
    jump : float
        Score of one piece of evidence above which it is held.
    slow : float
        Sum of scores beyond 0.75 above which a short that grows is told.

    Examples
    --------
    >>> SoftShort(jump=6).slow
    8.0
    """

    jump: Threshold = 5.0
    slow: Threshold = 8.0
    mechanisms: ClassVar[tuple[str, ...]] = ("short",)

    def faults(self, foreseen: Foreseen) -> Mapping[str, Fault]:
        """A short of any conductance."""
        conductances = SIZES / foreseen.resistance
        return {"short": Sized(conductances, foreseen.shunted(conductances), "S/m^2")}

    def opening(self, mechanism: str, size: float, std: float, cell: Cell) -> Opening:
        """A filament of about that size; one that is there already may be any other."""
        if cell.shunt is not None:
            return Opening(widened={"shunt.conductance": 2.0})
        known = LogNormal(size, float(np.exp(np.clip(std / size, 0.5, 2.0))))
        return Opening(f" + {mechanism}", {"shunt": Shunt(size)}, {"shunt.conductance": Free(log=True, prior=known)})
