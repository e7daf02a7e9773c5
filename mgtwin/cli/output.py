"""What every way of running ends with: the progress, the main numbers, and where the result is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import SimulationError
from .console import hint, out, print_warnings, shown_path
from .files import is_export, partial_name
from .progress import progress_bar
from .renderables import Rows
from .summary import Report, Result, warnings_of

if TYPE_CHECKING:
    from ..cells import Cell
    from ..protocols import Protocol
    from ..routes import Route

__all__ = ["Request", "keep", "partial_name", "print_rows", "report", "simulated", "took", "was_interrupted"]


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
    route: str | None = None


def simulated(cell: Cell, protocol: Protocol, output: Path | None, route: Route | None = None) -> Result:
    """Simulate with a progress bar; where it fails, what there is goes into a file beside `output`."""
    with progress_bar(f"{cell.name}: {protocol.type}") as progress:
        # Imported under the bar: PyBaMM takes seconds, in which something should be seen.
        from ..simulation import simulate

        try:
            return simulate(cell, protocol, progress=progress, route=route)
        except SimulationError as error:
            # The end of the message says where the finished part is.
            kept = "" if error.partial is None else "\nWhat was done until then can be kept with -o FILE.nc."
            if error.partial is not None and output is not None:
                from .. import dataset

                path = dataset.save(error.partial, partial_name(output))
                kept = f"\nWhat was done until then is in {shown_path(path)}."
            raise SimulationError(f"{error}{kept}", error.time, error.partial) from error


def was_interrupted(data: Result) -> bool:
    """Tell whether Ctrl-C ended a simulation that kept its part and returned."""
    return any(text.startswith("interrupted") for text in warnings_of(data))


def report(cell: Cell, protocol: Protocol, data: Result) -> None:
    """Print what was simulated, its main numbers and its warnings."""
    out().print(Report(cell, protocol, data))
    print_warnings(warnings_of(data))


def print_rows(lines: Sequence[tuple[str, str]]) -> None:
    """Print (what, value) in two columns, long values wrapped below themselves."""
    out().print(Rows(lines))


def took(seconds: float) -> str:
    """A duration in words."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def keep(
    data: Result, output: Path | None, figure: Path | None, draw: Callable[[Result, Path], object] | None = None
) -> None:
    """Save and draw where that was asked for, and say where; `draw` replaces the figure that suits the data."""
    lines = []
    if output is not None and is_export(output):
        from ..exports import export

        lines += [("written" if k == 0 else "", shown_path(path)) for k, path in enumerate(export(data, output))]
    elif output is not None:
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
