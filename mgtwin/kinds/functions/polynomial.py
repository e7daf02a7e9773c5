"""A polynomial with a square root, as conductivities and diffusivities of solutions are given."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ...quantities import Quantity, Value
from ..numbers import Number
from .base import Function, function

__all__ = ["Polynomial"]

_Coefficient = Annotated[float, Quantity("")]
_NONE = Value(0.0, unit="")


@function
class Polynomial(Function):
    r"""Factor :math:`f(x) = 1 + a(\sqrt x - 1) + b(x - 1) + c(x^2 - 1)`, 1 at x = 1.

    The root is the law of Debye, Hueckel and Onsager, the others fit what comes beyond it.

    Parameters
    ----------
    root, linear, quadratic : float
        a, b, c.

    Examples
    --------
    >>> Polynomial(linear=-0.2)(2.0)
    0.8
    """

    root: _Coefficient = _NONE
    linear: _Coefficient = _NONE
    quadratic: _Coefficient = _NONE

    @staticmethod
    def formula(x: Number, *, root: Number, linear: Number, quadratic: Number) -> Number:
        """Return f(x)."""
        # a trial step of a solver may leave the concentrations that there are
        return 1 + root * (np.sqrt(np.maximum(x, 0)) - 1) + linear * (x - 1) + quadratic * (x * x - 1)

    @staticmethod
    def logarithmic(x: Number, log_x: Number, *, root: Number, linear: Number, quadratic: Number) -> Number:
        """Return the integral of f in ln x."""
        rest = 1 - root - linear - quadratic
        return rest * log_x + 2 * root * np.sqrt(np.maximum(x, 0)) + linear * x + quadratic * x * x / 2
