"""Profile likelihood: how far one parameter can go when all others are fitted again."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..regression import least_squares
from ..regression.least_squares import ROUGH
from .estimates import Profile
from .minimise import Progress
from .solution import Solution

__all__ = ["profiled"]

#: A side is open where the likelihood has not fallen enough after this many decades, or this many own sizes.
DECADES, SIZES = 4.0, 10.0
#: First step in standard deviations, growth from step to step, and most steps of a side.
FIRST, GROWTH, STEPS = 0.7, 1.6, 40
#: Ends of intervals are found to this fraction of the distance from the best value.
PRECISION = 1e-3


def profiled(fit: Solution, name: str, confidence: float = 0.95, progress: Progress | None = None) -> Profile:
    r"""Profile of a parameter.

    The interval consists of the values where :math:`-2\ln L` exceeds its minimum by less than the quantile of
    :math:`\chi^2_1` at `confidence` (Wilks). Where the level of noise follows from the misfit its likelihood is
    profiled too: :math:`-2\ln L = n\ln\chi^2` per group of data.
    """
    from scipy.stats import chi2

    threshold = float(chi2.ppf(confidence, 1))
    k = fit.index(name)
    parameter, best = fit.problem.parameters[k], float(fit.minimum.x[k])
    points = {best: 0.0}
    ends: list[float | None] = []
    for number, sign in enumerate((-1.0, 1.0)):
        ends.append(_end(fit, k, sign, threshold, points))
        if progress is not None:
            progress((number + 1) / 2, f"profile of {name}")
    ordered = sorted(points)
    low, high = (None if end is None else float(parameter.to_value(end)) for end in ends)
    return Profile(
        name,
        parameter.unit,
        tuple(float(parameter.to_value(x)) for x in ordered),
        tuple(points[x] for x in ordered),
        low,
        high,
        confidence,
    )


def _end(fit: Solution, k: int, sign: float, threshold: float, points: dict[float, float]) -> float | None:
    """Coordinate at which the profile crosses the threshold on one side, None where it does not."""
    best = float(fit.minimum.x[k])
    bound = float(fit.problem.bounds[0 if sign < 0 else 1][k])
    farthest = _farthest(fit, k, sign)
    walk = _Walk(fit, k)
    std = math.sqrt(fit.covariance[k, k]) if np.isfinite(fit.covariance[k, k]) else math.inf
    step = min(FIRST * std, abs(farthest - best) / 16) or abs(farthest - best) / 16
    inside, rise_inside = best, 0.0
    for _ in range(STEPS):
        x = inside + sign * step
        last = sign * (x - farthest) >= 0
        x = farthest if last else x
        rise = walk(x)
        points[x] = rise
        if rise >= threshold:
            return _crossing(walk, (inside, rise_inside), (x, rise), threshold, points)
        if last:
            return bound if math.isfinite(bound) and x == bound else None
        inside, rise_inside, step = x, rise, step * GROWTH
    return None


def _farthest(fit: Solution, k: int, sign: float) -> float:
    """How far a side is followed: to the bound, or until the parameter has changed out of all proportion."""
    parameter, best = fit.problem.parameters[k], float(fit.minimum.x[k])
    reach = DECADES * math.log(10) if parameter.log else SIZES * parameter.size(float(fit.x[k]))
    low, high = parameter.internal_bounds
    return max(best - reach, low) if sign < 0 else min(best + reach, high)


class _Walk:
    """Fits all other parameters with one held, each time from where the last fit ended."""

    def __init__(self, fit: Solution, k: int) -> None:
        self._fit, self._k = fit, k
        self._others = np.array([i for i in range(len(fit.names)) if i != k], dtype=int)
        self._known: dict[float, NDArray[np.float64]] = {float(fit.minimum.x[k]): fit.minimum.x}

    def __call__(self, value: float) -> float:
        problem, k, others = self._fit.problem, self._k, self._others
        nearest = min(self._known, key=lambda x: abs(x - value))
        x = self._known[nearest].copy()
        x[k] = value
        if others.size == 0:
            return self._fit.deviance(problem.residuals(x))

        def whole(part: NDArray[np.float64]) -> NDArray[np.float64]:
            full = x.copy()
            full[others] = part
            return full

        low, high = problem.bounds
        try:
            found = least_squares(
                lambda part: problem.residuals(whole(part)),
                lambda part: problem.jacobian(whole(part))[:, others],
                x[others],
                (low[others], high[others]),
                self._fit.loss,
                max_evaluations=50,
                tolerance=ROUGH,
            )
        except (FloatingPointError, ValueError):  # no finite misfit there
            return math.inf
        if found.interrupted:
            raise KeyboardInterrupt
        self._known[value] = whole(found.x)
        return self._fit.deviance(found.residuals)


def _crossing(
    walk: _Walk,
    inside: tuple[float, float],
    outside: tuple[float, float],
    threshold: float,
    points: dict[float, float],
) -> float:
    """Where the square root of the rise, nearly linear in the parameter, passes that of the threshold."""
    (a, below), (b, above) = inside, outside
    wanted = math.sqrt(threshold)
    for _ in range(12):
        low, high = math.sqrt(max(below, 0.0)), math.sqrt(min(above, 1e12))
        share = (wanted - low) / (high - low) if high > low else 0.5
        x = a + min(max(share, 0.05), 0.95) * (b - a)
        rise = walk(x)
        points[x] = rise
        if abs(math.sqrt(max(rise, 0.0)) - wanted) < PRECISION * wanted:
            return x
        if rise < threshold:
            a, below = x, rise
        else:
            b, above = x, rise
    return (a + b) / 2
