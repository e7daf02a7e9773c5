r"""Iterated smoothing of a life: the most probable trajectory and its covariance, given everything that was measured.

Unknown are where the life begins, :math:`x_0 = m + L z`, and what moves it in between, :math:`x_k = f_k(x_{k-1}, w_k)`,
with standard normal :math:`z, w`. The most probable ones minimise

.. math:: |z|^2 + \sum_k |w_k|^2 + \sum_k \Big|\frac{y_k - h_k(x_k)}{\sigma_k}\Big|^2

by Gauss-Newton steps (Bell, SIAM J. Optim. 4 (1994) 626): everything is linearised at the trajectory, the linear
problem is solved exactly by a square-root Kalman filter and the backward recursion of Bryson and Frazier (which inverts
no covariance: numbers that do not move and states that are known make them singular), and the step is halved until the
sum falls. States follow from z and w, so that what the transitions cannot do never happens. The module knows no cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dgeqrf, dtrtrs

from ..errors import MgtwinError

__all__ = [
    "ITERATIONS", "Backward", "Chain", "Dynamics", "Filtered", "Linear", "Observed", "Smoothed", "Solved", "filtered",
    "smooth", "solve",
]  # fmt: skip

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


def _triangle(matrix: Reals) -> Reals:
    """R of A = QR."""
    # LAPACK itself: what numpy and scipy do around it takes longer than matrices of this size
    rows, columns = matrix.shape
    return np.asarray(dgeqrf(matrix)[0][: min(rows, columns)] * _upper(min(rows, columns), columns))


@cache
def _upper(rows: int, columns: int) -> Reals:
    return np.triu(np.ones((rows, columns)))


def _solved(triangle: Reals, right: Reals, trans: int = 0) -> Reals:
    """What an upper triangle, or its transpose, makes `right` of."""
    return np.asarray(dtrtrs(triangle, right, trans=trans)[0])


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
class Linear:
    """A linear Gaussian life: deviations d of states with :math:`d_k = F_k d_{k-1} + g_k + G_k w_k`.

    Means may have several columns, which share all covariances.

    Attributes
    ----------
    mean : ndarray
        Of the first deviation, (n, c).
    factor : ndarray
        Of its covariance, (n, r).
    transitions, offsets, noises : ndarray
        F (K, n, n), g (K, n, c) and G (K, n, q).
    residuals, slopes : sequence of ndarray
        Of every piece of evidence, in units of its standard deviation: e (m, c), and H (m, n) with :math:`e = H d + v`.
    assimilated : ndarray of bool
        (K,)
    """

    mean: Reals
    factor: Reals
    transitions: Reals
    offsets: Reals
    noises: Reals
    residuals: Sequence[Reals]
    slopes: Sequence[Reals]
    assimilated: NDArray[np.bool_]

    def compressed(self) -> Linear:
        """The same with no more numbers of evidence than it has unknowns: what they say is that of a triangle.

        What is only foreseen says nothing.
        """
        n, columns = self.mean.shape
        pieces = zip(self.slopes, self.residuals, self.assimilated, strict=True)
        both = [np.hstack([H, e]) * float(counts) for H, e, counts in pieces]
        if len({part.shape for part in both}) == 1 and len(both[0]) > n + columns:
            triangles = np.linalg.qr(np.stack(both), mode="r")  # all in one call
            return replace(self, slopes=list(triangles[:, :, :n]), residuals=list(triangles[:, :, n:]))
        return replace(self, slopes=[part[:, :n] for part in both], residuals=[part[:, n:] for part in both])


@dataclass(frozen=True)
class Solved:
    """What a linear life gives.

    Attributes
    ----------
    start, noises : ndarray
        Smoothed z (r, c) and deviations of w (K, q, c) from their means.
    means, covariances : ndarray
        Smoothed deviations (K, n, c) and covariances (K, n, n).
    predicted, predicted_factors : tuple of ndarray
        Means and factors of the covariances before each piece of evidence, from those before it.
    squares, log_determinants : ndarray
        Of every piece: :math:`e^T S^{-1} e` of the first column, and the logarithm of the determinant of S, (K,).
    mean, factor : ndarray
        Filtered deviation and a square factor of its covariance after the last piece.
    """

    start: Reals
    noises: Reals
    means: Reals
    covariances: Reals
    predicted: Reals
    predicted_factors: tuple[Reals, ...]
    squares: Reals
    log_determinants: Reals
    mean: Reals
    factor: Reals


@dataclass(frozen=True, eq=False)
class Filtered:
    """One step of the filter: to a piece of evidence, and what it adds.

    Attributes
    ----------
    transition, noise : ndarray
        F (n, n) and G (n, q) of the step.
    predicted, spread : ndarray
        Mean (n, c) and factor of the covariance before the piece.
    mean, factor : ndarray
        After it.
    gained : tuple of ndarray
        Whitened innovation (m, c), its slopes (m, n), and what is left of a deviation of the state (n, n).
    square, log_determinant : float
        :math:`e^T S^{-1} e` of the first column, and the logarithm of the determinant of S.
    """

    transition: Reals
    noise: Reals
    predicted: Reals
    spread: Reals
    mean: Reals
    factor: Reals
    gained: tuple[Reals, Reals, Reals]
    square: float
    log_determinant: float

    @classmethod
    def after(
        cls, mean: Reals, factor: Reals, step: tuple[Reals, Reals, Reals], residual: Reals, slopes: Reals
    ) -> Filtered:
        """From a mean and a factor by a step (F, g, G) to evidence e = H d + v."""
        (F, offset, G), (n, columns) = step, mean.shape
        predicted = F @ mean + offset
        spread = np.hstack([F @ factor, G])
        # a factor of no more columns than the state has numbers
        spread = _triangle(spread.T).T if spread.shape[1] > n else spread
        rank = spread.shape[1]
        # [J e H; 1 0 0] with J = H L: its triangle holds the gain, the innovation's squares and H^T S^-1 H without a
        # difference of large numbers (S = 1 + J J^T)
        top = np.hstack([slopes @ spread, residual - slopes @ predicted, slopes])
        R = _triangle(np.vstack([top, np.eye(rank, top.shape[1])]))
        triangle, turned, left = R[:rank, :rank], R[:rank, rank:], R[rank:, rank:]
        gained = _solved(triangle, turned)
        e, H, rest = left[:, :columns], left[:, columns:], np.eye(n) - spread @ gained[:, columns:]
        return cls(
            F, G, predicted, spread, predicted + spread @ gained[:, :columns], _solved(triangle, spread.T, trans=1).T,
            (e, H, rest), float(e[:, 0] @ e[:, 0]), float(2 * np.log(np.abs(np.diag(triangle))).sum()),
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Backward:
    """What later evidence adds; see `Solved`. `adjoint` (n, c) is what all of it says of where the life begins."""

    means: Reals
    covariances: Reals
    noises: Reals
    adjoint: Reals

    @classmethod
    def through(cls, steps: Sequence[Filtered], covariances: bool = True) -> Backward:
        """Back through steps of the filter, with lambda and Lambda of Bryson and Frazier: no covariance is inverted."""
        count, (n, columns) = len(steps), steps[0].mean.shape
        adjoint, information = np.zeros((n, columns)), np.zeros((n, n))
        means, spreads = np.empty((count, n, columns)), np.empty((count if covariances else 0, n, n))
        noises = np.empty((count, steps[0].noise.shape[1], columns))
        for k in reversed(range(count)):
            step, L, F = steps[k], steps[k].spread, steps[k].transition
            e, H, rest = step.gained
            adjoint = H.T @ e + rest.T @ adjoint
            means[k] = step.predicted + L @ (L.T @ adjoint)
            if covariances:
                information = H.T @ H + rest.T @ information @ rest
                spreads[k] = L @ (np.eye(L.shape[1]) - L.T @ information @ L) @ L.T
                information = F.T @ information @ F
            # the noises that smooth the life follow at once, and so does its start
            noises[k] = step.noise.T @ adjoint
            adjoint = F.T @ adjoint
        return cls(means, spreads, noises, adjoint)


def filtered(life: Linear) -> list[Filtered]:
    """What every piece of evidence adds to those before it, in a linear life."""
    life = life.compressed()
    mean, factor, steps = life.mean, life.factor, list[Filtered]()
    both = zip(life.transitions, life.offsets, life.noises, strict=True)
    for step, residual, slopes in zip(both, life.residuals, life.slopes, strict=True):
        steps.append(Filtered.after(mean, factor, step, residual, slopes))
        mean, factor = steps[-1].mean, steps[-1].factor
    return steps


def solve(life: Linear) -> Solved:
    """Filter and smooth a linear life; see `Linear` and `Solved`."""
    steps = filtered(life)
    back = Backward.through(steps)
    return Solved(
        life.factor.T @ back.adjoint,
        back.noises,
        back.means,
        back.covariances,
        np.stack([step.predicted for step in steps]),
        tuple(step.spread for step in steps),
        np.array([step.square for step in steps]),
        np.array([step.log_determinant for step in steps]),
        steps[-1].mean,
        steps[-1].factor,
    )


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
    z = np.zeros(chain.factor.shape[1]) if start is None else start
    w = np.zeros((chain.count, chain.dynamics.noises))
    if noises is not None:
        w[: len(noises)] = noises[: chain.count]
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
