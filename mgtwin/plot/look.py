"""One look for all figures, and the panel that every plot draws on: units of the laboratory, labels from attributes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import ArrayLike

from mgtwin.plot.units import lab_shared, short, with_unit

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.typing import ColorType

__all__ = [
    "COLOURS", "COLUMN", "INK", "MUTED", "PAGE", "PALE", "Panel", "axes", "describe", "is_log_spaced", "legend_beside",
    "panel", "printed", "shades", "stacked", "style",
]  # fmt: skip

#: Distinguishable for colour-blind readers: those of Okabe and Ito (Color Universal Design, 2008), then darker ones.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#e69f00", "#cc79a7", "#56b4e9", "#7a5c00", "#6b7280", "#5b2a86", "#9a9a00")
INK, MUTED, PALE = "#22262b", "#6b7280", "#eef1f5"

_RC: dict[Any, Any] = {
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.titlecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e3e6ea",
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.7,
    "lines.solid_capstyle": "round",
    "figure.dpi": 110,
    "savefig.dpi": 160,
    "mathtext.default": "regular",
    "figure.constrained_layout.w_pad": 0.09,
    "figure.constrained_layout.h_pad": 0.09,
    "pdf.fonttype": 42,  # letters stay letters: journals refuse the outlines that are matplotlib's default
}
#: For print at its final size: letters of 7 to 9 pt, thin lines.
_PRINT = {
    **_RC,
    "font.size": 7.5, "axes.titlesize": 8, "axes.titlecolor": INK, "axes.labelsize": 7.5, "xtick.labelsize": 7,
    "ytick.labelsize": 7, "legend.fontsize": 7, "figure.titlesize": 9, "lines.linewidth": 1.1, "axes.linewidth": 0.6,
    "grid.linewidth": 0.4, "axes.titlepad": 3.0, "axes.labelpad": 2.0, "xtick.major.size": 2.5,
    "ytick.major.size": 2.5, "xtick.major.pad": 2.0, "ytick.major.pad": 2.0, "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5, "xtick.major.width": 0.6, "ytick.major.width": 0.6, "legend.handlelength": 1.6,
    "figure.constrained_layout.w_pad": 0.04, "figure.constrained_layout.h_pad": 0.04, "savefig.dpi": 200,
}  # fmt: skip
#: Widths of one and of two columns of a journal [inch].
COLUMN, PAGE = 85 / 25.4, 170 / 25.4


#: The look of the figure that is being made, which the plots in it keep.
_LOOK = ContextVar("look", default=_RC)


@contextmanager
def style() -> Iterator[None]:
    """Context in which artists get the look of mgtwin; outside, matplotlib stays as the user has set it."""
    import matplotlib
    import matplotlib.pyplot as plt
    from cycler import cycler

    # Loads the backend: that of notebooks then switches itself to show figures, which would be undone with the look.
    plt.draw_if_interactive()
    with matplotlib.rc_context({**_LOOK.get(), "axes.prop_cycle": cycler(color=COLOURS)}):
        yield


@contextmanager
def printed() -> Iterator[None]:
    """Context of a figure that is made at its final size, `COLUMN` or `PAGE` wide: letters of 7 to 9 pt, thin lines."""
    before = _LOOK.set(_PRINT)
    try:
        with style():
            yield
    finally:
        _LOOK.reset(before)


def axes(ax: Axes | None, size: tuple[float, float] = (6.0, 3.8)) -> Axes:
    """Return the given Axes or those of a new figure."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=size, layout="constrained")[1]


class Panel:
    """Axes on which numbers are drawn in the units of the laboratory.

    Each axis has one unit, which is chosen by what is drawn on it first; `x` and `y` label the axis and return the
    numbers in that unit.

    Attributes
    ----------
    ax : Axes
    fresh : bool
        Whether the Axes are new, so that they get a title.
    """

    def __init__(self, ax: Axes | None, size: tuple[float, float]) -> None:
        self.fresh, self.ax = ax is None, axes(ax, size)

    def x(self, values: ArrayLike, of: xr.DataArray | None = None, unit: str = "", name: str = "") -> np.ndarray:
        """Numbers [SI] in the unit of the x axis; name and unit are those of the variable `of`, if it is given."""
        return _scaled(self.ax.xaxis, values, of, unit, name)

    def y(self, values: ArrayLike, of: xr.DataArray | None = None, unit: str = "", name: str = "") -> np.ndarray:
        """Numbers [SI] in the unit of the y axis, as `x`."""
        return _scaled(self.ax.yaxis, values, of, unit, name)

    def time(self, values: np.ndarray, name: str = "time", *, log: bool = False) -> np.ndarray:
        """Times [s] on the x axis, which is logarithmic, and then in seconds, if the samples crowd at the start."""
        self.ax.xaxis.set_gid("time")
        if not log:
            return self.x(values, unit="s", name=name)
        self.ax.set_xscale("log")
        self.ax.set_xlabel(with_unit(name, "s"))
        return values

    def room_on_log_axis(self) -> None:
        """Widen a logarithmic y axis without a decade in it, which would have no labelled tick."""
        low, high = self.ax.dataLim.y0, self.ax.dataLim.y1
        # Over less than a decade a logarithmic axis has hardly a number on it.
        if high < 10 * low:
            self.ax.set_ylim(low / 2.5, high * 2.5)
        else:  # an earlier curve may have fixed the limits for itself alone
            self.ax.autoscale(axis="y")


