"""G: diffusion with a reaction in the bulk."""

from typing import Annotated

import numpy as np

from ...kinds.numbers import Number
from ...quantities import Quantity
from ..family import circuit_element

__all__ = ["G"]


@circuit_element
class G:
    r"""Gerischer impedance, :math:`Z = R/\sqrt{1 + i\omega\tau}` (Z. Phys. Chem. 198 (1951) 286)."""

    resistance: Annotated[float, Quantity("ohm", gt=0)]
    time_constant: Annotated[float, Quantity("s", gt=0)]

    @staticmethod
    def impedance(s: Number, *, resistance: Number, time_constant: Number) -> Number:
        """Z [ohm]."""
        return resistance / np.sqrt(1 + s * time_constant)
