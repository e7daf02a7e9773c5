"""Neware's binary files (.nda, .ndax), through fastnda (BSD)."""

from __future__ import annotations

import numpy as np

from mgtwin.data.fileformat import Parsed, file_format
from mgtwin.data.hints import Hints
from mgtwin.data.library import read_by
from mgtwin.data.numbers import exact
from mgtwin.data.report import About
from mgtwin.data.source import File
from mgtwin.data.table import Table

__all__ = ["NewareBinary"]

#: fastnda's columns, which name their unit; charge is positive, as in Neware's own software.
_HEADS = {
    "total_time_s": "total time [s]",
    "voltage_V": "voltage [V]",
    "current_mA": "current [mA]",
    "cycle_count": "cycle",
    "step_count": "step",
}


@file_format
class NewareBinary:
    """Neware (.nda, .ndax), through fastnda (BSD): `pip install 'mgtwin[neware]'`."""

    name = "Neware binary, read by fastnda"

    @staticmethod
    def recognises(file: File) -> bool:
        """Ending."""
        return file.ending in (".nda", ".ndax")

    @staticmethod
    def parse(file: File, hints: Hints) -> Parsed:
        """Return the records of a Neware file.

        Raises
        ------
        FileError
            fastnda is not installed, or cannot read the file.
        """

        def read() -> Table:
            import fastnda

            frame = fastnda.read(file.path)
            columns = {head: frame[name].to_numpy() for name, head in _HEADS.items() if name in frame.columns}
            # The file keeps single precision: taken as doubles, its numbers would show digits that nobody measured.
            array = np.column_stack([exact(values) for values in columns.values()])
            return Table(file.name, tuple(columns), (None,) * len(columns), array=array)

        def own() -> tuple[type[Exception], ...]:
            from polars.exceptions import PolarsError

            return (PolarsError,)

        instead = "Or export the file as text from Neware's software (BTSDA)."
        table = read_by("fastnda (BSD)", "neware", file, read, instead, own)
        return Parsed(About(NewareBinary.name, file.name), [table])
