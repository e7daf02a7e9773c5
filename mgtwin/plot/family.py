"""The family of plots: each declares which Datasets it can draw, and `figure` asks them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from inspect import signature
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

from mgtwin.errors import InputError
from mgtwin.plot.look import describe, style
from mgtwin.plot.overlays import Draw, curves_of, overlaid
from mgtwin.registry import Family

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["PLOTS", "figure", "needs_of", "plot", "plots_of", "require"]

#: Whether a plot shows a Dataset, or the arguments of each of several panels that show it.
When: TypeAlias = Callable[[Any], bool | Iterable[Mapping[str, object]]]
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


def plot(*needs: str, when: When = lambda ds: True, study: bool = False) -> Callable[[_Draw], _Draw]:
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
            several = curves_of(ds, needs, takes_labels)
            if several is not None:
                return overlaid(draw, name, several, arguments, named)
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
    import xarray as xr

    if isinstance(ds, xr.DataTree):
        raise InputError(f"{plot} draws one Dataset, not a tree: choose a node, e.g. tree['name'].")
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


def figure(data: xr.Dataset | xr.DataTree) -> Figure:
    """Draw what a Dataset or DataTree holds.

    Spectra are drawn as Nyquist and Bode plots, transients as the plot that suits the protocol, with the breakdown of
    the voltage and the profiles where the Dataset has them; many cycles as their life: contributions and contact by
    cycle, and spectra along it. A tree has one row per node.

    Raises
    ------
    InputError
        There is nothing in it that mgtwin knows how to draw.
    """
    import matplotlib.pyplot as plt
    import xarray as xr

    match data:
        case xr.DataTree():
            rows = {node.path.strip("/"): node.to_dataset() for node in data.leaves if node.has_data}
        case _:
            rows = {"": data}
    drawn = {name: plots for name, ds in rows.items() if (plots := plots_of(ds))}
    if not drawn:
        held = ", ".join(sorted({str(v) for ds in rows.values() for v in ds.variables})) or "nothing"
        raise InputError(f"no plot is known for a Dataset with {held}; draw it with xarray's own plot functions.")
    width = max(map(len, drawn.values()))
    with style():
        whole = plt.figure(figsize=(1.2 + 5.2 * width, 4.3 * len(drawn)), layout="constrained")
        whole.get_layout_engine().set(w_pad=0.12, h_pad=0.08, wspace=0.04)  # type: ignore[union-attr, call-arg]
        grid = whole.add_gridspec(len(drawn), width)
        for row, (name, plots) in enumerate(drawn.items()):
            for column, draw in enumerate(plots):
                last = column == len(plots) - 1
                ax = whole.add_subplot(grid[row, column:] if last else grid[row, column])
                draw(rows[name], ax=ax)
                if column == 0:
                    # names of layers stand above the Axes, and the title above them
                    named = any(text.get_position()[1] >= 1 for text in ax.texts)
                    title = ": ".join(filter(None, [name, describe(rows[name].attrs)]))
                    ax.set_title(title, pad=18 if named else None)
    return whole
