r"""What faults do to spectra.

A shunt beside the layers gives :math:`Z' = R_s + 1/(1/(Z - R_s) + G)`; all else is a derivative of the mesh-free
impedance. What a spectrum shows beside its cell's fixture is foreseen as without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...cells import Cell
from ...impedance.compiled import CompiledSpectra

__all__ = ["SpectrumForeseen", "foreseen_spectra", "shunted"]

Reals = NDArray[np.float64]
Complexes = NDArray[np.complex128]

#: Numbers of a cell by whose derivatives faults show.
WATCHED = ("*.contact.fraction", "*.film_resistance", "*.film_resistance.reference", "series_resistance", "temperature")


def shunted(z: Complexes, conductances: Reals, leads: float, area: float) -> Complexes:
    """Impedances [ohm] with a shunt [S/m2] beside what is not leads [ohm m2], (k, numbers)."""
    layers = z * area - leads
    return np.asarray((leads + layers / (1 + np.multiply.outer(conductances, layers))) / area)


@dataclass(frozen=True, eq=False)
class SpectrumForeseen:
    """A spectrum that was foreseen; see `Foreseen`.

    Attributes
    ----------
    impedance : ndarray of complex, shape (f,)
        [ohm]
    leads, area : float
        Of the cell [ohm m2, m2].
    slopes : mapping
        Path to dZ/dp, shape (f,).
    """

    impedance: Complexes
    leads: float
    area: float
    slopes: Mapping[str, Complexes]

    @property
    def numbers(self) -> Reals:
        """Real and imaginary part of each point in turn [ohm]."""
        return parts(self.impedance)

    @property
    def resistance(self) -> float:
        """The largest modulus of the layers [ohm m2]."""
        return float(np.max(np.abs(self.impedance * self.area - self.leads)))

    def cut(self, count: int) -> SpectrumForeseen:
        """Its first points."""
        slopes = {path: slope[:count] for path, slope in self.slopes.items()}
        return SpectrumForeseen(self.impedance[:count], self.leads, self.area, slopes)

    def slope(self, pattern: str) -> Complexes:
        """dZ/dp by all numbers whose path matches, moved together."""
        found = [slope for path, slope in self.slopes.items() if fnmatchcase(path, pattern)]
        return np.sum([np.zeros_like(self.impedance), *found], axis=0)

    def by(self, pattern: str) -> Reals:
        """Derivative of the numbers by all numbers whose path matches, moved together."""
        return parts(self.slope(pattern))

    def shunted(self, conductances: Reals) -> Reals:
        """Change of the numbers by a shunt, (k, numbers)."""
        return parts(shunted(self.impedance, conductances, self.leads, self.area) - self.impedance)


def parts(z: Complexes) -> Reals:
    """Real and imaginary part of each point in turn, along the last axis."""
    return np.stack([z.real, z.imag], axis=-1).reshape(*z.shape[:-1], -1)


@lru_cache(maxsize=64)
def watched_of(cell: Cell) -> tuple[str, ...]:
    """Paths of the numbers of a cell by whose derivatives faults show."""
    return tuple(path for path in cell.paths() if any(fnmatchcase(path, pattern) for pattern in WATCHED))


def foreseen_spectra(cell: Cell, values: Mapping[str, Reals], frequencies: Reals) -> list[SpectrumForeseen]:
    """Spectra foreseen of a cell with numbers that differ, path -> (k,), at frequencies (k, f) [Hz], all in one go."""
    watched = watched_of(cell)
    spectra = CompiledSpectra(cell, frequencies, tuple(dict.fromkeys([*values, *watched])))
    return foreseen_by(spectra, {path: np.reshape(x, (-1, 1)) for path, x in values.items()}, watched)[2]


def foreseen_by(
    spectra: CompiledSpectra, values: Mapping[str, Reals], watched: Sequence[str]
) -> tuple[Complexes, Complexes, list[SpectrumForeseen]]:
    """Spectra of cells with some numbers, path -> (k, 1): Z, derivatives by these and by those watched, and both."""
    cell, count = spectra.cell, spectra.shape[0]
    given = dict(values) | {
        path: np.full((count, 1), float(cell.numbers[path])) for path in watched if path not in values
    }
    z, slopes = spectra.linearised(given, tuple(given))
    leads, known = given["series_resistance"][:, 0], [*given]
    rows = {path: slopes[known.index(path)] for path in watched}
    foreseen = [
        SpectrumForeseen(z[k], float(leads[k]), float(cell.area), {path: slope[k] for path, slope in rows.items()})
        for k in range(count)
    ]
    return z, slopes, foreseen
