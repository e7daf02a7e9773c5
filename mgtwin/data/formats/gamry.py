"""Gamry Framework: .DTA files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from mgtwin.data.facts import sample
from mgtwin.data.fileformat import Parsed, file_format
from mgtwin.data.hints import Hints
from mgtwin.data.report import About
from mgtwin.data.source import File
from mgtwin.data.table import Table, no_rows, rows_of
from mgtwin.data.text import TextFile
from mgtwin.errors import FileError

__all__ = ["Gamry"]

_TABLE = re.compile(r"^(?P<name>[A-Z0-9_]+)\tTABLE(?:\t(?P<count>[0-9]+))?\s*$")
_CURVE = re.compile(r"^CURVE[0-9]*$")
#: Entry CONVENTION of files in which anodic currents are positive.
_ANODIC = "1"


@file_format
class Gamry:
    """Gamry Framework (.DTA)."""

    name = "Gamry DTA"

    @staticmethod
    def recognises(file: File) -> bool:
        """First line `EXPLAIN`, then `TAG`."""
        head = [line.strip() for line in file.opening[:3]]
        return head[:1] == ["EXPLAIN"] and any(line.startswith("TAG") for line in head)

    @staticmethod
    def parse(file: File, hints: Hints) -> Parsed:
        """Return the spectrum (ZCURVE), or the curves one below the other as cycles.

        Raises
        ------
        FileError
            There is no curve in the file, or a row is damaged.
        """
        text = file.text
        starts = [(k, found) for k, line in enumerate(text.lines) if (found := _TABLE.match(line))]
        names = [found["name"] for _, found in starts]
        # A file of a spectrum also holds the open circuit before it, which is another measurement.
        wanted = ["ZCURVE"] if "ZCURVE" in names else [name for name in names if _CURVE.match(name)]
        if not wanted:
            held = f"but only {', '.join(names)}" if names else (
                "only settings: the head is not complete, or nothing was measured"
            )  # fmt: skip
            raise text.error(f"holds no curve of data (CURVE or ZCURVE), {held}.")
        # Gamry writes this entry behind what it measured: an early end is then no damage of the file.
        aborted = any(line.startswith("EXPERIMENTABORTED\tTOGGLE\tT") for line in text.lines)
        tables = list(_curves(text, starts, wanted, aborted, hints))
        head = [line.split("\t") for line in text.lines[1 : starts[0][0]]]
        value = {fields[0]: fields[2].strip() for fields in head if len(fields) > 2 and fields[0]}
        date = " ".join(value[name] for name in ("DATE", "TIME") if name in value) or None
        about = About(Gamry.name, text.name, instrument=value.get("PSTAT"), date=date, comment=value.get("TITLE"),
                      metadata=value)  # fmt: skip
        area = f"{value['AREA']} cm^2" if value.get("AREA") else ""
        about = sample(about, "area", area, tables[0].decimal, unless=1e-4, program="Gamry")
        if aborted:
            about = about.noted(warnings=["the experiment was aborted: the curve stops early."])
        # What a file holds besides is said, so that nobody takes the result for all of it.
        left = [name for name in names if name not in wanted]
        about = about.noted(*([f"not read: {', '.join(left)}"] if left else []))
        if wanted == ["ZCURVE"]:
            return Parsed(about, tables)
        if about.metadata.get("CONVENTION", _ANODIC) != _ANODIC and "current" not in hints.columns:
            raise text.error(
                "the convention of currents in this file is not that anodic ones are positive. If they have the "
                "opposite sign, give columns={'current': mt.Column('Im', negate=True)}, else negate=False."
            )
        if len(tables) > 1:
            # the curves carry no number of their own once they stand in one table
            tables = [table.with_column("cycle", [str(n)] * len(table)) for n, table in enumerate(tables, 1)]
        whole = tables[0]
        for table in tables[1:]:
            # Columns are joined by their places: other heads would put one quantity below another.
            if table.labels != whole.labels:
                raise FileError(
                    "the curves of this file have different columns: put each into a file of its own.", table.file
                )
            whole = whole.below(table)
        return Parsed(about, [whole])


def _curves(
    text: TextFile, starts: list[tuple[int, re.Match[str]]], wanted: list[str], aborted: bool, hints: Hints
) -> Iterator[Table]:
    """Cut out the wanted tables: a line of heads, one of units, and rows that begin with a tab (or blanks)."""
    for (k, found), (end, _) in zip(starts, [*starts[1:], (len(text.lines), None)], strict=True):
        if found["name"] not in wanted:
            continue
        if len(text.lines) < k + 3:
            raise text.error("the table has no rows: the file is cut short here.", k + 1)
        labels = [label.strip() for label in text.lines[k + 1].strip().split("\t")]
        units: list[str | None] = [unit.strip() for unit in text.lines[k + 2].strip().split("\t")]
        units = [None if unit in ("#", "", "bits") else unit for unit in units]
        if len(units) != len(labels):
            raise text.error(
                f"names {len(labels)} columns, but the line of units below has {len(units)} entries.", k + 2
            )
        if "Zphz" in labels:  # the degree sign is often lost
            units[labels.index("Zphz")] = "deg"
        # A row that strayed above or below the table would be missing from it unnoticed.
        no_rows(text, range(starts[0][0]), _splitter(len(labels)), len(labels))
        # Rows are indented, settings below them are not; a row below a setting is damage.
        stop = next((n for n in range(k + 3, end) if text.lines[n][:1].strip()), end)
        later = next((n for n in range(stop, end) if text.lines[n][:1] in ("\t", " ") and text.lines[n].strip()), None)
        if later is not None:
            raise text.error(
                f"is no row of the table, although line {later + 1} below is one again: the file is damaged here.",
                stop + 1,
            )
        no_rows(text, range(stop, end), _splitter(len(labels)), len(labels))
        declared = int(found["count"]) if found["count"] else None
        table = rows_of(text, k + 3, stop, _splitter(len(labels)), labels, hints, units=units, declared=declared,
                        aborted=aborted)  # fmt: skip
        if not len(table):
            raise text.error("the table has no rows.", k + 1)
        yield table


def _splitter(width: int) -> Callable[[str], list[str]]:
    def split(line: str) -> list[str]:
        """At tabs, or at blanks where an editor has replaced them."""
        fields = line.removeprefix("\t").split("\t")
        return fields if len(fields) == width else line.split()

    return split
