"""IviumSoft: data files (.idf), in which the numbers are text between binary parts."""

from __future__ import annotations

import re
from pathlib import Path

from mgtwin.data.facts import pairs
from mgtwin.data.formats import Parsed
from mgtwin.data.hints import Hints
from mgtwin.data.report import About
from mgtwin.data.table import Table, rows_of
from mgtwin.data.text import TextFile
from mgtwin.errors import FileError

__all__ = ["parse", "recognises"]

_BLOCK = b"primary_data"
_METHOD = re.compile(r"^Method=(.*)$", re.MULTILINE)
_LABELS = ("Re(Z)/Ohm", "Im(Z)/Ohm", "freq/Hz")


def recognises(raw: bytes) -> bool:
    """A binary file with ``Version=`` at its start and a block ``primary_data``."""
    return b"Version=" in raw[:64] and _BLOCK in raw


def parse(path: Path, raw: bytes, hints: Hints) -> Parsed:
    """Return the spectra of an Ivium file.

    Raises
    ------
    FileError
        It is no impedance, or the block of data is cut short.
    """
    text = raw.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n")
    lines = tuple(text.split("\n"))
    file = TextFile(path, lines, True)
    head = pairs(lines, "=")
    method = head.get("Method", "")
    if method.casefold() != "impedance":
        raise FileError(
            f"this Ivium file holds the method {method or 'unknown'!r}; only impedance is read. Export it as text.",
            path.name,
        )
    blocks = [k for k, line in enumerate(lines) if line.startswith("primary_data")]
    tables = [table for k in blocks if (table := _block(file, k, hints))]
    if not tables:
        raise file.error("the block of data is empty or cut short: the experiment was not finished.")
    settings = {name: value for name, value in head.items() if name.isprintable() and value.isprintable() and value}
    kept = {
        name: value for name, value in settings.items() if len(name) < 40 and "freq" not in name and ".amp" not in name
    }
    about = About("Ivium data file", path.name, instrument=head.get("serialnumber"), date=head.get("starttime"),
                  comment=head.get("Title"), metadata=kept)  # fmt: skip
    notes = [
        f"{name.lower()} of {head[key]} in the file is what Ivium writes without being told: not used"
        for name, key, default in (
            ("Area", "Data Options.Area", "1"),
            ("Temperature", "Data Options.Temperature", "298"),
        )
        if head.get(key) == default
    ]
    return Parsed(about.noted(*notes), tables)


def _block(file: TextFile, k: int, hints: Hints) -> Table | None:
    """Read one block: below its name the number of columns (behind a mark of one or two bytes) and that of the rows."""
    if k + 2 >= len(file.lines):
        return None
    columns = re.search(r"([0-9]+)\s*$", file.lines[k + 1])
    count = re.match(r"\s*([0-9]+)\s*$", file.lines[k + 2])
    if not columns or not count:
        raise file.error("the block of data does not say its size: the file is damaged.", k + 1)
    if int(columns[1]) != len(_LABELS):
        raise file.error(f"the block of data has {columns[1]} columns; an impedance has {len(_LABELS)}.", k + 1)
    stop = k + 3 + int(count[1])
    if stop > len(file.lines):
        raise file.error(
            f"the block of data announces {count[1]} rows, but the file ends before: it is cut short.", k + 1
        )
    return rows_of(file, k + 3, stop, str.split, _LABELS, hints, declared=int(count[1])) if int(count[1]) else None
