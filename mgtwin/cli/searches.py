"""The commands that ask many parameter sets: studies, optimisation, what printed numbers allow. See `app`."""

from pathlib import Path
from typing import Annotated

import typer

from .benchapp import app
from .console import guarded

__all__ = ["app"]

_Client = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Compute on the Dask cluster there, e.g. tcp://127.0.0.1:8786.")
]
_Result = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Save the result as .nc, too.")]
_Plot = Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the result into this file (.png, .pdf, .svg).")]


@app.command()
@guarded
def sweep(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Cell, protocol, what varies, metrics (.yaml).")],
    client: _Client = None,
    resume: Annotated[
        bool, typer.Option("--resume", metavar="", help="Go on with the store that an earlier run left.")
    ] = False,
    output: _Result = None,
    plot: _Plot = None,
) -> None:
    """Run a design study: a cell at every point of a grid of parameters."""
    from .studying import sweep_file

    sweep_file(file, client, resume, output, plot)


@app.command()
@guarded
def optimise(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Cell, bounds, objectives, constraints (.yaml).")],
    client: _Client = None,
    output: _Result = None,
    plot: _Plot = None,
) -> None:
    """Search for the best designs of a cell, or the best compromises."""
    from .studying import optimise_file

    optimise_file(file, client, output, plot)


@app.command()
@guarded
def reconcile(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE|NAME",
            help="What samples have in common and what is free (states.yaml), or a folder of experiments with it.",
        ),
    ],
    budget: Annotated[str, typer.Option(metavar="TIME", help="When to stop, for example 60s.")] = "60 s",
    seed: Annotated[int, typer.Option(metavar="NUMBER", help="Of what is drawn at random.")] = 0,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Save everything as YAML.")
    ] = None,
    plot: _Plot = None,
) -> None:
    """Find out which printed numbers can hold together, which cannot (with proof), and what the others predict."""
    from .reconciling import reconcile_file

    reconcile_file(file, budget, seed, output, plot)
