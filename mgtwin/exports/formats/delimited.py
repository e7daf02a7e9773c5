"""Text with commas."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from ..exportformat import export_format
from ..tables import Table

__all__ = ["Delimited"]


@export_format
class Delimited:
    """Comma-separated text for Origin, Excel, pandas: comments, a row of names, a row of units, the numbers."""

    ending, several = ".csv", False

    @staticmethod
    def takes(table: Table) -> bool:
        """A .csv file holds a table."""
        return True

    @staticmethod
    def write(tables: Sequence[Table], path: Path) -> None:
        """Write the one table, what it comes from as comments in front."""
        (table,) = tables
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(f"# {line}\n" for line in table.about_lines)
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(column.name for column in table.columns)
            writer.writerow(column.unit for column in table.columns)
            writer.writerows(zip(*(column.texts for column in table.columns), strict=True))
