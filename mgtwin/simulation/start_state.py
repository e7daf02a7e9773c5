"""Starting a run where another one ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..cells import Cell
from ..errors import InputError

if TYPE_CHECKING:
    import xarray as xr


def read(
    start: xr.Dataset | xr.DataTree, cell: Cell, layout: tuple[list[str], np.ndarray], rest_state: np.ndarray
) -> np.ndarray:
    """State vector of a discretised cell, of the given layout, at the end of another run of the same cell.

    Where the meshes differ the profiles are interpolated; scalars pass unchanged. What the other run did not resolve
    (a dielectric that was quasi-static there) starts from rest.

    Raises
    ------
    InputError
        Where `start` has no states, or belongs to a cell of another structure.
    """
    ds = last_dataset(start)
    if "state" not in ds:
        raise InputError("start: this Dataset keeps no state (only transients do): give the result of a run in time.")
    labels = np.asarray(ds["state_variable"].values, dtype=str)
    positions = ds["state_position"].values
    values = ds["state"].values[-1]
    own_labels, own_positions = np.asarray(layout[0]), layout[1]
    state = rest_state.copy()
    known = set(labels) & set(own_labels)
    unknown = sorted(set(labels) - set(own_labels) - {""})
    structural = [name for name in unknown if "dielectric" not in name and "ionic field" not in name]
    if structural or not known:
        other = ds.attrs.get("cell", "").partition("\n")[0]
        raise InputError(
            f"start belongs to another cell ({other or 'unknown'}): {cell.name} has no state "
            f"{', '.join(structural) or '(none in common)'}. Start from a run of the same cell."
        )
    for name in known:
        theirs, ours = labels == name, own_labels == name
        if np.isnan(own_positions[ours]).all():
            state[ours] = values[theirs]
        else:
            state[ours] = np.interp(own_positions[ours], positions[theirs], values[theirs])
    return state


def last_dataset(start: xr.Dataset | xr.DataTree) -> xr.Dataset:
    """The Dataset itself, or the last transient of a Sequence's DataTree."""
    if not hasattr(start, "children"):
        return start  # type: ignore[return-value]
    nodes = [node.to_dataset() for node in start.leaves]
    kept = [ds for ds in nodes if "state" in ds]
    if not kept:
        raise InputError("start: no step of this Sequence keeps a state (only transients do).")
    return kept[-1]
