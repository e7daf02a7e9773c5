"""L: an inductance."""

from typing import Annotated

from ...kinds.numbers import Number
from ...quantities import Quantity
from ..family import circuit_element

__all__ = ["L"]


@circuit_element
class L:
    r"""Inductance, :math:`Z = i\omega L`: leads, mostly."""

    inductance: Annotated[float, Quantity("H", ge=0)]

    @staticmethod
    def impedance(s: Number, *, inductance: Number) -> Number:
        """Z [ohm]."""
        return s * inductance

    @staticmethod
    def slopes(s: Number, z: Number, *, inductance: Number) -> tuple[Number, ...]:
        """dZ/dL."""
        return (s,)
