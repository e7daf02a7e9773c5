"""Spectra of the cell at rest as evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..protocols import from_yaml
from .alarms.spectra import SpectrumForeseen, foreseen_by, watched_of
from .evidence import Evidence
from .intake import CURRENT_BEFORE
from .model_error import ErrorBasis
from .noise import measured_noise
from .observing import EvidenceKind, Observation, States, evidence_kind

if TYPE_CHECKING:
    import xarray as xr

    from ..cells import Cell

__all__ = ["Spectra", "Spectrum"]

#: Points of a spectrum: of fewer nothing says that they belong together.
FEWEST = 3

Reals = NDArray[np.float64]
Complexes = NDArray[np.complex128]


#: A spectrum that is taken right after a half cycle is off that at rest by 3 to 9 % of |Z| (electrodes react, double
#: layers are charged); after a rest of so many times the slowest thing it shows by 1e-5.
AFTER_CURRENT, RESTED = 0.06, 5.0


class Spectra(Observation):
    """Spectra of one cell at rest, all evaluated at once.

    Real and imaginary parts follow each other. Their standard deviation is that of the instrument times the modulus of
    the data.

    Parameters
    ----------
    evidence : sequence of Evidence
    states : States
    """

    def __init__(self, evidence: Sequence[Evidence], states: States) -> None:
        self._states = states
        spectra = [_points(item) for item in evidence]
        longest = max(f.size for f, _ in spectra)
        # padded with the last frequency to one grid
        grid = np.array([np.concatenate([f, np.full(longest - f.size, f[-1])]) for f, _ in spectra])
        self._frequencies = tuple(f for f, _ in spectra)
        self.impedances = tuple(z for _, z in spectra)
        # each spectrum at its own temperature: only where one differs does the temperature vary
        own = float(states.cell.temperature)
        temperatures = [float(item.dataset.attrs.get("temperature", own)) for item in evidence]
        self._temperature = np.array(temperatures)[:, np.newaxis]
        self._at = {} if np.all(self._temperature == own) else {"temperature": self._temperature}
        self._grid = grid
        self._compiled = states.spectra(tuple(dict.fromkeys([*states.paths, *self._at]))).at(grid)
        self.data = tuple(_real(z) for z in self.impedances)
        self.deviations = tuple(
            np.repeat(float(item.noise or np.nan) * np.abs(z), 2)
            for item, z in zip(evidence, self.impedances, strict=True)
        )

    @property
    def frequencies(self) -> tuple[Reals, ...]:
        """Of each spectrum [Hz]."""
        return self._frequencies

    def error_directions(self, basis: ErrorBasis) -> list[Reals]:
        """Errors are relative to the modulus."""
        pairs = zip(self.frequencies, self.impedances, strict=True)
        shapes = {points: basis.directions(np.frombuffer(points)) for points in {f.tobytes() for f in self.frequencies}}
        return [shapes[f.tobytes()] * np.repeat(np.abs(z), 2)[:, np.newaxis] for f, z in pairs]

    def _numbers(self, states: Reals) -> dict[str, Reals]:
        values = self._states.values(states)
        return {path: values[:, [i]] for i, path in enumerate(self._states.paths)} | self._at

    def predicted(self, states: Reals) -> list[Reals]:
        """Spectra at states (k, n)."""
        return self._cut(self._compiled.impedance(self._numbers(states)))

    def linearised(self, states: Reals) -> list[tuple[Reals, Reals]]:
        """The same with the derivatives by the coordinates."""
        z, by_path = self._compiled.linearised(self._numbers(states), self._states.paths)
        return self._by_coordinate(states, z, by_path)

    def _by_coordinate(self, states: Reals, z: Complexes, by_path: Complexes) -> list[tuple[Reals, Reals]]:
        slopes = self._states.slopes(states)
        by_coordinate = np.einsum("pkf,kpn->kfn", by_path, slopes)
        H = np.stack([by_coordinate.real, by_coordinate.imag], axis=2).reshape(len(states), -1, slopes.shape[2])
        return [(row, H[k, : row.size]) for k, row in enumerate(self._cut(z))]

    def foreseen(self, states: Reals) -> list[SpectrumForeseen]:
        """What faults would do to the spectra."""
        return [foreseen for _, foreseen in self.ahead(states)]

    def ahead(self, states: Reals) -> list[tuple[tuple[Reals, Reals], SpectrumForeseen]]:
        """What `linearised` and `foreseen` give, from one evaluation."""
        numbers, paths, watched = self._numbers(states), self._states.paths, watched_of(self._states.cell)
        both = tuple(dict.fromkeys([*numbers, *watched]))
        z, by_path, found = foreseen_by(self._states.spectra(both).at(self._grid), numbers, watched)
        linear = self._by_coordinate(states, z, by_path[[both.index(path) for path in paths]])
        cut = [one.cut(z.size) for one, z in zip(found, self.impedances, strict=True)]
        return list(zip(linear, cut, strict=True))

    def _cut(self, grid: Complexes) -> list[Reals]:
        return [_real(row[: z.size]) for row, z in zip(grid, self.impedances, strict=True)]


@evidence_kind
class Spectrum(EvidenceKind):
    """An impedance spectrum of the cell at rest."""

    @staticmethod
    def recognises(dataset: xr.Dataset) -> bool:
        """Whether it has an impedance over frequency."""
        return "impedance" in dataset and dataset["impedance"].dims == ("frequency",)

    @staticmethod
    def check(dataset: xr.Dataset, name: str, cells: Iterable[Cell]) -> None:
        """A spectrum has some points, and under a bias it is that of another state."""
        points = int(np.isfinite(dataset["impedance"].values).sum())
        if points < FEWEST:
            raise InputError(
                f"{name} has {points} points that are numbers, of {dataset.sizes['frequency']}, and a twin needs "
                f"{FEWEST}. It was stopped, or a column was not found: mt.read(..., columns=...)."
            )
        # written so that what is no number, which was counted above, is left out
        wrong = (dataset["frequency"].values <= 0) | (dataset["impedance"].values == 0)
        if np.any(wrong):
            raise InputError(
                f"{name} has {int(wrong.sum())} points without an impedance, or at a frequency that is not above 0: "
                f"leave them out, ds.isel(frequency=...), or name the columns: mt.read(..., columns=...)."
            )
        if "protocol" in dataset.attrs and rest_before(str(dataset.attrs["protocol"])) is None:
            raise InputError(
                f"{name} was taken under a bias, and a twin knows spectra of the cell at rest: take one without, or "
                f"compare it with mt.simulate, or mt.fit."
            )

    @staticmethod
    def doubt(dataset: xr.Dataset) -> tuple[float, str]:
        """Right after a current the cell is not at rest yet."""
        rest = rest_before(str(dataset.attrs["protocol"])) if "protocol" in dataset.attrs else np.inf
        slowest = 1 / (2 * np.pi * float(np.min(dataset.variables["frequency"].values)))
        if not dataset.attrs.get(CURRENT_BEFORE) and (rest or 0.0) >= RESTED * slowest:
            return 0.0, ""
        return AFTER_CURRENT, f"taken right after a current, {100 * AFTER_CURRENT:g} % of |Z| added to its noise"

    @staticmethod
    def tested(dataset: xr.Dataset, name: str) -> tuple[float | None, str]:
        """By the relations of Kramers and Kronig."""
        return measured_noise(dataset, name)

    @staticmethod
    def observation(evidence: Sequence[Evidence], states: States) -> Spectra:
        """All of them at once."""
        return Spectra(evidence, states)


@lru_cache
def rest_before(protocol: str) -> float | None:
    """How long no current has flowed before a simulated spectrum [s]; None under a bias."""
    return from_yaml(protocol).rest_before()


#: What was read of spectra: a life has many of them, and looks back at each again and again.
_READ: WeakKeyDictionary[Evidence, tuple[Reals, Complexes]] = WeakKeyDictionary()


def _points(item: Evidence) -> tuple[Reals, Complexes]:
    if item not in _READ:
        f = np.asarray(item.dataset["frequency"].values, dtype=float)
        z = np.asarray(item.dataset["impedance"].values, dtype=complex)
        good = np.isfinite(z) & np.isfinite(f) & (f > 0)
        _READ[item] = f[good], z[good]
    return _READ[item]


def _real(z: Complexes) -> Reals:
    return np.stack([z.real, z.imag], axis=-1).reshape(-1)
