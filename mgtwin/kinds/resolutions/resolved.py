"""A reaction that differs over the thickness."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from ..numbers import Number, is_zero
from .base import Resolution, resolution

__all__ = ["Resolved"]

#: Size of nu^2 below which the differences are taken from their series, right to 1e-14 there.
SMALL = 1e-2


@resolution
class Resolved(Resolution):
    r"""Conduction of ions and electrons beside a reaction that differs over the thickness of an electrode.

    The impedance of all of it (de Levie, Newman; physics of a transmission line with both rails resistive) is

    .. math::

       Z = \frac{R_iR_e}{R_i + R_e}\left[1 + \frac{2 + (R_i/R_e + R_e/R_i)\cosh\nu}{\nu\sinh\nu}\right],
       \qquad \nu^2 = (R_i + R_e)\,Y,

    exact at any frequency; in time there are finite volumes, second order in their width.

    Parameters
    ----------
    slices : int
        Finite volumes from separator to collector, 4 to 200.

    Examples
    --------
    >>> uniform, uneven = (Resolved.added(y, ions=0.2, electrons=0.1) for y in (0.0, 1e6))
    >>> round(uniform, 9), round(float(uneven.real), 3)       # R/3, and both rails in parallel
    (0.1, 0.067)
    """

    slices: Annotated[int, Field(ge=4, le=200)] = 12

    @staticmethod
    def added(admittance: Number, *, ions: Number, electrons: Number) -> Number:
        """Return Z - 1/Y [ohm*m^2]."""
        total = ions + electrons
        if is_zero(admittance):  # then also among symbols
            return total / 3
        square = total * np.asarray(admittance, dtype=complex)
        small = np.abs(square) < SMALL
        nu = np.sqrt(np.where(small, 1.0, square))
        # coth(nu)/nu and 1/(nu sinh nu), both less 1/nu^2, which together with R_iR_e/(R_i + R_e) is 1/Y
        decay = np.exp(-nu)
        below = 1 - decay * decay
        coth = np.where(
            small, 1 / 3 - square * (1 / 45 - square * (2 / 945 - square / 4725)), (2 - below) / below / nu - nu**-2
        )
        csch = np.where(
            small, -1 / 6 + square * (7 / 360 - square * (31 / 15120)), 2 * decay / below / nu - nu**-2
        )  # fmt: skip
        return ions * electrons / total * (1 + (ions / electrons + electrons / ions) * coth + 2 * csch)
