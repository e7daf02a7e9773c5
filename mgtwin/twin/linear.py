"""Linear Gaussian lives: filtered forwards and smoothed backwards in square roots of covariances.

The filter is Kalman's; backwards goes the recursion of Bryson and Frazier, which inverts no covariance: numbers that do
not move and states that are known make them singular.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dgeqrf, dtrtrs

__all__ = ["Backward", "Filtered", "Linear", "Solved", "filtered", "log_densities", "solve", "triangle_of"]

Reals = NDArray[np.float64]


def triangle_of(matrix: Reals) -> Reals:
    """R of A = QR."""
    # LAPACK itself: what numpy and scipy do around it takes longer than matrices of this size
    rows, columns = matrix.shape
    return np.asarray(dgeqrf(matrix)[0][: min(rows, columns)] * _upper(min(rows, columns), columns))


@cache
def _upper(rows: int, columns: int) -> Reals:
    return np.triu(np.ones((rows, columns)))


def _solved(triangle: Reals, right: Reals, trans: int = 0) -> Reals:
    """What an upper triangle, or its transpose, makes `right` of."""
    # where nothing is unknown LAPACK complains of a matrix without rows
    return np.asarray(dtrtrs(triangle, right, trans=trans)[0]) if triangle.size else right


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
            triangles = np.asarray(np.linalg.qr(np.stack(both), mode="r"))  # all in one call
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
        F, offset, G = step
        n, columns = mean.shape
        predicted = F @ mean + offset
        spread = np.hstack([F @ factor, G])
        # a factor of no more columns than the state has numbers
        spread = triangle_of(spread.T).T if spread.shape[1] > n else spread
        rank = spread.shape[1]
        # [J e H; 1 0 0] with J = H L: its triangle holds the gain, the innovation's squares and H^T S^-1 H without a
        # difference of large numbers (S = 1 + J J^T)
        top = np.hstack([slopes @ spread, residual - slopes @ predicted, slopes])
        R = triangle_of(np.vstack([top, np.eye(rank, top.shape[1])]))
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


def log_densities(life: Linear, covariances: Reals, left: Reals, added: Reals) -> Reals:
    """Logarithms of the density of all evidence, but for what all have, with several fates of the last numbers.

    Parameters
    ----------
    life : Linear
        Compressed. Its transitions and noises are those of the first numbers of the state.
    covariances : ndarray, shape (c, n, n)
        Of the first deviation, for each of c fates.
    left : ndarray, shape (c, K)
        By what a step multiplies the others.
    added : ndarray, shape (c, K)
        Variance that it adds to them.
    """
    # Kalman's filter in covariances, of all of them at once: these numbers are compared, and nothing is built on them
    P, m, total = covariances.copy(), life.mean, np.zeros(len(covariances))
    own, rest = life.transitions.shape[1], np.arange(life.transitions.shape[1], life.mean.shape[0])
    kept = np.ones((len(life.slopes), len(P), len(life.mean), 1))
    kept[:, :, own:] = left.T[:, :, np.newaxis, np.newaxis]
    steps = zip(life.transitions, life.offsets, life.noises, life.residuals, life.slopes, kept, added.T, strict=True)
    for F, offset, G, residual, H, part, variance in steps:
        m, P = part * m, P * part * np.swapaxes(part, 1, 2)
        m[:, :own], P[:, :own] = F @ m[:, :own], F @ P[:, :own]
        P[:, :, :own] = P[:, :, :own] @ F.T
        P[:, :own, :own] += G @ G.T
        P[:, rest, rest] += variance[:, np.newaxis]
        m += offset
        along = H @ P
        root = np.linalg.cholesky(np.eye(len(H)) + along @ H.T)
        # one after the other: numpy would not know that they are triangles
        both = np.concatenate([residual - H @ m, along], axis=2)
        white = np.stack([_solved(lower.T, right, trans=1) for lower, right in zip(root, both, strict=True)])
        total -= 0.5 * np.einsum("cm,cm->c", white[:, :, 0], white[:, :, 0])
        total -= np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
        gain = np.swapaxes(white[:, :, 1:], 1, 2)
        m, P = m + gain @ white[:, :, :1], P - gain @ white[:, :, 1:]
    return total


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
