"""One look for all figures: colours, fonts, units of the laboratory, labels from attributes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mgtwin.errors import InputError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import xarray as xr
    from matplotlib.axes import Axes

#: Distinguishable for colour-blind readers and in grey.
COLOURS = ("#1f5fa8", "#d1495b", "#2a9d6f", "#e08e1b", "#7b5ea7", "#3fa7c4", "#8c6d46", "#6b7280", "#b0327f", "#97a71c")
INK, MUTED, PALE = "#22262b", "#6b7280", "#eef1f5"

_RC: dict[str, Any] = {
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
}

# From the largest to the smallest, each with its size in SI.
_UNITS: dict[str, tuple[tuple[str, float], ...]] = {
    "V": (("V", 1.0), ("mV", 1e-3), ("µV", 1e-6)),
    "A": (("A", 1.0), ("mA", 1e-3), ("µA", 1e-6), ("nA", 1e-9), ("pA", 1e-12)),
    "A/m^2": (("A/cm²", 1e4), ("mA/cm²", 10.0), ("µA/cm²", 1e-2), ("nA/cm²", 1e-5), ("pA/cm²", 1e-8)),
    "ohm": (("GΩ", 1e9), ("MΩ", 1e6), ("kΩ", 1e3), ("Ω", 1.0), ("mΩ", 1e-3)),
    "ohm*m^2": (("MΩ cm²", 1e2), ("kΩ cm²", 0.1), ("Ω cm²", 1e-4), ("mΩ cm²", 1e-7)),
    "m^2": (("cm²", 1e-4), ("mm²", 1e-6)),
    "kg/m^2": (("g/cm²", 10.0), ("mg/cm²", 1e-2)),
    "F/m^2": (("F/cm²", 1e4), ("mF/cm²", 10.0), ("µF/cm²", 1e-2), ("nF/cm²", 1e-5)),
    "F/m^3": (("F/cm³", 1e6), ("mF/cm³", 1e3), ("µF/cm³", 1.0)),
    "Pa": (("MPa", 1e6), ("kPa", 1e3), ("Pa", 1.0)),
    "s": (("d", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)),
    "m": (("mm", 1e-3), ("µm", 1e-6), ("nm", 1e-9)),
    "C": (("mAh", 3.6), ("µAh", 3.6e-3), ("nAh", 3.6e-6)),
    "S/m": (("S/cm", 100.0), ("mS/cm", 0.1), ("µS/cm", 1e-4), ("nS/cm", 1e-7)),
    "F": (("F", 1.0), ("mF", 1e-3), ("µF", 1e-6), ("nF", 1e-9), ("pF", 1e-12)),
    "Hz": (("MHz", 1e6), ("kHz", 1e3), ("Hz", 1.0), ("mHz", 1e-3), ("µHz", 1e-6)),
}


def style() -> AbstractContextManager[None]:
    """Context in which artists get the look of mgtwin; outside, matplotlib stays as the user has set it."""
    import matplotlib
    from cycler import cycler

    look: dict[Any, Any] = {**_RC, "axes.prop_cycle": cycler(color=COLOURS)}
    return matplotlib.rc_context(look)


def axes(ax: Axes | None, size: tuple[float, float] = (6.0, 3.8)) -> Axes:
    """Return the given Axes or those of a new figure."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=size, layout="constrained")[1]


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


def lab(values: Any, unit: str) -> tuple[float, str]:
    """Return the size in SI and the name of the unit in which the largest value is a handy number.

    Examples
    --------
    >>> lab([2e-6, 5e-6], "A")
    (1e-06, 'µA')
    """
    if unit not in _UNITS:
        return 1.0, "" if unit in ("1", "") else unit
    finite = np.abs(np.asarray(values, dtype=float))
    largest = finite[np.isfinite(finite)].max(initial=0.0)
    if largest == 0:
        return next((size, name) for name, size in _UNITS[unit] if size <= 1)
    for name, size in _UNITS[unit]:
        # 3 h are easier to read than 0.125 d, so the large units of time need a few of them.
        enough = 3.0 if unit == "s" and size > 1 else 1.0
        if largest >= enough * size * (1 - 1e-9):
            return size, name
    return _UNITS[unit][-1][1], _UNITS[unit][-1][0]


