"""What every part of a least-squares problem is: data, their weights, and a model with its derivatives."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .weighting import Data

__all__ = ["Block", "Observable"]

Reals = NDArray[np.float64]
#: Which quantity deviates.
Observable = Literal["impedance", "voltage", "current", "prior"]


class Block:
    """Some data and the model of them, as functions of the values [SI] of all unknowns of the fit.

    A spectrum, a run in time, a circuit and a prior are each a subclass: it sets the attributes and defines `predict`
    and `derivatives`. Residuals, their Jacobian and their parts per Dataset follow from these, once.

    Attributes
    ----------
    numbers : tuple of int
        Of the Datasets, in the order of their data; empty for a prior, which belongs to none.
    quantity : str
        Which quantity deviates: ``impedance``, ``voltage``, ``current`` or ``prior``.
    smooth : bool
        Whether predictions are exact to rounding, not only to the tolerance of an integrator.
    data : ndarray
        Of all Datasets, one after the other.
    lengths : tuple of int
        How many points each has.
    weight : ndarray
        What deviations are multiplied by: one number for each real number of the data (of a spectrum real and imaginary
        part of each point in turn).
    """

    numbers: tuple[int, ...]
    quantity: Observable = "impedance"
    smooth: bool = False
    data: Data
    lengths: tuple[int, ...]
    weight: Reals

    def predict(self, values: Reals) -> Data:
        """What the model gives where the data have points, with their shape."""
        raise NotImplementedError

    def derivatives(self, values: Reals) -> Data:
        """Derivatives of `predict` by the values of the unknowns, shape (unknowns, points)."""
        raise NotImplementedError

    @cached_property
    def parts(self) -> list[slice]:
        """Where the points of every Dataset are among all points of the block."""
        # plain integers, for slices are taken with them for every evaluation
        edges = np.concatenate([[0], np.cumsum(self.lengths)]).tolist()
        return [slice(a, b) for a, b in pairwise(edges)]

    @cached_property
    def _parts_each(self) -> int:
        return 2 if np.iscomplexobj(self.data) else 1

    @property
    def sizes(self) -> list[int]:
        """How many real residuals every Dataset has."""
        return [self._parts_each * length for length in self.lengths]

    @property
    def log_std(self) -> Reals:
        """Sum of the logarithms of the variances that the deviations are divided by, per Dataset."""
        k = self._parts_each
        return np.array([-2 * np.log(self.weight[k * part.start : k * part.stop]).sum() for part in self.parts])

    def predicted(self, values: Reals) -> list[Data]:
        """What the model gives, Dataset by Dataset."""
        found = self.predict(values)
        return [found[part] for part in self.parts]

    def residuals(self, values: Reals) -> Reals:
        """Weighted deviations of the model from the data."""
        # a view, not a copy: complex numbers lie in memory as real and imaginary part in turn, the order of the weights
        return np.ascontiguousarray(self.predict(values) - self.data).view(float) * self.weight

    def jacobian(self, values: Reals) -> Reals:
        """Their derivatives by the values, shape (residuals, unknowns)."""
        return (np.ascontiguousarray(self.derivatives(values)).view(float) * self.weight).T
