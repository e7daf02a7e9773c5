"""Text as EC-Lab exports it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mgtwin.errors import InputError

from ..exportformat import export_format
from ..tables import Column, Table

__all__ = ["EcLab"]

#: Our columns by the heads of EC-Lab, with the factor to its units.
_COLUMNS = {
    "frequency": ("freq/Hz", 1.0), "Re(Z)": ("Re(Z)/Ohm", 1.0), "-Im(Z)": ("-Im(Z)/Ohm", 1.0),
    "|Z|": ("|Z|/Ohm", 1.0), "Phase(Z)": ("Phase(Z)/deg", 1.0), "time": ("time/s", 1.0), "voltage": ("Ecell/V", 1.0),
    "current": ("I/mA", 1e3), "cycle": ("cycle number", 1), "cycle_number": ("cycle number", 1), "step": ("Ns", 1),
}  # fmt: skip


@export_format
class EcLab:
    """Text like that of EC-Lab, for what reads its exports (.mpt)."""

    ending, several = ".mpt", False

    @staticmethod
    def takes(table: Table) -> bool:
        """An .mpt file holds one spectrum, or one voltage and current in time."""
        names = {column.name for column in table.columns}
        return {"frequency", "Re(Z)", "-Im(Z)"} <= names or {"time", "voltage", "current"} <= names

    @staticmethod
    def write(tables: Sequence[Table], path: Path) -> None:
        """Write the one table under a head that says how long it is."""
        (table,) = tables
        columns = [_column(column) for column in table.columns if column.name in _COLUMNS]
        table.warn_of_all_but(_COLUMNS, ".mpt")
        if len({column.name for column in columns}) < len(columns):
            raise InputError("an .mpt file has one column of each kind; choose one cycle, or one cell.")
        about = [line.replace(": ", " : ", 1) for line in table.about_lines]
        body = [f"Comments : mgtwin {table.name}".rstrip(), *about, ""]
        head = ["EC-Lab ASCII FILE", f"Nb header lines : {len(body) + 3}", *body]
        lines = ["\t".join(column.name for column in columns)]
        lines += ["\t".join(row) for row in zip(*(column.texts for column in columns), strict=True)]
        path.write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8")


def _column(column: Column) -> Column:
    name, factor = _COLUMNS[column.name]
    return Column(name, "", column.values if factor == 1 else column.values * factor)
