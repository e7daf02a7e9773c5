"""The cell that the command line asks for: a name or a file, overlays, and ``--set path=value``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import FileError, InputError, UnknownNameError, did_you_mean

if TYPE_CHECKING:
    from ..cells import Cell

__all__ = ["changed_cell", "is_file_name", "read_cell"]


def is_file_name(name: str) -> bool:
    """Tell whether an argument means a file rather than a name of the library."""
    return name.endswith((".yaml", ".yml"))


def read_cell(name: str, overlays: Sequence[str] = ()) -> Cell:
    """Return the cell of a name or file with overlays applied.

    Raises
    ------
    UnknownNameError
        With close matches; where a file of that name lies here, the message says how to read it.
    FileError, OverlayError
        As `mgtwin.cell`.
    """
    from ..cells.files import cell

    try:
        return cell(name, *overlays)
    except UnknownNameError as error:
        file = Path(f"{name}.yaml")
        if error.what == "cell" and file.is_file():
            message = f"unknown cell {name!r}, but there is a file {file} here: write {file}."
            raise UnknownNameError(name, (), "cell", message) from None
        raise


def changed_cell(cell: Cell, assignments: Sequence[str]) -> Cell:
    """Return the cell with ``path=value`` assignments made, in their order.

    A value is written as in a cell file: a number with its unit, the name of a material or interface where one stands,
    ``{type: ..., ...}`` for a whole part, ``null`` for none. Paths may have wildcards.

    Raises
    ------
    InputError
        If an assignment has no ``=``, or the cell refuses the value.
    UnknownNameError
        If there is no such path; with close matches.

    Examples
    --------
    >>> import mgtwin as mt
    >>> thin = changed_cell(mt.cell("trilayer"), ["layers.buffer_*.thickness=0.3mm"])
    >>> thin.get("layers.buffer_left.thickness")
    Value(0.0003, unit='m')
    """
    if not assignments:
        return cell
    from ..cells.cell import changed
    from ..cells.parts import is_part, resolve
    from ..yamlfile import loads

    for text in assignments:
        path, sign, value = text.partition("=")
        path, value = path.strip(), value.strip()
        if not sign or not path:
            raise InputError(f"--set {text!r}: write path=value, for example layers.antiperovskite.thickness=0.3mm.")
        try:
            if not value:
                raise InputError("the value is missing behind '='.")
            document = loads(value, f"--set {text}")
            # Numbers as text: the cell reads them itself, with their unit.
            raw = value if type(document.data) in (int, float) else document.data
            kind = is_part(path)
            # One after the other: a later assignment may be about a part that an earlier one has put in.
            cell = changed(cell, {path: resolve(kind, raw, document, ()) if kind else raw}, context={"file": True})
        except FileError:
            raise
        except UnknownNameError as error:
            known = error.message or f"unknown {error.what} {error.name!r}."
            if not did_you_mean(error.name, error.candidates):
                known = f"{known} mgtwin show CELL lists the paths of a cell."
            raise UnknownNameError(error.name, error.candidates, error.what, f"--set {text!r}: {known}") from None
        except InputError as error:
            raise InputError(f"--set {text!r}: {error}") from None
    return cell
