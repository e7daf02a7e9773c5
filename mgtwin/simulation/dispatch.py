"""simulate(cell, protocol) -> Dataset: the one verb that runs everything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..cells import Cell
from ..errors import InputError, SimulationError
from ..protocols import Protocol, TransientProtocol
from ..routes import IN_TIME, Route, Task, choose
from . import checks
from .resolving import settled, uniform_warnings

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
    route: Route | None = None,
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
    route : Route, optional
        How to compute it, for example ``mt.Mesh(refinement=2)``. By default the cell and the protocol decide: in closed
        form where there is one, else in time on a mesh. ``attrs["route"]`` says which it was.

    Returns
    -------
    xarray.Dataset
        In the laboratory's sign (positive current oxidises, i.e. strips, the working electrode; ``Z = dV/dI``). For a
        Sequence an ``xarray.DataTree`` with one node per step. ``attrs["warnings"]`` lists what to beware of.

    Raises
    ------
    InputError
        For a combination of cell and protocol that cannot work, or that the `route` cannot answer, before anything is
        computed.
    SimulationError
        Where the integration fails; ``error.time`` says when, ``error.partial`` holds the Dataset until then.

    Examples
    --------
    >>> import mgtwin as mt
    >>> eis = mt.simulate(mt.cell("trilayer"), mt.EIS(1e6, 0.1, points=13))
    >>> eis["impedance"].dims
    ('frequency',)
    """
    check_given("simulate", cell, protocol, Protocol, "a protocol")
    return _Run(cell, start, start_time, progress, route).of(protocol)


def check_given(asked: str, cell: object, protocol: object, kind: type[Protocol], what: str) -> None:
    """Refuse anything but a cell and a protocol of a kind, in this order."""
    if not isinstance(cell, Cell):
        raise InputError(f"{asked} needs a Cell first, not {type(cell).__name__}: build one with mt.cell(name).")
    if not isinstance(protocol, kind):
        raise InputError(f"{asked} needs {what} second, not {type(protocol).__name__}: for example mt.EIS(1e6, 0.1).")


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


@dataclass(frozen=True)
class _Run:
    """What protocols ask of a simulation (`mgtwin.protocols.base.Runner`): a cell, where it starts, who is told.

    Attributes
    ----------
    window : (float, float), optional
        Angular frequencies [rad/s] in which constant-phase elements must be right, where a sequence says it.
    """

    cell: Cell
    start: xr.Dataset | xr.DataTree | None
    start_time: float | str | None
    progress: Progress | None
    route: Route | None
    window: tuple[float, float] | None = None

    def of(self, protocol: Protocol) -> Any:
        """The result of a protocol, at its temperature if it has one."""
        if protocol.temperature is None:
            return protocol.run_by(self)
        return protocol.run_by(replace(self, cell=self.cell.with_({"temperature": protocol.temperature})))

    def spectrum(self, protocol: Any) -> object:
        """The impedance of an EIS."""
        from .spectra import Spectrum

        attrs = stamp(self.cell, protocol)
        attrs["warnings"] = [*attrs["warnings"], *uniform_warnings(self.cell, float(protocol.values().max()))]
        return Spectrum(self.cell, protocol, self.start, self.start_time, attrs).by(self.route)

    def cycling(self, protocol: Any) -> xr.Dataset:
        """A Cycling, with a summary of every cycle."""
        from . import cycling

        cell = settled(self.cell, protocol.distinct_segments(self.cell), self.start)
        attrs, progress, route = stamp(cell, protocol), self.progress, self.route
        return cycling.run(cell, protocol, self.start, self.start_time, attrs=attrs, progress=progress, route=route)

    def transient(self, protocol: TransientProtocol) -> object:
        """Anything in time."""
        from .transient import Transient

        segments = protocol.segments(self.cell)
        cell = settled(self.cell, segments, self.start)
        task = Task(cell, segments, at_rest=self.start is None)
        attrs, stores = stamp(cell, protocol), checks.check_feasible(cell, segments, task.at_rest)
        run = Transient(task, stores, self.start, self.start_time, attrs)
        return choose(task, IN_TIME, self.route).taken_by(replace(run, progress=self.progress, window=self.window))

    def sequence(self, protocol: Any) -> xr.DataTree:
        """Steps in order; a failure keeps the finished ones in ``error.partial``, Ctrl-C returns them."""
        from .start_state import runs_in

        attrs = stamp(self.cell, protocol)
        nodes: dict[str, xr.Dataset | xr.DataTree] = {}
        segments = [segment for step in protocol.steps for segment in step.distinct_segments(self.cell)]
        # all steps have one resolution, or the state of the one could not go on in the next
        run = replace(self, window=self._checked(protocol.steps), cell=settled(self.cell, segments, self.start))
        for number, step in enumerate(protocol.steps):
            name = f"{number:02d}_{step.type}"
            try:
                result = run.of(step)
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
            if any("state" in ds for ds in runs_in(result)):  # spectra change nothing
                run = replace(run, start=result, start_time=None)
        return _tree(nodes, attrs)

    def _checked(self, steps: Iterable[Protocol]) -> tuple[float, float] | None:
        """Check all steps before the first takes its time; the window of constant-phase elements of all of them.

        One window for the whole sequence: what an element remembers of an early step is then there in a late one.
        """
        from .transient import window_of

        windows, at_rest = [] if self.window is None else [self.window], self.start is None
        for step in steps:
            at = self.cell if step.temperature is None else self.cell.with_({"temperature": step.temperature})
            segments = step.distinct_segments(at)
            if segments:
                checks.check_feasible(at, segments, at_rest)
                at_rest = at_rest and not any(checks.disturbs(segment) for segment in segments)
                windows.append(window_of(segments))
        if not windows:
            return None
        # a window begins at 0.1 over the time that it is made for
        return 1 / sum(1 / window[0] for window in windows), max(window[1] for window in windows)


def _tree(nodes: dict[str, Any], attrs: Mapping[str, Any], *warnings: str) -> xr.DataTree:
    """Finished steps as a DataTree whose own attrs say what made it; `warnings` of an interruption go there, too."""
    import xarray as xr

    tree = xr.DataTree.from_dict(nodes)
    tree.attrs = {**attrs, "warnings": [*attrs["warnings"], *warnings]}
    if warnings:
        tree.attrs["interrupted"] = True  # a Sequence that this one is a step of stops, too
    return tree
