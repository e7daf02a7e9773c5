"""K: a single relaxation, by resistance and time constant."""

from typing import Annotated

from ...kinds.numbers import Number
from ...quantities import Quantity
from ..family import circuit_element

__all__ = ["K"]


@circuit_element
class K:
    r"""Single relaxation, :math:`Z = R/(1 + i\omega\tau)`: a resistance beside a capacitance (a Voigt element)."""

    resistance: Annotated[float, Quantity("ohm", gt=0)]
    time_constant: Annotated[float, Quantity("s", gt=0)]

    @staticmethod
    def impedance(s: Number, *, resistance: Number, time_constant: Number) -> Number:
        """Z [ohm]."""
        return resistance / (1 + s * time_constant)

    @staticmethod
    def slopes(s: Number, z: Number, *, resistance: Number, time_constant: Number) -> tuple[Number, ...]:
        """dZ/dR, dZ/dtau."""
        return z / resistance, -s * z * z / resistance
