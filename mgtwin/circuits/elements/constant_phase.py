"""CPE: a constant-phase element."""

from typing import Annotated

import numpy as np

from ...kinds.numbers import Number
from ...quantities import Quantity
from ..family import circuit_element

__all__ = ["CPE"]


@circuit_element
class CPE:
    r"""Constant-phase element, :math:`Z = 1/[q\,(i\omega)^n]`."""

    q: Annotated[float, Quantity("S*s^n", gt=0)]
    n: Annotated[float, Quantity("", gt=0, le=1)]

    @staticmethod
    def impedance(s: Number, *, q: Number, n: Number) -> Number:
        """Z [ohm]."""
        return 1 / (q * s**n)

    @staticmethod
    def slopes(s: Number, z: Number, *, q: Number, n: Number) -> tuple[Number, ...]:
        """dZ/dq, dZ/dn."""
        return -z / q, -z * np.log(s)
