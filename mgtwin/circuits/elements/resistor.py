"""R: a resistance."""

from typing import Annotated

from ...kinds.numbers import Number
from ...quantities import Quantity
from ..family import circuit_element

__all__ = ["R"]


@circuit_element
class R:
    """Resistance, :math:`Z = R`."""

    resistance: Annotated[float, Quantity("ohm", ge=0)]

    @staticmethod
    def impedance(s: Number, *, resistance: Number) -> Number:
        """Z [ohm]."""
        return resistance + 0 * s

    @staticmethod
    def slopes(s: Number, z: Number, *, resistance: Number) -> tuple[Number, ...]:
        """dZ/dR."""
        return (1.0,)
