"""``mgtwin fit --series``: every file of a series fitted, a table over what differs, and an activation energy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from ..bench import Hint
from ..errors import InputError
from ..quantities import Value, format_value
from .cellargs import read_cell
from .console import hint, out, print_warnings, shown_path
from .files import export_name, figure_name, page_name
from .output import print_rows
from .plotting import draw
from .progress import progress_bar
from .protocolargs import read_coordinate

__all__ = ["SeriesRequest", "run_series"]


@dataclass(frozen=True)
class SeriesRequest:
    """What was typed behind ``mgtwin fit --series``."""

    source: str
    model: str | None = None
    free: tuple[str, ...] = ()
    by: str | None = None
    hints: tuple[str, ...] = ()
    arrhenius: str | None = None
    output: Path | None = None
    plot: Path | None = None
    report: Path | None = None

    def named_hints(self) -> dict[str, Hint]:
        """What is said of all files, by name.

        Raises
        ------
        InputError
            A hint has no ``=``.
        """
        pairs = [text.partition("=") for text in self.hints]
        wrong = next((name for name, equals, _ in pairs if not equals), None)
        if wrong is not None:
            raise InputError(f"--hint {wrong!r} has no value: write --hint {wrong}=VALUE, for example area=1.1cm^2.")
        return {name.strip(): value.strip() for name, _, value in pairs}


def run_series(request: SeriesRequest) -> None:
    """Fit the files of a series, print the table, and write and draw what was asked for.

    Raises
    ------
    InputError
        The model is missing, a file is no measurement, or says not what differs.
    """
    if request.model is None:
        raise InputError("--model is missing: a circuit such as 'R0-p(R1,CPE1)', or a cell with --free PATH.")
    output = None if request.output is None else export_name(request.output, "--output")
    figure = None if request.plot is None else figure_name(request.plot, "--plot")
    page = None if request.report is None else page_name(request.report, "--report")
    from ..bench import series
    from ..circuits import Circuit
    from ..fitting import Free

    by = read_coordinate(request.by)
    # a name of a cell has no bracket; of single words those of elements with a number are circuits
    is_circuit = re.search(r"[(-]|^[A-Z]+[a-z]?\d+$", request.model) is not None
    model = Circuit(request.model) if is_circuit else read_cell(request.model)
    free = None if is_circuit else {path: Free(log=True) for path in request.free}
    measured = series(request.source, by, **request.named_hints())
    with progress_bar(f"series of {len(measured)}", unit="fits") as progress:
        fits = measured.fit(model, free, progress=progress)
    out().print(Text(str(fits)), soft_wrap=True)
    table = fits.to_dataset()
    written: dict[str, object] = {"fits": fits}
    drawn, warnings = table, list(table.attrs["warnings"])
    if request.arrhenius is not None:
        written["arrhenius"] = drawn = fits.arrhenius(request.arrhenius)
        warnings += drawn.attrs["warnings"]
        energies = zip(drawn["activation_energy"].values, drawn["activation_energy_std"].values, strict=True)
        shown = [format_value(Value(energy, unit="eV", std=std), uncertainty=True) for energy, std in energies]
        heads = [f"Eₐ of {'σ' if name == 'sigma' else 'σT'}" for name in drawn["convention"].values]
        print_rows([*zip(heads, shown, strict=True)])
    print_warnings(warnings)
    lines = []
    if output is not None:
        from ..exports import export

        lines += [("written" if k == 0 else "", shown_path(path)) for k, path in enumerate(export(written, output))]
    if figure is not None:
        draw(drawn, figure)
        lines.append(("figure", shown_path(figure)))
    if page is not None:
        from ..exports import report

        lines.append(("report", shown_path(report(written, page))))
    if lines:
        print_rows(lines)
    else:
        hint("Not saved: -o table.xlsx keeps the table, --plot figure.png draws it, --report page.html does both.")
