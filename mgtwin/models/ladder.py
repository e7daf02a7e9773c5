"""Poles of the ladders that stand for constant-phase elements in time, and what they remember of an earlier run (§3.3).

Numbers only: whoever starts a run from another one asks here, without PyBaMM.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from . import names

__all__ = ["MARGIN", "SPACING", "branch_value", "branches", "pole_numbers", "wider_window"]

Reals = NDArray[np.float64]

#: Distance of the ladder's poles in ln(lambda). The trapezoidal rule errs by about 2 exp(-pi**2/SPACING): 5e-4.
SPACING = 1.2
#: How far the poles reach beyond the window, in ln(omega); there the rest of the integral is one branch at each end.
MARGIN = 4.6


def pole_numbers(window: tuple[float, float]) -> tuple[int, int]:
    """Numbers of the slowest and the fastest pole of a ladder that is right in a window [rad/s]."""
    low, high = window
    return int(np.floor((np.log(low) - MARGIN) / SPACING)), int(np.ceil((np.log(high) + MARGIN) / SPACING))


def branches(window: tuple[float, float], order: float) -> dict[str, float]:
    """Label of every branch of a ladder -> its pole [1/s], for an element of an order n."""
    first, last = pole_numbers(window)
    poles = {f"{k}": float(np.exp(k * SPACING)) for k in range(first, last + 1)}
    return poles | {f"below {first}": _slow_pole(first, order)}


def wider_window(window: tuple[float, float], labels: Iterable[str]) -> tuple[float, float]:
    """A window [rad/s] that has the poles of all ladders of a kept state, too: what they remember has to be kept."""
    poles = [names.constant_phase_pole(label) for label in labels if names.is_constant_phase_branch(label)]
    numbers = [number for _, number, _ in poles if number is not None]
    if not numbers:
        return window
    # a little inside, so that rounding does not add a pole at either end
    low = np.exp((min(numbers) + 1e-6) * SPACING + MARGIN)
    high = np.exp((max(numbers) - 1e-6) * SPACING - MARGIN)
    return min(window[0], float(low)), max(window[1], float(high))


def branch_value(branch: str, kept: Mapping[str, Reals], voltage: Reals, at_rest: Reals, order: float) -> Reals:
    r"""Voltages [V] of a branch that a kept ladder does not have, from those that it has, at every place of an element.

    Faster poles than the kept ones have relaxed to the element's voltage. Slower ones were one branch there, with the
    pole :math:`\lambda_b`: none of them had time to relax, so each took charge in proportion to its conductance, and
    its voltage is that of the one times :math:`\lambda/\lambda_b`. The charge is that of the one branch within the
    accuracy of the ladder.
    """
    prefix, number, begins = names.constant_phase_pole(branch)
    below = {names.constant_phase_pole(label)[2]: value for label, value in kept.items() if label.startswith(prefix)}
    first = next(where for where in below if where is not None)
    # A faster pole would have followed the voltage within the kept run already.
    if number is not None and number >= first:
        return voltage
    slowest = _slow_pole(first, order)
    pole = np.exp(number * SPACING) if number is not None else _slow_pole(begins or 0, order)
    return at_rest + (below[first] - at_rest) * pole / slowest


def _slow_pole(first: int, order: float) -> float:
    """Pole of the branch that stands for everything slower than the pole `first`."""
    return float(np.exp((first - 0.5) * SPACING) * order / (1 + order))
