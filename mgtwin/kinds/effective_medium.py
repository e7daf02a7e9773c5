r"""Effective conductivity of mixtures: the equations of the mixing rules (theory.md §2.6).

Pure functions of volume fractions and local values of the phases (conductivities or permittivities; sequences with one
entry per phase). An entry is a float, an array (all broadcast) or, where it varies along a mesh or is an input, a
symbol. A phase that does not conduct has the number 0; the functions are exact there, and for any ratio of the values.
All of them are homogeneous: values twice as large give a result twice as large.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .numbers import Number, is_symbol, plain

__all__ = [
    "archie",
    "bruggeman",
    "hashin_shtrikman",
    "maxwell_garnett",
    "mclachlan",
    "parallel",
    "percolating_root",
    "series",
]

#: A root is taken as found when Newton's step in the logarithm of the conductivity is smaller than this.
_FOUND = 1e-15
_ITERATIONS = 80
#: Above any conductivity; its inverse is below any.
_HUGE = 1e300


def parallel(fractions: Sequence[Number], values: Sequence[Number]) -> Number:
    r"""Upper Wiener bound, :math:`\sum_k \varphi_k\sigma_k`: sheets along the current."""
    return sum(fraction * value for fraction, value in zip(fractions, values, strict=True))


def series(fractions: Sequence[Number], values: Sequence[Number]) -> Number:
    r"""Lower Wiener bound, :math:`1/\sum_k \varphi_k/\sigma_k`: sheets across the current."""
    return _with_reference(fractions, values, 0.0)


def hashin_shtrikman(fractions: Sequence[Number], values: Sequence[Number], *, upper: bool) -> Number:
    r"""Bound of Hashin and Shtrikman for an isotropic mixture of any number of phases in three dimensions.

    .. math:: \sigma = \Big[\sum_k \frac{\varphi_k}{\sigma_k + 2\sigma_*}\Big]^{-1} - 2\sigma_*

    with the largest (upper) or the smallest (lower bound) value of the phases that are present as
    :math:`\sigma_*`. Evaluated as a quotient of positive sums, which does not cancel.
    """
    extreme, absent = (np.maximum, 0.0) if upper else (np.minimum, math.inf)
    star: Number = None
    for fraction, value in zip(fractions, values, strict=True):
        if _is_zero(fraction):
            continue
        # a phase of which there is nothing must not set the bound, be it the best conductor or an insulator
        if is_symbol(fraction):  # which may come to be 0; only products choose there
            here = (fraction > 0) * value if upper else value + (fraction <= 0) * _HUGE
        else:
            here = value if is_symbol(value) else np.where(np.asarray(fraction) > 0, value, absent)
        if star is None:
            star = here
        elif _is_zero(star) or _is_zero(here):  # symbols are positive
            other = here if _is_zero(star) else star
            star = other if upper else 0.0
        else:
            star = extreme(star, here)
    return _with_reference(fractions, values, star)


def maxwell_garnett(fractions: Sequence[Number], values: Sequence[Number], *, matrix: int) -> Number:
    r"""Spheres of the other phases in a matrix, its value being :math:`\sigma_m`.

    .. math:: \frac{\sigma - \sigma_m}{\sigma + 2\sigma_m}
              = \sum_{k \ne m} \varphi_k\,\frac{\sigma_k - \sigma_m}{\sigma_k + 2\sigma_m}
    """
    return _with_reference(fractions, values, values[matrix])


def _with_reference(fractions: Sequence[Number], values: Sequence[Number], star: Number) -> Number:
    r""":math:`\sum\varphi_k\sigma_k w_k/\sum\varphi_k w_k`, :math:`w_k = 1/(\sigma_k + 2\sigma_*)`.

    A phase that does not conduct in a reference that does not either has an infinite weight: the result is then 0.
    """
    phases = list(zip(fractions, values, strict=True))
    if any(is_symbol(part) for part in (*fractions, *values, star)):
        phases = [(fraction, value) for fraction, value in phases if not _is_zero(fraction)]
        if _is_zero(star) and any(_is_zero(value) and not is_symbol(fraction) for fraction, value in phases):
            return 0.0
        # a fraction that comes to be 0 has no weight, however badly the phase conducts
        weighted = [(fraction / (value + 2 * star + 1 / _HUGE), value) for fraction, value in phases]
        return sum(weight * value for weight, value in weighted if not _is_zero(value)) / sum(w for w, _ in weighted)
    top: Number = 0.0
    bottom: Number = 0.0
    stopped: Number = False
    for fraction, value in phases:
        sum_ = np.asarray(value + 2 * np.asarray(star), dtype=float)
        vanishes = sum_ == 0
        weight = fraction / np.where(vanishes, 1.0, sum_)
        top, bottom = top + weight * value, bottom + np.where(vanishes, 0.0, weight)
        stopped = stopped | (vanishes & (np.asarray(fraction) > 0))
    return plain(np.where(stopped | (bottom == 0), 0.0, top / np.where(bottom == 0, 1.0, bottom)))


def bruggeman(fractions: Sequence[Number], values: Sequence[Number]) -> Number:
    r"""Symmetric effective medium of Bruggeman, the only positive root of

    .. math:: \sum_k \varphi_k\,\frac{\sigma_k - \sigma}{\sigma_k + 2\sigma} = 0 .

    Conducting phases percolate from a fraction of exactly 1/3 among phases that do not conduct; 0 below.
    """
    return percolating_root(fractions, values, [1.0] * len(values), 2.0)


def mclachlan(filler: Number, values: Sequence[Number], *, threshold: Number, s: Number, t: Number) -> Number:
    r"""General effective medium of McLachlan for a matrix and a filler, `values` being (matrix, filler).

    .. math:: (1-\varphi)\frac{\sigma_m^{1/s} - \sigma^{1/s}}{\sigma_m^{1/s} + A\sigma^{1/s}}
              + \varphi\,\frac{\sigma_f^{1/t} - \sigma^{1/t}}{\sigma_f^{1/t} + A\sigma^{1/t}} = 0,
              \qquad A = \frac{1-\varphi_c}{\varphi_c}

    With :math:`\sigma_m = 0` this is :math:`\sigma_f[(\varphi-\varphi_c)/(1-\varphi_c)]^t` above :math:`\varphi_c` and
    0 below.
    """
    return percolating_root((1 - filler, filler), values, (1 / s, 1 / t), (1 - threshold) / threshold)


def archie(pore: Number, values: Sequence[Number], *, exponent: Number) -> Number:
    r"""Pore exponent: :math:`\sigma = \sigma_p\,\varphi^m` in a rest that does not conduct; `values`: (pore, rest).

    With a rest that conducts, the differential effective medium in the form of Bussian (1983),

    .. math:: \varphi = \frac{\sigma_r - \sigma}{\sigma_r - \sigma_p}\Big(\frac{\sigma_p}{\sigma}\Big)^{1-1/m} .

    The network of pores is connected whatever its fraction; grains of the rest are not.
    """
    inside, rest = values
    if _is_zero(rest):
        return inside * pore**exponent
    if is_symbol(pore) or is_symbol(inside) or is_symbol(rest):
        return 0.0 if _is_zero(inside) else _bussian(pore, inside, rest, exponent)
    idle = np.asarray(inside) == 0
    found = np.where(idle, 0.0, _bussian(pore, np.where(idle, 1.0, inside), rest, exponent))
    return plain(np.where(np.asarray(pore) > 0, found, rest))


def percolating_root(
    fractions: Sequence[Number], values: Sequence[Number], powers: Sequence[Number], shape: Number
) -> Number:
    r"""Root :math:`\sigma` of :math:`\sum_k\varphi_k(1-q_k)/(1+Aq_k) = 0`, :math:`q_k = (\sigma/\sigma_k)^{p_k}`.

    Parameters
    ----------
    fractions, values, powers : sequences
        :math:`\varphi_k`, :math:`\sigma_k` and :math:`p_k` of the phases.
    shape : float, array or symbol
        A > 0.

    Returns
    -------
    float, ndarray or symbol
        0 where :math:`\sum_+\varphi_k \le \sum_0\varphi_k/A`, the sums being over phases that conduct and that do not.

    Notes
    -----
    The sum falls monotonically with :math:`\ln\sigma`, in which it is solved by Newton's method between brackets. The
    last step is one of Newton's whatever happens: it makes the derivatives right, too.
    """
    # (fraction, logarithm of the value, power) of phases that conduct, and the fraction of those that do not
    conducting: list[tuple[Number, Number, Number]] = []
    idle: Number = _NONE
    for fraction, value, power in zip(fractions, values, powers, strict=True):
        if _is_zero(value):
            idle = idle + fraction
        elif is_symbol(value) or np.all(np.asarray(value) > 0):
            conducting.append((fraction, np.log(value), power))
        else:
            conducts = np.asarray(value) > 0
            conducting.append((np.where(conducts, fraction, 0.0), np.log(np.where(conducts, value, 1.0)), power))
            idle = idle + np.where(conducts, 0.0, fraction)
    if not conducting:
        return 0.0
    level = sum(fraction for fraction, _, _ in conducting) - idle / shape
    logs = [log for _, log, _ in conducting]
    lowest, highest = logs[0], logs[0]
    for log in logs[1:]:
        lowest, highest = np.fmin(lowest, log), np.fmax(highest, log)
    if idle is not _NONE:  # next to the threshold the root may be anything above 0
        lowest = lowest - 40 * sum(1 / power for _, _, power in conducting)

    def newton(u: Number) -> tuple[Number, Number]:
        """The sum, and Newton's step from u."""
        total, slope = -idle / shape, 0.0
        for fraction, log, power in conducting:
            # exp overflows from 710 on; at 300 the quotient below is 1 to rounding already
            grown = shape * np.exp(np.fmin(power * (u - log), 300.0))
            passed = grown / (1 + grown)
            total = total + fraction * (1 - (1 + shape) / shape * passed)
            slope = slope - fraction * power * (1 + shape) / shape * passed / (1 + grown)
        return total, -total / (slope - 1e-300)

    u = _bracketed(newton, lowest, highest)
    percolates = level > 0
    return plain(percolates * np.exp(percolates * u) + 0 * level)  # a NaN stays one: symbols are tried with it


