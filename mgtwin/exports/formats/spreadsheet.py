"""Workbooks of Excel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mgtwin.errors import InputError

from ..exportformat import export_format
from ..tables import Table

if TYPE_CHECKING:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

__all__ = ["Spreadsheet"]

#: Rows and columns that a sheet has.
_ROWS, _COLUMNS = 1_048_576, 16_384
#: What names of sheets may not have in them, and how long they may be.
_FORBIDDEN, _LONGEST = str.maketrans("[]:*?/\\", "()_____"), 31
#: Letters that a cell can hold.
_LETTERS = 32_000


@export_format
class Spreadsheet:
    """Workbook of Excel or LibreOffice: a sheet for each table with names, units and numbers, and one about them."""

    ending, several = ".xlsx", True

    @staticmethod
    def takes(table: Table) -> bool:
        """A sheet of a workbook holds a table of up to 1 048 574 rows and 16 384 columns."""
        return table.rows + 2 <= _ROWS and len(table.columns) <= _COLUMNS

    @staticmethod
    def write(tables: Sequence[Table], path: Path) -> None:
        """Write the tables and what they come from.

        Raises
        ------
        InputError
            openpyxl is not installed.
        """
        try:
            from openpyxl import Workbook
        except ImportError:
            raise InputError(
                "writing .xlsx needs openpyxl: pip install 'mgtwin[excel]'; .csv needs nothing more."
            ) from None
        book = Workbook(write_only=True)
        names: list[str] = []
        for number, table in enumerate(tables, 1):
            name = (table.name or "data").translate(_FORBIDDEN)[:_LONGEST]
            if name.casefold() in map(str.casefold, names):
                name = f"{name[: _LONGEST - 8]} ({number})"
            names.append(name)
            sheet = book.create_sheet(name)
            sheet.freeze_panes = "A3"
            sheet.append([_text(sheet, column.name) for column in table.columns])
            sheet.append([_text(sheet, column.unit) for column in table.columns])
            for row in zip(*(column.values.tolist() for column in table.columns), strict=True):
                sheet.append([_entry(sheet, entry) for entry in row])
        sheet = book.create_sheet("about")
        for name, table in zip(names, tables, strict=True):
            for key, text in {**table.about, **table.origin}.items():
                sheet.append([_text(sheet, name), _text(sheet, key), _text(sheet, text)])
        book.save(path)


def _entry(sheet: WriteOnlyWorksheet, entry: object) -> object:
    """A number as such where Excel has it; no cell of Excel is not a number or infinite."""
    match entry:
        case float() if math.isnan(entry):
            return None
        case float() if math.isinf(entry):
            return _text(sheet, repr(entry))
        case float() | int():
            return entry
    return _text(sheet, str(entry))


def _text(sheet: WriteOnlyWorksheet, text: str) -> WriteOnlyCell:
    """A text that stays one, also where it begins like a formula."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", text)[:_LETTERS])
    cell.data_type = "s"
    return cell
