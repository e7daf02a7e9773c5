"""The family of fractions of the volume that vary through a layer."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Annotated, ClassVar, TypeGuard, TypeVar, dataclass_transform

from ...quantities import Quantity
from ...registry import Family
from ...unions import OneOf
from ..declare import declared
from ..fields import NumberOr
from ..kind import Formula, asked_by
from ..numbers import Number
from ..own import Own

__all__ = [
    "PROFILES",
    "Fraction",
    "FractionProfile",
    "Share",
    "breaks_of",
    "fraction_at",
    "fraction_profile",
    "is_graded",
]

PROFILES: Family[type[FractionProfile]] = Family("profile of a fraction", "a fraction")
"""What varies through a layer, by the name that it has in files."""

_Class = TypeVar("_Class")
Share = Annotated[float, Quantity("", ge=0, le=1)]


class FractionProfile:
    """Base of the fractions that vary through a layer: frozen, called with positions x/L."""

    type: str

    @property
    def breaks(self) -> tuple[float, ...]:
        """Positions x/L from 0 to 1 between which the fraction is at most cubic, so that its means are exact."""
        return (0.0, 1.0)

    formula: ClassVar[Callable[..., Number]]
    """The fraction at x/L, ``formula(x, *, <field>, ...)``: a float, an array or a symbol."""

    def __call__(self, position: Number) -> Number:
        """Return the fraction at positions x/L between 0 and 1: a float, an array or a symbol."""
        return self.formula(position, **{name: vars(self)[name] for name in asked_by(type(self), "formula")})

    def at(self, own: Own, position: Number) -> Number:
        """The same with the numbers that the reader of a cell gives; rows of a table are not single numbers."""
        given = {name: vars(self)[name] for name in asked_by(type(self), "formula")}
        read = {name: own.number(name) if isinstance(item, float) else item for name, item in given.items()}
        return self.formula(position, **read)


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def fraction_profile(cls: type[_Class]) -> type[_Class]:
    """Declare a fraction that varies through a layer: fields, and the static method ``formula(x, *, <field>, ...)``.

    Raises
    ------
    InputError
        When the class is made: it has no formula, or one that asks for what is no field.

    Examples
    --------
    >>> @fraction_profile
    ... class Parabola:
    ...     middle: Share
    ...
    ...     @staticmethod
    ...     def formula(x, *, middle):
    ...         return 4 * middle * x * (1 - x)
    >>> Parabola(0.25)(0.5)
    0.25
    >>> PROFILES.discard("parabola")
    """
    return declared(cls, PROFILES, FractionProfile, formulas=[Formula("formula", ("x",), required=True)])


#: Field that holds a fraction of the volume: a number, or a profile.
Fraction = Annotated[float | FractionProfile, NumberOr(Quantity("", ge=0, le=1), OneOf(PROFILES))]


def is_graded(fraction: object) -> TypeGuard[FractionProfile]:
    """Whether a fraction varies through the layer."""
    return isinstance(fraction, FractionProfile)


def breaks_of(fractions: Iterable[object]) -> list[float]:
    """Positions x/L between which all of these fractions are smooth, 0 and 1 included."""
    return sorted({0.0, 1.0}.union(*(fraction.breaks for fraction in fractions if is_graded(fraction))))


def fraction_at(fraction: float | FractionProfile, own: Own, name: str, position: Number) -> Number:
    """The fraction in the field `name` of a part, at x/L."""
    if is_graded(fraction):
        return fraction.at(own.below(name), position)
    # nothing for good, and all of it, are plain numbers, also among symbols: what is not there must not stop a rule
    given = own.constant(name)
    return float(given) if given in (0.0, 1.0) else own.number(name)
