r"""The noise of data, from the data alone: never from the misfit of the model that is to be judged by it.

A spectrum is fitted by what any linear, causal, stationary cell can show, the linear Kramers-Kronig test of Boukamp
(J. Electrochem. Soc. 142 (1995) 1885),

.. math:: Z(\omega) = R + i\omega L + \frac{1}{i\omega C} + \sum_k \frac{R_k}{1 + i\omega\tau_k}

with fixed :math:`\tau_k` and signs that are free. What is left is noise, or the cell changed. Of a trace in time it is
the scatter of neighbouring samples, which nothing that is sampled well can follow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .measurements import Measurement

__all__ = ["Quality", "quality_of"]

Reals = NDArray[np.float64]

#: Time constants per decade that are tried, and how far they reach beyond the data in decades.
PER_DECADE, BEYOND = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0), 0.5
#: Points needed for each number of the test, and fewest residuals from which a level of noise can be told.
FEWEST = 16
#: Residuals this many times the noise are outliers (mains hum): they are left out and the test is made again.
OUTLIER = 4.0
#: Directions whose singular value is smaller than this share of the largest are rounding.
RANK = 1e-10
#: A spectrum breaks the relations if the mean of this many neighbouring residuals exceeds the tolerance (relative to
#: |Z|) and is this many times what the noise gives.
WINDOW, TOLERANCE, SIGNIFICANT = 5, 0.003, 4.0
#: Below this level (of what deviations are divided by) nobody asks for another series.
NOISY = 0.005
#: The median of the size of a normal variable, inverse.
NORMAL = 1.4826


@dataclass(frozen=True)
class Quality:
    """What data say of themselves.

    Attributes
    ----------
    noise : float
        In units of what their deviations are divided by.
    freedom : int
        From how many independent numbers the noise is known.
    systematic : float
        Largest mean of neighbouring residuals of the Kramers-Kronig test, in the same units; 0 for a trace in time.
    """

    noise: float
    freedom: int
    systematic: float = 0.0

    @property
    def consistent(self) -> bool:
        """Whether a spectrum obeys the Kramers-Kronig relations, as `mgtwin.analysis.kramers_kronig` judges it."""
        return bool(self.systematic <= max(TOLERANCE, SIGNIFICANT * self.noise / np.sqrt(WINDOW)))


def quality_of(item: Measurement, std: Reals) -> Quality | None:
    """Noise and consistency of one Dataset; None where it has too few points to tell.

    Parameters
    ----------
    item : Measurement
    std : ndarray
        What deviations are divided by, one for each real number of the data.
    """
    if item.frequency is None or item.impedance is None:
        return _scatter(np.asarray(item.data, dtype=float) / std)
    # windows of neighbours are meant in frequency, however the file has sorted its points
    order = np.argsort(-item.frequency, kind="stable")
    return _spectral(item.frequency[order], item.impedance[order], std.reshape(-1, 2)[order])


def _scatter(trace: Reals) -> Quality | None:
    """From second differences, whose variance is six times that of the samples."""
    if trace.size < FEWEST:
        return None
    # neighbours share samples, and a median uses them less well than a mean square
    return Quality(NORMAL * float(np.median(np.abs(np.diff(trace, 2)))) / np.sqrt(6.0), trace.size // 4)


def _spectral(frequency: Reals, z: NDArray[np.complex128], std: Reals) -> Quality | None:
    """The residual of the best Kramers-Kronig test by the criterion of Akaike, outliers apart."""
    weight = 1 / std.ravel()
    target = np.ascontiguousarray(z).view(float) * weight
    if target.size < FEWEST:
        return None
    best: tuple[float, Quality] | None = None
    # the series of the admittance (dZ = -Z^2 dY) describes what relaxations in series cannot: a lead in resonance with
    # its sample. It is one more chance to follow noise, and has to leave half of what the first one leaves
    for factor, worse in ((np.ones_like(z), 0.0), (z**2, np.log(4.0))):
        for per_decade in PER_DECADE:
            matrix = np.ascontiguousarray(_terms(frequency, per_decade) * factor).view(float).T * weight[:, np.newaxis]
            # with more elements than that the test would follow the noise itself
            if target.size - matrix.shape[1] < FEWEST // 2:
                break
            score, found = _tested(matrix, target)
            if best is None or score + worse < best[0]:
                best = score + worse, found
        if best is None or best[1].noise < NOISY:
            break
    return None if best is None else best[1]


def _terms(frequency: Reals, per_decade: float) -> NDArray[np.complex128]:
    """What the test adds up, at every frequency."""
    s = 2j * np.pi * frequency
    low, high = -np.log10(np.abs(s).max()), -np.log10(np.abs(s).min())
    count = max(int(np.ceil((high - low + 2 * BEYOND) * per_decade)), 2)
    times = np.logspace(low - BEYOND, high + BEYOND, count)
    # resistance, inductance and capacitance come scaled to 1 at the end of the data where each is largest
    return np.stack([np.ones_like(s), s / np.abs(s).max(), np.abs(s).min() / s, *(1 / (1 + s * t) for t in times)])


def _tested(matrix: Reals, target: Reals) -> tuple[float, Quality]:
    """How good a test is (the criterion of Akaike for small samples), and what it leaves."""
    keep = np.full(target.size, True)
    # twice at most: hum has few lines, and a test that throws away more and more always passes
    for last in (False, False, True):
        u, sizes, _ = np.linalg.svd(matrix[keep] / np.linalg.norm(matrix, axis=0), full_matrices=False)
        seen = sizes > RANK * sizes[0]
        # time constants closer than the data can tell make columns alike, whose difference is rounding
        u = u[:, seen]
        left = target[keep] - u @ (u.T @ target[keep])
        # residuals of points that pull the fit towards themselves are too small by sqrt(1 - h)
        own = left / np.sqrt(np.maximum(1 - (u * u).sum(axis=1), 0.05))
        far = np.abs(own) > OUTLIER * max(NORMAL * float(np.median(np.abs(own))), 1e-300)
        if last or not far.any() or keep.sum() - far.sum() < 0.8 * target.size:
            break
        keep[np.flatnonzero(keep)[far]] = False
    n, rank = left.size, int(seen.sum())
    squares = float(left @ left)
    # the floor is that of double precision: below it more elements fit the rounding of a simulation
    score = n * np.log(max(squares, 1e-28 * n) / n) + 2 * rank + 2 * rank * (rank + 1) / max(n - rank - 1, 1)
    # outliers count as 0 in the means, so that hum is not taken for a broken relation
    everywhere = np.zeros(target.size)
    everywhere[keep] = left
    means = np.stack([np.convolve(part, np.ones(WINDOW) / WINDOW, "valid") for part in everywhere.reshape(-1, 2).T])
    noise, systematic = float(np.sqrt(squares / max(n - rank, 1))), float(np.abs(means).max())
    # of a cell that changed the residuals hold the change, too: its noise is what differs between neighbours
    around = everywhere.reshape(-1, 2).T[:, WINDOW // 2 : -(WINDOW // 2)] - means
    local = float(np.sqrt((around**2).mean() * n / max(n - rank, 1) / (1 - 1 / WINDOW)))
    if systematic > max(TOLERANCE, SIGNIFICANT * local / np.sqrt(WINDOW)):
        noise = min(noise, local)
    found = Quality(noise, max(n - rank, 1), systematic)
    # per number of the data, so that leaving some out is no way to a better score
    return float(score / n), found
