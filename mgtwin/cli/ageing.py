"""``mgtwin run ageing``: the explanations of the growing overpotential, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from .console import FAILED, indented, leave_interrupted, out, print_error, shown_path
from .paper import refuse_options, took
from .progress import progress_bar
from .running import print_rows

if TYPE_CHECKING:
    from ..campaign import AgeingResults
    from .running import Request

__all__ = ["run_whole_ageing"]

_FOLDER = Path("ageing-results")


def run_whole_ageing(request: Request) -> None:
    """Simulate every explanation into a folder, print what each predicts and what would tell them apart.

    Raises
    ------
    InputError
        For options that have no meaning here.
    """
    refuse_options(request, "ageing", "the shipped explanations of the trilayer's ageing")
    from ..campaign import run_ageing

    with progress_bar("explanations of the ageing", "steps", log=True) as progress:
        results = run_ageing(request.output or _FOLDER, progress)
    print_results(results)
    if results.interrupted:
        leave_interrupted("this is only what had been done until then.")
    if results.failures:
        raise typer.Exit(FAILED)


def print_results(results: AgeingResults) -> None:
    """Print the tables, the verdict, what failed, and where the files are."""
    console = out()
    if results.explained:
        for title, rows in results.tables:
            console.print(_table(title, rows))
        indented(console, Text("✗: outside the range of what was observed.", style="dim"), 0)
        console.print()
        indented(console, Text(results.verdict()), 0)
        console.print()
    for name, text in results.failures.items():
        print_error(f"{name}: {text}")
    folder = results.folder
    print_rows(
        [
            ("tables", shown_path(folder / "ageing.md")),
            ("data", shown_path(folder / "data")),
            ("figures", shown_path(folder / "figures")),
            ("took", took(results.seconds)),
        ]
    )


def _table(title: str, rows: Sequence[Sequence[str]]) -> Table:
    head, *body = rows
    table = Table(title=Text(title, style="bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for k, name in enumerate(head):
        table.add_column(name, justify="left" if k == 0 else "right", overflow="fold")
    for row in body:
        table.add_row(*row)
    return table
