"""How the state about which a cell is linearised moves with its parameters: at rest, held, or steady under a bias."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import bmat, csc_matrix, csr_matrix, diags
from scipy.sparse.linalg import splu

from ..cells.capacitors import CPE
from ..cells.rest import rest_potentials
from ..errors import InputError, SimulationError
from ..models import names
from .adjoint import directional, no_derivative
from .conserved import ConservedCharge, conserved_charges
from .derivatives import slope
from .linearise import LinearisedStack
from .parameters import reader_of
from .terms import Shifted

__all__ = ["held_shift", "rest_shift", "steady_shift"]

#: Largest residual of the equations for the shift of a steady state, relative to the size of their terms.
TOLERANCE = 1e-6


def rest_shift(stack: LinearisedStack, inputs: Mapping[str, float] | None = None) -> NDArray[np.float64]:
    """Movement of the rest state with each input [V per SI unit], shape (n, parameters).

    The local potentials are fixed by an electrode of the ion's metal, or else by the composition as made (§3.1).
    """
    given = stack.given(inputs)
    cell, labels, sides = stack.model.cell, np.asarray(stack.layout[0]), ("left", "right")
    reader, _ = reader_of(cell, {})
    now = Shifted(reader, {path: given[name] for path, name in stack.model.input_paths.items()})
    result = np.zeros((labels.size, len(stack.input_names)))
    for k, name in enumerate(stack.input_names):
        paths = [path for path, driven in stack.model.input_paths.items() if driven == name]

        def moved(values: NDArray[np.float64], paths: list[str] = paths) -> NDArray[np.float64]:
            rest = rest_potentials(cell, Shifted(now, dict.fromkeys(paths, values)))
            found = [0.0 if value is None else value for value in (*rest.layers, rest.negative, rest.positive)]
            return np.stack([np.broadcast_to(value, values.shape) for value in found], axis=-1)

        *layers, negative, positive = slope(moved, np.array([given[name]]))
        result[labels == names.potential_drop("negative"), k] = negative
        result[labels == names.potential_drop("positive"), k] = positive
        for layer, value in zip(cell.layers, layers, strict=True):
            faces = [names.face_potential(layer.name, side) for side in sides]
            result[np.isin(labels, [names.local_potential(layer.name), *faces]), k] = value
    return result


def held_shift(
    stack: LinearisedStack,
    state: NDArray[np.float64],
    known: NDArray[np.bool_],
    inputs: Mapping[str, float] | None = None,
) -> NDArray[np.float64]:
    """Movement of a state of which what is `known` is held, and the current too; the fast unknowns follow.

    Parameters
    ----------
    stack : LinearisedStack
    state : ndarray, shape (n,)
    known : ndarray of bool, shape (n,)
        As for :meth:`LinearisedStack.complete`.
    inputs : mapping, optional

    Returns
    -------
    ndarray, shape (n, parameters)
    """
    values = stack.values(inputs)
    free = stack.fast_unknowns(known)
    result = np.zeros((state.size, len(values)))
    if free.size and values:
        forces = _forces(stack.residual, state, values)
        factors = splu(csc_matrix(stack.jacobian(state, values)[free][:, free]))
        result[free] = -factors.solve(forces[free])
    return result


def steady_shift(
    stack: LinearisedStack,
    state: NDArray[np.float64],
    *,
    origin: NDArray[np.float64],
    origin_shift: NDArray[np.float64],
    current_slopes: Sequence[float] | None = None,
    inputs: Mapping[str, float] | None = None,
) -> NDArray[np.float64]:
    r"""Movement of a steady state under a bias with each input, shape (n, parameters).

    It solves :math:`F_y\,dy = -F_p` with the row of the control in place of the current's. Where the cell conserves a
    charge Q while it settles (:mod:`mgtwin.impedance.conserved`) these equations are singular, and
    :math:`dQ(y^*) = dQ(y_0)` says from which state it started.

    Parameters
    ----------
    stack : LinearisedStack
    state : ndarray, shape (n,)
    origin, origin_shift : ndarray, shapes (n,) and (n, parameters)
        The state from which the cell settled, and how that moves: from `rest_shift`, or 0 for a state that is held.
    current_slopes : sequence of float, optional
        Where the current is imposed: its derivative by each input [A per SI unit], in the laboratory's sign. By default
        the voltage is imposed.
    inputs : mapping, optional

    Raises
    ------
    InputError
        Where the steady state depends on how long it took to settle, or the equations have no derivative.
    SimulationError
        Where the equations do not determine how the state moves.
    """
    given = stack.given(inputs)
    values = stack.values(given)
    if not values:
        return np.zeros((state.size, 0))
    control = stack.current_index
    forces = _forces(stack.residual, state, values)
    matrix = stack.jacobian(state, values).tolil()
    outputs = stack.matrices(state, *values)[1].full()
    if current_slopes is None:
        matrix[control], forces[control] = outputs[0], _forces(stack.outputs, state, values)[0]
    else:
        matrix[control], forces[control] = outputs[1], np.asarray(current_slopes)
    laws = conserved_charges(stack.model.cell, imposed_voltage=current_slopes is None)
    charges = [_Charge(stack, law, given) for law in laws]
    rows = np.array([charge.gradient(state, values) for charge in charges]).reshape(len(charges), state.size)
    kept = np.array(
        [
            [
                charge.slope(origin, values, origin_shift[:, k], k) - charge.slope(state, values, 0 * state, k)
                for k in range(len(values))
            ]
            for charge in charges
        ]
    ).reshape(len(charges), len(values))
    found = _bordered(csr_matrix(matrix), rows, -forces, kept, stack.built.len_rhs)
    for name, column in zip(stack.input_names, (forces + kept.sum(axis=0)).T, strict=True):
        if not np.isfinite(column).all():
            raise InputError(no_derivative(name, given))
    if found is None:
        raise SimulationError(
            f"{stack.model.cell.name}: how the steady state moves with its parameters is not determined. Give the cell "
            f"a finite resistance in parallel with what blocks, or differentiate at rest."
        )
    return found


def _forces(function: Any, state: NDArray[np.float64], values: Sequence[float]) -> NDArray[np.float64]:
    """Partial derivatives of a CasADi function by all inputs."""
    still = np.zeros_like(state)
    columns = [np.asarray(directional(function, state, values, still, k)[0]).ravel() for k in range(len(values))]
    return np.stack(columns, axis=1)


def _bordered(
    matrix: csr_matrix, rows: NDArray, right: NDArray, kept: NDArray, dynamic: int
) -> NDArray[np.float64] | None:
    """Solve ``matrix dy = right``, singular once for every row of ``rows dy = kept``; None where that fails.

    The rows, read as combinations of the dynamic equations (the first `dynamic` ones), are what makes it singular: as
    columns they complete it.
    """
    scale = 1 / np.maximum(abs(matrix).max(axis=1).toarray().ravel(), 1e-300)
    size = 1 / np.maximum(np.abs(rows).max(axis=1, initial=0.0), 1e-300)
    rows, kept = rows * size[:, np.newaxis], kept * size[:, np.newaxis]
    columns = np.where(np.arange(len(scale)) < dynamic, rows, 0.0) / scale
    columns = columns / np.maximum(np.abs(columns).max(axis=1, initial=0.0), 1e-300)[:, np.newaxis]
    inner = diags(scale) @ matrix
    whole = csc_matrix(bmat([[inner, csr_matrix(columns.T)], [csr_matrix(rows), None]]) if len(rows) else inner)
    target = np.concatenate([right * scale[:, np.newaxis], kept])
    try:
        found = splu(whole).solve(target)
    except RuntimeError:  # exactly singular
        return None
    missing = np.abs(inner @ found[: len(scale)] - target[: len(scale)])
    terms = abs(inner) @ np.abs(found[: len(scale)]) + np.abs(target[: len(scale)])
    fine = np.isfinite(found).all() and np.all(missing <= TOLERANCE * terms.max(axis=0))
    return found[: len(scale)] if fine else None


class _Charge:
    """A conserved charge per electrode area [C/m2] as a function of state and inputs."""

    def __init__(self, stack: LinearisedStack, law: ConservedCharge, inputs: Mapping[str, float]):
        self._stack = stack
        cell = stack.model.cell
        self._layers = [layer.name for layer in stack.model.mixed_layers]
        thickness = {name: _number(stack, f"layers.{name}.thickness", inputs) for name in self._layers}
        self._layer_weights = [law.layers.get(name, 0.0) * thickness[name][0] for name in self._layers]
        self._layer_slopes = [law.layers.get(name, 0.0) * thickness[name][1] for name in self._layers]
        labels = np.asarray(stack.layout[0])
        self._row, self._row_slopes = np.zeros(labels.size), np.zeros((labels.size, len(stack.input_names)))
        elements = {}
        for name, weight in law.interfaces.items():
            side = name in ("negative", "positive")
            path = f"{name}.double_layer" if side else f"interfaces.{name}.capacitance"
            elements[name] = cell.get(path)
            if elements[name] is not None:
                number = f"{path}.q" if isinstance(elements[name], CPE) else f"{path}.c"
                value, slopes = _number(stack, number, inputs)
                drop = labels == names.potential_drop(name)
                self._row[drop] = weight * value
                self._row_slopes[drop] = weight * slopes
        _check_elements(cell.name, elements, bool(law.layers))

    def gradient(self, state: NDArray[np.float64], values: Sequence[float]) -> NDArray[np.float64]:
        """dQ/dy."""
        stored = self._stack.stored(state, *values)[1].full()
        return np.asarray(self._layer_weights) @ stored + self._row if self._layers else self._row

    def slope(self, state: NDArray[np.float64], values: Sequence[float], moved: NDArray[np.float64], k: int) -> float:
        """dQ/dp_k along with a movement of the state."""
        result = self._row @ moved + self._row_slopes[:, k] @ state
        if self._layers:
            stored = self._stack.stored(state, *values)[0].full().ravel()
            change = np.asarray(directional(self._stack.stored, state, values, moved, k)[0]).ravel()
            result += np.asarray(self._layer_weights) @ change
            result += np.array([slopes[k] for slopes in self._layer_slopes]) @ stored
        return float(result)


def _number(stack: LinearisedStack, path: str, inputs: Mapping[str, float]) -> tuple[float, NDArray[np.float64]]:
    """A number of the cell, and its derivatives by all inputs (1 for the one that drives it)."""
    name = stack.model.input_paths.get(path)
    slopes = np.array([float(name == other) for other in stack.input_names])
    return (float(stack.model.cell.get(path)) if name is None else inputs[name]), slopes


def _check_elements(cell: str, elements: Mapping[str, Any], with_layers: bool) -> None:
    """Refuse charges of constant-phase elements, which share a voltage with others as time goes by."""
    dispersive = {name: float(element.n) for name, element in elements.items() if isinstance(element, CPE)}
    if not dispersive or (not with_layers and len(dispersive) == len(elements) and len(set(dispersive.values())) == 1):
        return
    raise InputError(
        f"{cell}: the constant-phase elements of {', '.join(dispersive)} block the ions in series with other charges, "
        f"so that the state under a bias never becomes steady and has no derivative. Use Capacitors there."
    )
