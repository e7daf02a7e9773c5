"""W: semi-infinite diffusion."""

from typing import Annotated

import numpy as np

from ...kinds.numbers import Number
from ...quantities import Quantity
from ..family import circuit_element

__all__ = ["W"]


@circuit_element
class W:
    r"""Semi-infinite diffusion, :math:`Z = A\,(1 - i)/\sqrt\omega = A\sqrt{2/(i\omega)}` (Warburg 1899)."""

    coefficient: Annotated[float, Quantity("ohm/s^0.5", gt=0)]

    @staticmethod
    def impedance(s: Number, *, coefficient: Number) -> Number:
        """Z [ohm]."""
        return coefficient * np.sqrt(2 / s)

    @staticmethod
    def slopes(s: Number, z: Number, *, coefficient: Number) -> tuple[Number, ...]:
        """dZ/dA."""
        return (z / coefficient,)
