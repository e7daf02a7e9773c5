"""optimise(cell, {path: bounds}, objectives, constraints) -> Dataset of designs, through pymoo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..cells import Cell
from ..cells.paths import Key
from ..dataset import add_warning
from ..errors import InputError, SimulationError
from ..protocols import Protocol
from ..registry import Family
from .axes import Paired, axes_of, check_paths
from .engine import check_client, interruptible
from .goals import CONSTRAINTS, OBJECTIVES, Goal, Limit, Robust
from .measured import Function
from .progress import Progress, Report
from .result import LEFT_OUT
from .sampling import WIDE, quasi_random
from .search import HUGE, SEARCHES, Convergence, Evolution, Search, best_of
from .sweeps import sweep
from .uncertainties import SAMPLE, paired, uncertain_parameters

if TYPE_CHECKING:
    import xarray as xr
    from dask.distributed import Client

__all__ = ["optimise"]

#: Dimension of the designs.
DESIGN = "design"


def optimise(
    cell: Cell,
    bounds: Mapping[Key, Any],
    objectives: Goal | Sequence[Goal],
    constraints: Limit | Sequence[Limit] = (),
    *,
    protocol: Protocol | None = None,
    robust: Robust | None = None,
    method: Search | None = None,
    client: Client | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Search the designs of a cell for the best, or for the best compromises between several objectives.

    Parameters
    ----------
    cell : Cell
    bounds : mapping
        Path (or path with wildcards, or tuple of paths) to (lowest, highest): numbers in SI or texts with units. A
        range of more than a decade is searched in the logarithm.
    objectives : Minimise, Maximise, or a list of them
    constraints : AtMost, AtLeast, or a list of them
    protocol : Protocol, optional
        What is done to the cell for all objectives and constraints that name no protocol of their own.
    robust : Robust, optional
        Judge designs under the uncertainty of all parameters that are not designed.
    method : Evolution, optional
        Size of the search and its seed.
    client, progress
        As for `mgtwin.sweep`; progress counts simulated cells.

    Returns
    -------
    xarray.Dataset
        Over ``design``: one variable per objective and constraint, the designed numbers as coordinates, sorted by the
        first objective. With several objectives these are the designs that none other beats in all of them (the Pareto
        front); with one objective there is one. ``mgtwin.cell_at(ds.isel(design=0))`` is its Cell. With `robust` there
        are also ``<name>_robust``, the values by which designs were judged. ``attrs["converged"]`` tells whether the
        search has settled and ``attrs["convergence"]`` how that is known; where it has not, a warning says what to do.
        After Ctrl-C (or SIGTERM) the best designs until then are returned, with ``attrs["interrupted"]``.

    Raises
    ------
    UnknownNameError, InputError
        For paths, bounds or goals that cannot work, before anything is computed.
    SimulationError
        If no design that was tried meets the constraints; the message says which comes closest.

    Examples
    --------
    >>> import mgtwin as mt
    >>> best = mt.optimise(mt.cell("trilayer"), {"layers.buffer_*.thickness": ("0.1 mm", "1 mm")},
    ...                    mt.Minimise(mt.analysis.area_specific_resistance), protocol=mt.EIS(1e5, 1.0),
    ...                    method=mt.Evolution(population=8, generations=10))
    >>> round(float(best["layers.buffer_*.thickness"][0]) * 1e3, 2)
    0.1
    """
    search = Evolution() if method is None else method
    if type(search) not in SEARCHES.values():
        kinds = " or ".join(f"mt.{kind.__name__}()" for kind in SEARCHES.values())
        raise InputError(f"method is {kinds}, not {method!r}.")
    if not (robust is None or type(robust) is Robust):
        raise InputError(f"robust is mt.Robust(n, probability), not {robust!r}.")
    report = Report(search.designs, 0, progress)
    wanted = _goals(objectives, OBJECTIVES, "an objective is mt.Minimise(metric) or mt.Maximise(metric)")
    limits = _goals(constraints, CONSTRAINTS, "a constraint is mt.AtMost(metric, limit) or mt.AtLeast(...)")
    if not wanted:
        raise InputError("nothing to optimise: give at least one objective, mt.Minimise(metric).")
    problem = _Designs(cell, bounds, wanted, limits, protocol, robust, client, report)
    with interruptible():
        try:
            convergence = search.run(problem)
        except KeyboardInterrupt:
            if not problem.tried:
                raise
            convergence = None
        return problem.result(convergence)


