"""What was found along a series: fitted numbers, and distributions of relaxation times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mgtwin.errors import InputError
from mgtwin.plot.family import plot
from mgtwin.plot.look import panel
from mgtwin.plot.units import ZERO_CELSIUS, lab, with_unit
from mgtwin.quantities import format_value

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["fitted", "relaxation_map"]

#: Ratio of numbers from which their logarithmic axis names 1, 2 and 5 of a decade only.
_WIDE = 5.0


def _coordinate(ds: xr.Dataset, dim: str) -> tuple[np.ndarray, str]:
    """Numbers along a dimension in a laboratory's unit, and the label of their axis."""
    name = next((str(n) for n in ds.coords if ds[n].dims == (dim,) and "units" in ds[n].attrs and n != "sample"), dim)
    values, unit = np.asarray(ds[name].values, dtype=float), str(ds[name].attrs.get("units", "1"))
    size, shown = lab(values, unit) if unit not in ("1", "K") else (1.0, "")
    if unit == "K":
        return values - ZERO_CELSIUS, with_unit(name, "°C")
    return values / size, with_unit(name.replace("_", " "), shown)


@plot("fitted_value", "fitted_low", "fitted_high")
def fitted(ds: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw fitted numbers along a series, each over its median, with their 95 % intervals.

    Numbers that the data do not determine have no bar; the legend says the medians.

    Parameters
    ----------
    ds : xarray.Dataset
        ``to_dataset()`` of the fits of `mgtwin.series`.
    ax : matplotlib Axes, optional
        Where to draw.
    """
    from matplotlib.ticker import LogLocator, NullFormatter

    with panel(ax, "95 % intervals", (6.4, 4.0), beside=True) as drawn:
        x, label = _coordinate(ds, "sample")
        drawn_values = []
        for k, name in enumerate(ds["parameter"].values):
            one = ds.isel(parameter=k)
            value, low, high = (one[f"fitted_{part}"].values for part in ("value", "low", "high"))
            middle = float(np.median(value))
            if middle == 0:
                continue
            drawn_values.append(value / middle)
            bars = np.nan_to_num(np.abs([value - low, high - value]) / abs(middle))
            shown = f"{name} / {format_value(middle, str(ds['parameter_unit'].values[k]))}"
            drawn.ax.errorbar(x, value / middle, bars, fmt="o-", ms=4, lw=1.2, capsize=2, label=shown)
        if drawn_values and np.min(drawn_values) > 0:
            drawn.ax.set_yscale("log")
            # over a decade 1, 2, 5 have room, over less every number
            wide = np.max(drawn_values) > _WIDE * np.min(drawn_values)
            drawn.ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if wide else (1.0,)))
            drawn.ax.yaxis.set_major_formatter("{x:g}")
            drawn.ax.yaxis.set_minor_formatter(NullFormatter() if wide else "{x:g}")
        drawn.ax.set_xlabel(label)
        drawn.ax.set_ylabel("Value over its median")
    return drawn.ax


@plot("distribution", "time_constant", when=lambda ds: ds["distribution"].ndim == 2)
def relaxation_map(ds: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw distributions of relaxation times along a series as a map: each row over its own maximum.

    Parameters
    ----------
    ds : xarray.Dataset
        ``relaxation_times()`` of `mgtwin.series`.
    ax : matplotlib Axes, optional
        Where to draw.

    Raises
    ------
    InputError
        It is the distribution of one spectrum, for which there is `relaxation_times`.
    """
    if ds["distribution"].ndim != 2:
        raise InputError("a map needs the distributions of a series; one is drawn by mt.plot.relaxation_times.")
    with panel(ax, "Distribution of relaxation times", (6.4, 4.0)) as drawn:
        dim = str(ds["distribution"].dims[0])
        y, label = _coordinate(ds, dim)
        rows = ds["distribution"].values
        rows = rows / np.maximum(rows.max(axis=1, keepdims=True), 1e-300)
        mesh = drawn.ax.pcolormesh(ds["time_constant"].values, y, rows, cmap="magma_r", shading="nearest", vmin=0.0)
        drawn.ax.set_xscale("log")
        drawn.ax.grid(False)
        drawn.ax.set_xlabel(with_unit("time constant", "s"))
        drawn.ax.set_ylabel(label)
        drawn.ax.figure.colorbar(mesh, ax=drawn.ax, label="γ over its maximum")
    return drawn.ax
