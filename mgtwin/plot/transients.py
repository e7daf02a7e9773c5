"""Signals in time: polarisations, galvanostatic cycling, voltammograms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mgtwin.dataset import has_gaps, sample_cycles
from mgtwin.plot.bands import along, measured_points, samples_of
from mgtwin.plot.family import plot, require
from mgtwin.plot.look import COLOURS, INK, MUTED, Panel, describe, is_log_spaced, panel, shades
from mgtwin.plot.units import lab, short, with_unit
from mgtwin.protocols import PROTOCOLS, Protocol

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["cycles", "steady_currents", "transient", "voltammogram"]

_SIGNALS = ("time", "voltage", "current")


def signals(ds: xr.Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Time [s], voltage [V] and current [A]."""
    time, voltage, current = (np.asarray(ds[name].values, dtype=float) for name in _SIGNALS)
    return time, voltage, current


def protocol_of(ds: xr.Dataset) -> type[Protocol]:
    """Return the kind of protocol that made a Dataset; that of any protocol where it is not known."""
    found = re.search(r"^type:\s*[\"']?(\w+)", str(ds.attrs.get("protocol", "")), re.MULTILINE)
    return PROTOCOLS[found[1]] if found and found[1] in PROTOCOLS else Protocol


def drawn_as(ds: xr.Dataset) -> str:
    """The plot that shows a run in time: what its protocol says, else what its signals look like."""
    if protocol_of(ds).drawn:
        return protocol_of(ds).drawn
    _, voltage, current = signals(ds)
    # Rests between half cycles are no reversals.
    driven = current[np.abs(current) > 1e-6 * np.nanmax(np.abs(current), initial=0.0)]
    turns = np.flatnonzero(np.diff(np.sign(driven)))
    held_current = driven.size > 0 and np.ptp(np.abs(driven)) < 0.05 * np.abs(driven).max()
    if turns.size and held_current:
        return "cycles"
    # A scan has even steps of the voltage that turn round; relaxation crowds at its start.
    sweep = np.diff(voltage[np.isfinite(voltage)])
    reversals = np.flatnonzero(np.diff(np.sign(sweep[sweep != 0])))
    even = sweep.size > 10 and np.quantile(np.abs(sweep), 0.9) < 3 * max(np.quantile(np.abs(sweep), 0.1), 1e-300)
    return "voltammogram" if not held_current and even and reversals.size else "transient"


def is_summary(ds: xr.Dataset) -> bool:
    """Whether cycles are there as numbers per cycle, rather than as traces of all of them."""
    return "deposition_voltage" in ds.variables and ("time" not in ds.dims or has_gaps(ds))


def is_run(ds: xr.Dataset, *kinds: str) -> bool:
    """Whether a Dataset holds the signals of one run in time that is drawn as one of these plots."""
    one = set(_SIGNALS) <= set(ds.variables) and ds["voltage"].ndim == 1
    return one and not is_summary(ds) and drawn_as(ds) in kinds


class _Step(NamedTuple):
    """A step of a run: time since its start [s], voltage [V], current [A], and the start itself [s]."""

    time: np.ndarray
    voltage: np.ndarray
    current: np.ndarray
    start: float


def _steps(ds: xr.Dataset) -> list[_Step]:
    time, voltage, current = signals(ds)
    number = np.asarray(ds["step"].values) if "step" in ds.variables else np.zeros(len(time))
    found = []
    for part in np.split(np.arange(len(time)), np.flatnonzero(np.diff(number)) + 1):
        start = float(time[part[0] - 1]) if part[0] else min(0.0, float(time[0]))
        found.append(_Step(time[part] - start, voltage[part], current[part], start))
    return found


