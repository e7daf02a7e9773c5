"""Signals in time: polarisations, galvanostatic cycling, voltammograms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from mgtwin.dataset import has_gaps, sample_cycles
from mgtwin.plot._style import (
    COLOURS,
    INK,
    MUTED,
    axes,
    describe,
    is_log_spaced,
    lab,
    lab_shared,
    label,
    require,
    shades,
    short,
    style,
    with_unit,
)

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["cycles", "transient", "voltammogram"]

_axis_label = label


def transient(ds: xr.Dataset, *, ax: Axes | None = None, label: str | None = None, color: str | None = None) -> Axes:
    """Draw the response to a step: the current where the voltage is held, else the voltage.

    Time is logarithmic where the samples are; each of several steps then starts at zero and has its own curve. A
    current of one sign that spans more than a decade has a logarithmic axis too.

    Parameters
    ----------
    ds : xarray.Dataset
        Transient.
    ax : matplotlib Axes, optional
        Where to draw.
    label, color : str, optional
        Legend entry and colour.
    """
    require(ds, ("time", "voltage", "current"), "transient")
    with style():
        fresh, ax = ax is None, axes(ax)
        parts = _steps(ds)
        log_time = is_log_spaced(parts[0][0])
        name = "current" if voltage_is_controlled(ds) else "voltage"
        values = np.asarray(ds[name].values, dtype=float)
        size, unit = lab_shared(ax.get_ylabel(), values, ds[name].attrs.get("units", ""))
        together = np.concatenate([part[0] for part in parts])
        time_size, time_unit = (1.0, "s") if log_time else lab_shared(ax.get_xlabel(), ds["time"].values, "s")
        colours = [color] if len(parts) == 1 else shades(len(parts))
        for (time, voltage, current, start), shade, held in zip(parts, colours, _setpoints(name, parts), strict=True):
            y = current if name == "current" else voltage
            x = time if log_time else time + start
            shown = x > 0 if log_time else np.full(len(x), True)
            text = label or (held if log_time and 1 < len(parts) <= 8 else None)
            ax.plot(x[shown] / time_size, y[shown] / size, color=shade if log_time else color or COLOURS[0], label=text)
        if log_time:
            ax.set_xscale("log")
            values = np.concatenate([p[2] if name == "current" else p[1] for p in parts])[together > 0]
        _choose_scale(ax, values / size, name)
        ax.set_xlabel(
            with_unit("time since the start of the step" if len(parts) > 1 and log_time else "time", time_unit)
        )
        ax.set_ylabel(_axis_label(ds[name], unit))
        if ax.get_legend_handles_labels()[1]:
            ax.legend(loc="best")
        if fresh:
            ax.set_title(describe(ds))
            _density_beside(ax, ds, name, size)
    return ax


def _steps(ds: xr.Dataset) -> list[tuple[np.ndarray, np.ndarray, np.ndarray, float]]:
    """Time since the start of the step, voltage, current, and the start itself, for each step."""
    time, voltage, current = (np.asarray(ds[name].values, dtype=float) for name in ("time", "voltage", "current"))
    number = np.asarray(ds["step"].values) if "step" in ds.variables else np.zeros(len(time))
    found = []
    for part in np.split(np.arange(len(time)), np.flatnonzero(np.diff(number)) + 1):
        start = time[part[0] - 1] if part[0] else min(0.0, time[0])
        found.append((time[part] - start, voltage[part], current[part], start))
    return found


def voltage_is_controlled(ds: xr.Dataset) -> bool:
    """Whether the voltage was imposed on the cell, rather than the current.

    The protocol tells, if it is known. Else the signal that keeps its size within the steps was imposed; if neither
    does, the one that is straighter in time.
    """
    protocol = protocol_type(ds)
    if protocol in ("polarization", "voltammetry"):
        return True
    if protocol in ("galvanostatic", "cycling", "rest"):
        return False

    def spread(values: Any) -> float:
        size = np.abs(values[np.isfinite(values)])
        low, high = np.quantile(size, [0.1, 0.9]) if size.size else (0.0, 0.0)
        return float((high - low) / high) if high > 0 else 0.0

    parts = _steps(ds)
    of_voltage, of_current = (float(np.median([spread(part[k]) for part in parts])) for k in (1, 2))
    if min(of_voltage, of_current) < 0.05 and of_voltage != of_current:
        return of_voltage < of_current
    time, voltage, current = (np.asarray(ds[name].values, dtype=float) for name in ("time", "voltage", "current"))
    return _bend(time, voltage) <= _bend(time, current)


def protocol_type(ds: xr.Dataset) -> str:
    """Return the type of protocol that made a Dataset, ``""`` if it is not known."""
    found = re.search(r"^type:\s*[\"']?(\w+)", str(ds.attrs.get("protocol", "")), re.MULTILINE)
    return found[1] if found else ""


def _bend(time: np.ndarray, values: np.ndarray) -> float:
    """Median distance of a sample from the line through its neighbours, relative to the largest value."""
    keep = np.isfinite(values) & np.append(True, np.diff(time) > 0)
    t, y = time[keep], values[keep]
    if len(t) < 3 or not np.any(y):
        return 0.0
    share = (t[1:-1] - t[:-2]) / (t[2:] - t[:-2])
    return float(np.median(np.abs(y[1:-1] - (1 - share) * y[:-2] - share * y[2:])) / np.abs(y).max())


def _setpoints(name: str, parts: list[tuple[np.ndarray, np.ndarray, np.ndarray, float]]) -> list[str]:
    """What was held in each step, all in one unit."""
    held = [float(np.nanmedian(part[1] if name == "current" else part[2])) for part in parts]
    size, unit = lab(held, "V" if name == "current" else "A")
    return [f"{value / size:.3g} {unit}" for value in held]


def _choose_scale(ax: Axes, values: np.ndarray, name: str) -> None:
    """Logarithmic for currents over more than a decade; otherwise linear, with zero in view if it is near."""
    finite = values[np.isfinite(values)]
    if finite.size and name == "current" and finite.min() > 0 and finite.max() > 10 * finite.min():
        ax.set_yscale("log")
        return
    if ax.get_yscale() == "log" or not finite.size:
        return
    low, high = ax.dataLim.y0, ax.dataLim.y1
    if low < 0 < high:
        ax.axhline(0, color=MUTED, lw=0.8, zorder=1)
    elif max(abs(low), abs(high)) < 3 * (high - low):
        ax.set_ylim(*((0, high * 1.06) if low >= 0 else (low * 1.06, 0)))
    elif high - low < 1e-6 * max(abs(low), abs(high)):  # constant: noise of the last digit is not a signal
        ax.set_ylim(*sorted((0, 1.3 * (high if high > 0 else low))))


def _density_beside(ax: Axes, ds: xr.Dataset, name: str, size: float) -> None:
    """Add an axis of current density on the right where the area is known."""
    area = ds.attrs.get("area")
    if name != "current" or not area:
        return
    density, unit = lab(np.asarray(ds["current"].values, dtype=float) / area, "A/m^2")
    factor = size / area / density
    right = ax.secondary_yaxis("right", functions=(lambda y: y * factor, lambda y: y / factor))
    right.set_ylabel(with_unit("current density", unit))
    right.spines["right"].set_visible(True)


def cycles(ds: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw galvanostatic cycling: voltage against time, or a per-cycle summary against the number of the cycle.

    Parameters
    ----------
    ds : xarray.Dataset
        Transient, or the result of `mgtwin.analysis.cycle_summary`. A run that keeps the traces of some cycles only is
        drawn as its summary.
    ax : matplotlib Axes, optional
        Where to draw.
    """
    with style():
        if "deposition_voltage" in ds.variables and ("time" not in ds.dims or has_gaps(ds)):
            return _cycle_summary(ds, ax)
        require(ds, ("time", "voltage", "current"), "cycles")
        fresh, ax = ax is None, axes(ax, (7.2, 3.6))
        voltage, current = (np.asarray(ds[name].values, dtype=float) for name in ("voltage", "current"))
        size, unit = lab_shared(ax.get_ylabel(), voltage, "V")
        time_size, time_unit = lab_shared(ax.get_xlabel(), ds["time"].values, "s")
        time = ds["time"].values / time_size
        many = np.flatnonzero(np.diff(np.sign(current[current != 0]))).size > 40
        ax.axhline(0, color=MUTED, lw=0.8, zorder=1)
        ax.plot(time, voltage / size, color=COLOURS[0], lw=0.7 if many else 1.3)
        ax.set_xlim(time[0], time[-1])
        ax.margins(y=0.08)
        ax.set_xlabel(_axis_label(ds["time"], time_unit))
        ax.set_ylabel(_axis_label(ds["voltage"], unit))
        if fresh:
            numbers = sample_cycles(ds)
            number = ds.sizes.get("cycle", 0 if numbers is None else len(np.unique(numbers)))
            half = short(float(np.nanmax(np.abs(current))), "A")
            count = f"{number} cycles, " if number > 1 else ""
            ax.set_title(", ".join(filter(None, [describe(ds), f"{count}±{half}"])))
    return ax


