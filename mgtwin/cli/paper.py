"""``mgtwin run paper``, the main job: every experiment of the paper in every reading of its data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.text import Text

from ..errors import InputError
from .console import FAILED, indented, leave_interrupted, out, print_error, shown_path
from .progress import progress_bar
from .running import print_rows

if TYPE_CHECKING:
    from ..campaign import PaperResults
    from .running import Request

__all__ = ["refuse_options", "run_whole_paper", "took"]

_FOLDER = Path("paper-results")
_LEGEND = (
    "agrees: within what counts as agreement, and independent of the parameters. calibrated: it agrees, but was put "
    "into the parameters, so it proves nothing. contradicts: outside."
)


def run_whole_paper(request: Request) -> None:
    """Run the campaign into a folder, print the table and say where everything is.

    Raises
    ------
    InputError
        For options that have no meaning here.
    """
    refuse_options(request, "paper", "the paper's own cells and experiments")
    from ..campaign import run_paper

    folder = request.output or _FOLDER
    with progress_bar("the experiments of the paper", "steps", log=True) as progress:
        results = run_paper(folder, progress)
    print_results(results)
    if results.interrupted:
        leave_interrupted("this is only what had been done until then.")
    if results.failures:
        raise typer.Exit(FAILED)


def refuse_options(request: Request, command: str, what: str) -> None:
    """Refuse the options of single runs, which a whole campaign has no use for.

    Raises
    ------
    InputError
    """
    options = {
        "--cell": "cell",
        "--overlay": "overlays",
        "--protocol": "protocol",
        "--set": "changes",
        "--plot": "plot",
    }
    given = [option for option, name in options.items() if getattr(request, name)]
    if given:
        raise InputError(
            f"'run {command}' takes only --output, not {', '.join(given)}: it simulates {what}. Run a single "
            "experiment to change something (mgtwin list shows them)."
        )


def took(seconds: float) -> str:
    """A duration in words."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def print_results(results: PaperResults) -> None:
    """Print the table, the verdicts counted, what failed, and where the files are."""
    from .comparison import counts_table, print_comparison

    console = out()
    if results.rows:
        print_comparison(results.rows)
        console.print(counts_table(results.rows))
        indented(console, Text(_LEGEND, style="dim"), 0)
        console.print()
    for key, text in results.failures.items():
        print_error(f"{key}: {text}")
    folder = results.folder
    lines = [("table", f"{shown_path(folder / 'table.md')} (every row with its reason; also .csv and .json)")]
    if results.datasets:
        lines.append(("data", f"{_number(results.datasets, 'Dataset')} in {shown_path(folder / 'data')}"))
    if results.figures:
        lines.append(("figures", f"{len(results.figures)} in {shown_path(folder / 'figures')}"))
    if results.warnings:
        lines.append(("warnings", f"{_number(results.warnings, 'run')} warn of something; the texts are in table.json"))
    lines.append(("took", took(results.seconds)))
    print_rows(lines)


def _number(items: object, noun: str) -> str:
    count = len(items)  # type: ignore[arg-type]
    return f"{count} {noun}{'' if count == 1 else 's'}"
