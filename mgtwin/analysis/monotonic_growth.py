"""A series of values of one ageing cell: does it only grow, and from where on does it not?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgtwin.errors import InputError

__all__ = ["FEWEST", "MonotonicGrowth", "monotonic_growth"]

#: Fewer values say nothing about their own scatter.
FEWEST = 8
#: Of a normal distribution: standard deviation / median absolute deviation.
_NORMAL = 1.4826


@dataclass(frozen=True, eq=False)
class MonotonicGrowth:
    """Which values of a series a law that only grows can follow. Made by :func:`monotonic_growth`.

    Attributes
    ----------
    level : ndarray
        The growing law closest to the values that it describes (least squares), shape (values,). A value that stands
        apart has the level of the one before it; from a break on it is nan: a law has a history, and what follows a
        break does not continue it.
    apart : tuple of int
        Numbers of single values that stand apart from those before and after them.
    break_at : int or None
        Number of the first value from which on the law does not hold.
    drop : float
        The largest fall of the series, in units of its standard deviation: compare `threshold`.
    std : float
        Scatter of the values, from differences of neighbours.
    threshold : float
    """

    level: NDArray[np.float64]
    apart: tuple[int, ...]
    break_at: int | None
    drop: float
    std: float
    threshold: float

    @property
    def outside(self) -> NDArray[np.bool_]:
        """Which values the law does not describe, shape (values,)."""
        found = np.zeros(self.level.size, dtype=bool)
        found[list(self.apart)] = True
        if self.break_at is not None:
            found[self.break_at :] = True
        return found

    def __str__(self) -> str:
        if not self.outside.any():
            return f"grows throughout (largest fall {self.drop:.1f} std)"
        parts = []
        if self.break_at is not None:
            parts.append(f"does not grow from value {self.break_at + 1} of {self.level.size} on")
        if self.apart:
            parts.append(f"apart from the others: value {', '.join(str(k + 1) for k in self.apart)}")
        return f"{'; '.join(parts)} (largest fall {self.drop:.1f} std, limit {self.threshold:g})"


def monotonic_growth(
    values: Sequence[float] | NDArray[np.float64],
    std: float | Sequence[float] | NDArray[np.float64] = 0.0,
    *,
    threshold: float = 6.0,
) -> MonotonicGrowth:
    r"""Test whether a series can be that of something that only grows, such as the film of an ageing electrode.

    Of all places k where the series could be cut, that with the largest

    .. math:: D_k^2 = S(1 \ldots n) - S(1 \ldots k) - S(k+1 \ldots n)

    is looked at, S being the squared deviations, in units of their standard deviation, from the closest series that
    never falls (isotonic regression). D is the size of the fall in standard deviations (a likelihood ratio). Above
    `threshold` the fall is real. If it vanishes when one of the two values beside the cut is left out, that one stands
    apart, and the test is repeated without it; otherwise the law breaks there. Growth in steps of any size passes.

    Parameters
    ----------
    values : array_like
        In their order in time, shape (n,), n >= 8; for resistances that scatter by per cent their logarithms.
    std : float or array_like
        Known standard deviations, one or one each. Where the series itself scatters more (1.48 times the median
        absolute deviation of differences of neighbours, by the square root of 2), that counts: what one instrument
        repeats to 0.1 % a cell may not.
    threshold : float
        In standard deviations. At 6, a break is found wrongly in 2 % of the series of 8 values, 0.6 % of 20 and 0.2 %
        of 45 (constant values with independent normal scatter, the worst case; 4, 1.3 and 0.4 % with values apart).

    Returns
    -------
    MonotonicGrowth

    Raises
    ------
    InputError
        For fewer than eight values, for values that are not finite and standard deviations that are negative.

    Examples
    --------
    >>> film = [100, 108, 117, 123, 135, 139, 151, 158, 60, 62, 57, 64]
    >>> print(monotonic_growth(film))
    does not grow from value 9 of 12 on (largest fall 39.3 std, limit 6)
    """
    y, given = np.asarray(values, dtype=float), np.asarray(std, dtype=float)
    if y.ndim != 1 or y.size < FEWEST:
        raise InputError(f"a series needs {FEWEST} values at least to know its scatter, not {y.size}.")
    if not np.isfinite(y).all():
        raise InputError("the values of a series must be finite: leave the others out.")
    if given.shape not in ((), y.shape) or not np.isfinite(given).all() or (given < 0).any():
        raise InputError(f"std must be one number >= 0, or {y.size} of them, one per value.")
    steps = np.diff(y)
    # less the usual step: growth is no scatter
    scatter = float(_NORMAL * np.median(np.abs(steps - np.median(steps))) / np.sqrt(2))
    # constants without noise have no scatter: the floor keeps the weights finite
    weights = 1 / np.maximum(np.maximum(given, scatter), 1e-12 * np.abs(y).max(initial=1e-300)) ** 2
    weights = np.broadcast_to(weights, y.shape)
    apart, break_at, drop = _searched(y, weights, threshold)
    inside = np.ones(y.size, dtype=bool)
    inside[list(apart)] = False
    inside[break_at if break_at is not None else y.size :] = False
    level, known = np.full(y.size, np.nan), np.flatnonzero(inside)
    level[known] = _isotonic(y[known], weights[known])
    for k in range(y.size if break_at is None else break_at):
        if np.isnan(level[k]):
            # a value apart is as the one before: the level of a film does not fall in between
            level[k] = level[k - 1] if k and np.isfinite(level[k - 1]) else level[known[0]]
    return MonotonicGrowth(level, apart, break_at, drop, scatter, threshold)


def _searched(
    y: NDArray[np.float64], weights: NDArray[np.float64], threshold: float
) -> tuple[tuple[int, ...], int | None, float]:
    """Values apart, the first break, and the largest fall of the series as given."""
    numbers, apart, break_at = np.arange(y.size), [], None
    largest = _largest_fall(y, weights)[1]
    while numbers.size > 1:
        cut, fall = _largest_fall(y[numbers], weights[numbers])
        if fall <= threshold:
            break
        falls = {}
        for beside in (cut - 1, cut):
            rest = np.delete(numbers, beside)
            falls[beside] = _largest_fall(y[rest], weights[rest])[1]
        beside = min(falls, key=lambda k: falls[k])
        # at the end of a series nothing later can tell a value apart from the beginning of a break
        alone = falls[beside] <= threshold and beside != numbers.size - 1
        if alone:
            apart.append(int(numbers[beside]))
            numbers = np.delete(numbers, beside)
        else:
            # what lies behind a break follows another law: only the part before is examined further
            break_at = int(numbers[cut])
            numbers = numbers[:cut]
    return tuple(sorted(k for k in apart if break_at is None or k < break_at)), break_at, largest


def _largest_fall(y: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[int, float]:
    """Where to cut a series in two that each grow (number of the first value behind), and how many std it falls."""
    # a series that grows has no fall, and n fits of its parts would find 0 each
    if y.size < 2 or (np.diff(y) >= 0).all():
        return y.size, 0.0
    whole = _deviation(y, weights)
    gains = [whole - _deviation(y[:k], weights[:k]) - _deviation(y[k:], weights[k:]) for k in range(1, y.size)]
    best = int(np.argmax(gains))
    return best + 1, float(np.sqrt(max(gains[best], 0.0)))


def _deviation(y: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    return float(np.sum(weights * (y - _isotonic(y, weights)) ** 2))


def _isotonic(y: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.optimize import isotonic_regression

    return np.asarray(isotonic_regression(y, weights=weights).x)
