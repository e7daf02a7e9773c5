"""C: a capacitance."""

from typing import Annotated

from ...kinds.numbers import Number
from ...quantities import Quantity
from ..family import circuit_element

__all__ = ["C"]


@circuit_element
class C:
    r"""Capacitance, :math:`Z = 1/(i\omega C)`."""

    capacitance: Annotated[float, Quantity("F", gt=0)]

    @staticmethod
    def impedance(s: Number, *, capacitance: Number) -> Number:
        """Z [ohm]."""
        return 1 / (s * capacitance)

    @staticmethod
    def slopes(s: Number, z: Number, *, capacitance: Number) -> tuple[Number, ...]:
        """dZ/dC."""
        return (-z / capacitance,)
