"""``mgtwin run``: one simulation, an experiment, or the whole paper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError, SimulationError
from .cellargs import changed_cell, read_cell
from .console import hint, leave_interrupted, out, print_warnings, shown_path
from .files import figure_name, result_name
from .progress import progress_bar
from .renderables import Rows

if TYPE_CHECKING:
    from ..cells import Cell
    from ..protocols import Protocol
    from .summary import Result

__all__ = ["Request", "run_request", "was_interrupted"]


@dataclass(frozen=True)
class Request:
    """What was typed behind ``mgtwin run``."""

    experiment: str | None = None
    cell: str | None = None
    overlays: tuple[str, ...] = ()
    protocol: str | None = None
    changes: tuple[str, ...] = ()
    output: Path | None = None
    plot: Path | None = None


def run_request(request: Request) -> None:
    """Do what was asked for.

    Raises
    ------
    InputError
        If options are missing or do not go together.
    """
    if request.experiment == "paper":
        from .paper import run_whole_paper

        run_whole_paper(request)
    elif request.experiment == "ageing":
        from .ageing import run_whole_ageing

        run_whole_ageing(request)
    elif request.experiment is not None:
        from .experiment import run_experiment

        if request.protocol is not None:
            raise InputError("give either an EXPERIMENT, which has a protocol, or --cell with --protocol.")
        run_experiment(request)
    else:
        _run_one(request)


def _run_one(request: Request) -> None:
    from .protocolargs import read_protocol

    missing = [name for name, given in (("cell", request.cell), ("protocol", request.protocol)) if given is None]
    if missing:
        raise InputError(
            f"--{' and --'.join(missing)} {'is' if len(missing) == 1 else 'are'} missing. Give an experiment (mgtwin "
            "list shows them), 'paper', or a cell and a protocol:\n"
            "  mgtwin run --cell trilayer --protocol '{type: eis, f_max: 1 MHz, f_min: 0.1 Hz}'"
        )
    cell = changed_cell(read_cell(str(request.cell), request.overlays), request.changes)
    protocol = read_protocol(str(request.protocol))
    output = result_name(request.output) if request.output is not None else None
    figure = figure_name(request.plot, "--plot") if request.plot is not None else None
    result = simulated(cell, protocol, output)
    report(cell, protocol, result)
    interrupted = was_interrupted(result)
    keep(result, partial_name(output) if interrupted and output is not None else output, figure)
    if interrupted:
        leave_interrupted("the numbers above are those of the part that was done.")


def simulated(cell: Cell, protocol: Protocol, output: Path | None) -> Result:
    """Simulate with a progress bar; where it fails, what there is goes into a file beside `output`."""
    with progress_bar(f"{cell.name}: {protocol.type}") as progress:
        from ..simulation import simulate

        try:
            return simulate(cell, protocol, progress=progress)
        except SimulationError as error:
            kept = _keep_partial(error, output)
            raise SimulationError(f"{error}{kept}", error.time, error.partial) from error


def _keep_partial(error: SimulationError, output: Path | None) -> str:
    """Say, as the end of a message, where the finished part is."""
    if error.partial is None:
        return ""
    if output is None:
        return "\nWhat was done until then can be kept with -o FILE.nc."
    from .. import dataset

    path = dataset.save(error.partial, partial_name(output))
    return f"\nWhat was done until then is in {shown_path(path)}."


def partial_name(output: Path) -> Path:
    """Return the name for an incomplete result, so that no script takes it for a whole one."""
    return output.with_name(f"{output.stem}.partial{output.suffix}")


def was_interrupted(data: Result) -> bool:
    """Tell whether Ctrl-C ended a simulation that kept its part and returned."""
    from .summary import warnings_of

    return any(text.startswith("interrupted") for text in warnings_of(data))


def report(cell: Cell, protocol: Protocol, data: Result) -> None:
    """Print what was simulated, its main numbers and its warnings."""
    from .summary import Report, warnings_of

    out().print(Report(cell, protocol, data))
    print_warnings(warnings_of(data))


def print_rows(lines: Sequence[tuple[str, str]]) -> None:
    """Print (what, value) in two columns, long values wrapped below themselves."""
    out().print(Rows(lines))


def keep(
    data: Result, output: Path | None, figure: Path | None, draw: Callable[[Result, Path], object] | None = None
) -> None:
    """Save and draw where that was asked for, and say where; `draw` replaces the figure that suits the data."""
    lines = []
    if output is not None:
        from .. import dataset

        lines.append(("saved", shown_path(dataset.save(data, output))))
    if figure is not None:
        from .plotting import draw as draw_what_suits

        (draw or draw_what_suits)(data, figure)
        lines.append(("figure", shown_path(figure)))
    if lines:
        print_rows(lines)
    else:
        hint("Not saved: -o result.nc keeps it, --plot figure.png draws it.")
