"""Maccor: exports as text, with magnitudes of the current beside a letter for its direction."""

from __future__ import annotations

import re

from mgtwin.data.fileformat import Parsed, file_format
from mgtwin.data.formats.delimited import parse_text
from mgtwin.data.hints import Hints
from mgtwin.data.labels import understand
from mgtwin.data.source import File

__all__ = ["Maccor"]

_FIRST = re.compile(r"\"?Today's Date", re.IGNORECASE)
_START = re.compile(r"Date of Test:?[\s,]*([0-9][^\t,]*?)(?:\s{2,}|\t|,|$)", re.IGNORECASE)


@file_format
class Maccor:
    """Maccor: text (.txt, .csv)."""

    name = "Maccor text"

    @staticmethod
    def recognises(file: File) -> bool:
        """First line `Today's Date ...`."""
        return file.begins(_FIRST)

    @staticmethod
    def parse(file: File, hints: Hints) -> Parsed:
        """Return the table of a Maccor export.

        Raises
        ------
        FileError
            The table is damaged.
        """
        found = parse_text(file.text, hints, Maccor.name)
        # The first line has the day of the export; the test began at the date that stands further right or below.
        start = next((match[1] for line in file.opening[:5] if (match := _START.search(line))), found.about.date)
        about = found.about.with_(date=start)
        table = found.tables[0]
        meanings = [understand(label, unit) for label, unit in zip(table.labels, table.units, strict=True)]
        if not any(meaning and meaning.quantity == "direction" for meaning in meanings):
            about = about.noted(warnings=[
                "Maccor prints currents as magnitudes unless it is set otherwise, and this file has no column of the "
                "state (MD or State): a discharge may be read as a charge."
            ])  # fmt: skip
        return Parsed(about, found.tables)
