r"""Faults as they show in one piece of evidence, and how well each explains what was not foreseen.

With the innovation e (measured less foreseen) of covariance S, a fault of size g that changes the numbers by
:math:`\delta(g)` has the logarithm of the likelihood ratio against none

.. math:: l(g) = \delta^T S^{-1} e - \tfrac12\,\delta^T S^{-1} \delta ,

for :math:`\delta = g d` at best :math:`z^2/2` with the score :math:`z = d^T S^{-1} e/\sqrt{d^T S^{-1} d}`. Far more of
innocent evidence passes a test of one direction than one of all: model errors seldom look like a fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.optimize import nnls

__all__ = ["Along", "Fault", "Foreseen", "Sized", "Weight", "Whitened"]

Reals = NDArray[np.float64]

#: Points between neighbours of the best size that was tried.
FINE = 161
#: What a further fault at once has to gain in the logarithm of the likelihood.
PRICE = np.log(20.0)


@dataclass(frozen=True)
class Weight:
    """How well one fault explains an innovation.

    Attributes
    ----------
    likelihood : float
        Largest logarithm of the likelihood ratio against no fault, >= 0.
    size, std : float
        Where it is largest, or the smallest that was tried, and its standard deviation.
    score : float
        z, negative where the numbers moved the other way.
    shows : bool
        Whether the evidence would show such a fault: without a current none shows.
    mimicked : float
        Score by which an error of the model of one standard deviation passes for the fault.
    """

    likelihood: float
    size: float
    std: float
    score: float
    shows: bool = True
    mimicked: float = 0.0


class Whitened:
    """An innovation in units of its standard deviations.

    Parameters
    ----------
    e : ndarray, shape (N,)
        Measured less foreseen.
    S : ndarray, shape (N, N)
        Its covariance.
    errors : ndarray, shape (N, m), optional
        What errors of the model of one standard deviation, independent of each other, add to the numbers.
    """

    def __init__(self, e: Reals, S: Reals, errors: Reals | None = None) -> None:
        try:
            self._root = np.linalg.cholesky(S)
        except np.linalg.LinAlgError:
            # what is foreseen can be so unsure that the noise is lost beside it in the last digit
            self._root = np.linalg.cholesky(S + 1e-9 * np.max(np.diag(S)) * np.eye(e.size))
        self.e = self.of(e)
        self._errors = np.zeros((0, e.size)) if errors is None else self.of(errors.T)

    def of(self, changes: Reals) -> Reals:
        """Changes of the numbers, shape (..., N), in these units."""
        found = solve_triangular(self._root, np.atleast_2d(changes).T, lower=True, check_finite=False).T
        return np.asarray(found.reshape(np.shape(changes)))

    def mimicked(self, white: Reals) -> float:
        """Score that an error of the model of one standard deviation has along a change (N,) in these units."""
        return float(np.linalg.norm(self._errors @ white) / np.linalg.norm(white))

    @property
    def log_density(self) -> float:
        """Logarithm of the density that was foreseen for what was measured."""
        halves = np.log(np.diagonal(self._root)).sum() + 0.5 * self.e.size * np.log(2 * np.pi)
        return float(-0.5 * self.e @ self.e - halves)


class Fault(Protocol):
    """What a fault does to the numbers of a piece of evidence."""

    @property
    def unit(self) -> str:
        """Of its size."""

    def weigh(self, innovation: Whitened) -> Weight:
        """How well it explains an innovation."""


@dataclass(frozen=True, eq=False)
class Along:
    """A fault that moves the numbers along one direction, in proportion to its size.

    Attributes
    ----------
    direction : ndarray, shape (N,)
        Change per unit of the size.
    unit : str
    both : bool
        Whether it can be negative, too.
    bound : float
        Standard deviation of the size as it is known from elsewhere.
    """

    direction: Reals
    unit: str = ""
    both: bool = False
    bound: float = np.inf

    def weigh(self, innovation: Whitened) -> Weight:
        """How well it explains an innovation."""
        d = innovation.of(self.direction)
        information, along = float(d @ d), float(d @ innovation.e)
        if information == 0:  # such evidence cannot show it: no current, for example
            return Weight(0.0, 0.0, np.inf, 0.0, shows=False)
        known = information + self.bound**-2
        size = along / known
        score, mimicked = float(along / np.sqrt(information)), innovation.mimicked(d)
        if size < 0 and not self.both:
            return Weight(0.0, 0.0, known**-0.5, score, mimicked=mimicked)
        found = abs(score) if self.both else score
        return Weight(along**2 / known / 2, size, known**-0.5, found, mimicked=mimicked)


@dataclass(frozen=True, eq=False)
class Together:
    """Several faults at once, none of them negative. Its size is its score.

    Attributes
    ----------
    directions : ndarray, shape (m, N)
        Change of the numbers per unit of each.
    """

    directions: Reals
    unit: str = ""

    def weigh(self, innovation: Whitened) -> Weight:
        """How well they explain an innovation, less what one fault more would gain by chance."""
        white = innovation.of(self.directions)
        lengths = np.linalg.norm(white, axis=1)
        if not lengths.all():
            return Weight(0.0, 0.0, np.inf, 0.0, shows=False)
        # columns of one length: units of the sizes differ by many decades
        sizes, left = nnls((white / lengths[:, np.newaxis]).T, innovation.e)
        likelihood = 0.5 * (float(innovation.e @ innovation.e) - left**2) - PRICE * (len(white) - 1)
        score = float(np.sqrt(2 * max(likelihood, 0.0)))
        mimicked = innovation.mimicked((sizes / lengths) @ white) if score else 0.0
        return Weight(max(likelihood, 0.0), score, 1.0, score, mimicked=mimicked)


@dataclass(frozen=True, eq=False)
class Sized:
    """A fault whose change is no multiple of its size, by its changes at some sizes.

    Attributes
    ----------
    sizes : ndarray, shape (k,)
        Positive, evenly spaced in their logarithm.
    shifts : ndarray, shape (k, N)
        Change of the numbers at each.
    unit : str
    """

    sizes: Reals
    shifts: Reals
    unit: str = ""

    def weigh(self, innovation: Whitened) -> Weight:
        """How well it explains an innovation, by the exact likelihood along its one dimension."""
        white = innovation.of(self.shifts)
        gains = white @ innovation.e
        likelihood = gains - 0.5 * np.einsum("kn,kn->k", white, white)
        k, weakest = int(np.argmax(likelihood)), float(np.linalg.norm(white[0]))
        if not weakest:
            return Weight(0.0, float(self.sizes[0]), np.inf, 0.0, shows=False)
        mimicked = innovation.mimicked(white[k])
        if likelihood[k] <= 0:
            return Weight(0.0, float(self.sizes[0]), np.inf, float(gains[0]) / weakest, mimicked=mimicked)
        size, std, top = self.sizes[k], np.inf, likelihood[k]
        if 0 < k < self.sizes.size - 1:
            # a parabola through three changes: sizes are far apart beside the deviation of a plain fault
            t, step = np.linspace(-1, 1, FINE), np.log(self.sizes[k + 1] / self.sizes[k])
            below, middle, above = white[k - 1 : k + 2]
            curve = middle + np.outer(t, (above - below) / 2) + np.outer(t**2, (above + below) / 2 - middle)
            fine = curve @ innovation.e - 0.5 * np.einsum("kn,kn->k", curve, curve)
            best = int(np.clip(np.argmax(fine), 1, FINE - 2))
            top, bend = fine[best], 2 * fine[best] - fine[best - 1] - fine[best + 1]
            size *= np.exp(t[best] * step)
            std = size * (t[1] - t[0]) * step / np.sqrt(bend) if bend > 0 else np.inf
        return Weight(float(top), float(size), float(std), float(np.sqrt(2 * max(top, 0.0))), mimicked=mimicked)


class Foreseen(Protocol):
    """What was foreseen of a piece of evidence from a state of one explanation, as far as alarms ask."""

    @property
    def numbers(self) -> Reals:
        """The numbers in place of the data, shape (N,)."""

    @property
    def resistance(self) -> float:
        """Of the layers in this evidence [ohm m2]: what a shunt must be small beside to be felt."""

    def by(self, pattern: str) -> Reals:
        """Their derivative by the numbers of the cell whose path matches, moved together; zeros where there is none."""

    def shunted(self, conductances: Reals) -> Reals:
        """Their change by a shunt from metal to metal [S/m2], shape (k, N)."""
