"""Contact that voids of stripped metal take."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, ClassVar

import numpy as np

from ...quantities import Quantity, Value
from ..ageing_law import ONE_MEGAPASCAL, ZERO, Changes, Exponent, Minimum, ageing_law, keeps_minimum
from ..contact import Pressure
from ..fields import Property
from ..laws import Law
from ..numbers import FARADAY, Number

__all__ = ["VoidContactLoss"]


@ageing_law
class VoidContactLoss:
    r"""Voids that stripping leaves at the metal, partly refilled by plating, healed by creep under pressure.

    .. math::

       \frac{da}{dt} = -\frac{\gamma V_M}{zFh}\left[j_{strip}\frac{a - a_{min}}{1 - a_{min}}
       - \beta j_{plate}\frac{1 - a}{1 - a_{min}}\right] + k_h (P/P_0)^m (1 - a)

    with the molar volume :math:`V_M` of the metal, from the cell's ion. Only a `Plating` electrode has it.

    Parameters
    ----------
    void_fraction : float or law
        :math:`\gamma`, 0 to 1: share of the stripped volume that stays open at the interface.
    refilled_fraction : float
        :math:`\beta`, 0 to 1: how much of that plating fills again.
    depth : float
        :math:`h` of the voids [m], > 0.
    minimum : float
        :math:`a_{min}`, between 0 and 1.
    healing_rate : float or law
        :math:`k_h` [1/s], >= 0.
    pressure_exponent : float
        :math:`m` >= 0 of the healing; other than 0 needs the pressure of the contact.
    reference_pressure : float
        :math:`P_0` [Pa] at which `healing_rate` holds; keyword only.

    Examples
    --------
    >>> VoidContactLoss(0.1, 0.5, "1 um", 0.02).healing_rate
    Value(0.0, unit='1/s')
    """

    void_fraction: Annotated[float | Law, Property("", ge=0, le=1)]
    refilled_fraction: Annotated[float, Quantity("", ge=0, le=1)]
    depth: Annotated[float, Quantity("m", gt=0)]
    minimum: Minimum
    healing_rate: Annotated[float | Law, Property("1/s", ge=0)] = Value(0.0, unit="1/s")
    pressure_exponent: Exponent = ZERO
    reference_pressure: Pressure = field(default=ONE_MEGAPASCAL, kw_only=True)
    changes: ClassVar[Changes] = Changes.CONTACT
    of_metal: ClassVar[bool] = True
    without_pressure_at_zero: ClassVar[str] = "pressure_exponent"

    @staticmethod
    def change(
        x: Number,
        *,
        j: Number,
        z: Number,
        molar_volume: Number,
        void_fraction: Number,
        refilled_fraction: Number,
        depth: Number,
        minimum: Number,
        healing_rate: Number,
        pressure: Number,
        reference_pressure: Number,
        pressure_exponent: Number,
    ) -> Number:
        """Return da/dt [1/s] at the contact fraction x."""
        # Each term vanishes at its own limit, voids at the minimum and refilling at 1, so that no
        # step of the solver has to be clipped. `maximum` of x - a_min is for trial steps beyond,
        # where voids would otherwise close by stripping.
        lost = 1 - x
        opened = np.maximum(j, 0) * np.maximum(x - minimum, 0)
        closed = refilled_fraction * np.maximum(-j, 0) * lost
        healed = healing_rate * (pressure / reference_pressure) ** pressure_exponent * lost
        return healed - void_fraction * (molar_volume / (z * FARADAY * depth)) * (opened - closed) / (1 - minimum)

    @staticmethod
    def limit(*, minimum: Number) -> Number:
        """Return the contact fraction that stays."""
        return minimum

    def check(self, fraction: float) -> None:
        """Refuse a new contact below the minimum."""
        keeps_minimum(type(self), self.minimum, fraction)
