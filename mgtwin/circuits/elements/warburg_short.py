"""Ws: diffusion through a layer of finite thickness."""

from typing import Annotated

import numpy as np

from ...kinds.numbers import Number
from ...quantities import Quantity
from ..family import circuit_element

__all__ = ["Ws"]


@circuit_element
class Ws:
    r"""Diffusion through a layer to a fixed concentration, :math:`Z = R\tanh(x)/x`, :math:`x = \sqrt{i\omega\tau}`.

    With the thickness l and the diffusivity D, :math:`\tau = l^2/D` (finite length, transmissive, "short").
    """

    resistance: Annotated[float, Quantity("ohm", gt=0)]
    time_constant: Annotated[float, Quantity("s", gt=0)]

    @staticmethod
    def impedance(s: Number, *, resistance: Number, time_constant: Number) -> Number:
        """Z [ohm]."""
        x = np.sqrt(s * time_constant)
        return resistance * np.tanh(x) / x

    @staticmethod
    def slopes(s: Number, z: Number, *, resistance: Number, time_constant: Number) -> tuple[Number, ...]:
        """dZ/dR and dZ/dtau; with t = tanh x, x dZ/dx = R (1 - t^2) - Z."""
        x_tanh = s * time_constant * z / resistance
        return z / resistance, (resistance - x_tanh * z - z) / (2 * time_constant)
