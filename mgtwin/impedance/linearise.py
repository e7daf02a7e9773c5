"""Small-signal impedance of a discretised stack, linearised at any state (physics.md §5)."""

from __future__ import annotations

from collections.abc import Sequence

import casadi
import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csc_matrix
from scipy.sparse.linalg import splu

from ..cells import Cell
from ..models import controlled, names
from ..models.controlled import ControlledStack


class LinearisedStack:
    r"""Mass matrix, Jacobian and outputs of a discretised cell, compiled once.

    With :math:`M\dot y = F(y, I)` the impedance at a state y* is

    .. math:: Z(\omega) = -\frac{\partial V/\partial y\; x}{\partial I/\partial y\; x}, \qquad
              (i\omega M - J)\,x = \partial F/\partial I

    (§5; the minus sign turns PyBaMM's current into the laboratory's).

    Parameters
    ----------
    cell : Cell
    f_max : float
        Highest frequency [Hz]; grades the mesh to the diffusion length there.
    inputs : sequence of str
        Dotted paths that may change from call to call without a rebuild.

    Examples
    --------
    >>> import mgtwin as mt, numpy as np
    >>> stack = LinearisedStack(mt.cell("trilayer"), f_max=1e6)
    >>> Z = stack.impedance(np.geomspace(1e6, 0.1, 100))
    """

    def __init__(self, cell: Cell, *, f_max: float, inputs: Sequence[str | tuple[str, ...]] = ()):
        self.model = ControlledStack(cell, inputs, f_max=f_max, dielectric=True)
        self.built, mesh = controlled.discretise(self.model)
        self.layout = controlled.state_layout(self.built, mesh)
        self._initial = self.built.concatenated_initial_conditions
        self.input_names = sorted(set(self.model.input_paths.values()))
        self._compile()

    def _compile(self) -> None:
        size = self.built.len_rhs_and_alg
        y = casadi.MX.sym("y", size)
        free = [casadi.MX.sym(f"p{k}") for k in range(len(self.input_names))]
        inputs = dict(zip(self.input_names, free, strict=True)) | {name: casadi.MX(0) for name in CONTROL_INPUTS}
        parts = [
            symbol.to_casadi(t=casadi.MX(0), y=y, inputs=inputs)
            for symbol in (self.built.concatenated_rhs, self.built.concatenated_algebraic)
        ]
        residual = casadi.vertcat(*[part for part in parts if part.numel()])
        outputs = casadi.vertcat(
            *[
                self.built.get_processed_variable(name).to_casadi(t=casadi.MX(0), y=y, inputs=inputs)
                for name in (names.VOLTAGE, names.CURRENT)
            ]
        )
        self._matrices = casadi.Function(
            "matrices", [y, *free], [casadi.jacobian(residual, y), casadi.jacobian(outputs, y)]
        )
        self._mass = csc_matrix(self.built.mass_matrix.entries)
        self._control_row = next(
            part.start
            for variable, slices in self.built.y_slices.items()
            for part in slices
            if variable.name == names.CURRENT_VARIABLE
        )

    def rest_state(self, inputs: dict[str, float] | None = None) -> np.ndarray:
        """State vector of the cell at rest."""
        return np.asarray(self._initial.evaluate(0, inputs=dict(inputs or {}))).ravel()

    def impedance(
        self, frequencies: ArrayLike, state: np.ndarray | None = None, inputs: dict[str, float] | None = None
    ) -> np.ndarray:
        """Complex impedance [ohm] of the cell, shape of `frequencies`.

        Parameters
        ----------
        frequencies : array_like
            [Hz]
        state : ndarray, optional
            State vector; rest by default.
        inputs : dict, optional
            Value of every path given as input.
        """
        given = dict(inputs or {})
        y = self.rest_state(given) if state is None else state
        jacobian, outputs = (csc_matrix(m.sparse()) for m in self._call(y, given))
        forcing = np.zeros(y.size, dtype=complex)
        forcing[self._control_row] = 1.0
        frequencies = np.asarray(frequencies, dtype=float)
        result = np.empty(frequencies.shape, dtype=complex)
        for index, frequency in np.ndenumerate(frequencies):
            response = splu(csc_matrix(2j * np.pi * frequency * self._mass - jacobian)).solve(forcing)
            voltage, current = outputs @ response
            result[index] = -voltage / current
        return result

    def _call(self, y: np.ndarray, inputs: dict[str, float]) -> list[casadi.DM]:
        return list(self._matrices(y, *[inputs[name] for name in self.input_names]))


#: Inputs of a ControlledStack that fix its current or voltage; their values do not matter for a linearisation.
CONTROL_INPUTS = (
    controlled.BY_VOLTAGE,
    controlled.CURRENT_START,
    controlled.CURRENT_RATE,
    controlled.VOLTAGE_START,
    controlled.VOLTAGE_RATE,
    controlled.LOW,
    controlled.HIGH,
)
