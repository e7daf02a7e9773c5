"""What was observed, drawn at the place of a plot where it was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, cast

import numpy as np

from mgtwin.plot.look import INK
from mgtwin.plot.units import size_of

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["observed"]

#: What the artists are called, so that they can be found in a figure.
OBSERVED = "observed"


def observed(axes: Iterable[Axes], low: Mapping[str, float], high: Mapping[str, float]) -> list[Artist]:
    """Draw an interval into all Axes, and insets of them, that show its quantities.

    Parameters
    ----------
    axes : iterable of Axes
        As plots return them.
    low, high : mapping of str to float
        Points at the ends of the interval, quantity to number [SI]: ``{"cycle": 1, "voltage": -0.15}``. With a single
        quantity the interval is a band across the Axes.

    Returns
    -------
    list of Artist
        What was drawn; empty where no Axes show these quantities.

    Examples
    --------
    >>> import mgtwin as mt
    >>> run = mt.simulate(mt.cell("trilayer"), mt.Cycling("-10 uA", "1 h", cycles=3))
    >>> pair = mt.plot.half_cycles(run)
    >>> len(observed(pair, {"cycle": 1, "voltage": 0.02}, {"cycle": 1, "voltage": 0.04}))
    1
    """
    drawn: list[Artist] = []
    whole = list(axes)
    parts = [cast("Axes", child) for ax in whole for child in ax.child_axes]
    for ax in (*whole, *parts):
        sides = {str(axis.get_gid()): axis for axis in (ax.xaxis, ax.yaxis)}
        if not low or not low.keys() <= sides.keys():
            continue
        # ends that are open are those of the Axes
        at = {
            name: np.clip(
                np.array([low[name], high[name]]) / size_of(sides[name].get_label_text()),
                *(sides[name].get_view_interval() if np.isinf([low[name], high[name]]).any() else (-np.inf, np.inf)),
            )
            for name in low
        }
        limits = ax.get_xlim(), ax.get_ylim()
        match list(at.items()):
            case [(name, ends)]:
                across = ax.axvspan if sides[name] is ax.xaxis else ax.axhspan
                found: Artist = across(*ends, color=INK, alpha=0.15, lw=0, zorder=0.5)
            case _:
                x, y = (at[str(axis.get_gid())] for axis in (ax.xaxis, ax.yaxis))
                # as wide in points on every scale, and with ends that show where it is thin
                (found,) = ax.plot(x, y, color=INK, lw=6, alpha=0.22, zorder=2.5, solid_capstyle="butt")
                ax.plot(x, y, ls="", marker="_", color=INK, ms=7, mew=0.9, zorder=2.6)
                least, most = float(y.min()), float(y.max())
                if ax in whole and ax.get_yscale() == "linear" and not limits[1][0] < least <= most < limits[1][1]:
                    # in view, whatever the simulation shows; an inset keeps its part
                    room = 0.04 * float(np.ptp([*limits[1], least, most]))
                    limits = limits[0], (min(limits[1][0], least) - room, max(limits[1][1], most) + room)
        ax.set(xlim=limits[0], ylim=limits[1])
        found.set_gid(OBSERVED)
        drawn.append(found)
    return drawn
