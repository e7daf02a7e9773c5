"""A metric over two dimensions of a study, in colours with contours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.errors import InputError, did_you_mean
from mgtwin.plot.family import plot
from mgtwin.plot.look import INK, panel
from mgtwin.plot.studies import Shown, chosen_metric, coordinate, free_dimensions, metrics_in, of_each, shown

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["map"]

#: Rows or columns up to which colours are drawn between the points, in so many steps.
_FEW, _FINE = 3, 100


@plot(study=True, when=lambda ds: of_each(metrics_in(ds), free_dimensions(ds) == 2 and "sample" not in ds.dims))
def map(
    ds: xr.Dataset,
    metric: str | None = None,
    *,
    x: str | None = None,
    y: str | None = None,
    levels: int | Sequence[float] = 6,
    ax: Axes | None = None,
) -> Axes:
    """Draw a metric over two dimensions of a study in colours with contours; points that failed are grey.

    Up to three rows or columns are joined linearly, as contours are, and the computed points marked.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of `mgtwin.sweep` with two dimensions of more than one point (choose from others with ``ds.isel``).
    metric : str, optional
        Which one; may be left out if there is only one.
    x, y : str, optional
        Dimensions of the axes; by default the last and the first.
    levels : int or list
        Number of contours, or their values in SI units; 0 for none.
    ax : matplotlib Axes, optional
        Where to draw.

    Raises
    ------
    InputError
        There is no such metric, or the study has not two dimensions.

    Examples
    --------
    >>> import mgtwin as mt
    >>> study = mt.sweep(mt.cell("trilayer"), mt.EIS(1e5, 1.0), {"layers.buffer_*.thickness": [1e-4, 2e-4, 3e-4],
    ...                  "temperature": [300.0, 350.0]}, [mt.analysis.area_specific_resistance])
    >>> map(study).get_xlabel()
    'Temperature (°C)'
    """
    from matplotlib.colors import LogNorm, Normalize

    name = chosen_metric(metric, metrics_in(ds), [str(item) for item in ds.data_vars], "map")
    values = ds[name].squeeze(drop=True)
    known = [str(dim) for dim in values.dims]
    if len(known) != 2:
        sizes = ", ".join(f"{dim}: {size}" for dim, size in values.sizes.items())
        raise InputError(f"map draws two dimensions, but {name} has {sizes or 'none'}: choose with ds.isel(...).")
    # The one that is not given is what the other leaves: naming one axis is enough.
    across = x or next(dim for dim in reversed(known) if dim != y)
    up = y or next((dim for dim in known if dim != across), across)
    if {across, up} != set(known):
        raise InputError(f"map: the dimensions are {', '.join(known)}.{did_you_mean(across, known)}")
    z = shown(values.transpose(up, across).assign_attrs(ds[name].attrs))
    right, top = (shown(coordinate(ds, dim), even=True) for dim in (across, up))
    with panel(ax, "", (6.2, 4.2)) as drawn:
        rising = all((np.diff(place.places) > 0).all() for place in (right, top))
        if min(z.values.shape) <= _FEW and rising and np.isfinite(z.values).all():
            # a handful of blocks would show less than their contours
            points = np.stack(np.meshgrid(right.values, top.values)).reshape(2, -1)
            drawn.ax.plot(*points, "o", ms=4, mfc="white", mec=INK, mew=0.6, clip_on=False, zorder=4)
            coarse, (right, top) = (right, top), (right.finer(_FINE), top.finer(_FINE))
            rows = [np.interp(right.places, coarse[0].places, row) for row in z.places]
            places = np.stack(
                [np.interp(top.places, coarse[1].places, column) for column in np.transpose(rows)], axis=1
            )
            z = replace(z, values=np.exp(places) if z.log else places)
        low, high = (z.finite.min(), z.finite.max()) if z.finite.size else (0.0, 1.0)
        norm = (LogNorm if z.log else Normalize)(low, high)
        drawn.ax.set_facecolor("#d7dade")
        # A limit that is never reached is no failure: it has the colour of the largest value, not grey.
        cells = np.ma.masked_invalid(np.where(np.isposinf(z.values), high, z.values))
        mesh = drawn.ax.pcolormesh(_edges(right), _edges(top), cells, norm=norm, cmap="viridis", rasterized=True)
        drawn.ax.set(xlabel=right.label, ylabel=top.label, xscale=right.scale, yscale=top.scale)
        _contours(drawn.ax, right, top, z, levels)  # its labels are placed on the final scales
        drawn.ax.grid(False)
        # The colour bar then has a tip: what is above it includes the infinite.
        extend = "max" if np.isposinf(z.values).any() else "neither"
        drawn.ax.figure.colorbar(mesh, ax=drawn.ax, label=z.label, extend=extend)
    return drawn.ax


def _edges(place: Shown) -> np.ndarray:
    """Borders halfway between neighbouring points, on the scale of the axis; the outermost points are borders.

    Beyond them nothing was computed, and a thickness may not even exist there (a map down to -0.1 mm).
    """
    at = place.places
    edges = np.concatenate([at[:1], (at[1:] + at[:-1]) / 2, at[-1:]])
    return np.exp(edges) if place.log else edges


def _contours(ax: Axes, right: Shown, top: Shown, z: Shown, levels: int | Sequence[float]) -> None:
    from matplotlib.ticker import LogLocator, MaxNLocator

    if not z.finite.size or np.ptp(z.finite) == 0:
        return
    low, high = z.finite.min(), z.finite.max()
    match levels:
        case 0:
            at = np.empty(0)
        case int():
            locator = LogLocator(numticks=levels + 2) if z.log else MaxNLocator(levels)
            at = np.asarray(locator.tick_values(low, high))
        case _:
            at = np.sort(z.of(np.asarray(levels)))
    # A contour at the very end would be a speck at one point of the grid.
    at = at[(at > low) & (at < high)]
    if not at.size:
        return
    grid = np.ma.masked_invalid(z.values)
    lines = ax.contour(right.values, top.values, grid, levels=at, colors="white", linewidths=1.0)
    # Labels stand near the middle, by turns to the left and to the right: those of neighbouring lines do not cover each
    # other. A line that only cuts a corner has none, for the frame would cut it. The colour bar has the unit.
    ax.get_xlim()  # the limits are worked out when somebody asks
    to_axes = (ax.transData + ax.transAxes.inverted()).transform
    middle: list[tuple[float, float]] = []
    for k, points in enumerate(points for path in lines.get_paths() if (points := np.asarray(path.vertices)).size):
        inside = to_axes(points)
        nearest = int(np.argmin(np.linalg.norm(inside - (0.35 + 0.3 * (k % 2), 0.5), axis=1)))
        if (np.abs(inside[nearest] - 0.5) < 0.47).all():
            middle.append((float(points[nearest, 0]), float(points[nearest, 1])))
    # They have a ground of their own: lines that make room for them lose whole stretches of a coarse grid.
    for text in ax.clabel(lines, fmt="%.3g", fontsize=8, inline=False, manual=middle):
        text.set_bbox({"fc": INK, "alpha": 0.6, "lw": 0, "pad": 1.0})
