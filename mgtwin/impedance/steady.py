r"""Steady states of a discretised cell under a bias, and how they move with its parameters.

With the row of the control (V or I imposed) in place of the current's own, a steady state solves F(y*, p) = 0. Where
the cell conserves a charge Q while it settles (:mod:`mgtwin.impedance.conserved`) these equations are singular, and
:math:`Q(y^*, p) = Q(y_0, p)` says from which state it started. Differentiated,

.. math:: F_y\,dy^* = -F_p\,dp, \qquad Q_y\,dy^* = dQ(y_0, p) - Q_p(y^*)\,dp .
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import bmat, csc_matrix, csr_matrix, diags
from scipy.sparse.linalg import splu

from ..cells.constriction import Spots, contact_fraction
from ..cells.reader import Reader
from ..errors import InputError, SimulationError
from .adjoint import no_derivative
from .conserved import ConservedCharge, capacitor_path, conserved_charges
from .linearise import LinearisedStack
from .shifts import forces_by_input

__all__ = ["SteadyState"]

#: Largest residual of the linear equations of a step, relative to the size of their terms.
TOLERANCE = 1e-6
#: Largest step of an unknown, relative to 1 and to itself, at which Newton's iteration has converged.
CONVERGED = 1e-9
#: The same where rounding lets no later step be shorter: the error is that of the step squared, or of rounding.
NEARLY = 1e-6
ITERATIONS = 60
#: Corrections that are worked out in all, raising the bias included, before a steady state counts as not found.
MOST_CORRECTIONS = 5000
#: Shortest step of Newton's iteration, relative to its own, before it is given up.
SHORTEST = 1e-4
#: Distance of a neighbouring steady state: [V] where the voltage is imposed, relative to an imposed current.
NEIGHBOUR = 1e-4
#: Change of the current, relative to what the resistance at high frequency would let pass, that is rounding.
NO_CURRENT = 1e-9
#: Difference of two steady currents, relative to them, that is rounding.
ROUNDING = 1e-6
#: First and smallest part of the bias by which it is raised where Newton's iteration needs that.
FIRST_STEP, SMALLEST_STEP = 0.1, 1e-4


class SteadyState:
    """The steady state of a discretised cell under an imposed voltage or current.

    Parameters
    ----------
    stack : LinearisedStack
    origin : ndarray, shape (n,)
        State from which the cell settles.
    voltage, current : float, optional
        What is imposed, one of them, in the laboratory's sign [V, A].
    inputs : mapping, optional
        Values of the stack's inputs, by default those of the cell.

    Raises
    ------
    InputError
        As `conserved_charges`.

    Examples
    --------
    >>> import mgtwin as mt
    >>> stack = LinearisedStack(mt.cell("trilayer"), f_max=1e3, inputs=["layers.antiperovskite.thickness"])
    >>> bias = SteadyState(stack, stack.rest_state(), current=1e-6)
    >>> state = bias.converged(stack.rest_state())
    >>> bias.shift(state, 0.0).shape == (state.size, 1)
    True
    """

    def __init__(
        self,
        stack: LinearisedStack,
        origin: NDArray[np.float64],
        *,
        voltage: float | None = None,
        current: float | None = None,
        inputs: Mapping[str, float] | None = None,
    ):
        if (voltage is None) == (current is None):
            raise InputError("give either the voltage or the current that is imposed.")
        self._stack, self._origin, self._given = stack, origin, stack.given(inputs)
        self._values = stack.values(inputs)
        self._output = 0 if current is None else 1  # of stack.outputs: voltage, current
        # only the current changes its sign from the laboratory to PyBaMM (theory.md, 1.1)
        self._target: float = voltage if voltage is not None else -float(current or 0.0)
        laws = conserved_charges(stack.cell, imposed_voltage=current is None)
        self._charges = [_Charge(stack, law, self._given) for law in laws]
        self._corrections = 0

    def converged(self, state: NDArray[np.float64]) -> NDArray[np.float64]:
        """The steady state itself, from one that is nearly so (found by integration, perhaps on another mesh).

        Newton's iteration is damped by Deuflhard's natural test: a step is shortened until the correction that the old
        Jacobian gives at its end is smaller than the step. Where exponentials of E make even that fail (a profile from
        another mesh can lie far outside), the bias is raised from where the cell started, each solution being the start
        of the next.

        Raises
        ------
        SimulationError
            Where neither converges.
        """
        near = state.copy()
        near[self._stack.ageing] = self._origin[self._stack.ageing]  # what ages is as it was when the bias came
        found = self._damped(near, self._target)
        return self._continued() if found is None else found

    def resistance(self, state: NDArray[np.float64]) -> float | None:
        """dV/dI [ohm] from a steady state to one that lies nearer to where the cell started; None where there is none.

        It knows nothing of Z(omega), the limit of which it is.
        """
        stack = self._stack
        voltage, current = np.asarray(stack.outputs(state, *self._values)).ravel()[:2]
        began = float(np.asarray(stack.outputs(self._origin, *self._values)).ravel()[self._output])
        step = NEIGHBOUR * (1.0 if self._output == 0 else abs(self._target))
        beside = self._damped(state, self._target - math.copysign(step, self._target - began))
        if beside is None:
            return None
        change = np.asarray(stack.outputs(beside, *self._values)).ravel()[:2] - (voltage, current)
        fast = abs(complex(stack.impedance(stack.f_max, state, self._given)))
        # on a plateau the difference of two currents is what rounding leaves of them
        rounding = max(NO_CURRENT * abs(float(change[0])) / fast, ROUNDING * abs(current))
        return None if abs(change[1]) <= rounding else -float(change[0] / change[1])

    def _continued(self) -> NDArray[np.float64]:
        """The steady state by raising the bias, in steps that grow where Newton converges and shrink elsewhere."""
        stack = self._stack
        start = float(np.asarray(stack.outputs(self._origin, *self._values)).ravel()[self._output])
        # not from the state with which Newton's iteration failed: that may lie where exponentials of E mean nothing
        reached, state, step = 0.0, self._origin, FIRST_STEP
        while reached < 1.0:
            share = min(1.0, reached + step)
            found = self._damped(state, start + share * (self._target - start))
            if found is not None:
                reached, state, step = share, found, 2 * step
                continue
            # shrinks faster than it grows: a step that fails may have cost all
            # iterations, one that is too short costs few
            step /= 4
            if step < SMALLEST_STEP or self._corrections > MOST_CORRECTIONS:
                raise SimulationError(
                    f"{stack.cell.name}: no steady state was found beyond {reached:.3g} of the bias. It may have "
                    f"none (a current above the limiting one), or ask too much of the mesh: try a smaller bias or a "
                    f"lower highest frequency."
                )
        return state

    def _damped(self, state: NDArray[np.float64], target: float) -> NDArray[np.float64] | None:
        """Newton's iteration for one value of the bias; None where it does not converge."""
        result, taken = state, np.inf
        for _ in range(ITERATIONS):
            length = np.inf
            try:
                solve = self._solver(result)
                step = solve(*self._missing(result, target))[:, 0]
                # the last step is known by then and taken, too: it squares what error is left
                if np.all(np.abs(step) <= CONVERGED * (1 + np.abs(result))):
                    return result + step
                length, share = np.max(np.abs(step) / (1 + np.abs(result))), 1.0
                while True:
                    tried = result + share * step
                    # Judged by the correction, not by the residual: its rows have different units and sizes, so that
                    # no norm of them says whether a trial is nearer. The correction must fall by a quarter of the
                    # share: with any decrease it could creep.
                    following = solve(*self._missing(tried, target))[:, 0]
                    self._corrections += 1
                    if np.max(np.abs(following) / (1 + np.abs(result))) <= (1 - share / 4) * length:
                        break
                    share /= 2
                    if share < SHORTEST or length <= NEARLY:
                        raise _Undetermined
            except _Undetermined:
                if length <= NEARLY:  # so short a step is not followed by a shorter one: what is missing is rounding
                    return result + step
                return result if taken <= NEARLY else None
            # a shortened step says nothing of how near the solution is
            result, taken = tried, length if share == 1 else np.inf
        return None

    def _missing(self, state: NDArray[np.float64], target: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What the equations of a state lack, and what its conserved charges lack, each as a column.

        Newton's matrix alone is singular once for every conserved charge: what is kept closes it.
        """
        stack, values = self._stack, self._values
        residual = np.asarray(stack.residual(state, *values)).ravel()
        residual[stack.current_index] = np.asarray(stack.outputs(state, *values)).ravel()[self._output] - target
        charges = [charge.value(self._origin, values) - charge.value(state, values) for charge in self._charges]
        return -residual[:, np.newaxis], np.array(charges).reshape(-1, 1)

    def shift(
        self,
        state: NDArray[np.float64],
        origin_shift: NDArray[np.float64] | float,
        current_slopes: Sequence[float] | None = None,
    ) -> NDArray[np.float64]:
        """How the steady state moves with each input of the stack, shape (n, parameters).

        Parameters
        ----------
        state : ndarray, shape (n,)
            The steady state.
        origin_shift : ndarray of shape (n, parameters), or 0
            How the state moves from which the cell settles: `rest_shift`, or 0 for one that is held.
        current_slopes : sequence of float, optional
            Derivative of an imposed current by each input [A per SI unit], in the laboratory's sign; 0 by default.

        Raises
        ------
        InputError
            Where the equations have no derivative by an input, because it is 0.
        SimulationError
            Where the equations do not determine how the state moves.
        """
        stack, values, numbers = self._stack, self._values, range(len(self._values))
        if not values:
            return np.zeros((state.size, 0))
        forces = forces_by_input(stack.residual, state, values)
        forces[stack.current_index] = forces_by_input(stack.outputs, state, values)[self._output]
        if current_slopes is not None:
            forces[stack.current_index] += np.asarray(current_slopes)  # -d(target)/dp
        began, still = np.broadcast_to(origin_shift, forces.shape), np.zeros_like(state)
        kept = [
            [
                charge.slope(self._origin, values, began[:, k], k) - charge.slope(state, values, still, k)
                for k in numbers
            ]
            for charge in self._charges
        ]
        changes = np.array(kept).reshape(len(kept), len(values))
        # frozen, but where they began: contact and film of the new cell are numbers that may be inputs themselves
        forces[stack.ageing] = -began[stack.ageing]
        for name, column in zip(stack.input_names, (forces + changes.sum(axis=0)).T, strict=True):
            if not np.isfinite(column).all():
                raise InputError(no_derivative(name, self._given))
        try:
            return self._solver(state)(-forces, changes)
        except _Undetermined:
            raise SimulationError(
                f"{stack.cell.name}: the equations of the steady state under the bias do not determine it. Give "
                f"the cell a finite resistance in parallel with what blocks."
            ) from None

    def _solver(self, state: NDArray[np.float64]) -> Callable[[NDArray, NDArray], NDArray[np.float64]]:
        """Return what solves ``F_y dy = right``, ``Q_y dy = kept`` at a state, for several right sides."""
        stack, values, control = self._stack, self._values, self._stack.current_index
        # lil, because rows are put in place of others: in csr each would copy the whole matrix
        matrix = stack.jacobian(state, values).tolil()
        matrix[control] = stack.matrices(state, *values)[1].full()[self._output]
        for frozen in stack.ageing:  # what ages has no steady state: it stays where it is
            matrix[frozen, frozen] = 1.0
        rows = np.array([charge.gradient(state, values) for charge in self._charges]).reshape(-1, state.size)
        return _bordered(csr_matrix(matrix), rows, stack.built.len_rhs)


class _Undetermined(Exception):
    """The equations do not say what the unknowns are."""


def _bordered(matrix: csr_matrix, rows: NDArray, dynamic: int) -> Callable[[NDArray, NDArray], NDArray[np.float64]]:
    """Return what solves ``matrix dy = right``, singular once for every row of ``rows dy = kept``.

    The rows, read as combinations of the dynamic equations (the first `dynamic` ones), are what makes it singular: as
    columns they complete it.

    Raises
    ------
    _Undetermined
        Here or in the solver, where the matrix is singular all the same.
    """
    # rows differ by 1e10 between thin and thick cells; unscaled, the check of the residual would mean nothing
    scale = 1 / np.maximum(abs(matrix).max(axis=1).toarray().ravel(), 1e-300)
    size = 1 / np.maximum(np.abs(rows).max(axis=1, initial=0.0), 1e-300)
    rows = rows * size[:, np.newaxis]
    # A charge that is kept is a combination of the rates that vanishes whatever the state, so a
    # left null vector of the equations; divided by their scale it is that of the scaled ones.
    # Without this column bordering would not help.
    columns = np.where(np.arange(len(scale)) < dynamic, rows, 0.0) / scale
    columns = columns / np.maximum(np.abs(columns).max(axis=1, initial=0.0), 1e-300)[:, np.newaxis]
    inner = diags(scale) @ matrix
    whole = csc_matrix(bmat([[inner, csr_matrix(columns.T)], [csr_matrix(rows), None]]) if len(rows) else inner)
    if not np.isfinite(whole.data).all():
        raise _Undetermined
    try:
        factors = splu(whole)
    except RuntimeError:  # exactly singular
        raise _Undetermined from None

    def solve(right: NDArray, kept: NDArray) -> NDArray[np.float64]:
        target = np.concatenate([right * scale[:, np.newaxis], kept * size[:, np.newaxis]])
        if not np.isfinite(target).all():
            raise _Undetermined
        found = factors.solve(target)
        # splu returns numbers for nearly singular matrices, too: they are believed only if they solve the equations
        missing = np.abs(inner @ found[: len(scale)] - target[: len(scale)])
        terms = abs(inner) @ np.abs(found[: len(scale)]) + np.abs(target[: len(scale)])
        if not np.isfinite(found).all() or np.any(missing > TOLERANCE * terms.max(axis=0)):
            raise _Undetermined
        return np.asarray(found[: len(scale)])

    return solve


class _Charge:
    """A conserved charge per electrode area [C/m2] as a function of state and inputs."""

    def __init__(self, stack: LinearisedStack, law: ConservedCharge, inputs: Mapping[str, float]):
        self._stack = stack
        cell = stack.cell
        self._layers = [layer.name for layer in stack.model.storing_layers]
        thickness = {name: self._number(f"layers.{name}.thickness", inputs) for name in self._layers}
        self._layer_weights = [law.layers.get(name, 0.0) * thickness[name][0] for name in self._layers]
        self._layer_slopes = [law.layers.get(name, 0.0) * thickness[name][1] for name in self._layers]
        labels = np.asarray(stack.layout[0])
        self._row, self._row_slopes = np.zeros(labels.size), np.zeros((labels.size, len(stack.input_names)))
        states = {interface.name: interface.state for interface in stack.model.interfaces}
        for name, weight in law.interfaces.items():
            if cell.get(capacitor_path(name)) is not None:
                value, slopes = self._capacitance(name, inputs)
                drop = labels == states[name].name
                self._row[drop] = weight * value
                self._row_slopes[drop] = weight * slopes

    def _number(self, path: str, inputs: Mapping[str, float]) -> tuple[float, NDArray[np.float64]]:
        """A number of the cell, and its derivatives by all inputs (1 for the one that drives it)."""
        model = self._stack.model
        name = model.input_paths.get(path)
        slopes = np.array([float(name == other) for other in self._stack.input_names])
        return (float(self._stack.cell.get(path)) if name is None else inputs[name]), slopes

    def _capacitance(self, name: str, inputs: Mapping[str, float]) -> tuple[float, NDArray[np.float64]]:
        """Capacitance (or q of a constant-phase element) of an interface, and its derivatives by all inputs (§3.4).

        The derivatives are complex steps through the same algebra that the models use: exact to rounding.
        """
        model, path = self._stack.model, capacitor_path(name)
        interface, element = path.rpartition(".")[0], self._stack.cell.get(path)

        def capacitance(moved: str) -> complex:
            def lookup(place: str, value: float) -> complex:
                driver = model.input_paths.get(place)
                return value if driver is None else inputs[driver] + (1e-30j if driver == moved else 0.0)

            reader = Reader(self._stack.cell, lookup)
            # no layers beside it: the constriction lies outside of the capacitor and stores nothing
            spots = Spots.of(reader, interface, contact_fraction(reader, interface), [])
            return complex(spots.storage(reader.property(f"{path}.{element.coefficient}", reader.temperature)))

        slopes = [capacitance(driver).imag / 1e-30 for driver in self._stack.input_names]
        return capacitance("").real, np.array(slopes)

    def value(self, state: NDArray[np.float64], values: Sequence[float]) -> float:
        """Q."""
        stored = self._stack.stored(state, *values)[0].full().ravel()
        return float(self._row @ state + np.asarray(self._layer_weights) @ stored)

    def gradient(self, state: NDArray[np.float64], values: Sequence[float]) -> NDArray[np.float64]:
        """dQ/dy."""
        stored = self._stack.stored(state, *values)[1].full()
        return np.asarray(self._layer_weights) @ stored + self._row if self._layers else self._row

    def slope(self, state: NDArray[np.float64], values: Sequence[float], moved: NDArray[np.float64], k: int) -> float:
        """dQ/dp_k along with a movement of the state."""
        result = self._row @ moved + self._row_slopes[:, k] @ state
        if self._layers:
            stored = self._stack.stored(state, *values)[0].full().ravel()
            change = np.asarray(self._stack.stored.along(state, values, moved, k)[0]).ravel()
            result += np.asarray(self._layer_weights) @ change
            result += np.array([slopes[k] for slopes in self._layer_slopes]) @ stored
        return float(result)
