r"""The family of ageing laws: what changes an interface while the cell is used (theory.md §3.5).

A law has the rate ``change(x, *, …)`` of one state x, which it integrates along with the cell: the contact fraction or
the film resistance that it shares with other laws (their rates add up), or a state of its own. In its formulas
:math:`j` is the interface's own faradaic current density per electrode area, positive where metal is stripped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Annotated, ClassVar, Protocol, TypeVar, cast, dataclass_transform

from pydantic import AfterValidator, BeforeValidator

from ..errors import InputError
from ..plain import listed
from ..quantities import Quantity, Value
from ..registry import Family
from ..unions import OneOf
from .contact import Contact
from .kind import Formula, asked_by, declare, has_formula, type_name

__all__ = ["AGEING_LAWS", "AgeingLaw", "AgeingLaws", "Changes", "ageing_law", "check_ageing"]


class Changes(Enum):
    """The state that a law moves."""

    CONTACT = "contact fraction"
    FILM = "film resistance"
    OWN = "a state of its own"


class AgeingLaw(Protocol):
    """What every ageing law has."""

    type: str
    #: Which state ``change`` is the rate of.
    changes: ClassVar[Changes]
    #: How results name a state of its own, after the name of the interface.
    state_name: ClassVar[str]
    #: Whether it is about metal that is stripped and plated, so that only an electrode of the ion's metal has it.
    of_metal: ClassVar[bool]
    #: Field whose value 0 makes the pressure irrelevant; "" where the formula needs the pressure anyway.
    without_pressure_at_zero: ClassVar[str]

    def check(self, fraction: float) -> None:
        """Refuse an interface of this contact fraction when new."""

    def carried_on(self, x: float) -> Mapping[str, float]:
        """Fields of a law with a state of its own, by name, with which it starts from the state x."""
        return {}


AGEING_LAWS: Family[type] = Family("ageing law")
_CHANGE = Formula("change", ("x",), ("T", "z", "molar_volume", "j", "fraction", "pressure"))
_START, _KEPT, _LIMIT = (
    Formula("start", (), ("T",)), Formula("contact_kept", ("x",), ("T",)), Formula("limit", (), ("T",))
)  # fmt: skip
_FORMULAS = (_CHANGE, _START, _KEPT, _LIMIT)
_Class = TypeVar("_Class", bound=type)


@dataclass_transform(frozen_default=True)
def ageing_law(cls: _Class) -> _Class:
    """Declare an ageing law: its fields, ``changes``, and static formulas.

    ``change(x, *, …)`` is dx/dt; a law with ``changes = Changes.OWN`` has ``start(*, …)``, too, and may have
    ``contact_kept(x, *, …)``, the part of the contact that it leaves. They may ask for the fields and for ``T, z,
    molar_volume``, ``j`` [A/m2 of electrode, stripping > 0], ``fraction`` (contact) and ``pressure`` [Pa]. A law whose
    state cannot pass a value says so with ``limit(*, …)``: a twin then carries its distance from there, as a logarithm.
    One with a state of its own says with ``carried_on(self, x)`` which fields let it start from another state.

    Raises
    ------
    InputError
        Where something is missing; the sentence says what.
    """
    # A law that says nothing else goes with any contact.
    defaults = {
        "state_name": "",
        "of_metal": False,
        "without_pressure_at_zero": "",
        "check": AgeingLaw.check,
        "carried_on": AgeingLaw.carried_on,
    }
    for name, value in defaults.items():
        if name not in vars(cls):
            setattr(cls, name, value)

    def check(made: type) -> None:
        name, changes = made.__name__, vars(made).get("changes")
        if not isinstance(changes, Changes):
            raise InputError(
                f"{name} is an ageing law that does not say what it changes: set changes to Changes.CONTACT, "
                "Changes.FILM or Changes.OWN."
            )
        if not has_formula(made, "change"):
            raise InputError(
                f"{name} is an ageing law without the static formula change(x, *, …), the rate of its state."
            )
        if (changes is Changes.OWN) != has_formula(made, "start"):
            raise InputError(
                f"{name} is an ageing law with {changes.value}: only one with Changes.OWN has the formula start(*, …), "
                f"and it must have it."
            )
        if changes is Changes.OWN and not vars(made)["state_name"]:
            made.state_name = name  # type: ignore[attr-defined]

    return cast(_Class, declare(cls, AGEING_LAWS, _FORMULAS, {}, check))


def _once_each(laws: tuple[AgeingLaw, ...]) -> tuple[AgeingLaw, ...]:
    """Each law once: its type is its name in dotted paths (``positive.ageing.film_growth.charge_rate``)."""
    types = [law.type for law in laws]
    for name in types:
        if types.count(name) > 1:
            raise InputError(f"{name} acts twice on one interface: add its rates into one law.")
    return laws


AgeingLaws = Annotated[
    tuple[Annotated[AgeingLaw, OneOf(AGEING_LAWS)], ...], BeforeValidator(listed), AfterValidator(_once_each)
]


def needs_contact(law: AgeingLaw) -> bool:
    """Tell whether a law is about the contact of its interface."""
    return law.changes is Changes.CONTACT or has_formula(type(law), "contact_kept")


def check_ageing(laws: Sequence[AgeingLaw], contact: Contact | None, *, metal: bool) -> None:
    """Refuse laws that do not fit the interface that they act on.

    Parameters
    ----------
    laws : sequence of ageing laws
    contact : Contact or None
    metal : bool
        Whether it is an electrode of the ion's metal.

    Raises
    ------
    InputError
    """
    for law in laws:
        if law.of_metal and not metal:
            raise InputError(f"{law.type} is about metal that is stripped: only a plating electrode has it.")
        if contact is None and needs_contact(law):
            raise InputError(
                f"{law.type} needs the contact that is lost: give the interface a contact, for example "
                f"contact=Contact(1.0, '50 um')."
            )
        if "pressure" in asked_by(type(law), "change") and (contact is None or contact.pressure is None):
            exponent = law.without_pressure_at_zero
            if not exponent:
                raise InputError(f"{law.type} needs the pressure of the contact: Contact(…, pressure='1 MPa').")
            if vars(law)[exponent] != 0:
                raise InputError(
                    f"{law.type} has {exponent} {float(vars(law)[exponent]):g}: give the pressure of the contact, too."
                )
        if contact is not None:
            law.check(contact.fraction_when_new())


#: Contact that is never lost: between 0 and 1.
Minimum = Annotated[float, Quantity("", gt=0, lt=1)]
Exponent = Annotated[float, Quantity("", ge=0)]
ZERO = Value(0.0, unit="")
ONE_MEGAPASCAL = Value(1e6, unit="Pa")


def keeps_minimum(law: type, minimum: float, fraction: float) -> None:
    """Raise InputError where the least contact of a law exceeds the contact there is when the cell is new."""
    if minimum > fraction:
        raise InputError(
            f"{type_name(law)}: minimum {float(minimum):g} exceeds the contact fraction {float(fraction):g} of the new "
            f"cell: contact cannot be lost down to more than there is."
        )
