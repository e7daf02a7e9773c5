"""Spectra in formats that pyimpspec reads (GPL, hence an extra)."""

from __future__ import annotations

import inspect

from mgtwin.data.fileformat import Parsed, file_format
from mgtwin.data.formats.ivium import Ivium
from mgtwin.data.hints import Hints
from mgtwin.data.library import read_by
from mgtwin.data.report import About
from mgtwin.data.source import File
from mgtwin.data.table import Table

__all__ = ["Pyimpspec"]

#: Endings by which pyimpspec itself tells the formats.
_ENDINGS = {
    ".pssession": "PalmSens session",
    ".ids": "Ivium data set",
    ".idf": "Ivium data file, binary",
    ".dfr": "Eco Chemie FRA",
    ".i2b": "Elins i2b",
    ".p00": "VoltaLab P00",
    ".xlsx": "spreadsheet",
    ".ods": "spreadsheet",
}


@file_format
class Pyimpspec:
    """PalmSens (.pssession), Ivium (.ids, binary .idf), Eco Chemie (.dfr), Elins (.i2b), VoltaLab (.P00), .xlsx, .ods.

    Through pyimpspec (GPL): `pip install 'mgtwin[spectra]'`; *no sample files: untested on real ones*.
    """

    name = "pyimpspec"

    @staticmethod
    def recognises(file: File) -> bool:
        """Ending."""
        return file.ending in _ENDINGS and not Ivium.recognises(file)

    @staticmethod
    def parse(file: File, hints: Hints) -> Parsed:
        """Return the spectra of a file with one of these endings.

        Raises
        ------
        FileError
            pyimpspec is not installed, or cannot read the file, or finds nothing.
        """

        def read() -> list[Table]:
            import pyimpspec

            return [
                Table.of_spectrum(file.name, item.get_frequencies(masked=None), item.get_impedances(masked=None))
                for item in pyimpspec.parse_data(str(file.path))
            ]

        def own() -> tuple[type[Exception], ...]:
            from pyimpspec import exceptions

            kinds = inspect.getmembers(exceptions, inspect.isclass)
            return tuple(kind for _, kind in kinds if issubclass(kind, Exception))

        instead = "Or export the file as text from the instrument's software."
        tables = read_by("pyimpspec (GPL)", "spectra", file, read, instead, own)
        if not tables:
            raise file.error("pyimpspec finds no spectrum in this file.")
        return Parsed(About(f"{_ENDINGS[file.ending]}, read by pyimpspec", file.name), tables)
