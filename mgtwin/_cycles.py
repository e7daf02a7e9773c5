"""Which cycle a sample of a transient belongs to, and whether there are samples of every cycle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr


def sample_cycles(ds: xr.Dataset) -> np.ndarray | None:
    """Return the number of the cycle of every sample of a transient, or None where samples have no such label.

    They are called ``cycle``, or ``cycle_number`` beside a dimension ``cycle`` of per-cycle summaries.

    Examples
    --------
    >>> from mgtwin.dataset import transient
    >>> sample_cycles(transient([0, 1], [0, 0], [0, 0], cycle=[3, 4]))
    array([3, 4])
    """
    # In this order: where both are there, "cycle" is the dimension of the summaries and labels no sample.
    for name in ("cycle_number", "cycle"):
        if name in ds.variables and ds[name].dims == ("time",):
            return np.asarray(ds[name].values)
    return None


def has_gaps(ds: xr.Dataset) -> bool:
    """Return whether a run keeps the traces of some of its cycles only, or of none.

    Examples
    --------
    >>> from mgtwin.dataset import transient
    >>> has_gaps(transient([0, 1], [0, 0], [0, 0]))
    False
    >>> has_gaps(transient([0, 1], [0, 0], [0, 0], cycle=[0, 2], cycles={"cycle": [0, 1, 2]}))
    True
    """
    if "cycle" not in ds.dims:
        return False
    return "cycle_number" not in ds.variables or not np.isin(ds["cycle"].values, ds["cycle_number"].values).all()
