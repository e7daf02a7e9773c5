"""TLM: a porous electrode at whose walls charge is transferred."""

from typing import Annotated

import numpy as np

from ...kinds.numbers import Number
from ...quantities import Quantity
from ..family import circuit_element

__all__ = ["TLM"]


@circuit_element
class TLM:
    r"""Transmission line, :math:`Z = \sqrt{R Z_w}\coth\sqrt{R/Z_w}` with :math:`1/Z_w = 1/R_t + q(i\omega)^n`.

    R is the resistance of the ions in the pores, :math:`R_t` that of the charge transfer at all walls together
    (de Levie, Electrochim. Acta 9 (1964) 1231).
    """

    resistance: Annotated[float, Quantity("ohm", gt=0)]
    transfer_resistance: Annotated[float, Quantity("ohm", gt=0)]
    q: Annotated[float, Quantity("S*s^n", gt=0)]
    n: Annotated[float, Quantity("", gt=0, le=1)]

    @staticmethod
    def impedance(s: Number, *, resistance: Number, transfer_resistance: Number, q: Number, n: Number) -> Number:
        """Z [ohm]."""
        x = np.sqrt(resistance * (1 / transfer_resistance + q * s**n))
        return resistance / (x * np.tanh(x))
