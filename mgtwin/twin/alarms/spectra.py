r"""What faults do to spectra.

A shunt beside the layers gives :math:`Z' = R_s + 1/(1/(Z - R_s) + G)`; all else is a derivative of the mesh-free
impedance. What a spectrum shows beside its cell's fixture is foreseen as without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from ...impedance.compiled import CompiledSpectra
from ..observing import States

__all__ = ["PATTERNS", "SpectrumForeseen", "foreseen_spectra"]

Reals = NDArray[np.float64]

#: Numbers of a cell by whose derivatives faults show.
PATTERNS = (
    "*.contact.fraction",
    "*.film_resistance",
    "*.film_resistance.reference",
    "series_resistance",
    "temperature",
)


def stacked(z: NDArray[np.complex128]) -> Reals:
    """Real parts, then imaginary parts, along the last axis."""
    return np.concatenate([z.real, z.imag], axis=-1)


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

    impedance: NDArray[np.complex128]
    leads: float
    area: float
    slopes: dict[str, NDArray[np.complex128]]

    @property
    def numbers(self) -> Reals:
        """Real parts, then imaginary parts [ohm]."""
        return stacked(self.impedance)

    @property
    def resistance(self) -> float:
        """The largest modulus of the layers [ohm m2]."""
        return float(np.max(np.abs(self.impedance * self.area - self.leads)))

    def by(self, pattern: str) -> Reals:
        """Derivative by all numbers that match, moved together: fractions relative to themselves."""
        found = np.zeros(self.impedance.size, dtype=complex)
        for path, slope in self.slopes.items():
            if fnmatchcase(path, pattern):
                found += slope
        return stacked(found)

    def shunted(self, conductances: Reals) -> Reals:
        """Its change by a shunt, (k, numbers)."""
        layers = self.impedance * self.area - self.leads
        return stacked((layers / (1 + np.multiply.outer(conductances, layers)) - layers) / self.area)


def foreseen_spectra(states: States, frequencies: Reals, at: Reals) -> Sequence[SpectrumForeseen]:
    """Spectra foreseen at states (k, n), at the same frequencies (f,), all in one go."""
    cell = states.cell
    watched = [path for path in cell.paths() if any(fnmatchcase(path, pattern) for pattern in PATTERNS)]
    spectra = CompiledSpectra(cell, np.tile(frequencies, (len(at), 1)), list(dict.fromkeys([*states.paths, *watched])))
    known = dict(zip(states.paths, states.values(at).T, strict=True))
    given = {
        path: known.get(path, np.full(len(at), float(cell.numbers[path])))[:, np.newaxis] for path in [*known, *watched]
    }
    z, slopes = spectra.impedance(given), spectra.jacobian(given, watched)
    leads = given["series_resistance"][:, 0]
    return [
        SpectrumForeseen(z[k], float(leads[k]), float(cell.area), dict(zip(watched, slopes[:, k], strict=True)))
        for k in range(len(at))
    ]
