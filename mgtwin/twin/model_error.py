r"""What no parameter of a model removes: a persistent relative error of spectra, estimated from one-step forecasts.

.. math:: Z_k(f) = Z(f; x_k) + |Z_k^{data}(f)| \sum_j B_j(\lg f)\,(\delta_{k,j}' + i\,\delta_{k,j}''),
          \qquad \delta_{k} = \phi_k\,\delta_{k-1} + \sigma\sqrt{1 - \phi_k^2}\,w, \quad \phi_k = e^{-N_k/N_m}

with 8 Gaussians B evenly spaced over the frequencies. Ends of runs in time have one such relative error for each
direction of the current, and ohmic steps have one. Size :math:`\sigma` and memory :math:`N_m` are those of a few
with the largest density of every spectrum predicted from those before it. (A level "from the misfit" would be blind
where the model fails: the misfit is small where wrong numbers have taken the error up.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..kinds.noun import noun
from ..quantities import Quantity

__all__ = ["ErrorBasis", "ModelError"]

Reals = NDArray[np.float64]

#: Gaussians per part of the impedance.
GAUSSIANS = 8
#: Of runs in time: ends of stretches driven either way, which unlike electrodes make unlike, and ohmic steps.
RUNS = ("end, driven down", "end, driven up", "ohmic step")
#: Without spectra: a factor of 20 in the density.
PRICE = float(np.log(20.0))
#: Error of the model over the noise of the instrument from which on only forecasts are to be trusted: with capacitors
#: for constant-phase elements contact fractions were off by three standard deviations at an error of twice the noise.
POOR = 2.0
#: Sizes and memories [cycles] that are tried. The smallest is nothing beside any instrument, but never zero.
SIZES, MEMORIES = (0.0003, 0.01, 0.03, 0.1, 0.3), (5.0, 20.0, 100.0, 1000.0)


@noun
class ModelError:
    """Error of the model of a twin, relative to the modulus of the impedance.

    Parameters
    ----------
    size : float or str, optional
        Standard deviation; estimated where it is not given.
    memory : float, optional
        Cycles after which 1/e of an error is left; estimated where it is not given.

    Examples
    --------
    >>> ModelError("1 %", 20).size
    Value(0.01, unit='')
    """

    size: Annotated[float, Quantity("", gt=0)] | None = None
    memory: float | None = Field(default=None, gt=0)

    @property
    def known(self) -> bool:
        """Whether nothing of it is estimated."""
        return self.size is not None and self.memory is not None

    def candidates(self) -> Iterator[ModelError]:
        """What is tried, all of it known."""
        sizes = SIZES if self.size is None else (float(self.size),)
        memories = MEMORIES if self.memory is None else (self.memory,)
        for size, memory in product(sizes, memories):
            # what is too small to matter needs no memory
            if self.known or size > SIZES[0] or memory == memories[0]:
                yield ModelError(size, memory)

    def outweighs(self, noise: float) -> bool:
        """Whether it leaves hidden numbers without a standard deviation that holds, beside this noise."""
        return float(self.size or 0.0) >= POOR * noise

    def __str__(self) -> str:
        size = "estimated" if self.size is None else f"{100 * self.size:.2g} % of |Z|"
        return size if self.memory is None else f"{size}, remembered for {self.memory:g} cycles"


@dataclass(frozen=True)
class ErrorBasis:
    """Of what an error is made: Gaussians over a range of frequencies, and one number for each of `RUNS`.

    Attributes
    ----------
    low, high : float
        [Hz]
    gaussians, runs : int
        Of each part of Z, 0 without spectra; of runs in time, 0 without these.
    """

    low: float
    high: float
    gaussians: int = GAUSSIANS
    runs: int = 0

    @property
    def size(self) -> int:
        """Numbers that describe an error: those of both parts, then those of runs."""
        return 2 * self.gaussians + self.runs

    @property
    def price(self) -> float:
        """What an error has to gain in the log density to count: few numbers fit one or another by chance."""
        return 0.0 if self.gaussians else PRICE

    @classmethod
    def over(cls, edges: Sequence[float]) -> ErrorBasis:
        """That of evidence whose frequencies reach to these; runs in time are at none, 0 Hz."""
        spectra = [f for f in edges if f > 0]
        runs = len(RUNS) if len(spectra) < len(edges) else 0
        return cls(min(spectra, default=1.0), max(spectra, default=10.0), GAUSSIANS if spectra else 0, runs)

    def directions(self, frequencies: Reals) -> Reals:
        """What each of them adds to the parts of Z/|Z|, which follow each other: (2 frequencies, size)."""
        found = np.zeros((2 * frequencies.size, self.size))
        if self.gaussians:
            centres = np.linspace(np.log10(self.low), np.log10(self.high), self.gaussians)
            width = max(centres[1] - centres[0], 0.25)
            B = np.exp(-0.5 * ((np.log10(frequencies)[:, np.newaxis] - centres) / width) ** 2)
            B /= np.linalg.norm(B, axis=1)[:, np.newaxis]
            found[0::2, : self.gaussians], found[1::2, self.gaussians : 2 * self.gaussians] = B, B
        return found

    def of_runs(self, which: Sequence[str]) -> Reals:
        """What each of them adds to numbers of a run relative to these, by their kinds in `RUNS`: (numbers, size)."""
        found = np.zeros((len(which), self.size))
        if self.runs:
            found[np.arange(len(which)), [2 * self.gaussians + RUNS.index(name) for name in which]] = 1.0
        return found