@plot(*_SIGNALS, when=lambda ds: is_run(ds, "transient"))
def transient(ds: xr.Dataset, *, ax: Axes | None = None, label: str | None = None, color: str | None = None) -> Axes:
    """Draw the response to a step: the current where the voltage is held, else the voltage.

    Time is logarithmic where the samples are; each of several steps then starts at zero and has its own curve. A
    current of one sign that spans more than a decade has a logarithmic axis too. Of a fit, and of `mgtwin.uncertainty`
    without metrics, the middle 68 and 90 % are shaded; data that were fitted are circles.

    Parameters
    ----------
    ds : xarray.Dataset
        Transient, or a fit.
    ax : matplotlib Axes, optional
        Where to draw.
    label, color : str, optional
        Legend entry and colour.
    """
    with panel(ax, describe(ds.attrs)) as drawn:
        steps = _steps(ds)
        several, log = len(steps) > 1, is_log_spaced(steps[0].time)
        name, held = ("current", "voltage") if voltage_is_controlled(ds) else ("voltage", "current")
        setpoints = [float(np.nanmedian(step._asdict()[held])) for step in steps]
        size, unit = lab(setpoints, str(ds[held].attrs.get("units", "")))
        values = drawn.y(ds[name].values, ds[name])
        times = np.concatenate([step.time if log else step.time + step.start for step in steps])
        x = drawn.time(times, "time since the start of the step" if several and log else "time", log=log)
        seen = x > 0 if log else np.full(x.size, True)
        ends = np.cumsum([step.time.size for step in steps])[:-1]
        data, samples = ds.get(f"measured_{name}"), samples_of(ds, name)
        for k, part in enumerate(np.split(np.arange(x.size), ends)):
            part = part[seen[part]]
            text = label or (f"{setpoints[k] / size:.3g} {unit}" if log and several and len(steps) <= 8 else None)
            shade = (shades(len(steps))[k] if several else color) if log else color or COLOURS[0]
            text = text or ("fit" if data is not None and k == 0 else None)
            (line,) = drawn.ax.plot(x[part], values[part], color=shade, label=text)
            if samples is not None:
                along(drawn.ax, x[part], drawn.y(samples[:, part], ds[name]), line.get_color())
            if data is not None:
                measured_points(drawn.ax, x[part], drawn.y(data.values[part], ds[name]), line.get_color())
        if name == "current" and is_spread(values[seen]):
            drawn.ax.set_yscale("log")
        if drawn.ax.get_yscale() != "log" and np.isfinite(values[seen]).any():
            low, high = drawn.ax.dataLim.y0, drawn.ax.dataLim.y1
            if low < 0 < high:
                drawn.ax.axhline(0, color=MUTED, lw=0.8, zorder=1)
            # Zero is worth its room only where it does not flatten the curve.
            elif max(abs(low), abs(high)) < 3 * (high - low):
                drawn.ax.set_ylim(*((0, high * 1.06) if low >= 0 else (low * 1.06, 0)))
            elif high - low < 1e-6 * max(abs(low), abs(high)):  # constant: noise of the last digit is not a signal
                drawn.ax.set_ylim(*sorted((0, 1.3 * (high if high > 0 else low))))
        _density_beside(drawn, ds, name)
    return drawn.ax


def voltage_is_controlled(ds: xr.Dataset) -> bool:
    """Whether the voltage was imposed on the cell, rather than the current.

    The protocol tells, if it is known. Else the signal that keeps its size within the steps was imposed; if neither
    does, the one that is straighter in time.
    """
    if protocol_of(ds).imposed:
        return protocol_of(ds).imposed == "voltage"

    def spread(values: np.ndarray) -> float:
        size = np.abs(values[np.isfinite(values)])
        low, high = np.quantile(size, [0.1, 0.9]) if size.size else (0.0, 0.0)
        return float((high - low) / high) if high > 0 else 0.0

    steps, (time, voltage, current) = _steps(ds), signals(ds)
    of_voltage = float(np.median([spread(step.voltage) for step in steps]))
    of_current = float(np.median([spread(step.current) for step in steps]))
    # Both are constant in a rest, neither in a ramp: then the straighter one was imposed.
    if min(of_voltage, of_current) < 0.05 and of_voltage != of_current:
        return of_voltage < of_current
    return _bend(time, voltage) <= _bend(time, current)


