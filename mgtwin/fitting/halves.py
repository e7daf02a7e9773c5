"""Spectra between an electrode and the reference of a cell at rest, as parts of a fit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..impedance.halves import exact_halves
from ..regression import Weighting
from .measurements import Measurement
from .parameters import Parameter
from .single import SingleBlock

__all__ = ["HalfBlock"]

#: Relative step of central differences: on closed forms they are good to 1e-9 of Z.
STEP = 1e-5


class HalfBlock(SingleBlock):
    """One half of the spectrum of a cell, in closed form; its derivatives are differences of one batch of sets.

    A half is not stationary in the currents inside the cell, as the whole impedance is: no derivative by terms.
    """

    smooth = True

    def __init__(self, number: int, item: Measurement, parameters: Sequence[Parameter], weighting: Weighting) -> None:
        super().__init__(number, item, parameters, weighting)
        self._frequency, self._side = np.asarray(item.frequency), 0 if item.half == "negative" else 1

    def predict(self, values: NDArray[np.float64]) -> NDArray[np.complex128]:
        """Impedance of the half [ohm]."""
        return exact_halves(self.cell, self._frequency, self.given(values))[self._side]

    def derivatives(self, values: NDArray[np.float64]) -> NDArray[np.complex128]:
        """Its derivatives by the unknowns."""
        base = np.array([*self.given(values).values()])
        steps = STEP * np.where(base == 0, 1.0, np.abs(base))
        # a number at its lower bound 0 is only stepped upwards
        below = np.where(base == 0, 0.0, steps)
        sets = np.concatenate([base + np.diag(steps), base - np.diag(below)])
        overrides = dict(zip(self.keys.values(), sets.T, strict=True))
        up, down = np.split(exact_halves(self.cell, self._frequency, overrides)[self._side], 2)
        return self.everywhere((up - down) / (steps + below)[:, np.newaxis])
