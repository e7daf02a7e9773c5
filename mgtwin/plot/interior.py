"""The inside of a cell: local potentials and salts across the layers, which element takes how much of the voltage."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mgtwin.errors import InputError
from mgtwin.plot.family import plot
from mgtwin.plot.labels import text_width
from mgtwin.plot.life import is_life
from mgtwin.plot.look import COLOURS, INK, MUTED, PALE, describe, is_log_spaced, legend_beside, panel, shades
from mgtwin.plot.transients import is_run
from mgtwin.plot.units import short
from mgtwin.quantities import parse

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["breakdown", "concentrations", "profiles"]

#: Elements whose share of the voltage never exceeds this are drawn together.
NEGLIGIBLE = 1e-3


def _is_single(ds: xr.Dataset, *kinds: str) -> bool:
    return is_run(ds, *kinds) and not is_life(ds)


@plot("time", "voltage", "overpotential", when=lambda ds: _is_single(ds, "transient", "cycles"))
def breakdown(ds: xr.Dataset, time: float | str | None = None, *, ax: Axes | None = None) -> Axes:
    """Draw which element of the cell takes how much of the voltage.

    Parameters
    ----------
    ds : xarray.Dataset
        Transient with ``overpotential`` over ``element`` and ``time``.
    time : float or str, optional
        Bars at the sample nearest to this time [s]; by default the contributions are stacked over the whole run, those
        of positive and of negative sign apart, with the cell voltage as a line.
    ax : matplotlib Axes, optional
        Where to draw.

    Raises
    ------
    InputError
        There are no contributions, or the time lies outside the run.
    """
    values = ds["overpotential"].transpose("element", "time").values
    if time is None and ds.sizes["time"] > 1:
        moments, voltage = (np.asarray(ds[name].values, dtype=float) for name in ("time", "voltage"))
        log = is_log_spaced(moments)
        seen = moments > 0 if log else np.full(moments.size, True)
        with panel(ax, describe(ds.attrs), (7.0, 3.9), beside=True) as drawn:
            x = drawn.time(moments[seen], log=log)
            # Contributions and voltage together, so that one unit is chosen for both.
            *shares_of, whole = drawn.y(np.vstack([values, voltage])[:, seen], ds["overpotential"])
            sums = np.abs(shares_of).sum(axis=0)
            small = np.nanmax(np.abs(shares_of), axis=1) < NEGLIGIBLE * max(np.nanmax(sums), 1e-300)
            elements = ds["element"].values.astype(str)
            groups = [(e, shares_of[k], COLOURS[k % len(COLOURS)]) for k, e in enumerate(elements) if not small[k]]
            if small.any():
                which = ", ".join(elements[small]) if small.sum() < 3 else f"{small.sum()} others"
                groups.append((f"{which} (< {NEGLIGIBLE:.1%})", np.asarray(shares_of)[small].sum(axis=0), "#c9ced6"))
            # Contributions of opposite sign on either side of zero: stacked on each other they would hide what cancels.
            up, down = np.zeros(x.size), np.zeros(x.size)
            for name, part, colour in groups:
                above, below = up + np.maximum(part, 0), down + np.minimum(part, 0)
                drawn.ax.fill_between(x, up, above, color=colour, lw=0, alpha=0.85, label=name)
                drawn.ax.fill_between(x, down, below, color=colour, lw=0, alpha=0.85)
                up, down = above, below
            drawn.ax.plot(x, whole, color=INK, lw=1.2, label=str(ds["voltage"].attrs["long_name"]))
            drawn.ax.set_xlim(x[0], x[-1])
            drawn.ax.axhline(0, color=INK, lw=0.8)
        return drawn.ax
    (k,) = _chosen_times(ds["time"].values, None if time is None else [time], "breakdown")[-1:]
    parts, names = values[:, k], [str(name) for name in ds["element"].values]
    total = float(parts.sum())
    moment = f"{short(total, 'V')} at {short(float(ds['time'][k]), 's')}"
    title = ", ".join(filter(None, [describe(ds.attrs), moment]))
    with panel(ax, title, (6.0, 0.9 + 0.36 * len(names))) as drawn:
        colours = [COLOURS[k % len(COLOURS)] for k in range(len(names))]
        bars = drawn.ax.barh(names, drawn.x(parts, ds["overpotential"]), color=colours, height=0.65)
        # Blanks around the text keep it off the end of its bar.
        shares = [f" {short(v, 'V')} ({v / total:.0%}) " if total else f" {short(v, 'V')} " for v in parts]
        drawn.ax.bar_label(bars, shares, fontsize=8.5, color=INK)
        # The texts stand beyond the bars, and matplotlib does not count them among the data: measured, or they would
        # cover the names of the elements.
        low, high = min(drawn.ax.dataLim.x0, 0.0), max(drawn.ax.dataLim.x1, 0.0)
        room, sides = max(text_width(text, 8.5) for text in shares), (low < 0) + (high > 0)
        inches = drawn.ax.get_position().width * drawn.ax.get_figure(root=True).get_figwidth()  # type: ignore[union-attr]
        pad = (high - low) * room / max(inches - max(text_width(name, 9) for name in names) - sides * room, room)
        if high > low:
            drawn.ax.set_xlim(low - pad * (low < 0), high + pad * (high > 0))
        drawn.ax.axvline(0, color=INK, lw=0.8)
        drawn.ax.invert_yaxis()
        drawn.ax.grid(False, axis="y")
        drawn.ax.tick_params(axis="y", length=0)
    return drawn.ax


class _Profile(NamedTuple):
    """A function of this module and the variables that it draws."""

    function: str
    variable: str
    x: str
    layer: str


@plot("time", "x", "local_potential", when=lambda ds: _is_single(ds, "transient", "cycles", "voltammogram"))
def profiles(ds: xr.Dataset, times: Sequence[float | str] | None = None, *, ax: Axes | None = None) -> Axes:
    """Draw the local electrode potential E(x) at several times, with the layers shaded and named.

    Parameters
    ----------
    ds : xarray.Dataset
        Transient with ``local_potential`` over ``time`` and ``x``.
    times : sequence of float or str, optional
        Times [s]; the nearest sample is drawn and its own time is in the legend. By default six that span the run.
    ax : matplotlib Axes, optional
        Where to draw.

    Raises
    ------
    InputError
        There are no profiles, or a time lies outside the run.
    """
    return _profiles(ds, times, ax, _Profile("profiles", "local_potential", "x", "layer"))


@plot("time", "salt_x", "concentration", when=lambda ds: _is_single(ds, "transient", "cycles", "voltammogram"))
def concentrations(ds: xr.Dataset, times: Sequence[float | str] | None = None, *, ax: Axes | None = None) -> Axes:
    """Draw the concentration c(x) of salts at several times, with the layers shaded and named.

    Parameters
    ----------
    ds : xarray.Dataset
        Transient with ``concentration`` over ``time`` and ``salt_x``.
    times : sequence of float or str, optional
        Times [s]; the nearest sample is drawn and its own time is in the legend. By default six that span the run.
    ax : matplotlib Axes, optional
        Where to draw.

    Raises
    ------
    InputError
        There are no concentrations, or a time lies outside the run.
    """
    ax = _profiles(ds, times, ax, _Profile("concentrations", "concentration", "salt_x", "salt_layer"))
    ax.set_ylim(bottom=0)  # what is left of the salt is what matters
    return ax


def _profiles(ds: xr.Dataset, times: Sequence[float | str] | None, ax: Axes | None, which: _Profile) -> Axes:
    with panel(ax, "", (6.8, 3.9)) as drawn:
        positions = np.asarray(ds[which.x].values, dtype=float)
        chosen = _chosen_times(ds["time"].values, times, which.function)
        # Ends [m] of each layer: of the cell if known, which knows also layers without a profile; else as far as the
        # positions tell.
        if ds.attrs.get("cell"):
            from mgtwin.cells import Cell

            layers = Cell.from_yaml(ds.attrs["cell"]).layers
            names, ends = [layer.name for layer in layers], np.cumsum([0.0, *(layer.thickness for layer in layers)])
        else:
            parts = _stretches(ds, positions, which)
            names = [str(ds[which.layer].values[part[0]]) if which.layer in ds.variables else "" for part in parts]
            inner = [(positions[a[-1]] + positions[b[0]]) / 2 for a, b in pairwise(parts)]
            ends = np.array([positions[0], *inner, positions[-1]])
        edges = drawn.x(ends.tolist(), ds[which.x])
        x = drawn.x(positions, ds[which.x])
        y = drawn.y(ds[which.variable].transpose("time", which.x).values[chosen], ds[which.variable])
        for curve, k, colour in zip(y, chosen, shades(len(chosen)), strict=True):
            for part in _stretches(ds, x, which):  # a curve must not bridge a layer without a profile
                text = short(float(ds["time"][k]), "s") if part[0] == 0 else None
                drawn.ax.plot(x[part], curve[part], color=colour, label=text)
        drawn.ax.set_xlim(edges[0], edges[-1])
        # Every other layer is shaded, the names stand above.
        for k, (name, (start, end)) in enumerate(zip(names, pairwise(edges), strict=True)):
            if k % 2 == 0:
                drawn.ax.axvspan(start, end, color=PALE, lw=0, zorder=0)
            if k:
                drawn.ax.axvline(start, color=MUTED, lw=0.6, zorder=1)
            room = (end - start) / np.ptp(edges) > 0.012 * len(name)
            drawn.ax.annotate(
                name, ((start + end) / 2, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 3),
                textcoords="offset points", ha="center" if room else "left", va="bottom", fontsize=8.5, color=INK,
                rotation=0 if room else 35,
            )  # fmt: skip
        legend_beside(drawn.ax, "time")
        if drawn.fresh:
            drawn.ax.set_title(describe(ds.attrs), pad=18)
    return drawn.ax


def _chosen_times(time: np.ndarray, times: Sequence[float | str] | None, function: str) -> list[int]:
    """Indices of the samples nearest to the wanted times, in order and each once."""
    time = np.asarray(time, dtype=float)
    if times is None:
        later = time[time > 0]
        # As the samples are spaced: six even times of a long relaxation would all show its end.
        wanted = np.geomspace(later[0], later[-1], 6) if is_log_spaced(time) else np.linspace(time[0], time[-1], 6)
    else:
        wanted = np.array([float(parse(moment, "s")) for moment in times])
        outside = wanted[(wanted < time[0]) | (wanted > time[-1])]
        if outside.size:
            span = f"{short(time[0], 's')} to {short(time[-1], 's')}"
            raise InputError(
                f"{function}: {short(outside[0], 's')} lies outside the run ({span}); choose a time inside."
            )
    # Two wanted times may have the same nearest sample: its curve is drawn once.
    return list(dict.fromkeys(int(np.argmin(np.abs(time - moment))) for moment in wanted))


def _stretches(ds: xr.Dataset, x: np.ndarray, which: _Profile) -> list[np.ndarray]:
    """Indices of x layer by layer."""
    if which.layer not in ds.variables:
        return [np.arange(len(x))]
    names = np.asarray(ds[which.layer].values)
    return np.split(np.arange(len(x)), np.flatnonzero(names[1:] != names[:-1]) + 1)