def _bend(time: np.ndarray, values: np.ndarray) -> float:
    """Median distance of a sample from the line through its neighbours, relative to the largest value."""
    keep = np.isfinite(values) & np.append(True, np.diff(time) > 0)
    t, y = time[keep], values[keep]
    if len(t) < 3 or not np.any(y):
        return 0.0
    # Unevenly sampled: the line through the neighbours, not their mean.
    share = (t[1:-1] - t[:-2]) / (t[2:] - t[:-2])
    return float(np.median(np.abs(y[1:-1] - (1 - share) * y[:-2] - share * y[2:])) / np.abs(y).max())


def is_spread(values: np.ndarray) -> bool:
    """Whether values of one sign span more than a decade, so that a logarithmic axis shows them best."""
    finite = values[np.isfinite(values)]
    return bool(finite.size and finite.min() > 0 and finite.max() > 10 * finite.min())


def _density_beside(drawn: Panel, ds: xr.Dataset, name: str) -> None:
    """Add an axis of current density on the right where the area is known."""
    area = ds.attrs.get("area")
    if name != "current" or not area or not drawn.fresh:
        return
    current = np.asarray(ds["current"].values, dtype=float)
    density, unit = lab(current / area, "A/m^2")
    factor = lab(current, "A")[0] / area / density
    right = drawn.ax.secondary_yaxis("right", functions=(lambda y: y * factor, lambda y: y / factor))
    right.set_ylabel(with_unit("current density", unit))
    right.spines["right"].set_visible(True)


@plot(*_SIGNALS, when=lambda ds: False)  # drawn where it is asked for
def steady_currents(
    ds: xr.Dataset, *, ax: Axes | None = None, label: str | None = None, color: str | None = None
) -> Axes:
    """Draw the last current of every step against its voltage, whose slope is a conductance.

    Parameters
    ----------
    ds : xarray.Dataset
        Steps of constant voltage.
    ax : matplotlib Axes, optional
        Where to draw. Currents that spread over decades are drawn on logarithmic axes.
    label, color : str, optional
        Legend entry and colour.
    """
    with panel(ax, describe(ds.attrs)) as drawn:
        voltage, current = ([float(step._asdict()[name][-1]) for step in _steps(ds)] for name in ("voltage", "current"))
        x, y = drawn.x(voltage, ds["voltage"]), drawn.y(current, ds["current"])
        drawn.ax.plot(x, y, marker="o", ms=3, label=label, color=color)
        drawn.ax.set_xlim(left=0)
        if is_spread(np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in drawn.ax.lines])):
            drawn.ax.set_yscale("log")
    return drawn.ax


@plot(when=lambda ds: is_summary(ds) or is_run(ds, "cycles"))
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
    if is_summary(ds):
        with panel(ax, describe(ds.attrs), (6.4, 3.8), beside=True) as drawn:
            number = cycle_numbers(ds)
            ends = [ds[name].values for name in _SUMMARY]
            values = drawn.y(ends, unit="V", name="voltage at the end of a half cycle")
            for y, (text, marker, colour) in zip(values, _SUMMARY.values(), strict=True):
                line = "" if marker and len(number) < 40 else "-"
                drawn.ax.plot(number, y, linestyle=line, marker=marker, ms=4, mew=0, lw=1.2, color=colour, label=text)
            drawn.ax.axhline(0, color=MUTED, lw=0.8, zorder=1)
            cycle_axis(drawn.ax)
        return drawn.ax
    require(ds, _SIGNALS, "cycles")
    time, voltage, current = signals(ds)
    numbers = sample_cycles(ds)
    count = ds.sizes.get("cycle", 0 if numbers is None else len(np.unique(numbers)))
    half = f"±{short(float(np.nanmax(np.abs(current))), 'A')}"
    title = [describe(ds.attrs), f"{count} cycles, {half}" if count > 1 else half]
    with panel(ax, ", ".join(filter(None, title)), (7.2, 3.6)) as drawn:
        many = np.flatnonzero(np.diff(np.sign(current[current != 0]))).size > 40
        x, y = drawn.x(time, ds["time"]), drawn.y(voltage, ds["voltage"])
        drawn.ax.axhline(0, color=MUTED, lw=0.8, zorder=1)
        drawn.ax.plot(x, y, color=COLOURS[0], lw=0.7 if many else 1.3)
        if (samples := samples_of(ds, "voltage")) is not None:
            along(drawn.ax, x, drawn.y(samples, ds["voltage"]), COLOURS[0])
        if (data := ds.get("measured_voltage")) is not None:
            measured_points(drawn.ax, x, drawn.y(data.values, ds["voltage"]), COLOURS[0])
        drawn.ax.set_xlim(x[0], x[-1])
        drawn.ax.margins(y=0.08)
    return drawn.ax


