"""One plateau of ions that attract or repel each other."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ...quantities import Quantity, Value
from ..numbers import Number
from .base import Potential, potential

__all__ = ["RegularSolution"]


@potential
class RegularSolution(Potential):
    r"""Regular solution, :math:`U = U_0 - \frac{RT}{zF}\left[\ln\frac{y}{1-y} + g\,(y - \tfrac12)\right]`.

    g = 0 is a host of ideal sites. Between -4 and 0 the ions attract each other and the plateau is flatter; at
    g <= -4 two phases would form, which a single curve cannot describe.

    Parameters
    ----------
    potential : float
        :math:`U_0` at half filling [V].
    interaction : float
        g, > -4.

    Raises
    ------
    InputError
        For g <= -4: the range of two phases.

    Examples
    --------
    >>> RegularSolution("1.2 V")(0.5)
    1.2
    """

    potential: Annotated[float, Quantity("V")]
    interaction: Annotated[float, Quantity("", gt=-4)] = Value(0.0, unit="")

    @staticmethod
    def formula(odds: Number, *, f: Number, potential: Number, interaction: Number) -> Number:
        """Return U [V]."""
        return potential - (odds + interaction * np.tanh(odds / 2) / 2) / f  # y - 1/2 = tanh(odds/2)/2
