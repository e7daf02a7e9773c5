"""CH Instruments: exports as text."""

from __future__ import annotations

import re
from dataclasses import replace

from mgtwin.data.facts import pairs
from mgtwin.data.formats import Parsed, delimited
from mgtwin.data.hints import Hints
from mgtwin.data.text import TextFile

__all__ = ["parse", "recognises"]

_MODEL = re.compile(r"^Instrument Model:\s*CHI", re.IGNORECASE)


def recognises(file: TextFile) -> bool:
    """A line of the head names a CHI instrument."""
    return any(_MODEL.match(line) for line in file.lines[:30])


def parse(file: TextFile, hints: Hints) -> Parsed:
    """Return the table of a CHI file.

    Raises
    ------
    FileError
        The table is damaged, or holds a current: CHI's sign of it is a setting that the file does not have.
    """
    found = delimited.parse(file, hints)
    table = found.tables[0]
    currents = [label for label in table.labels if re.match(r"(?:i\d*|current)\s*/", label, re.IGNORECASE)]
    if currents and "current" not in hints.columns:
        raise file.error(
            "in CHI files cathodic currents are positive unless that was changed in the software, and the file does "
            "not say. "
            f"Say it: columns={{'current': mt.Column({currents[0]!r}, negate=True)}} if they are, negate=False if not."
        )
    head = pairs(file.lines[:30])
    about = replace(
        found.about,
        format="CH Instruments text",
        instrument=head.get("Instrument Model"),
        date=file.lines[0].strip() or None,
        comment=file.lines[1].strip() or None,
        metadata={name: value for name, value in head.items() if value},
    )
    return Parsed(about, found.tables)
