"""The commands of the bench, as `app` has the others: measurements read, fitted, drawn, exported and reported."""

from pathlib import Path
from typing import Annotated

import typer

from .app import app
from .console import guarded, stop

__all__ = ["app"]


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
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw data and fit (.png, .pdf or .svg).")] = None,
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
    report: Annotated[Path | None, typer.Option(metavar="PAGE", help="Of a series: a page about it (.html).")] = None,
) -> None:
    """Find the parameters of a cell that explain data, with their uncertainty."""
    if series is not None:
        from .seriesfit import SeriesRequest, run_series

        asked = SeriesRequest(series, model, tuple(free or ()), by, tuple(hint or ()), arrhenius, output, plot, report)
        run_series(asked)
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
