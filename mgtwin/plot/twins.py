"""Figures of a running cell: what it was and will be, which explanation holds, what went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.errors import InputError, did_you_mean
from mgtwin.plot.family import plot
from mgtwin.plot.look import COLOURS, INK, MUTED, Panel, describe, legend_beside, panel, stacked, style
from mgtwin.plot.transients import cycle_axis
from mgtwin.plot.units import with_unit

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["alarm_scores", "fan_chart", "odds"]

_QUANTILES = "_quantiles"


def forecast_metrics(ds: xr.Dataset) -> list[str]:
    """Names of the numbers of which a Dataset has quantiles along cycles."""
    found = [str(name) for name, item in ds.data_vars.items() if {"cycle", "quantile"} <= set(item.dims)]
    return [name.removesuffix(_QUANTILES) for name in found if name.endswith(_QUANTILES)]


def chosen(ds: xr.Dataset, metric: str | None) -> str:
    """The metric that is drawn: the one that is named, or the only one."""
    known = forecast_metrics(ds)
    if metric not in known and (metric is not None or len(known) != 1):
        hint = did_you_mean(metric or "", known)
        raise InputError(f"fan_chart: say which of {', '.join(known) or 'no metrics'} to draw.{hint}")
    return metric or known[0]


def curves(ds: xr.Dataset, metric: str, interface: str | None) -> xr.DataArray:
    """Quantiles of a metric over the cycles; of several interfaces those of the one given, or of what changes most."""
    values = ds[metric + _QUANTILES]
    if "interface" in values.dims:
        change = (values.max("cycle") - values.min("cycle")).max("quantile")
        values = (
            values.isel(interface=int(change.values.argmax())) if interface is None else values.sel(interface=interface)
        )
    return values.transpose("quantile", "cycle")


def foresees(ds: xr.Dataset, metric: str, interface: str | None) -> bool:
    """Whether a forecast has this metric, of this interface where it is one of interfaces."""
    return metric + _QUANTILES in ds and (interface is None or interface in ds["interface"].values)


def bands(drawn: Panel, ds: xr.Dataset, values: xr.DataArray, colour: str, label: str) -> np.ndarray:
    """Draw symmetric pairs of quantiles as bands around the middle one; return the curves as drawn."""
    cycle, quantile = ds["cycle"].values, ds["quantile"].values
    shown = drawn.y(values.values, unit=str(values.attrs.get("units", "")), name=str(values.attrs.get("long_name", "")))
    # the outermost pair first: the inner ones lie on it and are darker
    for k in range(len(quantile) // 2):
        words = f"{label}, {100 * (quantile[-1 - k] - quantile[k]):.3g} %"
        drawn.ax.fill_between(cycle, shown[k], shown[-1 - k], color=colour, alpha=0.16 * (k + 1), lw=0, label=words)
    if len(quantile) % 2:
        drawn.ax.plot(cycle, shown[len(quantile) // 2], color=colour, lw=1.4)
    return shown


def crossings(drawn: Panel, ds: xr.Dataset, lines: np.ndarray, level: float) -> None:
    """Draw a limit, and where each quantile first reaches it."""
    drawn.ax.axhline(level, color=COLOURS[1], lw=0.9, ls="--")
    cycle = ds["cycle"].values.astype(float)
    # the outermost and the middle one: the texts of all of them would lie on each other
    said = sorted({0, len(lines) // 2, len(lines) - 1})
    for k, (quantile, line) in enumerate((ds["quantile"].values[n], lines[n]) for n in said):
        for n in np.flatnonzero((line[1:] >= level) != (line[:-1] >= level))[:1]:
            at = cycle[n] + (level - line[n]) / (line[n + 1] - line[n]) * (cycle[n + 1] - cycle[n])
            drawn.ax.plot(at, level, "|", ms=9, mew=1.4, color=COLOURS[1], zorder=4)
            # neighbours stand on different sides of the line, which keeps their texts apart
            drawn.ax.annotate(
                f"{100 * quantile:.3g} %: {at:.0f}", (at, level), (0, (-1) ** k * 7), textcoords="offset points",
                fontsize=7.5, ha="center", va="bottom" if k % 2 == 0 else "top", color=INK,
            )  # fmt: skip


def named(ax: Axes, marks: Sequence[tuple[float, str]]) -> None:
    """Draw what happened, with its name, at cycles."""
    for cycle, text in marks:
        ax.axvline(cycle, color=COLOURS[4], lw=0.9, zorder=1)
        # Along the line, for alarms come close together; on white, for it may lie on the data.
        ax.annotate(
            text, (cycle, 0.98), (3, 0), xycoords=("data", "axes fraction"), textcoords="offset points",
            fontsize=8, color=COLOURS[4], rotation=90, va="top", zorder=5,
            bbox={"facecolor": "white", "alpha": 0.7, "lw": 0, "pad": 0.5},
        )  # fmt: skip


def each_metric(ds: xr.Dataset) -> list[Mapping[str, str]]:
    """Arguments of a panel for each metric of a life; a study, whose quantiles are no life, has plots of its own."""
    return [{"metric": name} for name in forecast_metrics(ds)]


@plot("quantile", "cycle", when=each_metric)
def fan_chart(
    ds: xr.Dataset,
    metric: str | None = None,
    *,
    forecast: xr.Dataset | None = None,
    earlier: Sequence[xr.Dataset] = (),
    limit: float | None = None,
    marks: Sequence[tuple[float, str]] = (),
    interface: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw what a cell was (bands left of now), and what it will be (bands right of it).

    Parameters
    ----------
    ds : xarray.Dataset
        ``<metric>_quantiles`` over (cycle, quantile) of what was, as ``twin.history()`` returns it, with
        ``<metric>_measured`` over cycle where it was measured; or a forecast alone.
    metric : str, optional
        What is drawn, ``"impedance_modulus"``; may be left out if there is only one.
    forecast : xarray.Dataset, optional
        What ``twin.forecast()`` returned.
    earlier : sequence of Dataset
        What was forecast before: the middle of each is drawn as a thin line.
    limit : float, optional
        A value [SI] at which something ends; where each forecast quantile crosses it is marked.
    marks : sequence of (cycle, text)
        Alarms.
    interface : str, optional
        Of metrics that each interface has; by default the one that changes most.
    ax : matplotlib Axes, optional
        Where to draw.

    Raises
    ------
    InputError
        There is no such metric, or several and none is named.
    """
    name = chosen(ds, metric)
    with panel(ax, describe(ds.attrs), (7.4, 4.0), beside=True) as drawn:
        past = curves(ds, name, interface)
        # which one was chosen holds for the forecast too: there another one may change most
        if interface is None and "interface" in past.coords:
            interface = str(past["interface"].item())
        # One explanation knows of more interfaces than all of them together: not everything that was is forecast.
        earlier = [one for one in earlier if foresees(one, name, interface)]
        forecast = forecast if forecast is not None and foresees(forecast, name, interface) else None
        others = [*earlier, *([] if forecast is None else [forecast])]
        # the unit is chosen by everything that is drawn, or a rising number would leave its scale
        everything = [past, *(curves(one, name, interface) for one in others)]
        title = str(past.attrs.get("long_name", name.replace("_", " ")))
        title += f", {interface.removeprefix('interfaces.')}" if interface else ""
        unit = str(past.attrs.get("units", ""))
        drawn.y(np.concatenate([one.values.ravel() for one in everything]), unit=unit, name=title)
        bands(drawn, ds, past.assign_attrs(long_name=title), COLOURS[0], "assimilated")
        if f"{name}_measured" in ds:
            measured = drawn.y(ds[f"{name}_measured"].values, unit=unit, name=title)
            drawn.ax.plot(ds["cycle"], measured, "o", ms=3.5, mfc="white", mec=INK, mew=0.9, label="measured", zorder=4)
        for k, one in enumerate(earlier):
            middle = curves(one, name, interface).sel(quantile=0.5, method="nearest")
            words = "earlier forecasts" if k == 0 else None
            drawn.ax.plot(one["cycle"], drawn.y(middle.values, unit=unit, name=title), color=MUTED, lw=0.7, label=words)
        if forecast is not None:
            now = float(forecast.attrs.get("begun", forecast["cycle"].values[0]))
            drawn.ax.axvline(now, color=MUTED, lw=0.8, ls=":")
            drawn.ax.annotate(
                "now", (now, 1.0), xycoords=("data", "axes fraction"), fontsize=8, color=MUTED, ha="center"
            )
            values = curves(forecast, name, interface).assign_attrs(long_name=title)
            lines = bands(drawn, forecast, values, COLOURS[1], "forecast")
            if limit is not None:
                crossings(drawn, forecast, lines, float(drawn.y([limit], unit=unit, name=title)[0]))
        named(drawn.ax, marks)
        # the unit stays on the last line, where whoever draws on these axes looks for it
        words, bracket, last = drawn.ax.get_ylabel().rpartition(" (")
        drawn.ax.set_ylabel("\n".join(wrap(words or last, 30)) + (bracket + last if words else ""))
        cycle_axis(drawn.ax)
    return drawn.ax


