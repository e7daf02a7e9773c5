"""The commands of running cells: a twin, and what watches a folder for it. See `app`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .console import guarded, stop
from .exploreapp import app

__all__ = ["app"]

twins = typer.Typer(
    name="twin",
    help="The twin of a running cell: what it is now, what it will do, what went wrong.",
    no_args_is_help=True,
)
app.add_typer(twins)

_Store = Annotated[Path, typer.Argument(metavar="STORE", help="Folder of the twin, for example cell7.twin.")]
_Plot = Annotated[Path | None, typer.Option(metavar="FILE", help="Draw it into this file (.png, .pdf or .svg).")]


@twins.command("new")
@guarded
def new_(
    cell: Annotated[str, typer.Argument(metavar="CELL", help="Name of a cell, or a file ending in .yaml.")],
) -> None:
    """Print a commented file to edit: explanations of the cell's ageing, what is free, where measurements come from."""
    from ..twin.settings import template

    print(template(cell), end="")


@twins.command("show")
@guarded
def show_(
    store: _Store,
    alarms: Annotated[bool, typer.Option("--alarms", metavar="", help="What went wrong, in full.")] = False,
    journal: Annotated[bool, typer.Option("--journal", metavar="", help="Every file and every decision.")] = False,
    json: Annotated[bool, typer.Option("--json", metavar="", help="All of it as JSON, for scripts.")] = False,
    plot: _Plot = None,
) -> None:
    """Say what the cell is now; also while a watch is running."""
    from .twinning import show_twin

    show_twin(store, alarms=alarms, journal=journal, as_json=json, plot=plot)


@twins.command("forecast")
@guarded
def forecast_(
    store: _Store,
    protocol: Annotated[str, typer.Argument(metavar="PROTOCOL", help="What will be done: a file, or YAML.")],
    until: Annotated[
        str | None, typer.Option(metavar="LIMIT", help="Where its life is over: 2V, or a resistance such as 100kohm.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Save the forecast (.nc, .csv, .xlsx).")
    ] = None,
    plot: _Plot = None,
) -> None:
    """Say what the cell will do, with bands, and when it reaches a limit."""
    from .twinning import forecast_twin

    forecast_twin(store, protocol, until, output, plot)


@twins.command("replay")
@guarded
def replay_(store: _Store) -> None:
    """Compute everything anew from the evidence, and say whether it is the same to the last bit (else exit code 1)."""
    from .twinning import replay_twin

    raise typer.Exit(replay_twin(store))


@app.command("watch")
@guarded
def watch_(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Into which the instrument writes.")],
    twin: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What the cell is (see mgtwin twin new), .yaml.")
    ] = None,
    rack: Annotated[Path | None, typer.Option(metavar="FILE", help="Several cells, .yaml, instead of --twin.")] = None,
    every: Annotated[str, typer.Option(metavar="TIME", help="Between two looks.")] = "2 s",
    once: Annotated[bool, typer.Option("--once", metavar="", help="Take what is there and end.")] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep figures and numbers (.json) of the cell there.")
    ] = None,
    on_alarm: Annotated[
        str | None,
        typer.Option(metavar="COMMAND", help="Run it for each alarm, which is in the variables MGTWIN_ALARM..."),
    ] = None,
    client: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Of a rack: compute on the Dask cluster there.")
    ] = None,
) -> None:
    """Keep the twin of a cell up to date. Exit code 3 while an alarm stands, 2 after a refused file, else 0."""
    from .watching import watch_folder, watch_rack

    if rack is not None and twin is None:
        raise typer.Exit(watch_rack(folder, rack, every, client, once=once))
    if twin is None or rack is not None:
        stop("name either --twin FILE or --rack FILE (mgtwin twin new CELL > twin.yaml).")
    raise typer.Exit(watch_folder(folder, twin, every, report, on_alarm, once=once))
