"""YAML with positions, so that every complaint about a file points at the line with a caret.

The dialect is the YAML 1.2 core schema: ``1e-3`` is a number, ``yes``, ``no`` and ``12:30`` are texts. Keys must be
texts and must not be repeated. `load` and `loads` read, `validate` turns the data into an object, `dumps` writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mgtwin._yamlreader import DEEPEST, MOST_ITEMS, KeyPath, Plain, Position, Reader, file_error
from mgtwin._yamlwriter import dumps
from mgtwin.errors import FileError, did_you_mean, validation_problems
from mgtwin.locations import walk

if TYPE_CHECKING:
    from pydantic import TypeAdapter

__all__ = ["DEEPEST", "MOST_ITEMS", "Document", "dumps", "load", "loads", "validate"]

_Made = TypeVar("_Made")


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

    data: Plain
    positions: Mapping[KeyPath, Position]
    name: str = "<text>"
    text: str = field(default="", repr=False)
    keys: Mapping[KeyPath, Position] = field(default_factory=dict, repr=False)
    aliases: Mapping[KeyPath, KeyPath] = field(default_factory=dict, repr=False)
    base: KeyPath = ()

    def with_data(self, data: Plain) -> Document:
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
            # Behind an alias (*name) stands what the anchor has, so problems in it are shown there, where they are
            # mended.
            below = (*self.aliases.get(found, found), part)
            found = below if below in self.positions else found
        table = self.keys if key and found and path and found[-1] == path[-1] else self.positions
        return table.get(found, self.positions.get(found, (1, 1)))

    def error(self, message: str, path: Sequence[str | int] = (), *, key: bool = False) -> FileError:
        """Return the `FileError` that says `message` at a key path."""
        line, column = self.position(path, key=key)
        return file_error(message, self.name, self.text, line, column)


def load(path: str | Path, until: str | None = None, *, shared: bool = False) -> Document:
    """Read a YAML file, or as much of it as `loads` says of `until`.

    Parameters
    ----------
    path : str or Path
    until : str, optional
    shared : bool
        Whoever reads the same text from there again is given the same Document, whose data nobody may change.

    Raises
    ------
    FileError
        If it cannot be read, is not UTF-8, has a syntax error, a repeated key or a key that is not a text; with line,
        column and a caret where there is one.
    """
    try:
        # Bytes first: only so is a wrong encoding told from a file that cannot be read, and its line found.
        raw = Path(path).read_bytes()
    except FileNotFoundError as error:
        raise FileError("there is no such file.", str(path)) from error
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror or error}.", str(path)) from error
    try:
        # Editors of Windows put a byte order mark in front, which would be part of the first key.
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise FileError("is not UTF-8 text: save it with that encoding.", str(path), line) from error
    return (_shared if shared else loads)(text, str(path), until=until)


def loads(text: str, name: str = "<text>", most: int = MOST_ITEMS, until: str | None = None) -> Document:
    """Read YAML from a text.

    Parameters
    ----------
    text : str
    name : str
        Stands for the file in messages.
    most : int
        Values and keys that it may have.
    until : str, optional
        Ends with this key of the outermost mapping: what stands below it is neither read nor checked.

    Raises
    ------
    FileError
        As `load`.

    Examples
    --------
    >>> loads("thickness: 0.5 mm\\ntolerance: 1e-3").data
    {'thickness': '0.5 mm', 'tolerance': 0.001}
    """
    reader = Reader(name, text, most, until)
    data = reader.document()
    return Document(data, reader.positions, name, text, reader.keys, reader.aliases)


_shared = lru_cache(maxsize=128)(loads)


def validate(
    document: Document, adapter: TypeAdapter[_Made] | type[_Made], context: Mapping[str, object] | None = None
) -> _Made:
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
    from pydantic import TypeAdapter, ValidationError  # only here: listing files needs none of it

    made: TypeAdapter[_Made] = adapter if isinstance(adapter, TypeAdapter) else TypeAdapter(adapter)
    try:
        return made.validate_python(document.data, context=dict(context) if context else None)
    except ValidationError as error:
        found = []
        for location, message in validation_problems(error):
            at_key = location[-1:] == ("[key]",)  # pydantic's name of a key as a place
            location = location[:-1] if at_key else location
            unknown = message == "is not a known key here."
            steps = list(walk(location, document.data))
            path = ".".join(part for part, _ in steps)
            if unknown:
                # Which keys were possible? In a union any branch may have been meant; the one that shares most keys
                # with what was written is the likeliest.
                key, written = steps[-1]
                siblings: Plain = written
                groups = [*_key_groups(made.core_schema, set())]
                if len(steps) > 1 or groups[0][1] is not None:  # the whole is one class, whatever else was given for it
                    groups.sort(key=lambda group: -len(group[0] & siblings.keys()))
                fitting = [names for names, kind in groups if siblings.get("type") in (kind, None)]
                fitting = fitting or [names for names, _ in groups]
                # With no key in common, the list would be one of a class that was not meant.
                if fitting and fitting[0] & siblings.keys():
                    known = sorted(fitting[0] - siblings.keys())
                    message += did_you_mean(key, known) or (f" Known: {', '.join(known)}." if known else "")
            position = document.position(location, key=unknown or at_key)
            found.append((position, f"{path}: {message}" if path else message))
        # pydantic reports by the order of the fields; whoever mends a file goes from top to bottom.
        found.sort(key=lambda item: item[0])
        (line, column), first = found[0]
        others = [f"{document.name}:{place[0]}:{place[1]}: {text}" for place, text in found[1:]]
        raise file_error("\n".join([first, *others]), document.name, document.text, line, column) from error


def _key_groups(schema: object, seen: set[type]) -> Iterator[tuple[frozenset[str], object]]:
    """Yield (field names, literal ``type``) of every dataclass within a pydantic core schema."""
    match schema:
        case {"type": "dataclass-args", "fields": fields}:
            schemas = {item["name"]: item["schema"] for item in fields}
            yield frozenset(schemas), schemas.get("type", {}).get("default")
        case {"kinds": kinds}:  # an open union (`mgtwin.unions.OneOf`) does not hold the schemas of its kinds
            for kind in set(kinds().values()) - seen:
                seen.add(kind)  # a composite holds materials, a sequence protocols
                yield from _key_groups(kind.__pydantic_core_schema__, seen)
    match schema:
        case Mapping():
            inner: Iterable[object] = schema.values()
        case list() | tuple():
            inner = schema
        case _:
            return
    for item in inner:
        yield from _key_groups(item, seen)
