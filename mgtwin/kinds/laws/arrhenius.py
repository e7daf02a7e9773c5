"""Laws of thermal activation, in the property and in the property times temperature."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ...quantities import Quantity
from ..numbers import BOLTZMANN, Number
from .base import AnyUnit, Law, Temperature, law

__all__ = ["Arrhenius", "ArrheniusT"]


@law
class Arrhenius(Law):
    """Arrhenius law in the property itself: ``y = y_ref exp(-E/k (1/T - 1/T_ref))``.

    Parameters
    ----------
    reference : quantity
        Value at `reference_temperature`, in the unit of the property.
    reference_temperature : quantity
        [K].
    activation_energy : quantity
        [eV]; ``kJ/mol`` is accepted.
    valid : (quantity, quantity), optional
        Range of validity [K].

    Notes
    -----
    An activation energy from a plot of ln(sigma T) belongs in `ArrheniusT`: it is about kT (0.03 eV) larger.

    Examples
    --------
    >>> sigma = Arrhenius("0.554 mS/cm", "25 degC", "0.351 eV")
    >>> float(f"{sigma('60 degC'):.3g}")
    0.233
    """

    value_fields = ("reference",)

    reference: AnyUnit
    reference_temperature: Temperature
    activation_energy: Annotated[float, Quantity("eV")]

    @staticmethod
    def formula(T: Number, *, reference: Number, reference_temperature: Number, activation_energy: Number) -> Number:
        """Return ``reference*exp(-E/k*(1/T - 1/T_ref))``."""
        return reference * np.exp(-activation_energy / BOLTZMANN * (1 / T - 1 / reference_temperature))


@law
class ArrheniusT(Law):
    """Arrhenius law in property times temperature: ``y = y_ref (T_ref/T) exp(-E/k (1/T - 1/T_ref))``.

    The form of hopping conduction (Nernst-Einstein), used when ln(sigma T) was plotted against 1/T.

    Parameters
    ----------
    reference : quantity
        Value (not times T) at `reference_temperature`, in the unit of the property.
    reference_temperature : quantity
        [K].
    activation_energy : quantity
        [eV]; ``kJ/mol`` is accepted.
    valid : (quantity, quantity), optional
        Range of validity [K].

    Examples
    --------
    >>> ArrheniusT("0.554 mS/cm", "25 degC", "0.351 eV")("25 degC")
    0.0554
    """

    value_fields = ("reference",)

    reference: AnyUnit
    reference_temperature: Temperature
    activation_energy: Annotated[float, Quantity("eV")]

    @staticmethod
    def formula(T: Number, *, reference: Number, reference_temperature: Number, activation_energy: Number) -> Number:
        """Return ``reference*T_ref/T*exp(-E/k*(1/T - 1/T_ref))``."""
        exponential = np.exp(-activation_energy / BOLTZMANN * (1 / T - 1 / reference_temperature))
        return reference * (reference_temperature / T) * exponential
