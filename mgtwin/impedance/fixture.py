r"""What leads and fixture make of the impedance of a cell and of its derivatives, on every route the same.

With :math:`Z_s = Z + R_s + sL` (`alone` below is :math:`Z + R_s`) and :math:`Z_m = Z_s/(1 + sC Z_s)`

.. math:: \frac{\partial Z_m}{\partial p} = \left(\frac{Z_m}{Z_s}\right)^2 \frac{\partial Z}{\partial p}, \qquad
          \frac{\partial Z_m}{\partial L} = s\left(\frac{Z_m}{Z_s}\right)^2, \qquad
          \frac{\partial Z_m}{\partial C} = -s Z_m^2 .
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..cells.reader import Reader
from .links import Array

__all__ = ["FIXTURE", "fixture_numbers", "idle", "measured", "pass_through_fixture"]

#: Paths of the numbers of a fixture.
FIXTURE = ("fixture.inductance", "fixture.capacitance")


def fixture_numbers(reader: Reader) -> tuple[Array, Array]:
    """Inductance [H] and capacitance [F]."""
    inductance, capacitance = (reader.number(path) for path in FIXTURE)
    return inductance, capacitance


def idle(inductance: Array, capacitance: Array) -> bool:
    """Whether a fixture changes nothing: both numbers are plainly 0."""
    # an array counts as a fixture even where it holds zeros: it is a batch, or stepped for a derivative at 0
    return np.ndim(inductance) == np.ndim(capacitance) == 0 and inductance == capacitance == 0


def measured(alone: Array, s: Array, inductance: Array, capacitance: Array) -> Array:
    """Impedance [ohm] at the terminals, from that of cell and series resistance."""
    if idle(inductance, capacitance):
        return alone
    inner, shunt = alone + s * inductance, s * capacitance
    # of a cell that lets nothing pass the capacitor alone is measured
    passes = np.isfinite(inner)
    with np.errstate(divide="ignore", invalid="ignore"):  # without a capacitor nothing is measured there: infinite
        return np.where(passes, np.where(passes, inner, 0.0) / (1 + shunt * np.where(passes, inner, 0.0)), 1 / shunt)


def pass_through_fixture(
    slopes: NDArray[np.complex128],
    rows: Mapping[str, NDArray[np.complex128]],
    alone: Array,
    s: Array,
    inductance: Array,
    capacitance: Array,
) -> None:
    """Turn derivatives of the impedance of cell and series resistance into those of the measured one, in place.

    Parameters
    ----------
    slopes : ndarray, shape (parameters, ..., frequencies)
    rows : mapping
        Rows of `slopes` by path; those of the fixture's own numbers are 0 before.
    alone : ndarray
        Impedance of cell and series resistance [ohm].
    s : ndarray
        Laplace variable [1/s].
    inductance, capacitance
        [H], [F]
    """
    divided = 1 / (1 + s * capacitance * (alone + s * inductance))  # Z_m/Z_s
    slopes *= divided**2
    if FIXTURE[0] in rows:
        rows[FIXTURE[0]][...] += s * divided**2
    if FIXTURE[1] in rows:
        rows[FIXTURE[1]][...] -= s * (divided * (alone + s * inductance)) ** 2
