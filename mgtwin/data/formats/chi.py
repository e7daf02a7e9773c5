"""CH Instruments: exports as text."""

from __future__ import annotations

import re
from dataclasses import replace

from mgtwin.data.facts import pairs
from mgtwin.data.fileformat import Parsed, file_format
from mgtwin.data.formats.delimited import Delimited
from mgtwin.data.hints import Hints
from mgtwin.data.source import File

__all__ = ["ChInstruments"]

_MODEL = re.compile(r"Instrument Model:\s*CHI|Data Source:\s*Experiment", re.IGNORECASE)
_CURRENT = re.compile(r"(?:i\d*|current)\s*/", re.IGNORECASE)


@file_format
class ChInstruments:
    """CH Instruments: text."""

    name = "CH Instruments text"

    @staticmethod
    def recognises(file: File) -> bool:
        """A line `Instrument Model: CHI...` in the head."""
        return any(_MODEL.match(line) for line in file.opening)

    @staticmethod
    def parse(file: File, hints: Hints) -> Parsed:
        """Return the table of a CHI file.

        Raises
        ------
        FileError
            The table is damaged, or holds a current: CHI's sign of it is a setting that the file does not have.
        """
        found = Delimited.parse(file, hints)
        # A wrong guess would exchange charge and discharge without any sign of it in the numbers: so none is made.
        currents = [label for label in found.tables[0].labels if _CURRENT.match(label)]
        if currents and "current" not in hints.columns:
            raise file.error(
                "in CHI files cathodic currents are positive unless that was changed in the software, and the file "
                f"does not say. Say it: columns={{'current': mt.Column({currents[0]!r}, negate=True)}} if they are, "
                "negate=False if not."
            )
        head = pairs(file.opening)
        about = replace(
            found.about,
            format=ChInstruments.name,
            instrument=head.get("Instrument Model"),
            date=file.opening[0].strip() or None,
            comment=file.opening[1].strip() or None,
            metadata={name: value for name, value in head.items() if value},
        )
        return Parsed(about, found.tables)
