"""``mgtwin sweep`` and ``mgtwin optimise``: a study file, run here or on a cluster, its numbers in a table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table
from rich.text import Text

from ..errors import InputError
from ..quantities import format_value
from ..shortnames import without_short_names
from .console import hint, leave_interrupted, out, print_warnings, shown_path
from .files import targets
from .output import keep, print_rows
from .progress import progress_bar

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["connected", "optimise_file", "sweep_file"]

#: Designs of a front that are printed.
_DESIGNS = 12


def sweep_file(
    file: Path, client: str | None = None, resume: bool = False, output: Path | None = None, plot: Path | None = None
) -> None:
    """Run the study of a file into its store, and print what came out.

    Raises
    ------
    FileError
        With line, column and a caret for what is wrong in the file.
    InputError
        If the store exists and `resume` was not asked for, or holds another study.
    """
    # Here, not above: the studies bring in most of mgtwin, which mgtwin --help should not wait for.
    from ..studies import sweep, uncertainty
    from ..studies.plan import labelled_cells
    from .studyfile import read_sweep

    study = read_sweep(file)
    target, figure = targets(output, plot)
    if study.store.exists() and not resume:
        raise InputError(
            f"{shown_path(study.store)} exists: --resume computes what it lacks of this study; or remove it, or name "
            f"another with store: in {shown_path(file)}."
        )
    with connected(client) as cluster, progress_bar(f"{file.name}: opening", "", log=True) as progress:
        given: dict[str, Any] = {"store": study.store, "client": cluster, "progress": progress}
        if study.uncertainty is None:
            found = sweep(study.cell, study.protocol, study.axes, study.metrics, **given)
        else:
            drawn, cell = study.uncertainty, next(iter(labelled_cells(study.cell).values()))
            given |= {"n": drawn.n, "seed": drawn.seed, "axes": study.axes or None}
            found = uncertainty(cell, study.protocol, study.metrics, **given)
    failure = found["failure"].values
    sizes = ", ".join(f"{dim} {size}" for dim, size in found.sizes.items() if dim != "quantile")
    out().print(Text(file.name, style="bold").append(f"  {failure.size} points: {sizes}", style="not bold dim"))
    rows = []
    for name in _metrics(found):
        values, unit = np.asarray(found[name].values, dtype=float), _unit(found[name])
        known = values[~np.isnan(values)]
        if name.endswith("_quantiles") and values.ndim == 1:
            # Over axes there is no one interval to print; the file has all of them.
            low, middle, high = (format_value(float(v), unit) for v in values)
            rows.append((name.removesuffix("_quantiles"), f"{middle}, 95 % from {low} to {high}"))
        elif not name.endswith("_quantiles") and known.size:
            low, high = (format_value(float(v), unit) for v in (known.min(), known.max()))
            rows.append((name, f"{low} to {high}" if low != high else low))
    failed = [str(text) for text in failure.ravel() if text]
    if failed:
        rows.append(("failed", f"{len(failed)} points, the first says: {failed[0]}"))
    print_rows(rows)
    print_warnings(list(found.attrs.get("warnings", [])))
    print_rows([("store", shown_path(study.store))])
    if found.attrs.get("interrupted"):
        leave_interrupted(f"mgtwin sweep {shown_path(file)} --resume computes the rest.")
    if target is not None or figure is not None:
        keep(found.load(), target, figure)


def optimise_file(file: Path, client: str | None = None, output: Path | None = None, plot: Path | None = None) -> None:
    """Run the optimisation of a file, and print the designs.

    Raises
    ------
    FileError
        With line, column and a caret for what is wrong in the file.
    SimulationError
        If no design meets the constraints.
    """
    from ..studies import optimise
    from .studyfile import read_optimisation

    asked = read_optimisation(file)
    target, figure = targets(output, plot)
    # Before the optimisation: after hours of it a figure that cannot be drawn would be a sad end.
    if figure is not None and len(asked.objectives) + len(asked.constraints) < 2:
        raise InputError("--plot draws two objectives or constraints against each other, but this file has one.")
    with connected(client) as cluster, progress_bar(f"{file.name}: starting", "", log=True) as progress:
        found = optimise(
            asked.cell, asked.bounds, asked.objectives, asked.constraints, protocol=asked.protocol,
            robust=asked.robust, method=asked.method, client=cluster, progress=progress,
        )  # fmt: skip
    many = found.sizes["design"]
    # Evenly over all designs, both ends among them: the first ones alone would show one end of a front.
    chosen = np.unique(np.linspace(0, many - 1, min(many, _DESIGNS)).round().astype(int))
    out().print(Text(file.name, style="bold").append(f"  {found.attrs['route']}", style="not bold dim"))
    varied = [str(name) for name, one in without_short_names(found).coords.items() if "paths" in one.attrs]
    columns = varied + _metrics(found)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in columns:
        words = str(found[name].attrs["long_name"])
        table.add_column(Text(words), justify="right", min_width=max(map(len, words.split())))
    for k in chosen:
        table.add_row(*(format_value(float(found[name][k]), _unit(found[name])) for name in columns))
    out().print(table)
    if len(chosen) < many:
        hint(f"{len(chosen)} of {many} designs are shown; -o FILE.nc keeps all of them.")
    if found.attrs["converged"]:  # a warning says it otherwise
        print_rows([("converged", found.attrs["convergence"])])
    print_warnings(list(found.attrs.get("warnings", [])))
    keep(found, target, figure)
    if found.attrs.get("interrupted"):
        leave_interrupted("these are the best designs until then.")


@contextmanager
def connected(address: str | None) -> Iterator[Any]:
    """A client of the cluster at an address; None without one."""
    if address is None:
        yield None
        return
    try:
        # An extra of the installation: without --client nobody needs it.
        from dask.distributed import Client
    except ImportError:
        raise InputError("--client needs dask: pip install 'mgtwin[studies]'.") from None
    try:
        client = Client(address, timeout=10)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(
            f"--client {address}: no cluster answers there ({error}). Start one: dask scheduler."
        ) from None
    with client:
        yield client


def _metrics(ds: xr.Dataset) -> list[str]:
    return [str(name) for name, item in ds.data_vars.items() if "metric" in item.attrs]


def _unit(item: xr.DataArray) -> str:
    unit: str = item.attrs["units"]
    return "" if unit == "1" else unit
