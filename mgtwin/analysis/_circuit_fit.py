"""Least squares for series of R||CPE: many starts, analytic derivatives, bounds that hold, standard errors."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import numpy as np

__all__ = ["Solution", "solve"]

#: How far resistances and time constants may leave the data, as factors; beyond it they change nothing in the window.
BEYOND_Z, BEYOND_TIME = 1e4, 1e3
#: Starts that are followed for a while, and those of them that are followed to the end.
FOLLOWED, FINISHED = 12, 2
#: Parameters that can move together while the spectrum changes by less than this share are open.
FLAT = 1e-9


@dataclass(frozen=True)
class Solution:
    """Best parameters and what the data say about them.

    Attributes
    ----------
    resistances, constants, times, exponents : ndarray
        R_0..R_m [ohm], Q_1..Q_m [s^n/ohm], tau_1..tau_m [s], n_1..n_m; fastest arc first.
    std : ndarray
        Standard errors of R_0, R_1, Q_1, n_1, R_2, ...; inf where the data leave one open.
    bound : tuple of str
        For each of those ``"lower"``, ``"upper"`` or ``""``.
    model : ndarray of complex
        Impedance of the fit [ohm].
    squares : float
        Sum of the squares of the weighted residuals.
    freedom : int
        Number of residuals less that of free parameters.
    """

    resistances: np.ndarray
    constants: np.ndarray
    times: np.ndarray
    exponents: np.ndarray
    std: np.ndarray
    bound: tuple[str, ...]
    model: np.ndarray
    squares: float
    freedom: int


class _Problem:
    """Residuals and derivatives in ``ln R_0, ln R_1, ln tau_1, n_1, ln R_2, ...``."""

    def __init__(
        self, frequency: np.ndarray, z: np.ndarray, deviations: tuple[np.ndarray, np.ndarray], arcs: int, least_n: float
    ) -> None:
        self.s, self.z, self.arcs = 2j * np.pi * frequency, z, arcs
        self.log_s = np.log(self.s)
        self.scale = np.concatenate(deviations)
        resistance = np.log([np.abs(z).min() / BEYOND_Z, np.abs(z).max() * BEYOND_Z])
        omega = 2 * np.pi * frequency
        time = np.log([1 / (omega.max() * BEYOND_TIME), BEYOND_TIME / omega.min()])
        rows = [resistance, *[resistance, time, np.array([least_n, 1.0])] * arcs]
        self.low, self.high = (np.array([row[k] for row in rows]) for k in (0, 1))

    def pieces(self, u: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Arcs (arcs, N) and, for their derivatives, x = (i w tau)^n and i w tau's logarithm."""
        log_r, log_tau, n = u[1::3, None], u[2::3, None], u[3::3, None]
        log_x = self.log_s + log_tau
        x = np.exp(n * log_x)
        return np.exp(log_r) / (1 + x), x, log_x

    def model(self, u: np.ndarray) -> np.ndarray:
        return np.exp(u[0]) + self.pieces(u)[0].sum(axis=0)

    def residuals(self, u: np.ndarray) -> np.ndarray:
        rest = self.model(u) - self.z
        return np.concatenate([rest.real, rest.imag]) / self.scale

    def jacobian(self, u: np.ndarray) -> np.ndarray:
        arc, x, log_x = self.pieces(u)
        slope = -arc * x / (1 + x)
        columns = [np.full(len(self.z), np.exp(u[0]), dtype=complex)]
        for k in range(self.arcs):
            columns += [arc[k], slope[k] * u[3 + 3 * k], slope[k] * log_x[k]]
        return np.concatenate([np.real(columns), np.imag(columns)], axis=1).T / self.scale[:, None]

    def minimise(self, start: np.ndarray, free: np.ndarray, steps: int, tolerance: float) -> np.ndarray:
        """Follow one start with the free parameters."""
        from scipy.optimize import least_squares

        def full(part: np.ndarray) -> np.ndarray:
            u = start.copy()
            u[free] = part
            return u

        found = least_squares(
            lambda part: self.residuals(full(part)), np.clip(start, self.low, self.high)[free],
            jac=lambda part: self.jacobian(full(part))[:, free], bounds=(self.low[free], self.high[free]),
            x_scale=1.0, max_nfev=steps, ftol=tolerance, xtol=tolerance, gtol=tolerance,
        )  # fmt: skip
        return full(found.x)

    def squares(self, u: np.ndarray) -> float:
        return float((self.residuals(u) ** 2).sum())


def solve(
    frequency: np.ndarray, z: np.ndarray, deviations: tuple[np.ndarray, np.ndarray], arcs: int, least_n: float
) -> Solution:
    """Fit R-(R||CPE)^arcs to a spectrum.

    Parameters
    ----------
    frequency, z : ndarray, shape (N,)
        [Hz] and [ohm].
    deviations : tuple of two ndarrays, shape (N,)
        Of Re Z and Im Z [ohm] up to a common factor.
    arcs : int
    least_n : float
        Lower bound of the exponents; the upper one is 1.
    """
    problem = _Problem(frequency, z, deviations, arcs, least_n)
    every = np.full(len(problem.low), True)
    found = [problem.minimise(start, every, 40, 1e-6) for start in _starts(problem)]
    found = [problem.minimise(u, every, 150, 1e-9) for u in sorted(found, key=problem.squares)[:FINISHED]]
    best = min(found, key=problem.squares)
    best = problem.minimise(best, every, 300, 1e-12)
    best, free = _at_bounds(problem, best)
    order = np.argsort(best[2::3], kind="stable")
    shuffle = np.concatenate([[0], *(np.arange(1, 4) + 3 * k for k in order)]).astype(int)
    return _described(problem, best[shuffle], free[shuffle])


