"""A property that was measured at one temperature only."""

from __future__ import annotations

import numpy as np

from ...errors import InputError
from ...quantities import format_value
from ..numbers import Number, is_symbol
from ..own import Own
from .base import AnyUnit, Law, Temperature, law

__all__ = ["Isothermal"]


@law
class Isothermal(Law):
    """A property that is known at one temperature only, and refuses every other one.

    A single number is no law of temperature: where an activation energy is missing, there is nothing to extrapolate
    with. (`Constant` says that a property does *not* depend on temperature.)

    Parameters
    ----------
    value : quantity
        In the unit of the property.
    temperature : quantity
        At which it was measured [K].
    valid : (quantity, quantity), optional
        Temperatures [K] at which it may be used; within 3 K of its own by default, which is what "room temperature"
        leaves open.

    Raises
    ------
    InputError
        When it is evaluated at another temperature.

    Examples
    --------
    >>> Isothermal("0.47 mS/cm", "25 degC")("22 degC")
    0.047
    """

    value_fields = ("value",)

    value: AnyUnit
    temperature: Temperature

    @staticmethod
    def formula(T: Number, *, value: Number) -> Number:
        """Return `value` in the shape of T."""
        return value + 0.0 * T

    def __call__(self, T: Number | str) -> Number:
        """Evaluate at T [K]; InputError outside `limits`."""
        self.validity_warning(T)
        return super().__call__(T)

    def standing(self, own: Own) -> Number:
        """Return the property at the temperature of the cell, which must be its own."""
        if not is_symbol(own.temperature):
            self.validity_warning(own.temperature, f"{own.path}: ")
        return super().standing(own)

    def validity_warning(self, T: Number | str, where: str = "") -> None:
        """Refuse temperatures outside `limits`: there is nothing to warn of that could be computed.

        Raises
        ------
        InputError
            With what is known, and what to give instead.
        """
        # symbols pass: whoever solves with them asks this with the numbers
        outside = None if is_symbol(T) else super().validity_warning(T)
        if outside:
            known = format_value(self.temperature, "K")
            raise InputError(
                f"{where}{outside.rstrip('.')}: it was measured at {known} alone. Give a law of your own, for example "
                f"{{type: arrhenius, reference: {format_value(self.value)}, reference_temperature: {known}, "
                f"activation_energy: 0.4 eV}} (assumed), or stay near {known}."
            )

    def limits(self) -> tuple[float, float]:
        """Return the temperatures [K] between which it may be used."""
        return self.valid or (self.temperature - 3.0, self.temperature + 3.0)
