"""Whole signals of many parameter sets, beside those of the cell itself: what a band around a curve is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..cells import Cell
from ..dataset import add_warning, attributes, check, is_tree
from ..errors import InputError, SimulationError
from ..protocols import EIS, Protocol
from ..shortnames import short_names
from ..simulation import simulate
from .axes import Paired, axes_of
from .engine import interruptible
from .points import Outcome, Task
from .progress import Progress, Report

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["signals"]


def signals(cell: Cell, protocol: Protocol, sets: Paired, progress: Progress | None = None) -> xr.Dataset:
    """The run of a cell with the spectra, or voltages and currents, of the same cell with other parameter sets.

    Raises
    ------
    InputError
        The protocol gives several Datasets.
    SimulationError
        No set could be simulated.
    """
    axes = axes_of([cell], sets)
    run = simulate(cell, protocol)
    if is_tree(run):
        raise InputError("a protocol of several parts has no single signal: give its parts one by one.")
    along = "time" if "time" in run.dims else "frequency"
    n, at = axes[0].values.size, np.asarray(run[along].values, dtype=float)
    task = Task(cell, protocol, {path: axis.values for axis in axes for path in axis.paths}, n, ())
    outcome, report, warnings = Outcome.empty((), n), Report(n, 0, progress), list[str]()
    names = ("impedance",) if along == "frequency" else ("voltage", "current")
    found = {name: np.full((n, at.size), np.nan, run[name].dtype) for name in names}
    with interruptible() as interrupted:
        match protocol:
            case EIS(bias=None) as spectra:
                found["impedance"][:] = task.impedances(spectra, outcome)
            case _:
                for k, one in task.runs(outcome, warnings):
                    known = np.asarray(one[along].values, dtype=float)
                    for name, values in found.items():
                        # a run that a limit ends sooner has nothing to say of what comes later
                        same = known.shape == at.shape and bool(np.all(known == at))
                        values[k] = (
                            one[name].values
                            if same
                            else np.interp(at, known, one[name].values, left=np.nan, right=np.nan)
                        )
                    report.add(1)
                    interrupted()
    if len(outcome.failures) == n:
        raise SimulationError(f"none of {n} parameter sets could be simulated: {outcome.failures[0]}")
    called = short_names([axis.name for axis in axes], map(str, run.variables))
    coords = {called.get(axis.name, axis.name): (axis.dim, axis.values, axis.attrs) for axis in axes}
    samples = {
        f"{name}_samples": (("sample", along), values, attributes(f"{name}_samples")) for name, values in found.items()
    }
    numbers = {"sample": ("sample", np.arange(n), attributes("sample"))}
    ds = run.assign(samples).assign_coords({**numbers, **coords})
    before = set(run.attrs.get("warnings", []))
    others = list(dict.fromkeys(said for said in warnings if said not in before))
    ends = np.isnan(next(iter(found.values()))).any(axis=1).sum() - len(outcome.failures)
    said = [f"{len(others)} further warnings of single parameter sets, the first: {others[0]}"] if others else []
    if outcome.failures:
        reason = next(iter(outcome.failures.values()))
        said.append(f"{len(outcome.failures)} of {n} parameter sets have no run: {reason}")
    if ends > 0:
        said.append(f"{ends} of {n} runs end sooner: beyond that there is no band")
    return check(add_warning(ds, *said))
