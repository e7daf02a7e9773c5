"""``mgtwin schema``: JSON Schema of the nouns, as they are written in YAML files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from rich.text import Text

from .. import library
from ..errors import UnknownNameError, did_you_mean
from ..plain import is_mapping
from .console import hint, out
from .files import unless_other
from .kinds import about, nouns, plain
from .renderables import columns

__all__ = ["file_schema", "print_schema"]

#: A JSON Schema or a part of one.
Schema = dict[str, Any]

_FILES = {"cell": "cells/", "overlay": "overlays/", "experiment": "experiments/"}


def file_schema(noun: type) -> Schema:
    """Return the JSON Schema of a class as files write it: parts by name, single items without a list.

    Parameters
    ----------
    noun : type
        One of `nouns`.
    """
    schema = TypeAdapter(noun).json_schema()
    # What files may write shorter than nouns is loosened wherever it stands, by the name of the field.
    places = [schema, *schema.get("$defs", {}).values()]
    for place in places:
        if "description" in place:
            place["description"] = plain(place["description"])
        properties = place.get("properties", {})
        for name, loosen in _LOOSER.items():
            if name in properties:
                properties[name] = loosen(properties[name])
    if noun.__name__.lower() in _FILES:  # a file need not repeat its name
        schema["required"] = [name for name in schema.get("required", []) if name != "name"]
    # The title of the file and not of the class alone: editors show it where several schemas are at hand.
    title = schema.get("title", noun.__name__)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": f"mgtwin {title}"}


def _or_part(folder: str) -> Callable[[Schema], Schema]:
    """A part written out, the name of one of the library, or ``{from: name, ...}``."""

    def loosen(schema: Schema) -> Schema:
        text = f"name of a file in {folder}/"
        name = {"type": "string", "description": text, "examples": list(library.names(folder))}
        changed = {"type": "object", "properties": {"from": name}, "required": ["from"]}
        return {"anyOf": [name, changed, schema]}

    return loosen


def _or_one(schema: Schema) -> Schema:
    """One item instead of a list of one."""
    return {"anyOf": [schema, schema["items"]]} if "items" in schema else schema


def _entries_or_part(schema: Schema) -> Schema:
    inner = schema.get("additionalProperties")
    if not is_mapping(inner):
        return schema
    return {**schema, "additionalProperties": _or_part("interfaces")(dict(inner))}


def _or_type(schema: Schema) -> Schema:
    """``measure: arcs`` is short for ``measure: {type: arcs}``."""
    parts = schema.get("anyOf", [schema])
    types = [kind for part in parts for kind in part.get("discriminator", {}).get("mapping", {})]
    return {"anyOf": [{"enum": types}, schema]} if types else schema


_LOOSER: dict[str, Callable[[Schema], Schema]] = {
    "material": _or_part("materials"),
    "negative": _or_part("interfaces"),
    "positive": _or_part("interfaces"),
    "interfaces": _entries_or_part,
    "cells": _or_one,
    "states": _or_one,
    "electrodes": _or_one,
    "held": _or_one,
    "temperatures": _or_one,
    "voltage": _or_one,
    "measure": _or_type,
    "with": _or_one,
    "without": _or_one,
    "datum": _or_one,
    "claims": _or_one,
    "window": lambda schema: {"anyOf": [schema, {"type": "string", "description": "for example 1 decade"}]},
}


def print_schema(name: str | None = None, output: Path | None = None) -> None:
    """Print or write the JSON Schema of a noun; without a name, list the nouns.

    Raises
    ------
    UnknownNameError
        There is no such noun.
    InputError
        A file lies at `output` that is no JSON Schema.
    """
    known = nouns()
    if name is None:
        out().print(columns((name, Text(about(noun))) for name, noun in known.items()))
        hint("mgtwin schema Cell prints the JSON Schema of a cell file, -o cell.schema.json writes it.")
        return
    by_lower = {key.lower(): item for key, item in known.items()}
    noun = by_lower.get(name.lower().replace("_", ""))
    if noun is None:
        hint_ = "" if did_you_mean(name, known) else " 'mgtwin schema' lists them."
        raise UnknownNameError(name, known, "noun", f"unknown noun {name!r}.{hint_}")
    text = json.dumps(file_schema(noun), indent=2, ensure_ascii=False)
    if output is None:
        print(text)
        return
    target = unless_other(output, "a JSON Schema", lambda raw: b'"$schema"' in raw)
    target.write_text(text + "\n", encoding="utf-8")
    hint(f"{output} is written. In an editor with the YAML language server, put this on top of a file:")
    out().print(Text(f"# yaml-language-server: $schema={output}", style="cyan"), soft_wrap=True)
