"""The commands and their options; each hands over to a module that is imported only then."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .console import guarded, stop
from .publications import cite, materials, reconcile

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
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_Cell = Annotated[
    str, typer.Argument(metavar="CELL", help="Name of a cell (see mgtwin list), or a file ending in .yaml.")
]
_Overlays = Annotated[list[str] | None, typer.Argument(metavar="OVERLAY...", help="Overlays to apply, in any order.")]

_Experiment = Annotated[
    str | None,
    typer.Argument(
        metavar="EXPERIMENT",
        help="A folder of experiments, by its name or path: all of them, judged. Or one experiment, by "
        "its name (see mgtwin list) or .yaml file. Without it, give --cell and --protocol.",
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


@app.command("fit")
@guarded
def fit_(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="What to fit: cell, data files, what is free (.yaml).")
    ] = None,
    template: Annotated[
        str | None, typer.Option(metavar="CELL", help="Print a FILE to edit, with all numbers of this cell.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to save the fit (.nc), or the template."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw data and fit into this file (.png, .pdf or .svg).")
    ] = None,
    cell: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the cell with the fitted values (.yaml).")
    ] = None,
    series: Annotated[
        str | None,
        typer.Option(metavar="FOLDER|PATTERN", help="Fit each of these files with --model."),
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="CIRCUIT|CELL", help="Of a series: R0-p(R1,CPE1), or the name of a cell.")
    ] = None,
    free: Annotated[
        list[str] | None, typer.Option(metavar="PATH", help="Of a series: what of the cell is fitted (repeatable).")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|YAML",
            help="Of a series: by_temperature, by_cycle, by_time, by_bias; with "
            "'{type: by_temperature, in_name: pellet_{}C}' as in the names of the files.",
        ),
    ] = None,
    hint: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Of a series: area=1.1cm^2, thickness=0.6mm, as for mgtwin read."),
    ] = None,
    arrhenius: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of a series: the number whose activation energy is asked for.")
    ] = None,
) -> None:
    """Find the parameters of a cell that explain data, with their uncertainty."""
    if series is not None:
        from .seriesfit import SeriesRequest, run_series

        run_series(SeriesRequest(series, model, tuple(free or ()), by, tuple(hint or ()), arrhenius, output, plot))
        return
    from .fitting import FitRequest, run_fit

    run_fit(FitRequest(file, template, output, plot, cell))


@app.command()
@guarded
def plot(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="A result, a fit, a study (.zarr), or a file of an instrument; several "
            "results are drawn over each other.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The figure (.png, .pdf or .svg) \\[FILE with .png]."),
    ] = None,
) -> None:
    """Draw a result, a fit, a study or a measurement."""
    from .plotting import plot_files

    plot_files(files, output)


@app.command("export")
@guarded
def export_(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE... TARGET",
            help="Results, fits, studies (.zarr), instrument files or cells; then the file to write, whose ending says "
            "how: .csv (Origin, Excel), .xlsx, .z (ZView), .mpt (EC-Lab), .bdf.csv (Battery Data Format), .tex, .html.",
        ),
    ],
) -> None:
    """Write results, fits, studies and cells for another program."""
    from .exporting import export_files

    if len(names) < 2:
        stop("TARGET is missing: mgtwin export run.nc run.xlsx.")
    export_files(names[:-1], Path(names[-1]))


@app.command("report")
@guarded
def report_(
    name: Annotated[
        str,
        typer.Argument(
            metavar="THING", help="A cell, result, fit, study (.zarr), instrument file, or a folder of these."
        ),
    ],
    target: Annotated[Path, typer.Argument(metavar="PAGE", help="The page to write (.html).")],
) -> None:
    """Write a page: parameters with their origin, figures, verdicts, warnings, sources, how to repeat it."""
    from .exporting import report_thing

    report_thing(name, target)


@app.command()
@guarded
def read(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of an instrument, in any format it may have.")],
    plot: Annotated[
        Path | None,
        typer.Option(metavar="[FILE]", help="Draw it into this file (.png, .pdf or .svg) \\[FILE with .png]."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Save it as a Dataset (.nc).")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=COLUMN",
            help="Where a quantity stands (repeatable): current=3:mA is column 3 in mA, imaginary=-2 column 2 with the "
            "other sign, voltage=Ewe/V the column of that head.",
        ),
    ] = None,
    decimal: Annotated[str | None, typer.Option(metavar=".|,", help="The decimal sign.")] = None,
    current: Annotated[str | None, typer.Option(metavar="VALUE", help="Constant current of a file without.")] = None,
    area: Annotated[str | None, typer.Option(metavar="VALUE", help="Electrode area, for example 1cm^2.")] = None,
    thickness: Annotated[str | None, typer.Option(metavar="VALUE", help="Thickness of the sample.")] = None,
    temperature: Annotated[str | None, typer.Option(metavar="VALUE", help="Temperature, for example 25degC.")] = None,
    no_check: Annotated[
        bool, typer.Option("--no-check", metavar="", help="Take numbers that make no physical sense as they are.")
    ] = False,
    complete: Annotated[
        bool, typer.Option("--complete", metavar="", help="The last line is whole although it has no line break.")
    ] = False,
) -> None:
    """Read an instrument file and say what is in it and what was decided."""
    from .reading import read_file

    hints = {"decimal": decimal, "current": current, "area": area, "thickness": thickness, "temperature": temperature}
    read_file(file, plot, output, tuple(column or ()), {**hints, "check": not no_check, "complete": complete})


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


for command in (materials, cite, reconcile):
    app.command()(command)
