"""Figures of design studies: maps and bands of swept numbers, Pareto fronts, what sensitivity says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from mgtwin.errors import InputError, did_you_mean
from mgtwin.plot._style import COLOURS, INK, MUTED, axes, lab, require, style, with_unit

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["band", "map", "pareto", "tornado"]

_ZERO_CELSIUS = 273.15
#: Values over more than this factor are drawn on a logarithmic scale.
_DECADES = 50.0


@dataclass(frozen=True)
class _Shown:
    """Numbers in the unit of the laboratory, with their label and the scale that suits them."""

    values: np.ndarray
    label: str
    unit: str
    log: bool

    @property
    def scale(self) -> str:
        return "log" if self.log else "linear"


def _shown(variable: Any, *, even: bool = False) -> _Shown:
    """Numbers as an axis shows them; `even` numbers are on a logarithmic scale only if their ratios are equal."""
    values, unit = np.asarray(variable.values, dtype=float), str(variable.attrs.get("units", ""))
    name = str(variable.attrs.get("long_name", variable.name))
    finite = values[np.isfinite(values)]
    log = bool(finite.size > 2 and finite.min() > 0 and finite.max() > _DECADES * finite.min())
    if log and even:
        ratios = np.diff(np.log(np.sort(finite)))
        log = bool(ratios.max() < 3 * np.median(ratios))
    if unit == "K":
        return _Shown(values - _ZERO_CELSIUS, with_unit(name, "°C"), "°C", False)
    size, shown = lab(values, unit)
    return _Shown(values / size, with_unit(name, shown), shown, log)


def _metric(ds: xr.Dataset, metric: str | None, plot: str) -> str:
    """The metric to draw: the one given, or the only one."""
    names = [str(name) for name, item in ds.data_vars.items() if "metric" in item.attrs and not _derived(str(name), ds)]
    if metric is None:
        if len(names) == 1:
            return names[0]
        raise InputError(f"{plot}: say which of {', '.join(names) or 'no metrics'} to draw.")
    if metric not in ds.data_vars:
        raise InputError(f"{plot}: there is no {metric!r} in this study.{did_you_mean(metric, names)}")
    return metric


def _derived(name: str, ds: xr.Dataset) -> bool:
    """Whether a variable was made from another metric."""
    return any(
        name.endswith(end) and name.removesuffix(end) in ds for end in ("_quantiles", "_limit_robust", "_robust")
    )


def _coordinate(ds: xr.Dataset, dim: str, given: str | None = None) -> xr.DataArray:
    """What is written along a dimension: the coordinate of its name, or the first one on it."""
    if given is not None and given in ds.variables:
        return ds[given]
    if dim in ds.coords and ds[dim].dtype.kind in "fc":
        return ds[dim]
    along = [name for name in ds.coords if ds[name].dims == (dim,) and ds[name].dtype.kind == "f"]
    return ds[along[0]] if along else ds[dim]


def map(
    ds: xr.Dataset,
    metric: str | None = None,
    *,
    x: str | None = None,
    y: str | None = None,
    levels: Any = 6,
    ax: Axes | None = None,
) -> Axes:
    """Draw a metric over two dimensions of a study in colours with contours; points that failed are grey.

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
    name = _metric(ds, metric, "map")
    values = ds[name].squeeze(drop=True)
    if values.ndim != 2:
        sizes = ", ".join(f"{dim}: {size}" for dim, size in values.sizes.items())
        raise InputError(f"map draws two dimensions, but {name} has {sizes or 'none'}: choose with ds.isel(...).")
    across = x or next(str(dim) for dim in reversed(values.dims) if dim != y)
    up = y or next(str(dim) for dim in values.dims if dim != across)
    known = [str(dim) for dim in values.dims]
    if {across, up} != set(known):
        raise InputError(f"map: the dimensions are {', '.join(known)}.{did_you_mean(across, known)}")
    z = _shown(values.transpose(up, across).assign_attrs(ds[name].attrs))
    places = [_shown(_coordinate(ds, dim), even=True) for dim in (across, up)]
    with style():
        ax = axes(ax, (6.2, 4.2))
        mesh = _mesh(ax, places, z)
        _contours(ax, places, z, levels, ds[name])
        ax.set(xlabel=places[0].label, ylabel=places[1].label, xscale=places[0].scale, yscale=places[1].scale)
        ax.grid(False)
        ax.figure.colorbar(mesh, ax=ax, label=z.label, extend="max" if np.isposinf(z.values).any() else "neither")
    return ax


