"""Zahner's binary files (.ism), through zahner-analysis (MIT, with a binary part)."""

from __future__ import annotations

from mgtwin.data.fileformat import Parsed, file_format
from mgtwin.data.hints import Hints
from mgtwin.data.library import read_by
from mgtwin.data.report import About
from mgtwin.data.source import File
from mgtwin.data.table import Table

__all__ = ["Zahner"]


@file_format
class Zahner:
    """Zahner (.ism), through zahner-analysis (MIT, with a binary part): `pip install 'mgtwin[zahner]'`.

    *No sample file: untested on real ones.*
    """

    name = "Zahner .ism, read by zahner-analysis"

    @staticmethod
    def recognises(file: File) -> bool:
        """Ending."""
        return file.ending == ".ism"

    @staticmethod
    def parse(file: File, hints: Hints) -> Parsed:
        """Return the spectrum of an .ism file.

        Raises
        ------
        FileError
            zahner-analysis is not installed, or cannot read the file.
        """

        def read() -> Table:
            from zahner_analysis.file_import.ism_import import IsmImport

            found = IsmImport(str(file.path))
            return Table.of_spectrum(file.name, found.getFrequencyArray(), found.getComplexImpedanceArray())

        instead = "Or export the file as text from Zahner's software."
        return Parsed(About(Zahner.name, file.name), [read_by("zahner-analysis", "zahner", file, read, instead)])