def _starts(problem: _Problem) -> list[np.ndarray]:
    """The best of a grid of time constants and exponents, with the resistances that suit them.

    The grid reaches one decade beyond the data: arcs whose tops lie outside still bend what is inside.
    """
    from scipy.optimize import nnls

    omega = np.abs(problem.s)
    decades = np.log10(omega.max() / omega.min())
    number = int(np.clip(decades + 2, 5, 11))
    grid = np.log(np.geomspace(0.1 / omega.max(), 10 / omega.min(), number + 1 if problem.arcs < 4 else 8))
    target = np.concatenate([problem.z.real, problem.z.imag]) / problem.scale
    least = np.exp(problem.low[0]) * 10
    ranked = []
    for times, n in product(combinations(grid, problem.arcs), (1.0, 0.8)):
        shapes = [np.ones(len(problem.z), dtype=complex)]
        shapes += [1 / (1 + np.exp(n * (problem.log_s + time))) for time in times]
        matrix = np.concatenate([np.real(shapes), np.imag(shapes)], axis=1).T / problem.scale[:, None]
        resistances, rest = nnls(matrix, target)
        logs = np.log(np.maximum(resistances, least))
        arcs = [part for k, time in enumerate(times) for part in (logs[k + 1], time, min(n, 0.98))]
        ranked.append((rest, np.array([logs[0], *arcs])))
    ranked.sort(key=lambda pair: pair[0])
    return [start for _, start in ranked[:FOLLOWED]]


def _at_bounds(problem: _Problem, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Put parameters that lean on a bound exactly there, and fit the others once more.

    The solver stays inside its bounds by a hair, which would make an ideal capacitor an n of 0.99999.
    """
    free = np.full(len(u), True)
    for k in np.argsort(np.minimum(u - problem.low, problem.high - u)):
        bound = problem.low[k] if u[k] - problem.low[k] < problem.high[k] - u[k] else problem.high[k]
        if abs(u[k] - bound) > 0.02 * (problem.high[k] - problem.low[k]):
            continue
        trial, fewer = u.copy(), free.copy()
        trial[k], fewer[k] = bound, False
        trial = problem.minimise(trial, fewer, 100, 1e-12)
        # 1e-24 per residual is rounding: an exact spectrum has squares of that size wherever its parameters are.
        if problem.squares(trial) <= problem.squares(u) * (1 + 1e-6) + 1e-24 * len(problem.scale):
            u, free = trial, fewer
    return u, free


def _described(problem: _Problem, u: np.ndarray, free: np.ndarray) -> Solution:
    resistances, times, n = np.exp(np.concatenate([u[:1], u[1::3]])), np.exp(u[2::3]), u[3::3]
    constants = times**n / resistances[1:]
    squares, freedom = problem.squares(u), len(problem.scale) - int(free.sum())
    std = _standard_errors(problem, u, squares / max(freedom, 1))
    bound = tuple(
        "" if free[k] else ("lower" if u[k] == problem.low[k] else "upper") for k in range(len(u))
    )  # fmt: skip
    model = problem.model(u)
    return Solution(resistances, constants, times, n.copy(), std, bound, model, squares, freedom)


def _standard_errors(problem: _Problem, u: np.ndarray, variance: float) -> np.ndarray:
    """Standard errors of R_0, R_1, Q_1, n_1, ... from the curvature of the sum of squares at its minimum.

    Parameters at a bound count as unknown like the others. Errors at fixed bounds would call a resistance known to
    0.1 % that shares its arc with an R_0 of 0, while the data fix only the sum of both.
    """
    jacobian = problem.jacobian(u) @ np.linalg.inv(_to_physical(u))
    lengths = np.sqrt((jacobian**2).sum(axis=0))
    _, sizes, directions = np.linalg.svd(jacobian / lengths, full_matrices=False)
    flat = sizes <= FLAT * sizes[0]
    std = np.sqrt(variance * ((directions[~flat].T / sizes[~flat]) ** 2).sum(axis=1)) / lengths
    std[(np.abs(directions[flat]) > 1e-3).any(axis=0)] = np.inf
    return std


def _to_physical(u: np.ndarray) -> np.ndarray:
    """Derivatives of R_0, R_1, Q_1, n_1, ... by ln R_0, ln R_1, ln tau_1, n_1, ...; Q = tau^n / R."""
    change: Any = np.diag(np.concatenate([[np.exp(u[0])], *[[0.0, 0.0, 1.0]] * (len(u) // 3)]))
    for k in range(1, len(u), 3):
        log_r, log_tau, n = u[k : k + 3]
        q = np.exp(n * log_tau - log_r)
        change[k, k] = np.exp(log_r)
        change[k + 1, k : k + 3] = [-q, q * n, q * log_tau]
    return np.asarray(change)