_NONE: Number = 0.0
"""The fraction of phases that do not conduct, where there are none."""


def _bracketed(newton: Number, low: Number, high: Number) -> Number:
    """Root of a falling function between `low` and `high`; `newton(u)` gives its value and Newton's step.

    Where the step leaves the bracket this is halved. Only products choose, which symbols know, too.
    """
    u = (low + high) / 2
    for _ in range(_ITERATIONS):
        value, step = newton(u)
        above = value > 0
        low, high = above * u + (1 - above) * low, above * high + (1 - above) * u
        inside = (u + step >= low) * (u + step <= high)
        # clamped although it is not taken outside: a product with 0 chooses, and 0 * inf would be nan
        step = inside * np.fmax(np.fmin(step, 1e3), -1e3) + (1 - inside) * ((low + high) / 2 - u)
        u = u + step
        if not is_symbol(step) and np.all(np.abs(step) <= _FOUND * (1 + np.abs(u))):
            break
    # Halving chooses by truth values, through which no derivative passes: what was found that way would have slope 0
    # in a model. One step of Newton's at the root has the right slope, by the theorem on implicit functions.
    return u + np.fmax(np.fmin(newton(u)[1], 1.0), -1.0)


def _bussian(pore: Number, inside: Number, rest: Number, exponent: Number) -> Number:
    """Root between the values of the pores and of the rest, in the logarithm of sigma over the pores' value."""
    ratio, outer = rest / inside, 1 - 1 / exponent
    # arrays may hold dry pores and insulating rests: their logarithms must stay finite, for 0 * inf
    # would be nan in the products that choose
    of_pore, of_rest = np.log(pore + 1e-300), np.log(ratio + 1e-300)

    def newton(u: Number) -> tuple[Number, Number]:
        alone, filled = np.exp(u), np.exp(of_pore + outer * u)
        # expm1, because 1 minus the filled part cancels where the pores are nearly everything
        value = -ratio * np.expm1(of_pore + outer * u) - alone + filled
        return value, value / (alone + outer * (ratio - 1) * filled + 1e-300)

    low = np.fmin(np.fmax(of_rest, exponent * of_pore), 0.0)
    return inside * np.exp(_bracketed(newton, low, np.fmax(of_rest, 0.0)))


def _is_zero(value: Number) -> bool:
    """Whether this is the number 0 for good."""
    return not is_symbol(value) and np.ndim(value) == 0 and bool(value == 0)
