r"""What faults do to runs in time, by the impedance at the frequency of each number's time.

Under a current I a voltage is :math:`I Z(1/2\pi t)`, t being the time since the current was switched, an ohmic step is
Z of its first sample, a current under a voltage V is :math:`V/Z`. That is good enough to tell directions apart, and a
shunt takes the resistance as it was foreseen, :math:`V/I`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .spectra import SpectrumForeseen, shunted

__all__ = ["RunForeseen"]

Reals = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RunForeseen:
    """A run that was foreseen; see `Foreseen`.

    Attributes
    ----------
    numbers : ndarray, shape (N,)
        Voltages [V], currents [A] and ohmic steps [ohm].
    imposed : ndarray, shape (N,)
        The current or voltage that was imposed, 1 for an ohmic step.
    by_voltage : ndarray of bool, shape (N,)
    spectrum : SpectrumForeseen
        At the frequency of each number.
    """

    numbers: Reals
    imposed: Reals
    by_voltage: NDArray[np.bool_]
    spectrum: SpectrumForeseen

    @property
    def resistance(self) -> float:
        """The largest modulus of the layers [ohm m2]."""
        return self.spectrum.resistance

    def by(self, pattern: str) -> Reals:
        """Derivative of the numbers by all numbers whose path matches, moved together."""
        z, slope = self.spectrum.impedance, self.spectrum.slope(pattern)
        return np.asarray(self.imposed * np.where(self.by_voltage, -slope / z**2, slope).real)

    def shunted(self, conductances: Reals) -> Reals:
        """Change of the numbers by a shunt, (k, numbers)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(self.by_voltage, self.imposed / self.numbers, self.numbers / self.imposed)
        known = np.isfinite(ratio) & (ratio > 0)
        secant = np.where(known, ratio, 1.0)
        moved = shunted(secant.astype(complex), conductances, self.spectrum.leads, self.spectrum.area).real
        response = np.where(self.by_voltage, self.imposed / moved, self.imposed * moved)
        return np.where(known, response - self.numbers, 0.0)
