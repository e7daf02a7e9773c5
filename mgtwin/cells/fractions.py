r"""How much of a phase there is: a fraction of the volume, one that varies through the layer, or a mass or volume."""

from __future__ import annotations

from dataclasses import field
from itertools import pairwise
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from ..errors import InputError
from ..kinds.fields import NumberOr
from ..kinds.noun import noun, one_of
from ..quantities import Quantity
from ..unions import OneOf

__all__ = ["Amount", "Fraction", "Linear", "Mass", "Profile", "Volume", "breaks_of", "is_graded"]

_Share = Annotated[float, Quantity("", ge=0, le=1)]


@noun
class Linear:
    r"""A fraction that varies linearly from the left to the right face of the layer.

    Parameters
    ----------
    left, right : float
        In [0, 1], at the face towards the negative and the positive electrode.

    Examples
    --------
    >>> Linear(0.02, 0.16)(0.5)
    0.09
    """

    left: _Share
    right: _Share
    type: Literal["linear"] = field(default="linear", kw_only=True, repr=False)

    def __call__(self, position: Any) -> Any:
        """Return the fraction at positions x/L between 0 and 1: a float, an array or a symbol."""
        return self.formula(position, left=self.left, right=self.right)

    @staticmethod
    def formula(position: Any, *, left: Any, right: Any) -> Any:
        """Return ``left + (right - left) x/L``."""
        return left * (1 - position) + right * position


@noun
class Profile:
    r"""A fraction that is linear between tabulated positions.

    Parameters
    ----------
    positions : sequence of float
        x/L from 0 to 1, increasing, at least two.
    values : sequence of float
        As many, in [0, 1].

    Raises
    ------
    InputError
        If the positions do not increase from 0 to 1, or there are not as many values.

    Examples
    --------
    >>> Profile([0, 0.5, 1], [0.3, 0.1, 0.1])(0.25)
    0.2
    """

    positions: tuple[_Share, ...]
    values: tuple[_Share, ...]
    type: Literal["profile"] = field(default="profile", kw_only=True, repr=False)

    @model_validator(mode="after")
    def _rows(self) -> Profile:
        x, count = [float(position) for position in self.positions], len(self.values)
        if len(x) != count or count < 2:
            raise InputError(f"a profile needs two or more positions and as many values, not {len(x)} and {count}.")
        if x[0] != 0 or x[-1] != 1 or any(after <= before for before, after in pairwise(x)):
            raise InputError(f"the positions x/L of a profile must increase from 0 to 1, but are {x}.")
        return self

    def __call__(self, position: Any) -> Any:
        """Return the fraction at positions x/L between 0 and 1: a float, an array or a symbol."""
        total: Any = float(self.values[0])
        for k in range(len(self.values) - 1):
            low, high = float(self.positions[k]), float(self.positions[k + 1])
            passed = np.minimum(np.maximum((position - low) / (high - low), 0.0), 1.0)
            total = total + (float(self.values[k + 1]) - float(self.values[k])) * passed
        return float(total) if isinstance(position, (int, float)) else total


@noun
class Mass:
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
    type: Literal["mass"] = field(default="mass", kw_only=True, repr=False)

    @property
    def volume(self) -> float:
        """The volume [m^3]."""
        return float(self.mass) / float(self.density)


@noun
class Volume:
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
    type: Literal["volume"] = field(default="volume", kw_only=True, repr=False)


#: Field that holds a fraction of the volume.
Fraction = Annotated[
    float | Linear | Profile,
    NumberOr(Quantity("", ge=0, le=1), OneOf({"linear": Linear, "profile": Profile}, article="a fraction")),
]
Amount = Annotated[Mass | Volume, Field(discriminator="type"), one_of("an amount", "mass", "volume")]


def is_graded(fraction: Any) -> bool:
    """Whether a fraction varies through the layer."""
    return isinstance(fraction, (Linear, Profile))


def breaks_of(fractions: Any) -> list[float]:
    """Positions x/L between which all of these fractions are linear, 0 and 1 included."""
    found = {0.0, 1.0}
    for fraction in fractions:
        if isinstance(fraction, Profile):
            found.update(float(position) for position in fraction.positions)
    return sorted(found)
