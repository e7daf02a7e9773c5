"""Nouns as plain data (for YAML) and the comparison of two cells."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any

from ..kinds.noun import Same, remembered
from ..quantities import Value, origin_of, to_file
from ..yamlfile import dumps
from .paths import Node, children

__all__ = ["differences", "structure", "to_plain", "to_yaml"]

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
    return {name: to_plain(value) for name, value in _given(node).items()}


def to_yaml(node: Node) -> str:
    """Return `to_plain` of a noun as YAML.

    Put together from the texts of its parts: a noun that was changed shares those that did not change.
    """
    text = ""
    for name, value in _given(node).items():
        match value:
            case tuple() if any(map(dataclasses.is_dataclass, value)):
                parts = [_text(Same(item), name, 0) for item in value]
            case Mapping() if value:
                parts = [_text(Same(item), name, key) for key, item in value.items()]
            case _ if dataclasses.is_dataclass(value):
                parts = [_text(Same(value), name)]
            case _:
                text += dumps({name: to_plain(value)})
                continue
        text += "".join([f"{name}:\n", *parts])
    return text


@lru_cache(maxsize=256)
def _text(part: Same, name: str, key: str | int | None = None) -> str:
    """The lines of a part below the line of its `name`, where it is the only one, in a list (0) or under a `key`."""
    plain = to_plain(part.noun)
    within = plain if key is None else [plain] if key == 0 else {key: plain}
    return dumps({name: within}).partition("\n")[2]


def structure(node: Node) -> Hashable:
    """Return what a noun is without its numbers: the kinds that it consists of, and which optional parts are given.

    Nouns of one structure differ in the numbers that have a path of their own, and in descriptions.

    Examples
    --------
    >>> import mgtwin as mt
    >>> cell = mt.cell("trilayer")
    >>> structure(cell) == structure(cell.with_({"temperature": 310.0}))
    True
    """
    match node:
        case bool():
            return node
        case float():
            return float
        case Mapping():
            return tuple((key, structure(item)) for key, item in node.items())
        case tuple() if any(map(dataclasses.is_dataclass, node)):
            return tuple(map(structure, node))
    return _structure(Same(node)) if dataclasses.is_dataclass(node) else node


@lru_cache(maxsize=1024)
def _structure(part: Same) -> Hashable:
    fields = _fields(type(part.noun)).keys() - {"description"}
    return type(part.noun), tuple(structure(vars(part.noun)[name]) for name in sorted(fields))


def _given(noun: Node) -> dict[str, Node]:
    """Its fields but for those at their default."""
    found = {}
    for name, default in _fields(type(noun)).items():
        value = vars(noun)[name]
        # True == 1 and False == 0 to Python: a truth value is written always, lest it pass for a default that is a
        # number
        if default is dataclasses.MISSING or type(value) is bool:
            is_default = False
        elif dataclasses.is_dataclass(value):
            is_default = type(default) is type(value) and to_plain(default) == to_plain(value)
        else:
            is_default = bool(default == value) and set(origin_of(value)) <= {"unit"}  # it may say where it comes from
        if name == "type" or not is_default:
            found[name] = value
    return found


@remembered
def _fields(noun: Any) -> dict[str, Node]:
    """Field -> its default, in the order in which they are written."""
    fields = sorted(dataclasses.fields(noun), key=lambda field: _FIRST.index(field.name) if field.name in _FIRST else 9)
    made = {field.name: field.default_factory() for field in fields if callable(field.default_factory)}
    return {field.name: made.get(field.name, field.default) for field in fields}


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
