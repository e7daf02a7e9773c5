"""The answer of a cell at rest to a step, exact in time, for a batch of parameter sets at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..cells.cell import Cell
from ..errors import InputError
from ..protocols.bias import BIASES, Held
from ..unions import OneOf
from .exact import exact_laplace
from .parameters import Overrides
from .talbot import Inversion

__all__ = ["step_response"]


def step_response(
    cell: Cell, times: ArrayLike, step: Held, overrides: Overrides | None = None, *, points: int = 24
) -> NDArray[np.float64]:
    r"""Return by how much the current changes after a step of the voltage at rest, or the voltage after one of current.

    .. math::
        I(s) = \Delta V/(s Z(s)), \qquad V(s) = Z(s)\,\Delta I/s

    with the exact Z(s), inverted on Talbot's contour (theory.md §7). For a linear cell that holds at any amplitude, for
    others it is the limit of a small one. Permittivities and the fixture act at all times; constant-phase elements are
    exact.

    Parameters
    ----------
    cell : Cell
    times : array_like
        After the step [s], positive; any shape.
    step : Voltage or Current
        By how much the voltage [V] or the current jumps, ``mt.Voltage("10 mV")`` or ``mt.Current("1 uA")``.
    overrides : mapping, optional
        As for :func:`mgtwin.impedance.exact`: a batch of parameter sets.
    points : int
        Of the contour; 24 err by 2e-11 of the largest value, 32 by rounding.

    Returns
    -------
    ndarray
        [A] or [V] in the laboratory's sign, shape ``batch + times.shape``.

    Raises
    ------
    InputError
        For times that are not positive, a step that is none, and as `exact` does.

    Examples
    --------
    >>> import mgtwin as mt, numpy as np
    >>> thickness = np.linspace(0.2e-3, 0.8e-3, 100)
    >>> times, sets = np.logspace(-6, 4, 200), {"layers.antiperovskite.thickness": thickness}
    >>> mt.impedance.step_response(mt.cell("au_mg3asn_au"), times, mt.Voltage("10 mV"), sets).shape
    (100, 200)
    """
    t = np.asarray(times, dtype=float)
    if not ((t > 0) & (t < np.inf)).all():
        raise InputError("Times after a step must be positive and finite [s].")
    OneOf(BIASES).kind_of(step)
    control, inversion = step.control(cell), Inversion(t.reshape(-1), points)
    impedance = exact_laplace(cell, inversion.s, overrides)
    answer = control.start / impedance if control.imposes_voltage else control.start * impedance
    found = inversion.invert(answer / inversion.s)
    return found.reshape((*found.shape[:-1], *t.shape))
