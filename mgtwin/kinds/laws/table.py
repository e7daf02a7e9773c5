"""Measured values between which a property is linear in temperature."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from pydantic import model_validator

from ...errors import InputError
from ...quantities import format_value
from ..numbers import Number, is_symbol
from .base import AnyUnit, Law, Temperature, law

__all__ = ["Table"]


@law
class Table(Law):
    """A table of measured values, interpolated linearly in T; its validity is the range of the table.

    Outside the table the end values are used and `validity_warning` says so. (Linear in T, not in 1/T: it is monotonic
    between the points and needs no positive values. Where the property grows exponentially, tabulate finely or use a
    law.)

    Parameters
    ----------
    temperatures : sequence of quantities
        [K], at least two, increasing.
    values : sequence of quantities
        As many, in the unit of the property.
    valid : (quantity, quantity), optional
        A narrower range of validity [K].

    Examples
    --------
    >>> sigma = Table(["25 degC", "45 degC"], ["1 mS/cm", "3 mS/cm"])
    >>> round(sigma("35 degC"), 12), sigma("60 degC")
    (0.2, 0.3)
    """

    value_fields = ("values",)

    temperatures: tuple[Temperature, ...]
    values: tuple[AnyUnit, ...]

    @staticmethod
    def formula(T: Number, *, temperatures: Number, values: Number) -> Number:
        """Interpolate linearly between the rows, and hold the values at the ends."""
        if not is_symbol(T):
            return np.interp(T, np.asarray(temperatures, dtype=float), np.asarray(values, dtype=float))
        # A symbol knows no search: every interval adds what it has risen by, its share of T clamped to its ends.
        result: Number = float(values[0])
        for (low, high), (first, last) in zip(pairwise(temperatures), pairwise(values), strict=True):
            passed = np.minimum(np.maximum(T - float(low), 0.0), float(high) - float(low))
            result = result + (float(last) - float(first)) / (float(high) - float(low)) * passed
        return result

    def limits(self) -> tuple[float, float]:
        """Return the ends of the table, or of `valid` where that is narrower."""
        low, high = self.temperatures[0], self.temperatures[-1]
        return (low, high) if self.valid is None else (max(low, self.valid[0]), min(high, self.valid[1]))

    @model_validator(mode="after")
    def _rows(self) -> Table:
        count, other = len(self.temperatures), len(self.values)
        if count != other or count < 2:
            raise InputError(f"a table needs two or more temperatures and as many values, not {count} and {other}.")
        for before, after in pairwise(self.temperatures):
            if not before < after:
                shown = f"{format_value(before, 'K')} is followed by {format_value(after, 'K')}"
                raise InputError(f"the temperatures of a table must increase, but {shown}.")
        return self
