"""VersaStudio of Princeton Applied Research (.par)."""

from __future__ import annotations

from mgtwin.data.facts import pairs, sample
from mgtwin.data.fileformat import Parsed, file_format
from mgtwin.data.formats.delimited import splitter
from mgtwin.data.hints import Hints
from mgtwin.data.report import About
from mgtwin.data.source import File
from mgtwin.data.table import rows_of

__all__ = ["VersaStudio"]

#: Columns of further electrometers and parts of the raw signals, which are not the cell's voltage or impedance.
_OTHERS = ("E2", "Z2", "E Real", "E Imag", "I Real", "I Imag", "E Applied", "Point #", "ADC")

#: Facts that are kept, of hundreds of settings.
_KEPT = (
    "Name", "Version", "Comment", "Working Electrode Area (cm2)", "Reference Electrode", "Amplitude (mV RMS)", "Model",
    "Serial Number", "Measured Open Circuit", "DateAcquired", "TimeAcquired",
)  # fmt: skip


@file_format
class VersaStudio:
    """VersaStudio (.par)."""

    name = "VersaStudio"

    @staticmethod
    def recognises(file: File) -> bool:
        """Section `<Application>` with `Name=VersaStudio`."""
        head = [line.strip() for line in file.opening[:4]]
        return "<Application>" in head and "Name=VersaStudio" in head

    @staticmethod
    def parse(file: File, hints: Hints) -> Parsed:
        """Return the tables of the segments of a VersaStudio file.

        Raises
        ------
        FileError
            There is no segment with rows, or one is cut short.
        """
        text = file.text
        tables, start = [], None
        for k, line in enumerate(text.lines):
            if line.startswith("<Segment"):
                if start is not None:
                    raise text.error("this segment is not closed before the next one: the file is damaged.", start + 1)
                start = k
            elif line.startswith("</Segment") and start is not None:
                named = next((n for n in range(start, k) if text.lines[n].partition("=")[0] == "Definition"), None)
                if named is None:
                    raise text.error(
                        "this segment does not name its columns (Definition=): the file is damaged.", start + 1
                    )
                labels = [label.strip() for label in text.lines[named].partition("=")[2].split(",")]
                labels = labels[:-1] if labels[-1].isdecimal() else labels  # a count, not a column
                hidden = [f"({label})" if label.startswith(_OTHERS) else label for label in labels]
                table = rows_of(text, named + 1, k, splitter(","), hidden, hints)
                tables += [table] if len(table) else []
                start = None
        if start is not None:
            raise text.error("this segment is not closed: the file is cut short.", start + 1)
        if not tables:
            raise text.error("has no segment with rows: nothing was measured, or the file is cut short.")
        head = pairs(text.lines, "=")
        kept = {name: head[name] for name in _KEPT if head.get(name)}
        date = " ".join(head[name] for name in ("DateAcquired", "TimeAcquired") if head.get(name)) or None
        about = About(VersaStudio.name, file.name, instrument=head.get("Model"), date=date, metadata=kept)
        area = head.get("Working Electrode Area (cm2)")
        area = f"{area} cm^2" if area else ""
        return Parsed(sample(about, "area", area, tables[0].decimal, unless=1e-4, program=VersaStudio.name), tables)
