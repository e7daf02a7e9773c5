"""sweep(cell, protocol, {path: values}, metrics) -> Dataset: one study, in memory or in a store."""

from __future__ import annotations

import warnings as python_warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..cells import Cell
from ..errors import MgtwinWarning
from ..protocols import Protocol
from .axes import Axes
from .engine import check_client, collected
from .measured import Metrics
from .plan import plan_of
from .progress import Progress
from .result import Memory
from .store import opened_store

if TYPE_CHECKING:
    import xarray as xr
    from dask.distributed import Client

__all__ = ["sweep"]


def sweep(
    cell: Cell | Sequence[Cell] | Mapping[str, Cell],
    protocol: Protocol | Sequence[Protocol] | Mapping[str, Protocol],
    axes: Axes,
    metrics: Metrics,
    *,
    store: str | Path | None = None,
    client: Client | None = None,
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
        numbers stay on disk until they are used. ``attrs["interrupted"]`` is there if Ctrl-C (or SIGTERM) came first.

    Raises
    ------
    UnknownNameError
        For a path that a cell does not have.
    InputError
        For values in a wrong unit or out of range, an axis or a list of metrics that is empty, the store of another
        study or one that another process is computing; all before anything is computed.
    FileError
        The disk of the store is full; what is finished is kept, and the same call computes the rest.

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
    if store is None:
        return collected(Memory(plan), client, progress)
    with opened_store(store, plan) as kept:
        for problem in kept.damaged:
            python_warnings.warn(f"{kept.path}: {problem}; it is computed again.", MgtwinWarning, stacklevel=2)
        return collected(kept, client, progress)
