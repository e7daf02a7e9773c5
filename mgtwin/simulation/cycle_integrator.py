"""Integrates many cycles in one solve, with every time at which the current switches known to the solver."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import casadi
import numpy as np
import pybamm
from scipy.interpolate import PchipInterpolator

from ..cells import Cell
from ..models import cycled, names
from ..models.controlled import UNLIMITED
from ..models.cycled import CycledStack
from ..protocols import Limits, Segment
from .integrator import FAILED, SOLVER_OPTIONS, Integrator, SegmentSolution, out_of_salt, through_layers

#: Delay of a switch over the longest time of a solve: SUNDIALS tells times apart that differ by 100 roundings
#: (2.2e-14), and needs some of them to each side. What flows wrongly meanwhile is 1e-13 of its charge.
DELAY = 2e-13
#: Mesh points over those of a run that resolves a single transient: half of them halve the time of a cycle. The
#: voltages at the ends of half cycles of all shipped cells then err by less than 3e-4, that after a switch by 1e-3.
REFINEMENT = 0.5
#: Absolute tolerance over the voltage of the cell, and between which decades it lies: electrode reactions grow as the
#: logarithm of a current, and below nanovolts there is rounding.
PART, ATOLS = 1e-6, (-13.0, -7.0)
#: A half cycle so long that a segment at constant current knows no other.
ENDLESS = 1e30
#: Panels of the quadrature of the voltage over a half cycle, as fractions of it, and points in each. What follows a
#: switch decays over decades of time: these give the integral of exp(-t/tau) within 5e-7 of the half cycle for any tau.
PANELS = (0.0, 1e-4, 2e-3, 2e-2, 0.2, 1.0)
GAUSS = 8


def quadrature(duration: float) -> tuple[np.ndarray, np.ndarray]:
    """Points and weights [s] of a quadrature from 0 to `duration` of what follows a switch of the current.

    Examples
    --------
    >>> t, weight = quadrature(1.0)
    >>> bool(abs(weight @ np.exp(-t / 0.01) - 0.01) < 5e-7)
    True
    """
    points, weights = _unit_quadrature()
    return duration * points, duration * weights


@cache
def _unit_quadrature() -> tuple[np.ndarray, np.ndarray]:
    x, w = np.polynomial.legendre.leggauss(GAUSS)
    low, high = np.array(PANELS[:-1])[:, None], np.array(PANELS[1:])[:, None]
    return (low + (high - low) * (1 + x) / 2).ravel(), ((high - low) * w / 2).ravel()


@dataclass(frozen=True)
class Passage:
    """One segment of one cycle.

    Attributes
    ----------
    segment : Segment
    solution : SegmentSolution
        At the segment's output times, or at its end alone.
    put_in, delivered : float
        Energy [J] that the cell took up and gave back.
    """

    segment: Segment
    solution: SegmentSolution
    put_in: float
    delivered: float

    @property
    def ends_the_run(self) -> bool:
        """Whether nothing can follow: salt is used up, and no voltage limits say when to turn round."""
        return out_of_salt(self.segment, self.solution)

    @property
    def cut_short(self) -> bool:
        """Whether the half cycle ended before its time, by a voltage limit as a rule."""
        return self.solution.ended_by != "time"


class CycleIntegrator(Integrator):
    """An integrator for cycling: whole cycles in one solve, or segment by segment where voltage limits end them.

    Parameters
    ----------
    cell : Cell
    limited : bool
        Whether there are voltage limits.
    voltage : float, optional
        What the cell asks for [V], about: a part of 1e-7 of it is the absolute tolerance of each unknown, which halves
        the steps of a cell of 0.1 V or more (measured on it: 1e-8 of the voltage at the end of a half cycle, 2e-6 of it
        just after a switch, as with a tenth of that).
    **options
        Those of :class:`Integrator`.
    """

    #: A tenth of the digits of a single transient saves a third of the steps.
    rtol, atol = 1e-6, 1e-11
    #: Where the current switches within a solve algebraic unknowns jump, and no step would be short enough for their
    #: error. They follow the others by Newton's iteration at every step all the same. A first step [s] that is about
    #: right saves some tries after each switch.
    solver_options = SOLVER_OPTIONS | {"suppress_algebraic_error": True, "dt_init": 1e-7}

    def __init__(self, cell: Cell, *, limited: bool, voltage: float | None = None, **options: Any):
        self._limited = limited
        if voltage is not None:
            # whole decades, that cells that are much alike share a model
            self.atol = float(10.0 ** np.clip(np.floor(np.log10(PART * voltage)), *ATOLS))
        self._settings = limited, self.atol
        super().__init__(cell, refinement=REFINEMENT, **options)
        self._voltage = self._outputs_of((names.VOLTAGE,))

    def _model(self, cell: Cell, **options: Any) -> CycledStack:
        return CycledStack(cell, limited=self._limited, **options)

    def _output_inputs(self) -> tuple[list[Any], dict[str, Any]]:
        current = casadi.MX.sym("current")
        return [current], {key: casadi.MX(value) for key, value in _constant(0.0).items()} | {cycled.AMPLITUDE: current}

    # -- states --------------------------------------------------------------------------------------------------
    @property
    def kept_layout(self) -> tuple[list[str], np.ndarray]:
        """Layout of the states that a result keeps: the current is not one here, but elsewhere it is."""
        labels, positions = self.layout
        return [*labels, names.CURRENT_VARIABLE], np.append(positions, np.nan)

    def kept_state(self, solution: SegmentSolution) -> np.ndarray:
        """State at the end of a segment, the current included."""
        return np.append(solution.state, through_layers(solution.outputs, self.cell)[-1])

    # -- one segment ---------------------------------------------------------------------------------------------
    def inputs(self, segment: Segment) -> dict[str, float]:
        """PyBaMM inputs for a segment at constant current; here the laboratory's current changes sign."""
        return _constant(0.0 - segment.control.start) | self._limits(segment.limits)

    def _limits(self, limits: Limits) -> dict[str, float]:
        if not self._limited:
            return {}
        return {cycled.LOW: max(limits.low, -UNLIMITED), cycled.HIGH: min(limits.high, UNLIMITED)}

    def evaluate(self, states: np.ndarray, currents: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """Outputs for `states` of shape (state, time) at PyBaMM's `currents` [A], by default those of `run`."""
        if currents is None:
            currents = np.full(states.shape[1], self._current)
        return self.outputs.at(states, np.array([*self.numbers.values()]), currents[None])

    def run(self, segment: Segment, state: np.ndarray) -> SegmentSolution:
        """Integrate one segment from a state; see :meth:`Integrator.run`."""
        self._current = 0.0 - segment.control.start
        return super().run(segment, state)

    def passage(self, segment: Segment, state: np.ndarray, traced: bool) -> Passage:
        """One segment from a state, with its energies."""
        nodes, weights = quadrature(segment.duration)
        # energies need the power between the output times: both sets of times come from one solve
        times = np.union1d(segment.times, nodes)
        solution = self.run(replace(segment, times=tuple(times)), state)
        power = solution.outputs[names.VOLTAGE] * segment.control.start

        def energy(power: np.ndarray) -> float:
            if solution.ended_by == "time":
                return float(weights @ power[np.searchsorted(solution.times, nodes)])
            # an event cut the half cycle short: nodes are missing, and the weights do not fit what is left
            if solution.times.size == 1:
                return 0.0
            return float(PchipInterpolator(solution.times, power).integrate(0.0, solution.times[-1]))

        put_in, delivered = energy(np.maximum(power, 0)), energy(np.maximum(-power, 0))
        wanted = np.array([*segment.times, solution.times[-1]] if traced else solution.times[-1:])
        keep = np.flatnonzero(np.isin(solution.times, wanted))
        outputs = {name: rows[..., keep] for name, rows in solution.outputs.items()}
        return Passage(segment, replace(solution, times=solution.times[keep], outputs=outputs), put_in, delivered)

    # -- many cycles ---------------------------------------------------------------------------------------------
    def cycles(
        self,
        cycles: Sequence[tuple[Segment, ...]],
        state: np.ndarray,
        traced: Callable[[int], bool],
        *,
        one_by_one: bool,
    ) -> Iterator[list[Passage]]:
        """Integrate cycles from a state; yields the passages of each.

        All cycles make one solve. Where a voltage limit ends a half cycle, the cycles before are yielded, then that
        cycle, integrated segment by segment, and no more. Where the one solve fails, every cycle is tried segment by
        segment.

        Parameters
        ----------
        cycles : sequence of tuple of Segment
            Each as :meth:`Cycling.one_cycle` gives it.
        state : ndarray
        traced : callable
            Whether the traces of a cycle number are wanted.
        one_by_one : bool
            Integrate segment by segment from the start.

        Raises
        ------
        SimulationError
            Where the integrator fails in both ways, after the cycles before have been yielded.
        """
        done = 0
        if not one_by_one:
            try:
                finished, limited = self._together(cycles, state, traced)
            except pybamm.SolverError:
                finished, limited = [], False
            for passages in finished:
                yield passages
                state = passages[-1].solution.state
            done = len(finished)
            # a half cycle cut short moves all later switches, which one solve has at fixed times
            cycles = cycles[: done + 1] if limited else cycles
        for segments in cycles[done:]:
            passages = []
            for segment in segments:
                passages.append(self.passage(segment, state, traced(segment.cycle)))
                state = passages[-1].solution.state
                if passages[-1].ends_the_run:
                    break
            yield passages
            if passages[-1].ends_the_run:
                return

    def _together(
        self, cycles: Sequence[tuple[Segment, ...]], state: np.ndarray, traced: Callable[[int], bool]
    ) -> tuple[list[list[Passage]], bool]:
        """The cycles that one solve gets through, and whether an event stopped it before the end."""
        segments = [segment for cycle in cycles for segment in cycle]
        starts = np.concatenate([[0.0], np.cumsum([segment.duration for segment in segments])])
        # The control switches a moment after the nominal time, so that the integrator has states on both sides of it:
        # one that ends a segment, and one from which the next starts.
        switch_time = 2 * DELAY * float(starts[-1])
        wanted = [
            Wanted(segment, start, switch_time, traced(segment.cycle))
            for segment, start in zip(segments, starts, strict=False)
        ]
        stops = np.union1d(starts[:-1] + switch_time, starts[1:])
        times = np.unique(np.concatenate([one.times for one in wanted]))
        first = segments[0]
        rest = segments[1].duration if segments[1].half_cycle is None else 0.0
        inputs = {
            cycled.AMPLITUDE: 0.0 - first.control.start,
            cycled.HALF_CYCLE: first.duration,
            cycled.REST: rest,
            cycled.DELAY: switch_time / 2,
        } | self._limits(first.limits)
        t, y, termination = self._solve(stops, times, inputs, state)
        if termination == FAILED:
            raise pybamm.SolverError(termination)
        # an event may stop the solve within a cycle: only complete cycles count, the rest is done segment by segment
        size = len(cycles[0])
        complete = int(np.searchsorted(starts[1:], t[-1], side="right")) // size * size
        passages = self._passages(wanted[:complete], t, y)
        return [passages[k : k + size] for k in range(0, complete, size)], complete < len(segments)

    def _passages(self, wanted: list[Wanted], t: np.ndarray, y: np.ndarray) -> list[Passage]:
        """Segments that one solve has gone through, with outputs evaluated for all of them at once."""
        if not wanted:
            return []
        columns = np.searchsorted(t, np.concatenate([one.kept for one in wanted]))
        currents = np.concatenate([np.full(one.kept.size, one.current) for one in wanted])
        # one call for the states of all segments: each call of a compiled function costs more than a hundred states
        outputs = self.evaluate(y[:, columns], currents)
        nodes = np.searchsorted(t, np.concatenate([one.nodes for one in wanted]))
        at_nodes = np.concatenate([np.full(one.nodes.size, one.current) for one in wanted])
        found = self._voltage.at(y[:, nodes], np.array([*self.numbers.values()]), at_nodes[None])
        power = found[names.VOLTAGE] * (0.0 - at_nodes)
        result, first, node = [], 0, 0
        for one in wanted:
            last, next_node = first + one.kept.size, node + one.nodes.size
            here = {name: rows[..., first:last] for name, rows in outputs.items()}
            solution = SegmentSolution(one.local, here, y[:, columns[last - 1]].copy(), "time")
            energies = (float(one.weights @ np.maximum(sign * power[node:next_node], 0)) for sign in (1, -1))
            result.append(Passage(one.segment, solution, *energies))
            first, node = last, next_node
        return result


class Wanted:
    """When the states of one segment are wanted from a solve of many.

    Attributes
    ----------
    nodes, weights : ndarray
        Points [s], in the time of the solution, and weights [s] of the quadrature of its power; none in a rest.
    local, kept : ndarray
        Output times [s] of the segment, and when these are in the time of the solution.
    times : ndarray
        Times [s] at which the solver has to interpolate: all but the ends, at which it stops.
    current : float
        [A], PyBaMM's sign.
    """

    def __init__(self, segment: Segment, start: float, switch_time: float, traced: bool):
        self.segment, self.current = segment, 0.0 - segment.control.start
        driven = segment.half_cycle is not None
        points, weights = quadrature(segment.duration) if driven else (np.empty(0), np.empty(0))
        self.weights: np.ndarray = weights
        self.nodes: np.ndarray = start + points
        self.local = np.array(segment.times if traced else segment.times[-1:])
        self.kept = start + self.local
        self.kept[self.local == 0.0] = start + switch_time
        self.times = np.concatenate([self.nodes, self.kept[(self.local > 0) & (self.local < segment.duration)]])


def _constant(current: float) -> dict[str, float]:
    """Inputs for a constant current [A]."""
    return {cycled.AMPLITUDE: current, cycled.HALF_CYCLE: ENDLESS, cycled.REST: 0.0, cycled.DELAY: 0.0}
