"""Integrates a record: many short lines in one solve, with every corner known to the solver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import casadi
import numpy as np
import pybamm

from ..cells import Cell
from ..errors import SimulationError
from ..models import controlled, names
from ..models.recorded import NOW, RecordedCurrent, RecordedVoltage
from ..models.stack import StackModel
from ..protocols import Segment
from .integrator import SOLVER_OPTIONS, Integrator, Stretches, through_layers

#: Duration of a jump over the whole time: SUNDIALS tells times apart that differ by 100 roundings (2.2e-14).
DELAY = 2e-13
#: Lines per solve: after each progress is shown and an interruption acts.
PER_SOLVE = 200
#: Every corner begins anew with short steps, by whose number a record is paid: a tenth of the digits of a single
#: transient saves a fifth of them, and leaves 1e-6 of what the record spans.
RTOL_OF_SPAN = 1e-6


class RecordIntegrator(Integrator):
    """An integrator for stretches of one kind of control without limits, as many as there are.

    Parameters
    ----------
    cell : Cell
    segments : sequence of Segment
    **options
        Those of :class:`Integrator`.
    """

    #: Records of microvolts need the rest.
    atol = 1e-10
    #: Where a record jumps algebraic unknowns do, and no step would be short enough for their error. They follow the
    #: others by Newton's iteration at every step all the same.
    solver_options = SOLVER_OPTIONS | {"suppress_algebraic_error": True}
    #: The record is part of the equations.
    is_kept = False

    def __init__(self, cell: Cell, segments: Sequence[Segment], **options: Any):
        duration = np.array([segment.duration for segment in segments])
        start = np.append(0.0, np.cumsum(duration))
        value = np.array([segment.control.start for segment in segments])
        end = value + np.array([segment.control.rate for segment in segments]) * duration
        # a corner is one where both lines have the same value to rounding, a jump takes a moment
        jumps = np.abs(np.append(value[1:] - end[:-1], 0.0)) > 1e-9 * np.max(np.abs([value, end]))
        self._delay = DELAY * start[-1]
        self._begins = start[:-1] + np.append(0.0, np.where(jumps[:-1], self._delay, 0.0))
        self._ends = start[1:]
        # a sine about a bias is to be right in the sine, which is a small part of every unknown
        values = np.append(value, end)
        self.rtol = RTOL_OF_SPAN * float(np.clip(np.ptp(values) / np.max(np.abs(values), initial=1e-300), 1e-3, 1.0))
        self._by_voltage = segments[0].control.imposes_voltage
        sign = 1.0 if self._by_voltage else -1.0  # the laboratory's current changes sign
        corners = [np.append(self._begins[:1], self._ends), np.append(value[:1], end)]
        self._corners = np.concatenate([corners[0], self._begins[1:][jumps[:-1]]])
        order = np.argsort(self._corners, kind="stable")
        self._corners = self._corners[order]
        self._values = sign * np.concatenate([corners[1], value[1:][jumps[:-1]]])[order]
        super().__init__(cell, **options)

    def _model(self, cell: Cell, **options: Any) -> StackModel:
        kind = RecordedVoltage if self._by_voltage else RecordedCurrent
        return kind(cell, times=self._corners, values=self._values, **options)

    def _output_inputs(self) -> tuple[list[Any], dict[str, Any]]:
        now = casadi.MX.sym("now")
        return [now], {NOW: now, controlled.BY_VOLTAGE: casadi.MX(self._by_voltage)}

    @property
    def kept_layout(self) -> tuple[list[str], np.ndarray]:
        """Layout of the states that a result keeps, the current among them whether it is one here or not."""
        labels, positions = self.layout
        return ([*labels, names.CURRENT_VARIABLE], np.append(positions, np.nan)) if self._adds_current else self.layout

    @property
    def _adds_current(self) -> bool:
        return names.CURRENT_VARIABLE not in self.layout[0]

    def runs(self, segments: Sequence[Segment], state: np.ndarray) -> Iterator[Stretches]:
        """Solutions of all segments from a state, many at a time; see :meth:`Integrator.runs`."""
        for first in range(0, len(segments), PER_SOLVE):
            solved = self._together(segments[first : first + PER_SOLVE], first, state)
            yield solved
            if solved.ended_by != "time":
                return
            state = solved.states[-1, : self.rest_state.size]

    def _together(self, segments: Sequence[Segment], first: int, state: np.ndarray) -> Stretches:
        begins, ends = (edges[first : first + len(segments)] for edges in (self._begins, self._ends))
        sizes = [len(segment.times) for segment in segments]
        samples = np.concatenate([segment.times for segment in segments]) + np.repeat(begins, sizes)
        # to the last digit where a line ends, whatever rounding its own times have added
        last = np.cumsum(sizes) - 1
        samples[last] = ends
        inside = (self._corners >= begins[0]) & (self._corners <= ends[-1])
        inputs = {NOW: 0.0} | ({controlled.BY_VOLTAGE: 1.0} if self._by_voltage else {})
        try:
            reached, y, termination = self._solve(self._corners[inside], np.unique(samples), inputs, state)
        except pybamm.SolverError as error:
            raise SimulationError(str(error), time=0.0) from error
        ended_by = "time"
        if "event" in termination:
            # the moment of the event is a sample, although nobody asked for that time
            ended_by, passed = termination, samples <= reached[-1] * (1 - 1e-12)
            samples = np.append(samples[passed], reached[-1])
            sizes = np.bincount(np.repeat(np.arange(len(sizes)), sizes)[: len(samples)]).tolist()
            last = np.cumsum(sizes) - 1
        where = np.searchsorted(reached, samples * (1 - 1e-15)).clip(0, len(reached) - 1)
        found = self.outputs.at(y, np.array([*self.numbers.values()]), reached[None])
        outputs = {name: value[..., where] for name, value in found.items()}
        times = tuple(np.split(reached[where] - np.repeat(begins[: len(sizes)], sizes), last[:-1] + 1))
        states = y[:, where[last]].T
        if self._adds_current:
            states = np.column_stack([states, through_layers(outputs, self.cell)[last]])
        return Stretches(times, outputs, states, ended_by)
