"""The family of what stores charge across an interface or in the bulk (theory.md §3.3), and how one is declared."""

from __future__ import annotations

from collections.abc import Mapping
from operator import methodcaller
from typing import Annotated, ClassVar, Protocol, TypeVar, cast, dataclass_transform

from ..errors import InputError
from ..plain import is_mapping, is_number, is_text
from ..quantities import Quantity
from ..registry import Family
from ..unions import OneOf, type_of
from .fields import NumberOr
from .kind import Formula, declare
from .laws import LAWS

__all__ = ["STORAGES", "DoubleLayer", "Storage", "storage"]


class Storage(Protocol):
    """An element with the admittance ``coefficient s^order`` per area of an interface, or per length in the bulk.

    Its static formula ``admittance(s, *, …)`` asks for its fields by name.
    """

    #: Field with the coefficient: a capacitance (order 1), or q.
    coefficient: ClassVar[str]
    #: Field with the exponent; "" for an ideal capacitor, whose order is 1.
    order: ClassVar[str]

    def at_place(self, place: str) -> object:
        """Return the element with its coefficient in the unit of its place: per ``"m^2"`` or per ``"m"``."""


STORAGES: Family[type] = Family("storage", "a capacitor")
_Class = TypeVar("_Class", bound=type)


@dataclass_transform(frozen_default=True)
def storage(cls: _Class) -> _Class:
    """Declare a kind of storage: its fields, ``coefficient`` and ``order``, and the formula ``admittance(s, *, …)``.

    Raises
    ------
    InputError
        Where one of these is missing, or the formula asks for what is no field.
    """

    def check(made: type) -> None:
        missing = [name for name in ("coefficient", "order", "admittance", "at_place") if name not in vars(made)]
        if missing:
            raise InputError(
                f"{made.__name__} is a storage without {' and '.join(missing)}: say which field holds the coefficient "
                "of s^order, which the order ('' for 1), the static formula admittance(s, *, …), and at_place(self, "
                "place)."
            )

    return cast(_Class, declare(cls, STORAGES, [Formula("admittance", ("s",))], {}, check))


class _AcrossInterface(NumberOr):
    """A storage, or a bare capacitance that means an ideal one."""

    def read(self, raw: object, *, context: Mapping[str, object] | None = None) -> object:
        """Return the storage that `raw` stands for, with its coefficient per area."""
        number = is_number(raw) and raw is not True and raw is not False
        if number or is_text(raw) or (is_mapping(raw) and "value" in raw) or type_of(raw) in LAWS:
            raw = {"type": "capacitor", "c": raw}
        elif is_mapping(raw) and "type" not in raw and "c" in raw:
            raw = {"type": "capacitor", **raw}
        return super().read(raw, context=context)


#: Field that holds the storage of an interface [F/m^2 or S s^n/m^2]; a bare capacitance is accepted.
DoubleLayer = Annotated[
    Storage, _AcrossInterface(Quantity("F/m^2", gt=0), OneOf(STORAGES), methodcaller("at_place", "m^2"))
]
