"""La: an inductance whose phase is constant but not 90 degrees."""

from typing import Annotated

from ...kinds.numbers import Number
from ...quantities import Quantity
from ..family import circuit_element

__all__ = ["La"]


@circuit_element
class La:
    r"""Modified inductance, :math:`Z = (i\omega L)^n` (EC-Lab application note 42, BioLogic 2019)."""

    inductance: Annotated[float, Quantity("ohm^(1/n)*s", gt=0)]
    n: Annotated[float, Quantity("", gt=0, le=1)]

    @staticmethod
    def impedance(s: Number, *, inductance: Number, n: Number) -> Number:
        """Z [ohm]."""
        return (s * inductance) ** n
