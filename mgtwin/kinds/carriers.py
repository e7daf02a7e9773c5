"""Which carriers besides the working ion move in a material: only what both sides have can cross an interface."""

from __future__ import annotations

from enum import Enum
from typing import Any

__all__ = ["ANIONS", "ELECTRONS", "Carrier", "shared"]


class Carrier(Enum):
    """A carrier of charge: the working ion, which every material conducts, and what can move besides it."""

    IONS = "ions"
    ELECTRONS = "electrons"
    ANIONS = "anions"


ELECTRONS = frozenset({Carrier.ELECTRONS})
ANIONS = frozenset({Carrier.ANIONS})


def shared(left: Any, right: Any) -> frozenset[Carrier]:
    """Carriers besides the ion that two neighbouring materials have in common.

    Examples
    --------
    >>> from mgtwin.cells import BinaryElectrolyte, MixedConductor
    >>> salt = BinaryElectrolyte("0.1 mol/L", "1 mS/cm", "1e-8 cm^2/s", 0.3)
    >>> shared(salt, salt)
    frozenset({<Carrier.ANIONS: 'anions'>})
    >>> shared(salt, MixedConductor("1 mS/cm", "1e-8 S/cm", "1 F/cm^3"))
    frozenset()
    """
    found: frozenset[Carrier] = left.carriers & right.carriers
    return found
