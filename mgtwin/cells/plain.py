"""Nouns as plain data (for YAML) and the comparison of two cells."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from ..quantities import Value, to_file
from .paths import Node, children

__all__ = ["differences", "to_plain"]

_FIRST = ("type", "name", "description", "overlays")


def to_plain(node: Node) -> Node:
    """Return a noun as mappings, lists, texts and numbers from which it can be rebuilt exactly.

    Values keep their unit and provenance; fields at their default are left out; what a reader looks for first stands
    first.
    """
    match node:
        case Value():
            return to_file(node)
        case Mapping():
            return {key: to_plain(item) for key, item in node.items()}
        case tuple() | list():
            return [to_plain(item) for item in node]
    if not dataclasses.is_dataclass(node):
        return node
    fields = sorted(dataclasses.fields(node), key=lambda field: _FIRST.index(field.name) if field.name in _FIRST else 9)
    found = {}
    for field in fields:
        value, factory = vars(node)[field.name], field.default_factory
        default = field.default if factory is dataclasses.MISSING else factory()
        if default is dataclasses.MISSING or type(value) is bool:
            # True == 1 and False == 0 to Python: a truth value is written always, lest it pass for a default that is
            # a number
            is_default = False
        elif isinstance(value, Value) and set(value.provenance()) - {"unit"}:
            is_default = False  # the default number, but it says where it comes from
        elif dataclasses.is_dataclass(value):
            is_default = type(default) is type(value) and to_plain(default) == to_plain(value)
        else:
            is_default = bool(default == value)
        if field.name == "type" or not is_default:
            found[field.name] = to_plain(value)
    return found


def differences(mine: Node, theirs: Node, path: str = "") -> dict[str, tuple[Node, Node]]:
    """Return path -> (mine, theirs) of the smallest parts in which two nodes differ.

    Layers are matched by name and interfaces by key. Where the kinds differ (a number here, a law there; another type
    of electrode) the whole part is listed; where layers come, go or change places, ``layers`` lists their names, too.
    """
    if isinstance(mine, (int, float)) and isinstance(theirs, (int, float)):
        return {} if mine == theirs else {path: (mine, theirs)}
    here, there = children(mine), children(theirs)
    is_container = isinstance(mine, (tuple, Mapping)) and bool(here or there)
    if type(mine) is not type(theirs) or not ((here and there) or is_container):
        return {} if type(mine) is type(theirs) and mine == theirs else {path: (mine, theirs)}
    found: dict[str, tuple[Node, Node]] = {}
    if isinstance(mine, tuple) and list(here) != list(there):
        found[path] = (tuple(here), tuple(there))
    for name in dict.fromkeys((*here, *there)):
        below = f"{path}.{name}" if path else name
        if name not in here or name not in there:
            found[below] = (here.get(name), there.get(name))
        else:
            found.update(differences(here[name], there[name], below))
    return found
