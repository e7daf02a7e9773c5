"""A fraction that is tabulated through the layer."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from pydantic import model_validator

from ...errors import InputError
from ..numbers import Number, plain
from .base import FractionProfile, Share, fraction_profile

__all__ = ["Profile"]


@fraction_profile
class Profile(FractionProfile):
    r"""A fraction that is linear between tabulated positions.

    Parameters
    ----------
    positions : sequence of float
        x/L from 0 to 1, increasing, at least two.
    values : sequence of float
        As many, in [0, 1].

    Raises
    ------
    InputError
        If the positions do not increase from 0 to 1, or there are not as many values.

    Examples
    --------
    >>> Profile([0, 0.5, 1], [0.3, 0.1, 0.1])(0.25)
    0.2
    """

    positions: tuple[Share, ...]
    values: tuple[Share, ...]

    @model_validator(mode="after")
    def _rows(self) -> Profile:
        x, count = [float(position) for position in self.positions], len(self.values)
        if len(x) != count or count < 2:
            raise InputError(f"a profile needs two or more positions and as many values, not {len(x)} and {count}.")
        if x[0] != 0 or x[-1] != 1 or any(after <= before for before, after in pairwise(x)):
            raise InputError(f"the positions x/L of a profile must increase from 0 to 1, but are {x}.")
        return self

    @property
    def breaks(self) -> tuple[float, ...]:
        """The tabulated positions."""
        return tuple(map(float, self.positions))

    @staticmethod
    def formula(position: Number, *, positions: Number, values: Number) -> Number:
        """Interpolate linearly: what every interval adds, as far as it is passed (symbols know no search)."""
        total: Number = float(values[0])
        for (low, high), (first, last) in zip(pairwise(positions), pairwise(values), strict=True):
            passed = np.minimum(np.maximum((position - float(low)) / (float(high) - float(low)), 0.0), 1.0)
            total = total + (float(last) - float(first)) * passed
        return plain(total)
