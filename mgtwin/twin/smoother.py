r"""Iterated smoothing of a life: the most probable trajectory and its covariance, given everything that was measured.

Unknown are where the life begins, :math:`x_0 = m + L z`, and what moves it in between, :math:`x_k = f_k(x_{k-1}, w_k)`,
with standard normal :math:`z, w`. The most probable ones minimise

.. math:: |z|^2 + \sum_k |w_k|^2 + \sum_k \Big|\frac{y_k - h_k(x_k)}{\sigma_k}\Big|^2

by Gauss-Newton steps (Bell, SIAM J. Optim. 4 (1994) 626): everything is linearised at the trajectory, the linear
problem is solved exactly (`mgtwin.twin.linear`), and the step is halved until the sum falls. States follow from z and
w, so that what the transitions cannot do never happens. The module knows no cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import MgtwinError
from .linear import Linear, Solved, solve

__all__ = ["ITERATIONS", "Chain", "Dynamics", "Observed", "Smoothed", "smooth"]

Reals = NDArray[np.float64]

#: Relative step, in standard deviations, below which a trajectory counts as found.
TOLERANCE = 1e-3
#: Steps after which a trajectory that still moves is given up.
ITERATIONS = 60
#: Halvings of one step.
HALVINGS = 12


class Dynamics(Protocol):
    """How states move from one piece of evidence to the next; `noises` standard normal numbers move them."""

    noises: int

    def step(self, k: int, state: Reals, noise: Reals) -> Reals:
        """The state (n,) at evidence k from the one before it (from the start for k = 0)."""

    def linearised(self, states: Reals, noises: Reals) -> tuple[Reals, Reals]:
        """Derivatives of all steps by the states before them, (K, n, n), and by the noises, (K, n, q)."""


class Observed(Protocol):
    """What was measured along the life, in units of its standard deviation."""

    @property
    def log_deviations(self) -> Reals:
        """``sum(log(standard deviation))`` of the numbers of each piece."""

    def residuals(self, states: Reals) -> Sequence[Reals]:
        """(data - prediction) / standard deviation for the states (K, n)."""

    def linearised(self, states: Reals) -> tuple[Sequence[Reals], Sequence[Reals]]:
        """Residuals, and the derivatives of the predictions over the standard deviation, (numbers, n) each."""


@dataclass(frozen=True)
class Chain:
    """A life to be smoothed.

    Attributes
    ----------
    mean, factor : ndarray
        Of the state at the start: mean (n,) and a factor L (n, r) of its covariance :math:`L L^T`.
    dynamics : Dynamics
    observed : Observed
    assimilated : ndarray of bool
        Which pieces of evidence, (K,), the life has to agree with; the others are only foreseen.
    """

    mean: Reals
    factor: Reals
    dynamics: Dynamics
    observed: Observed
    assimilated: NDArray[np.bool_]

    @property
    def count(self) -> int:
        """Pieces of evidence K."""
        return len(self.assimilated)

    def states(self, start: Reals, noises: Reals) -> Reals:
        """The trajectory (K + 1, n) that follows from z (r,) and w (K, q); the first row is the start."""
        found = np.empty((self.count + 1, self.mean.size))
        found[0] = self.mean + self.factor @ start
        for k in range(self.count):
            found[k + 1] = self.dynamics.step(k, found[k], noises[k])
        return found

    def cost(self, start: Reals, noises: Reals) -> tuple[float, Reals]:
        """The sum that is minimised, infinite where the cell cannot be, and the trajectory."""
        try:
            with np.errstate(all="ignore"):
                states = self.states(start, noises)
                residuals = zip(self.observed.residuals(states[1:]), self.assimilated, strict=True)
                squares = sum(float(r @ r) for r, counts in residuals if counts)
        except MgtwinError:
            return np.inf, np.empty((0, self.mean.size))
        total = squares + float(start @ start) + float((noises * noises).sum())
        return (total if np.isfinite(total) else np.inf), states


@dataclass(frozen=True)
class Smoothed:
    """The most probable life.

    Attributes
    ----------
    chain : Chain
    start, noises : ndarray
        z (r,) and w (K, q) from which it follows.
    states, covariances : ndarray
        At every piece of evidence, (K, n) and (K, n, n): Laplace's approximation at the most probable life.
    linear : Linear
        The life linearised at it.
    solved : Solved
    converged : bool
    iterations : int
    """

    chain: Chain
    start: Reals
    noises: Reals
    states: Reals
    covariances: Reals
    linear: Linear
    solved: Solved
    converged: bool
    iterations: int

    @cached_property
    def log_evidences(self) -> Reals:
        """Logarithm of the predictive density of every piece of evidence given those before it, (K,)."""
        sizes = np.array([len(slopes) for slopes in self.linear.slopes])
        log_norm = sizes * np.log(2 * np.pi) + 2 * self.chain.observed.log_deviations
        log_density = -0.5 * (self.solved.squares + self.solved.log_determinants + log_norm)
        return np.where(self.chain.assimilated, log_density, 0.0)

    def innovation(self, k: int) -> tuple[Reals, Reals]:
        """What piece k differs by from its prediction by those before it, and S, in units of its noise."""
        H, L = self.linear.slopes[k], self.solved.predicted_factors[k]
        J = H @ L
        return self.linear.residuals[k][:, 0] - H @ self.solved.predicted[k, :, 0], np.eye(len(H)) + J @ J.T


def smooth(
    chain: Chain, start: Reals | None = None, noises: Reals | None = None, iterations: int = ITERATIONS
) -> Smoothed:
    """Find the most probable life.

    Parameters
    ----------
    chain : Chain
    start, noises : ndarray, optional
        Where to begin: z and the first rows of w; the most probable ones before any evidence by default.
    iterations : int
        After which it is given up, ``converged`` being False.
    """
    # evidence of another kind has more numbers than the life had where this begins: they come last
    z, w = np.zeros(chain.factor.shape[1]), np.zeros((chain.count, chain.dynamics.noises))
    if start is not None:
        z[: len(start)] = start
    if noises is not None:
        w[: len(noises), : noises.shape[1]] = noises[: chain.count]
    cost, states = chain.cost(z, w)
    if not np.isfinite(cost):
        chain.observed.residuals(chain.states(z, w)[1:])  # raises with the reason
        raise MgtwinError("the life cannot begin where it is said to: its prediction is not finite.")
    converged, done = False, 0
    while True:
        linear = _linearised(chain, states, z, w)
        solved = solve(linear)
        # a step is judged in standard deviations of the states: in coordinates that are known already it means nothing
        deviations = np.sqrt(np.clip(np.einsum("kii->ki", solved.covariances), 0, None))
        moved = np.abs(solved.means[:, :, 0])
        step = float(np.max(moved / np.where(deviations > 0, deviations, np.inf), initial=0.0))
        converged = step < TOLERANCE
        if converged or done == iterations:
            break
        done += 1
        aim, drive = solved.start[:, 0], w * 0 + solved.noises[:, :, 0]
        part, better = 1.0, np.inf
        for _ in range(HALVINGS):
            trial = z + part * (aim - z), w + part * (drive - w)
            better, moved_states = chain.cost(*trial)
            # rounding may let the sum of a trajectory that is found rise
            if better < cost + 1e-12 * abs(cost):
                break
            part /= 2
        else:
            # rounding is all that is left of a step this small; else nothing on the way is better
            converged = step < 10 * TOLERANCE
            break
        (z, w), cost, states = trial, better, moved_states
    return Smoothed(chain, z, w, states[1:], solved.covariances, linear, solved, converged, done)


def _linearised(chain: Chain, states: Reals, z: Reals, w: Reals) -> Linear:
    F, G = chain.dynamics.linearised(states[:-1], w)
    residuals, slopes = chain.observed.linearised(states[1:])
    # the mean of w is 0, not where the trajectory has it: what is left to the linear problem goes back from there
    offsets = -np.einsum("knq,kq->kn", G, w)[:, :, np.newaxis]
    mean = -(chain.factor @ z)[:, np.newaxis]
    columns = [r[:, np.newaxis] for r in residuals]
    return Linear(mean, chain.factor, F, offsets, G, columns, slopes, chain.assimilated)