def lab_shared(drawn: str, values: Any, unit: str) -> tuple[float, str]:
    """Like `lab`, but the unit that an axis already has, read from its label `drawn` ("current (µA)").

    Curves of different size that share Axes must share the unit: the second would be off by powers of ten.

    Examples
    --------
    >>> lab_shared("current (µA)", [0.5], "A")
    (1e-06, 'µA')
    >>> lab_shared("", [0.5], "A")
    (0.001, 'mA')
    """
    for name, size in _UNITS.get(unit, ()):
        if drawn.endswith(f"({name})"):
            return size, name
    return lab(values, unit)


def label(variable: xr.DataArray, unit: str) -> str:
    """Axis label from the long name of a variable and the unit shown."""
    return with_unit(str(variable.attrs.get("long_name", variable.name)), unit)


def with_unit(name: str, unit: str) -> str:
    """``"cell voltage", "mV"`` -> ``"Cell voltage (mV)"``, ions with raised charges."""
    name = re.sub(r"(?<=[A-Za-z])2\+", "²⁺", name)
    return f"{name[:1].upper()}{name[1:]}" + (f" ({unit})" if unit else "")


def short(value: float, unit: str) -> str:
    """Write one value in its handiest unit, to three digits: ``short(1e5, "Hz")`` is ``"100 kHz"``."""
    if unit == "K":
        return f"{value - 273.15:.4g} °C"
    units = _UNITS.get(unit, ((unit, 1.0),))
    # 0.1 Hz is what is said in a laboratory, not 100 mHz.
    least = 0.01 if unit == "Hz" else 1.0
    name, size = next(
        (pair for pair in units if abs(value) >= (least if pair[1] == 1 else 1.0) * pair[1] * 0.9999), units[-1]
    )
    if value == 0:
        name, size = next(pair for pair in units if pair[1] <= 1)
    return f"{value / size:.3g} {name}"


def describe(ds: xr.Dataset) -> str:
    """Return name of the cell and temperature of a result, as far as known."""
    parts = []
    name = re.search(r"^name:\s*[\"']?(.*?)[\"']?\s*$", str(ds.attrs.get("cell", "")), re.MULTILINE)
    if name and name[1]:
        parts.append(name[1])
    if "temperature" in ds.attrs:
        parts.append(short(float(ds.attrs["temperature"]), "K"))
    return ", ".join(parts)


def require(ds: Any, names: Sequence[str], plot: str) -> None:
    """Refuse a Dataset that lacks what a plot shows."""
    import xarray as xr

    if isinstance(ds, xr.DataTree):
        raise InputError(f"{plot} draws one Dataset, not a tree: choose a node, e.g. tree['name'].")
    missing = [name for name in names if name not in ds.variables]
    if missing:
        has = ", ".join(map(str, ds.variables)) or "nothing"
        raise InputError(f"{plot} needs {' and '.join(missing)}, but the Dataset has only {has}.")


def is_log_spaced(time: np.ndarray) -> bool:
    """Whether sample times crowd towards the start over more than two decades, so that a log axis shows them best."""
    later = time[time > 0]
    return later.size > 10 and later[-1] / later[0] > 100 and later[-1] > 10 * np.median(later)


def shades(n: int) -> list[Any]:
    """Return n colours from light to dark of one scale, for curves that follow each other."""
    import matplotlib

    return list(matplotlib.colormaps["viridis_r"](np.linspace(0.12, 0.95, n)))


def legend_beside(ax: Axes, title: str | None = None) -> None:
    """Put the legend to the right of the Axes, where it covers nothing."""
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0, title=title, alignment="left")
