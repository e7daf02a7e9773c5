"""What electrodes and junctions have in common: the fields that the core adds to both, and what it checks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, ClassVar, Protocol

from ..errors import InputError
from ..quantities import Value
from .ageing_law import AgeingLaw, AgeingLaws, check_ageing
from .contact import Contact
from .fields import Property
from .kind import Added
from .laws import Law
from .memories import Memory
from .storage import DoubleLayer, Storage

__all__ = ["BLOCKED", "IDEAL", "ElectronicResistance", "FilmResistance", "InterfaceKind", "check_interface", "common"]

ElectronicResistance = Annotated[float | Law, Property("ohm*m^2", ge=0, allow_inf=True)]
FilmResistance = Annotated[float | Law, Property("ohm*m^2", ge=0)]
IDEAL = Value(0.0, unit="ohm*m^2")
BLOCKED = Value(math.inf, unit="ohm*m^2")


class InterfaceKind(Protocol):
    """An electrode or junction as routes and analyses see it."""

    type: str
    name: str
    description: str
    electronic_resistance: float | Law
    contact: Contact | None
    ageing: tuple[AgeingLaw, ...]
    #: Whether ions cross it by a reaction or a resistance; else it only stores charge.
    reacts: ClassVar[bool]
    #: Memories by the name that formulas ask for.
    memories: ClassVar[Mapping[str, Memory]]
    #: In drawings of a stack, a name or #rrggbb.
    colour: ClassVar[str]


def common(storage_field: str, electronic_resistance: Value) -> dict[str, Added]:
    """Return the fields that the core adds to every interface, in their order."""
    return {
        storage_field: Added(DoubleLayer | None, None),
        "electronic_resistance": Added(ElectronicResistance, electronic_resistance),
        "contact": Added(Contact | None, None),
        "ageing": Added(AgeingLaws, ()),
        "name": Added(str, ""),
        "description": Added(str, "", shown=False),
    }


def check_memories(cls: type) -> None:
    """Refuse memories that name fields or formulas which a kind does not have."""
    known = {*vars(cls).get("__annotations__", {})}
    for name, memory in vars(cls).get("memories", {}).items():
        if not isinstance(memory, Memory):
            raise InputError(
                f"{cls.__name__}.memories: {name} is {memory!r}; use Rate, Balance, Fractional or Diffusion."
            )
        missing = [field for field in memory.fields if field not in known]
        if missing:
            raise InputError(f"{cls.__name__}.memories: {name} reads {', '.join(missing)}, which is no field.")
        if memory.drive not in vars(cls):
            raise InputError(
                f"{cls.__name__}.memories: {name} is driven by {memory.drive}: define the static formula "
                f"{memory.drive}(j, eta, *, …)."
            )


def check_interface(
    contact: Contact | None, ageing: tuple[AgeingLaw, ...], storage: Storage | None, *, metal: bool
) -> None:
    """Refuse an interface whose ageing laws, contact and storage do not go together."""
    check_ageing(ageing, contact, metal=metal)
    if contact is None or contact.gap_capacitance == 0:
        return
    if storage is None:
        raise InputError(
            "contact.gap_capacitance replaces the double layer where contact is lost: give the interface a "
            "capacitance, or leave gap_capacitance at 0."
        )
    if storage.order:
        raise InputError(
            "contact.gap_capacitance is an ideal capacitor, which cannot stand in for a part of a constant-phase "
            "element: make the double layer a capacitor, or leave gap_capacitance at 0."
        )
