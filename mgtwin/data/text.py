"""The text of a file: its encoding, its lines, and refusal of bytes that no text file has."""

from __future__ import annotations

import codecs
import re
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TypeVar, overload

import numpy as np

from mgtwin.errors import FileError

__all__ = ["Bulk", "Lazy", "TextFile", "decode", "looks_binary"]

_Item = TypeVar("_Item")
#: Control characters that text does not have; tab, line feed, form feed and carriage return it has.
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")
#: A binary file has this many control bytes among its first ones; fewer are the trace of damage.
_BINARY_SHARE = 0.02
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
#: Lines of a file of more bytes are decoded one by one, when they are asked for.
_LARGE = 2**22
#: No instrument writes a longer line [bytes].
_LONGEST_LINE = 2**20
#: Bytes, and lines, that are looked at together.
_STEP, _BLOCK = 2**24, 2**18


@dataclass(frozen=True)
class TextFile:
    """Lines of a file without their ends; `ended` tells whether the last one has one."""

    path: Path
    lines: Sequence[str]
    ended: bool

    @property
    def name(self) -> str:
        """File name, for messages."""
        return self.path.name

    #: Where the file is large: its bytes and the ends of its lines.
    bulk: Bulk | None = None

    def error(self, message: str, line: int | None = None) -> FileError:
        """Return an error that points at a line (counted from 1)."""
        source = self.lines[line - 1][:160] if line is not None and 0 < line <= len(self.lines) else None
        return FileError(message, self.name, line, None, source)


class Lazy(Sequence[_Item]):
    """A sequence whose items are made when asked for; ``item(k)``, k from 0, and ``len`` say all about it."""

    @abstractmethod
    def item(self, number: int) -> _Item:
        """Make one."""

    @overload
    def __getitem__(self, index: int) -> _Item: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[_Item]: ...
    def __getitem__(self, index: int | slice) -> _Item | Sequence[_Item]:
        # A range counts from the end, and refuses what is outside, as every sequence does.
        if isinstance(index, slice):
            return tuple(map(self.item, range(len(self))[index]))
        return self.item(range(len(self))[index])


class Bulk(Lazy[str]):
    """Lines of a large text, decoded when asked for: only its bytes and where each line ends are in memory."""

    def __init__(self, raw: bytes, ends: np.ndarray, encoding: str) -> None:
        self._raw, self._ends, self._encoding = raw, ends, encoding

    def is_grid(self, start: int, stop: int, delimiter: str, width: int) -> bool:
        """Tell whether all lines from `start` to `stop` (excluded) have `width` fields, none of them quoted."""
        for first in range(start, stop, _BLOCK):
            ends = self._ends[first : min(first + _BLOCK, stop)]
            begin = int(self._ends[first - 1]) + 1 if first else 0
            block = self._raw[begin : int(ends[-1])]
            found = np.searchsorted(_places(block, delimiter), ends - begin)
            if b'"' in block or (np.diff(found, prepend=0) != width - 1).any():
                return False
        return True

    def holds(self, text: str, start: int) -> bool:
        """Tell whether a text stands somewhere from the line `start` on."""
        return self._raw.find(text.encode(), int(self._ends[start - 1]) + 1 if start else 0) >= 0

    def numbers(self, start: int, stop: int, delimiter: str, column: int) -> np.ndarray | None:
        """Return a column of a grid as floats; None where it holds anything else, which must be looked at closely."""
        stream = BytesIO(self._raw)
        stream.seek(int(self._ends[start - 1]) + 1 if start else 0)
        try:
            return np.loadtxt(stream, delimiter=delimiter, usecols=[column], max_rows=stop - start, comments=None,
                              encoding=self._encoding)  # fmt: skip
        except ValueError:
            return None

    def __len__(self) -> int:
        return len(self._ends)

    def item(self, number: int) -> str:
        """Decode a line."""
        start = int(self._ends[number - 1]) + 1 if number else 0
        return _tidy(self._raw[start : int(self._ends[number])].decode(self._encoding, errors="replace"))

    def __iter__(self) -> Iterator[str]:
        start = 0
        for end in self._ends:
            yield _tidy(self._raw[start:end].decode(self._encoding, errors="replace"))
            start = end + 1


def _tidy(text: str) -> str:
    return text.replace("−", "-")  # some programs write the minus sign of typographers


def looks_binary(raw: bytes) -> bool:
    """Tell whether bytes are those of a binary file, UTF-16 text excepted."""
    if raw[:2] in _UTF16:
        return False
    head = raw[:4096]
    return len(_CONTROL.findall(head)) > _BINARY_SHARE * max(len(head), 1)


def decode(path: Path, raw: bytes) -> TextFile:
    """Return the lines of a text file in UTF-8, UTF-16 (with its mark) or Windows-1252.

    Raises
    ------
    FileError
        The file has bytes that text does not have, or a line that no instrument writes: it is binary, or damaged.
    """
    if raw[:2] in _UTF16:
        raw = raw.decode("utf-16", errors="replace").encode()
    raw = raw.removeprefix(codecs.BOM_UTF8)
    while b"\r\n" in raw:  # some instruments write CR CR LF
        raw = raw.replace(b"\r\n", b"\n")
    raw = raw.replace(b"\r", b"\n")
    bad = _CONTROL.search(raw)
    if bad:
        raise FileError(
            f"the byte {bad[0][0]:#04x} is none of a text file: the file is damaged, and its other numbers cannot be "
            "trusted. Export or copy it again.",
            path.name,
            raw.count(b"\n", 0, bad.start()) + 1,
        )
    encoding = "utf-8"
    # in pieces, or a large file would stand in memory twice; any bytes can be read as Windows-1252, so it comes last
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for start in range(0, len(raw), _STEP):
            decoder.decode(raw[start : start + _STEP])
    except UnicodeDecodeError:
        encoding = "cp1252"
    ended = raw.endswith((b"\n", b"\f"))
    ends = _places(raw, "\n")
    ends = ends if raw.endswith(b"\n") else np.append(ends, len(raw))
    longest = int(np.diff(ends, prepend=-1).max(initial=0))
    if longest > _LONGEST_LINE:
        raise FileError(f"a line of {longest / 1e6:.3g} million characters is none of an instrument's file.", path.name)
    if len(raw) > _LARGE:
        bulk = Bulk(raw, ends, encoding)
        return TextFile(path, bulk, ended, bulk)
    lines = _tidy(raw.decode(encoding, errors="replace")).split("\n")
    return TextFile(path, tuple(lines[: -1 if ended else None]), ended)


def _places(raw: bytes, sign: str) -> np.ndarray:
    """Where a sign stands; found in pieces, since a comparison of all bytes at once would need them twice."""
    parts = [
        np.flatnonzero(np.frombuffer(raw, np.uint8, min(_STEP, len(raw) - start), start) == ord(sign)) + start
        for start in range(0, len(raw), _STEP)
    ]
    return np.concatenate(parts) if parts else np.empty(0, dtype=int)