@plot("odds", "cycle", when=lambda ds: "explanation" in ds.dims)
def odds(ds: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw the odds of the explanations over the life of a cell, as areas that add up to one.

    Parameters
    ----------
    ds : xarray.Dataset
        ``odds`` over (evidence, explanation) with the coordinate ``cycle``, as ``twin.odds`` is.
    ax : matplotlib Axes, optional
        Where to draw.
    """
    with panel(ax, describe(ds.attrs), (7.0, 3.2), beside=True) as drawn:
        # The areas follow the order in which the explanations were given, whatever their odds: they keep their colours.
        shares = ds["odds"].transpose("explanation", ...).values
        names = [str(name).replace("_", " ") for name in ds["explanation"].values]
        drawn.ax.stackplot(ds["cycle"].values, *shares, labels=names, colors=COLOURS, alpha=0.9, lw=0)
        drawn.ax.axhline(0.9, color="white", lw=0.8, ls="--")
        drawn.ax.set(ylim=(0, 1), ylabel="Odds")
        # listed from above to below, as they lie
        drawn.ax.legend(reverse=True, loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0)
        drawn.ax.margins(x=0)
        cycle_axis(drawn.ax)
    return drawn.ax


@plot("z", "cusum", "cycle", when=lambda ds: "mechanism" in ds.dims)
def alarm_scores(ds: xr.Dataset, *, ax: Axes | tuple[Axes, Axes] | None = None) -> tuple[Axes, Axes]:
    """Draw how much each mechanism would explain, piece by piece of evidence, and what has added up.

    Parameters
    ----------
    ds : xarray.Dataset
        ``z`` and ``cusum`` [standard deviations] over (evidence, mechanism) with the coordinate ``cycle``, and the
        thresholds ``jump`` and ``slow`` over mechanism, as ``twin.alarm_scores()`` returns them.
    ax : Axes or the pair that an earlier call returned, optional
        A single Axes is divided in two.

    Returns
    -------
    tuple of Axes
        Scores of single pieces of evidence, and sums.
    """
    match ax:
        case (above, below):
            pass
        case _:
            with style():
                above, below = stacked(ax, (1.3, 1.0), (7.2, 4.4))
    parts = ((above, "z", "jump", "score"), (below, "cusum", "slow", "sum of scores"))
    for where, name, threshold, words in parts:
        with panel(where, "") as drawn:
            for k, mechanism in enumerate(ds["mechanism"].values):
                values = ds[name].sel(mechanism=mechanism).values
                colour, label = COLOURS[k % len(COLOURS)], str(mechanism).replace("_", " ") if where is above else None
                drawn.ax.plot(ds["cycle"], values, "o-", ms=2.8, lw=1.0, color=colour, label=label)
            # mechanisms may share a threshold; one that never speaks has an infinite one
            levels = {float(level) for level in np.unique(ds[threshold].values)} if threshold in ds else set()
            for level in sorted(level for level in levels if np.isfinite(level)):
                drawn.ax.axhline(level, color=INK, lw=0.9, ls="--")
            drawn.ax.axhline(0, color=MUTED, lw=0.6, zorder=1)
            drawn.ax.set_ylabel(with_unit(words, "s.d."))
    with style():
        legend_beside(above)
    cycle_axis(below)
    above.set_title(describe(ds.attrs))
    return above, below
