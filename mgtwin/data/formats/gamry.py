"""Gamry Framework: .DTA files."""

from __future__ import annotations

import re

from mgtwin.data.facts import quantity
from mgtwin.data.formats import Parsed
from mgtwin.data.hints import Hints
from mgtwin.data.report import About
from mgtwin.data.table import Table, rows_of
from mgtwin.data.text import TextFile
from mgtwin.errors import FileError

__all__ = ["parse", "recognises"]

_TABLE = re.compile(r"^(?P<name>[A-Z0-9_]+)\tTABLE(?:\t(?P<count>[0-9]+))?\s*$")
_CURVE = re.compile(r"^CURVE[0-9]*$")
#: Area that Gamry writes where the user gave none [m^2].
_DEFAULT_AREA = 1e-4
#: Entry CONVENTION of files in which anodic currents are positive.
_ANODIC = "1"


def recognises(file: TextFile) -> bool:
    """The first line is ``EXPLAIN`` and a ``TAG`` follows."""
    head = [line.strip() for line in file.lines[:3]]
    return bool(head) and head[0] == "EXPLAIN" and any(line.startswith("TAG") for line in head)


def parse(file: TextFile, hints: Hints) -> Parsed:
    """Return the spectrum (ZCURVE), or the curves one below the other as cycles.

    Raises
    ------
    FileError
        There is no curve in the file, or a row is damaged.
    """
    starts = [(k, found) for k, line in enumerate(file.lines) if (found := _TABLE.match(line))]
    about = _about(file, starts[0][0] if starts else len(file.lines))
    names = [found["name"] for _, found in starts]
    wanted = ["ZCURVE"] if "ZCURVE" in names else [name for name in names if _CURVE.match(name)]
    if not wanted:
        held = (
            f"but only {', '.join(names)}"
            if names
            else "only settings: the head is not complete, or nothing was measured"
        )
        raise file.error(f"holds no curve of data (CURVE or ZCURVE), {held}.")
    aborted = any(line.startswith("EXPERIMENTABORTED\tTOGGLE\tT") for line in file.lines)
    if aborted:
        about = about.noted(warnings=["the experiment was aborted: the curve stops early."])
    left = [name for name in names if name not in wanted]
    if left:
        about = about.noted(f"not read: {', '.join(left)}")
    tables = [_curve(file, k, found, aborted, hints) for k, found in starts if found["name"] in wanted]
    if wanted == ["ZCURVE"]:
        return Parsed(about, tables)
    if about.metadata.get("CONVENTION", _ANODIC) != _ANODIC and "current" not in hints.columns:
        raise file.error(
            "the convention of currents in this file is not that anodic ones are positive. If they have the "
            "opposite sign, "
            "give columns={'current': mt.Column('Im', negate=True)}, else negate=False."
        )
    if len(tables) > 1:
        tables = [table.with_column("cycle", [str(n)] * len(table)) for n, table in enumerate(tables, 1)]
    return Parsed(about, [_joined(tables)])


def _joined(tables: list[Table]) -> Table:
    whole = tables[0]
    for table in tables[1:]:
        if table.labels != whole.labels:
            raise FileError(
                "the curves of this file have different columns: put each into a file of its own.", table.file
            )
        whole = whole.below(table)
    return whole


def _curve(file: TextFile, k: int, found: re.Match[str], aborted: bool, hints: Hints) -> Table:
    """Cut out one table: a line of heads, one of units, and rows that begin with a tab (or blanks)."""
    if len(file.lines) < k + 3:
        raise file.error("the table has no rows: the file is cut short here.", k + 1)
    labels = [label.strip() for label in file.lines[k + 1].strip().split("\t")]
    units: list[str | None] = [unit.strip() for unit in file.lines[k + 2].strip().split("\t")]
    units = [None if unit in ("#", "", "bits") else unit for unit in units]
    if len(units) != len(labels):
        raise file.error(f"names {len(labels)} columns, but the line of units below has {len(units)} entries.", k + 2)
    if "Zphz" in labels:  # the degree sign is often lost
        units[labels.index("Zphz")] = "deg"
    stop = next((n for n in range(k + 3, len(file.lines)) if file.lines[n][:1].strip()), len(file.lines))

    def split(line: str) -> list[str]:
        """At tabs, or at blanks where an editor has replaced them."""
        fields = line.removeprefix("\t").split("\t")
        return fields if len(fields) == len(labels) else line.split()

    declared = int(found["count"]) if found["count"] else None
    table = rows_of(file, k + 3, stop, split, labels, hints, units=units, declared=declared, aborted=aborted)
    if not len(table):
        raise file.error("the table has no rows.", k + 1)
    return table


def _about(file: TextFile, stop: int) -> About:
    fields = {parts[0]: parts for line in file.lines[1:stop] if len(parts := line.split("\t")) > 2 and parts[0]}
    value = {name: parts[2].strip() for name, parts in fields.items()}
    area, notes = None, []
    if "AREA" in value:
        area = quantity(f"{value['AREA'].replace(',', '.')} cm^2", "m^2")
        if area is not None and abs(area - _DEFAULT_AREA) < 1e-12:
            area = None
            notes.append("area of 1 cm² in the file is what Gamry writes without being told: not used")
    date = " ".join(value[name] for name in ("DATE", "TIME") if name in value) or None
    return About(
        "Gamry DTA", file.name, instrument=value.get("PSTAT"), date=date, comment=value.get("TITLE"), area=area or None,
        metadata=value, notes=tuple(notes),
    )  # fmt: skip
