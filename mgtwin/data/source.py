"""A file whose format is still to be told."""

from __future__ import annotations

import re
import stat
from functools import cached_property
from pathlib import Path

from mgtwin.data.text import TextFile, decode, looks_binary
from mgtwin.errors import FileError

__all__ = ["File"]

#: Bytes and lines at the beginning by which formats are told.
_HEAD, _OPENING = 2**14, 40
#: No measurement of a cell needs a larger file [bytes].
_LARGEST = 2**30


class File:
    """What a format is told by, and what it reads: the name, the first bytes and lines, and the rest when asked for.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Raises
    ------
    FileError
        There is no such file, it is a folder, a device or a pipe, it is empty, or it has more than 1 GiB.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.TXT"
    >>> _ = path.write_text("PROBE STATION\\n1 2\\n")
    >>> file = File(path)
    >>> file.ending, file.opening, file.text.lines
    ('.txt', ('PROBE STATION', '1 2'), ('PROBE STATION', '1 2'))
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            status = path.stat()
            if stat.S_ISDIR(status.st_mode):
                raise FileError("is a folder; name a file in it.", str(path))
            if not stat.S_ISREG(status.st_mode):  # /dev/zero has no end, a pipe may never begin
                raise FileError("is no file but a device, a pipe or a socket: copy what it holds to a file.", str(path))
            if status.st_size > _LARGEST:
                raise FileError(
                    f"has {status.st_size / 1e9:.3g} GB; {_LARGEST / 1e9:.3g} GB are read at most. Export less of it, "
                    "or cut it into several files.",
                    path.name,
                )
            with path.open("rb") as stream:
                #: The first 16 KiB.
                self.head: bytes = stream.read(_HEAD)
        except FileNotFoundError:
            raise FileError("there is no such file.", str(path)) from None
        except OSError as error:
            raise FileError(f"cannot be read: {error.strerror}.", str(path)) from None
        if not self.head.strip():
            raise FileError("the file is empty.", path.name)

    @property
    def name(self) -> str:
        """File name, for messages."""
        return self.path.name

    @property
    def ending(self) -> str:
        """Ending of the name in small letters, with its dot."""
        return self.path.suffix.casefold()

    @cached_property
    def is_text(self) -> bool:
        """Whether the first bytes are those of text."""
        return not looks_binary(self.head)

    @cached_property
    def opening(self) -> tuple[str, ...]:
        """The first lines (40 at most); none of a binary file."""
        if not self.is_text:
            return ()
        try:
            return tuple(decode(self.path, self.head).lines[:_OPENING])
        except FileError:  # damage, which `text` points at
            return ()

    def begins(self, pattern: re.Pattern[str]) -> bool:
        """Tell whether the first line begins like this."""
        return bool(self.opening) and bool(pattern.match(self.opening[0]))

    @cached_property
    def raw(self) -> bytes:
        """All bytes of the file."""
        try:
            with self.path.open("rb") as stream:
                return stream.read(_LARGEST)
        except OSError as error:  # a share that is gone, a disk that fails
            raise self.error(f"cannot be read to its end: {error.strerror}.") from None

    @cached_property
    def text(self) -> TextFile:
        """The file as text; FileError where it holds bytes that text does not have."""
        return decode(self.path, self.raw)

    def error(self, message: str) -> FileError:
        """Return an error about the whole file."""
        return FileError(message, self.name)
