"""``mgtwin.export``: whatever mgtwin made or read, as a file of another program."""

from __future__ import annotations

import os
import warnings
from contextlib import suppress
from inspect import getdoc
from pathlib import Path

from ..errors import FileError, InputError, MgtwinWarning
from .exportformat import EXPORT_FORMATS, ExportFormat
from .tables import Table
from .things import tables_of

__all__ = ["endings", "export", "format_of"]


def endings() -> tuple[str, ...]:
    """Return the endings of the files that can be written, as ``".csv"``."""
    return tuple(EXPORT_FORMATS)


def format_of(path: Path) -> type[ExportFormat]:
    """Return the kind of file that a name stands for, by its longest ending (``.bdf.csv`` before ``.csv``).

    Raises
    ------
    InputError
        With the endings that there are.
    """
    fitting = [ending for ending in EXPORT_FORMATS if path.name.lower().endswith(ending)]
    if not fitting:
        raise InputError(f"{path}: no export is known by this ending; there are {', '.join(EXPORT_FORMATS)}.")
    return EXPORT_FORMATS[max(fitting, key=len)]


def export(thing: object, path: str | Path) -> tuple[Path, ...]:
    """Write a result, fit, study, cell or circuit (or a list or mapping of them) for another program.

    The ending of the name chooses the kind of file (``mgtwin list "export format"``): ``.csv`` with a row of units for
    Origin, ``.xlsx`` for Excel, ``.z`` for ZView, ``.mpt`` as EC-Lab writes it, ``.bdf.csv`` of the Battery Data
    Format, ``.tex``, ``.html``. Numbers are SI (degrees for phases) and keep all their digits.

    Parameters
    ----------
    thing : Dataset, DataTree, Fit, FitSeries, Cell, Circuit, list or mapping
    path : str or Path
        Where kinds of files that hold one table are asked for several, each file has the name of its table before the
        ending.

    Returns
    -------
    tuple of Path
        What was written; older files of these names are replaced.

    Raises
    ------
    InputError
        Nothing of the thing fits into such a file, the ending or the folder is not known.

    Warns
    -----
    MgtwinWarning
        Part of it does not fit into such a file and was left out.

    Examples
    --------
    >>> import mgtwin as mt, tempfile
    >>> eis = mt.simulate(mt.cell("trilayer"), mt.EIS(1e5, 1.0))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     (file,) = mt.export(eis, f"{folder}/trilayer.z")
    ...     again = mt.read(file)
    >>> bool(abs(again.impedance - eis.impedance).max() < 1e-6 * abs(eis.impedance).max())
    True
    """
    target = Path(path)
    kind = format_of(target)
    if not target.parent.is_dir():
        raise InputError(f"{target}: there is no folder {target.parent}; make it first.")
    tables = tables_of(thing)
    taken = [table for table in tables if kind.takes(table)]
    held = ", ".join(
        f"{table.name or 'a table'} ({', '.join(c.name for c in table.columns[:4])} …)" for table in tables
    )
    if not taken:
        raise InputError(f"{target}: {getdoc(kind.takes)} This has {held}.")
    if len(taken) < len(tables):
        out = ", ".join(table.name for table in tables if table not in taken)
        warnings.warn(f"{target}: {getdoc(kind.takes)} Left out: {out}.", MgtwinWarning, stacklevel=2)
    if kind.several or len(taken) == 1:
        return (_written(kind, taken, target),)
    return tuple(_written(kind, [table], _own_name(target, kind.ending, table)) for table in taken)


def _own_name(target: Path, ending: str, table: Table) -> Path:
    """The name of the file of one of several tables."""
    label = "".join(letter if letter.isalnum() or letter in "-+." else "_" for letter in table.name)
    return target.with_name(f"{target.name[: -len(ending)]}.{label}{target.name[-len(ending) :]}")


def _written(kind: type[ExportFormat], tables: list[Table], target: Path) -> Path:
    """Write beside the destination and move there: what fails half-way leaves the older file as it was."""
    part = target.with_name(f".{target.name}.part")
    try:
        kind.write(tables, part)
        os.replace(part, target)
    except (
        FileNotFoundError,
        IsADirectoryError,
        PermissionError,
    ) as error:
        # the name of the temporary file would tell nobody anything
        raise FileError(f"cannot be written: {error.strerror or error}. Choose another folder.", str(target)) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return target
