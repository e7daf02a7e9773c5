"""Least squares by a trust region, from one start or several."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import SimulationError

if TYPE_CHECKING:
    from .problem import Problem
    from .weighting import Loss

__all__ = ["Minimum", "least_squares", "minimised", "starting_points"]

#: Relative change of coordinates at which a minimum is reached (of the cost: its power 1.25), far below any noise; and
#: where residuals come from an integration in time, which is good to 1e-7.
TOLERANCE, ROUGH = 1e-12, 1e-6
#: Evaluations of the residuals per start.
MOST_EVALUATIONS = 300
#: Starts differ by this factor (parameters fitted in the logarithm) from the first one, where no bounds are given.
SPREAD = 10.0
#: How often the levels of noise are estimated anew, and when they are settled.
ROUNDS, SETTLED = 8, 1e-3

Function = Callable[[NDArray[np.float64]], NDArray[np.float64]]
#: Called with the fraction done and a word on what is being done.
Progress = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class Minimum:
    """Where a sum of squares is smallest.

    Attributes
    ----------
    x : ndarray
        Coordinates.
    cost : float
        Half the sum of squares (of the loss).
    residuals, jacobian : ndarray
        There.
    evaluations : int
        Of the residuals.
    converged, interrupted : bool
    costs : ndarray
        Reached from every start; nan where a start failed.
    """

    x: NDArray[np.float64]
    cost: float
    residuals: NDArray[np.float64]
    jacobian: NDArray[np.float64]
    evaluations: int
    converged: bool
    interrupted: bool = False
    costs: NDArray[np.float64] | None = None


class _Best:
    """Evaluates residuals, counts, and remembers the best point, so that Ctrl-C loses nothing."""

    def __init__(self, residuals: Function) -> None:
        self._residuals = residuals
        self.x: NDArray[np.float64] | None = None
        self.cost = np.inf
        self.evaluations = 0

    def __call__(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        found = self._residuals(x)
        self.evaluations += 1
        cost = float(found @ found)
        if cost < self.cost:
            self.x, self.cost = x.copy(), cost
        return found


def least_squares(
    residuals: Function,
    jacobian: Function,
    start: NDArray[np.float64],
    bounds: tuple[NDArray[np.float64], NDArray[np.float64]],
    loss: Loss | None = None,
    max_evaluations: int | None = None,
    tolerance: float = TOLERANCE,
) -> Minimum:
    """Minimise a sum of squares from one start (scipy's trust-region reflective method, scaled by the Jacobian).

    Ctrl-C ends it; the best point until then is marked ``interrupted``.

    Raises
    ------
    FloatingPointError
        If it runs to where the derivatives are not finite.
    """
    from scipy.optimize import least_squares as trust_region

    best = _Best(residuals)
    low, high = bounds

    def finite_jacobian(x: NDArray[np.float64]) -> NDArray[np.float64]:
        found = jacobian(x)
        if not np.isfinite(found).all():
            raise FloatingPointError
        return found

    inside = np.clip(start, low, high)
    try:
        found = trust_region(
            best,
            inside,
            finite_jacobian,
            bounds=(low, high),
            method="trf",
            x_scale="jac",
            ftol=tolerance**1.25,
            xtol=tolerance,
            gtol=tolerance**1.25,
            loss="linear" if loss is None else loss.scipy_name,
            f_scale=1.0 if loss is None else loss.threshold,
            max_nfev=max_evaluations or MOST_EVALUATIONS,
        )
    except KeyboardInterrupt:
        if best.x is None:
            raise
        return Minimum(
            best.x, best.cost / 2, residuals(best.x), jacobian(best.x), best.evaluations, False, interrupted=True
        )
    # with a loss scipy scales what it returns; here the residuals and derivatives themselves are wanted
    at, slopes = (found.fun, found.jac) if loss is None else (residuals(found.x), jacobian(found.x))
    return Minimum(found.x, float(found.cost), at, slopes, best.evaluations, bool(found.success))


def tolerance_of(problem: Problem) -> float:
    """How exactly a minimum of a problem can be found."""
    return TOLERANCE if all(block.smooth for block in problem.blocks) else ROUGH


def _from(problem: Problem, start: NDArray[np.float64], loss: Loss | None) -> Minimum:
    return least_squares(
        problem.residuals, problem.jacobian, start, problem.bounds, loss, tolerance=tolerance_of(problem)
    )


def starting_points(problem: Problem, starts: int, seed: int) -> NDArray[np.float64]:
    """The given start and quasi-random others (scrambled Sobol sequence), shape (starts, parameters).

    Within the bounds where both are finite, else within a factor of ten of the start, or its own size up and down for
    parameters that are not fitted in the logarithm.
    """
    if starts == 1:
        return problem.start[np.newaxis]
    from scipy.stats import qmc

    low, high = problem.bounds
    sizes = np.array([np.log(SPREAD) if p.log else p.size(p.start) for p in problem.parameters])
    bounded = np.isfinite(low) & np.isfinite(high)
    below = np.where(bounded, low, np.maximum(problem.start - sizes, low))
    above = np.where(bounded, high, np.minimum(problem.start + sizes, high))
    sobol = qmc.Sobol(len(problem.start), scramble=True, rng=np.random.default_rng(seed))
    drawn = sobol.random_base2(int(np.ceil(np.log2(starts - 1)))) if starts > 2 else sobol.random(1)
    # strictly inside: a bound of an open interval is no place to begin
    inside = below + (0.005 + 0.99 * drawn[: starts - 1]) * (above - below)
    return np.vstack([problem.start, inside])


def minimised(
    problem: Problem,
    starts: int = 1,
    seed: int = 0,
    loss: Loss | None = None,
    progress: Progress | None = None,
) -> tuple[Problem, Minimum]:
    """The best minimum of a problem from several starts, and the problem with the levels of noise that belong to it.

    Raises
    ------
    SimulationError
        If no start gives residuals that are finite.
    """
    several = problem.extra > 1 or (problem.extra and (problem._priors or not problem.estimated.all()))
    if several or loss is not None:
        problem = problem.with_scales(_first_scales(problem))
    best, costs, evaluations = None, np.full(starts, np.nan), 0
    for number, start in enumerate(starting_points(problem, starts, seed)):
        try:
            if not np.all(np.isfinite(problem.residuals(start))):
                continue
            found = _from(problem, start, loss)
        except FloatingPointError:  # it ran away; other starts may do better
            continue
        except KeyboardInterrupt:
            if best is None:
                raise
            best = replace(best, interrupted=True)
            break
        costs[number] = found.cost
        evaluations += found.evaluations
        if best is None or found.cost < best.cost or found.interrupted:
            interrupted = found.interrupted
            best = replace(found if best is None or found.cost < best.cost else best, interrupted=interrupted)
        if best.interrupted:
            break
        if progress is not None:
            progress((number + 1) / starts, f"start {number + 1} of {starts}")
    if best is None:
        raise SimulationError(
            f"none of the {starts} starts gives a finite misfit: change the starts or bounds of what is free."
        )
    best = replace(best, costs=costs, evaluations=evaluations)
    if best.interrupted:
        return problem.with_scales(problem.rescaled(best.residuals)), _rescaled(problem, best)
    return _settled(problem, best, bool(several) or loss is not None, loss)


def _first_scales(problem: Problem) -> NDArray[np.float64]:
    """Levels of noise to begin with: the scatter of neighbouring points, which no smooth model could follow."""
    result = problem.scales.copy()
    found = problem.residuals(problem.start)
    parts = problem.by_dataset(found)
    for group in np.flatnonzero(problem.estimated):
        scatter = []
        for number in np.flatnonzero(problem.group_of == group):
            step = 2 if problem.measurements[number].is_spectrum else 1
            second = np.diff(parts[number].reshape(-1, step), 2, axis=0)
            scatter.append(second.ravel() / np.sqrt(6))
        values = np.concatenate(scatter) if scatter else np.ones(1)
        size = 1.4826 * float(np.median(np.abs(values))) if values.size else 1.0
        result[group] = max(size, 1e-6)
    return result


def _settled(problem: Problem, best: Minimum, repeat: bool, loss: Loss | None) -> tuple[Problem, Minimum]:
    """Estimate the levels of noise; where they matter for the minimum, find it again until both agree."""
    for _ in range(ROUNDS if repeat else 1):
        scales = problem.rescaled(best.residuals, robust=loss is not None)
        change = float(np.max(np.abs(np.log(scales / problem.scales)), initial=0.0))
        if not repeat:
            return problem.with_scales(scales), _rescaled(problem, best)
        problem = problem.with_scales(scales)
        again = _from(problem, best.x, loss)
        best = replace(again, evaluations=best.evaluations + again.evaluations, costs=best.costs)
        if change < SETTLED or again.interrupted:
            break
    return problem, best


def _rescaled(problem: Problem, best: Minimum) -> Minimum:
    """A minimum in units of the noise that its residuals suggest, where that is one common factor."""
    factors = problem.scales / problem.rescaled(best.residuals)
    rows = np.concatenate(
        [np.repeat(factors[problem.group_of[problem.order]], problem.sizes), np.ones(problem._prior_count)]
    )
    residuals = best.residuals * rows
    return replace(
        best, residuals=residuals, jacobian=best.jacobian * rows[:, np.newaxis], cost=float(residuals @ residuals) / 2
    )
