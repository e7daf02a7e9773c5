"""Runs of one protocol on many cells that differ in numbers only, side by side: a Dataset for each, as `simulate`'s."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..cells import Cell, Reader
from ..errors import InputError
from ..kinds.carriers import Carrier
from ..protocols import Protocol, Segment, TransientProtocol
from ..routes import SIDE_BY_SIDE, Route, Task, choose
from ..simulation import checks
from ..simulation.dispatch import stamp
from ..simulation.transient import assemble, joined, made_by, window_of

if TYPE_CHECKING:
    import xarray as xr

    from ..simulation.integrator import SegmentSolution
    from .stacks import ParameterSets

__all__ = ["FEWEST", "Runs", "side_by_side", "suits"]

Reals = NDArray[np.float64]

#: Steps cost nearly as much for this many cells as for one: studies of fewer are simulated one by one, and in larger
#: ones groups of fewer that have a model of their own.
FEWEST, FEWEST_ALIKE = 6, 3
#: What ``attrs["route"]`` says of the integration.
HOW = "in time, side by side (Radau IIA, {:g} of the states per step)"
#: Numbers that decide which equations a model has: a cell with one of them has a model of its own.
DECISIVE = (0.0, 1.0, np.inf)


def suits(cell: Cell, protocol: Protocol) -> bool:
    """Whether runs of a protocol on cells like this one can go side by side."""
    salt = any(Carrier.ANIONS in layer.material.carriers for layer in cell.layers)
    return bool(protocol.run_by(_Kind())) and not salt


class _Kind:
    """Which way of running a protocol goes side by side: segments of time, of a protocol that is no record."""

    def spectrum(self, protocol: Protocol) -> bool:
        """Spectra have a route of their own."""
        return False

    def transient(self, protocol: TransientProtocol) -> bool:
        """Records are integrated in one solve each."""
        return not protocol.recorded

    def cycling(self, protocol: Protocol) -> bool:
        """Cycles end and are skipped cell by cell."""
        return False

    def sequence(self, protocol: Protocol) -> bool:
        """Steps hand on states, cell by cell."""
        return False


class _Modelled:
    """Which way of computing a run goes side by side: integrating a discretised model."""

    def exactly(self, route: Route) -> None:
        """A response in closed form is faster alone."""

    def modelled(self, route: Route) -> Route:
        """Whatever the layers are made of."""
        return route


@dataclass
class Runs:
    """What became of cells, by their numbers; those in neither mapping are to be simulated alone.

    Attributes
    ----------
    datasets : dict
        As `mgtwin.simulate` returns them.
    failures : dict
        Why a cell has none.
    """

    datasets: dict[int, xr.Dataset] = field(default_factory=dict)
    failures: dict[int, str] = field(default_factory=dict)


def side_by_side(base: Cell, cells: Sequence[Cell], values: Mapping[str, Reals], protocol: TransientProtocol) -> Runs:
    """Run a protocol on cells that differ in numbers, as far as that is possible side by side.

    Which modes or mesh a cell has follows from its own numbers, and its steps from those of all: what else is among the
    cells changes its result by less than the tolerance that ``attrs["route"]`` states.

    Parameters
    ----------
    base : Cell
        What they are but for these numbers.
    cells : sequence of Cell
    values : mapping
        Path to the number [SI] of every cell, for all numbers in which they differ.
    protocol : TransientProtocol
    """
    runs = Runs()
    groups: dict[_Common, list[_Member]] = {}
    for k, cell in enumerate(cells):
        try:
            segments = protocol.segments(cell)
            dielectric = checks.check_feasible(cell, segments)
        except InputError as error:
            runs.failures[k] = " ".join(str(error).split())
            continue
        numbers = np.array([given[k] for given in values.values()])
        match choose(Task(cell, segments), SIDE_BY_SIDE).taken_by(_Modelled()):
            case Route() as route if not np.isin(numbers, DECISIVE).any():
                common = _Common(route, dielectric, tuple(segment.times for segment in segments))
                groups.setdefault(common, []).append(_Member(k, cell, segments, numbers))
    for common, alike in groups.items():
        for decades, members in common.by_decades(alike, tuple(values)).items():
            if len(members) >= FEWEST_ALIKE:
                sets = common.model(base if protocol.temperature is None else cells[0], members, tuple(values), decades)
                _Group(sets, members, common.route, stamp(members[0].cell, protocol)).run(runs)
    return runs


@dataclass(frozen=True)
class _Common:
    """What runs of one integration have in common: equations, and the times at which something is asked for."""

    route: Route
    dielectric: tuple[str, ...]
    times: tuple[tuple[float, ...], ...]

    @property
    def f_max(self) -> float:
        """Highest frequency [Hz] that matters at the first output."""
        return 1 / (2 * np.pi * min(next(t for t in times if t > 0) for times in self.times))

    def by_decades(self, members: Sequence[_Member], paths: tuple[str, ...]) -> dict[Any, list[_Member]]:
        """Cells by the decades of time that their layers are made for."""
        from .stacks import decades_of

        values = np.array([member.values for member in members]).T
        decades = decades_of(members[0].cell, dict(zip(paths, values, strict=True)), self.f_max)
        groups: dict[Any, list[_Member]] = {}
        for k, member in enumerate(members):
            groups.setdefault(tuple((layer, int(given[k])) for layer, given in decades.items()), []).append(member)
        return groups

    def model(self, base: Cell, members: Sequence[_Member], paths: tuple[str, ...], decades: Any) -> ParameterSets:
        """Their model, made of the base with plain numbers at all paths: what is there, or what a law gives."""
        plain: dict[Any, float] = {}
        for path in paths:
            match base.get(path):
                case float():
                    continue
                case None:
                    plain[path] = float(members[0].cell.get(path))
                case _:
                    plain[path] = float(Reader(base).property(path, base.temperature))
        window = window_of(members[0].segments)
        return _built(base.with_(plain).to_yaml(), paths, self.f_max, self.dielectric, window, self.route, decades)


@lru_cache(maxsize=16)
def _built(
    cell: str, paths: tuple[str, ...], f_max: float, dielectric: Any, window: Any, route: Route, decades: Any
) -> ParameterSets:
    """The model of a cell (YAML), with the numbers at these paths as inputs, kept for the next cells of a study."""
    from .stacks import ParameterSets

    options: Any = {"f_max": f_max, "dielectric": dielectric, "cpe_window": window, "layers": route}
    return ParameterSets(Cell.from_yaml(cell), paths, **options, decades=dict(decades))


@dataclass(frozen=True)
class _Member:
    """A cell, its number among all, what is done to it, and its numbers."""

    number: int
    cell: Cell
    segments: tuple[Segment, ...]
    values: Reals


@dataclass(frozen=True)
class _Group:
    """Cells with one model."""

    sets: ParameterSets
    members: Sequence[_Member]
    route: Route
    attrs: Mapping[str, Any]

    def run(self, runs: Runs) -> None:
        """Integrate segment by segment; a cell that fails is left out of the next."""
        members = list(self.members)
        state = self.sets.at_rest(np.array([member.values for member in members]).T)
        solutions: dict[int, list[SegmentSolution]] = {member.number: [] for member in members}
        for number in range(len(members[0].segments)):
            values = np.array([member.values for member in members]).T
            segments = [member.segments[number] for member in members]
            reached = self.sets.integrate(state, values, segments)
            for k, reason in reached.failures.items():
                where = f"{members[k].cell.name}: the integration failed in step {segments[k].step}"
                runs.failures[members[k].number] = f"{where}: {reason}"
            left = [k for k in range(len(members)) if k not in reached.failures]
            numbers = self.sets.numbers(values)
            for k in left:
                solutions[members[k].number].append(self.sets.solution(reached, k, numbers[:, k], segments[k]))
            members, state = [members[k] for k in left], reached.final[:, left]
            if not members:
                return
        for member in members:
            runs.datasets[member.number] = self._dataset(member, solutions[member.number])

    def _dataset(self, member: _Member, solutions: list[SegmentSolution]) -> xr.Dataset:
        cell, segments = member.cell, member.segments
        ended = [
            f"step {segment.step}: {solution.ended_by} after {solution.times[-1]:.4g} s"
            for segment, solution in zip(segments, solutions, strict=True)
            if solution.ended_by != "time"
        ]
        attrs = {
            **self.attrs,
            "cell": cell.to_yaml(),
            "temperature": float(cell.temperature),
            "area": float(cell.area),
            **made_by(self.route, self.sets.layout[0], HOW.format(self.sets.rtol)),
            "warnings": [*checks.validity_warnings(cell), *checks.fixture_warnings(cell, segments), *ended],
        }
        kept = {
            "state": np.array([solution.state for solution in solutions]),
            "segment_time": np.cumsum([solution.times[-1] for solution in solutions]),
            "state_variable": self.sets.layout[0],
            "state_position": self.sets.layout[1],
        }
        done = [(segment, solution.times) for segment, solution in zip(segments, solutions, strict=True)]
        return assemble(cell, done, joined(solutions), self.sets.nodes, kept, attrs)
