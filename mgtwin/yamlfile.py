"""YAML with positions, so that every complaint about a file points at the line with a caret.

The dialect is the YAML 1.2 core schema: ``1e-3`` is a number, ``yes``, ``no`` and ``12:30`` are texts. Keys must be
texts and must not be repeated. `load` and `loads` read, `validate` turns the data into an object, `dumps` writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import yaml
from pydantic import TypeAdapter, ValidationError

from mgtwin._yamlwriter import CORE_TYPES, dumps
from mgtwin.errors import FileError, did_you_mean, validation_problems
from mgtwin.locations import walk

__all__ = ["DEEPEST", "MOST_ITEMS", "Document", "dumps", "load", "loads", "validate"]

KeyPath = tuple[str | int, ...]
Position = tuple[int, int]

#: Values and keys that a file may have, those that aliases repeat counted again, and how deep they may be nested: far
#: more than any cell needs, and read within a second.
MOST_ITEMS = 100_000
DEEPEST = 60

_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is ten times as fast; a few builds lack it


class _Loader(_BASE):  # type: ignore[misc]
    """Resolves plain scalars by the YAML 1.2 core schema instead of YAML 1.1."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012 (PyYAML's own attribute)


for _tag, _pattern, _first in CORE_TYPES:
    _Loader.add_implicit_resolver(_tag, _pattern, list(_first))


@dataclass(frozen=True)
class Document:
    """The data of a YAML text with the position of everything in it.

    Attributes
    ----------
    data : dict, list, str, float, int, bool or None
    positions : dict
        Key path, such as ``("layers", 0, "thickness")``, to (line, column) counted from 1: of the value if it stands on
        one line with its key, else of the key.
    name : str
        The file's path, for messages.
    text : str
        The YAML text.
    keys : dict
        Key path to (line, column) of the key.
    aliases : dict
        Key path of an alias (``*name``) to that of what it stands for.
    base : tuple
        Key path of `data` within the file, for a part of one.
    """

    data: Any
    positions: Mapping[KeyPath, Position]
    name: str = "<text>"
    text: str = field(default="", repr=False)
    keys: Mapping[KeyPath, Position] = field(default_factory=dict, repr=False)
    aliases: Mapping[KeyPath, KeyPath] = field(default_factory=dict, repr=False)
    base: KeyPath = ()

    def with_data(self, data: Any) -> Document:
        """Return a document with other data (say, with names looked up) and the same positions."""
        return replace(self, data=data)

    def part(self, place: Sequence[str | int]) -> Document:
        """Return what stands at a key path as a document of its own, with the same positions."""
        data = self.data
        for step in place:
            data = data[step]
        return replace(self, data=data, base=(*self.base, *place))

    def position(self, path: Sequence[str | int], *, key: bool = False) -> Position:
        """Return (line, column) of the value at a key path, or of the nearest thing around it that is in the file.

        Parts of the path that the file does not have (the tags of unions) are skipped.

        Parameters
        ----------
        path : sequence of str and int
        key : bool
            Point at the key instead.
        """
        found: KeyPath = ()
        for part in (*self.base, *path):
            below = (*self.aliases.get(found, found), part)
            found = below if below in self.positions else found
        table = self.keys if key and found and path and found[-1] == path[-1] else self.positions
        return table.get(found, self.positions.get(found, (1, 1)))

    def error(self, message: str, path: Sequence[str | int] = (), *, key: bool = False) -> FileError:
        """Return the `FileError` that says `message` at a key path."""
        line, column = self.position(path, key=key)
        return _file_error(message, self.name, self.text, line, column)


def load(path: str | Path) -> Document:
    """Read a YAML file.

    Raises
    ------
    FileError
        If it cannot be read, is not UTF-8, has a syntax error, a repeated key or a key that is not a text; with line,
        column and a caret where there is one.
    """
    try:
        raw = Path(path).read_bytes()
    except FileNotFoundError as error:
        raise FileError("there is no such file.", str(path)) from error
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror or error}.", str(path)) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise FileError("is not UTF-8 text: save it with that encoding.", str(path), line) from error
    return loads(text, str(path))


def loads(text: str, name: str = "<text>", most: int = MOST_ITEMS) -> Document:
    """Read YAML from a text.

    Parameters
    ----------
    text : str
    name : str
        Stands for the file in messages.
    most : int
        Values and keys that it may have.

    Raises
    ------
    FileError
        As `load`.

    Examples
    --------
    >>> loads("thickness: 0.5 mm\\ntolerance: 1e-3").data
    {'thickness': '0.5 mm', 'tolerance': 0.001}
    """
    builder = _Builder(name, text, most)
    try:
        data = builder.document()
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, name, text) from error
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        message = f"the character U+{int(error.character):04X} is not allowed in YAML: remove it."
        raise _file_error(message, name, text, line, column) from error
    return Document(data, builder.positions, name, text, builder.keys, builder.aliases)


class _Anchor(NamedTuple):
    """What an alias stands for."""

    data: Any
    path: KeyPath
    items: int


