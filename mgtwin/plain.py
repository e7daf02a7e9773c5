"""What plain data are, asked where users' input, files and attributes come in; inside mgtwin the objects are asked."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeGuard

if TYPE_CHECKING:
    from typing_extensions import TypeIs

__all__ = ["is_listed", "is_mapping", "is_number", "is_text", "listed"]


def is_text(raw: object) -> TypeIs[str]:
    """Whether it is a text.

    Examples
    --------
    >>> is_text("1 mm"), is_text(1.0)
    (True, False)
    """
    return isinstance(raw, str)


def is_number(raw: object) -> TypeGuard[float]:
    """Whether it is a real number: of Python, numpy or a Value; no text and no array.

    Examples
    --------
    >>> is_number(1), is_number("1")
    (True, False)
    """
    return isinstance(raw, numbers.Real)


def is_mapping(raw: object) -> TypeIs[Mapping[str, object]]:
    """Whether it is a mapping, as YAML has them.

    Examples
    --------
    >>> is_mapping({"type": "eis"}), is_mapping(None)
    (True, False)
    """
    return isinstance(raw, Mapping)


def is_listed(raw: object) -> TypeGuard[Sequence[object]]:
    """Whether it is a list or a tuple.

    Examples
    --------
    >>> is_listed([1, 2]), is_listed("1, 2")
    (True, False)
    """
    # A text is a sequence to Python, and never meant as one here: so no abstract class is asked.
    return isinstance(raw, (list, tuple))


def listed(raw: object) -> tuple[object, ...]:
    """Return a list as a tuple, and one thing as a tuple of one: files may leave out the brackets.

    Examples
    --------
    >>> listed(["a", "b"]), listed("a")
    (('a', 'b'), ('a',))
    """
    return tuple(raw) if is_listed(raw) else (raw,)
