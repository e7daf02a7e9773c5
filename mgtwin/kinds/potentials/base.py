r"""The family of open-circuit potentials of a host: U over its filling y, against the metal of the ion.

A curve stands in a field of an insertion electrode. `standing` gives it the numbers of the cell; what results is called
with the log odds of y, :math:`\ell = \ln[y/(1 - y)]`, in which a nearly full host is as exact as a half full one, and
with f = zF/RT [1/V], be it a number, an array, complex or a symbol.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Annotated, ClassVar, TypeVar, dataclass_transform

import numpy as np

from ...registry import Family
from ...unions import OneOf
from ..declare import declared
from ..kind import Formula, asked_by
from ..laws import Dependence
from ..numbers import FARADAY, GAS_CONSTANT, Number, plain
from ..own import Own, alone

__all__ = ["POTENTIALS", "AnyPotential", "Potential", "potential"]

POTENTIALS: Family[type[Potential]] = Family("open-circuit potential")
"""The curves by the name that they have in files."""

_Class = TypeVar("_Class")


class Potential(Dependence):
    """Base of the open-circuit potentials."""

    formula: ClassVar[Callable[..., Number]]
    """U [V], ``formula(odds, *, f, <field>, ...)``, falling in the log odds of y."""

    @property
    def known(self) -> tuple[float, float]:
        """Fillings between which the curve is known: all of them for a formula."""
        return (0.0, 1.0)

    def __call__(self, y: Number, temperature: float = 298.15, charge: float = 2.0) -> Number:
        """Evaluate U [V] at the filling y, for an ion of this charge at this temperature [K]."""
        f = charge * FARADAY / (GAS_CONSTANT * temperature)
        return plain(self.standing(alone(self))(np.log(y / (1 - y)), f))

    def standing(self, own: Own) -> Callable[[Number, Number], Number]:
        """Return U of the log odds of y and of f, with the numbers that stand at `own`."""
        asked = asked_by(type(self), "formula")
        given = {name: own.number(name) for name in asked if name != "f"}
        return lambda odds, f: self.formula(odds, **given, **({"f": f} if "f" in asked else {}))


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def potential(cls: type[_Class]) -> type[_Class]:
    r"""Declare an open-circuit potential: fields and the static method ``formula(odds, *, f, <field>, ...)`` [V].

    The odds are :math:`\ln[y/(1 - y)]` of the filling y, f = zF/RT [1/V]. U falls in y: a host of which it rises
    somewhere would separate.

    Raises
    ------
    InputError
        When the class is made: there is no formula, or it asks for what is no field.

    Examples
    --------
    >>> import numpy as np
    >>> from mgtwin.kinds.potentials import POTENTIALS, potential
    >>> @potential
    ... class Sloping:
    ...     middle: float
    ...     slope: float
    ...
    ...     @staticmethod
    ...     def formula(odds, *, middle, slope):
    ...         return middle - slope * np.tanh(odds / 2) / 2  # y - 1/2
    >>> round(Sloping(1.2, 0.4)(0.25), 9)
    1.3
    >>> POTENTIALS.discard("sloping")
    """
    return declared(cls, POTENTIALS, Potential, formulas=[Formula("formula", ("odds",), ("f",), required=True)])


#: Field that holds an open-circuit potential.
AnyPotential = Annotated[Potential, OneOf(POTENTIALS)]
