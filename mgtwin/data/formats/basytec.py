"""Basytec: result files as text."""

from __future__ import annotations

import re

from mgtwin.data.facts import pairs
from mgtwin.data.fileformat import Parsed, file_format
from mgtwin.data.formats.delimited import parse_text
from mgtwin.data.hints import Hints
from mgtwin.data.source import File

__all__ = ["Basytec"]

_FIRST = re.compile(r"~\s*Resultfile from Basytec", re.IGNORECASE)


@file_format
class Basytec:
    """Basytec: text (.txt)."""

    name = "Basytec text"

    @staticmethod
    def recognises(file: File) -> bool:
        """First line `~Resultfile from Basytec Battery Test System`."""
        return file.begins(_FIRST)

    @staticmethod
    def parse(file: File, hints: Hints) -> Parsed:
        """Return the table of a Basytec result file.

        Raises
        ------
        FileError
            The table is damaged.
        """
        found = parse_text(file.text, hints, Basytec.name)
        head = {name.lstrip("~"): value for name, value in pairs(file.opening).items() if value}
        about = found.about.with_(date=head.get("Start of Test"), comment=head.get("Battery"), metadata=head)
        return Parsed(about, found.tables)