def _mesh(ax: Axes, places: list[_Shown], z: _Shown) -> Any:
    """Coloured cells around the points; grey where there is no number."""
    from matplotlib.colors import LogNorm, Normalize

    finite = z.values[np.isfinite(z.values)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    norm = (LogNorm if z.log else Normalize)(low, high)
    ax.set_facecolor("#d7dade")
    shown = np.ma.masked_invalid(np.where(np.isposinf(z.values), high, z.values))
    return ax.pcolormesh(*(_edges(place) for place in places), shown, norm=norm, cmap="viridis", rasterized=True)


def _edges(place: _Shown) -> np.ndarray:
    """Borders halfway between neighbouring points, on the scale of the axis."""
    at = np.log(place.values) if place.log else place.values
    if at.size == 1:
        edges = np.array([at[0] - 0.5, at[0] + 0.5])
    else:
        middle = (at[1:] + at[:-1]) / 2
        edges = np.concatenate([[2 * at[0] - middle[0]], middle, [2 * at[-1] - middle[-1]]])
    return np.exp(edges) if place.log else edges


def _contours(ax: Axes, places: list[_Shown], z: _Shown, levels: Any, variable: Any) -> None:
    from matplotlib.ticker import LogLocator, MaxNLocator

    finite = z.values[np.isfinite(z.values)]
    if min(z.values.shape) < 2 or not finite.size or np.ptp(finite) == 0:
        return
    if np.ndim(levels):
        size = float(np.nanmax(np.abs(variable.values)[np.isfinite(variable.values)]) / np.abs(finite).max())
        at = np.sort(np.asarray(levels, dtype=float)) / size
    elif not levels:
        return
    else:
        locator = LogLocator(numticks=levels + 2) if z.log else MaxNLocator(levels)
        at = np.asarray(locator.tick_values(finite.min(), finite.max()))
    at = at[(at > finite.min()) & (at < finite.max())]
    if not at.size:
        return
    grid = np.ma.masked_invalid(z.values)
    lines = ax.contour(places[0].values, places[1].values, grid, levels=at, colors="white", linewidths=1.0)
    ax.clabel(lines, fmt=lambda level: f"{level:.3g} {z.unit}".strip(), fontsize=8)


def band(
    ds: xr.Dataset,
    metric: str | None = None,
    *,
    x: str | None = None,
    ax: Axes | None = None,
    label: str | None = None,
    color: str | None = None,
) -> Axes:
    """Draw a metric along one dimension of a study, with its uncertainty where there is one.

    Without a dimension besides the samples, the distribution of the metric is drawn, its interval shaded.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of `mgtwin.sweep` with one dimension, or of `mgtwin.uncertainty` with ``axes`` of one dimension or none.
    metric : str, optional
        Which one; may be left out if there is only one.
    x : str, optional
        What is written along the axis, if several coordinates vary together.
    ax : matplotlib Axes, optional
        Where to draw.
    label, color : str, optional
        Name in the legend and colour.

    Raises
    ------
    InputError
        There is no such metric, or there are further dimensions.
    """
    name = _metric(ds, metric, "band")
    quantiles = ds.get(f"{name}_quantiles")
    values = (ds[name] if quantiles is None else quantiles).squeeze(drop=True)
    dims = [str(dim) for dim in values.dims if dim != "quantile"]
    if len(dims) > 1 or (not dims and quantiles is None):
        raise InputError(f"band draws one dimension, but {name} has {', '.join(dims) or 'none'}: use ds.isel(...).")
    with style():
        ax = axes(ax)
        if dims:
            _along(ax, ds, values.assign_attrs(ds[name].attrs), _coordinate(ds, dims[0], x), label, color)
        else:
            _distribution(ax, ds[name], np.asarray(values), label, color)
        if label is not None:
            ax.legend(loc="best")
    return ax


def _along(ax: Axes, ds: xr.Dataset, values: Any, at: Any, label: str | None, color: str | None) -> None:
    place, z = _shown(at, even=True), _shown(values)
    order = np.argsort(place.values)
    if "quantile" not in values.dims:
        ax.plot(place.values[order], z.values[order], "o-", ms=4, color=color, label=label)
    else:
        low, middle, high = np.moveaxis(z.values, values.dims.index("quantile"), 0)
        (line,) = ax.plot(place.values[order], middle[order], color=color, label=label)
        words = f"{100 * float(ds['quantile'][-1] - ds['quantile'][0]):.3g} % interval"  # once per figure
        ax.fill_between(
            place.values[order], low[order], high[order], color=line.get_color(), alpha=0.18, lw=0,
            label=None if label is None or words in ax.get_legend_handles_labels()[1] else words,
        )  # fmt: skip
    ax.set(xlabel=place.label, ylabel=z.label, xscale=place.scale, yscale=z.scale)


def _distribution(ax: Axes, variable: Any, quantiles: np.ndarray, label: str | None, color: str | None) -> None:
    z = _shown(variable)
    size, _ = lab(variable.values, str(variable.attrs.get("units", "")))
    finite = z.values[np.isfinite(z.values)].reshape(-1)
    edges = np.geomspace(finite.min(), finite.max(), 31) if z.log else np.linspace(finite.min(), finite.max(), 31)
    colour = color or COLOURS[0]
    ax.hist(finite, bins=list(edges), color=colour, alpha=0.85, label=label)
    shift = _ZERO_CELSIUS if z.unit == "°C" else 0.0
    low, middle, high = quantiles / size - shift
    ax.axvspan(low, high, color=colour, alpha=0.12, lw=0, zorder=0)
    ax.axvline(middle, color=INK, lw=1.2, ls="--")
    ax.set_title(f"median {middle:.3g}, from {low:.3g} to {high:.3g} {z.unit}".strip())
    ax.set(xlabel=z.label, ylabel="Number of parameter sets", xscale=z.scale)


def pareto(
    ds: xr.Dataset, x: str | None = None, y: str | None = None, *, color_by: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the designs of an optimisation in the plane of two metrics.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of `mgtwin.optimise`.
    x, y : str, optional
        Metrics of the axes; by default the first two.
    color_by : str, optional
        A designed number or metric that colours the points.
    ax : matplotlib Axes, optional
        Where to draw.

    Raises
    ------
    InputError
        There are fewer than two metrics, or a name is unknown.
    """
    require(ds, ("design",), "pareto")
    names = [str(name) for name, item in ds.data_vars.items() if "metric" in item.attrs]
    first = [name for name in names if not _derived(name, ds)]
    if len(first) < 2 and (x is None or y is None):
        raise InputError("pareto draws two metrics against each other, but this optimisation has one.")
    x, y = x or first[0], y or next(name for name in first if name != (x or first[0]))
    for name in (x, y, color_by):
        if name is not None and name not in ds.variables:
            raise InputError(
                f"pareto: there is no {name!r} here.{did_you_mean(name, [str(known) for known in ds.variables])}"
            )
    across, up = _shown(ds[x]), _shown(ds[y])
    with style():
        ax = axes(ax, (6.0, 4.2))
        size = 6 if across.values.size <= 60 else 4
        ax.plot(across.values, up.values, "-", color=MUTED, lw=0.8, zorder=2)
        if color_by is None:
            ax.plot(across.values, up.values, "o", ms=size, mec="white", mew=0.4, zorder=3)
        else:
            third = _shown(ds[color_by])
            points = ax.scatter(
                across.values, up.values, c=third.values, s=size**2, ec="white", lw=0.4, cmap="viridis", zorder=3,
                norm="log" if third.log else "linear",
            )  # fmt: skip
            ax.figure.colorbar(points, ax=ax, label=third.label)
        ax.set(xlabel=across.label, ylabel=up.label, xscale=across.scale, yscale=up.scale)
    return ax


def tornado(ds: xr.Dataset, metric: str | None = None, *, most: int = 8, ax: Axes | None = None) -> Axes:
    """Draw what each uncertain parameter does to a metric, the most important at the top.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of `mgtwin.sensitivity`: first-order and total indices of `Sobol`, or mean sizes of effects of `Morris`.
    metric : str, optional
        Which one; may be left out if there is only one.
    most : int
        Number of parameters shown.
    ax : matplotlib Axes, optional
        Where to draw.

    Raises
    ------
    InputError
        `ds` is no sensitivity, or there is no such metric.
    """
    require(ds, ("metric", "parameter"), "tornado")
    names = [str(name) for name in ds["metric"].values]
    if metric is None and len(names) > 1:
        raise InputError(f"tornado: say which of {', '.join(names)} to draw.")
    if metric is not None and metric not in names:
        raise InputError(f"tornado: there is no {metric!r} in this study.{did_you_mean(metric, names)}")
    one = ds.sel(metric=metric or names[0])
    variance = "total_order" in ds
    key = "total_order" if variance else "mean_size"
    order = [int(k) for k in np.argsort(-np.nan_to_num(one[key].values), kind="stable")[:most]][::-1]
    with style():
        ax = axes(ax, (7.2, 1.0 + 0.46 * len(order)))
        if variance:
            _bars(ax, one, order, [("total_order", 0.18), ("first_order", -0.18)])
            ax.set_xlabel("Share of the variance")
            ax.legend(loc="lower right")
        else:
            unit = _bars(ax, one, order, [("mean_size", 0.0)])
            ax.set_xlabel(with_unit("mean size of the effect", unit))
        ax.set_yticks(range(len(order)), [_parameter(str(one["parameter"].values[k])) for k in order])
        ax.set_title(str(one["metric_name"].item()))
        ax.grid(axis="y", visible=False)
        ax.set_xlim(left=0)
    return ax


def _bars(ax: Axes, one: Any, order: list[int], kinds: list[tuple[str, float]]) -> str:
    """Bars with the half-widths of their intervals; returns the unit in which they are drawn."""
    unit = "1" if len(kinds) > 1 else str(one["metric_unit"].item())
    size, shown = lab(one[kinds[0][0]].values, unit)
    for number, (key, offset) in enumerate(kinds):
        values, half = (one[name].values[order] / size for name in (key, f"{key}_half_width"))
        ax.barh(
            np.arange(len(order)) + offset, np.maximum(values, 0), height=0.34 if len(kinds) > 1 else 0.6, xerr=half,
            color=COLOURS[number], label={"total_order": "total", "first_order": "alone"}.get(key),
            error_kw={"ecolor": INK, "elinewidth": 0.9, "capsize": 2},
        )  # fmt: skip
    return shown


def _parameter(name: str) -> str:
    """A path as short as it is still clear, on two lines if it is long."""
    path, _, more = name.partition(" (")
    parts = [part for part in path.split(".") if part not in ("layers", "interfaces", "material")]
    said = f"{parts[0]} {', '.join(parts[1:])}".replace("_", " ").strip().removesuffix(", reference")
    whole = said + (f" ({more}" if more else "")
    return "\n".join(wrap(whole, 38))


def study_panels(ds: xr.Dataset) -> list[Any]:
    """The plots that show the result of a study, one per metric; none where it has too many dimensions."""
    if "parameter" in ds.dims:
        return [partial(tornado, metric=str(name)) for name in ds["metric"].values]
    names = [str(name) for name, item in ds.data_vars.items() if "metric" in item.attrs and not _derived(str(name), ds)]
    if "design" in ds.dims:
        return [pareto] if len(names) > 1 else []
    free = [dim for dim, size in ds.sizes.items() if size > 1 and dim not in ("sample", "quantile")]
    banded = len(free) == 1 or (not free and "quantile" in ds.dims)
    draw = band if banded else map if len(free) == 2 and "sample" not in ds.dims else None
    return [partial(draw, metric=name) for name in names] if draw is not None else []
