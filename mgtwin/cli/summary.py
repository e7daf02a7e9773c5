"""The few numbers of a result that are worth printing."""

from __future__ import annotations

from collections.abc import Sequence as Listed
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from ..dataset import is_tree, sample_cycles
from ..errors import InputError
from ..protocols import Protocol, Written
from ..quantities import Value, format_value
from .renderables import Rows

if TYPE_CHECKING:
    import xarray as xr

    from ..cells import Cell

__all__ = ["Report", "Result", "brief", "headline", "leaves", "protocol_line", "rows", "warnings_of"]

#: Steps that are listed one by one.
_STEPS = 8


#: What a simulation gives: one Dataset, or a DataTree of them.
Result: TypeAlias = "xr.Dataset | xr.DataTree"


@dataclass(frozen=True)
class Report:
    """What was simulated and its main numbers."""

    cell: Cell
    protocol: Protocol
    data: Result

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        cell, found = self.cell, leaves(self.data)
        # The protocol may have set another temperature than the cell's, and the result says which held.
        temperature = float(found[0][1].attrs.get("temperature", cell.temperature) if found else cell.temperature)
        title = Text(cell.name, style="bold").append("".join(f" + {name}" for name in cell.overlays), style="cyan")
        yield title.append(f"  {format_value(temperature, 'K')}, {format_value(cell.area)}", style="not bold dim")
        lines = [("protocol", protocol_line(self.protocol))]
        for name, ds in found:
            lines += [(name, "")] if name else []
            lines += rows(ds)
            lines += [("route", str(ds.attrs["route"]))] if ds.attrs.get("route") else []
        yield Rows(lines)


def leaves(data: Result) -> list[tuple[str, xr.Dataset]]:
    """Return (name, Dataset) of every result in a Dataset (name ``""``) or DataTree."""
    if is_tree(data):
        return [(node.path.strip("/"), node.to_dataset()) for node in data.leaves if node.has_data]
    return [("", data)]


def warnings_of(data: Result) -> list[str]:
    """Return the warnings of a Dataset or of all nodes of a DataTree, each once."""
    return list(dict.fromkeys(text for _, ds in leaves(data) for text in ds.attrs.get("warnings", [])))


def protocol_line(protocol: Protocol) -> str:
    """Return a protocol on one line: its type and what was set.

    Examples
    --------
    >>> from mgtwin.protocols import EIS
    >>> protocol_line(EIS("1 MHz", "0.1 Hz", points=100))
    'eis: f_max 1 MHz, f_min 0.1 Hz, points 100'
    """
    parts = [step.type for step in protocol.one_by_one()]
    parts = parts or [f"{name} {_text(value)}" for name, value in protocol.given().items()]
    return f"{protocol.type}: {', '.join(parts)}" if parts else protocol.type


def _text(value: object) -> str:
    match value:
        case tuple():
            shown = [_text(item) for item in value[:_STEPS]]
            return ", ".join(shown) + (f", ... ({len(value)} in all)" if len(value) > _STEPS else "")
        case Value():
            return format_value(value)
        case Written():  # a part with fields of its own, such as a bias
            return ", ".join(map(_text, value.given().values()))
        case int() | float() | str():
            return str(value)
    return type(value).__name__


def brief(ds: xr.Dataset) -> str:
    """Return a result in a few words: the resistance at both ends of a spectrum, or how a transient ends."""
    if _is_spectrum(ds):
        (_, high), (_, low) = _ends(ds)
        return f"{format_value(high.real, 'ohm')} ... {format_value(low.real, 'ohm')}"
    if "voltage" not in ds.variables:
        return f"{ds.sizes['cycle']} cycles" if "cycle" in ds.dims else ", ".join(map(str, ds.data_vars))
    voltage, current = _end(ds)
    return f"{format_value(voltage, 'V')}, {format_value(current, 'A')} at the end"


def _is_spectrum(ds: xr.Dataset) -> bool:
    return "impedance" in ds.variables and ds["impedance"].ndim == 1


