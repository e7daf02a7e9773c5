"""The family of what goes into a mixture: a mass or a volume."""

from __future__ import annotations

import dataclasses
from typing import Annotated, TypeVar, dataclass_transform

from ...quantities import Quantity
from ...registry import Family
from ...unions import OneOf
from ..declare import declared, require
from ..numbers import Number
from ..own import Own

__all__ = ["AMOUNTS", "Amount", "Mass", "Measured", "Volume"]

AMOUNTS: Family[type[Measured]] = Family("amount", "an amount")
"""What goes into a mixture, by the name that it has in files."""

_Class = TypeVar("_Class")


class Measured:
    """Base of the amounts."""

    type: str

    def size(self, own: Own) -> Number:
        """The volume [m^3] by the numbers of a cell; only the ratios of a recipe's volumes count."""
        raise NotImplementedError


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def _amount(cls: type[_Class]) -> type[_Class]:
    """Declare an amount."""

    def check(made: type[Measured]) -> None:
        require(made.size is not Measured.size, made, AMOUNTS, "without the method size(own).")

    return declared(cls, AMOUNTS, Measured, check)


@_amount
class Mass(Measured):
    r"""A mass that goes into the mixture; its volume is mass over density.

    Parameters
    ----------
    mass : float
        [kg], >= 0; only the ratios of a recipe's masses count.
    density : float
        [kg/m^3], > 0.

    Examples
    --------
    >>> round(Mass("100 mg", "3.55 g/cm^3").volume * 1e9, 2)  # uL
    28.17
    """

    mass: Annotated[float, Quantity("kg", ge=0)]
    density: Annotated[float, Quantity("kg/m^3", gt=0)]

    @property
    def volume(self) -> float:
        """The volume [m^3]."""
        return float(self.mass) / float(self.density)

    def size(self, own: Own) -> Number:
        """Mass over density."""
        return 0.0 if own.constant("mass") == 0 else own.number("mass") / own.number("density")


@_amount
class Volume(Measured):
    """A volume that goes into the mixture.

    Parameters
    ----------
    volume : float
        [m^3], >= 0; only the ratios of a recipe's volumes count.

    Examples
    --------
    >>> Volume("375 uL").volume
    Value(3.75e-07, unit='m^3')
    """

    volume: Annotated[float, Quantity("m^3", ge=0)]

    def size(self, own: Own) -> Number:
        """The volume itself."""
        return 0.0 if own.constant("volume") == 0 else own.number("volume")


#: Field that holds an amount.
Amount = Annotated[Measured, OneOf(AMOUNTS)]
