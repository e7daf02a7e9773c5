"""Spectra and a circuit as a part of a least-squares problem."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..regression import Block
from .circuit import Circuit
from .network import Evaluated

__all__ = ["CircuitBlock"]

Reals = NDArray[np.float64]
Complexes = NDArray[np.complex128]


class CircuitBlock(Block):
    """One spectrum and the circuit that is to describe it; see :class:`mgtwin.regression.Block`.

    Parameters
    ----------
    number : int
        Of the Dataset.
    circuit : Circuit
        Its numbers hold where no unknown of the fit stands for them.
    sources : sequence of int
        For each of its numbers which unknown of the fit it is, -1 where it stays as it is.
    count : int
        How many unknowns there are.
    frequency, impedance : ndarray
        [Hz], [ohm].
    weight : ndarray
        1 / standard deviations, real and imaginary part of each point in turn.
    """

    smooth = True

    def __init__(
        self,
        number: int,
        circuit: Circuit,
        sources: Sequence[int],
        count: int,
        frequency: Reals,
        impedance: Complexes,
        weight: Reals,
    ) -> None:
        self.numbers = (number,)
        self.data, self.lengths, self.weight = impedance, (impedance.size,), weight
        self._s: Complexes = np.asarray(2j * np.pi * frequency, dtype=complex)
        self._network = circuit.network
        self._constants = [float(circuit.values.get(path, np.nan)) for path in circuit.paths()]
        self._free = [(place, unknown) for place, unknown in enumerate(sources) if unknown >= 0]
        self._count = count
        self._last: tuple[list[float], Evaluated] | None = None

    def _evaluated(self, values: Reals) -> tuple[list[float], Evaluated]:
        """Numbers of the circuit and what they give; residuals and Jacobian of one point share it."""
        numbers = self._constants.copy()
        given = values.tolist()  # floats of Python are faster than those of NumPy, one by one
        for place, unknown in self._free:
            numbers[place] = given[unknown]
        if self._last is None or self._last[0] != numbers:
            with np.errstate(all="ignore"):
                self._last = numbers, self._network.evaluate(self._s, numbers)
        return self._last

    def predict(self, values: Reals) -> Complexes:
        """Impedance [ohm]."""
        return np.asarray(self._evaluated(values)[1].z)

    def derivatives(self, values: Reals) -> Complexes:
        """Its derivatives by the unknowns; a number that several elements share collects those of each."""
        numbers, found = self._evaluated(values)
        every = np.empty((len(numbers), self._s.size), dtype=complex)
        with np.errstate(all="ignore"):
            self._network.add_slopes(found, 1.0, self._s, numbers, every)
        result = np.zeros((self._count, self._s.size), dtype=complex)
        for place, unknown in self._free:
            result[unknown] += every[place]
        return result
