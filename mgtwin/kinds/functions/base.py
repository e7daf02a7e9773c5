r"""The family of functions of a composition: how a property changes with c/c_0 of a salt or the filling of a host.

A function stands in a field of its own beside the property, which it multiplies. `standing` gives it the numbers of
the cell, and what results is called with the composition, be that a number, an array or a symbol.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from functools import partial
from typing import Annotated, ClassVar, TypeVar, dataclass_transform

import numpy as np

from ...errors import InputError
from ...registry import Family
from ...unions import OneOf
from ..declare import declared
from ..kind import Formula, asked_by
from ..laws import Dependence
from ..numbers import Number, plain
from ..own import Own, alone

__all__ = ["FUNCTIONS", "AnyFunction", "BoundFunction", "Function", "check_positive", "function"]

FUNCTIONS: Family[type[Function]] = Family("function of composition")
"""The functions by the name that they have in files."""

_Class = TypeVar("_Class")


@dataclasses.dataclass(frozen=True)
class BoundFunction:
    """A function with the numbers of a cell: called with the composition x; `logarithmic` is its integral in ln x."""

    value: Callable[[Number], Number]
    logarithmic: Callable[[Number, Number], Number] | None

    def __call__(self, x: Number) -> Number:
        return self.value(x)


class Function(Dependence):
    """Base of the functions of a composition."""

    formula: ClassVar[Callable[..., Number]]
    """The factor, ``formula(x, *, <field>, ...)``: x and the fields may be floats, arrays or symbols."""

    logarithmic: ClassVar[Callable[..., Number] | None] = None
    """Its integral in ln x, ``logarithmic(x, log_x, *, <the same fields>)``; not all have one."""

    def __call__(self, x: Number) -> Number:
        """Evaluate at the composition x: a number or an array."""
        return plain(self.standing(alone(self))(x))

    def standing(self, own: Own) -> BoundFunction:
        """Return the function with the numbers that stand at `own`."""
        given = {name: own.number(name) for name in asked_by(type(self), "formula")}
        integral = self.logarithmic and partial(self.logarithmic, **given)
        return BoundFunction(partial(self.formula, **given), integral)


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def function(cls: type[_Class]) -> type[_Class]:
    """Declare a function of a composition: fields and the static method ``formula(x, *, <field>, ...)``, a factor.

    x is c/c_0 of a salt, or the filling of a host between 0 and 1. A factor of the anions' transference number needs
    ``logarithmic(x, log_x, *, ...)``, too: its integral in ln x, which makes the diffusion potential exact.

    Raises
    ------
    InputError
        When the class is made: there is no formula, or it asks for what is no field.

    Examples
    --------
    >>> import mgtwin as mt
    >>> from mgtwin.kinds.functions import FUNCTIONS, function
    >>> @function
    ... class Slower:
    ...     slope: float
    ...
    ...     @staticmethod
    ...     def formula(x, *, slope):
    ...         return 1 / (1 + slope * (x - 1))
    >>> Slower(0.5)(3.0)
    0.5
    >>> FUNCTIONS.discard("slower")
    """
    formulas = [Formula("formula", ("x",), required=True), Formula("logarithmic", ("x", "log_x"))]
    return declared(cls, FUNCTIONS, Function, formulas=formulas)


def check_positive(what: str, value: Function | None, compositions: Iterable[float]) -> None:
    """Refuse a factor that is not positive and finite at one of these compositions.

    Raises
    ------
    InputError
    """
    if value is None:
        return
    x = np.array([*compositions])
    values = np.broadcast_to(value(x), x.shape)
    bad = ~(np.isfinite(values) & (values > 0))
    if bad.any():
        raise InputError(
            f"{what} must be positive from {x[0]:g} to {x[-1]:g}, but is {values[bad][0]:.3g} at {x[bad][0]:.3g}."
        )


#: Field that holds a function of a composition.
AnyFunction = Annotated[Function, OneOf(FUNCTIONS)]
