"""The text of a file: its encoding, and refusal of bytes that no text file has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from mgtwin.errors import FileError

__all__ = ["TextFile", "decode", "looks_binary"]

#: Control characters that text does not have; tab, line feed, form feed and carriage return it has.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_CONTROL_BYTES = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")
#: A binary file has this many control bytes among its first ones; fewer are the trace of damage.
_BINARY_SHARE = 0.02


@dataclass(frozen=True)
class TextFile:
    """Lines of a file without their ends; `ended` tells whether the last one has one."""

    path: Path
    lines: tuple[str, ...]
    ended: bool

    @property
    def name(self) -> str:
        """File name, for messages."""
        return self.path.name

    def begins(self, pattern: re.Pattern[str]) -> bool:
        """Tell whether the first line begins like this."""
        return bool(self.lines) and bool(pattern.match(self.lines[0]))

    def error(self, message: str, line: int | None = None) -> FileError:
        """Return an error that points at a line (counted from 1)."""
        source = self.lines[line - 1][:160] if line is not None and 0 < line <= len(self.lines) else None
        return FileError(message, self.name, line, None, source)


def looks_binary(raw: bytes) -> bool:
    """Tell whether bytes are those of a binary file, UTF-16 text excepted."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return False
    head = raw[:4096]
    return len(_CONTROL_BYTES.findall(head)) > _BINARY_SHARE * max(len(head), 1)


def decode(path: Path, raw: bytes) -> TextFile:
    """Return the lines of a text file in UTF-8, UTF-16 (with its mark) or Windows-1252.

    Raises
    ------
    FileError
        The file has bytes that text does not have: it is binary, or damaged.
    """
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = raw.decode("utf-16", errors="replace")
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("cp1252", errors="replace")
    # some instruments write CR CR LF, and some programs the minus sign of typographers
    text = re.sub(r"\r+\n|\r", "\n", text).replace("−", "-")
    ended = text.endswith(("\n", "\f"))
    lines = tuple(text.split("\n")[: -1 if ended else None])
    found = TextFile(path, lines, ended)
    for number, line in enumerate(lines, 1):
        bad = _CONTROL.search(line)
        if bad:
            raise FileError(
                f"the byte {ord(bad[0]):#04x} is none of a text file: the file is damaged, and its other numbers "
                f"cannot "
                "be trusted. Export or copy it again.",
                path.name,
                number,
            )
    return found
