"""Runs of one protocol on many cells that differ in numbers only, side by side: a Dataset for each, as `simulate`'s."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..cells import Cell, Fixture, Reader
from ..dataset import transient
from ..errors import InputError
from ..impedance.parameters import reader_of
from ..kinds.carriers import IONS_ONLY
from ..models.modes import DECADES
from ..protocols import Protocol, Segment, TransientProtocol
from ..routes import SIDE_BY_SIDE, Route, Task, choose
from ..simulation import checks
from ..simulation.dispatch import stamp
from ..simulation.filling import filling_warnings
from ..simulation.resolving import settled
from ..simulation.transient import (
    clock,
    half_cycle_capacities,
    joined,
    laboratory,
    made_by,
    potential_warnings,
    window_of,
)
from .copies import CellText, Copies

if TYPE_CHECKING:
    import xarray as xr

    from ..simulation.integrator import SegmentSolution
    from .stacks import ParameterSets

__all__ = ["FEWEST", "Runs", "side_by_side", "suits"]

Reals = NDArray[np.float64]

#: Steps cost nearly as much for this many cells as for one: studies of fewer are simulated one by one, and in larger
#: ones groups of fewer that have a model of their own.
FEWEST, FEWEST_ALIKE = 6, 3
#: Tolerances of the states: they leave 3e-6 of a voltage just after a jump and 1e-8 of it later, as those of a single
#: run, and takes two thirds of the time of `ParameterSets`' own.
RTOL, ATOL = 1e-5, 1e-9
#: Fractions of the first output time within which it matters whether a dielectric relaxes.
FRACTIONS = (checks.FAST, checks.TOO_SLOW)
#: What ``attrs["route"]`` says of the integration.
HOW = "in time, side by side (Radau IIA, {:g} of the states per step)"
#: Numbers that decide which equations a model has: a cell with one of them has a model of its own.
DECISIVE = (0.0, 1.0, np.inf)


def suits(cell: Cell, protocol: Protocol) -> bool:
    """Whether runs of a protocol on cells like this one can go side by side, and are faster then.

    With a layer on a mesh they are not: from 150 unknowns on a step costs as much for each set as it does alone.
    """
    few = all(layer.material.has_modes or layer.material.carriers == IONS_ONLY for layer in cell.layers)
    return few and bool(protocol.run_by(_Kind()))


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
    """Run a protocol on cells that differ in numbers, as far as that is possible and faster side by side.

    Which modes a cell has follows from its own numbers, and its steps from those of all: what else is among the cells
    changes its states by what the steps leave of the tolerance per step that ``attrs["route"]`` states (1e-9 of a
    voltage, as a rule).

    Parameters
    ----------
    base : Cell
        What they are but for these numbers.
    cells : sequence of Cell
    values : mapping
        Path to the number [SI] of every cell, for all numbers in which they differ.
    protocol : TransientProtocol

    Raises
    ------
    InputError
        Where the temperature is varied and the protocol has one of its own.
    """
    if protocol.temperature is not None and "temperature" in values:
        raise InputError(f"temperature is varied, but the protocol {protocol.type} sets its own: leave it out there.")
    runs = Runs()
    groups: dict[_Common, list[_Member]] = {}
    answers: dict[object, tuple[object, tuple[str, ...]]] = {}
    slow = _slow_layers(cells, values, protocol)
    for k, cell in enumerate(cells):
        numbers = np.array([given[k] for given in values.values()])
        if np.isin(numbers, DECISIVE).any():
            continue
        try:
            segments = protocol.segments(cell)
            times = tuple(segment.times for segment in segments)
            checks.check_cut_offs(cell, segments)
            if settled(cell, segments) is not cell:  # an electrode in slices has other equations
                continue
            # types and the slow layers decide on these questions, not numbers: cells that share them share the answers
            if (slow[k], times) not in answers:
                route = choose(Task(cell, segments), SIDE_BY_SIDE).taken_by(_Modelled())
                answers[slow[k], times] = route, checks.check_feasible(cell, segments)
        except InputError as error:
            runs.failures[k] = " ".join(str(error).split())
            continue
        match answers[slow[k], times]:
            case Route() as route, dielectric:
                groups.setdefault(_Common(route, dielectric, times), []).append(_Member(k, cell, segments, numbers))
    for common, alike in groups.items():
        for decades, members in common.by_decades(alike, tuple(values)).items():
            if len(members) >= FEWEST_ALIKE and all(number <= max(DECADES) for _, number in decades):
                sets = common.model(base if protocol.temperature is None else cells[0], members, tuple(values), decades)
                _Group(sets, members, common.route, stamp(members[0].cell, protocol)).run(runs)
    return runs


def _slow_layers(cells: Sequence[Cell], values: Mapping[str, Reals], protocol: TransientProtocol) -> list[object]:
    """For every cell, what the checks of a run ask of its dielectrics: whether they relax within fractions of the first
    output time; and the cell itself, where a fixture of its own has to be asked."""
    first = checks.first_output(protocol.segments(cells[0]))
    reader, _ = reader_of(cells[0], {path: given for path, given in values.items()})  # noqa: C416
    times = [checks.relaxation_time(cells[0], layer, reader) for layer in cells[0].layers]
    bits = [
        np.broadcast_to(time > part * first, len(cells)) for time in times if time is not None for part in FRACTIONS
    ]
    own = (k if cell.fixture != cells[0].fixture or cell.fixture != Fixture() else -1 for k, cell in enumerate(cells))
    return [(tuple(bool(bit[k]) for bit in bits), mark) for k, mark in enumerate(own)]


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
    return ParameterSets(Cell.from_yaml(cell), paths, **options, decades=dict(decades), rtol=RTOL, atol=ATOL)


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
        if members:
            self._write(members, solutions, runs)

    def _write(self, members: Sequence[_Member], solutions: Mapping[int, list[SegmentSolution]], runs: Runs) -> None:
        """Make the Datasets, those that have as many samples by refilling: that takes a fifth of the time."""
        laws, text = members[0].cell.laws, CellText(members[0].cell, self.sets.names)
        copies: Copies | None = None
        for member in members:
            cell, segments, done = member.cell, member.segments, solutions[member.number]
            ended = [
                f"step {segment.step}: {solution.ended_by} after {solution.times[-1]:.4g} s"
                for segment, solution in zip(segments, done, strict=True)
                if solution.ended_by != "time"
            ]
            # of which temperatures a law is known for does not differ between the cells, only their temperature
            known = ((path, law.validity_warning(float(cell.temperature))) for path, law in laws)
            warnings = [
                *(f"{path}: {said}" for path, said in known if said),
                *filling_warnings(cell),
                *checks.depletion_warnings(cell, segments),
            ]
            warnings += [*checks.fixture_warnings(cell, segments), *ended, *potential_warnings(cell, joined(done))]
            warnings += filling_warnings(cell, self.sets.layout[0], np.array([solution.state for solution in done]))
            attrs = {
                **self.attrs,
                "cell": text.of(cell, member.values),
                "temperature": float(cell.temperature),
                "area": float(cell.area),
                **made_by(self.sets.model, self.sets.layout[0], HOW.format(self.sets.rtol)),
                "warnings": list(dict.fromkeys(warnings)),
            }
            traces = self._traces(member, done)
            if copies is not None and copies.size == traces["time"].size:
                runs.datasets[member.number] = copies.filled(traces, attrs)
            else:
                run = runs.datasets[member.number] = transient(**traces, attrs=attrs)
                copies = Copies(run)

    def _traces(self, member: _Member, solutions: list[SegmentSolution]) -> dict[str, Any]:
        """Arguments of `mgtwin.dataset.transient`."""
        done = [(segment, one.times) for segment, one in zip(member.segments, solutions, strict=True)]
        ends = np.cumsum([solution.times[-1] for solution in solutions])
        return {
            **clock(done, np.append(0.0, ends)[:-1]),
            **laboratory(member.cell, joined(solutions), self.sets.nodes),
            "half_cycle_capacity": half_cycle_capacities(done),
            "state": np.array([solution.state for solution in solutions]),
            "segment_time": ends,
            "state_variable": self.sets.layout[0],
            "state_position": self.sets.layout[1],
        }
