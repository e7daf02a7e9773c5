"""Measured factors between which the logarithm is linear in the composition."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Annotated

import numpy as np
from pydantic import model_validator

from ...errors import InputError
from ...quantities import Quantity
from ..numbers import Number
from ..own import Own
from .base import BoundFunction, Function, function

__all__ = ["Tabulated"]


@function
class Tabulated(Function):
    """Factor from a table: its logarithm is linear in x between the rows, and it keeps the end values outside.

    The right form for what changes over decades, such as the diffusivity of a host with its filling.

    Parameters
    ----------
    compositions : sequence of float
        x, increasing, at least two.
    factors : sequence of float
        As many, > 0.

    Raises
    ------
    InputError
        Fewer than two rows, as many of the one as of the other, x that does not increase, or a factor that is not > 0.

    Examples
    --------
    >>> round(Tabulated([0.0, 0.8], [1.0, 1e-4])(0.4), 9)
    0.01
    """

    compositions: tuple[Annotated[float, Quantity("")], ...]
    factors: tuple[Annotated[float, Quantity("", gt=0)], ...]

    @staticmethod
    def formula(x: Number, *, compositions: Number, factors: Number) -> Number:
        """Return the factor at x."""
        result: Number = float(np.log(factors[0]))
        # Every interval adds what it has risen by, the part of it that x has passed: symbols know no search.
        for (low, high), (first, last) in zip(pairwise(compositions), pairwise(factors), strict=True):
            passed = np.minimum(np.maximum(x - float(low), 0.0), float(high) - float(low))
            result = result + float(np.log(last / first)) / (float(high) - float(low)) * passed
        return np.exp(result)

    def standing(self, own: Own) -> BoundFunction:
        """Return the function; rows of a table are no numbers with a path of their own."""
        return BoundFunction(partial(self.formula, compositions=self.compositions, factors=self.factors), None)

    @model_validator(mode="after")
    def _rows(self) -> Tabulated:
        count, other = len(self.compositions), len(self.factors)
        if count != other or count < 2:
            raise InputError(f"a table needs two or more compositions and as many factors, not {count} and {other}.")
        for before, after in pairwise(self.compositions):
            if not before < after:
                raise InputError(f"the compositions must increase, but {before:g} is followed by {after:g}.")
        return self
