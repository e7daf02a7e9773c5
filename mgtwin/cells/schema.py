"""JSON Schemas of the files, for editors that complete and check YAML.

They are those of the nouns, plus what only files know: parts by name, and by name with changes.
"""

from __future__ import annotations

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaValue

from ..errors import UnknownNameError
from .cell import cell_adapter
from .overlays import Overlay
from .parts import part_adapter

__all__ = ["file_schema"]

_KINDS = ("cells", "materials", "interfaces", "overlays")


def file_schema(kind: str) -> JsonSchemaValue:
    """Return the JSON Schema of one kind of file.

    Parameters
    ----------
    kind : {"cells", "materials", "interfaces", "overlays"}

    Raises
    ------
    UnknownNameError
        For any other kind.

    Examples
    --------
    >>> file_schema("cells")["required"]
    ['negative', 'layers', 'positive']
    """
    if kind not in _KINDS:
        raise UnknownNameError(kind, _KINDS, "kind of file")
    if kind == "overlays":
        return _nameless(TypeAdapter(Overlay).json_schema())
    if kind == "cells":
        schema = _nameless(cell_adapter().json_schema())
        fields, layer = schema["properties"], schema["$defs"]["Layer"]["properties"]
        fields["negative"] = _or_named(fields["negative"], "interfaces")
        fields["positive"] = _or_named(fields["positive"], "interfaces")
        fields["interfaces"]["additionalProperties"] = _or_named(
            fields["interfaces"]["additionalProperties"], "interfaces"
        )
        layer["material"] = _or_named(layer["material"], "materials")
        return schema
    schema = part_adapter(kind).json_schema()
    definitions = schema.pop("$defs")
    named = _or_named(schema, kind)
    if kind == "materials":
        text = {"type": "string"}
        published = dict.fromkeys(("name", "description", "formula", "ion", "family", "conflict"), text)
        named["anyOf"].append(
            {
                "type": "object",
                "properties": {**published, "samples": {"type": "array", "items": {"type": "object"}}},
                "required": ["formula", "ion", "samples"],
                "additionalProperties": False,
                "description": "what publications print of a material, sample beside sample (docs/materials.md)",
            }
        )
    return {**named, "$defs": definitions}


def _or_named(schema: JsonSchemaValue, kind: str) -> JsonSchemaValue:
    """A part written out, the name of a file, or that name with changes."""
    named = {"type": "string", "description": f"name of a file in {kind}/"}
    changed = {
        "type": "object",
        "properties": {"from": named},
        "required": ["from"],
        "description": f"a file in {kind}/ with other values in some fields",
    }
    return {"anyOf": [schema, named, changed]}


def _nameless(schema: JsonSchemaValue) -> JsonSchemaValue:
    """The file's name stands in for a missing name."""
    return {**schema, "required": [name for name in schema["required"] if name != "name"]}