def cycle_numbers(ds: xr.Dataset) -> np.ndarray:
    """Numbers of the cycles as people count them, from 1; instruments may do so already, a continued run does not."""
    number = np.asarray(ds["cycle"].values)
    return number + 1 if number.min() == 0 or protocol_type(ds) == "cycling" else number


def _cycle_summary(ds: xr.Dataset, ax: Axes | None) -> Axes:
    from matplotlib.ticker import MaxNLocator

    fresh, ax = ax is None, axes(ax, (6.4, 3.8))
    number = cycle_numbers(ds)
    shown = {
        "dissolution_voltage": ("dissolution", "o", COLOURS[1]),
        "deposition_voltage": ("deposition", "s", COLOURS[0]),
        "half_difference": ("half-difference", "", COLOURS[2]),
        "half_sum": ("half-sum", "", COLOURS[3]),
    }
    size, unit = lab(np.concatenate([ds[name].values for name in shown]), "V")
    for name, (text, marker, colour) in shown.items():
        line = "-" if not marker else "" if len(number) < 40 else "-"
        ax.plot(number, ds[name] / size, linestyle=line, marker=marker, ms=4, mew=0, lw=1.2, color=colour, label=text)
    ax.axhline(0, color=MUTED, lw=0.8, zorder=1)
    ax.set_xlabel("Cycle")
    ax.set_ylabel(with_unit("voltage at the end of a half cycle", unit))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0)
    if fresh:
        ax.set_title(describe(ds))
    return ax


