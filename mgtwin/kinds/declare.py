"""How a class becomes a kind: the step that the decorators of all families share."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal, NoReturn, TypeVar, cast

from ..errors import InputError
from ..registry import Family
from .noun import noun

__all__ = ["check_parameters", "declared", "require", "unwritten"]

_Kind = TypeVar("_Kind")


def declared(
    cls: type[_Kind],
    family: Family[Any],
    base: type,
    check: Callable[[Any], None],
    further: Mapping[str, tuple[object, object]] | None = None,
) -> type[_Kind]:
    """Make a class a noun of a family, and take it up there.

    Parameters
    ----------
    cls : type
        As written. Its ``type`` in files is its name in snake case, or its class attribute ``type``.
    family : Family
    base : type
        Gives every kind of the family what it need not write; inherited from even where the class does not say so.
    check : callable
        ``check(kind)`` raises InputError where the class lacks what the family needs.
    further : mapping, optional
        Keyword-only fields that all kinds of the family have: name -> (annotation, default).
    """
    if not issubclass(cls, base):
        # Bases of a class cannot be added to: the same class is made again, with one more.
        body = {key: item for key, item in vars(cls).items() if key not in ("__dict__", "__weakref__")}
        others = tuple(other for other in cls.__bases__ if other is not object)
        cls = cast("type[_Kind]", cast(type, type(cls))(cls.__name__, (*others, base), body))
    name = vars(cls).get("type") or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()
    annotations = dict(vars(cls).get("__annotations__", {}))
    for key, (annotation, default) in {**(further or {}), "type": (Literal[name], name)}.items():  # type: ignore[dict-item]
        if key not in annotations:
            annotations[key] = annotation
            setattr(cls, key, dataclasses.field(default=default, kw_only=True, repr=key not in ("description", "type")))
    cls.__annotations__ = annotations
    check(cls)
    made = noun(cls)
    family.add(name, made)
    return made


def unwritten(*arguments: object, **numbers: object) -> NoReturn:
    """Stands in a base for a formula that every kind writes itself."""
    raise NotImplementedError


def require(condition: object, cls: type, family: Family[Any], what: str) -> None:
    """Refuse a class that lacks what its family needs; `what` ends the sentence "X is a material ..."."""
    if not condition:
        raise InputError(f"{cls.__name__} is {family.article} {what}")


def check_parameters(cls: type, method: str, known: Collection[str], *, every: bool = False) -> None:
    """Refuse a formula that asks by keyword for what nobody will give it, or (`every`) does not take all of `known`.

    Raises
    ------
    InputError
        For example "Bad.formula asks for i00: not one of reference, exponent."
    """
    formula = inspect.unwrap(getattr(cls, method))
    parameters = inspect.signature(formula).parameters.values()
    if any(item.kind is item.VAR_KEYWORD for item in parameters):
        return
    asked = [item.name for item in parameters if item.kind is item.KEYWORD_ONLY]
    for name in asked:
        if name not in known:
            raise InputError(f"{cls.__name__}.{method} asks for {name}: not one of {', '.join(known)}.")
    missing = [name for name in known if name not in asked]
    if every and missing:
        raise InputError(
            f"{cls.__name__}.{method} does not take {', '.join(missing)}: add it by keyword (*, {missing[0]})."
        )
