"""What parts of a fit share that are of a single Dataset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..cells import Cell
from ..cells.paths import Key
from ..regression import Block, Weighting
from .measurements import Measurement
from .parameters import Parameter

__all__ = ["SingleBlock"]

Reals = NDArray[np.float64]
_Array = TypeVar("_Array", Reals, NDArray[np.complex128])


class SingleBlock(Block):
    """A Dataset by itself; see :class:`mgtwin.regression.Block`.

    Parameters
    ----------
    number : int
        Of the Dataset.
    item : Measurement
    parameters : sequence of Parameter
    weighting : Weighting
    """

    def __init__(self, number: int, item: Measurement, parameters: Sequence[Parameter], weighting: Weighting) -> None:
        self.numbers = (number,)
        self.quantity, self.data, self.lengths = item.quantity, item.data, (item.data.size,)
        self.weight = 1 / weighting.interleaved(item.data)
        self.cell: Cell = item.model.subject
        #: Unknown -> paths of the numbers of this cell that have its value.
        self.keys: dict[int, Key] = {k: p.targets[number] for k, p in enumerate(parameters) if number in p.targets}
        self.count = len(parameters)

    def given(self, values: Reals) -> dict[Key, float]:
        """The numbers of this cell that are unknown."""
        return {paths: float(values[k]) for k, paths in self.keys.items()}

    def everywhere(self, slopes: _Array) -> _Array:
        """Derivatives by all unknowns from those by the ones that act here (first axis)."""
        result: _Array = np.zeros((self.count, *slopes.shape[1:]), dtype=slopes.dtype)
        result[list(self.keys)] = slopes
        return result
