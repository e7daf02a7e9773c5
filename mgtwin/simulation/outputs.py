"""Outputs of a discretised model at many states in one call, each in the form in which it is cheapest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import compress
from typing import Any

import casadi
import numpy as np
import pybamm
from numpy.typing import NDArray

from ..models import names
from ..models.controlled import state_layout
from ..models.stack import StackModel

__all__ = ["Outputs", "mapped"]

Reals = NDArray[np.float64]


class Outputs:
    """What a discretised model gives, compiled once as a function of its states and numbers.

    Numbers go through CasADi in scalars. A profile that modes make is a matrix of pure numbers times their amplitudes,
    which NumPy multiplies ten times as fast.

    Parameters
    ----------
    model : StackModel
    built : pybamm.BaseModel
        It, discretised.
    mesh : pybamm.Mesh
    symbols : sequence of casadi.MX
        Of which the outputs are functions: the state, the numbers of the cell, and what differs from time to time.
    inputs : mapping
        The inputs of the model in terms of them.
    wanted : sequence of str, optional
        By default all.
    """

    def __init__(
        self,
        model: StackModel,
        built: pybamm.BaseModel,
        mesh: pybamm.Mesh,
        symbols: Sequence[casadi.MX],
        inputs: Mapping[str, casadi.MX],
        wanted: Sequence[str] | None = None,
    ) -> None:
        every = [name for name in model.variables if name not in (names.TIME, names.BATTERY_VOLTAGE)]
        modal = {names.local_potential(layer.name): layer for layer in model.modal_layers}
        labels = np.asarray(state_layout(built, mesh)[0])
        #: Profile -> the rows of the state that are its amplitudes, the names of the static pair's, and the matrix.
        self._profiles = {
            name: (
                np.flatnonzero(labels == layer.potential.name),
                layer.static,
                layer.shapes(mesh[layer.name].edges),
            )
            for name, layer in modal.items()
            if wanted is None
        }
        self._names = [name for name in (every if wanted is None else wanted) if name not in self._profiles]
        given: dict[str, Any] = {"t": casadi.MX(0), "y": symbols[0], "inputs": inputs}
        # dense, zeros included: `mapped` reads one buffer of fixed size per column
        parts = [casadi.densify(built.get_processed_variable(name).to_casadi(**given)) for name in self._names]
        self._sizes = [part.numel() for part in parts]
        alone = [size == 1 for size in self._sizes]
        scalars = casadi.Function("scalars", symbols, [casadi.vertcat(*compress(parts, alone))])
        with suppress(RuntimeError):  # of a function such as an interpolation, which has no form in scalars
            found = iter(casadi.vertsplit(scalars.expand()(*symbols)))
            parts = [next(found) if single else part for part, single in zip(parts, alone, strict=True)]
        self._function = casadi.Function("outputs", symbols, [casadi.vertcat(*parts)])

    def at(self, states: Reals, numbers: Reals, *columns: Reals) -> dict[str, Reals]:
        """Outputs at states, one column each, and the numbers of their cell; rows over states, one row if scalar."""
        several = np.tile(numbers[:, np.newaxis], states.shape[1]) if numbers.ndim == 1 else numbers
        blocks = np.split(mapped(self._function, states, several, *columns), np.cumsum(self._sizes)[:-1])
        found = {name: block[0] if len(block) == 1 else block for name, block in zip(self._names, blocks, strict=True)}
        for profile, (rows, static, shapes) in self._profiles.items():
            found[profile] = shapes @ np.vstack([states[rows], *(found[name] for name in static)])
        return found


def mapped(function: casadi.Function, *columns: Reals) -> Reals:
    """A function of columns, with one result, at all columns of arrays: one column each.

    Through CasADi's buffers, for a conversion of the arrays would take longer than most functions do.
    """
    number = columns[0].shape[1]
    buffer: Any
    buffer, evaluate = _map(function, number).buffer()
    given: list[Any] = [np.asfortranarray(array, dtype=float).ravel(order="K") for array in columns]
    for k, array in enumerate(given):
        buffer.set_arg(k, memoryview(array))
    result: Any = np.empty(function.size1_out(0) * number)
    buffer.set_res(0, memoryview(result))
    evaluate()
    # CasADi stores matrices column by column
    found: Reals = result.reshape(number, -1).T
    return found


@lru_cache(maxsize=32)
def _map(function: casadi.Function, number: int) -> casadi.Function:
    """A function of as many columns, kept: making it takes as long as evaluating a thousand of them."""
    return function.map(number)
