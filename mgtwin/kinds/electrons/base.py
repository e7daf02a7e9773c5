r"""The families of laws of the local electrode potential E: of the electronic conductivity, and of what is stored.

Their formulas are static and see numbers only. A keyword-only parameter is a field of the law, or one of
`SURROUNDINGS`: ``e_over_kT`` = F/RT [1/V], ``T`` [K]. The chemical capacitance may ask for the fields of the electronic
conductivity, too: both describe the same defects.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import ClassVar, TypeVar, dataclass_transform

from ...errors import InputError
from ...registry import Family
from ..declare import declared
from ..kind import Formula, asked_by
from ..laws import Dependence
from ..numbers import Number
from ..own import Own

__all__ = [
    "CAPACITANCE_LAWS",
    "ELECTRON_LAWS",
    "CapacitanceLaw",
    "ElectronLaw",
    "Electrons",
    "PotentialLaw",
    "capacitance_law",
    "electron_law",
]

_Class = TypeVar("_Class")

#: What formulas may ask for besides fields.
SURROUNDINGS = ("e_over_kT", "T")


class PotentialLaw(Dependence):
    """Base of the laws of E."""

    def asked(self, formula: str) -> dict[str, bool]:
        """What a formula asks for by keyword, each with whether it is a field of the law itself."""
        own = {item.name for item in dataclasses.fields(self)}  # type: ignore[arg-type]
        return {name: name in own for name in asked_by(type(self), formula)}


class ElectronLaw(PotentialLaw):
    """Base of the electronic conductivities that depend on E."""

    largest_exponent: ClassVar[float] = math.inf
    """|FE/RT| from which on the law is no longer the physical one."""

    conductivity: ClassVar[Callable[..., Number]]
    """Electronic conductivity [S/m] at E [V]."""

    integral: ClassVar[Callable[..., Number]]
    """Its antiderivative in E [S*V/m]: makes the steady state exact on every mesh."""


class CapacitanceLaw(PotentialLaw):
    """Base of the chemical capacitances that depend on E."""

    def check(self, electrons: object) -> None:
        """Refuse the electronic conductivity of the same material where the two do not go together.

        Raises
        ------
        InputError
        """

    capacitance: ClassVar[Callable[..., Number]]
    """Chemical capacitance [F/m3] at E [V]."""

    charge: ClassVar[Callable[..., Number]]
    """Its antiderivative in E [C/m3]: what is stored."""


ELECTRON_LAWS: Family[type[ElectronLaw]] = Family("electronic conductivity of E", "an electronic conductivity")
"""Electronic conductivities that depend on E, by the name that they have in files."""
CAPACITANCE_LAWS: Family[type[CapacitanceLaw]] = Family("chemical capacitance of E", "a chemical capacitance")
"""Chemical capacitances that depend on E, by the name that they have in files."""


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def electron_law(cls: type[_Class]) -> type[_Class]:
    """Declare an electronic conductivity that depends on E.

    It has the static methods ``conductivity(E, *, ...)`` and ``integral(E, *, ...)``, its antiderivative.

    Raises
    ------
    InputError
        When the class is made: a formula is missing, or asks for what is neither a field nor ``e_over_kT`` or ``T``.

    Examples
    --------
    >>> from typing import Annotated
    >>> from mgtwin.laws import Property
    >>> @electron_law
    ... class Linearised:
    ...     reference: Annotated[float, Property("S/m")]
    ...
    ...     @staticmethod
    ...     def conductivity(E, *, reference, e_over_kT):
    ...         return reference * (1 + e_over_kT * E)
    ...
    ...     @staticmethod
    ...     def integral(E, *, reference, e_over_kT):
    ...         return reference * (E + e_over_kT * E * E / 2)
    >>> ELECTRON_LAWS.discard("linearised")
    """

    formulas = [Formula(name, ("E",), SURROUNDINGS, required=True) for name in ("conductivity", "integral")]
    return declared(cls, ELECTRON_LAWS, ElectronLaw, formulas=formulas)


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def capacitance_law(cls: type[_Class]) -> type[_Class]:
    """Declare a chemical capacitance that depends on E: static ``capacitance(E, *, ...)`` and ``charge(E, *, ...)``.

    What a formula asks for is a field, ``e_over_kT``, ``T``, or else a field of the material's electronic conductivity.

    Raises
    ------
    InputError
        When the class is made: a formula is missing.
    """
    formulas = [Formula(name, ("E",), None, required=True) for name in ("capacitance", "charge")]
    return declared(cls, CAPACITANCE_LAWS, CapacitanceLaw, formulas=formulas)


def numbers_for(law: PotentialLaw, formula: str, own: Own, electrons: Own | None = None) -> dict[str, Number]:
    """What a formula of a law at `own` asks for; what is no field of it stands in the law at `electrons`."""
    found: dict[str, Number] = {}
    for name, is_own in law.asked(formula).items():
        if is_own:
            found[name] = own.property(name)
        elif name in SURROUNDINGS:
            # F/RT, not zF/RT: what moves here are electrons, whatever the charge of the ion
            found[name] = own.inverse_thermal_voltage if name == "e_over_kT" else own.temperature
        elif electrons is not None:
            found[name] = electrons.property(name)
    return found


def _one(E: Number) -> Number:
    return 1.0


def _itself(E: Number) -> Number:
    return E


@dataclasses.dataclass(frozen=True)
class Electrons:
    r"""Electronic conductivity of a material, :math:`\sigma_{eon}(x, E) = F(x)\,s(E)`.

    Attributes
    ----------
    factor : callable
        F at x/L [S/m] (a pure number where `law` has the unit).
    law, integral : callable, optional
        s at E [V], and its antiderivative; both or none, for a conductivity that does not depend on E.

    Raises
    ------
    InputError
        One of `law` and `integral` without the other.
    """

    factor: Callable[[Number], Number]
    law: Callable[[Number], Number] = _one
    integral: Callable[[Number], Number] = _itself

    def __post_init__(self) -> None:
        if (self.law is _one) != (self.integral is _itself):
            raise InputError(
                "Electrons whose law depends on E need its antiderivative, integral, too, and the reverse."
            )

    @property
    def linear(self) -> bool:
        """Whether s is 1, whatever E."""
        return self.law is _one

    def conductivity(self, E: Number, position: Number = 0.5) -> Number:
        """sigma_eon [S/m] at E and x/L."""
        return self.factor(position) * self.law(E)

    @classmethod
    def of(cls, law: ElectronLaw, own: Own) -> Electrons:
        """Electrons whose conductivity follows a law that stands at `own`."""
        return cls(
            lambda position: 1.0,
            lambda E: law.conductivity(E, **numbers_for(law, "conductivity", own)),
            lambda E: law.integral(E, **numbers_for(law, "integral", own)),
        )


def check_together(capacitance: CapacitanceLaw, electrons: ElectronLaw | None) -> None:
    """Refuse a chemical capacitance that asks for numbers which the electronic conductivity does not have."""
    known = set() if electrons is None else {item.name for item in dataclasses.fields(electrons)}  # type: ignore[arg-type]
    asked = {**capacitance.asked("capacitance"), **capacitance.asked("charge")}
    needed = [name for name, is_own in asked.items() if not is_own and name not in SURROUNDINGS]
    missing = [name for name in needed if name not in known]
    if missing:
        fitting = [name for name, kind in ELECTRON_LAWS.items() if set(needed) <= set(kind.__dataclass_fields__)]  # type: ignore[attr-defined]
        raise InputError(
            f"chemical_capacitance of type {capacitance.type} needs an electronic_conductivity of type "
            f"{' or '.join(fitting) or 'its own'}: give the conductivities {' and '.join(needed)}, or a constant "
            f"chemical_capacitance."
        )
    capacitance.check(electrons)