def _scaled(axis: Axis, values: ArrayLike, of: xr.DataArray | None, unit: str, name: str) -> np.ndarray:
    if of is not None:
        unit = unit or str(of.attrs.get("units", ""))
        name = name or str(of.attrs.get("long_name", of.name))
        axis.set_gid(str(of.name))  # what the axis shows, for whoever adds to it
    values = np.asarray(values, dtype=float)
    size, shown = lab_shared(axis.get_label_text(), values, unit)
    axis.set_label_text(with_unit(name, shown))
    return values / size


#: Titles that panels have given to Axes, for those who draw another curve on them.
_TITLED: WeakKeyDictionary[Axes, str] = WeakKeyDictionary()


@contextmanager
def panel(
    ax: Axes | None, title: str, size: tuple[float, float] = (6.0, 3.8), *, beside: bool = False
) -> Iterator[Panel]:
    """Draw in the look of mgtwin, and finish the Axes: a legend where something has a name, a title if they are new.

    Parameters
    ----------
    ax : Axes, optional
        Where to draw; by default a new figure of this size [inch].
    title : str
        Of new Axes, unless the plot gives them another one.
    beside : bool
        Put the legend beside the Axes, where it covers nothing.
    """
    with style():
        drawn = Panel(ax, size)
        before = drawn.ax.get_legend()
        yield drawn
        # Made anew for every curve that is added, unless the plot has put one where it wants it.
        if drawn.ax.get_legend() is before and drawn.ax.get_legend_handles_labels()[1]:
            legend_beside(drawn.ax) if beside else drawn.ax.legend(loc="best")
        held = drawn.ax.get_title("left")
        if drawn.fresh and not held:
            drawn.ax.set_title(title)
            _TITLED[drawn.ax] = title
        elif held and _TITLED.get(drawn.ax) == held:
            # of several curves only what they have in common is the title of all
            common = ", ".join(part for part in held.split(", ") if part in title.split(", "))
            drawn.ax.set_title(common)
            _TITLED[drawn.ax] = common


def stacked(
    ax: Axes | None, ratios: tuple[float, float], size: tuple[float, float], *, sharex: bool = True
) -> tuple[Axes, Axes]:
    """Return two Axes above each other: of a new figure, or in the place of the given Axes (which become the upper)."""
    import matplotlib.pyplot as plt

    if ax is None:
        upper, lower = plt.subplots(
            2, 1, figsize=size, sharex=sharex, layout="constrained", height_ratios=ratios
        )[1]  # fmt: skip
        return upper, lower
    # Given Axes are divided where they stand, for the figure around them belongs to somebody else.
    place = ax.get_subplotspec()
    figure: Any = ax.figure
    share = ax if sharex else None
    if place is not None:
        grid = place.subgridspec(2, 1, height_ratios=ratios)
        ax.set_subplotspec(grid[0])
        lower = figure.add_subplot(grid[1], sharex=share)
    else:
        box = ax.get_position()
        below = box.height * ratios[1] / sum(ratios)
        ax.set_position((box.x0, box.y0 + below, box.width, box.height - below))
        lower = figure.add_axes((box.x0, box.y0, box.width, 0.75 * below), sharex=share)
    if sharex:
        ax.tick_params(labelbottom=False)
    return ax, lower


def describe(attrs: Mapping[Any, Any]) -> str:
    """Return name of the cell and temperature of a result, as far as its attributes tell."""
    parts = []
    # The name alone is wanted: reading the whole cell would take as long as the drawing.
    name = re.search(r"^name:\s*[\"']?(.*?)[\"']?\s*$", str(attrs.get("cell", "")), re.MULTILINE)
    if name and name[1]:
        parts.append(name[1])
    if "temperature" in attrs:
        parts.append(short(float(attrs["temperature"]), "K"))
    return ", ".join(parts)


def is_log_spaced(time: np.ndarray) -> bool:
    """Whether sample times crowd towards the start over more than two decades, so that a log axis shows them best."""
    later = time[time > 0]
    # The last test tells a logarithmic grid from an even one that begins with one short step.
    return later.size > 10 and later[-1] / later[0] > 100 and later[-1] > 10 * np.median(later)


def shades(n: int) -> list[ColorType]:
    """Return n colours from light to dark of one scale, for curves that follow each other."""
    import matplotlib
    from matplotlib.colors import to_hex

    # Without its palest end, which white paper swallows.
    return [*map(to_hex, matplotlib.colormaps["viridis_r"](np.linspace(0.25, 0.95, n)))]


def legend_beside(ax: Axes, title: str | None = None) -> None:
    """Put the legend to the right of the Axes, where it covers nothing."""
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0, title=title, alignment="left")
