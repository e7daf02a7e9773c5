"""RelaxIS of rhd instruments: exports of spectra as text."""

from __future__ import annotations

import re

from mgtwin.data.facts import pairs
from mgtwin.data.fileformat import Parsed, file_format
from mgtwin.data.formats.delimited import splitter
from mgtwin.data.hints import Hints
from mgtwin.data.report import About
from mgtwin.data.source import File
from mgtwin.data.table import no_rows, rows_of

__all__ = ["RelaxIs"]

_FIRST = re.compile("RelaxIS")
_UNITS = {"Frequency": "Hz", "Z'": "ohm", "Z''": "ohm", "|Z|": "ohm", "Theta (Z)": "deg"}


@file_format
class RelaxIs:
    """RelaxIS: text."""

    name = "RelaxIS text"

    @staticmethod
    def recognises(file: File) -> bool:
        """First line `RelaxIS ...`."""
        return file.begins(_FIRST)

    @staticmethod
    def parse(file: File, hints: Hints) -> Parsed:
        """Return the spectra of a RelaxIS export, each below its line of conditions.

        Raises
        ------
        FileError
            No line names the columns, or a row is damaged.
        """
        text = file.text
        lines, count = text.lines, len(text.lines)
        head = next((k for k, line in enumerate(lines) if line.startswith("Data: ")), None)
        if head is None:
            raise text.error("no line names the columns (Data: Frequency ...): the file is cut short.")
        split = splitter("\t")
        labels = [label.removeprefix("Data: ").strip() for label in split(lines[head]) if label]
        units = [_UNITS.get(label) for label in labels]
        starts = [k for k in range(head + 1, count) if "Model:" in lines[k] or lines[k].startswith("DC=")]
        no_rows(text, range(head), split, len(labels))
        # rows above the first line of conditions, or all rows of a file without any, are a spectrum as well
        begins = starts if any(k == head + 1 for k in starts) else [head, *starts]
        tables = []
        for k, stop in zip(begins, [*begins[1:], count], strict=True):
            table = rows_of(text, k + 1, stop, split, labels, hints, units=units)
            conditions = f"conditions: {lines[k].split(chr(9))[0]}"
            tables += [table.noted(*([conditions] if k in starts else []))] if len(table) else []
        if not tables:
            raise text.error("holds no rows: it is cut short.")
        values = pairs(lines[:head])
        return Parsed(About(RelaxIs.name, file.name, date=values.get("Date"), metadata=values), tables)
