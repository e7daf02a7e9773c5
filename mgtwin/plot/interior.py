"""The inside of a cell: local potentials and salts across the layers, which element takes how much of the voltage."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mgtwin.errors import InputError
from mgtwin.plot._style import (
    COLOURS,
    INK,
    MUTED,
    PALE,
    axes,
    describe,
    is_log_spaced,
    lab,
    label,
    legend_beside,
    require,
    shades,
    short,
    style,
    with_unit,
)
from mgtwin.quantities import parse

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["breakdown", "concentrations", "profiles"]

#: Elements whose share of the voltage never exceeds this are drawn together.
NEGLIGIBLE = 1e-3


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


class _Profile(NamedTuple):
    """A function of this module and the variables that it draws."""

    function: str
    variable: str
    x: str
    layer: str


def _profiles(ds: xr.Dataset, times: Sequence[float | str] | None, ax: Axes | None, which: _Profile) -> Axes:
    require(ds, ("time", which.x, which.variable), which.function)
    with style():
        fresh, ax = ax is None, axes(ax, (6.8, 3.9))
        values = ds[which.variable].transpose("time", which.x).values
        x = np.asarray(ds[which.x].values, dtype=float)
        chosen = _chosen_times(ds["time"].values, times, which.function)
        regions = _regions(ds, x, which)
        size, unit = lab([regions[-1][2]], "m")
        height, value_unit = lab(values[chosen], ds[which.variable].attrs["units"])
        for k, colour in zip(chosen, shades(len(chosen)), strict=True):
            for part in _stretches(ds, x, which):  # a curve must not bridge a layer without a profile
                text = short(float(ds["time"][k]), "s") if part[0] == 0 else None
                ax.plot(x[part] / size, values[k, part] / height, color=colour, label=text)
        ax.set_xlim(regions[0][1] / size, regions[-1][2] / size)
        _shade_layers(ax, [(name, a / size, b / size) for name, a, b in regions])
        ax.set_xlabel(label(ds[which.x], unit))
        ax.set_ylabel(label(ds[which.variable], value_unit))
        legend_beside(ax, "time")
        if fresh:
            ax.set_title(describe(ds), pad=18)
    return ax


def _chosen_times(time: np.ndarray, times: Sequence[float | str] | None, function: str) -> list[int]:
    """Indices of the samples nearest to the wanted times, in order and each once."""
    time = np.asarray(time, dtype=float)
    if times is None:
        later = time[time > 0]
        wanted = np.geomspace(later[0], later[-1], 6) if is_log_spaced(time) else np.linspace(time[0], time[-1], 6)
    else:
        wanted = np.array([float(parse(moment, "s")) for moment in times])
        outside = wanted[(wanted < time[0]) | (wanted > time[-1])]
        if outside.size:
            span = f"{short(time[0], 's')} to {short(time[-1], 's')}"
            raise InputError(
                f"{function}: {short(outside[0], 's')} lies outside the run ({span}); choose a time inside."
            )
    return list(dict.fromkeys(int(np.argmin(np.abs(time - moment))) for moment in wanted))


def _stretches(ds: xr.Dataset, x: np.ndarray, which: _Profile) -> list[np.ndarray]:
    """Indices of x layer by layer."""
    if which.layer not in ds.variables:
        return [np.arange(len(x))]
    names = np.asarray(ds[which.layer].values)
    return np.split(np.arange(len(x)), np.flatnonzero(names[1:] != names[:-1]) + 1)


def _regions(ds: xr.Dataset, x: np.ndarray, which: _Profile) -> list[tuple[str, float, float]]:
    """Name, start and end [m] of each layer: of the cell if known, else as far as the positions tell."""
    if ds.attrs.get("cell"):
        from mgtwin.cells import Cell

        edges = [0.0]
        layers = Cell.from_yaml(ds.attrs["cell"]).layers
        for layer in layers:
            edges.append(edges[-1] + float(layer.thickness))
        return [(layer.name, a, b) for layer, a, b in zip(layers, edges, edges[1:], strict=False)]
    parts = _stretches(ds, x, which)
    names = [str(ds[which.layer].values[part[0]]) if which.layer in ds.variables else "" for part in parts]
    middles = [(x[a[-1]] + x[b[0]]) / 2 for a, b in pairwise(parts)]
    edges = [float(x[0]), *map(float, middles), float(x[-1])]
    return list(zip(names, edges, edges[1:], strict=False))


def _shade_layers(ax: Axes, regions: list[tuple[str, float, float]]) -> None:
    """Shade every other layer and write the names above the Axes."""
    total = regions[-1][2] - regions[0][1]
    for k, (name, start, end) in enumerate(regions):
        if k % 2 == 0:
            ax.axvspan(start, end, color=PALE, lw=0, zorder=0)
        if k:
            ax.axvline(start, color=MUTED, lw=0.6, zorder=1)
        room = (end - start) / total > 0.012 * len(name)
        ax.annotate(
            name, ((start + end) / 2, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 3),
            textcoords="offset points", ha="center" if room else "left", va="bottom", fontsize=8.5, color=INK,
            rotation=0 if room else 35,
        )  # fmt: skip


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
    require(ds, ("time", "voltage", "overpotential"), "breakdown")
    with style():
        values = ds["overpotential"].transpose("element", "time").values
        names = [str(name) for name in ds["element"].values]
        if time is None and ds.sizes["time"] > 1:
            return _stacked_over_time(ds, names, values, ax)
        (k,) = _chosen_times(ds["time"].values, None if time is None else [time], "breakdown")[-1:]
        return _bars(ds, names, values[:, k], float(ds["time"][k]), ax)


def _bars(ds: xr.Dataset, names: list[str], values: np.ndarray, moment: float, ax: Axes | None) -> Axes:
    fresh, ax = ax is None, axes(ax, (6.0, 0.9 + 0.36 * len(names)))
    size, unit = lab(values, "V")
    total = float(values.sum())
    bars = ax.barh(names, values / size, color=[COLOURS[k % len(COLOURS)] for k in range(len(names))], height=0.65)
    shares = [f" {v / size:.3g} {unit} ({v / total:.0%}) " if total else f" {v / size:.3g} {unit} " for v in values]
    ax.bar_label(bars, shares, fontsize=8.5, color=INK)
    ax.margins(x=0.28)
    ax.axvline(0, color=INK, lw=0.8)
    ax.invert_yaxis()
    ax.grid(False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(label(ds["overpotential"], unit))
    if fresh:
        at = f"{short(total, 'V')} at {short(moment, 's')}"
        ax.set_title(", ".join(filter(None, [describe(ds), at])))
    return ax


def _stacked_over_time(ds: xr.Dataset, names: list[str], values: np.ndarray, ax: Axes | None) -> Axes:
    fresh, ax = ax is None, axes(ax, (7.0, 3.9))
    time = np.asarray(ds["time"].values, dtype=float)
    log_time = is_log_spaced(time)
    shown = time > 0 if log_time else np.full(len(time), True)
    time_size, time_unit = (1.0, "s") if log_time else lab(time, "s")
    size, unit = lab(np.append(values.ravel(), ds["voltage"].values), "V")
    x, y = time[shown] / time_size, values[:, shown] / size
    share = np.nanmax(np.abs(y), axis=1) / max(np.nanmax(np.abs(y).sum(axis=0)), 1e-300)
    small = share < NEGLIGIBLE
    groups = [(name, y[k], COLOURS[k % len(COLOURS)]) for k, name in enumerate(names) if not small[k]]
    if small.any():
        which = [name for k, name in enumerate(names) if small[k]]
        text = f"{', '.join(which) if len(which) < 3 else f'{len(which)} others'} (< {NEGLIGIBLE:.1%})"
        groups.append((text, y[small].sum(axis=0), "#c9ced6"))
    up, down = np.zeros(len(x)), np.zeros(len(x))
    for name, part, colour in groups:
        above, below = np.maximum(part, 0), np.minimum(part, 0)
        ax.fill_between(x, up, up + above, color=colour, lw=0, alpha=0.85, label=name)
        ax.fill_between(x, down, down + below, color=colour, lw=0, alpha=0.85)
        up, down = up + above, down + below
    ax.plot(x, ds["voltage"].values[shown] / size, color=INK, lw=1.2, label=str(ds["voltage"].attrs["long_name"]))
    if log_time:
        ax.set_xscale("log")
    ax.set_xlim(x[0], x[-1])
    ax.axhline(0, color=INK, lw=0.8)
    ax.set_xlabel(with_unit("time", time_unit))
    ax.set_ylabel(label(ds["overpotential"], unit))
    legend_beside(ax)
    if fresh:
        ax.set_title(describe(ds))
    return ax
