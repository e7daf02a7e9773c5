r"""A property that was measured at one temperature only, and what several such points amount to.

Through two temperatures

.. math::

   E = k\,\frac{\ln(\sigma_2/\sigma_1)}{1/T_1 - 1/T_2}, \qquad
   E_T = E + k\,\frac{T_1 T_2}{T_2 - T_1}\ln\frac{T_2}{T_1}

are the activation energies of :math:`\ln\sigma` and of :math:`\ln\sigma T`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ...errors import InputError
from ...quantities import Value, format_value
from ..numbers import BOLTZMANN, Number, is_symbol
from ..own import Own
from .arrhenius import Arrhenius
from .base import AnyUnit, Law, Temperature, law

__all__ = ["NEAR", "Isothermal", "Point"]

#: How far from its temperature a single point may be used [K]: what "room temperature" leaves open.
NEAR = 3.0


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

    Notes
    -----
    Every simulation, study and closed form refuses. A `StackModel` in stock PyBaMM cannot: its temperature is a symbol.

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
        return self.valid or (self.temperature - NEAR, self.temperature + NEAR)


class Point(NamedTuple):
    """A property at a temperature [K], with the lowest and highest value that its digits leave open."""

    temperature: float
    value: float
    low: float
    high: float

    def slope(self, hotter: Point) -> tuple[float, float, float]:
        """Return the lowest, nominal and highest activation energy [eV] of the property itself up to another point."""
        per_log = BOLTZMANN / (1 / self.temperature - 1 / hotter.temperature)
        ratios = (hotter.low / self.high, hotter.value / self.value, hotter.high / self.low)
        low, nominal, high = (per_log * math.log(ratio) if ratio > 0 else -math.inf for ratio in ratios)
        return low, nominal, high

    def hopping(self, hotter: Point) -> float:
        """Return by how much [eV] the activation energy of the property times T exceeds that of the property."""
        T1, T2 = float(self.temperature), float(hotter.temperature)
        return BOLTZMANN * T1 * T2 * math.log(T2 / T1) / (T2 - T1)

    def through(self, hotter: Point) -> Arrhenius:
        """Return the Arrhenius law between this point and another one."""
        low, energy, high = self.slope(hotter)
        known = Value(
            energy,
            unit="eV",
            low=low,
            high=high,
            kind="computed",
            source=Value.of(self.value).source,
            where="from the values at two temperatures",
            note="k ln(s2/s1)/(1/T1 - 1/T2); range: as far as their digits leave it open",
        )
        return Arrhenius(self.value, self.temperature, known, valid=(self.temperature, hotter.temperature))  # type: ignore[call-arg]

    def with_energy(self, energy: float, valid: tuple[float, float] | None) -> Arrhenius:
        """Return the Arrhenius law from this point, near it unless it says where its activation energy holds."""
        near = (self.temperature - NEAR, self.temperature + NEAR)
        return Arrhenius(self.value, self.temperature, energy, valid=valid or near)  # type: ignore[call-arg]

    def alone(self) -> Isothermal:
        """Return what is known from this point alone."""
        return Isothermal(self.value, self.temperature)
