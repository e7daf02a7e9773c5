"""The family of plots: each declares which Datasets it can draw, and `figure` asks them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from inspect import signature
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

from mgtwin.dataset import is_tree, node_of
from mgtwin.errors import InputError
from mgtwin.plot.look import describe, style
from mgtwin.plot.overlays import Curve, Draw, common_title, curves_of, fitted_curves, overlaid
from mgtwin.registry import Family

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["PLOTS", "figure", "needs_of", "plot", "plots_of", "require"]

#: Whether a plot shows a Dataset, or the arguments of each of several panels that show it.
When: TypeAlias = Callable[[Any], bool | Iterable[Mapping[str, object]]]
#: Arguments with which several results are drawn over each other.
Together: TypeAlias = Callable[[list[Any]], Mapping[str, object]]
_Draw = TypeVar("_Draw", bound=Draw)

#: Plots by name, in the order in which a figure shows them.
PLOTS: Family[Draw] = Family("plot")


@dataclass(frozen=True)
class Declaration:
    """What `plot` notes of a function: the variables that it draws, when it suits, and whether it draws studies."""

    needs: tuple[str, ...]
    when: When
    study: bool

    def panels(self, ds: xr.Dataset) -> Iterable[Mapping[str, object]]:
        """Arguments of every panel with which it shows a Dataset."""
        # A study names variables after its metrics: one called "impedance" is no spectrum.
        if self.study is not ("study" in ds.attrs) or not all(name in ds.variables for name in self.needs):
            return ()
        wanted = self.when(ds)
        return ({},) if wanted is True else wanted or ()


def plot(
    *needs: str, when: When = lambda ds: True, study: bool = False, together: Together = lambda several: {}
) -> Callable[[_Draw], _Draw]:
    """Return a decorator that makes ``function(ds, *, ax=None) -> Axes`` a plot, which `figure` draws where it suits.

    A function that takes `label` (and `color`) also draws several results over each other: a list, a mapping whose keys
    are the labels, a tree, or one Dataset along a further dimension.

    Parameters
    ----------
    *needs : str
        Variables that it draws; the function refuses a Dataset without them, and says which are missing.
    when : callable
        ``when(ds)`` tells whether it belongs into the figure of a Dataset that has what it needs, or lists the
        arguments of several panels.
    study : bool
        Whether it draws results of studies, or else everything but these.
    together : callable
        ``together(datasets)`` returns the arguments with which each of several results is drawn over the others.

    Examples
    --------
    >>> @plot("potential", when=lambda ds: ds["potential"].ndim == 1)
    ... def potentials(ds, *, ax=None):
    ...     return ds["potential"].plot(ax=ax)
    >>> "potentials" in PLOTS
    True
    >>> PLOTS._kinds.pop("potentials") and None
    """

    def declare(function: _Draw) -> _Draw:
        name = function.__name__

        takes_labels = "label" in signature(function).parameters

        @wraps(function)
        def draw(ds: xr.Dataset, *arguments: object, **named: object) -> object:
            ds = cast("xr.Dataset", fitted_curves(ds, needs))
            several = curves_of(ds, needs, takes_labels)
            if several is not None:
                for one in several if takes_labels else ():
                    require(one.ds, needs, f"{name} ({one.label})")
                return overlaid(draw, name, several, arguments, {**together([one.ds for one in several]), **named})
            require(ds, needs, name)
            return function(ds, *arguments, **named)

        draw.__mgtwin_plot__ = Declaration(needs, when, study)  # type: ignore[attr-defined]
        PLOTS.add(name, draw)
        return cast(_Draw, draw)

    return declare


def needs_of(name: str) -> tuple[str, ...]:
    """Return the variables that a plot of this name draws."""
    declared: Declaration = PLOTS[name].__mgtwin_plot__  # type: ignore[attr-defined]
    return declared.needs


def require(ds: xr.Dataset | xr.DataTree, names: Sequence[str], plot: str) -> None:
    """Refuse a tree, and a Dataset that lacks what a plot shows.

    Raises
    ------
    InputError
        With what is missing and what there is.
    """
    if is_tree(ds):
        raise InputError(f"{plot} draws one Dataset, not a tree: {node_of(ds)}.")
    match ds:
        case object(variables=_, attrs=_):
            pass
        case _:
            raise InputError(
                f"{plot} draws results, data and fits, not a {type(ds).__name__}: mt.read and mt.open make them."
            )
    missing = [name for name in names if name not in ds.variables]
    if missing:
        has = ", ".join(map(str, ds.variables)) or "nothing"
        raise InputError(f"{plot} needs {' and '.join(missing)}, but the Dataset has only {has}.")


def plots_of(ds: xr.Dataset) -> list[Draw]:
    """Return the plots that show a Dataset, the most important first."""
    return [
        partial(draw, **given) if given else draw
        for draw in PLOTS.values()
        for given in draw.__mgtwin_plot__.panels(ds)  # type: ignore[attr-defined]
    ]


@dataclass(frozen=True)
class Row:
    """A row of a figure: what is drawn, how, under which title."""

    thing: object
    plots: Sequence[Draw]
    title: str
    variables: Iterable[object]


def _rows(data: object) -> dict[str, Row]:
    """The rows of a figure by name."""
    import xarray as xr

    data = fitted_curves(data, ())
    match data:
        case xr.DataTree():
            return {
                node.path.strip("/"): row
                for node in data.leaves
                if node.has_data
                for row in _rows(node.to_dataset()).values()
            }
        case xr.Dataset():
            if plots := plots_of(data):
                return {"": Row(data, plots, describe(data.attrs), data.variables)}
            # spectra along a temperature, say: what suits each of them draws them over each other
            able = [name for name in PLOTS if set(needs_of(name)) <= set(data.variables)]
            along = next((found for name in able if (found := curves_of(data, needs_of(name), True))), ())
            return {"": Row(data, _suiting(along), common_title(along) if along else "", data.variables)}
    curves = curves_of(data, (), True)
    if curves is None:
        raise InputError(f"a {type(data).__name__} cannot be drawn: give a Dataset, a DataTree, or several Datasets.")
    suiting = _suiting(curves)
    if len(curves) > 1 and not suiting:
        labels = ", ".join(curve.label for curve in curves[:4])
        raise InputError(f"no plot is known for all of {labels}: draw those of one kind together, the others apart.")
    held = {name for curve in curves for name in curve.ds.variables}
    return {"": Row(curves, suiting, common_title(curves), held)}


def _suiting(curves: Sequence[Curve]) -> list[Draw]:
    """The plots that draw results over each other and suit all of these."""
    return [
        draw
        for draw in PLOTS.values()
        if curves and "label" in signature(draw).parameters
        and all([*draw.__mgtwin_plot__.panels(curve.ds)] for curve in curves)  # type: ignore[attr-defined]
    ]  # fmt: skip


def figure(data: xr.Dataset | xr.DataTree | Mapping[str, xr.Dataset] | Sequence[xr.Dataset]) -> Figure:
    """Draw what a Dataset or DataTree holds, or several Datasets over each other.

    Spectra are drawn as Nyquist and Bode plots, transients as the plot that suits the protocol, with the breakdown of
    the voltage and the profiles where the Dataset has them; many cycles as their life: contributions and contact by
    cycle, and spectra along it. A tree has one row per node. Of several (a list, or a mapping whose keys are the
    labels) the plots are drawn that suit all of them.

    Raises
    ------
    InputError
        There is nothing in it that mgtwin knows how to draw.
    """
    import matplotlib.pyplot as plt

    rows = {name: row for name, row in _rows(data).items() if row.plots}
    if not rows:
        held = ", ".join(sorted({str(v) for row in _rows(data).values() for v in row.variables})) or "nothing"
        raise InputError(f"no plot is known for a Dataset with {held}; draw it with xarray's own plot functions.")
    width = max(len(row.plots) for row in rows.values())
    with style():
        whole = plt.figure(figsize=(1.2 + 5.2 * width, 4.3 * len(rows)), layout="constrained")
        whole.get_layout_engine().set(w_pad=0.12, h_pad=0.08, wspace=0.04)  # type: ignore[union-attr, call-arg]
        grid = whole.add_gridspec(len(rows), width)
        for number, (name, row) in enumerate(rows.items()):
            for column, draw in enumerate(row.plots):
                last = column == len(row.plots) - 1
                ax = whole.add_subplot(grid[number, column:] if last else grid[number, column])
                draw(row.thing, ax=ax)
                if column == 0:
                    # names of layers stand above the Axes, and the title above them
                    named = any(text.get_position()[1] >= 1 for text in ax.texts)
                    title = ": ".join(filter(None, [name, row.title]))
                    ax.set_title(title, pad=18 if named else None)
    return whole
