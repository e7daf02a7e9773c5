"""The least-squares engine: Levenberg and Marquardt in a region of trust, with what a fit needs around it."""

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
#: How far the first step goes, of the coordinates: from a good start a long one may lead into another valley (two arcs
#: that change places).
CAUTION = 0.01
#: Of the way to a bound, how much is gone at once.
NEARLY = 0.995


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


class _Linear:
    """The sum of squares near a point, the residuals being linear in a step that is scaled by what the data feel."""

    def __init__(self, slopes: Reals, residuals: Reals) -> None:
        left, self._s, self._right = np.linalg.svd(slopes, full_matrices=False)
        self._along = left.T @ residuals
        # directions that no residual feels beyond rounding are not walked in
        self._felt = self._s > np.finfo(float).eps * max(slopes.shape) * self._s[0]

    def step(self, radius: float) -> tuple[Reals, bool]:
        """The step to the minimum within a radius, and whether the radius shortened it."""
        whole = np.divide(self._along, self._s, out=np.zeros_like(self._s), where=self._felt)
        length = float(np.linalg.norm(whole))
        if length <= radius:
            return -(whole @ self._right), False
        # The length falls with the damping; its inverse is nearly linear in it (Hebden), so Newton's steps for that
        # come from one side, and a few are enough: a radius need not be met exactly.
        gradient, squares, damping = self._s * self._along, self._s**2, 0.0
        part = whole
        for _ in range(10):
            # of no damping the step is the whole one, in which what is not felt is left out
            bent = float(np.sum(part**2 / np.where(self._felt, squares + damping, np.inf)))
            damping += (length - radius) / radius * length**2 / bent
            part = gradient / (squares + damping)
            length = float(np.linalg.norm(part))
            if length <= 1.01 * radius:
                break
        return -(part @ self._right) * min(1.0, radius / length), True


class _Descent:
    """Levenberg and Marquardt's search: steps to the minimum of the linear model, as far as it has proved to hold.

    Moré, Lect. Notes Math. 630 (1978) 105. What would pass a bound comes close to it, and the rest of the step allows
    for that.
    """

    def __init__(self, search: _Accepted, start: Reals, bounds: tuple[Reals, Reals], tolerance: float) -> None:
        self._search, self._tolerance = search, tolerance
        self._low, self._high = np.nextafter(bounds[0], np.inf), np.nextafter(bounds[1], -np.inf)
        self._scale = np.zeros(start.size)
        self._before = 0.0
        self._move(start, search.residuals(start))
        self._radius = CAUTION * float(np.linalg.norm(start * self._scale)) or 1.0

    def _move(self, x: Reals, residuals: Reals) -> None:
        """Go there."""
        self.x, self.residuals = x, residuals
        self.cost = float(residuals @ residuals) / 2
        if not self.cost < np.inf:
            raise FloatingPointError
        self.slopes = self._search.jacobian(x)
        lengths = np.sqrt(np.einsum("ij,ij->j", self.slopes, self.slopes))
        # parameters differ by decades in their influence; of one whose influence vanishes the greatest is remembered
        self._scale = np.maximum(self._scale, lengths)
        self._scale[self._scale == 0] = 1.0
        self._gradient = residuals @ self.slopes
        self._model = _Linear(self.slopes / self._scale, residuals)

    def run(self, most: int) -> bool:
        """Search until nothing is gained any more (True) or `most` residuals have been evaluated (False)."""
        while self._search.evaluations < most:
            if self._stepped():
                return True
        return False

    def _step(self) -> tuple[Reals, bool]:
        """The step to try, and whether the radius of trust shortened it."""
        scaled, shortened = self._model.step(self._radius)
        step = scaled / self._scale
        inside = np.full(step.size, True)
        while True:
            there = self.x + step
            beyond = inside & ((there < self._low) | (there > self._high))
            if not beyond.any():
                return step, shortened
            # first those that the data push there: another may only follow them, and turn back once they are held
            pushed = beyond & (step * self._gradient < 0)
            beyond = pushed if pushed.any() else beyond
            # not onto a bound, which may be no place to be (a fraction of 0), but nearly
            bound = np.where(there < self._low, self._low, self._high)
            step[beyond] = NEARLY * (bound - self.x)[beyond]
            inside &= ~beyond
            if not inside.any():
                return step, shortened
            moved = self.residuals + self.slopes[:, ~inside] @ step[~inside]
            scaled, shortened = _Linear(self.slopes[:, inside] / self._scale[inside], moved).step(self._radius)
            step[inside] = scaled / self._scale[inside]

    def _stepped(self) -> bool:
        """Try a step, and tell whether it was the last."""
        step, shortened = self._step()
        change = self.slopes @ step
        promised = -float(self._gradient @ step) - float(change @ change) / 2
        size = float(np.linalg.norm(step))
        tiny = size <= self._tolerance * (self._tolerance + float(np.linalg.norm(self.x)))
        if not (promised > 0 or tiny):  # bounds have bent the step until it leads uphill: a shorter one is steeper
            self._radius = float(np.linalg.norm(step * self._scale)) / 4
            return False
        # Each step promises this part of what the one before it did, and will leave as much of what it promises. The
        # cost changes with the square of the step, so it tells the minimum at a looser step than the step does.
        left = promised * min(1.0, promised / self._before) if self._before > 0 else promised
        last = tiny or (not shortened and left <= self._tolerance**1.25 * self.cost)
        self._before = 0.0 if shortened else promised
        residuals = self._search.residuals(self.x + step)
        cost = float(residuals @ residuals) / 2
        gained = self.cost - cost
        if not gained > promised / 4:  # also where it is no number
            self._radius = float(np.linalg.norm(step * self._scale)) / 4
        elif gained > 0.75 * promised and shortened:
            self._radius *= 2
        # a last step is shorter than rounding can tell by the cost: the gradient, which knows better, is believed
        if gained > 0 or (last and cost <= self.cost * (1 + 10 * self._tolerance)):
            self._move(self.x + step, residuals)
        return last


