"""The family of kinds of files that `mgtwin.export` writes."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import getdoc
from pathlib import Path
from typing import Protocol, TypeVar

from mgtwin.errors import InputError
from mgtwin.registry import Family

from .tables import Table

__all__ = ["EXPORT_FORMATS", "ExportFormat", "export_format"]


class ExportFormat(Protocol):
    """What a kind of file declares; its docstring says which program reads it.

    Attributes
    ----------
    ending : str
        Of the names of such files, as ``".csv"``.
    several : bool
        Whether a file holds several tables; else there is a file for each.
    """

    ending: str
    several: bool

    @staticmethod
    def takes(table: Table) -> bool:
        """Tell whether such a file can hold a table; the docstring says what it holds."""

    @staticmethod
    def write(tables: Sequence[Table], path: Path) -> None:
        """Write tables, of a kind that is not `several` exactly one."""


#: Every kind of file by its ending.
EXPORT_FORMATS: Family[type[ExportFormat]] = Family("export format")

_Format = TypeVar("_Format", bound=type[ExportFormat])


def export_format(kind: _Format) -> _Format:
    """Declare a kind of file; `mgtwin.export` then writes what ends like it.

    Parameters
    ----------
    kind : type
        A class with a docstring, `ending`, `several`, and the static methods ``takes(table)`` and
        ``write(tables, path)``, see `ExportFormat`.

    Raises
    ------
    InputError
        Something of these is missing.

    Examples
    --------
    >>> @export_format
    ... class Wiki:
    ...     '''Table of a wiki.'''
    ...
    ...     ending, several = ".wiki", False
    ...
    ...     @staticmethod
    ...     def takes(table):
    ...         '''Tables.'''
    ...         return True
    Traceback (most recent call last):
    mgtwin.errors.InputError: the export format Wiki lacks write(tables, path).
    """
    wanted = {"ending": "ending", "several": "several", "takes": "takes(table)", "write": "write(tables, path)"}
    lacking = [shown for name, shown in wanted.items() if name not in vars(kind)]
    lacking += [] if getdoc(kind) else ["a docstring that says which program reads such files"]
    if lacking:
        raise InputError(f"the export format {kind.__name__} lacks {', '.join(lacking)}.")
    EXPORT_FORMATS.add(kind.ending, kind)
    return kind
