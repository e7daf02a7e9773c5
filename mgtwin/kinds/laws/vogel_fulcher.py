"""The law of polymers and liquids above their glass transition."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import model_validator

from ...errors import InputError
from ...quantities import Quantity, format_value
from ..numbers import BOLTZMANN, Number, is_symbol
from .base import AnyUnit, Law, law

__all__ = ["VogelFulcher"]


@law
class VogelFulcher(Law):
    """Vogel-Fulcher-Tammann law: ``y = A exp(-B/(k (T - T_0)))``, for polymers and liquids.

    Parameters
    ----------
    prefactor : quantity
        A, in the unit of the property.
    activation_energy : quantity
        The pseudo activation energy B [eV].
    vanishing_temperature : quantity
        T_0 [K], below the glass transition; the law holds only above it.
    valid : (quantity, quantity), optional
        Range of validity [K].

    Raises
    ------
    InputError
        When evaluated with numbers at or below `vanishing_temperature`.

    Examples
    --------
    >>> VogelFulcher("2 S/m", "0 eV", "-80 degC")("25 degC")
    2.0
    """

    value_fields = ("prefactor",)

    prefactor: AnyUnit
    activation_energy: Annotated[float, Quantity("eV", ge=0)]
    vanishing_temperature: Annotated[float, Quantity("K", ge=0)]

    @staticmethod
    def formula(T: Number, *, prefactor: Number, activation_energy: Number, vanishing_temperature: Number) -> Number:
        """Return ``prefactor*exp(-B/(k*(T - T_0)))``."""
        if not (is_symbol(T) or is_symbol(vanishing_temperature)) and np.any(np.less_equal(T, vanishing_temperature)):
            lowest, limit = format_value(np.min(T), "K"), format_value(np.max(vanishing_temperature), "K")
            raise InputError(
                f"a Vogel-Fulcher law holds only above its vanishing temperature {limit}, not at {lowest}."
            )
        return prefactor * np.exp(-activation_energy / (BOLTZMANN * (T - vanishing_temperature)))

    @model_validator(mode="after")
    def _above_vanishing(self) -> VogelFulcher:
        if self.valid is not None and self.valid[0] <= self.vanishing_temperature:
            low, limit = format_value(self.valid[0], "K"), format_value(self.vanishing_temperature, "K")
            raise InputError(f"valid starts at {low}, but the law holds only above its vanishing temperature {limit}.")
        return self