class _Builder:
    """Turns PyYAML's events into plain data and notes where everything stands.

    Events, not PyYAML's tree of nodes: so a text that is nested or repeats itself without end is refused before it has
    filled the stack or the memory.
    """

    def __init__(self, name: str, text: str, most: int) -> None:
        self.name, self.text, self.most = name, text, most
        self.positions: dict[KeyPath, Position] = {}
        self.keys: dict[KeyPath, Position] = {}
        self.aliases: dict[KeyPath, KeyPath] = {}
        self._anchors: dict[str, _Anchor | None] = {}  # None while what it names is being built
        self._items = 0

    def document(self) -> Any:
        """Return the data of the only document of the text."""
        self._loader = _Loader(self.text)
        try:
            self._loader.get_event()  # the start of the stream
            if self._loader.check_event(yaml.StreamEndEvent):
                return None
            self._loader.get_event()  # the start of the document
            data = self._value(self._loader.get_event(), ())
            self._loader.get_event()  # its end
            if not self._loader.check_event(yaml.StreamEndEvent):
                found = self._loader.get_event().start_mark
                raise yaml.composer.ComposerError(
                    "expected a single document in the stream", None, "but found another document", found
                )
            return data
        finally:
            self._loader.dispose()

    def _value(self, event: Any, path: KeyPath) -> Any:
        self.positions.setdefault(path, _mark(event))
        if isinstance(event, yaml.AliasEvent):
            return self._repeated(event, path)
        before = self._items
        self._count(event, 1)
        if len(path) > DEEPEST:
            raise self._error(event, f"is nested more than {DEEPEST} levels deep, which nothing that mgtwin reads is.")
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        data = self._builders[type(event)](self, event, path)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchor(data, path, self._items - before)
        return data

    def _repeated(self, event: Any, path: KeyPath) -> Any:
        if event.anchor not in self._anchors:
            raise yaml.composer.ComposerError(None, None, f"found undefined alias {event.anchor!r}", event.start_mark)
        anchor = self._anchors[event.anchor]
        if anchor is None:
            raise self._error(event, "an alias (*) must not contain itself.")
        self._count(event, anchor.items)
        self.aliases[path] = anchor.path
        return anchor.data

    def _count(self, event: Any, items: int) -> None:
        self._items += items
        if self._items > self.most:
            raise self._error(
                event, f"there are more than {self.most} values; long records are read from tables, by mgtwin.read."
            )

    def _sequence(self, event: Any, path: KeyPath) -> list[Any]:
        data: list[Any] = []
        while not isinstance(item := self._loader.get_event(), yaml.SequenceEndEvent):
            data.append(self._value(item, (*path, len(data))))
        return data

    def _mapping(self, event: Any, path: KeyPath) -> dict[str, Any]:
        data: dict[str, Any] = {}
        while not isinstance(key_event := self._loader.get_event(), yaml.MappingEndEvent):
            key = self._scalar(key_event, path) if isinstance(key_event, yaml.ScalarEvent) else None
            if not isinstance(key, str):
                raise self._error(key_event, "a key must be a text: put it in quotes if it looks like something else.")
            place = (*path, key)
            if key in data:
                raise self._error(
                    key_event, f"the key {key!r} is repeated: it is already in line {self.keys[place][0]}."
                )
            self.keys[place] = _mark(key_event)
            item = self._loader.get_event()
            # A block below its key: point at the key, which tells more than the first thing inside.
            if item.start_mark.line != key_event.start_mark.line:
                self.positions[place] = _mark(key_event)
            data[key] = self._value(item, place)
        return data

    def _scalar(self, event: Any, path: KeyPath) -> Any:
        text = event.value
        tag = event.tag or self._loader.resolve(yaml.ScalarNode, text, event.implicit)
        kind = tag.removeprefix("tag:yaml.org,2002:")
        if kind not in _SCALARS:
            raise self._error(event, f"the tag {tag!r} is not known: write plain numbers, texts, lists and mappings.")
        try:
            return _SCALARS[kind](text)
        except ValueError as error:
            raise self._error(event, f"{text!r} is not a {kind}.") from error

    def _error(self, event: Any, message: str) -> FileError:
        return _file_error(message, self.name, self.text, *_mark(event))

    _builders: ClassVar[Mapping[type, Callable[[_Builder, Any, KeyPath], Any]]] = {
        yaml.ScalarEvent: _scalar,
        yaml.SequenceStartEvent: _sequence,
        yaml.MappingStartEvent: _mapping,
    }


_SCALARS: Mapping[str, Callable[[str], Any]] = {
    "str": str,
    "null": lambda text: None,
    "bool": lambda text: text.lower() == "true",
    "int": lambda text: int(text, {"0o": 8, "0x": 16}.get(text[:2], 10)),
    "float": lambda text: float(re.sub(r"\.(?=inf|nan)", "", text.lower())),
}


def _mark(event: Any) -> Position:
    return event.start_mark.line + 1, event.start_mark.column + 1


# As YAML counts lines, not as str.splitlines does (form feeds and the like).
_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")


