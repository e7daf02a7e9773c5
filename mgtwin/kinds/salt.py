"""The algebra of a salt that its material, the models and the impedance share (theory.md §2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .functions import BoundFunction
from .numbers import Number

__all__ = ["DEPLETED", "Salt", "Surface", "continued_log", "salt_voltage"]

#: c/c_0 at a face below which the salt counts as used up: a run ends there. Sand's time is met within twice this.
DEPLETED = 1e-6


@dataclass(frozen=True)
class Salt:
    r"""A salt solution in a layer, and how it conducts there.

    Attributes
    ----------
    path : str
        Of the solution among the cell's numbers, for messages.
    concentration : Number
        :math:`c_0` [mol/m3], per volume of the solution.
    conductivity, diffusivity : Number
        :math:`\kappa_0` [S/m] of all ions at :math:`c_0` and :math:`D` [m2/s] of the salt, of the solution itself.
    transference_number, thermodynamic_factor : Number
        :math:`t_+`, :math:`\Theta`.
    porosity : Number
        Of the solution itself: :math:`\varepsilon` of a layer that is nothing else.
    exponent : Number, optional
        p of :math:`\kappa = \kappa_0 (c/c_0)^p`; None where the conductivity cannot come to follow the concentration.
    fixed_factor : float, optional
        :math:`\Theta` where it is a number that no input changes: two equal ones at a contact cancel.
    network, content : Number
        In the pores of a mixture: the factor on conductivity and diffusivity, the solution's fraction of the volume.
    beside : Number
        Ionic conductivity [S/m] of all other paths together.
    alone : bool
        Whether the layer is nothing but the solution.
    conductivity_factor, diffusivity_factor, anion_factor : BoundFunction, optional
        How kappa, D and :math:`1 - t_+` change with :math:`c/c_0`; None where they do not.
    """

    path: str
    concentration: Number
    conductivity: Number
    diffusivity: Number
    transference_number: Number
    thermodynamic_factor: Number = 1.0
    porosity: Number = 1.0
    exponent: Number | None = None
    fixed_factor: float | None = None
    network: Number = 1.0
    content: Number = 1.0
    beside: Number = 0.0
    alone: bool = True
    conductivity_factor: BoundFunction | None = None
    diffusivity_factor: BoundFunction | None = None
    anion_factor: BoundFunction | None = None

    @property
    def varies(self) -> bool:
        """Whether a property follows a function of the concentration."""
        return any((self.conductivity_factor, self.diffusivity_factor, self.anion_factor))


class Surface(NamedTuple):
    """c/c_0 at a face, and its logarithm: near depletion only the latter says how much there is."""

    relative: Number
    logarithm: Number


def salt_voltage(charge: Number, thermal_voltage: Number, factor: Number) -> Number:
    r"""Voltage [V] per unit of ln c that the salt adds to the ionic potential, but for :math:`1 - t_+`.

    :math:`\nu RT\Theta/(z\nu_+F)` with :math:`\nu_+ = 1`, :math:`\nu = 1 + z`: 3RT/2F for MgX2, 2RT/F for LiX.

    Parameters
    ----------
    charge
        z.
    thermal_voltage
        RT/F [V].
    factor
        Thermodynamic factor.

    Examples
    --------
    >>> round(salt_voltage(2, 0.0257, 1.0), 5)
    0.03855
    """
    return (1 + charge) / charge * thermal_voltage * factor


def continued_log(relative: Number) -> Number:
    """``ln(c/c_0)`` down to `DEPLETED`, continued along its tangent: a trial step of a solver must not overflow.

    Examples
    --------
    >>> bool(continued_log(1.0) == 0.0), bool(continued_log(-1.0) < -1e5)
    (True, True)
    """
    return np.log(np.maximum(relative, DEPLETED)) + np.minimum(relative - DEPLETED, 0) / DEPLETED
