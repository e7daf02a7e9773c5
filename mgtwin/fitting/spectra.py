"""Residuals of spectra of cells at rest: all that share a structure in one evaluation, with exact derivatives."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..cells import Cell
from ..impedance.compiled import CompiledSpectra
from ..regression import Block, Weighting
from .measurements import Measurement
from .parameters import Parameter

__all__ = ["SpectraBlock", "spectra_blocks"]

#: A spectrum with this many times fewer points than the longest of a block would waste the rest of its row.
_UNEQUAL = 3


class SpectraBlock(Block):
    """Spectra of cells that differ in numbers only; see :class:`mgtwin.regression.Block`.

    Parameters
    ----------
    numbers : sequence of int
        Of the Datasets.
    measurements : sequence of Measurement
        Theirs.
    different : sequence of str
        Paths of the numbers in which their cells differ.
    parameters : sequence of Parameter
    weightings : sequence of Weighting
        Theirs.
    """

    smooth = True

    def __init__(
        self,
        numbers: Sequence[int],
        measurements: Sequence[Measurement],
        different: Sequence[str],
        parameters: Sequence[Parameter],
        weightings: Sequence[Weighting],
    ) -> None:
        self.numbers = tuple(numbers)
        self._count = len(parameters)
        spectra = [(item.frequency, item.impedance) for item in measurements]
        lengths = [z.size for _, z in spectra if z is not None]
        longest = max(lengths)
        # padded with the last frequency to one grid, evaluated at once; what is padded is left out of the result
        rows = [np.concatenate([f, np.full(longest - f.size, f[-1])]) for f, _ in spectra if f is not None]
        free = {path for p in parameters for number in self.numbers for path in p.targets.get(number, ())}
        # in the order of the cell, so that the compiled function is the same for equal sets of keys
        self._paths = tuple(
            dict.fromkeys([*(p for p in measurements[0].model.subject.paths() if p in free), *different])
        )
        self._free = tuple(path for path in self._paths if path in free)
        frequencies = rows[0] if len(rows) == 1 else np.array(rows)
        self._compiled = CompiledSpectra(measurements[0].model.subject, frequencies, self._paths)
        self.lengths = tuple(lengths)
        self._select: NDArray[np.intp] | None = None
        if min(lengths) < longest:
            inside = np.arange(longest) < np.array(lengths)[:, np.newaxis]
            self._select = np.flatnonzero(inside)
        self.data = np.concatenate([z for _, z in spectra if z is not None])
        std = [w.interleaved(z) for w, (_, z) in zip(weightings, spectra, strict=True) if z is not None]
        self.weight = 1 / np.concatenate(std)
        self._place(measurements, parameters)

    def _place(self, measurements: Sequence[Measurement], parameters: Sequence[Parameter]) -> None:
        """Where every number of every cell comes from: an unknown, or (behind all of them) the cell itself."""
        constants: list[float] = []
        source = np.empty((len(self._paths), len(measurements)), dtype=int)
        for i, path in enumerate(self._paths):
            for d, item in enumerate(measurements):
                # first all from the cells; what is free is put over it below
                source[i, d] = self._count + len(constants)
                constants.append(float(item.model.subject.get(path)))
        for k, parameter in enumerate(parameters):
            for d, number in enumerate(self.numbers):
                for path in parameter.targets.get(number, ()):
                    source[self._paths.index(path), d] = k
        self._constants = np.array(constants)
        for row in source:  # equal numbers need no array
            fixed = {constants[j - self._count] for j in row if j >= self._count}
            if len(fixed) == 1 and (row >= self._count).all():
                row[:] = row[0]
        #: For every path one place for all Datasets, or the place of each.
        self._places = [int(row[0]) if (row == row[0]).all() else row for row in source]
        self._assign: list[tuple[int, int, slice | None]] = []
        for i, path in enumerate(self._free):
            row = source[self._paths.index(path)]
            if (row == row[0]).all():
                self._assign.append((int(row[0]), i, None))
                continue
            self._assign += [(int(k), i, self.parts[d]) for d, k in enumerate(row) if k < self._count]

    def _numbers(self, values: NDArray[np.float64]) -> dict[str, float | NDArray[np.float64]]:
        everything = np.concatenate([values, self._constants])
        numbers = everything.tolist()  # NumPy is slow with single numbers of its own
        return {
            path: numbers[place] if type(place) is int else everything[place][:, np.newaxis]
            for path, place in zip(self._paths, self._places, strict=True)
        }

    def predict(self, values: NDArray[np.float64]) -> NDArray[np.complex128]:
        """Impedances [ohm] at the frequencies of every Dataset."""
        return self._flat(self._compiled.impedance(self._numbers(values)))

    def _flat(self, grid: NDArray[np.complex128], leading: int = 0) -> NDArray[np.complex128]:
        flat = grid.reshape((*grid.shape[:leading], -1))
        return flat if self._select is None else flat[..., self._select]

    def derivatives(self, values: NDArray[np.float64]) -> NDArray[np.complex128]:
        """Their derivatives by the values of the unknowns, shape (parameters, points)."""
        result = np.zeros((self._count, self.data.size), dtype=complex)
        if self._free:
            slopes = self._flat(self._compiled.slopes(self._numbers(values), self._free), 1)
            for k, i, part in self._assign:
                if part is None:
                    result[k] += slopes[i]
                else:
                    result[k, part] += slopes[i, part]
        return result


def spectra_blocks(
    numbers: Sequence[int],
    measurements: Sequence[Measurement],
    parameters: Sequence[Parameter],
    weightings: Sequence[Weighting],
) -> list[SpectraBlock]:
    """Blocks of spectra (at rest) that can be evaluated together."""
    groups: list[tuple[Cell, int, list[int], set[str]]] = []
    for position, item in enumerate(measurements):
        assert item.impedance is not None
        size = item.impedance.size
        for first, length, members, different in groups:
            # padding to the longest would cost more than a block of its own
            if not 1 / _UNEQUAL <= size / length <= _UNEQUAL:
                continue
            found = _different_numbers(first, item.model.subject)
            # cells that differ in numbers only share their equations: differing numbers become arrays over the Datasets
            if found is not None:
                members.append(position)
                different |= found
                break
        else:
            groups.append((item.model.subject, size, [position], set()))
    return [
        SpectraBlock(
            [numbers[k] for k in members],
            [measurements[k] for k in members],
            sorted(different),
            parameters,
            [weightings[k] for k in members],
        )
        for _, _, members, different in groups
    ]


def _different_numbers(one: Cell, other: Cell) -> set[str] | None:
    """Paths of the numbers in which two cells differ; None where they differ in something else."""
    if one is other:
        return set()
    known = set(one.paths())
    if known != set(other.paths()):
        return None
    found = set()
    for path, pair in one.diff(other).items():
        if path in ("name", "description", "overlays"):
            continue
        if path not in known or not all(isinstance(item, float) and math.isfinite(item) for item in pair):
            return None
        found.add(path)
    return found