def _file_error(message: str, name: str, text: str, line: int, column: int) -> FileError:
    ends = [found.span() for found in islice(_LINE_BREAK.finditer(text), max(line - 2, 0), line)]
    begin = 0 if line == 1 else ends[0][1] if ends else len(text)
    has_end = len(ends) > (line > 1)
    return FileError(message, name, line, column, text[begin : ends[-1][0] if has_end else None])


_HINTS = (
    ("mapping values are not allowed", " Put a text that contains ': ' in quotes, and check the indentation."),
    ("cannot start any token", " Indent with spaces, not tabs; put texts that start with % @ ` in quotes."),
    ("tab character", " Indent with spaces, not tabs."),
    ("unknown directive", " Put a text that starts with % in quotes."),
    ("<document start>", " Check the indentation: keys of one mapping start in the same column."),
    ("did not find expected key", " Check the indentation and the quotes of this and the previous line."),
    ("expected <block end>", " Check the indentation of this line."),
    ("could not find expected ':'", " A key is followed by a colon and a space."),
    ("undefined alias", " Put a text that starts with * in quotes."),
    ("expected a single document", " Only one document (no further '---') per file."),
    ("unexpected end", " A quote or bracket is not closed."),
)


def _syntax_error(error: yaml.MarkedYAMLError, name: str, text: str) -> FileError:
    mark = error.problem_mark or error.context_mark
    problem = str(error.problem or error.context or "not readable")
    hint = next((remedy for found, remedy in _HINTS if found in f"{problem} {error.context}"), "")
    where = ""
    if error.context and error.context_mark is not None and mark is not error.context_mark:
        where = f" ({error.context} from line {error.context_mark.line + 1})"
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    return _file_error(f"YAML syntax: {problem}{where}.{hint}", name, text, line, column)


def validate(document: Document, adapter: Any, context: Mapping[str, Any] | None = None) -> Any:
    """Build an object from a document.

    Parameters
    ----------
    document : Document
    adapter : pydantic.TypeAdapter or type
        What to build.
    context : mapping, optional
        Validation context; ``{"file": True}`` demands a unit with every number.

    Returns
    -------
    object

    Raises
    ------
    FileError
        One for all problems, each as ``path:line:col: key.path: message``, in the order of the file, the first with its
        line and a caret.

    Examples
    --------
    >>> from mgtwin.laws import Constant
    >>> validate(loads("value: 1,5 mm"), Constant)
    Traceback (most recent call last):
        ...
    mgtwin.errors.FileError: <text>:1:8: value: '1,5 mm' contains a comma: write a decimal point (perhaps '1.5 mm'), ...
      1 | value: 1,5 mm
        |        ^
    """
    if not isinstance(adapter, TypeAdapter):
        adapter = TypeAdapter(adapter)
    try:
        return adapter.validate_python(document.data, context=dict(context) if context else None)
    except ValidationError as error:
        raise _translated(error, document, adapter) from error


def _translated(error: ValidationError, document: Document, adapter: TypeAdapter[Any]) -> FileError:
    found = []
    for location, message in validation_problems(error):
        unknown = message == "is not a known key here."
        steps = list(walk(location, document.data))
        path = ".".join(part for part, _ in steps)
        if unknown:
            message += _known_keys(*steps[-1], adapter.core_schema)
        position = document.position(location, key=unknown)
        found.append((position, f"{path}: {message}" if path else message))
    found.sort(key=lambda item: item[0])
    (line, column), first = found[0]
    others = [f"{document.name}:{place[0]}:{place[1]}: {text}" for place, text in found[1:]]
    return _file_error("\n".join([first, *others]), document.name, document.text, line, column)


def _known_keys(key: str, siblings: Any, schema: Any) -> str:
    """Say which keys were possible: those of the class that has most of the other keys."""
    groups = sorted(_key_groups(schema), key=lambda group: -len(group[0] & siblings.keys()))
    fitting = [names for names, kind in groups if siblings.get("type") in (kind, None)] or [g[0] for g in groups]
    if not fitting or not fitting[0] & siblings.keys():
        return ""
    known = sorted(fitting[0] - siblings.keys())
    return did_you_mean(key, known) or (f" Known: {', '.join(known)}." if known else "")


def _key_groups(schema: Any, seen: tuple[type, ...] = ()) -> Iterator[tuple[frozenset[str], Any]]:
    """Yield (field names, literal ``type``) of every dataclass within a pydantic core schema."""
    if isinstance(schema, Mapping):
        if schema.get("type") == "dataclass-args":
            fields = {item["name"]: item["schema"] for item in schema["fields"]}
            yield frozenset(fields), fields.get("type", {}).get("default")
        if "kinds" in schema:  # an open union (`mgtwin.unions.OneOf`) does not hold the schemas of its kinds
            for kind in schema["kinds"]().values():
                if kind not in seen:  # a composite holds materials, a sequence protocols
                    yield from _key_groups(kind.__pydantic_core_schema__, (*seen, kind))
        for item in schema.values():
            yield from _key_groups(item, seen)
    elif isinstance(schema, (list, tuple)):
        for item in schema:
            yield from _key_groups(item, seen)
