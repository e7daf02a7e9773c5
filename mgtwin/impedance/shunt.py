r"""A shunt from metal to metal beside the stack, in closed form.

With the impedance z of the stack [ohm m2] and the conductance G the share :math:`1/(1 + Gz)` of a current goes through
the layers, and

.. math:: z_G = \frac{z}{1 + Gz}, \qquad
          \frac{\partial z_G}{\partial p} = \frac{1}{(1 + Gz)^2}\frac{\partial z}{\partial p}
          - z_G^2\,\frac{\partial G}{\partial p} .
"""

from __future__ import annotations

import numpy as np

from ..cells.reader import Reader
from ..kinds.numbers import is_zero
from .links import Array

__all__ = ["conductance", "shunted", "through_layers"]


def conductance(reader: Reader) -> Array:
    """G [S/m2], the plain number 0 where there is no shunt."""
    return 0.0 if reader.cell.shunt is None else reader.property("shunt.conductance", reader.temperature)


def through_layers(z: Array, G: Array) -> Array:
    """Share of the current that goes through a stack of impedance z [ohm m2], 0 where nothing can."""
    if is_zero(G):
        return 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.isfinite(z), 1 / (1 + G * np.where(np.isfinite(z), z, 0.0)), 0.0)


def shunted(z: Array, G: Array) -> Array:
    """Impedance [ohm m2] of stack and shunt."""
    if is_zero(G):
        return z
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.isfinite(z), np.where(np.isfinite(z), z, 0.0) * through_layers(z, G), 1 / G)
