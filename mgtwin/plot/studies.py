"""Figures of design studies: bands of swept numbers, Pareto fronts, what sensitivity says."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.errors import InputError, did_you_mean
from mgtwin.plot.family import plot
from mgtwin.plot.look import COLOURS, INK, MUTED, panel
from mgtwin.plot.units import ZERO_CELSIUS, lab, with_unit

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["band", "pareto", "tornado"]

#: Values over more than this factor are drawn on a logarithmic scale.
DECADES = 50.0


@dataclass(frozen=True)
class Shown:
    """Numbers in the unit of the laboratory, with their label and the scale that suits them."""

    values: np.ndarray
    label: str
    unit: str
    size: float
    zero: float
    log: bool

    @property
    def scale(self) -> str:
        """Of their axis."""
        return "log" if self.log else "linear"

    @property
    def finite(self) -> np.ndarray:
        """Those that are numbers."""
        return self.values[np.isfinite(self.values)]

    @property
    def places(self) -> np.ndarray:
        """Where they stand along their axis: their logarithms where it is logarithmic."""
        return np.log(self.values) if self.log else self.values

    def finer(self, n: int) -> Shown:
        """The same from the first to the last of them in n places at even distances of the axis."""
        places = np.linspace(self.places[0], self.places[-1], n)
        return replace(self, values=np.exp(places) if self.log else places)

    def of(self, values: np.ndarray) -> np.ndarray:
        """Other numbers [SI] in the same unit."""
        return np.asarray((np.asarray(values, dtype=float) - self.zero) / self.size)


def shown(variable: xr.DataArray, *, even: bool = False) -> Shown:
    """Numbers as an axis shows them; `even` numbers are on a logarithmic scale only if their ratios are equal."""
    values, unit = np.asarray(variable.values, dtype=float), str(variable.attrs.get("units", ""))
    finite = values[np.isfinite(values)]
    zero = ZERO_CELSIUS if unit == "K" else 0.0
    # Degrees Celsius go through zero and mean nothing as a ratio; two values tell of no spacing.
    log = bool(not zero and finite.size > 2 and finite.min() > 0 and finite.max() > DECADES * finite.min())
    if log and even:
        ratios = np.diff(np.log(np.sort(finite)))
        log = bool(ratios.max() < 3 * np.median(ratios))
    size, name = (1.0, "°C") if zero else lab(values, unit)
    text = with_unit(str(variable.attrs.get("long_name", variable.name)), name)
    return Shown((values - zero) / size, text, name, size, zero, log)


def metrics_in(ds: xr.Dataset) -> list[str]:
    """Names of the metrics of a study, without what was made of them (quantiles, robust values)."""
    # What a study derives from a metric carries the metric's attributes, but is drawn with it, not beside it.
    made = ("_quantiles", "_limit_robust", "_robust")
    return [
        str(name)
        for name, item in ds.data_vars.items()
        if "metric" in item.attrs
        and not any(str(name).endswith(end) and str(name).removesuffix(end) in ds for end in made)
    ]


def chosen_metric(name: str | None, metrics: Sequence[str], known: Container[str], plot: str) -> str:
    """The metric to draw: the one given, or the only one."""
    if name is None and len(metrics) != 1:
        raise InputError(f"{plot}: say which of {', '.join(metrics) or 'no metrics'} to draw.")
    if name is not None and name not in known:
        raise InputError(f"{plot}: there is no {name!r} in this study.{did_you_mean(name, metrics)}")
    return name or metrics[0]


def coordinate(ds: xr.Dataset, dim: str, given: str | None = None) -> xr.DataArray:
    """What is written along a dimension: the coordinate of its name, or the first one on it."""
    if given is not None and given in ds.variables:
        return ds[given]
    if dim in ds.coords and ds[dim].dtype.kind in "fc":
        return ds[dim]
    # Paired values run along a dimension that is only counted: one of what was varied says more than its number.
    along = [name for name in ds.coords if ds[name].dims == (dim,) and ds[name].dtype.kind == "f"]
    return ds[along[0]] if along else ds[dim]


def free_dimensions(ds: xr.Dataset) -> int | None:
    """Number of dimensions besides parameter sets that a study varies; None for designs and sensitivities."""
    # Results of optimisations and of sensitivities have plots of their own.
    if {"design", "parameter"} & set(ds.dims):
        return None
    return sum(size > 1 for dim, size in ds.sizes.items() if dim not in ("sample", "quantile"))


def of_each(metrics: Sequence[str], drawn: bool) -> list[Mapping[str, str]]:
    """Arguments of one panel for each metric, if they are drawn at all."""
    return [{"metric": name} for name in metrics] if drawn else []


@plot(
    study=True,
    when=lambda ds: of_each(
        metrics_in(ds), free_dimensions(ds) == 1 or (free_dimensions(ds) == 0 and "quantile" in ds.dims)
    ),
)
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
    name = chosen_metric(metric, metrics_in(ds), [str(item) for item in ds.data_vars], "band")
    quantiles = ds.get(f"{name}_quantiles")
    values = (ds[name] if quantiles is None else quantiles).squeeze(drop=True)
    dims = [str(dim) for dim in values.dims if dim != "quantile"]
    if len(dims) > 1 or (not dims and quantiles is None):
        raise InputError(f"band draws one dimension, but {name} has {', '.join(dims) or 'none'}: use ds.isel(...).")
    with panel(ax, "") as drawn:
        ax = drawn.ax
        if dims:
            z = shown(values.transpose(..., dims[0]).assign_attrs(ds[name].attrs))
            place = shown(coordinate(ds, dims[0], x), even=True)
            order = np.argsort(place.values)
            at, curves = place.values[order], np.atleast_2d(z.values[..., order])
            if len(curves) == 1:
                ax.plot(at, curves[0], "o-", ms=4, color=color, label=label)
            else:
                low, middle, high = curves
                (line,) = ax.plot(at, middle, color=color, label=label)
                words = f"{100 * float(ds['quantile'][-1] - ds['quantile'][0]):.3g} % interval"  # once per figure
                once = label is None or words in ax.get_legend_handles_labels()[1]
                ax.fill_between(at, low, high, color=line.get_color(), alpha=0.18, lw=0, label=None if once else words)
            ax.set(xlabel=place.label, ylabel=z.label, xscale=place.scale, yscale=z.scale)
        else:
            z, colour = shown(ds[name]), color or COLOURS[0]
            # Bins that look equally wide: on a logarithmic axis linear ones would be slivers at one end.
            edges = (np.geomspace if z.log else np.linspace)(z.finite.min(), z.finite.max(), 31)
            ax.hist(z.finite, bins=list(edges), color=colour, alpha=0.85, label=label)
            low, middle, high = z.of(values.values)
            ax.axvspan(low, high, color=colour, alpha=0.12, lw=0, zorder=0)
            ax.axvline(middle, color=INK, lw=1.2, ls="--")
            ax.set_title(f"median {middle:.3g}, from {low:.3g} to {high:.3g} {z.unit}".strip())
            ax.set(xlabel=z.label, ylabel="Number of parameter sets", xscale=z.scale)
    return ax


@plot("design", study=True, when=lambda ds: len(metrics_in(ds)) > 1)
def pareto(
    ds: xr.Dataset, x: str | None = None, y: str | None = None, *, color_by: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the designs of an optimisation in the plane of two metrics.

    Designs that were judged under uncertainty lie where they were judged, at their robust values; thin lines lead to
    what they give if all numbers are as stated, the small grey points.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of `mgtwin.optimise`.
    x, y : str, optional
        Metrics of the axes; by default the first two, robust where there are such values.
    color_by : str, optional
        A designed number or metric that colours the points.
    ax : matplotlib Axes, optional
        Where to draw.

    Raises
    ------
    InputError
        There are fewer than two metrics, or a name is unknown.
    """
    first = metrics_in(ds)
    if len(first) < 2 and (x is None or y is None):
        raise InputError("pareto draws two metrics against each other, but this optimisation has one.")
    stated = x or first[0], y or next(name for name in first if name != (x or first[0]))
    judged = [f"{name}_robust" if f"{name}_robust" in ds else name for name in stated]
    x, y = x or judged[0], y or judged[1]
    for name in (x, y, color_by or x):
        if name not in ds.variables:
            raise InputError(f"pareto: there is no {name!r} here.{did_you_mean(name, [str(k) for k in ds.variables])}")
    across, up = shown(ds[x]), shown(ds[y])
    with panel(ax, "", (6.0, 4.2)) as drawn:
        ax, size = drawn.ax, 6 if across.values.size <= 60 else 4
        if (x, y) != stated:
            ends = across.of(ds[stated[0]].values), up.of(ds[stated[1]].values)
            ax.plot([across.values, ends[0]], [up.values, ends[1]], "-", color=MUTED, lw=0.4, alpha=0.6, zorder=1)
            ax.plot(*ends, "o", ms=3, color=MUTED, mew=0, zorder=1.5, label="as stated")
        else:
            ax.plot(across.values, up.values, "-", color=MUTED, lw=0.8, zorder=2)
        label = "robust" if (x, y) != stated else None
        if color_by is None:
            ax.plot(across.values, up.values, "o", ms=size, mec="white", mew=0.4, zorder=3, label=label)
        else:
            third = shown(ds[color_by])
            points = ax.scatter(
                across.values, up.values, c=third.values, s=size**2, ec="white", lw=0.4, cmap="viridis", zorder=3,
                norm=third.scale, label=label,
            )  # fmt: skip
            ax.figure.colorbar(points, ax=ax, label=third.label)
        ax.set(xlabel=across.label, ylabel=up.label, xscale=across.scale, yscale=up.scale)
    return ax


