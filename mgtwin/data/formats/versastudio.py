"""VersaStudio of Princeton Applied Research (.par)."""

from __future__ import annotations

from collections.abc import Iterator

from mgtwin.data.facts import pairs
from mgtwin.data.formats import Parsed
from mgtwin.data.formats.delimited import splitter
from mgtwin.data.hints import Hints
from mgtwin.data.report import About
from mgtwin.data.table import Table, rows_of
from mgtwin.data.text import TextFile

__all__ = ["parse", "recognises"]

#: Columns of further electrometers and parts of the raw signals, which are not the cell's voltage or impedance.
_OTHERS = ("E2", "Z2", "E Real", "E Imag", "I Real", "I Imag", "E Applied", "Point #", "ADC")

#: Facts that are kept, of hundreds of settings.
_KEPT = (
    "Name", "Version", "Comment", "Working Electrode Area (cm2)", "Reference Electrode", "Amplitude (mV RMS)", "Model",
    "Serial Number", "Measured Open Circuit", "DateAcquired", "TimeAcquired",
)  # fmt: skip


def recognises(file: TextFile) -> bool:
    """The file begins with a section ``<Application>`` of VersaStudio."""
    head = [line.strip() for line in file.lines[:4]]
    return "<Application>" in head and "Name=VersaStudio" in head


def parse(file: TextFile, hints: Hints) -> Parsed:
    """Return the tables of the segments of a VersaStudio file.

    Raises
    ------
    FileError
        There is no segment with rows, or one is cut short.
    """
    tables = list(_segments(file, hints))
    if not tables:
        raise file.error("has no segment with rows: nothing was measured, or the file is cut short.")
    head = pairs(file.lines, "=")
    kept = {name: head[name] for name in _KEPT if head.get(name)}
    date = " ".join(head[name] for name in ("DateAcquired", "TimeAcquired") if head.get(name)) or None
    about = About("VersaStudio", file.name, instrument=head.get("Model"), date=date, metadata=kept)
    if head.get("Working Electrode Area (cm2)") == "1":
        about = about.noted("area of 1 cm² in the file is what VersaStudio writes without being told: not used")
    return Parsed(about, tables)


def _segments(file: TextFile, hints: Hints) -> Iterator[Table]:
    start = None
    for k, line in enumerate(file.lines):
        if line.startswith("<Segment"):
            start = k
        elif line.startswith("</Segment") and start is not None:
            yield from _segment(file, start, k, hints)
            start = None
    if start is not None:
        raise file.error("this segment is not closed: the file is cut short.", start + 1)


def _segment(file: TextFile, start: int, stop: int, hints: Hints) -> Iterator[Table]:
    for k in range(start, stop):
        name, _, value = file.lines[k].partition("=")
        if name != "Definition":
            continue
        labels = [label.strip() for label in value.split(",")]
        labels = labels[:-1] if labels[-1].isdigit() else labels  # a count, not a column
        hidden = [f"({label})" if label.startswith(_OTHERS) else label for label in labels]
        table = rows_of(file, k + 1, stop, splitter(","), hidden, hints)
        if len(table):
            yield table
        return
