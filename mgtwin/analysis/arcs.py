"""R-(R||CPE)-(R||CPE) fitted to a spectrum: a search of `mgtwin.circuits`, bounds that hold, standard errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgtwin.circuits import Circuit
from mgtwin.circuits.start import Search
from mgtwin.regression import Weighting

__all__ = ["ArcSolution", "fitted_arcs"]

Reals = NDArray[np.float64]
Complexes = NDArray[np.complex128]

#: How far resistances and time constants may leave the data, as factors; beyond it they change nothing in the window.
BEYOND_Z, BEYOND_TIME = 1e4, 1e3
#: Nearer to a bound than this share of the width a parameter leans on it.
LEANING = 0.02
#: Parameters that can move together while the spectrum changes by less than this share are open.
FLAT = 1e-9


@dataclass(frozen=True)
class ArcSolution:
    """Best parameters and what the data say about them.

    Attributes
    ----------
    resistances, constants, times, exponents : ndarray
        R_0..R_m [ohm], Q_1..Q_m [s^n/ohm], tau_1..tau_m [s], n_1..n_m; fastest arc first.
    std : ndarray
        Standard errors of R_0, R_1, Q_1, n_1, R_2, ...; inf where the data leave one open.
    sums_std : ndarray
        Standard errors of R_0, R_0 + R_1, ...: what two of them share is known though neither of them is.
    bound : tuple of str
        For each of R_0, R_1, Q_1, ... ``"lower"``, ``"upper"`` or ``""``.
    model : ndarray of complex
        Impedance of the fit [ohm].
    squares : float
        Sum of the squares of the weighted residuals.
    freedom : int
        Number of residuals less that of free parameters.
    """

    resistances: Reals
    constants: Reals
    times: Reals
    exponents: Reals
    std: Reals
    sums_std: Reals
    bound: tuple[str, ...]
    model: Complexes
    squares: float
    freedom: int

    def conductivities(self, length_per_area: float, closed: int) -> tuple[dict[str, float], dict[str, float]]:
        """L/(R A) [S/m] of every resistance and of R_0 with the `closed` first arcs; their standard errors."""
        # the sum is the direct-current resistance, which a blocking tail has none of
        sizes = [*self.resistances, self.resistances[: closed + 1].sum()]
        spreads = [*self.std[[0, *range(1, self.std.size, 3)]], self.sums_std[closed]]
        names = [*(f"R{k}" for k in range(self.resistances.size)), "total"]
        values = {name: float(length_per_area / size) for name, size in zip(names, sizes, strict=True)}
        shares = (float(spread / size) for spread, size in zip(spreads, sizes, strict=True))
        return values, {name: values[name] * share for name, share in zip(names, shares, strict=True)}


def fitted_arcs(frequency: Reals, z: Complexes, weighting: Weighting, arcs: int, least_n: float) -> ArcSolution:
    """Fit R-(R||CPE)^arcs to a spectrum.

    Arcs are written as `Zarc`, by R, tau and n: unlike R and Q these hardly depend on each other.

    Parameters
    ----------
    frequency, z : ndarray, shape (N,)
        [Hz] and [ohm].
    weighting : Weighting
    arcs : int
    least_n : float
        Lower bound of the exponents; the upper one is 1.
    """
    circuit = Circuit("-".join(["R0", *(f"Zarc{k}" for k in range(1, arcs + 1))]))
    size, omega = np.abs(z), 2 * np.pi * frequency
    limits = {
        "ohm": (size.min() / BEYOND_Z, size.max() * BEYOND_Z),
        "s": (1 / (omega.max() * BEYOND_TIME), BEYOND_TIME / omega.min()),
        "": (least_n, 1.0),
    }
    bounds = {path: limits[circuit.field(path).unit] for path in circuit.paths()}
    search = Search(circuit, frequency, z, 1 / np.stack(weighting.deviations(z), axis=1).ravel(), bounds)
    best = search.followed(search.best().x, 300, 1e-12).x
    # Parameters that lean on a bound are put exactly there, and the others fitted once more: the engine stays inside
    # its bounds by a hair, which would make an ideal capacitor an n of 0.99999.
    low, high = search.bounds
    free = np.full(best.size, True)
    for k in np.argsort(np.minimum(best - low, high - best)):
        bound = low[k] if best[k] - low[k] < high[k] - best[k] else high[k]
        if abs(best[k] - bound) > LEANING * (high[k] - low[k]):
            continue
        trial, fewer = best.copy(), free.copy()
        trial[k], fewer[k] = bound, False
        trial = search.followed(trial, 100, 1e-12, fewer).x
        # 1e-24 per residual is rounding: an exact spectrum has squares of that size wherever its parameters are.
        if _squares(search, trial) <= _squares(search, best) * (1 + 1e-6) + 1e-24 * search.block.weight.size:
            best, free = trial, fewer
    order = np.argsort(best[2::3], kind="stable")
    fastest_first = np.concatenate([[0], *(np.arange(1, 4) + 3 * k for k in order)]).astype(int)
    # in coordinates the arcs are alike, so that those of the search serve the exchanged ones, too
    x, free = best[fastest_first], free[fastest_first]
    values = search.values(x)
    resistances, times, n = np.concatenate([values[:1], values[1::3]]), values[2::3], values[3::3]
    squares, freedom = _squares(search, x), search.block.weight.size - int(free.sum())
    at_bound = tuple("" if free[k] else ("lower" if x[k] == low[k] else "upper") for k in range(x.size))
    single, sums = np.eye(x.size), np.zeros((resistances.size, x.size))
    for k in range(resistances.size):
        sums[k, [0, *range(1, 3 * k, 3)]] = 1.0
    std, sums_std = (_standard_errors(search, x, squares / max(freedom, 1), rows) for rows in (single, sums))
    model, constants = search.block.predict(values), times**n / resistances[1:]
    return ArcSolution(resistances, constants, times, n, std, sums_std, at_bound, model, squares, freedom)


def _squares(search: Search, x: Reals) -> float:
    return float((search.residuals(x) ** 2).sum())


def _standard_errors(search: Search, x: Reals, variance: float, combinations: Reals) -> Reals:
    """Standard errors of combinations of R_0, R_1, Q_1, n_1, ... from the curvature of the squares at their minimum.

    Parameters at a bound count as unknown like the others. Errors at fixed bounds would call a resistance known to
    0.1 % that shares its arc with an R_0 of 0, while the data fix only the sum of both.
    """
    # Derivatives of R_0, R_1, Q_1, n_1, ... by ln R_0, ln R_1, ln tau_1, n_1, ...; Q = tau^n / R.
    change = np.diag(np.concatenate([[np.exp(x[0])], *[[0.0, 0.0, 1.0]] * (len(x) // 3)]))
    for k in range(1, len(x), 3):
        log_r, log_tau, n = x[k : k + 3]
        q = np.exp(n * log_tau - log_r)
        change[k, k] = np.exp(log_r)
        change[k + 1, k : k + 3] = -q, q * n, q * log_tau
    jacobian = search.jacobian(x) @ np.linalg.inv(change)
    # columns of unit length: ohm and s^n/ohm differ by decades, which would look like a flat direction
    lengths = np.sqrt((jacobian**2).sum(axis=0))
    _, sizes, directions = np.linalg.svd(jacobian / lengths, full_matrices=False)
    flat = sizes <= FLAT * sizes[0]
    scaled = combinations / lengths
    std = np.sqrt(variance * ((scaled @ directions[~flat].T / sizes[~flat]) ** 2).sum(axis=1))
    beyond = np.abs(scaled @ directions[flat].T) > 1e-3 * np.linalg.norm(scaled, axis=1)[:, None]
    std[beyond.any(axis=1)] = np.inf
    return std
