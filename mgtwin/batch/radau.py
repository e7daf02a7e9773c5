r"""Radau IIA of order 5 for many parameter sets side by side, on one common sequence of steps.

Three collocation points per step, the last at its end (Hairer and Wanner, *Solving Ordinary Differential Equations II*,
2nd ed., Springer 1996, §IV.8): stiffly accurate, so that algebraic equations hold at the end of every step and keep the
order. The stages decouple into one real and one complex system per set in the eigenvectors of the inverse of the
Butcher matrix. The largest error of all sets decides on a step; the estimate is of order 3 and, as the norm of the
states shows, leaves out algebraic unknowns, whose error is that of the states that they follow.

Sets side by side on one sequence of steps are values of one discrete map: their differences are its derivatives,
smooth to rounding, however large the error of each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .collocation import ERROR, MU_COMPLEX, MU_REAL, POLYNOMIAL, TI, C, T
from .elimination import inverses
from .equations import Sets

__all__ = ["March", "Trajectories", "march"]

Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Iterations of Newton's method per step, and steps of it for a consistent start.
ITERATIONS, STARTS = 8, 60
#: A step is tried so often with shorter lengths; then the sets that stopped it are given up.
REJECTIONS = 25
#: Most steps of a segment.
STEPS = 20_000
#: Sets that need so many times as many steps as the median set hold up the others: they are integrated apart.
SLOWER = 2.0
#: Before so many steps nobody is called slow.
TRIAL = 30


@dataclass
class Trajectories:
    """What became of every set in a segment.

    Attributes
    ----------
    states : array, shape (times, unknowns, sets)
        At the output times; NaN after the end of a set.
    ends, final : arrays, shapes (sets,) and (unknowns, sets)
        Time [s] at which every set ended, and its state there.
    ended_by : list of str
        ``"time"`` or ``"event: ..."``.
    failures : dict
        Set -> why it has no result.
    slow : list of int
        Sets that were integrated apart, since they would have held up the others.
    steps : int
    """

    states: Reals
    ends: Reals
    final: Reals
    ended_by: list[str]
    failures: dict[int, str] = field(default_factory=dict)
    slow: list[int] = field(default_factory=list)
    steps: int = 0

    def put(self, where: NDArray[np.intp], part: Trajectories) -> None:
        """Take over what became of some of the sets, which were integrated apart."""
        self.states[:, :, where], self.ends[where], self.final[:, where] = part.states, part.ends, part.final
        for k, ended_by in zip(where.tolist(), part.ended_by, strict=True):
            self.ended_by[k] = ended_by
        self.failures |= {int(where[k]): reason for k, reason in part.failures.items()}


def march(sets: Sets, state: Reals, times: Sequence[float] | Reals, rtol: float, atol: float) -> Trajectories:
    """Integrate all sets over a segment of time, from 0 to the last of its output times.

    Parameters
    ----------
    sets : Sets
    state : array, shape (unknowns, sets)
        States to start from, and guesses of the algebraic unknowns.
    times : sequence of float
        Output times [s], increasing.
    rtol, atol : float
        Relative and absolute tolerance of the states, per step.

    Examples
    --------
    >>> import casadi
    >>> from mgtwin.batch.equations import Equations
    >>> t, y, p = casadi.SX.sym("t"), casadi.SX.sym("y"), casadi.SX.sym("p")
    >>> decay = Equations(casadi.Function("f", [t, y, p], [-p * y]), 1).for_sets(np.array([[1.0, 2.0]]))
    >>> march(decay, np.ones((1, 2)), [0.0, 1.0], 1e-8, 1e-10).final.round(6).tolist()
    [[0.367879, 0.135335]]
    """
    # a set that runs away must not be heard of but by its failure
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        found = March(sets, state, np.asarray(times, dtype=float), rtol, atol).finished()
    if found.slow:
        apart = np.array(found.slow)
        found.put(apart, march(sets.some(apart), state[:, apart], times, rtol, atol))
    return found


class March:
    """Sets on their way through a segment; see `march`."""

    def __init__(self, sets: Sets, state: Reals, times: Reals, rtol: float, atol: float) -> None:
        self._sets, self._times, self._rtol, self._atol = sets, times, rtol, atol
        equations = sets.equations
        self._mass = equations.mass.astype(float)[:, np.newaxis]
        self._held = equations.differential
        number = sets.number
        self.result = Trajectories(
            np.full((times.size, equations.size, number), np.nan),
            np.zeros(number),
            np.array(state, dtype=float),
            ["time"] * number,
        )
        self._active = np.ones(number, dtype=bool)
        self._own = np.zeros(number)  # steps that a set alone would have taken
        self._time = 0.0
        self._state = self.consistent(np.array(state, dtype=float))
        self._rates = sets.rates(0.0, self._state)
        self._entries: Reals | None = None
        self._solvers: tuple[Callable[[Reals], Reals], Callable[[Reals], Reals]] | None = None
        self._polynomial: tuple[float, Reals] | None = None
        self._convergence = 1.0
        self._last_error: tuple[float, float] | None = None

    # -- the start ----------------------------------------------------------------------------------------------------
    def consistent(self, state: Reals) -> Reals:
        """The state with algebraic unknowns that satisfy their equations; sets without any are given up."""
        held, sets = self._held, self._sets
        if held == sets.equations.size:
            return state
        state = state.copy()
        residual = sets.rates(0.0, state)[held:]
        open_ = np.ones(sets.number, dtype=bool)
        damping = np.ones(sets.number)
        for _ in range(STARTS):
            matrices = sets.equations.algebraic(sets.jacobian(0.0, state))
            change = -np.matmul(inverses(matrices), residual.T[:, :, np.newaxis])[:, :, 0].T
            size = self._norm(change, state[held:])
            open_ &= ~(size < 1e-3)
            tried = state.copy()
            tried[held:] += damping * change
            found = sets.rates(0.0, tried)[held:]
            # where a full step leads away, as it may over an exponential, a shorter one does not
            better = np.abs(found).max(axis=0) <= np.abs(residual).max(axis=0)
            taken = better | ~open_ & np.isfinite(found).all(axis=0)
            state[:, taken], residual[:, taken] = tried[:, taken], found[:, taken]
            damping = np.where(better, np.minimum(2 * damping, 1.0), damping / 4)
            if not open_.any():
                break
        self._give_up(open_ | ~np.isfinite(state).all(axis=0), "its start has no solution of the algebraic equations")
        return state

    def _norm(self, change: Reals, at: Reals) -> Reals:
        """Root mean square over unknowns of a change in parts of the tolerance, for every set."""
        scaled = (change / (self._atol + self._rtol * np.abs(at))).reshape(-1, change.shape[-1])
        return np.sqrt(np.einsum("kb,kb->b", scaled, scaled) / len(scaled))

    def _give_up(self, which: Flags, reason: str) -> None:
        for k in np.flatnonzero(which & self._active):
            self.result.failures[int(k)] = f"the integration fails at {self._time:.6g} s: {reason}"
            self.result.final[:, k] = np.nan
            self._active[k] = False

    # -- the way ------------------------------------------------------------------------------------------------------
    def finished(self) -> Trajectories:
        """Go to the end of the segment."""
        result, duration = self.result, float(self._times[-1])
        at_start = self._times == 0.0
        result.states[at_start] = self._state
        self._stop_at_events(0.0, self._state, np.zeros((3, *self._state.shape)))
        length = self._first_step(duration)
        while self._time < duration and self._active.any():
            if result.steps >= STEPS or self._time + length == self._time:
                self._give_up(self._active, f"after {result.steps} steps the next one would be {length:.3g} s")
                break
            length = self._step(length, duration)
            self._put_aside()
        result.final[:, self._active] = self._state[:, self._active]
        result.ends[self._active] = duration
        return result

    def _first_step(self, duration: float) -> float:
        """A first step that is small against the change of every set (Hairer, Norsett and Wanner, §II.4)."""
        held = self._held
        size = self._norm(self._state[:held], self._state[:held])
        speed = self._norm(self._rates[:held], self._state[:held])
        lengths = np.where((size > 1e-5) & (speed > 1e-5), 0.01 * size / speed, 1.0 / speed)
        lengths = lengths[self._active & (lengths > 0)]
        return float(min(lengths.min(initial=np.inf), 1e-3 * duration))

    def _step(self, length: float, duration: float) -> float:
        """Take one step, as long as `length` if that succeeds; returns the length to try next."""
        fresh = self._entries is None
        rejected = 0
        while True:
            left = duration - self._time
            length = left if length > 0.99 * left else length
            if self._entries is None:
                self._entries = self._sets.jacobian(self._time, self._state)
                fresh = True
            if self._solvers is None:
                self._solvers = self._factorised(length)
            increments, unsolved, iterations, rate = self._collocated(length)
            if unsolved.any():
                if fresh:
                    rejected, length = self._shortened(rejected, unsolved, length, 0.25, "Newton's method diverges")
                self._entries = self._solvers = None
                continue
            new = self._state + increments[2]
            error = self._error(increments, length, new, again=rejected > 0 or self._polynomial is None)
            worst = float(error[self._active].max(initial=0.0))
            safety = 0.9 * (2 * ITERATIONS + 1) / (2 * ITERATIONS + iterations)
            if worst > 1:
                shorter = max(0.1, safety * self._factor(length, worst))
                rejected, length = self._shortened(
                    rejected, self._active & (error > 1), length, shorter, "its error stays above the tolerance"
                )
                self._solvers = None
                continue
            break
        self._own += np.clip(error**0.25 / 0.9, 0.1, 1.0)
        factor = min(10.0, safety * self._factor(length, worst))
        self._accept(length, increments, new, left=left)
        self._last_error = length, max(worst, 1e-2)
        if iterations > 2 and rate > 1e-3:
            self._entries = None
        elif factor < 1.2 and length < left:
            return length  # what is factorised serves again
        self._solvers = None
        return length * factor

    def _shortened(self, rejected: int, which: Flags, length: float, factor: float, why: str) -> tuple[int, float]:
        """After so many tries with shorter steps the sets that stop the others are given up."""
        if rejected < REJECTIONS:
            return rejected + 1, length * factor
        self._give_up(which, why)
        return 0, length

    def _factor(self, length: float, error: float) -> float:
        """How much longer the next step may be (Gustafsson's prediction; Hairer and Wanner, eq. (8.25))."""
        if error == 0:
            return 10.0
        ratio = 1.0
        if self._last_error is not None:
            before, last = self._last_error
            ratio = length / before * (last / error) ** 0.25
        return float(min(1.0, ratio) * error**-0.25)

    def _factorised(self, length: float) -> tuple[Callable[[Reals], Reals], Callable[[Reals], Reals]]:
        """Solvers of the real and of the complex system."""
        assert self._entries is not None
        system = self._sets.equations.shifted
        return system(self._entries, MU_REAL / length), system(self._entries, MU_COMPLEX / length)

    def _collocated(self, length: float) -> tuple[Reals, Flags, int, float]:
        """Increments at the collocation points by a simplified Newton iteration, and for which sets there are none."""
        assert self._solvers is not None
        shape = (3, *self._state.shape)
        if self._polynomial is None:
            increments = np.zeros(shape)
        else:
            before, coefficients = self._polynomial
            increments = _at(coefficients, 1 + C * length / before) - coefficients.sum(axis=0)
        transformed = _combined(TI, increments)
        tolerance = max(10 * np.finfo(float).eps / self._rtol, min(0.03, self._rtol**0.5))
        rate, last = max(self._convergence, 1e-16) ** 0.8, None
        for iteration in range(1, ITERATIONS + 1):
            rates = self._sets.stages(self._time + C * length, self._state + increments)
            real, first, second = _combined(TI, rates)
            complex_ = first + 1j * second - MU_COMPLEX / length * self._mass * (transformed[1] + 1j * transformed[2])
            change = np.empty(shape)
            change[0] = self._solvers[0](real - MU_REAL / length * self._mass * transformed[0])
            found = self._solvers[1](complex_)
            change[1], change[2] = found.real, found.imag
            transformed = transformed + change
            increments = _combined(T, transformed)
            sizes = self._norm(change, self._state)
            sizes = np.where(self._active, np.where(np.isfinite(sizes), sizes, np.inf), 0.0)
            size = float(sizes.max())
            if last is not None:
                rate = size / last
                if not rate < 1 or rate ** (ITERATIONS - iteration) / (1 - rate) * size > tolerance:
                    break
            elif not np.isfinite(size):
                break
            if size == 0 or (rate < 1 and rate / (1 - rate) * size < tolerance):
                self._convergence = rate
                return increments, np.zeros(sizes.size, dtype=bool), iteration, rate
            last = size
        self._convergence = 1.0
        # those that contribute to the failure: within a factor of ten of the worst
        return increments, self._active & ~(sizes < 0.1 * size), ITERATIONS, 1.0

    def _error(self, increments: Reals, length: float, new: Reals, again: bool) -> Reals:
        """Estimated error of the states in parts of the tolerance, for every set."""
        assert self._solvers is not None
        held = self._held
        embedded = self._mass * _combined(ERROR, increments) / length
        size = np.maximum(np.abs(self._state[:held]), np.abs(new[:held]))
        error = self._solvers[0](self._rates + embedded)
        found = self._norm(error[:held], size)
        # filtered once more where stiff components of a start that is no solution would reject it for ever
        if again and (found[self._active] > 1).any():
            error = self._solvers[0](self._sets.rates(self._time, self._state + error) + embedded)
            found = self._norm(error[:held], size)
        return np.where(np.isfinite(found), found, np.inf)

    def _accept(self, length: float, increments: Reals, new: Reals, left: float) -> None:
        """Go on to the end of the step, with the outputs in it and an end for those that met an event."""
        before, start = self._time, self._state
        self._time = float(self._times[-1]) if length == left else before + length
        coefficients = _combined(POLYNOMIAL, increments)
        inside = np.flatnonzero((self._times > before) & (self._times <= self._time))
        if inside.size:
            found = start + _at(coefficients, (self._times[inside] - before) / length)
            self.result.states[inside] = np.where(self._active, found, np.nan)
        self._stop_at_events(length, new, coefficients, start, before)
        self._state = np.where(self._active, new, start)
        self._polynomial = length, coefficients
        self._rates = self._sets.rates(self._time, self._state)
        self.result.steps += 1

    def _stop_at_events(
        self, length: float, new: Reals, coefficients: Reals, start: Reals | None = None, before: float = 0.0
    ) -> None:
        """End the sets in which an event has happened, at the moment that the collocation polynomial tells."""
        events, result = self._sets.events, self.result
        found = events(self._time, new)
        if found is None or not (met := self._active & (found <= 0).any(axis=0)).any():
            return
        low, high = np.zeros(met.size), np.ones(met.size)
        start = new if start is None else start
        state = new
        for _ in range(50 if length > 0 else 0):
            middle = (low + high) / 2
            state = start + np.einsum("knb,kb->nb", coefficients, middle ** np.arange(1, 4)[:, np.newaxis])
            past = (np.asarray(events(before + middle * length, state)) <= 0).any(axis=0)
            low, high = np.where(past, low, middle), np.where(past, middle, high)
        reached = before + high * length
        which = np.asarray(events(reached, state)).argmin(axis=0)
        for k in np.flatnonzero(met):
            result.ended_by[k] = f"event: {self._sets.equations.names[which[k]]}"
            result.ends[k] = reached[k]
            result.final[:, k] = state[:, k]
            result.states[self._times > reached[k], :, k] = np.nan
            self._active[k] = False

    def _put_aside(self) -> None:
        """Take out the sets that need far more steps than the others."""
        steps = self.result.steps
        if steps < TRIAL or steps % 10 or not self._active.any():
            return
        usual = float(np.median(self._own[self._active]))
        if steps > SLOWER * usual:
            slow = self._active & (self._own > SLOWER * usual)
            self.result.slow += np.flatnonzero(slow).tolist()
            self._active[slow] = False


def _combined(weights: Reals, parts: Reals) -> Reals:
    """Linear combinations over the first axis."""
    return (weights @ parts.reshape(len(parts), -1)).reshape(*weights.shape[:-1], *parts.shape[1:])


def _at(coefficients: Reals, positions: Reals) -> Reals:
    """The polynomial of a step, without its value at the start, at positions in parts of the step."""
    return _combined(positions[:, np.newaxis] ** np.arange(1, 4), coefficients)
