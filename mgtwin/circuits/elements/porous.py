"""T: a macrohomogeneous porous electrode."""

from typing import Annotated

import numpy as np

from ...kinds.numbers import Number
from ...quantities import Quantity
from ..family import circuit_element

__all__ = ["T"]


@circuit_element
class T:
    r"""Porous electrode of two phases, :math:`Z = A\coth(x)/x + B/(x\sinh x)`, :math:`x^2 = a + i\omega b`.

    With the thickness d and the resistivities :math:`\rho_1, \rho_2` of the phases
    :math:`A = d(\rho_1^2 + \rho_2^2)/(\rho_1 + \rho_2)` and :math:`B = 2d\rho_1\rho_2/(\rho_1 + \rho_2)`, each over the
    area (Paasch, Micka and Gersdorf, Electrochim. Acta 38 (1993) 2653).
    """

    resistance: Annotated[float, Quantity("ohm", gt=0)]
    cross_resistance: Annotated[float, Quantity("ohm", ge=0)]
    reaction: Annotated[float, Quantity("", gt=0)]
    time_constant: Annotated[float, Quantity("s", gt=0)]

    @staticmethod
    def impedance(
        s: Number, *, resistance: Number, cross_resistance: Number, reaction: Number, time_constant: Number
    ) -> Number:
        """Z [ohm]."""
        x = np.sqrt(reaction + s * time_constant)
        decay = np.exp(-x)  # 1/sinh x = 2 exp(-x)/(1 - exp(-2x)), which cannot overflow
        return resistance / (x * np.tanh(x)) + cross_resistance * 2 * decay / (x * (1 - decay * decay))
