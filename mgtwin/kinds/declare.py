"""Families whose kinds inherit from a base, which gives them what they need not write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

from ..errors import InputError
from ..registry import Family
from .kind import Added, Formula, declare

__all__ = ["declared", "require"]

_Class = TypeVar("_Class")


def declared(
    cls: type[_Class],
    family: Family[Any],
    base: type,
    check: Callable[[Any], None] = lambda made: None,
    formulas: Sequence[Formula] = (),
    added: Mapping[str, Added] | None = None,
) -> type[_Class]:
    """Make a class a kind of a family; for the decorator of the family, which is called where the class is written.

    Parameters
    ----------
    cls : type
    family : Family
    base : type
        What all kinds of the family inherit from, whether the class says so or not.
    check : callable
        ``check(cls)`` refuses a class that lacks what the family needs beside its required formulas.
    formulas, added
        As for `mgtwin.kinds.kind.declare`.
    """
    if not issubclass(cls, base):
        # bases cannot be added to a class: the same one is made again, with one more
        body = {key: item for key, item in vars(cls).items() if key not in ("__dict__", "__weakref__")}
        others = (other for other in cls.__bases__ if other is not object)
        cls = cast("type[_Class]", cast(type, type(cls))(cls.__name__, (*others, base), body))
    return cast("type[_Class]", declare(cls, family, formulas, added or {}, check, depth=3))


def require(condition: object, cls: type, family: Family[Any], what: str) -> None:
    """Refuse a class that lacks what its family needs; `what` ends the sentence "X is a material ..."."""
    if not condition:
        raise InputError(f"{cls.__name__} is {family.article} {what}")
