"""Which carriers besides the working ion move in a material: only what both sides have can cross an interface."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

__all__ = ["ANIONS", "ELECTRONS", "IONS_ONLY", "Carrier", "has_electrons", "shared"]


class Carrier(Enum):
    """A carrier of charge: the working ion, which every material conducts, and what can move besides it."""

    IONS = "ions"
    ELECTRONS = "electrons"
    ANIONS = "anions"


IONS_ONLY: frozenset[Carrier] = frozenset()
ELECTRONS = frozenset({Carrier.ELECTRONS})
ANIONS = frozenset({Carrier.ANIONS})


class _Carries(Protocol):
    """A material, as far as this is concerned."""

    @property
    def carriers(self) -> frozenset[Carrier]: ...


def shared(left: _Carries, right: _Carries) -> frozenset[Carrier]:
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
    return left.carriers & right.carriers


def has_electrons(material: _Carries) -> bool:
    """Whether electrons get through a layer of this material from face to face."""
    return Carrier.ELECTRONS in material.carriers
