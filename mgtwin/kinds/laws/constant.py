"""A property that does not depend on temperature."""

from __future__ import annotations

from typing import Annotated

from ...quantities import Quantity
from ..numbers import Number
from .base import Law, law

__all__ = ["Constant"]


@law
class Constant(Law):
    """A property that does not depend on temperature, with a range in which that is known.

    Parameters
    ----------
    value : quantity
        In the unit of the property.
    valid : (quantity, quantity), optional
        Range of validity [K].

    Examples
    --------
    >>> Constant("2 S/m")(300.0)
    2.0
    """

    value_fields = ("value",)

    value: Annotated[float, Quantity(None, allow_inf=True)]

    @staticmethod
    def formula(T: Number, *, value: Number) -> Number:
        """Return `value` in the shape of T."""
        return value + 0.0 * T
