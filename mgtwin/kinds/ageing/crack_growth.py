"""A crack along the interface that grows with every cycle."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, ClassVar

import numpy as np
from pydantic import model_validator

from ...errors import InputError
from ...quantities import Quantity, Value
from ..ageing_law import Changes, Exponent, Minimum, ageing_law
from ..fields import Property
from ..laws import Law
from ..numbers import Number

__all__ = ["CrackGrowth"]


@ageing_law
class CrackGrowth:
    r"""Paris law of a crack along the interface, one cycle being the charge :math:`2Q_{half}`.

    .. math::

       \frac{dl}{dt} = C_p\left(\frac{\Delta K}{K_0}\right)^m\left(1 - \frac{l}{l_{max}}\right)
       \frac{|j|}{2Q_{half}}, \qquad \Delta K = Y\Delta\sigma\sqrt{\pi l}, \qquad
       a = 1 - (1 - a_{min})\frac{l}{l_{max}}

    Parameters
    ----------
    rate : float or law
        :math:`C_p` [m] per cycle, >= 0.
    half_cycle_charge : float
        :math:`Q_{half}` [C/m^2], > 0.
    initial_length, maximum_length : float
        :math:`l(0)` and :math:`l_{max}` [m], 0 < l(0) <= l_max.
    minimum : float
        :math:`a_{min}` at the maximum length, between 0 and 1.
    exponent : float
        :math:`m` >= 0.
    stress : float
        :math:`Y\Delta\sigma` [Pa], > 0.
    reference_intensity : float
        :math:`K_0` [Pa*m^0.5], > 0; keyword only.

    Raises
    ------
    InputError
        If the initial length exceeds the maximum length.

    Examples
    --------
    >>> CrackGrowth("1 um", "320 C/m^2", "10 um", "6 mm", 0.02, 2.0, "1 MPa").exponent
    Value(2.0, unit='')
    """

    rate: Annotated[float | Law, Property("m", ge=0)]
    half_cycle_charge: Annotated[float, Quantity("C/m^2", gt=0)]
    initial_length: Annotated[float, Quantity("m", gt=0)]
    maximum_length: Annotated[float, Quantity("m", gt=0)]
    minimum: Minimum
    exponent: Exponent
    stress: Annotated[float, Quantity("Pa", gt=0)]
    reference_intensity: Annotated[float, Quantity("Pa*m^0.5", gt=0)] = field(
        default=Value(1e5, unit="Pa*m^0.5"), kw_only=True
    )
    changes: ClassVar[Changes] = Changes.OWN
    state_name: ClassVar[str] = "crack length over its maximum"

    @model_validator(mode="after")
    def _inside(self) -> CrackGrowth:
        if self.initial_length > self.maximum_length:
            raise InputError(
                f"initial_length {float(self.initial_length):g} m exceeds maximum_length "
                f"{float(self.maximum_length):g} m: a crack ends where the interface does."
            )
        return self

    @staticmethod
    def start(*, initial_length: Number, maximum_length: Number) -> Number:
        """Return l(0)/l_max."""
        return initial_length / maximum_length

    @staticmethod
    def change(
        x: Number,
        *,
        j: Number,
        rate: Number,
        half_cycle_charge: Number,
        maximum_length: Number,
        exponent: Number,
        stress: Number,
        reference_intensity: Number,
    ) -> Number:
        """Return d(l/l_max)/dt [1/s] at x = l/l_max."""
        # the state is l/l_max, between 0 and 1 like the contact fractions: one
        # absolute tolerance of the solver fits both
        intensity = stress * np.sqrt(np.pi * maximum_length * x) / reference_intensity
        cycles = np.abs(j) / (2 * half_cycle_charge)
        return rate / maximum_length * intensity**exponent * (1 - x) * cycles

    @staticmethod
    def contact_kept(x: Number, *, minimum: Number) -> Number:
        """Return what a crack of the relative length x leaves of the contact."""
        return 1 - (1 - minimum) * x

    @staticmethod
    def limit() -> Number:
        """Return l/l_max of a crack through the whole interface."""
        return 1.0

    def carried_on(self, x: float) -> dict[str, float]:
        """A crack that begins with the length that it has."""
        return {"initial_length": float(self.maximum_length) * x}
