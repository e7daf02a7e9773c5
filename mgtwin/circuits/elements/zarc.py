"""Zarc: a resistance beside a constant-phase element, by resistance and time constant."""

from typing import Annotated

import numpy as np

from ...kinds.numbers import Number
from ...quantities import Quantity
from ..family import circuit_element

__all__ = ["Zarc"]


@circuit_element
class Zarc:
    r"""Depressed arc, :math:`Z = R/[1 + (i\omega\tau)^n]` (Cole-Cole): R beside a CPE with :math:`q = \tau^n/R`."""

    resistance: Annotated[float, Quantity("ohm", gt=0)]
    time_constant: Annotated[float, Quantity("s", gt=0)]
    n: Annotated[float, Quantity("", gt=0, le=1)]

    @staticmethod
    def impedance(s: Number, *, resistance: Number, time_constant: Number, n: Number) -> Number:
        """Z [ohm]."""
        return resistance / (1 + (s * time_constant) ** n)

    @staticmethod
    def slopes(s: Number, z: Number, *, resistance: Number, time_constant: Number, n: Number) -> tuple[Number, ...]:
        """dZ/dR, dZ/dtau, dZ/dn; with u = (s tau)^n, u Z/(1 + u) = Z - Z^2/R."""
        fall = z * z / resistance - z
        return z / resistance, fall * n / time_constant, fall * np.log(s * time_constant)
