"""A measured curve."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Annotated

import numpy as np
from pydantic import model_validator

from ...errors import InputError
from ...quantities import Quantity
from ..numbers import Number
from ..own import Own
from .base import Potential, potential

__all__ = ["TabulatedPotential"]

_Rows = tuple[Annotated[float, Quantity("V")], ...]


@potential
class TabulatedPotential(Potential):
    """U from a table over the filling: monotone cubics (PCHIP) between the rows, straight on beyond the ends.

    A result whose particles were emptier or fuller than the rows reach says so in its warnings.

    Parameters
    ----------
    fillings : sequence of float
        y, increasing, between 0 and 1; at least two.
    potentials : sequence of float
        U [V], as many, decreasing.

    Raises
    ------
    InputError
        A filling outside [0, 1], rows that are not in order, or a potential that does not fall.

    Examples
    --------
    >>> round(TabulatedPotential([0.0, 0.5, 1.0], ["1.3 V", "1.2 V", "1.1 V"])(0.25), 9)
    1.25
    """

    fillings: tuple[Annotated[float, Quantity("", ge=0, le=1)], ...]
    potentials: _Rows

    @staticmethod
    def formula(odds: Number, *, fillings: Number, potentials: Number) -> Number:
        """Return U [V]."""
        y = (1 + np.tanh(odds / 2)) / 2
        from scipy.interpolate import PchipInterpolator

        rows, values = np.asarray(fillings, dtype=float), np.asarray(potentials, dtype=float)
        slopes = PchipInterpolator(rows, values).derivative()(rows)
        # the ends go straight on, and every interval adds what it has changed by: symbols know no search
        result: Number = values[0] + slopes[0] * np.minimum(y - rows[0], 0) + slopes[-1] * np.maximum(y - rows[-1], 0)
        for k, width in enumerate(np.diff(rows)):
            t = np.minimum(np.maximum((y - rows[k]) / width, 0.0), 1.0)
            change, first, last = values[k + 1] - values[k], slopes[k] * width, slopes[k + 1] * width
            result = result + t * (first + t * (3 * change - 2 * first - last + t * (first + last - 2 * change)))
        return result

    def standing(self, own: Own) -> Callable[[Number, Number], Number]:
        """Return U; rows of a table are no numbers with a path of their own, and f does not matter."""
        curve = partial(self.formula, fillings=self.fillings, potentials=self.potentials)
        # as a whole: hundreds of rows would make an expression too deep for the models
        return lambda odds, f: own.reader.apply(curve, [odds])

    @property
    def known(self) -> tuple[float, float]:
        """From the first to the last row."""
        return self.fillings[0], self.fillings[-1]

    @model_validator(mode="after")
    def _falls(self) -> TabulatedPotential:
        count, other = len(self.fillings), len(self.potentials)
        if count != other or count < 2:
            raise InputError(f"a table needs two or more fillings and as many potentials, not {count} and {other}.")
        for (before, after), (high, low) in zip(pairwise(self.fillings), pairwise(self.potentials), strict=True):
            if not before < after:
                raise InputError(f"the fillings must increase, but {before:g} is followed by {after:g}.")
            if not high > low:
                raise InputError(
                    f"the potential must fall with the filling, but {high:g} V at {before:g} is followed by {low:g} V "
                    f"at {after:g}: where it does not fall a host separates into two phases."
                )
        return self
