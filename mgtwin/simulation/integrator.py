"""Integrates one stretch after another with one discretised model and one solver."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import casadi
import numpy as np
import pybamm

from ..cells import Cell
from ..errors import SimulationError
from ..models import controlled, names
from ..models.controlled import ControlledStack
from ..models.stack import DEFAULT_WINDOW
from ..protocols import Limits, Segment, VoltageRamp

RTOL, ATOL = 1e-7, 1e-10
#: Every stretch begins with a jump of the control: the integrator has to be allowed to find its first step.
SOLVER_OPTIONS = {"max_num_steps": 100_000, "max_error_test_failures": 100, "max_convergence_failures": 100}
#: How PyBaMM's error begins to speak of an event that has happened before the first step.
BEYOND_AT_ONCE = "non-positive at initial conditions"


@dataclass(frozen=True)
class Stretch:
    """Result of one segment: output times [s], named outputs (rows over time), the state reached, and why it ended."""

    times: np.ndarray
    outputs: Mapping[str, np.ndarray]
    state: np.ndarray
    ended_by: str


class Integrator:
    """A cell, discretised once, that integrates stretches of time under current or voltage control.

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
    """

    def __init__(
        self,
        cell: Cell,
        *,
        f_max: float,
        dielectric: bool | Collection[str],
        cpe_window: tuple[float, float] = DEFAULT_WINDOW,
        ages: bool = True,
    ):
        self.cell = cell
        self.model = ControlledStack(cell, f_max=f_max, dielectric=dielectric, cpe_window=cpe_window, ages=ages)
        self.built, mesh = controlled.discretise(self.model)
        size = self.built.len_rhs_and_alg
        self.rest_state = np.asarray(self.built.concatenated_initial_conditions.evaluate(0, inputs={})).ravel()
        self._solver = pybamm.IDAKLUSolver(rtol=RTOL, atol=ATOL, options=SOLVER_OPTIONS)
        self.output_names = [name for name in self.model.variables if name not in (names.TIME, names.BATTERY_VOLTAGE)]
        self.layout = controlled.state_layout(self.built, mesh)
        self._output_sizes: list[int] = []
        self._outputs = self._output_function(size)

    def _output_function(self, size: int) -> casadi.Function:
        """All outputs as one compiled function of the state, so that a whole trace is evaluated in one call."""
        y = casadi.MX.sym("y", size)
        parts = []
        for name in self.output_names:
            symbol = self.built.get_processed_variable(name)
            part = symbol.to_casadi(t=casadi.MX(0), y=y, inputs={})
            parts.append(casadi.densify(part))
            self._output_sizes.append(part.numel())
        return casadi.Function("outputs", [y], [casadi.vertcat(*parts)])

    def nodes(self, variable: str) -> np.ndarray:
        """Positions (0-1 in the layer) of the nodes of a state variable; empty where there is none."""
        labels, positions = self.layout
        return positions[np.array(labels) == variable]

    def evaluate(self, states: np.ndarray) -> dict[str, np.ndarray]:
        """Outputs for `states` of shape (state, time), each of shape (size, time) or (time,) for scalars."""
        values = np.array(self._outputs.map(states.shape[1])(states))
        edges = np.cumsum(self._output_sizes)[:-1]
        return {
            name: block[0] if len(block) == 1 else block
            for name, block in zip(self.output_names, np.split(values, edges), strict=True)
        }

    def inputs(self, segment: Segment) -> dict[str, Any]:
        """PyBaMM inputs for a segment; here the laboratory's current changes sign."""
        by_voltage = isinstance(segment.control, VoltageRamp)
        start, rate = segment.control.start, segment.control.rate
        return {
            controlled.BY_VOLTAGE: float(by_voltage),
            controlled.CURRENT_START: 0.0 if by_voltage else -start,
            controlled.CURRENT_RATE: 0.0 if by_voltage else -rate,
            controlled.VOLTAGE_START: start if by_voltage else 0.0,
            controlled.VOLTAGE_RATE: rate if by_voltage else 0.0,
            controlled.LOW: max(segment.limits.low, -controlled.UNLIMITED),
            controlled.HIGH: min(segment.limits.high, controlled.UNLIMITED),
        }

    def run(self, segment: Segment, state: np.ndarray) -> Stretch:
        """Integrate one segment from a state.

        Raises
        ------
        SimulationError
            Where the integrator fails; ``time`` is counted from the start of the stretch.
        """
        times = np.asarray(segment.times)
        try:
            reached, y, termination = self._solve(segment, times, state)
        except pybamm.SolverError as error:
            if BEYOND_AT_ONCE in str(error):
                return self._ended_at_once(segment, state, str(error))
            raise SimulationError(str(error), time=0.0) from error
        limited = "event" in termination
        keep = np.searchsorted(reached, times[times <= reached[-1] * (1 + 1e-12)]).clip(0, len(reached) - 1)
        keep = np.unique(np.append(keep, len(reached) - 1) if limited else keep)
        return Stretch(reached[keep], self.evaluate(y[:, keep]), y[:, -1], termination if limited else "time")

    def _solve(self, segment: Segment, times: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray, str]:
        """Times, states (one column per time) and reason of the end of a segment."""
        self.built.concatenated_initial_conditions = pybamm.Vector(state)
        with quiet_pybamm():
            solution = self._solver.solve(
                self.built,
                t_eval=np.array([0.0, segment.duration]),
                t_interp=times,
                inputs=self.inputs(segment),
            )
        y = solution.y
        return solution.t, y.full() if hasattr(y, "full") else y, solution.termination

    def _ended_at_once(self, segment: Segment, state: np.ndarray, error: str) -> Stretch:
        """A segment whose first voltage lies beyond a limit, as in a dying cell: one sample, and no time passes.

        Where there is no salt for the current that is asked for no such state exists: the sample is the one before.
        """
        depleted = [event.name for event in self.model.events if names.is_depletion(event.name) and event.name in error]
        if depleted:
            return Stretch(np.zeros(1), self.evaluate(state[:, np.newaxis]), state, f"event: {depleted[0]}")
        first = min(t for t in segment.times if t > 0)
        free = replace(segment, duration=first, limits=Limits())
        _, y, _ = self._solve(free, np.array([0.0, first]), state)
        outputs = self.evaluate(y[:, :1])
        limit = "highest" if outputs[names.VOLTAGE][0] >= segment.limits.high else "lowest"
        return Stretch(np.zeros(1), outputs, y[:, 0], f"event: {limit} voltage")


class quiet_pybamm:
    """Silences PyBaMM's log and its warnings about what is checked here anyway."""

    def __enter__(self) -> None:
        self._level = pybamm.logger.level
        pybamm.logger.setLevel(logging.ERROR)
        self._catcher = warnings.catch_warnings()
        self._catcher.__enter__()
        warnings.simplefilter("ignore")

    def __exit__(self, *details: Any) -> None:
        self._catcher.__exit__(*details)
        pybamm.logger.setLevel(self._level)
