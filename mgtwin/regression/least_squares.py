"""The least-squares engine: scipy's trust region, with what a fit needs around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .losses import Loss

__all__ = ["ROUGH", "TOLERANCE", "Minimum", "least_squares"]

Reals = NDArray[np.float64]
Function = Callable[[Reals], Reals]

#: Relative change of coordinates at which a minimum is reached (of the cost: its power 1.25), far below any noise; and
#: where residuals come from an integration in time, which is good to 1e-7.
TOLERANCE, ROUGH = 1e-12, 1e-6
#: Evaluations of the residuals per start.
MOST_EVALUATIONS = 300


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

    x: Reals
    cost: float
    residuals: Reals
    jacobian: Reals
    evaluations: int
    converged: bool
    interrupted: bool = False
    costs: Reals | None = None


class _Best:
    """Evaluates residuals, counts, and remembers the best point, so that Ctrl-C loses nothing."""

    def __init__(self, residuals: Function) -> None:
        self._residuals = residuals
        self.x: Reals | None = None
        self.cost = np.inf
        self.evaluations = 0

    def __call__(self, x: Reals) -> Reals:
        found = self._residuals(x)
        self.evaluations += 1
        cost = float(found @ found)
        # a cost that is not a number never compares as smaller, so it is never the best
        if cost < self.cost:
            # a copy, for the array belongs to the search
            self.x, self.cost = x.copy(), cost
        return found


def least_squares(
    residuals: Function,
    jacobian: Function,
    start: Reals,
    bounds: tuple[Reals, Reals],
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

    def finite_jacobian(x: Reals) -> Reals:
        found = jacobian(x)
        if not np.isfinite(found).all():
            # scipy would go on with them and end anywhere, without a word
            raise FloatingPointError
        return found

    try:
        found = trust_region(
            best,
            np.clip(start, low, high),
            finite_jacobian,
            bounds=(low, high),
            method="trf",
            # parameters differ by decades in their influence: the region of trust is scaled by what the data feel
            x_scale="jac",
            # the cost changes with the square of the step, so it tells the minimum at a looser step than xtol does
            ftol=tolerance**1.25,
            xtol=tolerance,
            gtol=tolerance**1.25,
            loss="linear" if loss is None else loss.scipy_name,
            f_scale=1.0 if loss is None else loss.threshold,
            max_nfev=max_evaluations or MOST_EVALUATIONS,
        )
    except KeyboardInterrupt:
        # nothing has been evaluated yet: there is nothing to hand back
        if best.x is None:
            raise
        return Minimum(
            best.x, best.cost / 2, residuals(best.x), jacobian(best.x), best.evaluations, False, interrupted=True
        )
    # with a loss scipy scales what it returns; here the residuals and derivatives themselves are wanted
    at, slopes = (found.fun, found.jac) if loss is None else (residuals(found.x), jacobian(found.x))
    return Minimum(found.x, float(found.cost), at, slopes, best.evaluations, bool(found.success))
