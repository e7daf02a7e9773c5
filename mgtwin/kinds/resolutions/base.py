r"""The family of resolutions: over how much of its thickness a porous electrode has one reaction (theory.md §3.7).

Ions enter such an electrode from the separator, electrons from the collector. Everything about it that is not local
follows from the resistance of both rails over its whole thickness, :math:`R_i = L/\sigma_i` and
:math:`R_e = L/\sigma_e`, and from the admittance Y of all its reaction and double layer.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Annotated, ClassVar, TypeVar, dataclass_transform

from ...registry import Family
from ...unions import OneOf
from ..declare import declared
from ..kind import Formula
from ..numbers import Number

__all__ = ["RESOLUTIONS", "AnyResolution", "Resolution", "resolution"]

RESOLUTIONS: Family[type[Resolution]] = Family("resolution")
"""The resolutions by the name that they have in files."""

_Class = TypeVar("_Class")


class Resolution:
    """Base of the resolutions."""

    type: str
    #: Slices with a reaction each, in time.
    slices: int = 1
    added: ClassVar[Callable[..., Number]]
    """What conduction adds to 1/Y, ``added(admittance, *, ions, electrons)`` [ohm*m^2]."""


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def resolution(cls: type[_Class]) -> type[_Class]:
    """Declare a resolution: the number of its ``slices`` and the static method ``added(admittance, *, ions,
    electrons)``, what conduction through the electrode adds to 1/Y of all its reaction and double layer [ohm*m^2], with
    the resistances of both rails over the whole thickness.

    Raises
    ------
    InputError
        When the class is made: there is no formula, or it asks for what there is not.

    Examples
    --------
    >>> from mgtwin.kinds.resolutions import RESOLUTIONS, resolution
    >>> @resolution
    ... class IdealElectrons:
    ...     @staticmethod
    ...     def added(admittance, *, ions):
    ...         return ions / 3
    >>> IdealElectrons.added(0.0, ions=0.75)
    0.25
    >>> RESOLUTIONS.discard("ideal_electrons")
    """
    formula = Formula("added", ("admittance",), ("ions", "electrons"), required=True)
    return declared(cls, RESOLUTIONS, Resolution, formulas=[formula])


#: Field that holds a resolution.
AnyResolution = Annotated[Resolution, OneOf(RESOLUTIONS)]
