"""Integrates one segment after another with one discretised model and one solver."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import casadi
import numpy as np
import pybamm

from ..cells import Cell
from ..errors import SimulationError
from ..models import controlled, names
from ..models.controlled import ControlledStack
from ..models.ladder import pole_numbers
from ..models.stack import DEFAULT_WINDOW, StackModel
from ..protocols import Limits, Segment
from ..routes import Route
from .built import BuiltModel, kept
from .outputs import Outputs

#: A face's potential is a sum of dozens of amplitudes, and signals of microvolts are to be right, too: what has no size
#: of its own is a fixed part of what the cell is asked for, if that is known, up to the last. The smallest of these
#: tolerances costs a run of 0.1 V a quarter of its time, and no digit is better (measured: 5e-7 of the current).
RTOL, ATOL = 1e-7, 1e-12
PART, LARGEST_ATOL = 1e-8, 1e-9
#: Every segment begins with a jump of the control: the integrator has to be allowed to find its first step. One that
#: needs more steps than this from stop to stop (ten times what twelve decades of time take) will never end.
MOST_STEPS = 20_000
SOLVER_OPTIONS = {
    "max_num_steps": 100_000,
    "max_error_test_failures": 100,
    "max_convergence_failures": 100,
    "num_steps_no_progress": MOST_STEPS,
    "t_no_progress": 1e300,  # whatever the steps have gained
    "silence_sundials_errors": True,  # they are raised
}
#: Key of models whose solver leaves the error of algebraic unknowns alone.
HEEDLESS = "heedless"
#: What PyBaMM calls the end of a solve that went wrong.
FAILED = "failure"
#: How PyBaMM's error begins to speak of an event that has happened before the first step.
BEYOND_AT_ONCE = "non-positive at initial conditions"


@dataclass(frozen=True)
class SegmentSolution:
    """Result of one segment: output times [s], named outputs (rows over time), the state reached, and why it ended."""

    times: np.ndarray
    outputs: Mapping[str, np.ndarray]
    state: np.ndarray
    ended_by: str


class Stretches(NamedTuple):
    """Result of segments one after the other: output times of each from its own start [s], outputs at all of them,
    the states kept at their ends, one row each, and why the last one ended."""

    times: tuple[np.ndarray, ...]
    outputs: Mapping[str, np.ndarray]
    states: np.ndarray
    ended_by: str


def out_of_salt(segment: Segment, solution: SegmentSolution | Stretches) -> bool:
    """Whether salt is used up and there is no voltage limit, which the diverging voltage would meet at that moment."""
    limit = segment.limits.low if segment.control.start < 0 else segment.limits.high
    return names.is_depletion(solution.ended_by) and not np.isfinite(limit)


def through_layers(outputs: Mapping[str, np.ndarray], cell: Cell) -> np.ndarray:
    """Current through the layers as an unknown: in its own unit and in PyBaMM's sign.

    It is that at the terminals unless a shunt takes a part of it.
    """
    return outputs.get(names.CELL_CURRENT, outputs[names.CURRENT]) / names.current_scale(cell.area)


class Integrator:
    """A cell, discretised once, that integrates segments under current or voltage control.

    Parameters
    ----------
    cell : Cell
    f_max : float
        Highest frequency [Hz] that the mesh must resolve.
    dielectric : bool or collection of str
        Whether layers store dielectric charge.
    cpe_window : (float, float)
        Angular frequencies [rad/s] between which constant-phase elements must be right.
    ages : bool
        Whether ageing laws act; else what they have done stays as it is.
    refinement : float, optional
        Factor on the number of mesh points.
    layers : Route, optional
        How layers are discretised; modes where there are any, by default.
    asked : float, optional
        Voltage over that at rest [V] that the cell is asked for, about.
    """

    rtol, atol = RTOL, ATOL
    solver_options: Mapping[str, Any] = SOLVER_OPTIONS
    #: Whether the model is kept for other cells of its structure.
    is_kept = True

    def __init__(
        self,
        cell: Cell,
        *,
        f_max: float,
        dielectric: bool | Collection[str],
        cpe_window: tuple[float, float] = DEFAULT_WINDOW,
        ages: bool = True,
        refinement: float | None = None,
        layers: Route | None = None,
        asked: float | None = None,
    ):
        self.cell = cell
        if asked is not None:  # whole decades, that cells that are much alike share a model
            self.atol = float(10.0 ** np.clip(np.round(np.log10(PART * asked)), *np.log10([ATOL, LARGEST_ATOL])))
            self._settings = self.atol
        how = {"ages": ages, "refinement": refinement, "layers": layers}
        stores = dielectric is True or frozenset(dielectric or ())
        decides = (type(self), self._settings, stores, pole_numbers(cpe_window), *how.values())
        options = {"f_max": f_max, "dielectric": dielectric, "cpe_window": cpe_window, **how}

        def make(**more: Any) -> BuiltModel:
            # a failure leaves what was reached: when and where it failed
            tolerances = {"rtol": self.rtol, "atol": self.atol}
            solver = pybamm.IDAKLUSolver(**tolerances, options={**self.solver_options, **more}, on_failure="ignore")
            return BuiltModel(self._model(cell, **options, shared=True), solver)

        self._kept = kept(cell, f_max, decides, make) if self.is_kept else make()
        #: Makes the same with steps that do not heed the error of algebraic unknowns, for where these jump.
        self._heedless = lambda: kept(cell, f_max, (*decides, HEEDLESS), partial(make, suppress_algebraic_error=True))
        self.model, self.built, self.layout = self._kept.model, self._kept.built, self._kept.layout
        #: The inputs by which the model is that of this cell, in the order of ``BuiltModel.names``.
        self.numbers = self.model.numbers_of(cell)
        self.rest_state = self._at_rest()
        self.outputs = self._outputs_of()

    #: What else decides on the model.
    _settings: Hashable = ()

    def _model(self, cell: Cell, **options: Any) -> StackModel:
        """What is discretised."""
        return ControlledStack(cell, **options)

    def _at_rest(self) -> np.ndarray:
        """State of the cell at rest."""

        def make() -> casadi.Function:
            zero = casadi.MX(0)
            state = self._kept.at_rest.to_casadi(t=zero, y=zero, inputs=self._kept.symbols)
            return casadi.Function("rest", [self._kept.numbers], [casadi.densify(state)])

        function = self._kept.function("rest", make)
        return np.array(function([*self.numbers.values()])).ravel()

    def _outputs_of(self, wanted: tuple[str, ...] | None = None) -> Outputs:
        """Outputs of states, the numbers of the cell, and what else they depend on (`_output_inputs`)."""

        def make() -> Outputs:
            y = casadi.MX.sym("y", self.built.len_rhs_and_alg)
            free, inputs = self._output_inputs()
            symbols = [y, self._kept.numbers, *free]
            return Outputs(self.model, self.built, self._kept.mesh, symbols, self._kept.symbols | inputs, wanted)

        return self._kept.function(("outputs", wanted), make)

    def _output_inputs(self) -> tuple[list[Any], dict[str, Any]]:
        """Symbols that outputs depend on beside the state, and the model's inputs in terms of them."""
        return [], {}

    @property
    def kept_layout(self) -> tuple[list[str], np.ndarray]:
        """What the components of the states are that a result keeps: name of the variable, and position in it."""
        return self.layout

    def kept_state(self, solution: SegmentSolution) -> np.ndarray:
        """State at the end of a segment, as a result keeps it."""
        return solution.state

    def nodes(self, output: str) -> np.ndarray:
        """Positions (0-1 in the layer) at which an output is given; empty where there is none of this name."""
        return controlled.nodes_of(self.model, self._kept.mesh, output)

    def evaluate(self, states: np.ndarray) -> dict[str, np.ndarray]:
        """Outputs for `states` of shape (state, time), each of shape (size, time) or (time,) for scalars."""
        return self.outputs.at(states, np.array([*self.numbers.values()]))

    def inputs(self, segment: Segment) -> dict[str, float]:
        """PyBaMM inputs for a segment; here the laboratory's current changes sign."""
        # one model for both controls: which one acts is an input, so that no rebuild interrupts a protocol
        by_voltage = segment.control.imposes_voltage
        start, rate = segment.control.start, segment.control.rate
        return {
            controlled.BY_VOLTAGE: float(by_voltage),
            controlled.CURRENT_START: 0.0 if by_voltage else -start,
            controlled.CURRENT_RATE: 0.0 if by_voltage else -rate,
            controlled.VOLTAGE_START: start if by_voltage else 0.0,
            controlled.VOLTAGE_RATE: rate if by_voltage else 0.0,
            controlled.LOW: max(segment.limits.low, -controlled.UNLIMITED),
            controlled.HIGH: min(segment.limits.high, controlled.UNLIMITED),
            controlled.AGAINST: float(segment.against_reference),
            controlled.LEAST: abs(segment.limits.least) or -controlled.UNLIMITED,
            controlled.FORWARD: -np.sign(segment.limits.least),
        }

    def run(self, segment: Segment, state: np.ndarray) -> SegmentSolution:
        """Integrate one segment from a state.

        Raises
        ------
        SimulationError
            Where the integrator fails; ``time`` is counted from the start of the segment.
        """
        times = np.asarray(segment.times)
        try:
            reached, y, termination = self._solve(_ends(segment), times, self.inputs(segment), state)
            if termination == FAILED and (self.model.modal_layers or not reached[-1]):
                # After a jump of the voltage no step of modes, and at a corner of it no first step of a cell that
                # conducts well, may be short enough for the current's error: what rounds the voltage is more than its
                # tolerance. It follows the states by Newton's iteration all the same.
                reached, y, termination = self._solve(_ends(segment), times, self.inputs(segment), state, again=True)
        except pybamm.SolverError as error:
            if BEYOND_AT_ONCE not in str(error):
                raise self._stuck(state, self._rates(segment, state)) from error
            try:
                return self._ended_at_once(segment, state, str(error))
            except pybamm.SolverError:
                raise self._stuck(state, self._rates(segment, state)) from error
        if termination == FAILED:
            moved = y[:, -1] - y[:, -2] if y.shape[1] > 1 else self._rates(segment, state)
            raise self._stuck(y[:, -1], moved, float(reached[-1]))
        limited = "event" in termination
        # the solver returns its own stops, too, and its last time may miss the segment's by a rounding
        keep = np.searchsorted(reached, times[times <= reached[-1] * (1 + 1e-12)]).clip(0, len(reached) - 1)
        # the moment at which a limit ended the segment is a sample, although nobody asked for that time
        # The moment of the event is no output time, but the run ends there.
        keep = np.unique(np.append(keep, len(reached) - 1) if limited else keep)
        return SegmentSolution(reached[keep], self.evaluate(y[:, keep]), y[:, -1], termination if limited else "time")

    def runs(self, segments: Sequence[Segment], state: np.ndarray) -> Iterator[Stretches]:
        """Solutions of segments, each from the state in which the one before it ended."""
        for segment in segments:
            solution = self.run(segment, state)
            state = solution.state
            yield Stretches((solution.times,), solution.outputs, self.kept_state(solution)[None], solution.ended_by)

    def _solve(
        self, stops: np.ndarray, times: np.ndarray, inputs: dict[str, float], state: np.ndarray, again: bool = False
    ) -> tuple[np.ndarray, np.ndarray, str]:
        """Times, states (one column per time) and reason of the end; the solver restarts at every one of `stops`."""
        solution = (self._heedless() if again else self._kept).solve(stops, times, inputs | self.numbers, state)
        y = np.array(solution.y)
        held = self.built.len_rhs
        y[:held, 0] = state[:held]  # the solver interpolates there, too, and misses by a rounding
        return solution.t, y, solution.termination

    def _rates(self, segment: Segment, state: np.ndarray) -> np.ndarray:
        """How fast every unknown wants to change at the start of a segment; what its equation misses if algebraic."""
        parts = (self.built.concatenated_rhs, self.built.concatenated_algebraic)
        given = self.inputs(segment) | self.numbers
        return np.concatenate([np.ravel(part.evaluate(0.0, state[:, np.newaxis], inputs=given)) for part in parts])

    def _stuck(self, state: np.ndarray, moved: np.ndarray, time: float = 0.0) -> SimulationError:
        """The failure in words: when, what moves most there (by its name, the layer or electrode), and what to try."""
        size = np.abs(moved) / (1 + np.abs(state))
        label = self.layout[0][int(np.argmax(np.where(np.isfinite(size), size, np.inf)))]
        return SimulationError(
            f"the solver finds no step at which the equations hold, or needs ever more of them, beyond {time:.6g} s "
            f"from the start of the step; what changes most there is {label!r}. Ask for less (a smaller current, "
            f"voltage or bias), set voltage limits or a shorter duration, or resolve its beginning (an earlier "
            f"first_time).",
            time=time,
        )

    def _ended_at_once(self, segment: Segment, state: np.ndarray, error: str) -> SegmentSolution:
        """A segment whose first voltage lies beyond a limit, as in a dying cell: one sample, and no time passes.

        Where there is no salt for the current that is asked for no such state exists: the sample is the one before.
        """
        depleted = [event.name for event in self.model.events if names.is_exhausted(event.name) and event.name in error]
        if depleted:
            return SegmentSolution(np.zeros(1), self.evaluate(state[:, np.newaxis]), state, f"event: {depleted[0]}")
        # Only the consistent start is wanted, the first column, so what follows it may be short.
        first = min(t for t in segment.times if t > 0)
        # PyBaMM starts nothing that lies beyond an event: without the limits the first step finds the algebraic
        # unknowns, and with them the voltage
        free = replace(segment, duration=first, limits=Limits())
        _, y, termination = self._solve(_ends(free), _ends(free), self.inputs(free), state)
        if termination == FAILED:
            raise pybamm.SolverError(error)
        outputs = self.evaluate(y[:, :1])
        voltage = outputs[names.VOLTAGE][0]
        if segment.against_reference:
            voltage -= outputs[names.NEGATIVE_VOLTAGE][0]
        limit = controlled.HIGHEST if voltage >= segment.limits.high else controlled.LOWEST
        if -outputs[names.CURRENT][0] * np.sign(segment.limits.least) < abs(segment.limits.least):
            limit = controlled.FALLEN
        return SegmentSolution(np.zeros(1), outputs, y[:, 0], f"event: {limit}")


def _ends(segment: Segment) -> np.ndarray:
    """Both ends [s] of a segment."""
    return np.array([0.0, segment.duration])
