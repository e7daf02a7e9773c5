"""A cell while it is cycled: many cycles per solve, a summary of each, traces of some, spectra along its life."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..cells import Cell
from ..cells.rest import discharges_itself
from ..errors import SimulationError
from ..impedance.exact import exact_laplace
from ..models import names
from ..models.ladder import wider_window
from ..protocols import CurrentRamp, Cycling, Segment
from ..protocols.segments import mixed_times
from ..routes import Mesh, Route
from . import checks, spectra, start_state, transient
from .cycle_integrator import CycleIntegrator, Passage
from .cycle_table import CycleTable, Record, first_of, limit_warnings
from .filling import filling_warnings
from .integrator import through_layers

if TYPE_CHECKING:
    import xarray as xr

    from ..impedance.linearise import LinearisedStack
    from .transient import Attributes

#: Cycles per solve: about a tenth of a second, after which progress is shown and an interruption acts. Solves
#: end where the number of cycles done is a multiple of it, so that a run that goes on has those of one in one go.
CYCLES_PER_SOLVE = 10
#: Output points of the rest before a spectrum.
REST_POINTS = 6


class Reached(NamedTuple):
    """How far a run is: cycles done, state and current (in the unit of its unknown) at their end, time [s], whether the
    last one was cut short, and whether the run is over."""

    cycles: int
    state: np.ndarray
    current: float
    elapsed: float
    limited: bool
    ended: bool = False


class CyclingRun:
    """A cell while it is cycled: what has been done, and how to go on.

    Parameters
    ----------
    cell, protocol, start, start_time
        As :func:`mgtwin.simulate` takes them.
    attrs : mapping
        Attributes of the result.
    route : Route
        What its layers are made of.

    Attributes
    ----------
    reached : Reached
        How far it is. It is replaced as a whole, last of all: an interruption at any moment leaves finished cycles.
    """

    def __init__(
        self,
        cell: Cell,
        protocol: Cycling,
        start: xr.Dataset | xr.DataTree | None,
        start_time: float | str | None,
        attrs: Attributes,
        route: Route,
    ):
        self.route = route
        self.cell, self.protocol = cell, protocol
        segments = protocol.one_cycle(cell)
        self.attrs, self.warnings = dict(attrs), [*attrs["warnings"], *checks.depletion_warnings(cell, segments)]
        self.warnings += checks.fixture_warnings(cell, segments)
        self.warnings += checks.assembly_warnings(cell) if start is None else start_state.differences(start, cell)
        kept = None if start is None else start_state.kept(start, start_time, cell)
        first = checks.first_output(segments)
        dielectric = checks.check_feasible(cell, segments, start is None)
        # of the whole life: a run that goes on has the window of one in one go
        length = (protocol.numbers[-1] + 1) * sum(segment.duration for segment in segments)
        voltage = None
        if not (discharges_itself(cell) or any(layer.material.mesh_only for layer in cell.layers)):
            resistance = float(np.abs(exact_laplace(cell, 1 / segments[0].duration)))
            voltage = resistance * max(abs(segment.control.start) for segment in segments)
        self.integrator = CycleIntegrator(
            cell,
            limited=protocol.limits is not None,
            voltage=voltage,
            f_max=1 / (2 * np.pi * first),
            dielectric=dielectric,
            cpe_window=wider_window((0.1 / length, 10 / first), () if kept is None else kept.labels),
            layers=route,
        )
        self.table = CycleTable(self.integrator)
        self.traced = frozenset(protocol.traced())
        self.records: list[Record] = []
        state, limited = self.integrator.rest_state, False
        self._extremes: dict[str, np.ndarray] = {}
        self._drifts: list[str] = []
        if start is not None and kept is not None:
            state, _ = start_state.transfer(kept, cell, self.integrator.layout, state, self.integrator.model.ladders)
            before = start_state.last_dataset(start)
            if start_time is None and "limited" in before and "cycle" in before.dims:
                # where the cycle before the first one was cut short a run in one go would go on segment by segment
                follows = int(before["cycle"].values[-1]) + 1 == protocol.first_cycle
                limited = bool(before["limited"].values[-1]) and follows
        self.reached = Reached(0, state, 0.0, 0.0, limited)

    # -- going on --------------------------------------------------------------------------------------------------
    @property
    def done(self) -> list[Record]:
        """Records of the finished cycles."""
        return self.records[: self.reached.cycles]

    @property
    def left(self) -> int:
        """Cycles that are still to do."""
        return 0 if self.reached.ended else self.protocol.cycles - self.reached.cycles

    @property
    def number(self) -> int:
        """Number of the next cycle."""
        return self.protocol.first_cycle + self.reached.cycles

    def cycles_to_solve(self) -> int:
        """Cycles of the next solve: up to the next multiple of :data:`CYCLES_PER_SOLVE`, or to the next spectrum."""
        if self.reached.limited:
            return 1
        number, ends = self.number, [self.protocol.numbers[-1] + 1]
        ends.append((number // CYCLES_PER_SOLVE + 1) * CYCLES_PER_SOLVE)
        if self.protocol.probe is not None:
            ends.append((number // self.protocol.every + 1) * self.protocol.every)
        return min(ends) - number

    def advance(self) -> None:
        """Integrate the next cycles, in one solve.

        Raises
        ------
        SimulationError
            Where the integrator fails; the cycles finished before are in `done`.
        """
        self.resolve(self.cycles_to_solve())

    def resolve(self, count: int) -> list[list[Passage]]:
        """Integrate the next cycles; returns the passages of each.

        Nothing is noted down before all are finished, or one has failed: an interruption leaves whole cycles.
        """
        numbers = range(self.number, self.number + count)
        cycles = [self.protocol.one_cycle(self.cell, number) for number in numbers]
        finished: list[list[Passage]] = []
        failure = None
        state, one_by_one = self.reached.state, self.reached.limited
        try:
            for passages in self.integrator.cycles(cycles, state, self._is_traced, one_by_one=one_by_one):
                finished.append(passages)
        except SimulationError as error:
            failure = error
        self.note(finished)
        if failure is not None:
            raise failure
        return finished

    def note(
        self, finished: list[list[Passage]], skipped: Sequence[Record] = (), correction: np.ndarray | float = 0.0
    ) -> None:
        """Note finished cycles down, and probe the cell if that is due after the last one.

        Parameters
        ----------
        finished : list of list of Passage
            The passages of each cycle.
        skipped : sequence of Record
            Cycles before them that were not integrated.
        correction : ndarray
            Change of the state at their end.
        """
        if not finished:
            return
        records = list(skipped)
        elapsed = records[-1].end if records else self.reached.elapsed
        impedance = None
        end = finished[-1][-1]
        # before the spectrum, which is then that of the corrected state
        if np.any(correction):
            finished[-1][-1] = replace(end, solution=replace(end.solution, state=end.solution.state + correction))
        last = finished[-1][-1]
        if self.protocol.probed(last.segment.cycle) and not last.ends_the_run:
            impedance = self._probe(finished[-1])
        for passages in finished:
            start = elapsed
            for passage in passages:
                elapsed += float(passage.solution.times[-1])
            self._check_limits(passages)
            number = passages[0].segment.cycle
            records.append(
                Record(
                    number,
                    self.table.row(passages),
                    start,
                    elapsed,
                    cut_by=tuple(p.solution.ended_by for p in passages if p.cut_short and not p.ends_the_run),
                    traces=tuple(passages) if self._is_traced(number) else (),
                    impedance=impedance if passages is finished[-1] else None,
                )
            )
        end = finished[-1][-1]
        current, limited = float(through_layers(end.solution.outputs, self.cell)[-1]), bool(records[-1].cut_by)
        done = self.reached.cycles + len(records)
        # overwrites what an interruption may have left between these two lines the time before
        self.records[self.reached.cycles :] = records
        self.reached = Reached(done, end.solution.state, current, elapsed, limited, end.ends_the_run)
        if end.ends_the_run:
            what = f"{end.solution.ended_by.removeprefix('event: ')} after {elapsed:.4g} s"
            self.warnings.append(
                f"cycle {records[-1].number}: {what}: it ends the run, which would go on only at a voltage limit, and "
                f"the protocol sets none"
            )

    def _is_traced(self, number: int) -> bool:
        return number in self.traced

    def _check_limits(self, passages: list[Passage]) -> None:
        """Keep the extremes of what a result may have to warn of."""
        for layer in self.integrator.model.mixed_layers:
            for name in (names.local_potential(layer.name), names.stored_charge(layer.name)):
                found = [self._extremes[name]] if name in self._extremes else []
                found += [np.ravel(passage.solution.outputs[name]) for passage in passages]
                values = np.concatenate(found)
                self._extremes[name] = np.array([values.min(), values.max()])

    # -- spectra ---------------------------------------------------------------------------------------------------
    @cached_property
    def _stack(self) -> LinearisedStack:
        """Made once, whatever the number of spectra."""
        assert self.protocol.probe is not None
        f_max, layers = float(self.protocol.probe.values().max()), Mesh(refinement=self.route.refinement)
        return spectra.linearised(self.cell, f_max, layers=layers)

    def _probe(self, passages: list[Passage]) -> np.ndarray:
        """Spectrum at the end of a cycle; a rest before it becomes a part of the cycle."""
        assert self.protocol.probe is not None
        last = passages[-1]
        if self.protocol.probe_rest is not None:
            pause = float(self.protocol.probe_rest)
            number, step = last.segment.cycle, last.segment.step
            rest = Segment(CurrentRamp(0.0), pause, mixed_times(pause, REST_POINTS), number, step)
            passages.append(self.integrator.passage(rest, last.solution.state, self._is_traced(number)))
        labels, where = self.integrator.kept_layout
        values = self.integrator.kept_state(passages[-1].solution)
        kept = start_state.KeptState(np.asarray(labels), where, values, 0.0)
        frequencies = self.protocol.probe.values()
        try:
            state = spectra.completed(self._stack, self.cell, kept)
        except SimulationError as error:  # a spectrum that is not there is no reason to lose the run
            self.warnings.append(f"no spectrum after cycle {last.segment.cycle}: {error}")
            return np.full(frequencies.size, complex(np.nan, np.nan))
        for text in spectra.drift_warnings(self._stack, state, float(frequencies.min())):
            self._drifts.append(f"spectrum after cycle {last.segment.cycle}: {text}")
        return self._stack.impedance(frequencies, state)

    # -- results ---------------------------------------------------------------------------------------------------
    def words(self) -> str:
        """What a user is shown of the progress."""
        text = f"cycle {self.number}"
        last = self.records[self.reached.cycles - 1 :]
        found = self.table.variables(last[0].row[None]).get("final_contact_fraction") if last else None
        if found is None or np.min(found) == 1.0:
            return text
        return f"{text}, contact {np.min(found):.3g} at {self.table.interfaces[int(np.argmin(found))]}"

    def failure(self, error: SimulationError) -> SimulationError:
        """A failure with its time since the start of the run and all that was finished before it."""
        place = f"in cycle {self.number}, {self.reached.elapsed:.6g} s after the start"
        message = f"{self.cell.name}: the integration failed {place}: {error}"
        self.warnings.append(message)
        return SimulationError(message, time=self.reached.elapsed, partial=self.dataset() if self.done else None)

    def dataset(self) -> xr.Dataset:
        """All finished cycles as one Dataset."""
        from .. import dataset

        rows = self.rows()
        numbers = [record.number for record in self.done]
        labels, where = self.integrator.kept_layout
        cycles = {
            "cycle": numbers,
            "cycle_end_time": [record.end for record in self.done],
            "limited": [bool(record.cut_by) for record in self.done],
            "resolved": [record.resolved for record in self.done],
            **self.table.variables(rows),
            **self._spectra(),
            "half_cycle": np.repeat(2 * np.array(numbers), 2) + np.tile([0, 1], len(numbers)),
        }
        traces, states, times = self._traces()
        warnings = [
            *self.warnings,
            *limit_warnings(self.done),
            *first_of(self._drifts),
            *transient.potential_warnings(self.cell, self._extremes),
            *filling_warnings(self.cell, labels, np.atleast_2d(states)),
        ]
        route = transient.made_by(self.integrator.model, labels, f"in time, {self.how}")
        return dataset.transient(
            **traces,
            half_cycle_capacity=self.table.charges(rows),
            state=states,
            segment_time=times,
            state_variable=labels,
            state_position=where,
            cycles=cycles,
            attrs={**self.attrs, **route, "warnings": list(dict.fromkeys(warnings))},
        )

    @property
    def how(self) -> str:
        """How cycles were integrated, for the attribute `route`."""
        return "many cycles per solve"

    def rows(self) -> np.ndarray:
        """The summary, one row per cycle."""
        return np.array([record.row for record in self.done])

    def _traces(self) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
        """Traces over time, the states kept (at the ends of their segments, and the last one), and their times [s]."""
        done, starts, states, ends = [], [], [], []
        for record in self.done:
            time = record.start
            for passage in record.traces:
                done.append((passage.segment, passage.solution))
                starts.append(time)
                time += float(passage.solution.times[-1])
                states.append(self.integrator.kept_state(passage.solution))
                ends.append(time)
        if not self.done[-1].traces:
            states.append(np.append(self.reached.state, self.reached.current))
            ends.append(self.reached.elapsed)
        if not done:
            return {"time": None, "voltage": None, "current": None}, np.array(states), np.array(ends)
        clock = transient.clock([(segment, solution.times) for segment, solution in done], np.array(starts))
        outputs = transient.joined([solution for _, solution in done])
        traces = clock | transient.laboratory(self.cell, outputs, self.integrator.nodes)
        return traces, np.array(states), np.array(ends)

    def _spectra(self) -> dict[str, Any]:
        """Spectra along life, NaN at the ends of cycles without one."""
        if self.protocol.probe is None:
            return {}
        frequencies = self.protocol.probe.values()
        impedance = np.full((len(self.done), frequencies.size), complex(np.nan, np.nan))
        for k, record in enumerate(self.done):
            if record.impedance is not None:
                impedance[k] = record.impedance
        return {"frequency": frequencies, "impedance": impedance}
