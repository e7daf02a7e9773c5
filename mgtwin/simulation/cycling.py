"""simulate(cell, Cycling(...)): every cycle resolved, or cycles skipped where ageing is even."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..cells import Cell
from ..errors import SimulationError
from ..protocols import Cycling
from ..routes import CYCLING, Route, Task, choose
from .cycling_run import CyclingRun
from .skipping import SkippingRun

if TYPE_CHECKING:
    import xarray as xr

    from .transient import Attributes, Progress

__all__ = ["run"]


def run(
    cell: Cell,
    protocol: Cycling,
    start: xr.Dataset | xr.DataTree | None = None,
    start_time: float | str | None = None,
    *,
    attrs: Attributes,
    route: Route | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Cycle a cell; see :func:`mgtwin.simulate`."""
    kind = CyclingRun if protocol.skipping is None else SkippingRun
    task = Task(cell, protocol.distinct_segments(cell), at_rest=start is None, cycling=True)
    job = kind(cell, protocol, start, start_time, attrs, choose(task, CYCLING, route))
    try:
        while job.left:
            job.advance()
            if progress is not None:
                progress(1 - job.left / protocol.cycles, job.words())
    except SimulationError as error:
        raise job.failure(error) from error
    except KeyboardInterrupt:
        if not job.done:
            raise
        job.warnings.append(
            f"interrupted after {len(job.done)} of {protocol.cycles} cycles: the rest was not simulated"
        )
        job.attrs["interrupted"] = True
    return job.dataset()
