"""The minimum of a problem from one start or several, with the levels of noise that belong to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..errors import SimulationError
from ..regression import Loss, Minimum, least_squares
from ..regression.least_squares import ROUGH, TOLERANCE
from .noise import quality_of
from .problem import Problem

__all__ = ["Minimum", "Progress", "minimised", "starting_points", "tolerance_of"]

#: Starts differ by this factor (parameters fitted in the logarithm) from the first one, where no bounds are given.
SPREAD = 10.0
#: Minima whose costs differ by less than this share are equally deep.
AS_DEEP = 1e-8
#: How often the levels of noise are estimated anew, and when they are settled.
ROUNDS, SETTLED = 8, 1e-3
#: A number that moves all residuals together by less than this many times the noise is not searched for.
FELT = 0.05

#: Called with the fraction done and a word on what is being done.
Progress = Callable[[float, str], None]


def tolerance_of(problem: Problem) -> float:
    """How exactly a minimum of a problem can be found."""
    return TOLERANCE if problem.smooth else ROUGH


def _from(problem: Problem, start: NDArray[np.float64], loss: Loss | None) -> Minimum:
    """One search; of residuals that are integrated in time without the numbers that they do not feel.

    Errors of the integration would lead it along a flat valley until nothing moves any more.
    """
    moving = np.full(start.size, True) if problem.smooth else _felt(problem, start)
    if not moving.any() or moving.all():
        return least_squares(
            problem.residuals, problem.jacobian, start, problem.bounds, loss, tolerance=tolerance_of(problem)
        )

    def whole(part: NDArray[np.float64]) -> NDArray[np.float64]:
        full = start.copy()
        full[moving] = part
        return full

    low, high = problem.bounds
    found = least_squares(
        lambda part: problem.residuals(whole(part)),
        lambda part: problem.jacobian(whole(part))[:, moving],
        start[moving],
        (low[moving], high[moving]),
        loss,
        tolerance=tolerance_of(problem),
    )
    x = whole(found.x)
    # what counts is whether they are felt where the search ended
    if not found.interrupted and _felt(problem, x)[~moving].any():
        again = least_squares(problem.residuals, problem.jacobian, x, problem.bounds, loss, tolerance=ROUGH)
        return replace(again, evaluations=found.evaluations + again.evaluations)
    return replace(found, x=x, jacobian=problem.jacobian(x))


def _nearer(problem: Problem, start: NDArray[np.float64], loss: Loss | None) -> NDArray[np.float64]:
    """Where spectra alone would have it, if all of the data agree better with that: they cost next to nothing."""
    if len({block.smooth for block in problem.blocks}) < 2:
        return start
    exact = problem.exactly()
    try:
        found = least_squares(exact.residuals, exact.jacobian, start, problem.bounds, loss, tolerance=ROUGH)
    except FloatingPointError:
        return start
    if found.interrupted:
        raise KeyboardInterrupt
    before, after = (float(np.sum(problem.residuals(x) ** 2)) for x in (start, found.x))
    return found.x if after < before else start


def _felt(problem: Problem, x: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which numbers move the residuals by more than a part of the noise when they change by their own size."""
    values = problem.values(x)
    sizes = np.array([p.size(v) / p.slope(v) for p, v in zip(problem.parameters, values, strict=True)])
    rows = [np.ones(problem.prior_count)]
    counts = [part.size for part in problem.by_dataset(np.zeros(problem.count))]
    for number in problem.order:
        item, level = problem.measurements[number], problem.scales[problem.group_of[number]]
        quality = quality_of(item, problem.weightings[number].interleaved(item.data) * level)
        # the noise of the data, where they tell it: at a start the misfit says nothing of it
        rows.insert(-1, np.full(counts[number], 1.0 if quality is None else max(quality.noise, 1e-9)))
    changes = problem.jacobian(x) * sizes / np.concatenate(rows)[:, np.newaxis]
    return np.asarray(np.linalg.norm(changes, axis=0) > FELT)


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
    # a range with an open end has no middle to spread about: there starts keep to the size of the given one
    below = np.where(bounded, low, np.maximum(problem.start - sizes, low))
    above = np.where(bounded, high, np.minimum(problem.start + sizes, high))
    sobol = qmc.Sobol(len(problem.start), scramble=True, rng=np.random.default_rng(seed))
    # a Sobol sequence is balanced only at powers of two; what is too many is cut off
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
    # one unknown level alone is a common factor, which moves no minimum; of several the ratios do
    several = bool(problem.extra > 1 or (problem.extra and (problem.prior_count or not problem.estimated.all())))
    if several or loss is not None:
        # a loss needs to know what is an outlier before the first fit, and groups need their ratios
        problem = problem.with_scales(_first_scales(problem))
    best = _best(problem, starting_points(problem, starts, seed), loss, progress)
    if best.interrupted:
        return problem.with_scales(problem.rescaled(best.residuals)), _rescaled(problem, best)
    return _settled(problem, best, several or loss is not None, loss)


