"""``mgtwin fit``: parameters from data files."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.text import Text

from ..errors import InputError
from .console import hint, leave_interrupted, out, shown_path
from .files import targets, unless_other
from .output import partial_name, print_rows
from .progress import progress_bar

__all__ = ["FitRequest", "run_fit"]


@dataclass(frozen=True)
class FitRequest:
    """What was typed behind ``mgtwin fit``."""

    file: Path | None = None
    template: str | None = None
    output: Path | None = None
    plot: Path | None = None
    cell: Path | None = None

    def print_template(self) -> None:
        """Print, or write to `output`, a file to edit with all numbers of the cell that `template` names."""
        from ..fitting.templates import template
        from .cellargs import read_cell

        text = template(read_cell(str(self.template)))
        if self.output is None:
            print(text, end="")
            return
        if self.output.exists():
            raise InputError(f"{self.output} exists already and is left as it is: choose another name.")
        self.output.write_text(text, encoding="utf-8")
        out().print(Text(f"{self.output} is written. Edit it, then:\n  mgtwin fit {self.output}"), soft_wrap=True)


def run_fit(request: FitRequest) -> None:
    """Fit what a file describes and print the table, or print a file to edit.

    Raises
    ------
    InputError
        If options are missing or do not go together; for the file as `mgtwin.fitting.files.load_fit`.
    """
    if request.template is not None:
        if request.file is not None:
            raise InputError("give either a FILE to fit, or --template CELL to get one.")
        request.print_template()
        return
    if request.file is None:
        raise InputError("FILE is missing: mgtwin fit --template trilayer > fit.yaml writes one to edit.")
    output, figure = targets(request.output, request.plot)
    cell = unless_other(request.cell, "a cell", lambda raw: b"layers:" in raw) if request.cell is not None else None
    from ..fitting import fit
    from ..fitting.files import load_fit

    wanted = load_fit(request.file)
    # Names of outputs were checked above: a fit of an hour must not end with a folder that is not there.
    with progress_bar(f"fit {request.file.name}", unit="starts") as progress:
        found = fit(wanted.pairs, wanted.free, **wanted.options, progress=progress)
    if found.problem.smooth and not found.interrupted:  # others take too long
        with progress_bar("profiles: Ctrl-C does without", unit="parameters") as progress, suppress(KeyboardInterrupt):
            found.profiled(progress)
    out().print(Text(str(found)), soft_wrap=True)
    lines = []
    if output is not None:
        lines.append(("saved", shown_path(found.save(partial_name(output) if found.interrupted else output))))
    if figure is not None:
        import matplotlib

        matplotlib.use("Agg")
        np.ravel(found.plot())[0].figure.savefig(figure)
        lines.append(("figure", shown_path(figure)))
    if cell is not None:
        lines.append(("cell", shown_path(found.cell.save(cell))))
    if lines:
        out().print()
        print_rows(lines)
    else:
        hint("Not saved: -o fit.nc keeps it, --cell cell.yaml the fitted cell, --plot figure.png draws it.")
    if found.interrupted:
        leave_interrupted("the values above are the best until then.")
