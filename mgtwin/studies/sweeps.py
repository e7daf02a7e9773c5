"""sweep(cell, protocol, {path: values}, metrics) -> Dataset: one study, in memory or in a store."""

from __future__ import annotations

import warnings as python_warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..cells import Cell
from ..errors import MgtwinWarning
from ..protocols import Protocol
from .axes import Axes
from .engine import check_client, outcomes
from .measured import Metrics
from .plan import Plan, plan_of
from .progress import Progress, Report
from .result import attrs_of, dataset_of, finished, open_study
from .store import Store, open_store, reasons

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["sweep"]

#: Reason of points that Ctrl-C left out.
LEFT_OUT = "not computed: the study was interrupted"


def sweep(
    cell: Cell | Sequence[Cell] | Mapping[str, Cell],
    protocol: Protocol | Sequence[Protocol] | Mapping[str, Protocol],
    axes: Axes,
    metrics: Metrics,
    *,
    store: str | Path | None = None,
    client: Any = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Simulate a cell at every point of a grid of parameters, and read some numbers from each run.

    Spectra of cells at rest go through the exact impedance in batches; everything else is simulated point by point, in
    parallel where there is a client. A point that fails is NaN, with its reason in ``failure``; it ends nothing.

    Parameters
    ----------
    cell : Cell, sequence of Cell or mapping
        Several cells, by label, become the dimension ``cell``.
    protocol : Protocol, sequence of Protocol or mapping
        Several protocols, by label, become the dimension ``protocol``.
    axes : mapping, Paired, or a list of these
        Path (or path with wildcards, or tuple of paths, which all get the value) to its values: numbers in SI or texts
        with units. The points are the outer product of all axes; `Paired` values go together.
    metrics : list of functions, or mapping of name to function
        Each takes the Dataset of one run and returns a number; see `mgtwin.analysis`. ``functools.partial`` binds
        further arguments.
    store : path, optional
        Folder (say ``study.zarr``) that takes the numbers chunk by chunk. If it holds a part of this very study, only
        the rest is computed; the store of any other study is refused.
    client : dask.distributed.Client, optional
        Where the chunks are computed; by default in this process.
    progress : callable, optional
        Called as ``progress(fraction, text)`` after each chunk; the text has rate and time left.

    Returns
    -------
    xarray.Dataset
        One variable per metric over the dimensions of the study, named by path, and ``failure``; with a `store` the
        numbers stay on disk until they are used. ``attrs["interrupted"]`` is there if Ctrl-C ended it early.

    Raises
    ------
    UnknownNameError
        For a path that a cell does not have.
    InputError
        For values in a wrong unit or out of range, an axis or a list of metrics that is empty, the store of another
        study; all before anything is computed.

    Examples
    --------
    >>> import mgtwin as mt
    >>> study = mt.sweep(mt.cell("trilayer"), mt.EIS("1 MHz", "0.1 Hz"), {
    ...     "layers.buffer_*.thickness": ["0.2 mm", "0.5 mm", "0.8 mm"], "temperature": ["25 degC", "60 degC"]},
    ...     metrics=[mt.analysis.area_specific_resistance])
    >>> dict(study.sizes)
    {'layers.buffer_*.thickness': 3, 'temperature': 2}
    """
    plan = plan_of(cell, protocol, axes, metrics)
    check_client(client)
    return _in_memory(plan, client, progress) if store is None else _on_disk(plan, store, client, progress)


def _in_memory(plan: Plan, client: Any, progress: Progress | None) -> xr.Dataset:
    grid = plan.grid
    values = {metric.name: np.full(grid.shape, np.nan) for metric in plan.metrics}
    failure, done = np.full(grid.shape, "", dtype=object), np.zeros(grid.chunks, dtype=bool)
    found: dict[str, None] = {}
    report, extra = Report(grid.size, 0, progress), {}
    try:
        for number, outcome in outcomes(grid, plan.task, client):
            region, block = grid.region(number), grid.block(number)
            for name, numbers in outcome.values.items():
                values[name][region] = numbers.reshape(block)
            failure[region] = reasons(outcome, block)
            found.update(dict.fromkeys(outcome.warnings))
            done[number] = True
            report.add(int(np.prod(block)))
    except KeyboardInterrupt:
        if not done.any():
            raise
        extra = {"interrupted": True}
        for left in np.flatnonzero(~done):
            failure[grid.region(int(left))] = LEFT_OUT
        found[f"interrupted: {report.done} of {grid.size} points were computed"] = None
    return dataset_of(plan, values, failure, attrs_of(plan, found, **extra))


def _on_disk(plan: Plan, path: str | Path, client: Any, progress: Progress | None) -> xr.Dataset:
    store = open_store(path, plan)
    for problem in store.damaged:
        python_warnings.warn(f"{store.path}: {problem}; it is computed again.", MgtwinWarning, stacklevel=4)
    grid, extra = store.plan.grid, []
    finished_before = sum(int(np.prod(grid.block(number))) for number in store.finished)
    report = Report(grid.size, finished_before, progress)
    missing = [number for number in grid if number not in store.finished]
    interrupted = False
    try:
        for number, outcome in outcomes(missing, store.plan.task, client):
            store.write(number, outcome)
            report.add(int(np.prod(grid.block(number))))
    except KeyboardInterrupt:
        interrupted = True
        extra = [f"interrupted: {report.done} of {grid.size} points were computed; the same call computes the rest"]
    ds = finished(open_study(store.path), [*_said(store), *extra])
    return ds.assign_attrs(interrupted=True) if interrupted else ds


def _said(store: Store) -> list[str]:
    """Warnings of the runs, and of chunks that had to be computed again."""
    return [*store.damaged, *store.warnings()]
