"""ZPlot and ZView of Scribner (.z), which Autolab's FRA writes too: new files with a head, and the older Z60W ones."""

from __future__ import annotations

import re

from mgtwin.data.facts import pairs
from mgtwin.data.fileformat import Parsed, file_format
from mgtwin.data.formats.delimited import splitter
from mgtwin.data.hints import Hints
from mgtwin.data.report import About
from mgtwin.data.source import File
from mgtwin.data.table import no_rows, rows_of

__all__ = ["ZView"]

_FIRST = re.compile(r'^"?(?:ZPLOT\w* ASCII|ZPlotW Data File|Z60W Data File|ZVIEW\w* ASCII)', re.IGNORECASE)
_HEAD = re.compile(r'^\s*"?\s*Freq\s*\(Hz\)', re.IGNORECASE)
_POINTS = re.compile(r"Data Points:\s*([0-9]+)")


@file_format
class ZView:
    """ZPlot, ZView (.z), Autolab FRA (Z60W)."""

    name = "ZPlot/ZView"

    @staticmethod
    def recognises(file: File) -> bool:
        """First line."""
        return file.begins(_FIRST)

    @staticmethod
    def parse(file: File, hints: Hints) -> Parsed:
        """Return the spectrum of a ZPlot file.

        Raises
        ------
        FileError
            No line names the columns, or a row is damaged.
        """
        text = file.text
        lines = text.lines
        heads = [k for k, line in enumerate(lines) if _HEAD.match(line)]
        if not heads:
            raise text.error("no line names the columns (Freq(Hz) ...): the file is cut short.")
        head = heads[0]
        start = next((k + 1 for k in range(head, len(lines)) if lines[k].startswith("End Comments")), head + 1)
        labels = [label for label in re.split(r"\t+|\s{2,}", lines[head].strip().strip('"').strip()) if label]
        comma = start < len(lines) and "\t" not in lines[start] and ("," in lines[start])
        split = splitter(",") if comma else splitter("\t")
        no_rows(text, range(head), split, len(labels))
        # Number of points: after "Data Points:", or alone on the line above the heads in older files.
        points = (found[1] for line in lines[:head] if (found := _POINTS.search(line)))
        count = next(points, lines[head - 1].strip() if head else "")
        table = rows_of(
            text, start, len(lines), split, labels, hints, declared=int(count) if count.isdecimal() else None
        )
        above = [line.strip().strip('"') for line in lines[1:head]]
        entries = pairs(above).items()
        values = {name: value for name, value in entries if value and not name.startswith(("Begin", "End"))}
        date = next((found[1] for line in above if (found := re.match(r"Date:\s*([0-9./-]+)", line))), None)
        kind = "Autolab FRA (Z60W)" if "Z60W" in lines[0] else ZView.name
        # "Surface Area: 1" is what ZPlot writes without being told, and it has no unit: it is not taken
        return Parsed(About(kind, text.name, date=date, metadata=values), [table])