def voltammogram(ds: xr.Dataset, *, ax: Axes | None = None, label: str | None = None) -> Axes:
    """Draw current against voltage, cycles from light to dark, with an arrow in the direction of the first scan.

    Parameters
    ----------
    ds : xarray.Dataset
        Transient of a voltammetry; ``cycle`` separates the cycles.
    ax : matplotlib Axes, optional
        Where to draw.
    label : str, optional
        Legend entry; the whole run then has one colour.
    """
    require(ds, ("time", "voltage", "current"), "voltammogram")
    with style():
        fresh, ax = ax is None, axes(ax, (5.8, 4.2))
        voltage, current = (np.asarray(ds[name].values, dtype=float) for name in ("voltage", "current"))
        labels = sample_cycles(ds)
        cycle = np.zeros(len(voltage)) if labels is None else labels
        size, unit = lab_shared(ax.get_ylabel(), current, "A")
        numbers = np.unique(cycle)
        ax.axhline(0, color=MUTED, lw=0.8, zorder=1)
        ax.axvline(0, color=MUTED, lw=0.8, zorder=1)
        one = label is not None or len(numbers) == 1
        colours = [None if not fresh else COLOURS[0]] * len(numbers) if one else shades(len(numbers))
        for k, (number, colour) in enumerate(zip(numbers, colours, strict=True)):
            first = np.flatnonzero(cycle == number)
            # The last sample of the cycle before closes the loop.
            part = np.r_[first[0] - 1, first] if first[0] else first
            text = label if k == 0 else None
            if not one and (k in (0, len(numbers) - 1) or len(numbers) <= 5):
                text = f"cycle {int(number) + (1 if numbers[0] == 0 else 0)}"
            (line,) = ax.plot(voltage[part], current[part] / size, color=colour, label=text)
            if one:
                colours[k + 1 :] = [line.get_color()] * (len(numbers) - k - 1)
        _scan_arrow(ax, voltage, current / size)
        ax.set_xlabel(_axis_label(ds["voltage"], "V"))
        ax.set_ylabel(_axis_label(ds["current"], unit))
        if ax.get_legend_handles_labels()[1]:
            ax.legend(loc="best")
        if fresh:
            ax.set_title(describe(ds))
            _density_beside(ax, ds, "current", size)
    return ax


def _scan_arrow(ax: Axes, voltage: np.ndarray, current: np.ndarray) -> None:
    """Put an arrow on the first sweep, in its middle, in the direction of the scan."""
    turn = np.flatnonzero(np.diff(np.sign(np.diff(voltage[np.isfinite(voltage)]))) != 0)
    end = int(turn[0]) + 1 if turn.size else len(voltage) - 1
    middle = end // 2
    step = max(1, end // 8)
    if middle + step >= len(voltage):
        return
    ax.annotate(
        "", xy=(voltage[middle + step], current[middle + step]), xytext=(voltage[middle], current[middle]),
        arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1.2, "mutation_scale": 14, "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip
