"""``mgtwin run FOLDER``: every experiment of a folder in every reading of its data, judged."""

from __future__ import annotations

from collections.abc import Sized
from pathlib import Path

import typer
from rich.text import Text

from ..errors import InputError
from .comparison import counts_table, print_comparison
from .console import FAILED, indented, leave_interrupted, out, print_error, shown_path
from .output import Request, print_rows, took
from .progress import progress_bar

__all__ = ["run_folder"]

_LEGEND = (
    "agrees: within what counts as agreement, and independent of the parameters. calibrated: it agrees, but was put "
    "into the parameters, so it proves nothing. contradicts: outside."
)


def run_folder(request: Request) -> None:
    """Run a folder of experiments into a folder of results, print the table and say where everything is.

    Raises
    ------
    InputError
        For options that have no meaning here.
    """
    options = {
        "--cell": request.cell,
        "--overlay": request.overlays,
        "--protocol": request.protocol,
        "--set": request.changes,
        "--plot": request.plot,
        "--route": request.route,
    }
    given = [option for option, value in options.items() if value]
    if given:
        raise InputError(
            f"'run {request.experiment}' takes only --output, not {', '.join(given)}: it simulates a folder of "
            "experiments as they are. Run a single experiment to change something (mgtwin list shows them)."
        )
    # Here, not above: options that have no meaning are refused without importing what simulates.
    from .. import campaign as campaigns
    from ..experiments import campaign

    chosen = campaign(str(request.experiment))
    with progress_bar(chosen.name, "steps", log=True) as progress:
        results = campaigns.run_campaign(chosen, request.output or Path(f"{chosen.name}-results"), progress)
    console = out()
    if results.rows:
        print_comparison(results.rows)
        console.print(counts_table(results.ledgers))
        indented(console, Text(_LEGEND, style="dim"), 0)
        console.print()
    for text in filter(None, (results.summary(), results.conclusion)):
        indented(console, Text(text), 0)
        console.print()
    for key, text in results.failures.items():
        print_error(f"{key}: {text}")
    table = f"{shown_path(results.folder / 'table.md')} (every row with its reason; also .csv and .json)"
    lines = [("table", table)]
    if results.datasets:
        lines.append(("data", f"{_number(results.datasets, 'Dataset')} in {shown_path(results.folder / 'data')}"))
    if results.figures:
        lines.append(("figures", f"{len(results.figures)} in {shown_path(results.folder / 'figures')}"))
    if results.warnings:
        lines.append(("warnings", f"{_number(results.warnings, 'run')} warn of something; the texts are in table.json"))
    print_rows([*lines, ("took", took(results.seconds))])
    if results.interrupted:
        leave_interrupted("this is only what had been done until then.")
    if results.failures:
        raise typer.Exit(FAILED)


def _number(items: Sized, noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"
