"""Materials and interfaces in files: by name, by name with changes, or written out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated

from pydantic import TypeAdapter

from .. import library, yamlfile
from ..errors import FileError, InputError, UnknownNameError
from ..kinds.electrode import ELECTRODES
from ..kinds.interface import InterfaceKind
from ..kinds.junction import JUNCTIONS
from ..kinds.materials import LayerMaterial
from ..plain import is_mapping
from ..unions import OneOf
from .paths import Node, children
from .published import is_published, read_published

__all__ = ["is_part", "load_part", "part_adapter", "resolve", "with_materials"]

_Interface = Annotated[InterfaceKind, OneOf(ELECTRODES, JUNCTIONS, article="an interface")]


@lru_cache(maxsize=2)
def part_adapter(kind: str) -> TypeAdapter[Node]:
    """Return the pydantic adapter of what a file in ``materials`` or ``interfaces`` holds."""
    return TypeAdapter(LayerMaterial if kind == "materials" else _Interface)


def is_part(path: str) -> str:
    """Return the folder of the parts that may stand at a path (``materials``, ``interfaces``), or ``""``."""
    names = path.split(".")
    if names in (["negative"], ["positive"]) or (names[0] == "interfaces" and len(names) == 2):
        return "interfaces"
    if names[0] != "layers" or len(names) < 3 or names[2] != "material":
        return ""
    of_phase = len(names) == 6 and names[3] == "phases" and names[5] == "material"
    of_pores = len(names) == 4 and names[3] in ("solid", "liquid")
    return "materials" if len(names) == 3 or of_phase or of_pores else ""


def load_part(kind: str, name: str, value: str | None = None) -> Node:
    """Return the material or interface of this name.

    Parameters
    ----------
    kind : {"materials", "interfaces"}
    name : str
    value : str, optional
        Sample of a published material.

    Raises
    ------
    UnknownNameError
        With close matches.
    FileError
        If its file is wrong.
    """
    return _load(kind, name, (), value)


def _load(kind: str, name: str, trail: tuple[str, ...], value: str | None = None, *, whole: bool = True) -> Node:
    """The part of a name; of a published material that need not be `whole` the fields that are known."""
    path = library.find(kind, name)
    # files that refer to each other would recurse until Python gives up, with no word of which they are
    if name in trail:
        raise UnknownNameError(name, (), library.KINDS[kind], f"{' -> '.join((*trail, name))} refer to each other.")
    document = yamlfile.load(path, shared=True)
    named = {"name": path.stem, **document.data} if isinstance(document.data, dict) else document.data
    if kind == "materials" and is_published(named):
        published = read_published(document.with_data(named))
        fields = (published.complete if whole else published.fields)(value)
        return yamlfile.validate(document.with_data(fields), part_adapter(kind)) if whole else fields
    if value is not None:
        raise InputError(f"{name} is no published material: it has no samples, and none called {value!r}.")
    data = resolve(kind, named, document, (), (*trail, path.stem))
    return yamlfile.validate(document.with_data(data), part_adapter(kind), context={"file": True})


def resolve(
    kind: str, raw: Node, document: yamlfile.Document, place: tuple[str | int, ...], trail: tuple[str, ...] = ()
) -> Node:
    """Replace the name of a material or interface by the object, ``{from: name, ...}`` by its changed fields.

    Parameters
    ----------
    kind : {"materials", "interfaces"}
    raw : object
        What the file has at `place`; anything but a name or a mapping with ``from`` is returned as it is.
    document : yamlfile.Document
    place : tuple
        Key path in the document, for the position of an error.

    Raises
    ------
    FileError
        If there is no such name.
    """
    match raw:
        case str():
            return _named(kind, raw, document, place, trail)
        case Mapping() if "from" in raw:
            # The fields of a named part, those that are given in place of its own.
            base = _named(kind, raw["from"], document, (*place, "from"), trail, raw.get("value"), whole=False)
            changes = {key: item for key, item in raw.items() if key not in ("from", "value")}
            fields = base if is_mapping(base) else {**children(base), "type": base.type}
            if changes.get("type", fields["type"]) != fields["type"]:
                fields = {}  # another type has other fields; it must be written out
            return {**fields, **_with_phases(changes, document, place, trail)}
        case Mapping() if kind == "materials":
            return _with_phases(raw, document, place, trail)
    return raw


def _with_phases(
    raw: Mapping[str, Node], document: yamlfile.Document, place: tuple[str | int, ...], trail: tuple[str, ...]
) -> dict[str, Node]:
    """The same material with the named materials of its phases put in their places."""
    data = dict(raw)
    for key in ("solid", "liquid"):
        if key in data:
            data[key] = resolve("materials", data[key], document, (*place, key), trail)
    if "phases" in data:
        data["phases"] = with_materials(data["phases"], document, (*place, "phases"), trail)
    return data


def with_materials(
    items: Node, document: yamlfile.Document, place: tuple[str | int, ...], trail: tuple[str, ...] = ()
) -> Node:
    """A list of layers or phases, the named material of each put in its place."""

    def filled(item: Node, k: int) -> Node:
        match item:
            case {"material": given, **others}:
                return {**others, "material": resolve("materials", given, document, (*place, k, "material"), trail)}
        return item

    return [filled(item, k) for k, item in enumerate(items)] if type(items) is list else items


def _named(
    kind: str,
    name: Node,
    document: yamlfile.Document,
    place: tuple[str | int, ...],
    trail: tuple[str, ...],
    value: str | None = None,
    *,
    whole: bool = True,
) -> Node:
    try:
        return _load(kind, name, trail, value, whole=whole)
    except FileError:  # of the file of that name, which it points into
        raise
    except InputError as error:
        raise document.error(str(error), place) from None
