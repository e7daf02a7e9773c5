"""The table *observed / simulated / reading / verdict* in the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from ..analysis.metrics import shown
from ..campaign import Row
from ..campaign.ledger import Ledger
from ..campaign.verdicts import VERDICTS
from .console import out

__all__ = ["counts_table", "print_comparison"]


def print_comparison(rows: Sequence[Row]) -> None:
    """Print the rows by experiment: what was observed, and per reading what was simulated and the verdict."""
    console = out()
    for experiment, members in groupby(rows, key=lambda row: row.experiment):
        shown_rows = list(members)
        table = Table(
            title=Text(experiment, style="bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False,
            padding=(0, 1, 0, 0), expand=True,
        )  # fmt: skip
        # At most 30 columns, so that what was observed keeps its place in a narrow terminal.
        values = min(max(len("simulated"), *(len(brief(row)) for row in shown_rows)), 30)
        table.add_column("observed", ratio=1)
        table.add_column("simulated", width=values)
        table.add_column("reading", width=max(len(row.reading or "-") for row in shown_rows), no_wrap=True)
        table.add_column("verdict", width=max(len(row.verdict.word) for row in shown_rows), no_wrap=True)
        blocks = groupby(shown_rows, key=lambda row: (row.observation, row.cell, row.state, row.ageing))
        for number, (_, block) in enumerate(blocks):
            lines = list(block)
            if number:
                table.add_row()
            which = ", ".join(filter(None, (*lines[0].state, lines[0].ageing)))
            said, _, accepted = lines[0].observed.partition(" -> ")
            observed = Text(lines[0].quantity).append(f" ({which})" if which else "", style="dim")
            observed.append(f"\n{said}", style="cyan")
            table.add_row(
                observed.append(f"; accepted: {accepted}" if accepted else "", style="dim"),
                Text("\n").join([Text(brief(row), overflow="ellipsis", no_wrap=True) for row in lines]),
                Text("\n".join((row.reading or "-") for row in lines)),
                Group(*(Text(row.verdict.word, style=row.verdict.colour) for row in lines)),
            )
        console.print(table)


def brief(row: Row) -> str:
    """Return the simulated value of a row without its remark; of several temperatures the span."""
    finite = [value for value in row.values if math.isfinite(value)]
    if len(row.values) < 2 or len(finite) < len(row.values):
        return row.bare
    low, high = shown(min(finite), row.unit), shown(max(finite), row.unit)
    if low == high:
        return low
    # The unit once where both ends have the same: "1 to 5 mV" and not "1 mV to 5 mV".
    number, _, unit = low.partition(" ")
    return f"{number} to {high}" if unit and high.endswith(f" {unit}") else f"{low} to {high}"


def counts_table(ledgers: Sequence[Ledger]) -> Table:
    """Return how many rows of each reading, with its best choice of ageing and unclear values, have which verdict."""
    # Columns of zeros say nothing and make the table wider than a terminal.
    kinds = [kind for kind in VERDICTS if any(item.of(kind) for item in ledgers)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("reading, at its best")
    for kind in kinds:
        table.add_column(kind.label.partition(" (")[0], justify="right", style=kind.colour)
    for item in ledgers:
        table.add_row(item.title, *(str(len(item.of(kind)) or "") for kind in kinds))
    return table
