"""Wo: diffusion in a layer that ends at a wall."""

from typing import Annotated

import numpy as np

from ...kinds.numbers import Number
from ...quantities import Quantity
from ..family import circuit_element

__all__ = ["Wo"]


@circuit_element
class Wo:
    r"""Diffusion in a layer that ends at a wall, :math:`Z = R\coth(x)/x`, :math:`x = \sqrt{i\omega\tau}`.

    With the thickness l and the diffusivity D, :math:`\tau = l^2/D` (finite space, reflective, "open").
    """

    resistance: Annotated[float, Quantity("ohm", gt=0)]
    time_constant: Annotated[float, Quantity("s", gt=0)]

    @staticmethod
    def impedance(s: Number, *, resistance: Number, time_constant: Number) -> Number:
        """Z [ohm]."""
        x = np.sqrt(s * time_constant)
        return resistance / (x * np.tanh(x))

    @staticmethod
    def slopes(s: Number, z: Number, *, resistance: Number, time_constant: Number) -> tuple[Number, ...]:
        """dZ/dR and dZ/dtau; with c = coth x, x dZ/dx = R (1 - c^2) - Z."""
        x_coth = s * time_constant * z / resistance
        return z / resistance, (resistance - x_coth * z - z) / (2 * time_constant)
