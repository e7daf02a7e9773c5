"""IviumSoft: data files (.idf), in which the numbers are text between binary parts."""

from __future__ import annotations

import re

from mgtwin.data.facts import pairs
from mgtwin.data.fileformat import Parsed, file_format
from mgtwin.data.hints import Hints
from mgtwin.data.report import About
from mgtwin.data.source import File
from mgtwin.data.table import rows_of
from mgtwin.data.text import TextFile

__all__ = ["Ivium"]

_BLOCK = b"primary_data"
#: What stands between the texts, in some files also before the names of blocks.
_MARKS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LABELS = ("Re(Z)/Ohm", "Im(Z)/Ohm", "freq/Hz")
#: Entries with what Ivium writes into them without being told.
_DEFAULTS = {"Area": ("Data Options.Area", "1"), "Temperature": ("Data Options.Temperature", "298")}


@file_format
class Ivium:
    """Ivium (.idf), impedance."""

    name = "Ivium data file"

    @staticmethod
    def recognises(file: File) -> bool:
        """`Version=` and a block `primary_data`."""
        return b"Version=" in file.head and not file.opening and _BLOCK in file.raw

    @staticmethod
    def parse(file: File, hints: Hints) -> Parsed:
        """Return the spectra of an Ivium file.

        Raises
        ------
        FileError
            It is no impedance, or the block of data is cut short.
        """
        # every byte is a character of latin-1, also those of the binary parts between the texts
        text = file.raw.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n")
        lines = tuple(_MARKS.sub("", line) for line in text.split("\n"))
        whole = TextFile(file.path, lines, True)
        head = pairs(lines, "=")
        method = head.get("Method", "")
        if method.casefold() != "impedance":
            raise file.error(
                f"this Ivium file holds the method {method or 'unknown'!r}; only impedance is read. Export it as text."
            )
        blocks = [k for k, line in enumerate(lines) if line.startswith("primary_data")]
        tables = []
        for k in blocks:
            # Below its name the number of columns (behind a mark of one or two bytes) and that of the rows.
            if k + 2 >= len(lines):
                raise whole.error("the block of data does not say its size: the file is cut short.", k + 1)
            columns = re.search(r"([0-9]+)\s*$", lines[k + 1])
            count = re.match(r"\s*([0-9]+)\s*$", lines[k + 2])
            if not columns or not count:
                raise whole.error("the block of data does not say its size: the file is damaged.", k + 1)
            if int(columns[1]) != len(_LABELS):
                raise whole.error(
                    f"the block of data has {columns[1]} columns; an impedance has {len(_LABELS)}.", k + 1
                )
            declared = int(count[1])
            if k + 3 + declared > len(lines):
                raise whole.error(
                    f"the block of data announces {declared} rows, but the file ends before: it is cut short.", k + 1
                )
            if declared:
                table = rows_of(whole, k + 3, k + 3 + declared, str.split, _LABELS, hints, declared=declared)
                tables += [table] if len(table) else []
        if not tables:
            raise file.error("the block of data is empty or cut short: the experiment was not finished.")
        printable = {name: value for name, value in head.items() if (name + value).isprintable() and value}
        kept = {name: value for name, value in printable.items()
                if len(name) < 40 and "freq" not in name and ".amp" not in name}  # fmt: skip
        about = About(Ivium.name, file.name, instrument=head.get("serialnumber"), date=head.get("starttime"),
                      comment=head.get("Title"), metadata=kept)  # fmt: skip
        notes = [
            f"{name.lower()} of {default} in the file is what Ivium writes without being told: not used"
            for name, (entry, default) in _DEFAULTS.items()
            if head.get(entry) == default
        ]
        return Parsed(about.noted(*notes), tables)
