"""Gs: diffusion with a reaction in a layer of finite thickness."""

from typing import Annotated

import numpy as np

from ...kinds.numbers import Number
from ...quantities import Quantity
from ..family import circuit_element

__all__ = ["Gs"]


@circuit_element
class Gs:
    r"""Gerischer impedance of a finite layer, :math:`Z = R/[x\tanh(\phi x)]`, :math:`x = \sqrt{1 + i\omega\tau}`.

    :math:`\phi` is the thickness in units of the reaction's penetration depth (Green, Liu and Adler, Solid State Ionics
    179 (2008) 647).
    """

    resistance: Annotated[float, Quantity("ohm", gt=0)]
    time_constant: Annotated[float, Quantity("s", gt=0)]
    thickness: Annotated[float, Quantity("", gt=0)]

    @staticmethod
    def impedance(s: Number, *, resistance: Number, time_constant: Number, thickness: Number) -> Number:
        """Z [ohm]."""
        x = np.sqrt(1 + s * time_constant)
        return resistance / (x * np.tanh(thickness * x))
