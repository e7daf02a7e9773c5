r"""Derivatives of the impedance of a discretised cell, by its adjoint (theory.md §5).

With the notation of :mod:`mgtwin.impedance.linearise`, :math:`A x = \partial F/\partial y_c`,
:math:`A = (i\omega)^n M - J`, :math:`z = (x, y_c = 1)` and the adjoint :math:`A^T\lambda = (\partial V/\partial y)^T`,

.. math:: \frac{dZ}{dp} = -\frac{1}{s}\left[\frac{dV_y}{dp}\,z + \lambda^T \frac{dF_y}{dp}\,z
          - \lambda^T \frac{d(i\omega)^n}{dp} M x\right],
          \qquad \frac{d}{dp} = \frac{\partial}{\partial p} + \frac{dy^*}{dp}\cdot\frac{\partial}{\partial y} .

The total derivatives of the two sparse matrices do not depend on the frequency: one directional derivative of the
compiled matrices per parameter serves a whole spectrum, and each frequency costs one factorisation, used twice. The
shift dy*/dp of the operating point comes from :mod:`mgtwin.impedance.shifts`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix

from ..errors import InputError
from .fixture import measured, pass_through_fixture
from .linearise import LinearisedStack

__all__ = ["adjoint_jacobian", "no_derivative"]


def adjoint_jacobian(
    stack: LinearisedStack,
    frequencies: ArrayLike,
    state: NDArray[np.float64] | None = None,
    shift: NDArray[np.float64] | None = None,
    inputs: Mapping[str, float] | None = None,
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Impedance of a state, and its derivatives with respect to all inputs of a stack.

    Parameters
    ----------
    stack : LinearisedStack
        Built with the parameters as `inputs`.
    frequencies : array_like
        [Hz], any shape.
    state : ndarray, optional
        State vector; rest by default.
    shift : ndarray of shape (n, parameters), optional
        How the state moves with each parameter, from `rest_shift`, `steady_shift` or `held_shift`; not at all by
        default.
    inputs : mapping, optional
        Values of the inputs; by default those of the cell.

    Returns
    -------
    impedance : ndarray of complex
        [ohm], shape of `frequencies`.
    jacobian : ndarray of complex
        dZ/dp [ohm per SI unit of p], shape ``frequencies.shape + (parameters,)`` in the order of
        ``stack.input_names``.

    Raises
    ------
    InputError
        Where the equations have no derivative by a parameter, because it is 0.
    SimulationError
        Where the linear problem is singular.

    Examples
    --------
    >>> import mgtwin as mt
    >>> stack = LinearisedStack(mt.cell("trilayer"), f_max=1e6, inputs=["layers.antiperovskite.thickness"])
    >>> adjoint_jacobian(stack, [1e6, 1.0])[1].shape
    (2, 1)
    """
    given = stack.given(inputs)
    y = stack.rest_state(given) if state is None else state
    frequencies = np.asarray(frequencies, dtype=float)
    flat = frequencies.reshape(-1)
    problem = stack.small_signal(state if state is None else y, given)
    others = stack.others
    # the row of the current stays 1: the total derivatives below multiply whole rows, its column included
    z = np.ones((y.size, flat.size), dtype=complex)
    adjoints = np.empty((others.size, flat.size), dtype=complex)
    impedance, flowing = np.empty((2, flat.size), dtype=complex)
    for k, frequency in enumerate(flat):
        # One output, many parameters: the adjoint is one more solve with the same factors,
        # whatever their number. A tangent per parameter would be a solve each, and differences of
        # Z would cost the digits in which its values agree.
        factors = stack.factorised(problem, frequency)
        z[others, k] = factors.solve(problem.forcing)
        impedance[k], flowing[k] = problem.impedance(z[others, k]), problem.current(z[others, k])
        # of V + Z I, the current at the terminals moving with the unknowns where there is a shunt
        output = problem.voltage + impedance[k] * problem.passing
        for row, slope in stack.uneven.slopes_by_response(z[others, k], problem.scale, given).items():
            output[row] -= problem.scale * slope
        adjoints[:, k] = factors.solve(output, transposed=True)
    added = stack.uneven.impedance(z[others], problem.scale, given)

    result = np.empty((flat.size, len(stack.input_names)), dtype=complex)
    moved = np.zeros((y.size, len(stack.input_names))) if shift is None else shift
    for k, name in enumerate(stack.input_names):
        # how dF/dy and dV/dy turn with this input along with the movement of the state
        turned, outputs = stack.matrices.along(y, stack.values(given), moved[:, k], k)
        matrix, (voltage, through) = csr_matrix(turned.sparse()), np.asarray(outputs.full())[:2]
        # no conjugate anywhere: lambda^T (dA) z is linear in both, so that
        # np.vdot in its place would give another number
        change = voltage @ z + np.einsum("nf,nf->f", adjoints, csr_matrix(matrix[others]) @ z)
        change += impedance * (through @ z)
        powered = [label for label, path in stack.model.exponents.items() if stack.model.input_paths.get(path) == name]
        rows = np.isin(np.asarray(stack.layout[0])[others], powered)
        # the compiled matrices know nothing of (i omega)^n, the power of a row: its derivative by n comes on top
        if rows.any():
            n = stack.exponents(given)[others][rows, np.newaxis]
            powers = (2j * np.pi * flat) ** n * np.log(2j * np.pi * flat)
            change -= np.sum(adjoints[rows] * powers * stack.mass[rows, np.newaxis] * z[others][rows], axis=0)
        directly = stack.uneven.slope_by_input(z[others], problem.scale, given, name)
        result[:, k] = directly - change / flowing
        # CasADi divides by 0 without a word: a fit would otherwise take the nan for a slope
        if not np.isfinite(result[:, k]).all():
            raise InputError(no_derivative(name, given))
    leads, s = stack.fixture_numbers(given), 2j * np.pi * flat
    columns = {path: result[:, stack.input_names.index(name)] for path, name in stack.model.input_paths.items()}
    impedance = impedance + added
    # before the impedance itself is turned into that at the terminals: the slopes need that of the cell alone
    pass_through_fixture(result.T, columns, impedance, s, *leads)
    impedance = measured(impedance, s, *leads)
    return impedance.reshape(frequencies.shape), result.reshape((*frequencies.shape, -1))


def no_derivative(name: str, inputs: Mapping[str, float]) -> str:
    """What to say where the equations of the mesh divide by a number that is 0."""
    return (
        f"{name} is {inputs[name]:g}: the equations of the mesh have no derivative there. Set it to a small positive "
        f"number first, with Cell.with_."
    )
