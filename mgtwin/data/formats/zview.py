"""ZPlot and ZView of Scribner (.z), which Autolab's FRA writes too: new files with a head, and the older Z60W ones."""

from __future__ import annotations

import re

from mgtwin.data.facts import facts, pairs
from mgtwin.data.formats import Parsed
from mgtwin.data.formats.delimited import splitter
from mgtwin.data.hints import Hints
from mgtwin.data.report import About
from mgtwin.data.table import rows_of
from mgtwin.data.text import TextFile

__all__ = ["parse", "recognises"]

_FIRST = re.compile(r'^"?(?:ZPLOT\w* ASCII|ZPlotW Data File|Z60W Data File|ZVIEW\w* ASCII)', re.IGNORECASE)
_HEAD = re.compile(r'^\s*"?\s*Freq\s*\(Hz\)', re.IGNORECASE)
_POINTS = re.compile(r"Data Points:\s*([0-9]+)")


def recognises(file: TextFile) -> bool:
    """The first line names ZPlot, ZView or a Z60W data file."""
    return file.begins(_FIRST)


def parse(file: TextFile, hints: Hints) -> Parsed:
    """Return the spectrum of a ZPlot file.

    Raises
    ------
    FileError
        No line names the columns, or a row is damaged.
    """
    heads = [k for k, line in enumerate(file.lines) if _HEAD.match(line)]
    if not heads:
        raise file.error("no line names the columns (Freq(Hz) ...): the file is cut short.")
    head = heads[0]
    start = next((k + 1 for k in range(head, len(file.lines)) if file.lines[k].startswith("End Comments")), head + 1)
    labels = [label for label in re.split(r"\t+|\s{2,}", file.lines[head].strip().strip('"').strip()) if label]
    comma = start < len(file.lines) and "\t" not in file.lines[start] and ("," in file.lines[start])
    split = splitter(",") if comma else splitter("\t")
    declared = _declared(file, head)
    table = rows_of(file, start, len(file.lines), split, labels, hints, declared=declared)
    return Parsed(_about(file, head), [table])


def _declared(file: TextFile, head: int) -> int | None:
    """Number of points: after ``Data Points:``, or alone on the line above the heads in older files."""
    for line in file.lines[:head]:
        if found := _POINTS.search(line):
            return int(found[1])
    above = file.lines[head - 1].strip() if head else ""
    return int(above) if above.isdigit() else None


def _about(file: TextFile, head: int) -> About:
    lines = [line.strip().strip('"') for line in file.lines[1:head]]
    values = {name: value for name, value in pairs(lines).items() if value and not name.startswith(("Begin", "End"))}
    date = next((found[1] for line in lines if (found := re.match(r"Date:\s*([0-9./-]+)", line))), None)
    kind = "Autolab FRA (Z60W)" if "Z60W" in file.lines[0] else "ZPlot/ZView"
    # "Surface Area: 1" is what ZPlot writes without being told, and it has no unit
    return facts(About(kind, file.name, date=date, metadata=values), ())
