"""One plateau of ions that attract or repel each other."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ...quantities import Quantity, Value
from ..numbers import Number
from .base import Potential, potential

__all__ = ["RegularSolution"]

#: Fillings nearer to 0 or 1 than this count as this: the potential, not the filling, is bounded.
LIMIT = 1e-9


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
    def formula(y: Number, *, f: Number, potential: Number, interaction: Number) -> Number:
        """Return U [V]."""
        inside = np.minimum(np.maximum(y, LIMIT), 1 - LIMIT)
        return potential - (np.log(inside / (1 - inside)) + interaction * (y - 0.5)) / f
