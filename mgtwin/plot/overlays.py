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
    from matplotlib.figure import Figure

__all__ = ["Curve", "Draw", "common_title", "curves_of", "overlaid"]

#: Draws a Dataset on Axes: ``draw(ds, ax=ax, **arguments)``.
Draw: TypeAlias = Callable[..., Any]
#: From so many numbers on a colour bar says more than a legend.
_MANY = 7
#: Room for it [inch].
_BAR = 0.9
#: So many of them are all named on it.
_ALL = 10


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
    """What a fit or a series gives that a plot can draw: one Dataset, or several; anything else as it is.

    Raises
    ------
    InputError
        It has nothing of that kind.
    """
    match thing:
        case object(curves=made) if callable(made):
            # of a fit by label, of a series with the place of each
            held = made()
            curves = [Curve(label, _dataset(ds)) for label, ds in held.items()] if is_mapping(held) else held
            found = [curve for curve in curves if set(needs) <= set(map(str, curve.ds.variables))]
            if not found:
                raise InputError(f"none of the data of this {type(thing).__name__} has {' and '.join(needs)}.")
            return tuple(found) if len(found) > 1 else found[0].ds
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
    match thing:
        case (Curve(), *_):
            return cast("tuple[Curve, ...]", thing)
    if is_listed(thing) and thing:
        return _of_list([_dataset(ds) for ds in thing])
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
        if dim in ds.coords and dim in ds.attrs:  # the attribute of one of them is not that of the others
            one = one.assign_attrs({dim: ds[dim].values[k]})
        # of a life only some cycles have a spectrum
        if any(one[name].size and not np.isfinite(one[name].values).any() for name in needs):
            continue
        match ds[dim].values[k] if dim in ds.coords else k:
            case str() as word:
                yield Curve(word, one)
            case number:
                unit = str(ds[dim].attrs.get("units", "1"))
                # people count cycles from 1, as axes do
                counted = f"{dim} {number + (dim == 'cycle' and 0 in ds[dim].values):g}"
                yield Curve(short(float(number), unit) if unit != "1" else counted, one, float(number))


def _dataset(item: object) -> xr.Dataset:
    import xarray as xr

    match item:
        case xr.Dataset():
            return item
    raise InputError(f"only Datasets can be drawn over each other, not a {type(item).__name__}.")


def _of_list(items: Sequence[xr.Dataset]) -> tuple[Curve, ...]:
    """The items of a list by that in which they differ: temperature or bias, else their cells, files, or numbers."""
    attrs = [item.attrs for item in items]
    for name, unit in (("temperature", "K"), ("bias", "V")):
        places = [float(one[name]) for one in attrs if name in one]
        names = [short(place, unit) for place in places]
        if len(set(names)) == len(items):
            return tuple(Curve(*one) for one in zip(names, items, places, strict=True))
    candidates = (
        [describe(one).split(",")[0] for one in attrs],
        [str(one.get("file", "")) for one in attrs],
        [describe(one) for one in attrs],
    )
    different = (names for names in candidates if len(set(names)) == len(items) and all(names))
    labels = next(different, [str(number) for number in range(1, len(items) + 1)])
    return tuple(Curve(label, item) for label, item in zip(labels, items, strict=True))


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
    curves = [curves[k] for k in np.argsort(places, kind="stable")] if ordered else curves
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
        _colour_bar(first, curves)
        if fresh:  # beside the Axes, which keep their size
            whole = cast("Figure", first.figure)
            whole.set_figwidth(whole.get_figwidth() + _BAR)
    if fresh:
        with style():
            first.set_title(common_title(curves))
    return drawn


def common_title(curves: Sequence[Curve]) -> str:
    """What describes all of several results."""
    parts = [describe(curve.ds.attrs).split(", ") for curve in curves]
    return ", ".join(part for part in parts[0] if all(part in others for others in parts))


def _colour_bar(ax: Axes, curves: Sequence[Curve]) -> None:
    """The scale of the colours, with the names of some curves at even distances."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import BoundaryNorm, ListedColormap

    n = len(curves)
    scale = ScalarMappable(BoundaryNorm(np.arange(n + 1) - 0.5, n), ListedColormap(shades(n)))
    with style():
        # as high as the Axes, also where their shape is fixed
        bar = ax.figure.colorbar(scale, cax=ax.inset_axes((1.03, 0.0, 0.03, 1.0)))
        shown = range(0, n, 1 if n <= _ALL else -(-n // _ALL))
        bar.set_ticks([*map(float, shown)], labels=[curves[k].label for k in shown])
        bar.ax.minorticks_off()
