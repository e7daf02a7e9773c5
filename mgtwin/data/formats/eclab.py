"""EC-Lab and BT-Lab of BioLogic: exports as text (.mpt, .txt)."""

from __future__ import annotations

import re

from mgtwin.data.facts import pairs, quantity
from mgtwin.data.formats import Parsed
from mgtwin.data.formats.delimited import splitter
from mgtwin.data.hints import Hints
from mgtwin.data.report import About
from mgtwin.data.table import rows_of
from mgtwin.data.text import TextFile

__all__ = ["parse", "recognises"]

_FIRST = re.compile(r"(?:EC|BT)-Lab ASCII FILE", re.IGNORECASE)
_COUNT = re.compile(r"Nb header lines\s*:\s*([0-9]+)")
#: Area that EC-Lab writes where the user gave none [m^2].
_DEFAULT_AREA = 1e-7


def recognises(file: TextFile) -> bool:
    """The first line is ``EC-Lab ASCII FILE``."""
    return file.begins(_FIRST)


def parse(file: TextFile, hints: Hints) -> Parsed:
    """Return the table of an EC-Lab text file.

    Raises
    ------
    FileError
        The head is cut short, or does not name every column.
    """
    count = next((int(found[1]) for line in file.lines[:5] if (found := _COUNT.search(line))), None)
    if count is None or not 2 <= count < len(file.lines):
        raise file.error("the head of this EC-Lab file is not complete: it has no rows. Export it again.")
    split = splitter("\t")
    labels = list(split(file.lines[count - 1]))
    while labels and not labels[-1]:
        labels.pop()
    if len(labels) < 2:
        raise file.error(
            f"line {count} should name the columns (the file says that it has {count} lines of head).", count
        )
    table = rows_of(file, count, len(file.lines), split, labels, hints)
    return Parsed(_about(file, count), [table])


def _about(file: TextFile, count: int) -> About:
    head = pairs(file.lines[2 : count - 1], " : ")
    area: float | None = None
    note: tuple[str, ...] = ()
    for name in head:
        if name.casefold().startswith("electrode surface area"):
            area = quantity(head[name].replace(",", "."), "m^2")
    if area is not None and abs(area - _DEFAULT_AREA) < 1e-12:
        area, note = None, ("area of 0.001 cm² in the file is what EC-Lab writes without being told: not used",)
    technique = next((line.strip() for line in file.lines[2:6] if line.strip()), None)
    date = head.get("Technique started on") or head.get("Acquisition started on")
    kept = {name: value for name, value in head.items() if value}
    return About(
        "EC-Lab text", file.name, instrument=head.get("Device"), date=date, comment=head.get("Comments") or technique,
        area=area if area else None, metadata=kept, notes=note,
    )  # fmt: skip
