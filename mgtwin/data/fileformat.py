"""The family of file formats: how a kind of file is recognised, and how it becomes tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import getdoc
from typing import Protocol, TypeVar

from mgtwin.data.hints import Hints
from mgtwin.data.report import About
from mgtwin.data.source import File
from mgtwin.data.table import Table
from mgtwin.errors import InputError
from mgtwin.registry import Family

__all__ = ["FILE_FORMATS", "FileFormat", "Parsed", "file_format"]


@dataclass(frozen=True)
class Parsed:
    """What a file holds: facts from its head, and its tables in the order of the file."""

    about: About
    tables: Sequence[Table]


class FileFormat(Protocol):
    """What a file format declares; its docstring says which program writes it, that of `recognises` by what it is told.

    The heads of the tables say which quantities they hold, in which unit and with which sign, as in any CSV.
    """

    name: str

    @staticmethod
    def recognises(file: File) -> bool:
        """Tell whether a file is of this format, by its first bytes or lines rather than by its name."""

    @staticmethod
    def parse(file: File, hints: Hints) -> Parsed:
        """Return the tables of such a file; FileError where it is damaged."""


#: Every format by its name, as the attribute ``format`` of a Dataset has it.
FILE_FORMATS: Family[type[FileFormat]] = Family("file format")

_Format = TypeVar("_Format", bound=type[FileFormat])


def file_format(kind: _Format) -> _Format:
    """Declare a file format; `mgtwin.read` then knows it.

    Parameters
    ----------
    kind : type
        A class with a docstring, a `name` and the static methods ``recognises(file)`` and ``parse(file, hints)``, see
        `FileFormat`.

    Raises
    ------
    InputError
        Something of these is missing.

    Examples
    --------
    >>> @file_format
    ... class Probe:
    ...     '''Logger of our probe station.'''
    ...
    ...     @staticmethod
    ...     def recognises(file):
    ...         '''First line `PROBE`.'''
    ...         return file.opening[:1] == ("PROBE",)
    Traceback (most recent call last):
    mgtwin.errors.InputError: the file format Probe lacks name, parse(file, hints).
    """
    wanted = {"name": "name", "recognises": "recognises(file)", "parse": "parse(file, hints)"}
    lacking = [shown for name, shown in wanted.items() if name not in dir(kind)]
    lacking += [] if getdoc(kind) else ["a docstring that says which program writes such files"]
    if lacking:
        raise InputError(f"the file format {kind.__name__} lacks {', '.join(lacking)}.")
    FILE_FORMATS.add(kind.name, kind)
    return kind
