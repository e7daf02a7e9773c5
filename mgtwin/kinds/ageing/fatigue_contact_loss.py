"""Contact that is lost with the charge that passes."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, ClassVar

import numpy as np

from ..ageing_law import ONE_MEGAPASCAL, ZERO, Changes, Exponent, Minimum, ageing_law, keeps_minimum
from ..contact import Pressure
from ..fields import Property
from ..laws import Law
from ..numbers import Number

__all__ = ["FatigueContactLoss"]


@ageing_law
class FatigueContactLoss:
    r"""Contact lost with the charge that passes, by breathing of the Mg and shear of the contact.

    .. math:: \frac{da}{dt} = -k\,|j|\,(a - a_{min})\,(P_0/P)^m

    Parameters
    ----------
    rate : float or law
        :math:`k` [m^2/C], >= 0.
    minimum : float
        :math:`a_{min}`, between 0 and 1: contact that is never lost.
    pressure_exponent : float
        :math:`m` >= 0; other than 0 needs the pressure of the contact.
    reference_pressure : float
        :math:`P_0` [Pa] at which `rate` holds; keyword only.

    Examples
    --------
    >>> FatigueContactLoss("1e-4 m^2/C", 0.02).minimum
    Value(0.02, unit='')
    """

    rate: Annotated[float | Law, Property("m^2/C", ge=0)]
    minimum: Minimum
    pressure_exponent: Exponent = ZERO
    reference_pressure: Pressure = field(default=ONE_MEGAPASCAL, kw_only=True)
    changes: ClassVar[Changes] = Changes.CONTACT
    without_pressure_at_zero: ClassVar[str] = "pressure_exponent"

    @staticmethod
    def change(
        x: Number,
        *,
        j: Number,
        rate: Number,
        minimum: Number,
        pressure: Number,
        reference_pressure: Number,
        pressure_exponent: Number,
    ) -> Number:
        """Return da/dt [1/s] at the contact fraction x."""
        # where another law has a lower minimum, what this one cannot take stays as it is
        left = np.maximum(x - minimum, 0)
        return -rate * np.abs(j) * left * (pressure / reference_pressure) ** (-pressure_exponent)

    @staticmethod
    def limit(*, minimum: Number) -> Number:
        """Return the contact fraction that stays."""
        return minimum

    def check(self, fraction: float) -> None:
        """Refuse a new contact below the minimum."""
        keeps_minimum(type(self), self.minimum, fraction)
