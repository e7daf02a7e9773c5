"""What is done with published numbers: ``mgtwin materials`` and ``mgtwin cite``."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from .console import guarded, hint, out

__all__ = ["cite", "materials"]


@guarded
def materials(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="All values that are published of this material, side by side.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="T", help="Temperature at which materials are compared, e.g. '60 degC'.")
    ] = None,
    lowest: Annotated[str | None, typer.Option("--min", metavar="SIGMA", help="Lowest ionic conductivity.")] = None,
    highest: Annotated[str | None, typer.Option("--max", metavar="SIGMA", help="Highest ionic conductivity.")] = None,
    ion: Annotated[str | None, typer.Option(metavar="SYMBOL", help="Element of the working ion.")] = None,
    grade: Annotated[
        list[str] | None, typer.Option(metavar="GRADE", help="A, A-, B or C of published materials (repeatable).")
    ] = None,
    family: Annotated[str | None, typer.Option(metavar="NAME", help="For example borohydride.")] = None,
    sealed: Annotated[bool, typer.Option("--sealed", metavar="", help="Leave out what needs a vapour.")] = False,
    extrapolate: Annotated[
        bool, typer.Option("--extrapolate", metavar="", help="Keep, marked, laws measured at other temperatures.")
    ] = False,
    sort: Annotated[str | None, typer.Option(metavar="KEY", help="ac_resistance, dc_resistance, ...")] = None,
    thickness: Annotated[str, typer.Option(metavar="L", help="Of the layer that resistances are for.")] = "25 um",
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw them against 1/T into this file (.png, .pdf or .svg).")
    ] = None,
) -> None:
    """Compare the conductors of the library at a temperature, or show what is published of one."""
    from ..cells.catalogue import materials as tabulated
    from ..cells.competing import values

    if name is not None:
        out().print(str(values(name)), soft_wrap=True)
        if plot is not None:
            draw_conductors([name], plot)
        return
    sigma = None if lowest is None and highest is None else (lowest, highest)
    table = tabulated(
        at, sigma, ion=ion, grade=grade or None, family=family, sealed=sealed, extrapolate=extrapolate
    ).at_thickness(thickness)
    out().print(str(table.sort(sort) if sort else table), soft_wrap=True)
    if plot is not None:
        draw_conductors([row.name for row in table], plot)
    hint("mgtwin materials NAME shows all values of one with their sources; mgtwin cite names them in BibTeX.")


def draw_conductors(names: Iterable[str], target: Path) -> None:
    """Draw conductors of the library into a file; InputError if its ending names no kind of figure."""
    import matplotlib

    from .files import figure_name

    matplotlib.use("agg")  # a terminal has no screen to ask for
    import matplotlib.pyplot as plt

    from ..plot import arrhenius

    place = figure_name(target)
    arrhenius(*dict.fromkeys(names))
    plt.savefig(place)
    plt.close()


@guarded
def cite(
    what: Annotated[
        str,
        typer.Argument(
            metavar="CELL|MATERIAL|FILE",
            help="A cell or material by name, a cell's .yaml file, a saved result or fit (.nc).",
        ),
    ],
    overlays: Annotated[
        list[str] | None, typer.Argument(metavar="OVERLAY...", help="Overlays to apply to the cell.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to this file instead of the screen.")
    ] = None,
) -> None:
    """Print the BibTeX of everything that the numbers of a cell, material, result or fit come from."""
    from .. import library
    from ..cells.bibliography import cite as cited

    near = what if Path(what).suffix in (".yaml", ".yml") else None
    if Path(what).suffix == ".nc":
        from .stored import opened

        text = cited(opened(what), output)  # type: ignore[arg-type]
    elif not overlays and what in library.names("materials") and what not in library.names("cells"):
        from ..cells.competing import values

        text = cited(values(what), output)
    else:
        from .cellargs import read_cell

        text = cited(read_cell(what, overlays or ()), output, near=near)
    if output is None:
        out().print(text, end="", soft_wrap=True, markup=False)
