"""Novonix: exports of the high-precision chargers as CSV."""

from __future__ import annotations

from mgtwin.data.facts import pairs, sample
from mgtwin.data.fileformat import Parsed, file_format
from mgtwin.data.formats.delimited import parse_text
from mgtwin.data.hints import Hints
from mgtwin.data.source import File

__all__ = ["Novonix"]


@file_format
class Novonix:
    """Novonix HPC, UHPC (.csv)."""

    name = "Novonix CSV"

    @staticmethod
    def recognises(file: File) -> bool:
        """A line `Novonix ...` in the head."""
        return any(line.startswith("Novonix") for line in file.opening[:10])

    @staticmethod
    def parse(file: File, hints: Hints) -> Parsed:
        """Return the table of a Novonix file.

        Raises
        ------
        FileError
            The table is damaged.
        """
        found = parse_text(file.text, hints, Novonix.name)
        head = {name: value for name, value in pairs(file.opening[:30]).items() if value and len(name) < 40}
        # The area that the general reader found is taken back: below it is read with Novonix's default in mind.
        about = found.about.with_(date=head.get("Started"), comment=head.get("Cell"), metadata=head, area=None)
        area = f"{head['Area (cm2)']} cm^2" if "Area (cm2)" in head else ""
        return Parsed(sample(about, "area", area, ".", unless=1e-4, program="Novonix"), found.tables)
