"""How the state about which a cell is linearised moves with its parameters, where it is at rest or held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix
from scipy.sparse.linalg import splu

from ..cells.rest import rest_potentials
from ..models import names
from ..models.controlled import moves_with_rest
from .derivatives import slope
from .functions import Numbered
from .linearise import LinearisedStack
from .parameters import reader_of
from .terms import Shifted

__all__ = ["forces_by_input", "held_shift", "rest_shift"]


def rest_shift(stack: LinearisedStack, inputs: Mapping[str, float] | None = None) -> NDArray[np.float64]:
    """Movement of the rest state with each input [V per SI unit], shape (n, parameters).

    The local potentials are fixed by an electrode of the ion's metal, or else by the composition as made (§3.1). What
    ages begins as the cell was made.
    """
    given = stack.given(inputs)
    cell, labels = stack.cell, np.asarray(stack.layout[0])
    reader, _ = reader_of(cell, {})
    now = Shifted(reader, {path: given[name] for path, name in stack.model.input_paths.items()})
    if not stack.input_names:
        return np.zeros((labels.size, 0))
    # contacts and films of the new cell and fillings of its hosts are numbers of the cell, which its states begin with
    result = np.array(stack.initial_slopes(*stack.values(inputs)).full())
    for k, name in enumerate(stack.input_names):
        paths = [path for path, driven in stack.model.input_paths.items() if driven == name]

        def moved(values: NDArray[np.float64], paths: list[str] = paths) -> NDArray[np.float64]:
            rest = rest_potentials(cell, Shifted(now, dict.fromkeys(paths, values)))
            found = [0.0 if value is None else value for value in (*rest.layers, rest.negative, rest.positive)]
            return np.stack([np.broadcast_to(value, values.shape) for value in found], axis=-1)

        *layers, negative, positive = slope(moved, np.array([given[name]]))
        for electrode, value in zip(stack.model.electrodes, (negative, positive), strict=True):
            # at rest nothing drops over a film
            moving = [drop.name for drop in electrode.parts.values()]
            moving += map(names.charge_transfer_overpotential, electrode.parts)
            result[np.isin(labels, moving), k] = value
        for layer, value in zip(cell.layers, layers, strict=True):
            result[moves_with_rest(labels, layer.name), k] = value
    return result


def held_shift(
    stack: LinearisedStack,
    state: NDArray[np.float64],
    known: NDArray[np.bool_],
    inputs: Mapping[str, float] | None = None,
) -> NDArray[np.float64]:
    """Movement of a state of which what is `known` is held, and the current density too; the fast unknowns follow.

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
    # slow unknowns are what they are, whatever the parameter; only algebraic and unresolved ones can follow it
    free, control = stack.fast_unknowns(known), stack.current_index
    result = np.zeros((state.size, len(values)))
    if "area" in stack.model.input_paths:
        # the current *density* is held: with another area the current is another one
        area = stack.input_names.index(stack.model.input_paths["area"])
        result[control, area] = state[control] / values[area]
    if free.size and values:
        jacobian = csc_matrix(stack.jacobian(state, values)[free])
        # result holds the change of the current so far: where the area moves, the fast unknowns follow that as well
        forces = forces_by_input(stack.residual, state, values)[free] + jacobian @ result
        result[free] = -splu(jacobian[:, free]).solve(forces)
    return result


def forces_by_input(function: Numbered, state: NDArray[np.float64], values: Sequence[float]) -> NDArray[np.float64]:
    """Partial derivatives of a function of state and inputs by all inputs, shape (outputs, parameters)."""
    still = np.zeros_like(state)
    columns = [np.asarray(function.along(state, values, still, k)[0]).ravel() for k in range(len(values))]
    return np.stack(columns, axis=1)