def _goals(given: Any, family: Family[Any], what: str) -> list[Any]:
    match given:
        case list() | tuple():
            goals = list(given)
        case _:
            goals = [given]
    for goal in goals:
        if type(goal) not in family.values():
            raise InputError(f"{what}, not {goal!r}.")
    return goals


class _Designs:
    """Designs as points of a unit cube, what they are worth, and all that were tried."""

    def __init__(
        self,
        cell: Cell,
        bounds: Mapping[Key, Any],
        objectives: list[Goal],
        constraints: list[Limit],
        protocol: Protocol | None,
        robust: Robust | None,
        client: Client | None,
        report: Report,
    ) -> None:
        check_client(client)
        self.cell, self.client, self.robust, self.report = cell, client, robust, report
        self.objectives, self.constraints = objectives, constraints
        check_paths(bounds, "optimise needs {path: (lowest, highest)}")
        self.keys, self.axes = list(bounds), axes_of([cell], bounds)
        for axis in self.axes:
            if axis.values.size != 2 or not np.isfinite(axis.values).all() or not axis.values[0] < axis.values[1]:
                raise InputError(f"{axis.name}: give two finite bounds, (lowest, highest), the lowest first.")
        self.groups = self._by_protocol(protocol)
        self.sets = self._parameter_sets()
        self.dimensions, self.goals = len(self.keys), (len(objectives), len(constraints) + 1)
        self.tried: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    def _by_protocol(self, default: Protocol | None) -> list[tuple[Protocol, dict[str, Function]]]:
        """The metrics that each protocol serves, by name."""
        groups: list[tuple[Protocol, dict[str, Function]]] = []
        owner: dict[str, tuple[Function, Protocol]] = {}
        for goal in (*self.objectives, *self.constraints):
            name = goal.measured().name
            protocol = goal.protocol if goal.protocol is not None else default
            if protocol is None:
                raise InputError(f"{name}: give it a protocol, or give protocol= to optimise for all goals.")
            if owner.setdefault(name, (goal.metric, protocol)) != (goal.metric, protocol):
                raise InputError(f"two goals are called {name!r} but differ: give one of them name='...'.")
            metrics = next((metrics for known, metrics in groups if known == protocol), None)
            if metrics is None:
                groups.append((protocol, metrics := {}))
            metrics[name] = goal.metric
        return groups

    def _parameter_sets(self) -> Paired | None:
        if self.robust is None:
            return None
        r = self.robust
        patterns = [path.replace("[", "[[]") for axis in self.axes for path in axis.paths]
        designed = [*patterns, *(f"{path}.*" for path in patterns)]
        free = uncertain_parameters(self.cell, [group for group, _ in self.groups], r.together, r.held, designed)
        return paired(free, quasi_random(len(free), r.n, r.seed))

    def designs(self, unit: np.ndarray) -> Paired:
        """Points of the unit cube, shape (designs, paths), as values of the paths."""
        values: dict[Key, np.ndarray] = {}
        for key, axis, u in zip(self.keys, self.axes, unit.T, strict=True):
            low, high = axis.values
            wide = low > 0 and high > WIDE * low
            found = np.exp(np.log(low) + u * np.log(high / low)) if wide else low + u * (high - low)
            values[key] = np.clip(found, low, high)
        return Paired(values, DESIGN)

    def worth(self, unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Objectives to be minimised and constraints to be at most 0 (in parts of their limit), (designs, number).

        The last constraint is that everything can be simulated.

        Raises
        ------
        KeyboardInterrupt
            After Ctrl-C; the designs that were finished by then are among `tried`.
        """
        values, done = self.judged(self.designs(unit))
        failed = np.any([np.isnan(column) for column in values.values()], axis=0)
        wanted = [goal.sign * values[_judge(goal)] for goal in self.objectives]
        limits = [
            goal.sign * (values[_judge(goal)] - goal.value()) / (abs(goal.value()) or 1.0) for goal in self.constraints
        ]
        # A design that fails breaks a constraint of its own, so that the search leads away from it.
        limits.append(np.where(failed, 1.0, -1.0))
        found = unit, _columns(wanted), _columns(limits)
        if done.any():
            self.tried.append((found[0][done], found[1][done], found[2][done]))
            self.report.add(int(done.sum()))
        if not done.all():
            # The sweep has taken the signal for itself; the search must end, too.
            raise KeyboardInterrupt
        return found[1:]

    def judged(self, designs: Paired) -> tuple[dict[tuple[str, float], np.ndarray], np.ndarray]:
        """The value of every goal for every design, by name and sense, under uncertainty where that was asked for.

        Also which designs were finished: Ctrl-C leaves some out.
        """
        raw: dict[str, xr.DataArray] = {}
        done: Any = True
        for protocol, metrics in self.groups:
            axes = [designs] if self.sets is None else [designs, self.sets]
            ds = sweep(self.cell, protocol, axes, metrics, client=self.client)
            raw |= {name: ds[name] for name in metrics}
            done = done & (ds["failure"].transpose(DESIGN, ...) != LEFT_OUT)
            if "interrupted" in ds.attrs and len(raw) < len({name for _, group in self.groups for name in group}):
                raise KeyboardInterrupt  # no design has all its numbers
        found = {}
        for name, sign in dict.fromkeys(map(_judge, [*self.objectives, *self.constraints])):
            if self.robust is None:
                found[name, sign] = raw[name].values
            else:
                found[name, sign] = self.robust.judged(raw[name].transpose(DESIGN, SAMPLE).values, sign)
        return found, done.all([dim for dim in done.dims if dim != DESIGN]).values

    def result(self, convergence: Convergence | None) -> xr.Dataset:
        """The best of all designs that were tried, simulated once more for a Dataset like that of any study."""
        import xarray as xr

        unit, wanted, limits = (np.concatenate(parts) for parts in zip(*self.tried, strict=True))
        best = best_of(wanted, limits)
        if not best.size:
            raise SimulationError(self._closest(unit, limits))
        designs = self.designs(unit[best])
        parts = [sweep(self.cell, protocol, designs, metrics, client=self.client) for protocol, metrics in self.groups]
        ds = xr.merge([part.drop_vars("failure") for part in parts], compat="override", combine_attrs="drop_conflicts")
        ds.attrs = {**parts[0].attrs, "route": f"optimised: {len(unit)} designs tried"}
        if len(parts) > 1:
            ds.attrs.pop("protocol", None)
        if self.sets is not None:
            for (name, _), values in self.judged(designs)[0].items():
                # wanted large and limited, say: the objective's sense comes first
                label = f"{name}_robust" if f"{name}_robust" not in ds else f"{name}_limit_robust"
                words = {**ds[name].attrs, "long_name": f"{ds[name].attrs['long_name']}, robust"}
                ds[label] = (DESIGN, values, words)
        if convergence is None:
            said = f"interrupted: {self.report.text()}"
            return add_warning(ds, said).assign_attrs(interrupted=True, converged=False, convergence=said)
        if not convergence.settled:
            ds = add_warning(ds, f"convergence is not shown: {convergence.said}")
        return ds.assign_attrs(converged=convergence.settled, convergence=convergence.said)

    def _closest(self, unit: np.ndarray, limits: np.ndarray) -> str:
        """Which design comes closest to the constraints."""
        k = int(np.argmin(np.maximum(limits, 0).sum(axis=1)))
        if (limits[:, -1] > 0).all():
            return "no design could be simulated: try one of them with mt.sweep, whose 'failure' says why."
        at = ", ".join(f"{axis.name} = {values[k]:.4g}" for axis, values in zip(
            self.axes, self.designs(unit).values.values(), strict=True))  # fmt: skip
        missed = [
            f"{goal.measured().name} by {excess * (abs(goal.value()) or 1.0):.3g}"
            for goal, excess in zip(self.constraints, limits[k], strict=False)
            if excess > 0
        ]
        return f"none of {len(unit)} designs meets the constraints; the closest ({at}) misses {', '.join(missed)}."


def _judge(goal: Goal) -> tuple[str, float]:
    """What tells apart in which sense a metric is judged: its name, and 1 if small is good, -1 if large is."""
    return goal.measured().name, goal.sign


def _columns(parts: Sequence[np.ndarray]) -> np.ndarray:
    return np.nan_to_num(np.stack(parts, axis=1), nan=HUGE, posinf=HUGE, neginf=-HUGE)
