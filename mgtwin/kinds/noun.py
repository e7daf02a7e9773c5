"""What all nouns share: the frozen, validated dataclass and unions whose errors speak of one branch only."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast, dataclass_transform

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.dataclasses import dataclass

from ..errors import InputError, did_you_mean, validation_problems
from ..locations import dotted, type_of

__all__ = ["Same", "explained", "field_names", "noun", "one_of", "problems", "remembered"]

_CONFIG = ConfigDict(extra="forbid", validate_default=True)
_Class = TypeVar("_Class", bound=type)
_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field, Field))
def noun(cls: _Class) -> _Class:
    """Make a class an immutable noun: a frozen pydantic dataclass that refuses unknown keys.

    Positional arguments work. A bad argument raises `InputError` that names the class, the field and the remedy;
    inside pydantic (files, `Cell.with_`) problems keep their location instead.
    """
    made: Any = dataclass(frozen=True, config=_CONFIG)(cls)
    validated_init = made.__init__
    positional = tuple(field.name for field in dataclasses.fields(made) if not field.kw_only)

    @functools.wraps(validated_init)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        if len(args) > len(positional):
            raise InputError(
                f"{made.__name__} takes {len(positional)} positional arguments ({', '.join(positional)}), "
                f"not {len(args)}; give the others by name."
            )
        given = dict(zip(positional, args, strict=False))
        for name in given.keys() & kwargs.keys():
            raise InputError(f"{made.__name__}: {name} is given twice, by position and by name.")
        given.update(kwargs)
        try:
            validated_init(self, **given)
        except ValidationError as error:
            raise explained(error, made.__name__, given, field_names(made)) from None

    made.__init__ = __init__  # pydantic-core fills nested nouns without calling it
    return cast(_Class, made)


def remembered(function: _Function) -> _Function:
    """`functools.cache` that leaves a function its own signature: a static type of classes counts as not hashable."""
    return cast(_Function, functools.cache(function))


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Same:
    """A noun as a key that equals only itself: contents take longer to compare, and leave provenance out.

    Examples
    --------
    >>> one, other = [1.0], [1.0]
    >>> Same(one) == Same(one), Same(one) == Same(other)
    (True, False)
    """

    # held, and not just its id: an id is given to the next object once this one is gone
    noun: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.noun is other.noun

    def __hash__(self) -> int:
        return id(self.noun)


@remembered
def field_names(cls: Any) -> tuple[str, ...]:
    """Return the names of the fields of a noun that a user may set, i.e. without ``type``."""
    return tuple(field.name for field in dataclasses.fields(cls) if field.name != "type")


def explained(error: ValidationError, what: str, data: Any, known: Sequence[str] = ()) -> InputError:
    """Translate a ValidationError into one `InputError` that starts with `what` and lists each problem on a line.

    Parameters
    ----------
    error : pydantic.ValidationError
    what : str
        What was being built.
    data : mapping
        What was validated; used to write locations as dotted paths.
    known : sequence of str
        Field names, for close matches to an unknown key at the top.
    """
    lines = []
    for location, message in problems(error, data):
        if message == "is not a known key here." and len(location) == 1:
            message += did_you_mean(location[0], known) or f" Known: {', '.join(known)}."
        lines.append(f"{'.'.join(location)}: {message}" if location else message)
    if len(lines) == 1:
        return InputError(f"{what}: {lines[0]}")
    return InputError("\n  ".join([f"{what}: {len(lines)} problems:", *lines]))


def problems(error: ValidationError, data: Any) -> list[tuple[tuple[str, ...], str]]:
    """List the problems of a ValidationError as (parts of the dotted path, message)."""
    return [(dotted(location, data), message) for location, message in validation_problems(error)]


def one_of(what: str, *types: str) -> BeforeValidator:
    """Return a validator that settles which member of a union is meant before any of them is tried.

    Parameters
    ----------
    what : str
        What the field holds, with its article, for the message (``"a material"``).
    *types : str
        The values of ``type`` that are allowed.
    """
    allowed = ", ".join(types)

    def check(raw: Any) -> Any:
        given = type_of(raw)
        if given in types:
            return raw
        if given is not None:
            raise InputError(f"type {given!r} is not {what}: use one of {allowed}.{did_you_mean(given, types)}")
        if isinstance(raw, Mapping):
            raise InputError(f"{what} needs the key 'type', one of {allowed}.")
        if isinstance(raw, str):
            raise InputError(
                f"{raw!r} is a name: {what} is looked up by its name only in cell files; here give the object itself "
                f"(type {allowed})."
            )
        raise InputError(f"{what} is needed here (type {allowed}), not {raw!r}.")

    return BeforeValidator(check)