def cycle_numbers(ds: xr.Dataset) -> np.ndarray:
    """Numbers of the cycles as people count them, from 1; instruments may do so already, a continued run does not."""
    number = np.asarray(ds["cycle"].values)
    return number + 1 if number.min() == 0 or protocol_of(ds).drawn == "cycles" else number


def cycle_axis(ax: Axes) -> None:
    """Label an axis of cycle numbers, which are whole."""
    from matplotlib.ticker import MaxNLocator

    ax.set_xlabel("Cycle")
    ax.xaxis.set_gid("cycle")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


#: What a summary of cycles shows: its name in the legend, its marker and its colour.
_SUMMARY = {
    "dissolution_voltage": ("dissolution", "o", COLOURS[1]),
    "deposition_voltage": ("deposition", "s", COLOURS[0]),
    "half_difference": ("half-difference", "", COLOURS[2]),
    "half_sum": ("half-sum", "", COLOURS[3]),
}


@plot(*_SIGNALS, when=lambda ds: is_run(ds, "voltammogram"))
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
    with panel(ax, describe(ds.attrs), (5.8, 4.2)) as drawn:
        _, voltage, current = signals(ds)
        labels = sample_cycles(ds)
        cycle = np.zeros(len(voltage)) if labels is None else labels
        numbers = np.unique(cycle)
        y = drawn.y(current, ds["current"])
        drawn.ax.axhline(0, color=MUTED, lw=0.8, zorder=1)
        drawn.ax.axvline(0, color=MUTED, lw=0.8, zorder=1)
        one = label is not None or len(numbers) == 1
        colours = [COLOURS[0] if drawn.fresh else None] * len(numbers) if one else shades(len(numbers))
        for k, number in enumerate(numbers):
            first = np.flatnonzero(cycle == number)
            # The last sample of the cycle before closes the loop.
            part = np.r_[first[0] - 1, first] if first[0] else first
            text = label if k == 0 else None
            if not one and (k in (0, len(numbers) - 1) or len(numbers) <= 5):
                text = f"cycle {int(number) + (1 if numbers[0] == 0 else 0)}"
            (line,) = drawn.ax.plot(voltage[part], y[part], color=colours[k], label=text)
            if one:  # in the colour that the Axes gave to the first
                colours = [line.get_color()] * len(numbers)
        # An arrow on the first sweep, in its middle, in the direction of the scan.
        turn = np.flatnonzero(np.diff(np.sign(np.diff(voltage[np.isfinite(voltage)]))) != 0)
        end = int(turn[0]) + 1 if turn.size else len(voltage) - 1
        middle, tip = end // 2, end // 2 + max(1, end // 8)
        if tip < len(voltage):
            arrow = {"arrowstyle": "-|>", "color": INK, "lw": 1.2, "mutation_scale": 14, "shrinkA": 0, "shrinkB": 0}
            at, start = (voltage[tip], y[tip]), (voltage[middle], y[middle])
            drawn.ax.annotate("", xy=at, xytext=start, arrowprops=arrow)
        drawn.ax.set_xlabel(with_unit(str(ds["voltage"].attrs.get("long_name", "voltage")), "V"))
        drawn.ax.xaxis.set_gid("voltage")
        _density_beside(drawn, ds, "current")
    return drawn.ax
