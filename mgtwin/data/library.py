"""Calls of libraries that read binary formats: what is said if one is missing or fails, and what it is spared."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import TypeVar

from mgtwin.data.source import File

__all__ = ["read_by"]

_Found = TypeVar("_Found")

#: What damage in a file makes of a library that does not expect it.
_FAILS = (
    ArithmeticError, AssertionError, AttributeError, BufferError, EOFError, LookupError, MemoryError, OSError,
    RuntimeError, SyntaxError, TypeError, ValueError, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
#: A library holds all of a file in memory, several times: no measurement of a cell needs more bytes [unpacked].
_LARGEST = 2**28


def read_by(
    library: str,
    extra: str,
    file: File,
    read: Callable[[], _Found],
    instead: str,
    own: Callable[[], tuple[type[Exception], ...]] = tuple,
) -> _Found:
    """Return what a library reads from a file.

    Parameters
    ----------
    library, extra : str
        Its name with its licence, and the extra of mgtwin that installs it.
    read : callable
        Imports the library and reads.
    instead : str
        What to do without it.
    own : callable, optional
        Returns the library's own classes of errors, which do not derive from Python's.

    Raises
    ------
    FileError
        The library is not installed, the file is too large for it, or it cannot read it.
    """
    size = file.path.stat().st_size
    if file.head.startswith(b"PK"):  # an archive, which says how much it unpacks to
        try:
            with zipfile.ZipFile(file.path) as archive:
                size = sum(item.file_size for item in archive.infolist())
        except _FAILS as error:
            raise file.error(f"is a damaged archive ({error}). Copy it again.") from None
    # Refused before: the library would fill the memory first.
    if size > _LARGEST:
        raise file.error(
            f"unpacks to {size / 1e6:.0f} MB; {_LARGEST / 1e6:.0f} MB are read at most. Export less of it, or export "
            "it as text."
        )
    try:
        failures: tuple[type[Exception], ...] = (*_FAILS, *own())
        return read()
    except ImportError:
        raise file.error(
            f"{file.ending or 'such'} files are read with {library}: pip install 'mgtwin[{extra}]'. {instead}"
        ) from None
    except failures as error:
        raise file.error(
            f"{library.split(' ')[0]} cannot read this file ({type(error).__name__}: {str(error)[:200]}): it is "
            f"damaged, or of a version that it does not know. {instead}"
        ) from None
