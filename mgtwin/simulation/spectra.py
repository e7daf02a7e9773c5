"""Impedance runs: the mesh-free route for a cell at rest, the linearised mesh for any other state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..cells import Cell
from ..protocols import EIS

if TYPE_CHECKING:
    import xarray as xr


def run(
    cell: Cell, protocol: EIS, start: xr.Dataset | xr.DataTree | None = None, *, attrs: Mapping[str, Any]
) -> xr.Dataset:
    """Spectrum of a cell at rest, or of the state in which `start` ended; see :func:`mgtwin.simulate`."""
    from .. import dataset

    frequencies = protocol.values()
    if start is None:
        from ..impedance.exact import exact

        impedance = exact(cell, frequencies)
        return dataset.spectrum(frequencies, impedance, {**attrs, "route": "exact, at rest"})
    from ..impedance.linearise import LinearisedStack
    from . import start_state

    stack = LinearisedStack(cell, f_max=float(frequencies.max()))
    state = start_state.read(start, cell, stack.layout, stack.rest_state())
    impedance = stack.impedance(frequencies, state)
    time = float(start_state.last_dataset(start)["segment_time"].values[-1])
    route = f"mesh, linearised at the end of the run given as start ({time:.6g} s)"
    return dataset.spectrum(frequencies, impedance, {**attrs, "route": route})
