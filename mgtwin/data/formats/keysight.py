"""Keysight's impedance and network analysers (E4990A, E5061B ...): CSV with a block for each channel."""

from __future__ import annotations

import re
from dataclasses import replace

from mgtwin.data.facts import facts, pairs
from mgtwin.data.fileformat import Parsed, file_format
from mgtwin.data.formats.delimited import splitter
from mgtwin.data.hints import Hints
from mgtwin.data.report import About
from mgtwin.data.source import File
from mgtwin.data.table import rows_of

__all__ = ["Keysight"]

_FIRST = re.compile(r"!\s*CSV\b")


@file_format
class Keysight:
    """Keysight analysers (.csv), with one block or one for each trace."""

    name = "Keysight CSV"

    @staticmethod
    def recognises(file: File) -> bool:
        """First line `!CSV`, then `BEGIN`."""
        return file.begins(_FIRST) and any(line.startswith("BEGIN") for line in file.opening)

    @staticmethod
    def parse(file: File, hints: Hints) -> Parsed:
        """Return the tables between ``BEGIN`` and ``END``; those of the same frequencies as one.

        Raises
        ------
        FileError
            A block does not end, or a row is damaged.
        """
        text = file.text
        begins = [k for k, line in enumerate(text.lines) if line.startswith("BEGIN")]
        tables = []
        for begin, next_one in zip(begins, [*begins[1:], len(text.lines)], strict=True):
            end = next((k for k in range(begin, next_one) if text.lines[k].strip() == "END"), None)
            if end is None or end < begin + 2:
                raise text.error("this block does not end (END): the file is cut short.", begin + 1)
            split = splitter(",")
            tables.append(rows_of(text, begin + 2, end, split, split(text.lines[begin + 1]), hints))
        head = [line.lstrip("! ") for line in text.lines[: begins[0]]]
        about = replace(About(Keysight.name, file.name, date=pairs(head).get("Date")), metadata=pairs(head))
        first = tables[0]
        # Traces of one sweep print the same frequencies, and make one table of all columns; compared as text, nothing
        # is a matter of rounding.
        if all(table.words(0) == first.words(0) for table in tables):
            rows = [
                tuple(token for k, row in enumerate(fields) for token in row[k > 0 :])
                for fields in zip(*(table.rows for table in tables), strict=True)
            ]
            labels = tuple(label for k, table in enumerate(tables) for label in table.labels[k > 0 :])
            tables = [replace(first, labels=labels, units=(None,) * len(labels), rows=tuple(rows))]
        return Parsed(facts(about, head, first.decimal), tables)
