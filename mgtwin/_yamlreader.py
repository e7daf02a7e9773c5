"""Reading YAML (public as ``mgtwin.yamlfile.loads``): plain data, and where every part of it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, ClassVar, NamedTuple

import yaml

from mgtwin._yamlwriter import CORE_TYPES
from mgtwin.errors import FileError

__all__ = ["DEEPEST", "MOST_ITEMS", "KeyPath", "Plain", "Position", "Reader", "file_error"]

KeyPath = tuple[str | int, ...]
Position = tuple[int, int]
#: What YAML holds: a dict with texts as keys, a list, str, float, int, bool or None. Not spelled out, since whoever
#: uses it knows which.
Plain = Any

_Event = Any  # the stubs of PyYAML do not describe what its events hold
_Build = Callable[["Reader", _Event, KeyPath], Plain]

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


class _Anchor(NamedTuple):
    """What an alias stands for."""

    data: Plain
    path: KeyPath
    items: int


class Reader:
    """Turns PyYAML's events into plain data and notes where everything stands.

    Events, not PyYAML's tree of nodes: so a text that is nested or repeats itself without end is refused before it has
    filled the stack or the memory.
    """

    def __init__(self, name: str, text: str, most: int, until: str | None = None) -> None:
        self.name, self.text, self.most, self.until = name, text, most, until
        self.positions: dict[KeyPath, Position] = {}
        self.keys: dict[KeyPath, Position] = {}
        self.aliases: dict[KeyPath, KeyPath] = {}
        self._anchors: dict[str, _Anchor | None] = {}  # None while what it names is being built
        self._items = 0

    def document(self) -> Plain:
        """Return the data of the only document of the text.

        Raises
        ------
        FileError
            With line, column and a caret.
        """
        try:
            self._loader = _Loader(self.text)
            try:
                return self._document()
            finally:
                self._loader.dispose()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            problem = str(error.problem or error.context or "not readable")
            hint = next((remedy for found, remedy in _HINTS if found in f"{problem} {error.context}"), "")
            where = ""
            if error.context and error.context_mark is not None and mark is not error.context_mark:
                where = f" ({error.context} from line {error.context_mark.line + 1})"
            line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
            message = f"YAML syntax: {problem}{where}.{hint}"
            raise file_error(message, self.name, self.text, line, column) from error
        except yaml.reader.ReaderError as error:
            before = self.text[: error.position]
            line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
            message = f"the character U+{int(error.character):04X} is not allowed in YAML: remove it."
            raise file_error(message, self.name, self.text, line, column) from error

    def _document(self) -> Plain:
        self._loader.get_event()  # the start of the stream
        if self._loader.check_event(yaml.StreamEndEvent):
            return None
        self._loader.get_event()  # the start of the document
        data = self._value(self._loader.get_event(), ())
        if (self.until,) in self.keys:
            return data
        self._loader.get_event()  # its end
        if self._loader.check_event(yaml.StreamEndEvent):
            return data
        found = self._loader.get_event().start_mark
        raise yaml.composer.ComposerError("expected a single document", None, "but found another document", found)

    def _value(self, event: _Event, path: KeyPath) -> Plain:
        self.positions.setdefault(path, _mark(event))  # what `_mapping` noted already is the key above a block
        if len(path) > DEEPEST:
            raise self._error(event, f"is nested more than {DEEPEST} levels deep, which nothing that mgtwin reads is.")
        return self._builders[type(event)](self, event, path)

    def _anchored(self, event: _Event, path: KeyPath) -> Plain:
        """What stands here, kept for aliases if it has a name (``&name``)."""
        # What an alias repeats counts again, so its size is noted: a few lines of aliases can stand for billions of
        # values.
        before = self._items
        self._count(event, 1)
        # Marks it as unfinished: an alias inside would be a loop without end.
        self._anchors[event.anchor] = None
        data = self._contents[type(event)](self, event, path)
        self._anchors[event.anchor] = _Anchor(data, path, self._items - before)
        return data

    def _alias(self, event: _Event, path: KeyPath) -> Plain:
        if event.anchor not in self._anchors:
            raise yaml.composer.ComposerError(None, None, f"found undefined alias {event.anchor!r}", event.start_mark)
        anchor = self._anchors[event.anchor]
        if anchor is None:
            raise self._error(event, "an alias (*) must not contain itself.")
        self._count(event, anchor.items)
        self.aliases[path] = anchor.path
        return anchor.data

    def _count(self, event: _Event, items: int) -> None:
        self._items += items
        if self._items > self.most:
            raise self._error(
                event, f"there are more than {self.most} values; long records are read from tables, by mgtwin.read."
            )

    def _sequence(self, event: _Event, path: KeyPath) -> list[Plain]:
        data: list[Plain] = []
        while not self._loader.check_event(yaml.SequenceEndEvent):
            data.append(self._value(self._loader.get_event(), (*path, len(data))))
        self._loader.get_event()
        return data

    def _mapping(self, event: _Event, path: KeyPath) -> dict[str, Plain]:
        data: dict[str, Plain] = {}
        while not self._loader.check_event(yaml.MappingEndEvent):
            # Before the key is taken: a list or mapping as key has no text to name it by.
            is_scalar = self._loader.check_event(yaml.ScalarEvent)
            key_event = self._loader.get_event()
            key = self._scalar(key_event, path) if is_scalar else None
            if type(key) is not str:
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
            if place == (self.until,):
                return data
        self._loader.get_event()
        return data

    def _scalar(self, event: _Event, path: KeyPath) -> Plain:
        text = event.value
        # An explicit tag (!!str) says what is meant and goes before the resolver.
        tag = event.tag or self._loader.resolve(yaml.ScalarNode, text, event.implicit)
        kind = tag.removeprefix("tag:yaml.org,2002:")
        if kind not in _SCALARS:
            raise self._error(event, f"the tag {tag!r} is not known: write plain numbers, texts, lists and mappings.")
        try:
            return _SCALARS[kind](text)
        except ValueError as error:
            raise self._error(event, f"{text!r} is not a {kind}.") from error

    def _error(self, event: _Event, message: str) -> FileError:
        return file_error(message, self.name, self.text, *_mark(event))

    _contents: ClassVar[Mapping[type, _Build]] = {
        yaml.ScalarEvent: _scalar,
        yaml.SequenceStartEvent: _sequence,
        yaml.MappingStartEvent: _mapping,
    }
    _builders: ClassVar[Mapping[type, _Build]] = {**dict.fromkeys(_contents, _anchored), yaml.AliasEvent: _alias}


_SCALARS: Mapping[str, Callable[[str], Plain]] = {
    "str": str,
    "null": lambda text: None,
    "bool": lambda text: text.lower() == "true",
    "int": lambda text: int(text, {"0o": 8, "0x": 16}.get(text[:2], 10)),
    "float": lambda text: float(re.sub(r"\.(?=inf|nan)", "", text.lower())),
}


def _mark(event: _Event) -> Position:
    return event.start_mark.line + 1, event.start_mark.column + 1


# As YAML counts lines, not as str.splitlines does (form feeds and the like).
_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")


def file_error(message: str, name: str, text: str, line: int, column: int) -> FileError:
    """Return the `FileError` that says `message` at a place of a text."""
    # Only as far as the line: splitting a file of megabytes for one message would be slow.
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
