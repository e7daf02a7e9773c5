"""``mgtwin plot`` and ``--plot``: the figure that suits a result, written to a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from ..errors import InputError
from .console import out, shown_path
from .files import figure_name

if TYPE_CHECKING:
    from .summary import Result

__all__ = ["draw", "plot_file"]


def plot_file(file: Path, output: Path | None = None) -> Path:
    """Draw a saved result into a file, by default beside it with the ending ``.png``.

    Raises
    ------
    FileError
        If mgtwin did not write the file.
    InputError
        If nothing in it can be drawn, or the figure cannot be written there.
    """
    from .. import dataset

    if file.is_dir():
        raise InputError(f"{file} is a folder: name a result in it (.nc).")
    target = figure_name(output or file.with_suffix(".png"))
    draw(dataset.open(file), target)
    out().print(Text(f"figure  {shown_path(target)}"), soft_wrap=True)
    return target


def draw(data: Result, target: Path) -> None:
    """Draw a Dataset or DataTree into a file; no window is opened."""
    import matplotlib

    matplotlib.use("agg")  # a terminal has no screen to ask for
    import matplotlib.pyplot as plt

    from ..plot import figure

    drawn = figure(data)
    drawn.savefig(target)
    plt.close(drawn)
