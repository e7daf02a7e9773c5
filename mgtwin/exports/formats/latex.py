"""Tables for LaTeX."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..exportformat import export_format
from ..tables import Table

__all__ = ["Latex"]

_SPECIAL = str.maketrans(
    {**{letter: f"\\{letter}" for letter in "&%$#_{}"}, "\\": r"\textbackslash{}", "~": r"\textasciitilde{}",
     "^": r"\textasciicircum{}", "|": r"\textbar{}", "<": r"\textless{}", ">": r"\textgreater{}"}
)  # fmt: skip
#: Digits of numbers in a table that is read, not computed with.
_DIGITS = 5


@export_format
class Latex:
    """Table for LaTeX with the package booktabs (.tex); numbers to five digits."""

    ending, several = ".tex", True

    @staticmethod
    def takes(table: Table) -> bool:
        """A .tex file holds tables."""
        return True

    @staticmethod
    def write(tables: Sequence[Table], path: Path) -> None:
        """Write each table as a tabular."""
        path.write_text("\n\n".join(map(_tabular, tables)) + "\n", encoding="utf-8")


def _tabular(table: Table) -> str:
    columns = [list(map(_escaped, column.rounded(_DIGITS))) for column in table.columns]
    sides = "".join("l" if column.values.dtype.kind in "OU" else "r" for column in table.columns)
    lines = [f"% {table.name}"] if table.name else []
    lines += [rf"\begin{{tabular}}{{{sides}}}", r"\toprule"]
    lines.append(" & ".join(_escaped(column.head) for column in table.columns) + r" \\")
    lines += [r"\midrule", *(f"{' & '.join(row)} \\\\" for row in zip(*columns, strict=True)), r"\bottomrule"]
    return "\n".join([*lines, r"\end{tabular}"])


def _escaped(text: str) -> str:
    return text.translate(_SPECIAL)
