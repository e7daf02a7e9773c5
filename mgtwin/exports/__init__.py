"""Results, fits, studies and cells as files of other programs: spreadsheets, Origin, ZView, EC-Lab, LaTeX, a browser.

`export` writes; `tables_of` makes the tables that are written; `export_format` declares a further kind of file.
"""

from __future__ import annotations

from . import formats
from .exportformat import EXPORT_FORMATS, ExportFormat, export_format
from .report import report
from .tables import Column, Table
from .things import tables_of
from .verb import endings, export, format_of

__all__ = [
    "EXPORT_FORMATS",
    "Column",
    "ExportFormat",
    "Table",
    "endings",
    "export",
    "export_format",
    "format_of",
    "formats",
    "report",
    "tables_of",
]
