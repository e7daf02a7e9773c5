"""CorrWare of Scribner (.cor): signals in time."""

from __future__ import annotations

import re

from mgtwin.data.facts import pairs
from mgtwin.data.fileformat import Parsed, file_format
from mgtwin.data.formats.delimited import columns_of, splitter
from mgtwin.data.hints import Hints
from mgtwin.data.report import About
from mgtwin.data.source import File
from mgtwin.data.table import rows_of

__all__ = ["CorrWare"]

_FIRST = re.compile(r'"?CORRW(?:ARE)?\b', re.IGNORECASE)
#: What the columns hold without heads. Whether currents are per area is a setting that the file does not say.
_LABELS = ("E(V)", "I", "T(s)")


@file_format
class CorrWare:
    """CorrWare (.cor); *no sample file: untested on real ones*."""

    name = "CorrWare"

    @staticmethod
    def recognises(file: File) -> bool:
        """First line `CORRW...`."""
        return file.begins(_FIRST)

    @staticmethod
    def parse(file: File, hints: Hints) -> Parsed:
        """Return the table below ``End Comments``; its first columns are E, I and T unless heads say otherwise.

        Raises
        ------
        FileError
            The head does not end, or a row is damaged.
        """
        text = file.text
        start = next((k + 1 for k, line in enumerate(text.lines) if line.startswith("End Comments")), None)
        if start is None or start >= len(text.lines):
            raise text.error("the head does not end (End Comments): the file is cut short.")
        split = splitter("\t" if "\t" in text.lines[start] else None)
        width = len(split(text.lines[start]))
        labels, _, _ = columns_of(text, split, start - 1, width)
        note = []
        if labels is None or len(labels) != width:
            labels = [*_LABELS, *(f"column {n}" for n in range(4, width + 1))][:width]
            note = ["no heads in the file: columns 1, 2, 3 taken as E, I, T, the order of CorrWare"]
        table = rows_of(text, start, len(text.lines), split, labels, hints).noted(*note)
        values = {name: value for name, value in pairs(line.strip() for line in text.lines[1:start]).items() if value}
        return Parsed(About(CorrWare.name, file.name, date=values.get("Date"), metadata=values), [table])
