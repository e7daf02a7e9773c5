"""Writing YAML (public as ``mgtwin.yamlfile.dumps``), and the plain scalars of the YAML 1.2 core schema."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import yaml

from mgtwin.errors import InputError
from mgtwin.plain import is_number, is_text

__all__ = ["CORE_TYPES", "dumps"]

# (tag, pattern of the whole scalar, first characters), as PyYAML's resolvers want them.
CORE_TYPES = tuple(
    (f"tag:yaml.org,2002:{name}", re.compile(f"(?:{pattern})\\Z"), first)
    for name, pattern, first in (
        ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
        ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
        ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
        (
            "float",
            r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
            "-+0123456789.",
        ),
    )
)


# libyaml writes ten times as fast; a few builds of PyYAML come without it
_Base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_Base):  # type: ignore[misc]
    """Quotes whatever either version of YAML would take for something other than text."""

    # Equal numbers of a cell are often the same object; as anchors and aliases nobody could read the file.
    def ignore_aliases(self, data: object) -> bool:
        return True


for _tag, _pattern, _first in CORE_TYPES:
    _Dumper.add_implicit_resolver(_tag, _pattern, list(_first))


def dumps(data: object) -> str:
    """Write plain data (mappings, sequences, texts, numbers, booleans, None) as YAML.

    Keys keep their order, floats round-trip exactly, and texts that look like numbers are quoted. A `Value` is written
    as its bare number: pass it through `mgtwin.quantities.to_file` first to keep unit and provenance.

    Raises
    ------
    InputError
        If something in `data` has no place in YAML.

    Examples
    --------
    >>> print(dumps({"a": 1e-05, "b": "1e-3", "c": [1, 2]}), end="")
    a: 1.0e-05
    b: '1e-3'
    c: [1, 2]
    """
    try:
        # Never sorted: the order of keys is that of the fields, which is the one that readers expect.
        return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, default_flow_style=False)
    except yaml.representer.RepresenterError as error:
        culprit = error.args[-1]
        raise InputError(
            f"an object of type {type(culprit).__name__} cannot be written as YAML: {culprit!r}."
        ) from error


def _represent_text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    style = "|" if "\n" in value else None
    if re.search("[\x85\u2028\u2029]", value):
        style = '"'  # PyYAML would write these line breaks of YAML 1.1 raw, and read them back as spaces
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(value), style=style)


def _represent_sequence(dumper: yaml.SafeDumper, value: Sequence[object]) -> yaml.Node:
    # Numbers and words that fit on one line are read as a row; anything longer line by line.
    short = all((is_number(item) or is_text(item)) and "\n" not in str(item) for item in value)
    short = short and sum(len(str(item)) + 4 for item in value) < 90
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=short)


def _represent_mapping(dumper: yaml.SafeDumper, value: Mapping[object, object]) -> yaml.Node:
    return dumper.represent_dict(dict(value))


_Dumper.add_multi_representer(float, lambda dumper, value: dumper.represent_float(float(value)))
_Dumper.add_representer(str, _represent_text)
_Dumper.add_multi_representer(str, _represent_text)
_Dumper.add_representer(list, _represent_sequence)
_Dumper.add_representer(tuple, _represent_sequence)
_Dumper.add_multi_representer(dict, _represent_mapping)
_Dumper.add_multi_representer(MappingProxyType, _represent_mapping)
