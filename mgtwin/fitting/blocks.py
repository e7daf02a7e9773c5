"""What every part of a fit's residuals can do."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Block"]


class Block:
    """The residuals of some Datasets, as functions of the values [SI] of all unknowns of the fit.

    Attributes
    ----------
    numbers : tuple of int
        Of the Datasets, in the order of their residuals.
    smooth : bool
        Whether residuals are exact to rounding.
    """

    numbers: tuple[int, ...]
    smooth: bool = False

    @property
    def sizes(self) -> list[int]:
        """How many real residuals every Dataset has."""
        raise NotImplementedError

    @property
    def log_std(self) -> NDArray[np.float64]:
        """Sum of the logarithms of what the deviations are divided by, per Dataset."""
        raise NotImplementedError

    def predicted(self, values: NDArray[np.float64]) -> list[NDArray[Any]]:
        """What the cells give where the Datasets have points: impedances, voltages or currents."""
        raise NotImplementedError

    def residuals(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weighted deviations of the model from the data."""
        raise NotImplementedError

    def jacobian(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Their derivatives by the values, shape (residuals, parameters)."""
        raise NotImplementedError
