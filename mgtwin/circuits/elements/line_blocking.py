"""TLMQ: a porous electrode whose walls block."""

from typing import Annotated

import numpy as np

from ...kinds.numbers import Number
from ...quantities import Quantity
from ..family import circuit_element

__all__ = ["TLMQ"]


@circuit_element
class TLMQ:
    r"""Transmission line with blocking walls, :math:`Z = R\coth(x)/x`, :math:`x^2 = R\,q\,(i\omega)^n`.

    R is the resistance of the ions in the pores, q and n are the constant-phase element of their walls (Landesfeind et
    al., J. Electrochem. Soc. 163 (2016) A1373, Eq. 11).
    """

    resistance: Annotated[float, Quantity("ohm", gt=0)]
    q: Annotated[float, Quantity("S*s^n", gt=0)]
    n: Annotated[float, Quantity("", gt=0, le=1)]

    @staticmethod
    def impedance(s: Number, *, resistance: Number, q: Number, n: Number) -> Number:
        """Z [ohm]."""
        x = np.sqrt(resistance * q * s**n)
        return resistance / (x * np.tanh(x))
