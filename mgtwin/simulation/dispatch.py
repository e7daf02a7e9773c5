"""simulate(cell, protocol) -> Dataset: the one verb that runs everything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..cells import Cell
from ..errors import InputError
from ..protocols import EIS, Cycling, Protocol, Sequence, TransientProtocol
from . import checks

if TYPE_CHECKING:
    import xarray as xr

    from .transient import Progress


def simulate(
    cell: Cell,
    protocol: Protocol,
    start: xr.Dataset | xr.DataTree | None = None,
    *,
    start_time: float | str | None = None,
    progress: Progress | None = None,
) -> Any:
    """Do to a cell what a protocol says, and return what would be measured.

    Parameters
    ----------
    cell : Cell
    protocol : Protocol
        ``EIS``, ``Polarization``, ``Voltammetry``, ``Galvanostatic``, ``Cycling``, ``Rest``, ``Replay``, ``Sequence``.
    start : Dataset or DataTree, optional
        An earlier run of the same cell; the new one starts in the state in which it ended. By default the cell is at
        rest (theory.md §3.1).
    start_time : float or str, optional
        Time [s] at which `start` kept the state to use (the end of any of its segments); by default its last one.
    progress : callable, optional
        Called as ``progress(fraction, text)`` after each segment.

    Returns
    -------
    xarray.Dataset
        In the laboratory's sign (positive current oxidises, i.e. strips, the working electrode; ``Z = dV/dI``). For a
        Sequence an ``xarray.DataTree`` with one node per step. ``attrs["warnings"]`` lists what to beware of.

    Raises
    ------
    InputError
        For a combination of cell and protocol that cannot work, before anything is computed.
    SimulationError
        Where the integration fails; ``error.time`` says when, ``error.partial`` holds the Dataset until then.

    Examples
    --------
    >>> import mgtwin as mt
    >>> eis = mt.simulate(mt.cell("trilayer"), mt.EIS(1e6, 0.1, points=13))
    >>> eis["impedance"].dims
    ('frequency',)
    """
    if not isinstance(cell, Cell):
        raise InputError(f"simulate needs a Cell first, not {type(cell).__name__}: build one with mt.cell(name).")
    if not isinstance(protocol, Protocol):
        raise InputError(
            f"simulate needs a protocol second, not {type(protocol).__name__}: for example mt.EIS(1e6, 0.1)."
        )
    if protocol.temperature is not None:
        cell = cell.with_({"temperature": protocol.temperature})
    if isinstance(protocol, Sequence):
        return _sequence(cell, protocol, start, start_time, progress)
    attrs = stamp(cell, protocol)
    if isinstance(protocol, EIS):
        from . import spectra

        return spectra.run(cell, protocol, start, start_time, attrs=attrs)
    if isinstance(protocol, Cycling):
        from . import cycling

        return cycling.run(cell, protocol, start, start_time, attrs=attrs, progress=progress)
    if isinstance(protocol, TransientProtocol):
        from . import transient

        return transient.run(cell, protocol, start, start_time, attrs=attrs, progress=progress)
    raise InputError(f"{type(protocol).__name__} is not a protocol that simulate knows.")


def stamp(cell: Cell, protocol: Protocol) -> dict[str, Any]:
    """Attributes of every result: what was simulated, with what, and what to beware of."""
    from .. import dataset

    return dataset.stamp(
        cell=cell.to_yaml(),
        protocol=protocol.to_yaml(),
        warnings=checks.validity_warnings(cell),
        sources=cell.sources,
        temperature=float(cell.temperature),
        area=float(cell.area),
    )


def _sequence(
    cell: Cell,
    protocol: Sequence,
    start: xr.Dataset | xr.DataTree | None,
    start_time: float | str | None,
    progress: Progress | None,
) -> xr.DataTree:
    """Run the steps in order; a failure keeps the finished ones in ``error.partial``, Ctrl-C returns them."""
    from ..errors import SimulationError

    for step in protocol.steps:  # all of them before the first takes its time
        if isinstance(step, TransientProtocol):
            at = cell if step.temperature is None else cell.with_({"temperature": step.temperature})
            checks.check_feasible(at, step.distinct_segments(at))
    attrs = stamp(cell, protocol)
    nodes: dict[str, xr.Dataset | xr.DataTree] = {}
    state = start
    for number, step in enumerate(protocol.steps):
        name = f"{number:02d}_{step.type}"
        try:
            result = simulate(cell, step, state, start_time=start_time if state is start else None, progress=progress)
        except SimulationError as error:
            if error.partial is not None:
                nodes[name] = error.partial
            raise SimulationError(f"step {name}: {error}", error.time, _tree(nodes, attrs)) from error
        except KeyboardInterrupt:
            if not nodes:
                raise
            return _tree(nodes, attrs, f"interrupted in step {name}: it and the rest were not simulated")
        nodes[name] = result
        if result.attrs.get("interrupted"):
            return _tree(nodes, attrs, f"interrupted in step {name}: the rest was not simulated")
        # the next step starts where the last transient ended
        if any("state" in node for node in getattr(result, "leaves", [result])):  # spectra change nothing
            state = result
    return _tree(nodes, attrs)


def _tree(nodes: dict[str, Any], attrs: Mapping[str, Any], *warnings: str) -> xr.DataTree:
    """Finished steps as a DataTree whose own attrs say what made it; `warnings` of an interruption go there, too."""
    import xarray as xr

    tree = xr.DataTree.from_dict(nodes)
    tree.attrs = {**attrs, "warnings": [*attrs["warnings"], *warnings]}
    if warnings:
        tree.attrs["interrupted"] = True  # a Sequence that this one is a step of stops, too
    return tree