def _best(problem: Problem, points: NDArray[np.float64], loss: Loss | None, progress: Progress | None) -> Minimum:
    """The best of the minima that are reached from some points."""
    best, costs, evaluations = None, np.full(len(points), np.nan), 0
    for number, start in enumerate(points):
        try:
            if not np.all(np.isfinite(problem.residuals(start))):
                continue
            found = _from(problem, _nearer(problem, start, loss), loss)
        except FloatingPointError:  # it ran away; other starts may do better
            continue
        except KeyboardInterrupt:
            if best is None:
                raise
            best = replace(best, interrupted=True)
            break
        costs[number] = found.cost
        evaluations += found.evaluations
        # of minima that are equally deep (two layers could change places) the first stays: rounding decides nothing
        better = found if best is None or found.cost < best.cost * (1 - AS_DEEP) else best
        best = replace(better, interrupted=found.interrupted)
        if best.interrupted:
            break
        if progress is not None:
            progress((number + 1) / len(points), f"start {number + 1} of {len(points)}")
    if best is None:
        raise SimulationError(
            f"none of the {len(points)} starts gives a finite misfit: change the starts or bounds of what is free."
        )
    return replace(best, costs=costs, evaluations=evaluations)


def _first_scales(problem: Problem) -> NDArray[np.float64]:
    """Levels of noise to begin with: the scatter of neighbouring points, which no smooth model could follow."""
    result = problem.scales.copy()
    found = problem.residuals(problem.start)
    parts = problem.by_dataset(found)
    for group in np.flatnonzero(problem.estimated):
        scatter = []
        for number in np.flatnonzero(problem.group_of == group):
            step = 2 if problem.measurements[number].is_spectrum else 1
            # a second difference takes out any straight trend; its variance is 1 + 4 + 1 times that of a point
            second = np.diff(parts[number].reshape(-1, step), 2, axis=0)
            scatter.append(second.ravel() / np.sqrt(6))
        values = np.concatenate(scatter) if scatter else np.ones(1)
        # the median, unlike the mean square, is blind to outliers; the factor makes it a standard deviation
        size = 1.4826 * float(np.median(np.abs(values))) if values.size else 1.0
        # noiseless data of a simulation: a level of zero could not be divided by
        result[group] = max(size, 1e-6)
    return result


def _settled(problem: Problem, best: Minimum, repeat: bool, loss: Loss | None) -> tuple[Problem, Minimum]:
    """Estimate the levels of noise; where they matter for the minimum, find it again until both agree."""
    for _ in range(ROUNDS if repeat else 1):
        scales = problem.rescaled(best.residuals, robust=loss is not None)
        # in the logarithm: a level that halves and one that doubles have changed alike
        change = float(np.max(np.abs(np.log(scales / problem.scales)), initial=0.0))
        # settled levels move the minimum by a thousandth of what the parts of a joint fit disagree by
        if not repeat or (loss is None and change < SETTLED):
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
    # rows of priors stay: their width is given, not estimated
    rows = np.concatenate([factors[problem.rows], np.ones(problem.prior_count)])
    residuals = best.residuals * rows
    return replace(
        best, residuals=residuals, jacobian=best.jacobian * rows[:, np.newaxis], cost=float(residuals @ residuals) / 2
    )
