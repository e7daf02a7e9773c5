"""The dotted paths by which every number of a cell is named, for example ``layers.buffer_left.thickness``.

A node of a cell is a noun (its fields are its children), the stack (layers by name) or the interfaces (by
``left-right``). A key is a path, a path with wildcards in its parts (``layers.buffer_*.thickness``), or a tuple of
these. Nothing here validates: `Cell.with_` does, once, at the end.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import pairwise
from typing import Any, TypeAlias, TypeVar

from ..errors import InputError, UnknownNameError
from ..kinds.noun import Same, field_names
from ..locations import name_of
from ..quantities import format_value

__all__ = ["Key", "Node", "assign", "children", "expand", "find", "parts_of", "walk"]

Key = str | tuple[str, ...]
#: A noun, a tuple or mapping of nouns, a number, a text or None. What stands at a path is known only when it is read.
Node: TypeAlias = Any
_Part = TypeVar("_Part")


def parts_of(key: str | Iterable[_Part]) -> tuple[str | _Part, ...]:
    """The paths of a key: itself, or those of a tuple.

    Examples
    --------
    >>> parts_of("area"), parts_of(("area", "temperature"))
    (('area',), ('area', 'temperature'))
    """
    return (key,) if isinstance(key, str) else tuple(key)


def children(node: Node) -> dict[str, Node]:
    """Return the named parts of a node, empty for numbers, texts and None."""
    match node:
        case tuple() | list():
            return {name: item for item in node if (name := name_of(item))}
        case Mapping():
            return {str(key): item for key, item in node.items() if key != "type"}
    return {name: vars(node)[name] for name in _fields(node)}


_ABSENT = object()


def _fields(node: Node) -> tuple[str, ...]:
    """Names of the fields of a noun, without its type; none of anything else."""
    return field_names(type(node)) if is_dataclass(node) else ()


def walk(node: Node, prefix: str = "") -> Iterator[tuple[str, Node]]:
    """Yield (path, value) of every node below `node`, parents before their children."""
    for name, child in children(node).items():
        path = f"{prefix}{name}"
        yield path, child
        if is_dataclass(child):
            # a noun that was changed shares the parts that did not change
            for below, part in _walked(Same(child)):
                yield f"{path}.{below}", part
        else:
            yield from walk(child, f"{path}.")


@lru_cache(maxsize=512)
def _walked(part: Same) -> tuple[tuple[str, Node], ...]:
    """All that is below a noun, by the path from there."""
    return tuple(walk(part.noun))


def find(root: Node, path: str, *, setting: bool = False) -> Node:
    """Return the value at `path`.

    Parameters
    ----------
    root : Cell or mapping
    path : str
    setting : bool
        The path is about to be assigned: accept ``interfaces.<any name>`` that does not exist yet, and fields that a
        mapping standing for a noun leaves out (their value is None). Validation judges these later.

    Raises
    ------
    UnknownNameError
        If there is no such path; the message says where it ends and lists close matches.
    """
    if not isinstance(path, str):
        raise InputError(f"a path is a text such as 'layers.<name>.thickness', not {path!r}.")
    node = root
    parts = path.split(".")
    for depth, part in enumerate(parts):
        # A field is read directly: building all `children` would dominate repeated reading.
        fields = _fields(node)
        if part in fields:
            node = getattr(node, part)
            continue
        child = _ABSENT if fields else children(node).get(part, _ABSENT)
        if child is not _ABSENT:
            node = child
        elif parts[:depth] == ["interfaces"] and depth == len(parts) - 1 and (setting or part in neighbours(root)):
            return None
        # what a user gives for a noun may leave fields out; a noun that is being changed has all of them, so that
        # a name which it lacks is a misspelling
        elif setting and isinstance(node, Mapping) and not isinstance(node, _Thawed) and "type" in node:
            node = None
        else:
            parent, message = ".".join(parts[:depth]), None
            if parent == "interfaces" and part in neighbours(root):
                message = (
                    f"there is no junction at interfaces.{part} yet (both carriers pass perfectly): set it as a whole "
                    f"first, {{'interfaces.{part}': Junction(...)}}."
                )
                raise UnknownNameError(path, (), "path", message)
            if depth and node is None:
                message = f"unknown path {path!r}: {parent} is not set; set it as a whole."
            elif depth and isinstance(node, float):
                plain = format_value(node)
                message = f"unknown path {path!r}: {parent} is a plain number, {plain}; set it as a whole."
            elif depth and part == "type":
                message = f"{path!r} cannot be set: set {parent} as a whole to an object of the other type."
            raise UnknownNameError(path, _candidates(root), "path", message)
    return node


def neighbours(root: Node) -> tuple[str, ...]:
    """Return the keys ``left-right`` that interfaces of this stack can have."""
    names = list(children(children(root).get("layers", ())))
    return tuple(f"{left}-{right}" for left, right in pairwise(names))


def _candidates(root: Node) -> list[str]:
    """All paths, the parts before what they consist of: equally close matches are listed in this order."""
    return sorted((name for name, _ in walk(root)), key=lambda name: name.count("."))


def expand(root: Node, key: Key, *, setting: bool = False) -> tuple[str, ...]:
    """Return the concrete paths that a key stands for, each once.

    Parameters
    ----------
    root : Cell
    key : str or tuple of str
        A path, a path with the wildcards ``*``, ``?``, ``[...]`` within its parts, or a tuple of these.
    setting : bool
        See `find`.

    Raises
    ------
    UnknownNameError
        If a path does not exist or a wildcard matches nothing.

    Examples
    --------
    >>> import mgtwin as mt
    >>> expand(mt.cell("trilayer"), "layers.buffer_*.thickness")
    ('layers.buffer_left.thickness', 'layers.buffer_right.thickness')
    """
    if isinstance(key, (tuple, list)):
        return tuple(dict.fromkeys(path for item in key for path in expand(root, item, setting=setting)))
    if not isinstance(key, str) or not any(sign in key for sign in "*?["):
        find(root, key, setting=setting)
        return (key,)
    found = [path for path, _ in _matching(root, key.split("."))]
    if not found:
        raise UnknownNameError(key, _candidates(root), "path", f"no path of this cell matches {key!r}.")
    return tuple(found)


def _matching(node: Node, patterns: list[str], prefix: str = "") -> Iterator[tuple[str, Node]]:
    below, pattern = children(node), patterns[0]
    if not any(sign in pattern for sign in "*?["):  # only one can match
        below = {pattern: below[pattern]} if pattern in below else {}
    for name, child in below.items():
        if not fnmatchcase(name, pattern):
            continue
        if len(patterns) == 1:
            yield f"{prefix}{name}", child
        else:
            yield from _matching(child, patterns[1:], f"{prefix}{name}.")


def assign(node: Node, parts: Iterable[str], value: Node) -> Node:
    """Return plain mappings and lists equal to `node` but for the value at an existing path; `node` stays as it is."""
    head, *rest = parts
    match node:
        case tuple() | list():
            return [_put(item, rest, value) if name_of(item) == head else item for item in node]
        # stays thawed: as a plain dict it would take a misspelt field for one that was left out
        case _Thawed():
            plain: dict[str, Node] = _Thawed(node)
        case Mapping():
            plain = dict(node)
        case _:
            plain = _Thawed((field.name, vars(node)[field.name]) for field in dataclasses.fields(node) if field.init)
    plain[head] = _put(plain.get(head), rest, value)
    return plain


def _put(node: Node, parts: list[str], value: Node) -> Node:
    return assign(node, parts, value) if parts else value


class _Thawed(dict[str, Node]):
    """The fields of a noun that is being changed: all of them, unlike a mapping that a user gives for one."""
