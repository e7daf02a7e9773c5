"""One figure per experiment: readings of the data beside each other, and below what was observed of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Sequence
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import plot
from ..experiments import Experiment
from ..plot.family import plots_of
from ..plot.look import COLOURS, INK, MUTED, style
from .judge import Row, Simulated
from .verdicts import Agrees, Calibrated, Contradicts, Failed, NotComparable

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw"]

#: Impedances further apart than this do not share a Nyquist plot.
COMPARABLE = 3.0
#: A logarithmic axis that spans this factor has labels enough at its decades.
MANY_DECADES = 1e3
Panel = Callable[..., Any]
#: Colours of the verdicts.
DRAWN = {Agrees: COLOURS[2], Calibrated: COLOURS[0], Contradicts: COLOURS[1], NotComparable: MUTED, Failed: INK}


def draw(experiment: Experiment, done: Sequence[Simulated], rows: Sequence[Row], path: Path) -> Path:
    """Draw an experiment into a PNG file: one column per reading, the signals above, the verdicts below.

    Returns
    -------
    pathlib.Path
    """
    from matplotlib.figure import Figure

    readings = sorted({item.run.reading for item in done}, key=lambda name: (not name, name))
    columns = {reading: [item for item in done if item.run.reading == reading] for reading in readings}
    suitable = dict.fromkeys((k, panel) for item in done for k, ds in enumerate(item.steps) for panel in _panels(ds))
    # what cannot give each run its colour shows one run only
    single = all(len(group) == 1 for group in columns.values())
    plan = [found for found in sorted(suitable, key=itemgetter(0)) if single or "color" in _arguments(found[1])]
    with style():
        # a Figure of its own, not pyplot's: nothing opens on a screen and nothing stays in memory
        figure = Figure(figsize=(1.0 + 4.9 * len(readings), 2.4 + 3.5 * len(plan)), dpi=120, layout="constrained")
        axes = figure.subplots(len(plan) + 1, len(readings), squeeze=False)
        for column, (reading, group) in zip(axes.T, columns.items(), strict=True):
            for ax, (step, panel) in zip(column, plan, strict=False):
                _fill(ax, panel, [(item.steps[step], item.label(group)) for item in group])
            column[0].set_title(reading.replace("_", " ") if len(readings) > 1 else "")
            # Below: what was observed and simulated, line by line, in the colour of the verdict.
            column[-1].axis("off")
            mine = [row for row in rows if row.reading == reading]
            for k, row in enumerate(mine):
                which = f" ({', '.join(row.state)})" if len({other.state for other in mine}) > 1 else ""
                lines = [
                    f"{row.verdict.word}: {row.quantity}{which}",
                    f"    simulated {row.bare}; observed {row.observed}",
                ]
                # What is cut off here is in the table; a figure has to fit on a page.
                text = "\n".join(line if len(line) < 90 else f"{line[:88]}…" for line in lines)
                y = 1 - k / max(len(mine), 6)
                column[-1].text(0, y, text, fontsize=6.5, va="top", color=DRAWN[type(row.verdict)])
        figure.suptitle(experiment.description, fontsize=11 if len(readings) > 1 else 9)
        _lay_out(figure)
        figure.savefig(path, dpi=figure.dpi)
    return path


def _lay_out(figure: Figure) -> None:
    """Place the plots, with what costs matplotlib most of its time done once or not at all."""
    from matplotlib.ticker import NullLocator

    for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)):
        low, high = axis.get_view_interval()
        if axis.get_scale() == "log" and high > MANY_DECADES * low:
            axis.set_minor_locator(NullLocator())
    # saving a figure that has an engine would draw everything twice
    if (engine := figure.get_layout_engine()) is not None:
        engine.execute(figure)
    figure.set_layout_engine(None)


def _panels(ds: xr.Dataset) -> list[Panel]:
    """The plots that show a Dataset, the most important first; readings are not told apart by profiles in a cell."""
    return plots_of(ds.drop_dims([name for name in ("x", "salt_x") if name in ds.dims]))


def _arguments(panel: Panel) -> Collection[str]:
    return inspect.signature(panel).parameters


def _fill(ax: Axes, panel: Panel, runs: Sequence[tuple[xr.Dataset, str]]) -> None:
    """Draw runs into one plot, with a colour and a label each where the plot takes them."""
    shown = [(ds, label) for ds, label in runs if panel in _panels(ds)]
    if not shown:
        ax.axis("off")
        return
    if panel is plot.nyquist:
        # Of a size comparable with that at the highest temperature: conduction is activated, so the hottest spectrum is
        # the smallest and sets the scale. The spikes of blocking cells are left out.
        hottest = max((ds for ds, _ in shown), key=lambda ds: float(ds.attrs.get("temperature", 0.0)))
        size = float(hottest["impedance"].real.max())
        near = [item for item in shown if 1 / COMPARABLE < float(item[0]["impedance"].real.max()) / size < COMPARABLE]
        if len(near) < len(shown):
            text = f"{len(shown) - len(near)} of other size: see below"
            ax.text(0.98, 0.97, text, transform=ax.transAxes, ha="right", va="top", fontsize=8, color=MUTED)
        shown = [
            (ds.isel(frequency=np.flatnonzero(-ds["impedance"].values.imag < 2 * size)), label) for ds, label in near
        ]
    where = ax
    for k, (ds, label) in enumerate(shown):
        given = {"color": COLOURS[k % len(COLOURS)], "label": label or None}
        # a plot that divides its Axes returns the parts, into which the next run goes
        where = panel(ds, ax=where, **{name: item for name, item in given.items() if name in _arguments(panel)})
    if len(ax.get_legend_handles_labels()[1]) > 1:
        ax.legend(fontsize=8)  # of all runs, not of the first
