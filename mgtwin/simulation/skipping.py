"""Cycle skipping: ageing states are carried over many cycles from a few that are resolved (theory.md §7).

Once what relaxes within a cycle has done so, the end of a cycle is a smooth function of its number n, and so is the
increment g(n) of the ageing states z. From g measured before and after a jump over M cycles,

    z(n + M) = z(n) + sum of g over the skipped cycles, g linear in n in between,

a predictor-corrector pair of second order in the number of the cycle (Heun, with the predictor of Adams). The slope of
g is predicted from the jump before, two cycles are integrated from there (the first relaxes, the second gives g), and
the slope is corrected. What the correction amounts to is the error estimate; it falls with the cube of the jump.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.interpolate import PchipInterpolator

from ..cells import Cell
from ..errors import SimulationError
from ..models import names
from ..models.modes import modal_table
from ..protocols import Cycling
from ..protocols.cycling import MOST_POINTS
from .cycle_integrator import Passage
from .cycle_table import SCALARS, Record
from .cycling_run import CyclingRun

#: Cycles resolved after a jump: one to relax, one to measure.
PAIR = 2
#: Cycles of the first jump, and the most and the least by which jumps grow from one to the next.
FIRST_JUMP, GROWTH, SHRINKAGE = 4, 3.0, 0.2
SAFETY = 0.9
#: Disturbance of a state, relative to the cell's voltage, by which it is seen how long states remember, and the part of
#: it that counts as forgotten after a pair of cycles.
DISTURBANCE, FORGOTTEN = 1e-3, 0.1
#: Row of a cycle that was left out, until those around it are known.
UNKNOWN = np.empty(0)


class SkippingRun(CyclingRun):
    """A cell while it is cycled, with cycles left out; see :class:`~mgtwin.protocols.CycleSkipping`."""

    def __init__(self, cell: Cell, protocol: Cycling, *more: Any):
        super().__init__(cell, protocol, *more)
        assert protocol.skipping is not None
        self._settings = protocol.skipping
        self._settled = False
        self._choose_slow(np.zeros(0, dtype=int))
        self._increment: np.ndarray | None = None
        self._slope: np.ndarray | None = None
        self._jump = float(FIRST_JUMP)
        self._rejected = 0
        self._points = 0

    def _choose_slow(self, remembering: np.ndarray) -> None:
        """Which states are predicted and checked: those that age, and others that remember what they were."""
        labels = np.asarray(self.integrator.layout[0])
        ageing = np.flatnonzero(np.isin(labels, list(self.integrator.model.ageing_states)))
        self._slow = np.union1d(ageing, remembering)
        self._ages = np.isin(self._slow, ageing)
        self._is_voltage = np.array([names.is_voltage(label) for label in labels[self._slow]], dtype=bool) & ~self._ages

    def _find_slow(self, state: np.ndarray) -> None:
        """See which states remember a disturbance for longer than the cycles resolved between jumps.

        A capacitor or a salt profile that needs hundreds of cycles to settle changes from cycle to cycle just as a
        contact does, and has to be predicted like one. What forgets within a pair of cycles follows by itself.
        """
        labels, positions = self.integrator.layout
        rates = self.integrator.built.len_rhs
        others = ~np.isin(np.asarray(labels)[:rates], list(self.integrator.model.ageing_states))
        # a profile is tilted, not lifted: its mean may be an amount that nothing brings back, and need not be
        shape = np.where(np.isnan(positions), 1.0, 2 * np.nan_to_num(positions) - 1)
        for label in set(labels):
            if modes := names.modes_of(label):
                shape[np.asarray(labels) == label] = modal_table(*modes[1:]).amplitudes(lambda x: 2 * x - 1, 0.0)
        shape = shape[:rates] * others
        size = DISTURBANCE * max(self._voltage, DISTURBANCE)
        disturbed = state.copy()
        disturbed[:rates] += size * shape
        ends = [self._pair(start, self.number)[0][-1][-1].solution.state[:rates] for start in (state, disturbed)]
        self._rejected += 2 * PAIR
        self._choose_slow(np.flatnonzero(others & (np.abs(ends[1] - ends[0]) > FORGOTTEN * size)))
        self._settled = True

    # -- going on --------------------------------------------------------------------------------------------------
    def advance(self) -> None:
        """Jump and resolve two cycles, or resolve two where there is nothing to jump from or no room to jump.

        A jump whose error is too large leaves everything as it was, but for the length of the next attempt.

        Raises
        ------
        SimulationError
            Where the integrator fails in cycles that follow each other; a failure after a jump shortens the jump.
        """
        # the pair that is resolved after a jump has to end exactly where a spectrum or the run does
        room = self._end_of_next_jump() + 1 - PAIR - self.number
        jump = int(min(self._jump, self._settings.longest, room))
        if self._increment is None or self.reached.limited or jump < 1:
            return self._resolve()
        slope = np.zeros_like(self._increment) if self._slope is None else self._slope
        grown = jump * (jump + 1) / 2  # what a slope of the increment adds up to
        predicted = self.reached.state.copy()
        predicted[self._slow] += jump * self._increment + grown * slope
        try:
            # the predicted state may be one that the cell cannot be in: that, too, only says the jump was too long
            cycles, increments = self._pair(predicted, self.number + jump)
        except SimulationError:
            cycles = []
        whole = len(cycles) == PAIR and not any(p.cut_short for cycle in cycles for p in cycle)
        if not whole or np.any(predicted[self._slow][self._ages] < 0):
            self._rejected += len(cycles)
            self._jump = jump / 2
            return None
        # the slope of g that joins the increments measured on both sides of the jump
        corrected = (increments[-1] - self._increment) / (jump + PAIR)
        correction = np.zeros_like(self.reached.state)
        correction[self._slow] = grown * (corrected - slope)
        error = self._in_tolerances(correction[self._slow], predicted)
        if error > 1:
            self._rejected += len(cycles)
            self._jump = jump * self._factor(error)  # below 1 nothing is skipped
            return None
        self.note(cycles, self._skipped(jump), correction)
        factor, self._slope = self._factor(error), corrected
        self._choose_next_jump(increments, predicted, jump * factor)
        self._thin(cycles)
        return None

    def _end_of_next_jump(self) -> int:
        """Number of the next cycle that must be the last one of a pair: the last of all, or one with a spectrum."""
        last = self.protocol.numbers[-1]
        if self.protocol.probe is None:
            return last
        return min((self.number // self.protocol.every + 1) * self.protocol.every - 1, last)

    def _resolve(self) -> None:
        """Integrate the next two cycles, or fewer where a spectrum or the end comes first."""
        if not self._settled and self.records and not self.reached.limited:
            self._find_slow(self.reached.state)
            self._increment = None
        count = 1 if self.reached.limited else min(PAIR, self._end_of_next_jump() + 1 - self.number)
        initial, before = self.reached.state, self._increment
        finished = self.resolve(count)
        increments = ([] if before is None else [before]) + self._increments(initial, finished)
        if self.reached.limited or self.reached.ended or len(increments) < PAIR:
            self._increment = None if self.reached.limited or not increments else increments[-1]
            self._slope = None
            return
        self._choose_next_jump(
            increments[-PAIR:], self.reached.state, FIRST_JUMP if before is None else max(self._jump, 1.0) * GROWTH
        )

    def _pair(self, state: np.ndarray, number: int) -> tuple[list[list[Passage]], list[np.ndarray]]:
        """Two cycles from a state, and the increments of the slow states in each."""
        segments = [self.protocol.one_cycle(self.cell, number + k) for k in range(PAIR)]
        cycles = list(self.integrator.cycles(segments, state, self._is_traced, one_by_one=False))
        return cycles, self._increments(state, cycles)

    def _increments(self, state: np.ndarray, cycles: list[list[Passage]]) -> list[np.ndarray]:
        """Change of the slow states in each of some cycles that start from a state."""
        ends = [state[self._slow], *(cycle[-1].solution.state[self._slow] for cycle in cycles)]
        return list(np.diff(ends, axis=0))

    def _choose_next_jump(self, increments: list[np.ndarray], state: np.ndarray, jump: float) -> None:
        """Remember the last increment, and how far it carries: not far while one cycle still differs from the next.

        Be it that something has not relaxed yet, then the increment is wrong by that difference in every cycle skipped,
        or that ageing itself changes so fast, then the error grows with the square of their number.
        """
        # what two neighbouring increments differ by, beyond the slope that is known, is error in every cycle skipped
        expected = 0.0 if self._slope is None else self._slope
        change = max(self._in_tolerances(increments[-1] - increments[-2] - expected, state), 1e-12)
        self._increment = increments[-1]
        self._jump = min(jump, 1 / change, np.inf if self._slope is not None else SAFETY * float(np.sqrt(2 / change)))

    @property
    def _voltage(self) -> float:
        """Largest voltage [V] at the end of a half cycle of the last cycle that was resolved."""
        known = [record.row for record in self.records[: self.reached.cycles] if record.resolved]
        ends = (
            [abs(known[-1][SCALARS.index(name)]) for name in ("deposition_voltage", "dissolution_voltage")]
            if known
            else []
        )
        return float(np.nanmax([0.0, *ends]))

    def _in_tolerances(self, change: np.ndarray, state: np.ndarray) -> float:
        """Largest change of a state over what is tolerated: of itself, or of the cell's voltage if it is one."""
        scale = np.maximum(np.abs(self.reached.state[self._slow]), np.abs(state[self._slow]))
        whole = np.where(self._is_voltage, self._voltage, 1.0)  # a concentration is relative, a field in V/m
        scale = np.where(self._ages, scale, np.maximum(scale, whole))
        relative = np.divide(np.abs(change), scale, out=np.zeros_like(scale), where=scale > 0)
        return float(np.max(relative, initial=0.0)) / float(self._settings.rtol)

    def _factor(self, error: float) -> float:
        """How much longer the next jump may be: the error grows with its cube, with its square without a slope."""
        order = 2 if self._slope is None else 3
        return float(np.clip(SAFETY / max(error, 1e-12) ** (1 / order), SHRINKAGE, GROWTH))

    # -- results ---------------------------------------------------------------------------------------------------
    def _skipped(self, number: int) -> list[Record]:
        """Records of cycles left out: their rows are filled in when the cycles around them are known."""
        period = sum(segment.duration for segment in self.protocol.one_cycle(self.cell))
        starts = self.reached.elapsed + period * np.arange(number)
        return [
            Record(self.number + k, UNKNOWN, float(start), float(start + period), resolved=False)
            for k, start in enumerate(starts)
        ]

    def rows(self) -> np.ndarray:
        """The summary, one row per cycle; those of skipped cycles are interpolated, monotone, between resolved ones."""
        done = self.done
        resolved = np.array([record.resolved for record in done])
        numbers = np.array([record.number for record in done])
        known = np.array([record.row for record in done if record.resolved])
        rows = np.empty((len(done), known.shape[1]))
        rows[resolved] = known
        if not resolved.all():
            whole = np.isfinite(known).all(axis=1)  # all but a last cycle that ended the run
            rows[~resolved] = PchipInterpolator(numbers[resolved][whole], known[whole])(numbers[~resolved])
        return rows

    @property
    def how(self) -> str:
        """How cycles were integrated, for the attribute `route`."""
        resolved = sum(record.resolved for record in self.done)
        more = f" and {self._rejected} more tried" if self._rejected else ""
        return f"{resolved} of {len(self.done)} cycles resolved{more}"

    def _is_traced(self, number: int) -> bool:
        return self.protocol.traces is None or number in self.traced

    def _thin(self, cycles: list[list[Passage]]) -> None:
        """Where traces were left to the run: drop every other one as soon as there are too many points."""
        if self.protocol.traces is not None:
            return
        self._points += sum(passage.solution.times.size for cycle in cycles for passage in cycle)
        if self._points > MOST_POINTS:
            traced = [k for k, record in enumerate(self.records) if record.traces]
            for k in traced[1:-1:2]:
                self.records[k] = replace(self.records[k], traces=())
            self._points = sum(p.solution.times.size for record in self.records for p in record.traces)
