"""RelaxIS of rhd instruments: exports of spectra as text."""

from __future__ import annotations

import re
from dataclasses import replace

from mgtwin.data.facts import pairs
from mgtwin.data.formats import Parsed
from mgtwin.data.formats.delimited import splitter
from mgtwin.data.hints import Hints
from mgtwin.data.report import About
from mgtwin.data.table import Table, rows_of
from mgtwin.data.text import TextFile

__all__ = ["parse", "recognises"]

_FIRST = re.compile("RelaxIS")
_UNITS = {"Frequency": "Hz", "Z'": "ohm", "Z''": "ohm", "|Z|": "ohm", "Theta (Z)": "deg"}


def recognises(file: TextFile) -> bool:
    """The first line is that of a RelaxIS spectrum export."""
    return file.begins(_FIRST)


def parse(file: TextFile, hints: Hints) -> Parsed:
    """Return the spectra of a RelaxIS export, each below its line of conditions.

    Raises
    ------
    FileError
        No line names the columns, or a row is damaged.
    """
    head = next((k for k, line in enumerate(file.lines) if line.startswith("Data: ")), None)
    if head is None:
        raise file.error("no line names the columns (Data: Frequency ...): the file is cut short.")
    split = splitter("\t")
    labels = [label.removeprefix("Data: ").strip() for label in split(file.lines[head]) if label]
    units = [_UNITS.get(label) for label in labels]
    starts = [
        k for k in range(head + 1, len(file.lines)) if "Model:" in file.lines[k] or file.lines[k].startswith("DC=")
    ]
    tables: list[Table] = []
    for k, stop in zip(starts, [*starts[1:], len(file.lines)], strict=True):
        conditions = file.lines[k].split("\t")[0]
        table = rows_of(file, k + 1, stop, split, labels, hints, units=units)
        tables.append(table.noted(f"conditions: {conditions}"))
    if not starts:
        tables = [rows_of(file, head + 1, len(file.lines), split, labels, hints, units=units)]
    values = pairs(file.lines[:head])
    return Parsed(replace(About("RelaxIS text", file.name), date=values.get("Date"), metadata=values), tables)
