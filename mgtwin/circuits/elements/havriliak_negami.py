"""HN: a relaxation whose times are distributed asymmetrically."""

from typing import Annotated

from ...kinds.numbers import Number
from ...quantities import Quantity
from ..family import circuit_element

__all__ = ["HN"]


@circuit_element
class HN:
    r"""Havriliak-Negami relaxation, :math:`Z = R/[1 + (i\omega\tau)^n]^m` (Polymer 8 (1967) 161).

    m = 1 is Cole-Cole (`Zarc`), n = 1 Cole-Davidson, n = 1 and m = 1/2 Gerischer.
    """

    resistance: Annotated[float, Quantity("ohm", gt=0)]
    time_constant: Annotated[float, Quantity("s", gt=0)]
    n: Annotated[float, Quantity("", gt=0, le=1)]
    m: Annotated[float, Quantity("", gt=0, le=1)]

    @staticmethod
    def impedance(s: Number, *, resistance: Number, time_constant: Number, n: Number, m: Number) -> Number:
        """Z [ohm]."""
        return resistance / (1 + (s * time_constant) ** n) ** m
