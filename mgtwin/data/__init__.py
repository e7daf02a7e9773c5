"""Instrument files to Datasets: `read`, `Column` to say what a file does not, and `file_format` to add a format."""

from mgtwin.data.facts import facts, pairs
from mgtwin.data.fileformat import FILE_FORMATS, FileFormat, Parsed, file_format
from mgtwin.data.hints import Column, Hints
from mgtwin.data.reader import read
from mgtwin.data.report import About
from mgtwin.data.source import File
from mgtwin.data.table import Table, rows_of

__all__ = [
    "FILE_FORMATS", "About", "Column", "File", "FileFormat", "Hints", "Parsed", "Table", "facts", "file_format",
    "pairs", "read", "rows_of",
]  # fmt: skip
