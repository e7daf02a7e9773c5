"""From the location of a pydantic error to the dotted path that users write, for nouns and for files alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

__all__ = ["dotted", "name_of", "type_of", "walk"]

#: Branches of unions that a bare number can be taken for.
_BARE_TAGS = ("capacitor", "number")
_MISSING = object()  # not None: a key may hold that


# Data may be plain (files) or nouns (Python), and half of either: so each step asks what is there, and never fails.
def _look_up(node: object, key: str | int) -> object:
    match node, key:
        case Mapping(), _:
            return node.get(key, _MISSING)
        case list() | tuple(), int():
            return node[key] if key < len(node) else _MISSING
        case _, str():
            return getattr(node, key, _MISSING)
    return _MISSING


def _text(node: object, key: str) -> str:
    found = _look_up(node, key)
    return found if type(found) is str else ""  # a hostile file may write anything as its name


def name_of(item: object) -> str:
    """Return the name of a member of a tuple in dotted paths: its ``name``, or else its ``type``; "" without either."""
    return _text(item, "name") or _text(item, "type")


def type_of(raw: object) -> str | None:
    """Return the ``type`` of a noun or of the mapping that describes one, else None."""
    return _text(raw, "type") or None


def walk(location: Sequence[str | int], data: object) -> Iterator[tuple[str, object]]:
    """Yield (part of the dotted path, what holds it) along a pydantic location: members of lists by name, no tags.

    Parameters
    ----------
    location : sequence of str and int
        As pydantic gives it. Between the parts stand the tags of unions, which no path has.
    data : object
        What was validated.
    """
    node = data
    for k, part in enumerate(location):
        child = _look_up(node, part)
        # Last in a location it is the field itself (a key called like its type), not the tag of a branch.
        is_tag = part == type_of(node) and k + 1 < len(location)
        if child is _MISSING and (is_tag or (part in _BARE_TAGS and type(node) is not dict)):
            continue
        yield (name_of(child) if type(part) is int else "") or str(part), node
        node = child


def dotted(location: Sequence[str | int], data: object) -> tuple[str, ...]:
    """Return the parts of the dotted path of a pydantic location.

    Examples
    --------
    >>> dotted(("layers", 0, "material", "ion_conductor", "density"),
    ...        {"layers": [{"name": "sep", "material": {"type": "ion_conductor"}}]})
    ('layers', 'sep', 'material', 'density')
    """
    return tuple(part for part, _ in walk(location, data))
