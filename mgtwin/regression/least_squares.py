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


class _Accepted:
    """Evaluates residuals and derivatives, counts, and remembers the last point that the search accepted: Ctrl-C hands
    it back at once, with what is known of it."""

    def __init__(self, residuals: Function, jacobian: Function) -> None:
        self._residuals, self._jacobian = residuals, jacobian
        self._last: Reals | None = None
        self.evaluations = 0
        self.point: Minimum | None = None

    def residuals(self, x: Reals) -> Reals:
        self._last = self._residuals(x)
        self.evaluations += 1
        return self._last

    def jacobian(self, x: Reals) -> Reals:
        """Derivatives at the point of the last residuals: scipy asks for them where it accepts a point, and only there.

        Raises
        ------
        FloatingPointError
            Where they are not finite: scipy would go on with them and end anywhere, without a word.
        """
        slopes, found = self._jacobian(x), self._last
        if found is None or not np.isfinite(slopes).all():
            raise FloatingPointError
        # a copy, for the array belongs to the search
        self.point = Minimum(
            x.copy(), float(found @ found) / 2, found, slopes, self.evaluations, False, interrupted=True
        )
        return slopes


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

    Ctrl-C ends it; the last point that was accepted is marked ``interrupted``.

    Raises
    ------
    FloatingPointError
        If it runs to where the derivatives are not finite.
    """
    from scipy.optimize import least_squares as trust_region

    search = _Accepted(residuals, jacobian)
    low, high = bounds
    try:
        found = trust_region(
            search.residuals,
            np.clip(start, low, high),
            search.jacobian,
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
        # No derivatives yet: there is nothing to hand back, and who interrupts does not want to wait for them.
        if search.point is None:
            raise
        return search.point
    # with a loss scipy scales what it returns; here the residuals and derivatives themselves are wanted
    at, slopes = (found.fun, found.jac) if loss is None else (residuals(found.x), jacobian(found.x))
    return Minimum(found.x, float(found.cost), at, slopes, search.evaluations, bool(found.success))
