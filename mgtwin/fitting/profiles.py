"""Profile likelihood: how far one parameter can go when all others are fitted again."""

from __future__ import annotations

import math
from collections.abc import Iterator

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
#: Evaluations of a fit with one parameter held, and directions of a valley in which further fits begin.
EVALUATIONS, VALLEYS = 80, 3
#: Share of the parameter in a direction from which the direction is a valley for it.
IN_VALLEY = 0.05
#: Ends of intervals are found to this fraction of the distance from the best value.
PRECISION = 1e-3


def profiled(fit: Solution, name: str, confidence: float = 0.95, progress: Progress | None = None) -> Profile:
    r"""Profile of a parameter.

    The interval consists of the values where :math:`-2\ln L` exceeds its minimum by less than the quantile of
    :math:`\chi^2_1` at `confidence` (Wilks). Where the level of noise follows from the misfit its likelihood is
    profiled too: :math:`-2\ln L = n\ln\chi^2` per group of data.
    """
    from scipy.stats import chi2

    # one degree of freedom: all other parameters are fitted again
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
    # how far it is followed: to the bound, or until the parameter has changed out of all proportion
    parameter = fit.problem.parameters[k]
    reach = DECADES * math.log(10) if parameter.log else SIZES * parameter.size(float(fit.x[k]))
    low, high = parameter.internal_bounds
    farthest = max(best - reach, low) if sign < 0 else min(best + reach, high)
    walk = _Walk(fit, k, threshold)
    std = math.sqrt(fit.covariance[k, k]) if np.isfinite(fit.covariance[k, k]) else math.inf
    # the covariance may promise far too much: not more than a sixteenth of the whole way at once
    step = min(FIRST * std, abs(farthest - best) / 16) or abs(farthest - best) / 16
    inside, rise_inside = best, 0.0
    for _ in range(STEPS):
        x = inside + sign * step
        last = sign * (x - farthest) >= 0
        x = farthest if last else x
        rise = walk(x)
        # no fit came to an end there: to name a limit would be an invention
        if math.isnan(rise):
            return None
        points[x] = rise
        if rise >= threshold:
            return _crossing(walk, (inside, rise_inside), (x, rise), threshold, points)
        if last:
            # a bound is a limit of the interval; the end of the reach only says that none was found
            return bound if math.isfinite(bound) and x == bound else None
        inside, rise_inside, step = x, rise, step * GROWTH
    return None


class _Walk:
    """Fits all other parameters with one held.

    It begins where the nearest fit ended. Before it says that the likelihood has fallen it has tried further starts,
    along the combinations of parameters that the data hardly fix: a fit that lost the floor of a valley is no limit.
    """

    def __init__(self, fit: Solution, k: int, threshold: float) -> None:
        self._fit, self._k, self._threshold = fit, k, threshold
        self._others = np.array([i for i in range(len(fit.names)) if i != k], dtype=int)
        self._known: dict[float, NDArray[np.float64]] = {float(fit.minimum.x[k]): fit.minimum.x}
        sizes = [p.size(v) / p.slope(v) for p, v in zip(fit.problem.parameters, fit.x, strict=True)]
        directions = (fit.identifiability.directions * np.array(sizes)[:, np.newaxis]).T
        shares = np.abs(directions[:, k]) / np.maximum(np.abs(directions).max(axis=1), 1e-300)
        # the least determined come last
        # scaled so that one step along a valley moves the held parameter by one
        self._valleys = [d / d[k] for d, share in zip(directions, shares, strict=True) if share > IN_VALLEY][::-1]

    def __call__(self, value: float) -> float:
        """Rise of -2 ln(likelihood); nan where no fit came to an end, about which nothing can be said then."""
        best, rise = None, math.nan
        for start in self._starts(value):
            found = self._fitted(start)
            if found is not None and not rise <= found[1]:
                best, rise = found
            if rise < self._threshold:  # a lower one would change nothing
                break
        if best is not None:
            self._known[value] = best
        return rise

    def _starts(self, value: float) -> Iterator[NDArray[np.float64]]:
        # continuation: the floor of a valley is followed from point to point, not found anew
        nearest = min(self._known, key=lambda x: abs(x - value))
        for valley in [np.eye(len(self._fit.names))[self._k], *self._valleys[:VALLEYS]]:
            x = self._known[nearest] + (value - nearest) * valley
            x[self._k] = value
            yield np.clip(x, *self._fit.problem.bounds)

    def _fitted(self, x: NDArray[np.float64]) -> tuple[NDArray[np.float64], float] | None:
        problem, others = self._fit.problem, self._others
        if others.size == 0:
            rise = self._fit.deviance(problem.residuals(x))
            return (x, rise) if math.isfinite(rise) else None

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
                max_evaluations=EVALUATIONS,
                tolerance=ROUGH,
            )
        except (FloatingPointError, ValueError):  # no finite misfit there
            return None
        # the engine swallowed Ctrl-C to save its best point; half a profile is of no use
        if found.interrupted:
            raise KeyboardInterrupt
        return whole(found.x), self._fit.deviance(found.residuals)


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
        # false position, kept off the ends: there it can creep towards one of them for ever
        x = a + min(max(share, 0.05), 0.95) * (b - a)
        rise = walk(x)
        if math.isnan(rise):
            # where nothing converges counts as outside, so the interval is not made too wide by it
            b = x
            continue
        points[x] = rise
        if abs(math.sqrt(max(rise, 0.0)) - wanted) < PRECISION * wanted:
            return x
        if rise < threshold:
            a, below = x, rise
        else:
            b, above = x, rise
    return (a + b) / 2
