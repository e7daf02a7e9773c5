"""The commands and their options; each hands over to a module that is imported only then.

Here and in the other modules of commands annotations are no texts, for typer would compile each of them at every start.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from .console import guarded
from .publications import cite, materials

__all__ = ["app"]

_ABOUT = """A digital twin of solid-state Mg cells: impedance, polarization, voltammetry and cycling from one model.

[dim]A first look:[/dim]  mgtwin list  ·  mgtwin show trilayer  ·  mgtwin run paper"""
_EPILOG = (
    "Any command with [bold]--help[/bold] explains itself; with [bold]--debug[/bold] an error shows its traceback."
)

app = typer.Typer(
    name="mgtwin",
    help=_ABOUT,
    epilog=_EPILOG,
    rich_markup_mode="rich",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _offered(*kinds: str) -> Callable[[str], list[str]]:
    """Names that a shell offers: read only when a key for it is pressed; of no kind, the kinds themselves."""

    def complete(incomplete: str) -> list[str]:
        from .. import library

        found = [entry.name for kind in kinds if kind in library.KINDS for entry in library.entries(kind)]
        found += [entry.name for entry in library.campaigns() if "campaigns" in kinds]
        return [name for name in (found if kinds else library.KINDS) if name.startswith(incomplete)]

    return complete


_Cell = Annotated[
    str,
    typer.Argument(
        metavar="CELL",
        help="Name of a cell (see mgtwin list), or a file ending in .yaml.",
        autocompletion=_offered("cells"),
    ),
]
_Overlays = Annotated[
    list[str] | None,
    typer.Argument(metavar="OVERLAY...", help="Overlays to apply, in any order.", autocompletion=_offered("overlays")),
]

_Experiment = Annotated[
    str | None,
    typer.Argument(
        metavar="EXPERIMENT",
        help="A folder of experiments, by its name or path: all of them, judged. Or one experiment, by "
        "its name (see mgtwin list) or .yaml file. Without it, give --cell and --protocol.",
        autocompletion=_offered("experiments", "campaigns"),
    ),
]


_LISTED = "cells, overlays, experiments, materials, interfaces; or a family of kinds, which 'mgtwin list kinds' names."


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"mgtwin {version('mgtwin')}")
        except PackageNotFoundError:
            print("mgtwin (from a source tree that is not installed)")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", metavar="", help="Show the traceback of an error.")] = False,
    force: Annotated[
        bool, typer.Option("--force", metavar="", help="Overwrite existing files that are not of the kind written.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option("--version", metavar="", callback=_version, is_eager=True, help="Print the version and leave."),
    ] = False,
) -> None:
    """The first two are taken from anywhere on the line, by `run_app`; they stand here for the help."""


@app.command("list")
@guarded
def list_(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND",
            help="cells, overlays, experiments, materials, interfaces, or a family of kinds (see mgtwin list kinds).",
            autocompletion=_offered(),
        ),
    ] = None,
    paths: Annotated[
        bool, typer.Option("--paths", metavar="", help="Print the file of each instead of its description.")
    ] = False,
) -> None:
    """List the cells, overlays and experiments that there are, or the kinds of electrodes, laws, metrics ..."""
    from .listing import print_lists

    print_lists(what, paths=paths)


@app.command()
@guarded
def show(
    cell: _Cell,
    overlays: _Overlays = None,
    provenance: Annotated[
        bool, typer.Option("--provenance", "-p", metavar="", help="Say where each value comes from, as printed there.")
    ] = False,
) -> None:
    """Draw a cell and print its parameters with unit, uncertainty and origin."""
    from .cellargs import read_cell
    from .showing import print_cell

    print_cell(read_cell(cell, overlays or ()), provenance=provenance)


@app.command()
@guarded
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the new cell; it is written to NAME.yaml.")],
) -> None:
    """Write a commented cell file to edit."""
    from .files import write_new

    write_new(name)


@app.command()
@guarded
def check(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE...", help="Files or folders; without any, everything that mgtwin list shows."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", metavar="", help="Take warnings for errors, as for a library that is shipped.")
    ] = False,
) -> None:
    """Check cell, overlay, experiment, protocol, material and interface files (exit code 1 if one is wrong)."""
    from .checking import check_files

    raise typer.Exit(check_files(tuple(files or ()), strict=strict))


@app.command()
@guarded
def run(
    experiment: _Experiment = None,
    cell: Annotated[
        str | None, typer.Option(metavar="NAME|FILE", help="The cell; with EXPERIMENT, only the runs of this cell.")
    ] = None,
    overlay: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Overlay to apply (repeatable); with EXPERIMENT, only its runs with this one."
        ),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(metavar="FILE|YAML", help="What to do: a file, or '{type: eis, f_max: 1 MHz, f_min: 0.1 Hz}'."),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PATH=VALUE",
            help="Change a parameter (repeatable), for example layers.antiperovskite.thickness=0.3mm.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to save the result (.nc); of a folder of experiments a folder \\[its name with -results].",
        ),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the result into this file (.png, .pdf or .svg).")
    ] = None,
    route: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|YAML", help="How to compute it: laplace, modes, mesh, '{type: mesh, refinement: 2}'."
        ),
    ] = None,
) -> None:
    """Simulate: a folder of experiments, one of them, or any cell with any protocol."""
    from .output import Request
    from .running import run_request

    request = Request(experiment, cell, tuple(overlay or ()), protocol, tuple(set_ or ()), output, plot, route)
    run_request(request)


@app.command()
@guarded
def schema(
    noun: Annotated[
        str | None, typer.Argument(metavar="NOUN", help="For example Cell or Experiment; without it, a list of them.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to this file instead of the screen.")
    ] = None,
) -> None:
    """Print the JSON Schema of a noun, for editors that complete and check YAML files."""
    from .schemas import print_schema

    print_schema(noun, output)


for command in (materials, cite):
    app.command()(command)