def least_squares(
    residuals: Function,
    jacobian: Function,
    start: Reals,
    bounds: tuple[Reals, Reals],
    loss: Loss | None = None,
    max_evaluations: int | None = None,
    tolerance: float = TOLERANCE,
) -> Minimum:
    """Minimise a sum of squares from one start, in a region of trust that is scaled by the Jacobian.

    Residuals that are exact to rounding by Levenberg and Marquardt's method, whose few operations cost less than they
    do; with a loss or a looser tolerance (residuals that are integrated in time) by scipy's trust-region reflective
    method, which takes fewer of them in a flat valley. Ctrl-C ends it; the last point that was accepted is marked
    ``interrupted``.

    Raises
    ------
    FloatingPointError
        If it starts where residuals, or runs to where derivatives are not finite.
    """
    search = _Accepted(residuals, jacobian)
    low, high = bounds
    start, most = np.clip(start, low, high), max_evaluations or MOST_EVALUATIONS
    try:
        if loss is None and tolerance <= TOLERANCE:
            descent = _Descent(search, start, bounds, tolerance)
            converged = descent.run(most)
            return Minimum(descent.x, descent.cost, descent.residuals, descent.slopes, search.evaluations, converged)
        from scipy.optimize import least_squares as trust_region

        found = trust_region(
            search.residuals,
            start,
            search.jacobian,
            bounds=bounds,
            method="trf",
            x_scale="jac",
            ftol=tolerance**1.25,
            xtol=tolerance,
            gtol=tolerance**1.25,
            loss="linear" if loss is None else loss.scipy_name,
            f_scale=1.0 if loss is None else loss.threshold,
            max_nfev=most,
        )
    except KeyboardInterrupt:
        # No derivatives yet: there is nothing to hand back, and who interrupts does not want to wait for them.
        if search.point is None:
            raise
        return search.point
    # with a loss scipy scales what it returns; here the residuals and derivatives themselves are wanted
    at, slopes = (found.fun, found.jac) if loss is None else (residuals(found.x), jacobian(found.x))
    return Minimum(found.x, float(found.cost), at, slopes, search.evaluations, bool(found.success))