def headline(results: Listed[xr.Dataset]) -> str:
    """Return what `brief` shows of results, as the head of a column."""
    # One head for all rows only where all rows mean the same frequencies.
    windows = {tuple(frequency for frequency, _ in _ends(ds)) for ds in results if _is_spectrum(ds)}
    if not windows or not all(_is_spectrum(ds) for ds in results):
        return "result"
    if len(windows) > 1:
        return "Re Z at the highest ... lowest frequency"
    # To three digits: a file's 999 998 Hz is its 1 MHz.
    high, low = (format_value(float(f"{frequency:.3g}"), "Hz") for frequency in windows.pop())
    return f"Re Z at {high} ... {low}"


def rows(ds: xr.Dataset) -> list[tuple[str, str]]:
    """Return (what, value) of a result: of a spectrum both ends, of a transient how it ran and ended."""
    if _is_spectrum(ds):
        found, area = [], ds.attrs.get("area")
        for frequency, z in _ends(ds):
            specific = f" ({format_value(z.real * area, 'ohm*m^2')})" if area else ""
            text = f"Re Z = {format_value(z.real, 'ohm')}{specific}, -Im Z = {format_value(-z.imag, 'ohm')}"
            found.append((f"at {format_value(frequency, 'Hz')}", text))
        return found
    if "voltage" not in ds.variables and "cycle_end_time" not in ds.variables:
        return [("holds", ", ".join(map(str, ds.data_vars)))]
    numbers = sample_cycles(ds)
    cycles = ds.sizes["cycle"] if "cycle" in ds.dims else 1 if numbers is None else int(numbers[-1]) + 1
    duration = format_value(float(ds["cycle_end_time" if "cycle_end_time" in ds.variables else "time"].values[-1]), "s")
    lines = [("duration", f"{duration}, {cycles} cycles" if cycles > 1 else duration)]
    if "type: voltammetry" in str(ds.attrs.get("protocol", "")):
        # Largest currents either way in the last cycle.
        last = slice(None) if numbers is None else numbers == numbers.max()
        voltages, currents = ds["voltage"].values[last], ds["current"].values[last]
        for name, k in (("lowest current", int(currents.argmin())), ("highest current", int(currents.argmax()))):
            lines.append((name, f"{format_value(float(currents[k]), 'A')} at {format_value(float(voltages[k]), 'V')}"))
    elif cycles > 1:
        from ..analysis import cycle_summary

        # Voltages at the ends of the half cycles, first and last cycle.
        listed = [("first cycle", 0), ("last cycle", -1)]
        try:
            summary = cycle_summary(ds)
        except InputError:
            listed = []
        for name, k in listed:
            ends = {half: float(summary[f"{half}_voltage"].values[k]) for half in ("deposition", "dissolution")}
            texts = [f"{half} ends at {format_value(end, 'V')}" for half, end in ends.items() if np.isfinite(end)]
            if texts:
                lines.append((name, ", ".join(texts)))
    elif "step" in ds.variables:
        # How each of several steps ends.
        step = np.asarray(ds["step"].values)
        lasts = np.flatnonzero(np.append(np.diff(step) != 0, True))
        for k in lasts[:_STEPS] if len(lasts) > 1 else ():
            voltage, current = float(ds["voltage"].values[k]), float(ds["current"].values[k])
            lines.append((f"step {int(step[k]) + 1}", f"{format_value(voltage, 'V')}, {format_value(current, 'A')}"))
        if len(lasts) > _STEPS:
            lines.append(("...", f"{len(lasts) - _STEPS} more steps"))
    if "voltage" in ds.variables:
        voltage, current = _end(ds)
        lines.append(("at the end", f"{format_value(voltage, 'V')}, {format_value(current, 'A')}"))
    return lines


def _ends(ds: xr.Dataset) -> tuple[tuple[float, complex], tuple[float, complex]]:
    frequency = np.asarray(ds["frequency"].values, dtype=float)
    z = np.asarray(ds["impedance"].values)
    high, low = int(frequency.argmax()), int(frequency.argmin())
    return (float(frequency[high]), complex(z[high])), (float(frequency[low]), complex(z[low]))


def _end(ds: xr.Dataset) -> tuple[float, float]:
    """Last voltage and current; rounding errors beside the largest ones are zero."""
    found = []
    for name in ("voltage", "current"):
        values = np.asarray(ds[name].values, dtype=float)
        last, largest = float(values[-1]), float(np.nanmax(np.abs(values)))
        # 3.1e-17 V would read like a measurement.
        found.append(0.0 if abs(last) < 1e-9 * largest else last)
    return found[0], found[1]
