r"""The family of junctions, what stands between two layers (theory.md §3.2), and how one is declared.

A junction says how ions cross it: ``ohmic(*, …)``, an area-specific resistance from 0 (ideal) to inf (blocked), or
``current(u, *, …)``, a current density of the drop u over it. Contact, film, constriction and capacitance belong to the
core.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Protocol, TypeVar, cast, dataclass_transform

from pydantic import BeforeValidator, model_validator

from ..errors import InputError
from ..plain import is_mapping
from ..registry import Family
from ..unions import OneOf
from .interface import BLOCKED, InterfaceKind, check_interface, check_memories, common
from .kind import Formula, declare, has_formula
from .storage import Storage

__all__ = ["JUNCTIONS", "AnyJunction", "Interfaces", "JunctionKind", "junction"]


class JunctionKind(InterfaceKind, Protocol):
    """What every junction has."""

    capacitance: Storage | None


JUNCTIONS: Family[type] = Family("junction")
_SURROUNDINGS = ("T", "f", "z")
_FORMULAS = (
    Formula("ohmic", (), _SURROUNDINGS),
    Formula("current", ("u",), _SURROUNDINGS),
    Formula("slope", (), _SURROUNDINGS),
)
_Class = TypeVar("_Class", bound=type)


@dataclass_transform(frozen_default=True)
def junction(cls: _Class) -> _Class:
    """Declare a junction: a class with fields and one of the static formulas ``ohmic`` and ``current``.

    ``ohmic(*, …)`` returns [ohm*m^2], where 0 and inf stay exact; ``current(u, *, …)`` returns [A/m^2], 0 at u = 0 V.
    Both may ask for fields and for ``T``, ``f`` and ``z``; memories as for electrodes. ``capacitance``,
    ``electronic_resistance``, ``contact``, ``ageing``, ``name``, ``description`` and ``type`` are added, keyword only.

    Raises
    ------
    InputError
        Where a formula is missing, or both are there.
    """
    defaults: Mapping[str, object] = {"reacts": True, "memories": {}, "colour": "#ffffff"}
    for name, value in defaults.items():
        if name not in vars(cls):
            setattr(cls, name, value)
    drives = [Formula(memory.drive, ("j", "eta"), _SURROUNDINGS) for memory in vars(cls)["memories"].values()]

    @model_validator(mode="after")
    def goes_together(self: JunctionKind) -> JunctionKind:
        """Refuse ageing that does not fit, and a gap without a capacitor."""
        check_interface(self.contact, self.ageing, self.capacitance, metal=False)
        return self

    validators = {"_goes_together": goes_together}
    added = common("capacitance", BLOCKED)

    def check(made: type) -> None:
        if has_formula(made, "ohmic") == has_formula(made, "current"):
            raise InputError(
                f"{made.__name__} is a junction with {'both' if has_formula(made, 'ohmic') else 'none'} of the "
                f"formulas ohmic(*, …) and current(u, *, …): define one of them, as a static method."
            )
        check_memories(made)

    return cast(_Class, declare(cls, JUNCTIONS, [*_FORMULAS, *drives], added, check, validators))


#: Field that holds a junction of any kind; in a cell file a mapping is a `Junction` unless it says otherwise.
AnyJunction = Annotated[
    Annotated[JunctionKind, OneOf(JUNCTIONS)],
    BeforeValidator(lambda raw: {"type": "junction", **raw} if is_mapping(raw) and "type" not in raw else raw),
]


class Interfaces(Mapping[str, JunctionKind]):
    """The junctions of a cell by ``left-right``, an immutable mapping."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, JunctionKind] | None = None) -> None:
        self._items = dict(items or {})

    def __getitem__(self, key: str) -> JunctionKind:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        # a set, because mappings are equal whatever their order, and what is equal must have one hash
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return repr(self._items)
