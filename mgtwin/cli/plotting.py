"""``mgtwin plot`` and ``--plot``: the figure that suits a result, written to a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from .console import out, shown_path
from .files import figure_name
from .stored import opened

__all__ = ["draw", "plot_files"]


def plot_files(names: Sequence[str], output: Path | None = None) -> Path:
    """Draw a result, a fit, a study or an instrument file into a file; several results over each other.

    Parameters
    ----------
    names : sequence of str
    output : Path, optional
        By default beside the first with the ending ``.png``.

    Raises
    ------
    FileError
        A file is damaged, or not of a kind that is known.
    InputError
        If nothing in it can be drawn, or the figure cannot be written there.
    """
    wanted = output and figure_name(output)
    things = {Path(name).stem: opened(name) for name in names}
    target = wanted or figure_name(Path(names[0]).with_suffix(".png"))
    draw(things if len(things) > 1 else next(iter(things.values())), target)
    out().print(Text(f"figure  {shown_path(target)}"), soft_wrap=True)
    return target


def draw(thing: object, target: Path) -> None:
    """Draw a Dataset, a DataTree, several of them by name, or a fit into a file; no window is opened."""
    import matplotlib

    matplotlib.use("agg")  # a terminal has no screen to ask for
    import matplotlib.pyplot as plt
    import xarray as xr

    match thing:
        case xr.Dataset() | xr.DataTree() | dict():
            from ..plot import figure

            drawn = figure(thing)
        case _:
            from ..fitting import figure_of_fit

            drawn = figure_of_fit(thing)
    drawn.savefig(target)
    plt.close(drawn)
