"""Spectra for ZView."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..exportformat import export_format
from ..tables import Table

__all__ = ["ZPlot"]

_HEAD = "  Freq(Hz)\tAmpl\tBias\tTime(Sec)\tZ'(a)\tZ''(b)\tGD\tErr\tRange"


@export_format
class ZPlot:
    """Spectrum for ZView, ZPlot and what reads their files (.z)."""

    ending, several = ".z", False

    @staticmethod
    def takes(table: Table) -> bool:
        """A .z file holds one impedance spectrum."""
        return {"frequency", "Re(Z)", "-Im(Z)"} <= {column.name for column in table.columns}

    @staticmethod
    def write(tables: Sequence[Table], path: Path) -> None:
        """Write the one spectrum in the order in which ZPlot measures: the highest frequency first."""
        (table,) = tables
        frequency, real, negative = (table[name].values for name in ("frequency", "Re(Z)", "-Im(Z)"))
        table.warn_of_all_but(("frequency", "Re(Z)", "-Im(Z)", "|Z|", "Phase(Z)"), ".z")
        order = frequency.argsort()[::-1]
        lines = ["ZPLOT2 ASCII", "", f'"mgtwin {table.name}"', *table.about_lines, "", f"  Data Points: {table.rows}"]
        lines += [_HEAD, "End Comments"]
        lines += [
            f"{f!r}\t0\t0\t0\t{re!r}\t{-im!r}\t0\t0\t0"
            for f, re, im in zip(frequency[order].tolist(), real[order].tolist(), negative[order].tolist(), strict=True)
        ]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
