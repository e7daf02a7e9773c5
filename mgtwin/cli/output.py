"""What every way of running ends with: the progress, the main numbers, and where the result is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from rich.text import Text

from ..errors import SimulationError
from ..quantities import format_value
from .console import hint, out, print_warnings, shown_path
from .progress import progress_bar
from .summary import leaves, protocol_line, rows, warnings_of

if TYPE_CHECKING:
    import xarray as xr

    from ..cells import Cell
    from ..protocols import Protocol

    Result: TypeAlias = xr.Dataset | xr.DataTree

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
    return any(text.startswith("interrupted") for text in warnings_of(data))


def report(cell: Cell, protocol: Protocol, data: Result) -> None:
    """Print what was simulated, its main numbers and its warnings."""
    found = leaves(data)
    title = Text(cell.name, style="bold").append("".join(f" + {name}" for name in cell.overlays), style="cyan")
    temperature = found[0][1].attrs.get("temperature", float(cell.temperature)) if found else float(cell.temperature)
    title.append(f"  {format_value(temperature, 'K')}, {format_value(cell.area)}", style="not bold dim")
    out().print(title)
    lines = [("protocol", protocol_line(protocol))]
    for name, ds in found:
        if name:
            lines.append((name, ""))
        lines += rows(ds)
        if route := ds.attrs.get("route"):
            lines.append(("route", str(route)))
    print_rows(lines)
    print_warnings(warnings_of(data))


def print_rows(lines: Sequence[tuple[str, str]]) -> None:
    """Print (what, value) in two columns, long values wrapped below themselves."""
    console = out()
    width = max(8, *(len(what) for what, value in lines if value)) + 4
    for what, value in lines:
        if not value:
            console.print(Text(f"  {what}", style="cyan"))
            continue
        room = max(console.width - width, 20)
        for number, line in enumerate(Text(value).wrap(console, room)):
            line.rstrip()
            head = Text(f"  {what if number == 0 else '':<{width - 2}}", style="dim")
            console.print(head.append_text(Text(line.plain, style="not dim")), soft_wrap=True)


def took(seconds: float) -> str:
    """A duration in words."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


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
