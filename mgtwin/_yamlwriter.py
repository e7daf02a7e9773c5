"""Writing YAML (public as ``mgtwin.yamlfile.dumps``), and the plain scalars of the YAML 1.2 core schema."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Mapping
from functools import lru_cache

import yaml

from mgtwin.errors import InputError
from mgtwin.plain import is_listed, is_number, is_text

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


#: First character of a text -> patterns of what either version of YAML takes for something other than text.
_NOT_TEXT: dict[str, list[re.Pattern[str]]] = {
    first: [pattern for _, pattern in found] for first, found in yaml.SafeDumper.yaml_implicit_resolvers.items()
}
for _, _pattern, _first in CORE_TYPES:
    for _character in _first:
        _NOT_TEXT.setdefault(_character, []).append(_pattern)
#: Where characters begin and cease to be shown: only double quotes can hold control and private ones, and what YAML 1.1
#: takes for line breaks. As a pattern it would take as long to compile as a cell to be written.
_SHOWN = (0x20, 0x7F, 0xA0, 0x2028, 0x202A, 0xD800, 0xE000, 0xFEFF, 0xFF00, 0xFFFE)
#: What makes something else of a text without quotes; in a row of brackets `_ROW_INDICATOR` does, too.
_INDICATOR = re.compile(r"\A(?:---|\.\.\.|[ #,\[\]{}&*!|>'\"%@`]|[-?:](?: |\Z))|:(?: |\Z)| (?:#|\Z)")
_ROW_INDICATOR = re.compile(r"[,?\[\]{}:]")
#: No row of as many numbers fits on one line.
_LONGEST_ROW = 12
#: Lines are folded at the first space beyond this column; a longer key than readers look ahead for needs a mark.
_WIDTH, _LONGEST_KEY = 120, 1000


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
    # Not by PyYAML's events and nodes: every result carries its cell as text, and a study makes thousands of cells.
    return _lines("", data, "").lstrip(" ")


def _lines(start: str, value: object, indent: str) -> str:
    """The lines that begin with `start`, a key or a dash, and go on with a value, what is below at `indent`."""
    match value:
        case str():
            return _text_lines(start, str(value), indent or "  ")
        case dict() | Mapping() if value:
            body = ""
            for key, item in value.items():
                written = _quoted(str(key)) if is_text(key) else _inline(key)
                written = written if len(written) < _LONGEST_KEY else f"? {written}\n{indent}"
                # a list stands below its key without being indented
                body += _lines(f"{indent}{written}:", item, indent if is_listed(item) else indent + "  ")
        case list() | tuple() if len(value) > _LONGEST_ROW and {*map(type, value)} == {float}:
            # a record has thousands of numbers, of which nearly all are written as Python writes them
            plain = [text if "." in (text := repr(item)) and "n" not in text else _inline(item) for item in value]
            body = "".join([f"{indent}- {text}\n" for text in plain])
        case list() | tuple():
            # A row of numbers and words that fit on one line is read as such; anything longer goes line by line.
            short = all((is_text(item) or is_number(item)) and "\n" not in str(item) for item in value)
            if short and sum(len(str(item)) + 4 for item in value) < 90:
                return f"{start} {_inline(value)}\n"
            body = "".join([_lines(f"{indent}-", item, indent + "  ") for item in value])
        case _:
            return f"{start} {_inline(value)}\n"
    if start.endswith("-"):  # what a list has begins beside its dash
        return f"{start} {body[len(indent) :]}"
    return f"{start}\n{body}" if start else body


@lru_cache(maxsize=4096)  # remarks of a cell come again in every changed one
def _text_lines(start: str, text: str, indent: str) -> str:
    # A text of several lines stays as it is where that shows every character: no spaces at the ends of lines.
    if "\n" in text and not _unprintable(text.replace("\n", "")) and not re.search(r" (?:\n|\Z)", text):
        hint = "2" if text.startswith((" ", "\n")) else ""  # else the first line shows how far it is indented
        hint += "-" if not text.endswith("\n") else "+" if text == "\n" or text.endswith("\n\n") else ""
        lines = [f"{indent}{line}" if line else "" for line in text.removesuffix("\n").split("\n")]
        return "\n".join([f"{start} |{hint}", *lines, ""])
    quoted = _quoted(text)
    if len(start) + len(quoted) < _WIDTH or quoted.startswith(('"', "' ")) or quoted.endswith(" '"):
        return f"{start} {quoted}\n"
    column, previous, folded = len(start), " ", start
    for word in quoted.split(" "):
        # Only a single space may become the end of a line: two would come back as one.
        breaks = column > _WIDTH and word and previous
        folded += f"\n{indent}{word}" if breaks else f" {word}"
        column = len(word) + (len(indent) if breaks else column + 1)
        previous = word
    return f"{folded}\n"


def _unprintable(text: str) -> list[str]:
    """The characters that only double quotes can hold, each once."""
    if text.isascii() and text.isprintable():
        return []
    return [character for character in dict.fromkeys(text) if bisect(_SHOWN, ord(character)) % 2 == 0]


@lru_cache(maxsize=4096)  # keys and remarks of a cell come again in every changed one
def _quoted(text: str, *, in_row: bool = False) -> str:
    """A text on one line, in those quotes that it needs."""
    if unprintable := _unprintable(text):
        escaped = text.replace("\\", r"\\").replace('"', r"\"")
        for character in unprintable:
            code = ord(character)
            name = f"x{code:02x}" if code < 0x100 else f"u{code:04x}" if code < 0x10000 else f"U{code:08x}"
            escaped = escaped.replace(character, f"\\{name}")
        return f'"{escaped}"'
    is_plain = not _INDICATOR.search(text) and not (in_row and _ROW_INDICATOR.search(text))
    is_plain = is_plain and not any(pattern.match(text) for pattern in _NOT_TEXT.get(text[:1], ()))
    return text if is_plain else "'" + text.replace("'", "''") + "'"


def _inline(value: object) -> str:
    """Anything that stands on one line: a number, a word in a row, a row, or nothing."""
    match value:
        case bool() | None:
            return {True: "true", False: "false", None: "null"}[value]
        case float():
            text = repr(float(value)).replace("inf", ".inf").replace("nan", ".nan")
            return text if "." in text else text.replace("e", ".0e")  # YAML 1.1 knows no number without its point
        case int():
            return str(int(value))
        case str():
            return _quoted(str(value), in_row=True)
        case list() | tuple():
            return f"[{', '.join([_inline(item) for item in value])}]"
        case Mapping():
            return "{}"
    raise InputError(f"an object of type {type(value).__name__} cannot be written as YAML: {value!r}.")
