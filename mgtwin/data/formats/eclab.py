"""EC-Lab and BT-Lab of BioLogic: exports as text (.mpt, .txt)."""

from __future__ import annotations

import re

from mgtwin.data.facts import pairs, sample
from mgtwin.data.fileformat import Parsed, file_format
from mgtwin.data.formats.delimited import splitter
from mgtwin.data.hints import Hints
from mgtwin.data.report import About
from mgtwin.data.source import File
from mgtwin.data.table import no_rows, rows_of

__all__ = ["EcLab"]

_FIRST = re.compile(r"(?:EC|BT)-Lab ASCII FILE", re.IGNORECASE)
_COUNT = re.compile(r"Nb header lines\s*:\s*([0-9]+)")


@file_format
class EcLab:
    """EC-Lab, BT-Lab: text (.mpt, .txt)."""

    name = "EC-Lab text"

    @staticmethod
    def recognises(file: File) -> bool:
        """First lines `EC-Lab ASCII FILE`, `Nb header lines`."""
        return file.begins(_FIRST) or any(_COUNT.match(line) for line in file.opening[:3])

    @staticmethod
    def parse(file: File, hints: Hints) -> Parsed:
        """Return the table of an EC-Lab text file.

        Raises
        ------
        FileError
            The head is cut short, or does not name every column.
        """
        text = file.text
        count = next((int(found[1]) for line in text.lines[:5] if (found := _COUNT.search(line))), None)
        if count is None or not 2 <= count < len(text.lines):
            raise text.error("the head of this EC-Lab file is not complete: it has no rows. Export it again.")
        split = splitter("\t")
        labels = list(split(text.lines[count - 1]))
        # EC-Lab ends its line of heads with a tab
        while labels and not labels[-1]:
            labels.pop()
        if len(labels) < 2:
            raise text.error(
                f"line {count} should name the columns (the file says that it has {count} lines of head).", count
            )
        no_rows(text, range(count - 1), split, len(labels))
        table = rows_of(text, count, len(text.lines), split, labels, hints)
        head = pairs(text.lines[2 : count - 1], " : ")
        technique = next((line.strip() for line in text.lines[2 : min(6, count - 1)] if line.strip()), None)
        date = head.get("Technique started on") or head.get("Acquisition started on")
        kept = {name: value for name, value in head.items() if value}
        about = About("EC-Lab text", file.name, instrument=head.get("Device"), date=date,
                      comment=head.get("Comments") or technique, metadata=kept)  # fmt: skip
        area = next((value for name, value in head.items() if name.casefold().startswith("electrode surface area")), "")
        return Parsed(sample(about, "area", area, table.decimal, unless=1e-7, program="EC-Lab"), [table])
