"""The equations of a discretised model for many parameter sets at once, by the CasADi functions of the model itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import casadi
import numpy as np
import pybamm
from numpy.typing import NDArray

from .elimination import Elimination

__all__ = ["Equations"]

Reals = NDArray[np.float64]


class Equations:
    r"""Semi-explicit equations :math:`M\dot y = f(t, y, p)` with :math:`M = \mathrm{diag}(1, 0)`, and what ends a run.

    Parameters
    ----------
    rates : casadi.Function
        f of (t, y, p): the rates of the states first, then the residuals of the algebraic equations.
    differential : int
        How many of the unknowns are states.
    events : casadi.Function, optional
        Numbers of (t, y, p) that are positive until an event happens.
    names : sequence of str
        What the events are called.
    """

    def __init__(
        self,
        rates: casadi.Function,
        differential: int,
        events: casadi.Function | None = None,
        names: Sequence[str] = (),
    ) -> None:
        self.size, self.differential = rates.size1_out(0), differential
        self.names = tuple(names)
        #: Which unknowns have a rate: the diagonal of the mass matrix.
        self.mass = np.arange(self.size) < differential
        t, y, p = (casadi.SX.sym(name, rates.size1_in(k)) for k, name in enumerate("typ"))
        # each common part once: the numbers of a layer stand in the equations of all its unknowns
        f = casadi.cse(rates(t, y, p))
        jacobian = casadi.jacobian(f, y)
        entries = casadi.cse(jacobian.nz[:])
        rows, columns = (np.array(part, dtype=np.intp) for part in jacobian.sparsity().get_triplet())
        self.elimination = Elimination(rows, columns, self.mass)
        within = (rows >= differential) & (columns >= differential)
        self._algebraic = rows[within] - differential, columns[within] - differential, np.flatnonzero(within)
        #: Entries of the Jacobian that move with the state, and equations that are straight lines in it.
        self.moving = np.array(casadi.which_depends(entries, casadi.vertcat(t, y), 1, True), dtype=bool)[: rows.size]
        self.straight = ~np.array(casadi.which_depends(f, t, 1, True), dtype=bool)
        self.straight[rows[self.moving]] = False
        inside = np.flatnonzero(self.straight[rows])
        order = inside[np.argsort(rows[inside], kind="stable")]
        #: Of these lines: numbers of their entries row by row, the unknowns that they multiply, where each row begins,
        #: and which rows have any entries.
        self.lines = order, columns[order], *np.unique(rows[order], return_index=True)[::-1]
        one, row = casadi.vertsplit(entries) if rows.size else [], casadi.vertsplit(casadi.densify(f))
        parts = {
            "moving": [one[k] for k in np.flatnonzero(self.moving)],
            "bent": [row[k] for k in np.flatnonzero(~self.straight)],
            "fixed": [*(one[k] for k in np.flatnonzero(~self.moving)), *row],
        }
        #: Functions of (t, y, p): what has to be evaluated at every state, and what once for a set, at the state 0.
        self.functions = {
            name: casadi.Function(name, [t, y, p], [casadi.cse(casadi.vertcat(casadi.SX(0, 1), *part))])
            for name, part in parts.items()
        }
        self.events = events

    @classmethod
    def of(cls, model: pybamm.BaseModel, parameters: Sequence[str], events: bool = True) -> Equations:
        """The equations of a discretised PyBaMM model, with these inputs as parameters, in this order."""
        t, y, p = (
            casadi.MX.sym(name, size) for name, size in (("t", 1), ("y", model.len_rhs_and_alg), ("p", len(parameters)))
        )
        inputs = {name: p[k] for k, name in enumerate(parameters)}

        def function(parts: Sequence[pybamm.Symbol]) -> casadi.Function:
            found = [casadi.densify(part.to_casadi(t=t, y=y, inputs=inputs)) for part in parts]
            # as scalars: a graph of matrix operations costs several times more per call, and its Jacobian far more
            return casadi.Function("found", [t, y, p], [casadi.vertcat(*found)]).expand()

        equations = [model.concatenated_rhs, *([model.concatenated_algebraic] if model.len_alg else [])]
        wanted = list(model.events) if events else []
        return cls(
            function(equations),
            model.len_rhs,
            function([event.expression for event in wanted]) if wanted else None,
            [event.name for event in wanted],
        )

    def algebraic(self, entries: Reals) -> Reals:
        """Jacobian of the algebraic equations by the algebraic unknowns, shape (sets, equations, unknowns)."""
        rows, columns, places = self._algebraic
        size = self.size - self.differential
        found = np.zeros((entries.shape[1], size, size))
        found[:, rows, columns] = entries[places].T
        return found

    def shifted(self, entries: Reals, shift: complex) -> Callable[[NDArray[Any]], NDArray[Any]]:
        """Solver of ``(shift M - J) x = b`` with the entries of J, shape (entries, sets)."""
        matrix = np.zeros((self.elimination.places, entries.shape[1]), dtype=type(shift))
        matrix[: entries.shape[0]] = -entries
        matrix[self.elimination.diagonal[self.mass]] += shift
        return self.elimination.factorised(matrix)

    def for_sets(self, parameters: Reals, events: bool = True) -> Sets:
        """The equations with values of the parameters, shape (parameters, sets); without `events` none is heeded."""
        return Sets(self, parameters, events)


class Sets:
    """Equations at the parameters of several sets; unknowns have the shape (unknowns, sets)."""

    def __init__(self, equations: Equations, parameters: Reals, events: bool) -> None:
        self.equations, heeded = equations, equations.events if events else None
        self.number = parameters.shape[1]
        self._parameters = np.array(parameters.T, order="C", dtype=float)
        once, thrice = (_Places(self._parameters, equations.size, count) for count in (1, 3))
        self._moving = once.evaluator(equations.functions["moving"])
        self._bent, self._bent_stages = (places.evaluator(equations.functions["bent"]) for places in (once, thrice))
        self._events = None if heeded is None else once.evaluator(heeded)
        at_zero = np.zeros((1, equations.size, self.number))
        fixed = once.evaluator(equations.functions["fixed"])(np.zeros((1, 1)), at_zero)[0]
        number = np.count_nonzero(~equations.moving)
        self._entries = np.zeros((equations.moving.size, self.number))
        self._entries[~equations.moving] = fixed[:number]
        self._offsets = fixed[number:]

    def some(self, which: NDArray[np.intp]) -> Sets:
        """Some of the sets."""
        return Sets(self.equations, self._parameters[which].T, self._events is not None)

    def rates(self, time: float, state: Reals) -> Reals:
        """f, shape (unknowns, sets)."""
        return self._with_lines(state[np.newaxis], self._bent(np.full((1, 1), time), state[np.newaxis]))[0]

    def stages(self, times: Reals, states: Reals) -> Reals:
        """f at three times, of states of shape (3, unknowns, sets), in one call."""
        return self._with_lines(states, self._bent_stages(times[:, np.newaxis], states))

    def _with_lines(self, states: Reals, bent: Reals) -> Reals:
        """f, of which straight lines follow from their entries: most equations of a stack, and several times faster."""
        straight = self.equations.straight
        entries, unknowns, begin, rows = self.equations.lines
        found = np.repeat(self._offsets[np.newaxis], len(states), axis=0)
        found[:, ~straight] = bent
        if entries.size:
            found[:, rows] += np.add.reduceat(self._entries[entries] * states[:, unknowns], begin, axis=1)
        return found

    def jacobian(self, time: float, state: Reals) -> Reals:
        """Entries of the Jacobian of f, shape (entries, sets)."""
        found = self._entries.copy()
        found[self.equations.moving] = self._moving(np.full((1, 1), time), state[np.newaxis])[0]
        return found

    def events(self, times: float | Reals, state: Reals) -> Reals | None:
        """The events, at one time or one for each set; None where there are none."""
        return None if self._events is None else self._events(np.atleast_2d(times), state[np.newaxis])[0]


class _Places:
    """Memory from which CasADi reads times, states and parameters of all sets, for several states of each at once."""

    def __init__(self, parameters: Reals, unknowns: int, count: int) -> None:
        sets = len(parameters)
        self._time, self._state = np.zeros((count, sets)), np.zeros((count, sets, unknowns))
        self._parameters = np.repeat(parameters[np.newaxis], count, axis=0)
        self._kept: list[Any] = []  # CasADi's buffers keep neither their functions nor themselves alive

    def evaluator(self, function: casadi.Function) -> Callable[[Reals, Reals], Reals]:
        """A function of (t, y), of shapes (count, sets or 1) and (count, unknowns, sets), without any conversion."""
        count, sets = self._time.shape
        mapped = function.map(count * sets)
        buffer: Any
        buffer, evaluate = mapped.buffer()
        result: Reals = np.zeros((count, sets, function.size1_out(0)))
        flat: list[Any] = [item.reshape(-1) for item in (self._time, self._state, self._parameters, result)]
        for k, array in enumerate(flat[:3]):
            buffer.set_arg(k, memoryview(array))
        buffer.set_res(0, memoryview(flat[3]))
        self._kept.append((mapped, buffer))

        def evaluated(time: Reals, state: Reals) -> Reals:
            self._time[:] = time
            self._state[:] = state.transpose(0, 2, 1)
            evaluate()
            return result.transpose(0, 2, 1).copy(order="C")

        return evaluated
