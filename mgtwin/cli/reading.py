"""``mgtwin read``: what an instrument file holds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.text import Text

from ..errors import FileError, InputError
from ..quantities import format_value
from .console import out, print_warnings, shown_path
from .files import targets
from .output import keep, print_rows
from .summary import leaves, warnings_of

if TYPE_CHECKING:
    import xarray as xr


__all__ = ["as_options", "read_file", "with_figure_name"]

#: Nodes of a tree that are described one by one; of more spectra, so many are drawn.
_EACH = 6
#: Attributes that are printed, in this order, with what they are called.
_FACTS = ("instrument", "date", "comment")
_UNITS = {"area": "m^2", "thickness": "m", "temperature": "K", "bias": "V", "bias_current": "A"}


def as_options(message: str) -> str:
    """Say the hints of `mgtwin.read` as they are typed in a terminal.

    Examples
    --------
    >>> as_options("Give columns={'real': mt.Column('...', negate=True)}, or area='1 cm^2', or check=False.")
    "Give --column real=-NUMBER, or --area '1 cm^2', or --no-check."
    """

    def columns(found: re.Match[str]) -> str:
        options = []
        for name, where in re.findall(r"'(\w+)': (mt\.Column\([^)]*\)|[^,}]+)", found[0]):
            at, unit = re.search(r"^\d+|\((\d+|'[^'.]+')", where), re.search(r"unit='([^']*)'", where)
            place = (at[1] or at[0]).strip("'") if at else "NUMBER"
            options.append(f"--column {name}={'-' * ('negate' in where)}{place}{f':{unit[1]}' if unit else ''}")
        return " ".join(options) or "--column NAME=NUMBER"

    said = re.sub(r"columns=(\{[^}]*\}|\.\.\.)", columns, message)
    said = re.sub(r"\b(area|thickness|temperature|current|decimal)=(?=['\"])", r"--\1 ", said)
    return said.replace("check=False", "--no-check").replace("complete=True", "--complete")


def read_file(
    file: Path, plot: Path | None, output: Path | None, columns: Sequence[str], hints: Mapping[str, Any]
) -> None:
    """Read a file, print what is in it and what was decided, and save or draw it where that was asked for.

    Raises
    ------
    InputError
        The file cannot be read with certainty, or an option is not acceptable.
    """
    from ..data import Column, read

    placed = {}
    for text in columns:
        name, equal, where = text.partition("=")
        if not equal or not where:
            raise InputError(f"--column {text}: write NAME=COLUMN, for example current=3:mA.")
        placed[name] = Column.of(where)

    target, figure = targets(output, plot)
    try:
        data = read(file, columns=placed, **hints)
    except FileError as error:
        raise FileError(as_options(error.message), *error.args[1:]) from error
    first = (found := leaves(data))[0][1]
    title = Text(shown_path(file), style="bold").append(f"  {first.attrs['format']}", style="not bold dim")
    out().print(title, soft_wrap=True)
    lines = [(name, str(first.attrs[name])) for name in _FACTS if first.attrs.get(name)]
    values = {name: [ds.attrs[name] for _, ds in found if name in ds.attrs] for name in _UNITS}
    lines += [
        (name.replace("_", " "), _range(np.array(known), _UNITS[name])) for name, known in values.items() if known
    ]
    own = [name for name, known in values.items() if len(set(known)) > 1]  # what each measurement has of its own
    if len(found) > 1:
        kinds = [re.sub(r"_[0-9]+$", "", name) for name, _ in found]
        words = {"spectrum": ("spectrum", "spectra"), "transient": ("signal in time", "signals in time")}
        counts = {kind: kinds.count(kind) for kind in kinds}
        lines.append(("holds", ", ".join(f"{many} {words[kind][many > 1]}" for kind, many in counts.items())))
    # Of very many the first and the last tell the trend; a screen of equal lines would tell less.
    for name, ds in found if len(found) <= _EACH else [found[0], found[-1]]:
        conditions = [format_value(ds.attrs[key], _UNITS[key]) for key in own if key in ds.attrs]
        lines += [(name, ", ".join(conditions))] if name else []
        if "impedance" in ds.variables:
            z = ds["impedance"].values
            lines.append(("points", f"{z.size}, {_range(ds['frequency'].values, 'Hz')}"))
            lines += [("Re Z", _range(z.real, "ohm")), ("-Im Z", _range(-z.imag, "ohm"))]
            continue
        time = ds["time"].values
        lines.append(("points", f"{time.size}, {_range(time, 's')}"))
        lines += [(signal, _range(ds[signal].values, unit)) for signal, unit in (("voltage", "V"), ("current", "A"))]
        if "cycle" in ds.variables:
            lines.append(("cycles", str(int(ds["cycle"].values.max()) + 1)))
    decided = dict.fromkeys(note for _, ds in found for note in ds.attrs.get("reading", []))
    lines += [("decided" if k == 0 else "", note) for k, note in enumerate(decided)]
    print_rows(lines)
    print_warnings(warnings_of(data))
    keep(data, target, figure, _draw)


def with_figure_name(arguments: Sequence[str]) -> list[str]:
    """Give ``--plot`` without a name the name of the file that is read, with the ending .png.

    Examples
    --------
    >>> with_figure_name(["read", "cell.mpt", "--plot"])
    ['read', 'cell.mpt', '--plot', 'cell.png']
    """
    found = list(arguments)
    if "--plot" not in found:
        return found
    k = found.index("--plot")
    # A name behind --plot belongs to it, unless it is the only one, which must be the file.
    if k + 1 < len(found) and (not found[k + 1].startswith("-") and k > 1):
        return found
    named = [item for item in found[1:] if not item.startswith("-")]
    if k == 1 and len(named) > 1:  # mgtwin read --plot figure.png cell.mpt
        return found
    return [*found[: k + 1], str(Path(named[0]).with_suffix(".png").name), *found[k + 1 :]] if named else found


def _range(values: np.ndarray, unit: str) -> str:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return format_value(low, unit) if low == high else f"{format_value(low, unit)} ... {format_value(high, unit)}"


def _draw(data: xr.Dataset | xr.DataTree, target: Path) -> None:
    """Draw what was read; of many spectra some, from the first to the last, in one diagram."""
    from .plotting import draw

    found = leaves(data)
    if len(found) <= _EACH or any("impedance" not in ds.variables for _, ds in found):
        return draw(data, target)
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    from ..plot import nyquist

    chosen = [found[k] for k in np.linspace(0, len(found) - 1, _EACH).round().astype(int)]
    colours = plt.get_cmap("viridis")(np.linspace(0, 0.9, len(chosen)))
    ax = None
    for (name, ds), colour in zip(chosen, colours, strict=True):
        ax = nyquist(ds, ax=ax, color=colour, label=name)
    plt.gcf().savefig(target)
    # pyplot keeps every figure until it is told, and reading a folder of files would fill the memory.
    plt.close()
    return None
