"""The Battery Data Format of the Battery Data Alliance."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from ..exportformat import export_format
from ..tables import Table

__all__ = ["BatteryDataFormat"]

#: The preferred labels of the format by our columns; its sign of the current is ours: charging is positive.
_LABELS = {
    "time": "Test Time / s", "voltage": "Voltage / V", "current": "Current / A", "cycle": "Cycle Count / 1",
    "cycle_number": "Cycle Count / 1", "step": "Step Count / 1",
}  # fmt: skip


@export_format
class BatteryDataFormat:
    """Battery Data Format of the Battery Data Alliance (LF Energy): a signal in time, one cell a file."""

    ending, several = ".bdf.csv", False

    @staticmethod
    def takes(table: Table) -> bool:
        """A .bdf.csv file holds voltage and current of one cell in time."""
        return {"time", "voltage", "current"} <= {column.name for column in table.columns}

    @staticmethod
    def write(tables: Sequence[Table], path: Path) -> None:
        """Write the one table; columns for which the format has no name keep theirs."""
        (table,) = tables
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(_LABELS.get(column.name, column.head) for column in table.columns)
            writer.writerows(zip(*(column.texts for column in table.columns), strict=True))
