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
from .axes import Axis, Paired, axes_of
from .engine import check_client
from .goals import AtLeast, AtMost, Constraint, Evolution, Maximise, Minimise, Objective, Robust
from .progress import Progress, Report
from .sampling import WIDE, quasi_random
from .sweeps import sweep
from .uncertainties import SAMPLE, paired, uncertain_parameters

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["optimise"]

#: Dimension of the designs.
DESIGN = "design"
#: In place of what is not a number or infinite: pymoo sorts designs by finite numbers.
HUGE = 1e30


def optimise(
    cell: Cell,
    bounds: Mapping[Key, Any],
    objectives: Objective | Sequence[Objective],
    constraints: Constraint | Sequence[Constraint] = (),
    *,
    protocol: Protocol | None = None,
    robust: Robust | None = None,
    method: Evolution | None = None,
    client: Any = None,
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
        are also ``<name>_robust``, the values by which designs were judged.

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
    problem = _Designs(cell, bounds, _goals(objectives, constraints), protocol, robust, client)
    search = method or Evolution()
    if not isinstance(search, Evolution):
        raise InputError(f"method is mt.Evolution(population, generations), not {method!r}.")
    report = Report(search.population * search.generations, 0, progress)
    tried, interrupted = _searched(problem, search, report)
    ds = problem.result(tried, report)
    return ds if not interrupted else add_warning(ds, f"interrupted: {report.text()}").assign_attrs(interrupted=True)


def _goals(objectives: Any, constraints: Any) -> tuple[list[Objective], list[Constraint]]:
    wanted, limits = (
        list(given) if isinstance(given, (list, tuple)) else [given] for given in (objectives, constraints)
    )
    for goal in wanted:
        if not isinstance(goal, (Minimise, Maximise)):
            raise InputError(f"an objective is mt.Minimise(metric) or mt.Maximise(metric), not {goal!r}.")
    for goal in limits:
        if not isinstance(goal, (AtMost, AtLeast)):
            raise InputError(f"a constraint is mt.AtMost(metric, limit) or mt.AtLeast(...), not {goal!r}.")
    if not wanted:
        raise InputError("nothing to optimise: give at least one objective, mt.Minimise(metric).")
    return wanted, limits


class _Designs:
    """Designs as points of a unit cube, and what they are worth."""

    def __init__(
        self,
        cell: Cell,
        bounds: Mapping[Key, Any],
        goals: tuple[list[Objective], list[Constraint]],
        protocol: Protocol | None,
        robust: Robust | None,
        client: Any,
    ) -> None:
        check_client(client)
        self.cell, self.client, self.robust = cell, client, robust
        self.objectives, self.constraints = goals
        self.keys, self.axes = _designed(cell, bounds)
        self.groups = _by_protocol([*self.objectives, *self.constraints], protocol)
        self.sets = self._parameter_sets()

    def _parameter_sets(self) -> Paired | None:
        if self.robust is None:
            return None
        r = self.robust
        if not isinstance(r, Robust):
            raise InputError(f"robust is mt.Robust(n, probability), not {r!r}.")
        designed = [path for axis in self.axes for path in axis.paths]
        patterns = [path.replace("[", "[[]") for path in designed]
        held = [*r.held, *patterns, *(f"{path}.*" for path in patterns)]
        free = uncertain_parameters(self.cell, [group for group, _ in self.groups], r.together, held)
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
        """Objectives to be minimised and constraints to be at most 0, each of shape (designs, number).

        The last constraint is that everything can be simulated.
        """
        values = self.judged(self.designs(unit))
        failed = np.any([np.isnan(column) for column in values.values()], axis=0)
        wanted = [goal.sign * values[_judge(goal)] for goal in self.objectives]
        limits = [goal.sign * (values[_judge(goal)] - goal.value()) for goal in self.constraints]
        limits.append(np.where(failed, 1.0, 0.0))
        return _columns(wanted), _columns(limits)

    def judged(self, designs: Paired) -> dict[tuple[str, float], np.ndarray]:
        """The value of every goal for every design, by name and sense; under uncertainty where that was asked for."""
        raw: dict[str, Any] = {}
        for protocol, metrics in self.groups:
            axes = [designs] if self.sets is None else [designs, self.sets]
            ds = sweep(self.cell, protocol, axes, metrics, client=self.client)
            raw |= {name: ds[name] for name in metrics}
        found = {}
        for name, sign in dict.fromkeys(map(_judge, [*self.objectives, *self.constraints])):
            if self.robust is None:
                found[name, sign] = raw[name].values
            else:
                found[name, sign] = self.robust.judged(raw[name].transpose(DESIGN, SAMPLE).values, sign)
        return found

    def result(self, tried: tuple[np.ndarray, np.ndarray, np.ndarray], report: Report) -> xr.Dataset:
        """The best of all designs that were tried, simulated once more for a Dataset like that of any study."""
        import xarray as xr

        unit, wanted, limits = tried
        feasible = (limits <= 0).all(axis=1)
        if not feasible.any():
            raise SimulationError(self._closest(unit, limits))
        best = _front(unit[feasible], wanted[feasible])
        designs = self.designs(best)
        parts = [sweep(self.cell, protocol, designs, metrics, client=self.client) for protocol, metrics in self.groups]
        ds = xr.merge([part.drop_vars("failure") for part in parts], compat="override", combine_attrs="drop_conflicts")
        ds.attrs = {**parts[0].attrs, "route": f"optimised: {len(unit)} designs tried"}
        if len(parts) > 1:
            ds.attrs.pop("protocol", None)
        if self.sets is not None:
            for (name, _), values in self.judged(designs).items():
                # wanted large and limited, say: the objective's sense comes first
                label = f"{name}_robust" if f"{name}_robust" not in ds else f"{name}_limit_robust"
                words = {**ds[name].attrs, "long_name": f"{ds[name].attrs['long_name']}, robust"}
                ds[label] = (DESIGN, values, words)
        return ds

    def _closest(self, unit: np.ndarray, limits: np.ndarray) -> str:
        """Which design comes closest to the constraints."""
        k = int(np.argmin(np.maximum(limits, 0).sum(axis=1)))
        if limits[:, -1].all():
            return "no design could be simulated: try one of them with mt.sweep, whose 'failure' says why."
        at = ", ".join(f"{axis.name} = {values[k]:.4g}" for axis, values in zip(
            self.axes, self.designs(unit).values.values(), strict=True))  # fmt: skip
        missed = [
            f"{goal.measured().name} by {excess:.3g}"
            for goal, excess in zip(self.constraints, limits[k], strict=False)
            if excess > 0
        ]
        return f"none of {len(unit)} designs meets the constraints; the closest ({at}) misses {', '.join(missed)}."


def _judge(goal: Objective | Constraint) -> tuple[str, float]:
    """What tells apart in which sense a metric is judged: its name, and 1 if small is good, -1 if large is."""
    return goal.measured().name, goal.sign


def _columns(parts: Sequence[np.ndarray]) -> np.ndarray:
    return np.nan_to_num(np.stack(parts, axis=1), nan=HUGE, posinf=HUGE, neginf=-HUGE)


def _designed(cell: Cell, bounds: Mapping[Key, Any]) -> tuple[list[Key], tuple[Axis, ...]]:
    if not isinstance(bounds, Mapping) or not bounds:
        raise InputError("optimise needs {path: (lowest, highest)} with at least one path.")
    axes = axes_of([cell], bounds)
    for axis in axes:
        if axis.values.size != 2 or not np.isfinite(axis.values).all() or not axis.values[0] < axis.values[1]:
            raise InputError(f"{axis.name}: give two finite bounds, (lowest, highest), the lowest first.")
    return list(bounds), axes


def _by_protocol(goals: Sequence[Any], default: Protocol | None) -> list[tuple[Protocol, dict[str, Any]]]:
    """The metrics that each protocol serves, by name."""
    groups: list[tuple[Protocol, dict[str, Any]]] = []
    owner: dict[str, Any] = {}
    for goal in goals:
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


def _front(unit: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Designs that no other beats, sorted by the first objective; one if there is one objective."""
    from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

    if wanted.shape[1] == 1:
        return unit[[int(np.argmin(wanted[:, 0]))]]
    chosen = NonDominatedSorting().do(wanted, only_non_dominated_front=True)
    _, first = np.unique(wanted[chosen], axis=0, return_index=True)  # sorted by the first objective, each pair once
    return unit[chosen[first]]


def _searched(
    problem: _Designs, search: Evolution, report: Report
) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray], bool]:
    """Every design that was tried with its objectives and constraints, and whether Ctrl-C ended the search."""
    try:
        from pymoo.algorithms.moo.nsga2 import NSGA2
        from pymoo.algorithms.soo.nonconvex.de import DE
        from pymoo.core.problem import Problem
    except ImportError:
        raise InputError("optimise needs pymoo: pip install 'mgtwin[studies]'.") from None

    n = len(problem.keys)
    shape = Problem(n_var=n, n_obj=len(problem.objectives), n_ieq_constr=len(problem.constraints) + 1, xl=0.0, xu=1.0)
    start = quasi_random(n, search.population, search.seed)
    kind = DE if len(problem.objectives) == 1 else NSGA2
    algorithm = kind(pop_size=search.population, sampling=start)
    algorithm.setup(shape, termination=("n_gen", search.generations), seed=search.seed, verbose=False)
    tried: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    try:
        while algorithm.has_next():
            designs = algorithm.ask()
            unit = designs.get("X").astype(float)
            wanted, limits = problem.worth(unit)
            tried.append((unit, wanted, limits))
            _tell(algorithm, designs, wanted, limits)
            report.add(len(unit))
    except KeyboardInterrupt:
        if not tried:
            raise
        return _joined(tried), True
    return _joined(tried), False


def _tell(algorithm: Any, designs: Any, wanted: np.ndarray, limits: np.ndarray) -> None:
    from pymoo.core.evaluator import Evaluator
    from pymoo.problems.static import StaticProblem

    Evaluator().eval(StaticProblem(algorithm.problem, F=wanted, G=limits), designs)
    algorithm.tell(infills=designs)


def _joined(tried: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    unit, wanted, limits = (np.concatenate(parts) for parts in zip(*tried, strict=True))
    return unit, wanted, limits
