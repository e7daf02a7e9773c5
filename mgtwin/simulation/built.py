"""Discretised models with what is compiled for them, kept for all cells that differ in numbers alone.

To build one takes ten times as long as to run it, and none of it depends on the numbers of a cell but for those that
decide on the equations or the mesh. All the others, the potentials at rest and the state from which a run starts are
inputs. A model is built and run in the same way whether it is kept or not, so that a result has the same bits whatever
ran before it.
"""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

import casadi
import numpy as np
import pybamm

from ..cells import Cell
from ..cells.plain import structure
from ..models import controlled, names
from ..models.stack import StackModel

__all__ = ["MOST", "SWITCH", "BuiltModel", "kept", "quiet_pybamm"]

_Made = TypeVar("_Made")
#: Models that a thread keeps, and the environment variable that makes it keep none when it is 0.
MOST, SWITCH = 16, "MGTWIN_CACHE"
#: Input that carries the state from which a solve starts.
STATE = "handed state"
#: Least absolute tolerances of potentials [V] and of the current, in its own unit, in cells with a host, as multiples
#: of the relative one: to a part of that its potential is right, and at an imposed voltage the current ceases down to
#: what that leaves. No step would be short enough for less.
HOSTED, CEASED = 1e-2, 1e2


class BuiltModel:
    """A discretised model of a structure with its solver.

    Parameters
    ----------
    model : StackModel
        Shared by the cells of its structure.
    solver : pybamm.BaseSolver
        For this model alone.

    Attributes
    ----------
    built : pybamm.BaseModel
        The discretised model, in which the state from which a solve starts is an input.
    mesh : pybamm.Mesh
    layout : (list of str, ndarray)
        Of the state vector, as `state_layout` gives it.
    names : tuple of str
        Inputs by which it becomes the model of a cell.
    symbols : dict
        These inputs as CasADi has them in compiled functions, as components of `numbers`.
    """

    def __init__(self, model: StackModel, solver: pybamm.BaseSolver) -> None:
        self.model, self.solver = model, solver
        self.built, self.mesh = controlled.discretise(model)
        self.layout = controlled.state_layout(self.built, self.mesh)
        if model.particles:
            is_current = np.isin(self.layout[0], names.CURRENT_VARIABLE)
            solver.atol = np.where(is_current, CEASED * solver.rtol, max(solver.atol, HOSTED * solver.rtol))
        self.names = tuple(model.numbers_of(model.cell))
        self.numbers = casadi.MX.sym("numbers", len(self.names))
        self.symbols = {name: self.numbers[k] for k, name in enumerate(self.names)}
        self._functions: dict[Hashable, Any] = {}
        self.at_rest = self.built.concatenated_initial_conditions
        self.start_from(pybamm.InputParameter(STATE, expected_size=self.built.len_rhs_and_alg))

    def start_from(self, state: pybamm.Symbol) -> None:
        """Take the state from which a solve starts from its inputs."""
        self.built.concatenated_initial_conditions = state
        self.built.variables[STATE] = state  # PyBaMM looks for inputs there

    def function(self, key: Hashable, make: Callable[[], _Made]) -> _Made:
        """What is compiled for this model under a key, made once."""
        if key not in self._functions:
            self._functions[key] = make()
        return self._functions[key]

    def solve(
        self, stops: np.ndarray, times: np.ndarray, inputs: Mapping[str, float], state: np.ndarray, **options: Any
    ) -> pybamm.Solution:
        """Integrate from a state; the solver restarts at every one of `stops`.

        Raises
        ------
        pybamm.SolverError
            Where the integrator fails.
        """
        given = {**inputs, STATE: state[:, np.newaxis]}
        with quiet_pybamm():
            return self.solver.solve(self.built, t_eval=stops, t_interp=times, inputs=given, **options)


class _Kept(threading.local):
    """Models by what decides on them, of one thread: SUNDIALS' objects belong to it. The latest used is the last."""

    def __init__(self) -> None:
        self.models: list[tuple[Hashable, Any]] = []


_KEPT = _Kept()


def kept(cell: Cell, f_max: float, decides: Hashable, make: Callable[[], _Made]) -> _Made:
    """A model for a cell, kept from another one of its structure or made.

    Parameters
    ----------
    cell : Cell
    f_max : float
        Highest frequency [Hz].
    decides : hashable
        What else decides on the model.
    make : callable
        Makes what is kept; its ``model`` says which cells it fits.
    """
    if os.environ.get(SWITCH) == "0":
        return make()
    key, models = (decides, structure(cell)), _KEPT.models
    for number, (known, found) in enumerate(reversed(models), 1):
        if known == key and found.model.fits(cell, f_max):
            models.append(models.pop(-number))
            return found
    made: Any = make()
    # without free numbers it is a model of this cell alone
    if made.model.free_numbers:
        models.append((key, made))
        del models[:-MOST]
    return made


class quiet_pybamm:
    """Silences PyBaMM's log and its warnings about what is checked here anyway."""

    def __enter__(self) -> None:
        self._level = pybamm.logger.level
        # above its errors, too: what goes wrong is raised, what it finds too large is said by our own warnings
        pybamm.logger.setLevel(logging.CRITICAL)
        self._catcher = warnings.catch_warnings()
        self._catcher.__enter__()
        warnings.simplefilter("ignore")

    def __exit__(self, *details: Any) -> None:
        self._catcher.__exit__(*details)
        pybamm.logger.setLevel(self._level)
