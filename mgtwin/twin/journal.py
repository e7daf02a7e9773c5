"""An append-only file of records, of which a process that dies at any moment loses the one it was writing at most."""

from __future__ import annotations

import json
import os
import struct
import warnings
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import FileError, MgtwinWarning
from ..plain import is_mapping, is_text

__all__ = ["Journal", "Record"]

#: How the file begins: another file of that name is never taken for a torn journal, and cut.
_MARK = b"mgtwin journal 1\n"
_HEAD = struct.Struct("<II")
#: The shortest canonical JSON of a record. A tail of zeros, which a power cut can leave, would otherwise be a record of
#: length 0, and the CRC-32 of nothing is 0.
_LEAST = len(b'["",{}]')


@dataclass(frozen=True)
class Record:
    """A line of the journal.

    Parameters
    ----------
    kind : str
        ``evidence``, ``decision``, ``alarm`` or ``settings``.
    body : mapping
        What JSON can hold: texts, finite numbers, booleans, None, lists and mappings of them.

    Examples
    --------
    >>> Record("decision", {"sha": "ab12", "decision": "held"}).to_bytes()
    b'["decision",{"decision":"held","sha":"ab12"}]'
    """

    kind: str
    body: Mapping[str, object]

    def to_bytes(self) -> bytes:
        """Return it as canonical JSON: sorted keys, no blanks, UTF-8, floats that read back as the same float.

        Raises
        ------
        ValueError
            A number is not finite, which JSON does not have.
        TypeError
            Something is nothing that JSON can hold.
        """
        text = json.dumps(
            [self.kind, self.body], sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )
        return text.encode()


class Journal:
    """The records of a file, in their order; each is on the disk when `append` returns.

    Each record is ``[length, CRC-32, canonical JSON]``, the first two as unsigned 32-bit integers, least significant
    byte first. What a killed process left unfinished at the end is passed over when the file is read, and cut when it
    is next written to; a warning says so. Damage that complete records follow is refused, for cutting there would lose
    them.

    Parameters
    ----------
    path : pathlib.Path
        It need not exist; the first record makes it.

    Raises
    ------
    FileError
        While reading: the file is no journal, or damaged before its end.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "journal.bin"
    >>> Journal(path).append(Record("alarm", {"cycle": 24.0}))
    >>> Journal(path).records()
    (Record(kind='alarm', body={'cycle': 24.0}),)
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: list[Record] = []
        self._end = 0  # of the last complete record [bytes]
        self._torn = 0  # bytes behind it

    def records(self) -> tuple[Record, ...]:
        """Return all records; what another process has appended meanwhile is read."""
        # Nothing is cut here: whoever only reads may see a record while it is being written.
        size = self.path.stat().st_size if self.path.exists() else 0
        if size != self._end or self._torn:
            with self.path.open("rb") as file:
                if file.read(len(_MARK)) != _MARK[:size]:
                    raise FileError("is no journal of a twin: it is left as it is.", str(self.path))
                self._end = max(self._end, min(len(_MARK), size))
                file.seek(self._end)
                raw = file.read()
            start = self._end
            for record, end in _complete(raw, 0):
                self._known.append(record)
                self._end = start + end
            rest = raw[self._end - start :]
            self._torn = len(rest)
            # What a killed process left is the beginning of one record. With whole ones behind it, it is damage.
            if any(True for k in range(1, len(rest)) for _ in _complete(rest, k)):
                raise FileError(
                    f"is damaged at byte {self._end}, before its end: records that follow are whole. Take it from a "
                    "copy; the files in evidence/ can also be given to a new twin.",
                    str(self.path),
                )
        return tuple(self._known)

    def append(self, record: Record) -> None:
        """Write a record behind the others and force it to the disk.

        Raises
        ------
        FileError
            The disk is full or gone.
        """
        data = record.to_bytes()
        # where the end is now, and whether anything behind it has to go
        self.records()
        try:
            if self._torn:
                warnings.warn(
                    f"{self.path}: the last {self._torn} bytes are the beginning of a record that a process did not "
                    "finish; they were cut off.",
                    MgtwinWarning,
                    stacklevel=3,
                )
                os.truncate(self.path, self._end)
                self._torn = 0
            with self.path.open("ab") as file:
                # The mark comes with the first record: an empty file of that name is a journal that never began.
                head = b"" if self._end >= len(_MARK) else _MARK[self._end :]
                file.write(head + _HEAD.pack(len(data), zlib.crc32(data)) + data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise FileError(
                f"cannot be written: {error.strerror or error}. What it holds is kept; make room, then give the same "
                "files again.",
                str(self.path),
            ) from error
        self._known.append(record)
        self._end += len(head) + _HEAD.size + len(data)


def _complete(raw: bytes, start: int) -> Iterator[tuple[Record, int]]:
    """Yield the complete records from a place on, with where each ends."""
    while start + _HEAD.size <= len(raw):
        length, checksum = _HEAD.unpack_from(raw, start)
        end = start + _HEAD.size + length
        data = raw[start + _HEAD.size : end]
        if not _LEAST <= length == len(data) or zlib.crc32(data) != checksum:
            return
        kind, body = json.loads(data)
        assert is_text(kind) and is_mapping(body)
        yield Record(kind, body), end
        start = end
