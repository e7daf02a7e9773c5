"""Several results in one plot: a list, a mapping, a tree, or one result along a dimension of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from mgtwin.dataset import SCHEMA
from mgtwin.errors import InputError
from mgtwin.plain import is_listed, is_mapping
from mgtwin.plot.look import COLOURS, describe, shades, style
from mgtwin.plot.units import short

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["Curve", "Draw", "common_title", "curves_of", "overlaid"]

#: Draws a Dataset on Axes: ``draw(ds, ax=ax, **arguments)``.
Draw: TypeAlias = Callable[..., Any]
#: From so many numbers on a colour bar says more than a legend.
_MANY = 7


@dataclass(frozen=True, eq=False)
class Curve:
    """One of several results.

    Attributes
    ----------
    label : str
    ds : xarray.Dataset
    at : float or None
        Where it stands along a dimension [SI], and nothing where it is one of a list.
    """

    label: str
    ds: xr.Dataset
    at: float | None = None


def fitted_curves(thing: object, needs: Sequence[str]) -> object:
    """What a fit gives for the data that a plot can draw: one Dataset, or several by label; anything else as it is.

    Raises
    ------
    InputError
        The fit has no data of that kind.
    """
    match thing:
        case object(curves=made) if callable(made):
            found: dict[str, xr.Dataset] = {
                label: ds for label, ds in made().items() if set(needs) <= set(map(str, ds.variables))
            }
            if not found:
                raise InputError(f"none of the data of this fit has {' and '.join(needs)}.")
            return found if len(found) > 1 else next(iter(found.values()))
    return thing


def curves_of(thing: object, needs: Sequence[str], takes_labels: bool) -> tuple[Curve, ...] | None:
    """Return what is drawn over each other, None for one result that a plot draws by itself.

    Raises
    ------
    InputError
        There is nothing in it.
    """
    import xarray as xr

    match thing:
        case xr.Dataset():
            return tuple(_along(thing, needs)) or None if takes_labels else None
        case xr.DataTree() if not takes_labels:
            return None
        case xr.DataTree():
            nodes = {node.path.strip("/"): node.to_dataset() for node in thing.leaves if node.has_data}
            found = {name: ds for name, ds in nodes.items() if set(needs) <= set(map(str, ds.variables))}
            return tuple(Curve(name, ds) for name, ds in found.items()) or None
    if is_mapping(thing) and thing:
        return tuple(Curve(str(name), _dataset(ds)) for name, ds in thing.items())
    if is_listed(thing) and thing:
        items = [_dataset(ds) for ds in thing]
        return tuple(Curve(label, ds) for label, ds in zip(_labels(items), items, strict=True))
    if is_listed(thing) or is_mapping(thing):
        raise InputError("there is nothing to draw: the list is empty.")
    return None


def _along(ds: xr.Dataset, needs: Sequence[str]) -> Iterator[Curve]:
    """The results along the one dimension that the drawn variables have beside their own."""
    further = {
        str(dim)
        for name in needs
        if name in ds.variables and name in SCHEMA
        for dim in ds[name].dims
        if dim not in SCHEMA[name].dims and dim not in needs
    }
    if len(further) != 1:
        return
    (dim,) = further
    for k in range(ds.sizes[dim]):
        one = ds.isel({dim: k}, drop=True)
        # of a life only some cycles have a spectrum
        if any(one[name].size and not np.isfinite(one[name].values).any() for name in needs):
            continue
        match ds[dim].values[k] if dim in ds.coords else k:
            case str() as word:
                yield Curve(word, one)
            case number:
                unit = str(ds[dim].attrs.get("units", "1"))
                yield Curve(short(float(number), unit) if unit != "1" else f"{dim} {number:g}", one, float(number))


def _dataset(item: object) -> xr.Dataset:
    import xarray as xr

    match item:
        case xr.Dataset():
            return item
    raise InputError(f"only Datasets can be drawn over each other, not a {type(item).__name__}.")


def _labels(items: Sequence[xr.Dataset]) -> list[str]:
    """Names of the items of a list: in what they differ, else their files, else their numbers."""
    attrs = [item.attrs for item in items]
    candidates = (
        [short(float(one["temperature"]), "K") if "temperature" in one else "" for one in attrs],
        [short(float(one["bias"]), "V") if "bias" in one else "" for one in attrs],
        [describe(one).split(",")[0] for one in attrs],
        [str(one.get("file", "")) for one in attrs],
        [describe(one) for one in attrs],
    )
    different = (names for names in candidates if len(set(names)) == len(items) and all(names))
    return next(different, [str(number) for number in range(1, len(items) + 1)])


def overlaid(
    draw: Draw, name: str, curves: Sequence[Curve], arguments: Sequence[object], named: Mapping[str, object]
) -> object:
    """Draw results over each other: a colour each, a legend, or a colour bar for many along a dimension.

    Raises
    ------
    InputError
        The plot shows the inside of one result, or a label is given for all.
    """
    parameters = signature(draw).parameters
    if "label" not in parameters:
        several = ", ".join(curve.label for curve in curves[:4])
        raise InputError(f"{name} draws one result: choose one of {several}{' …' if len(curves) > 4 else ''}.")
    if named.get("label"):
        raise InputError("label= names one curve: give several as a mapping, whose keys are the labels.")
    places = [curve.at for curve in curves if curve.at is not None]
    ordered = len(places) == len(curves)
    colours = shades(len(curves)) if ordered else [COLOURS[k % len(COLOURS)] for k in range(len(curves))]
    bar = ordered and len(curves) >= _MANY
    drawn, given = named.get("ax"), {key: item for key, item in named.items() if key not in ("ax", "label", "color")}
    fresh = drawn is None
    for curve, colour in zip(curves, colours, strict=True):
        look = {"color": colour} if "color" in parameters else {}
        drawn = draw(curve.ds, *arguments, ax=drawn, label=None if bar else curve.label, **look, **given)
    match drawn:
        case (upper, _):
            first = cast("Axes", upper)
        case _:
            first = cast("Axes", drawn)
    if bar:
        _colour_bar(first, [float(place) for place in places], curves)
    if fresh:
        with style():
            first.set_title(common_title(curves))
    return drawn


def common_title(curves: Sequence[Curve]) -> str:
    """What describes all of several results."""
    parts = [describe(curve.ds.attrs).split(", ") for curve in curves]
    return ", ".join(part for part in parts[0] if all(part in others for others in parts))


def _colour_bar(ax: Axes, places: Sequence[float], curves: Sequence[Curve]) -> None:
    """The scale of the colours, with the names of the first and the last curve and some between."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import BoundaryNorm, ListedColormap

    n = len(places)
    scale = ScalarMappable(BoundaryNorm(np.arange(n + 1) - 0.5, n), ListedColormap(shades(n)))
    with style():
        bar = ax.figure.colorbar(scale, ax=ax, shrink=0.8)
        shown = np.unique(np.linspace(0, n - 1, 5).round().astype(int))
        bar.set_ticks([*map(float, shown)], labels=[curves[k].label for k in shown])