@plot("metric", "parameter", study=True, when=lambda ds: of_each([str(name) for name in ds["metric"].values], True))
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
    names = [str(name) for name in ds["metric"].values]
    one = ds.sel(metric=chosen_metric(metric, names, names, "tornado"))
    variance = "total_order" in ds
    kinds = [("total_order", 0.18), ("first_order", -0.18)] if variance else [("mean_size", 0.0)]
    # Stable, so that parameters that do not matter at all keep the order in which they were given.
    order = np.argsort(-np.nan_to_num(one[kinds[0][0]].values), kind="stable")[:most][::-1]
    with panel(ax, str(one["metric_name"].item()), (7.2, 1.0 + 0.46 * len(order))) as drawn:
        ax, rows = drawn.ax, np.arange(len(order))
        name = "share of the variance" if variance else "mean size of the effect"
        unit = "1" if variance else str(one["metric_unit"].item())
        for number, (key, offset) in enumerate(kinds):
            values = drawn.x(one[key].values[order], unit=unit, name=name)
            half = drawn.x(one[f"{key}_half_width"].values[order], unit=unit, name=name)
            ax.barh(
                # An estimated index may come out below zero, which no share of a variance is; its error bar shows that.
                rows + offset, np.maximum(values, 0), height=0.34 if variance else 0.6, xerr=half,
                color=COLOURS[number], label={"total_order": "total", "first_order": "alone"}.get(key),
                error_kw={"ecolor": INK, "elinewidth": 0.9, "capsize": 2},
            )  # fmt: skip
        texts = []
        for k in order:
            # A path as short as it is still clear, on two lines if it is long; what moves with it stands at the end.
            path, _, more = str(one["parameter"].values[k]).partition(" (")
            parts = [part for part in path.split(".") if part not in ("layers", "interfaces", "material")]
            said = f"{parts[0]} {', '.join(parts[1:])}".replace("_", " ").strip().removesuffix(", reference")
            lines = wrap(said, 38)
            if more and len(lines[-1]) + len(more) > 36:
                lines.append(f"({more}")
            elif more:
                lines[-1] += f" ({more}"
            texts.append("\n".join(lines))
        ax.set_yticks(rows, texts)
        ax.grid(axis="y", visible=False)
        ax.set_xlim(left=0)
        if variance:
            ax.legend(loc="lower right")
        ax.set_title(str(one["metric_name"].item()))
    return ax
