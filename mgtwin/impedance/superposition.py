r"""Responses of linear systems to a control that is a line between its kinks, from transfer functions H(s).

A line that begins with a jump a and a slope b is :math:`a/s + b/s^2`; every kink adds one, and each response is
inverted on Talbot's contour (:mod:`mgtwin.impedance.talbot`). Where kinks are many (records), the response to a step is
written as a sum of exponentials first,

.. math:: S(t) = c_0 + c_1 t + \sum_j r_j e^{-\lambda_j t}, \qquad h_j' = u' - \lambda_j h_j, \qquad
          y = c_0 u + c_1\!\int\! u\,dt + \sum_j r_j h_j

with rates :math:`\lambda_j` on a logarithmic grid. All poles being real and negative, such a sum converges as
:math:`e^{-\pi^2/h}` with the distance h of the rates in :math:`\ln\lambda`; what it misses is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from .talbot import Inversion

__all__ = ["Control", "Exponentials", "Rows", "superposed"]

#: Rates per decade, and how far they reach beyond the times of the control on both sides, in decades.
RATES, BEYOND = 5.0, 1.0
#: Shortest time over the shortest interval of the control: what is faster acts like an immediate response.
SHORTEST = 1e-3
#: Times per decade at which the sum is made equal to the step response; it is checked between them.
TIMES = 15.0


class Rows:
    """Transfer functions as the rows of one array.

    Parameters
    ----------
    of : callable
        From Laplace variables [1/s] to a number, a row or several rows of each name.

    Attributes
    ----------
    shapes : dict
        Of what was there beside s when the rows were last asked for, by name.
    """

    def __init__(self, of: Callable[[np.ndarray], Mapping[str, np.ndarray]]) -> None:
        self._of, self.shapes = of, dict[str, tuple[int, ...]]()

    def at(self, s: np.ndarray) -> np.ndarray:
        """All rows at s, one column each."""
        found = self._of(s)
        self.shapes = {name: np.shape(item)[:-1] for name, item in found.items()}
        return np.vstack([np.broadcast_to(item, (*np.shape(item)[:-1], s.size)) for item in found.values()])

    def split(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """Rows of real values by name; a single row has one axis."""
        found, first = {}, 0
        for name, shape in self.shapes.items():
            found[name] = values[first : first + shape[0]] if shape else values[first]
            first += shape[0] if shape else 1
        return found


@dataclass(frozen=True)
class Control:
    """A control over time: lines, each with the times at which something is asked for.

    Attributes
    ----------
    start, duration : ndarray
        When each line begins, and how long it lasts [s].
    value, rate : ndarray
        Of the control at its beginning, over that at rest, and its slope.
    line : ndarray of int
        Which line every sample belongs to.
    time : ndarray
        Time [s] of every sample from the beginning of its line, increasing within one.
    """

    start: np.ndarray
    duration: np.ndarray
    value: np.ndarray
    rate: np.ndarray
    line: np.ndarray
    time: np.ndarray

    @property
    def jumps(self) -> np.ndarray:
        """By which the control jumps where a line begins."""
        return self.value - np.append(0.0, (self.value + self.rate * self.duration)[:-1])

    @property
    def bends(self) -> np.ndarray:
        """By which its slope changes there."""
        return np.diff(self.rate, prepend=0.0)

    @property
    def values(self) -> np.ndarray:
        """The control at every sample."""
        return self.value[self.line] + self.rate[self.line] * self.time

    def at_ends(self, lines: np.ndarray) -> Control:
        """The same control, asked for at the ends of some of its lines."""
        return replace(self, line=lines, time=self.duration[lines])


def superposed(rows: Rows, control: Control, points: int) -> np.ndarray:
    """Responses at all samples of a control, one row each: a contour for every kink and sample.

    Parameters
    ----------
    rows : Rows
    control : Control
        Of few kinks: the effort grows with kinks times samples.
    points : int
        Of the contour.
    """
    jumps, bends = control.jumps, control.bends
    kinks = np.flatnonzero((jumps != 0) | (bends != 0))
    # where nothing is done to it the first line is a kink of nothing
    result = np.zeros((0, control.time.size))
    for kink in kinks if kinks.size else [0]:
        passed = np.flatnonzero(control.line >= kink)
        since = control.time[passed] + (control.start[control.line[passed]] - control.start[kink])
        added = _response(rows, since, jumps[kink], bends[kink], points)
        result = result if len(result) else np.zeros((len(added), control.time.size))
        result[:, passed] += added
    return result


def _response(rows: Rows, times: np.ndarray, jump: float, bend: float, points: int) -> np.ndarray:
    """Responses to one kink at times [s] after it, at 0 to the jump alone: H at an infinite s."""
    later = times > 0
    inversion = Inversion(times[later], points)
    kink = (jump + bend / inversion.s) / inversion.s
    found = inversion.invert(rows.at(inversion.s) * kink)
    if later.all():
        return found
    result = np.repeat(jump * rows.at(np.array([1e60 + 0j])).real, times.size, axis=1)
    result[:, later] = found
    return result


class Exponentials:
    """Responses to a control of many kinks, from responses to a step that are written as sums of exponentials.

    Parameters
    ----------
    control : Control
        Its shortest and its whole time say between which rates the sums lie.

    Attributes
    ----------
    rates : ndarray
        [1/s]
    """

    def __init__(self, control: Control) -> None:
        self._whole = float(control.start[-1] + control.duration[-1])
        self._shortest = SHORTEST * max(float(control.time[control.time > 0].min()), 1e-9 * self._whole)
        self._decades = np.log10(self._whole / self._shortest)
        number = int(np.ceil(RATES * (self._decades + 2 * BEYOND)))
        self.rates = np.geomspace(10.0**-BEYOND / self._whole, 10.0**BEYOND / self._shortest, number)
        self._memory = self._remembered(control)

    def responses(self, rows: Rows, points: int, samples: slice = slice(None)) -> tuple[np.ndarray, float]:
        """Responses at (some) samples of the control, one row each, and their error.

        The error is what the sums miss of the step responses between the times at which they were made equal to them,
        relative to the largest value of each. `points` are those of the contour that gives the step responses.
        """
        times = np.geomspace(self._shortest, self._whole, int(TIMES * self._decades) + 1)
        times = np.concatenate([[0.0], times])
        step = _response(rows, times, 1.0, 0.0, points)
        scale = np.max(np.abs(step), axis=1, keepdims=True)
        scale[scale == 0] = 1.0
        step /= scale
        decays = np.exp(-np.multiply.outer(times, self.rates))
        basis = np.column_stack([np.ones_like(times), times / self._whole, decays])
        # every other time is kept for the check
        coefficients = np.linalg.lstsq(basis[::2], step[:, ::2].T, rcond=1e-14)[0].T
        error = float(np.max(np.abs(coefficients @ basis.T - step)))
        return np.asarray((coefficients * scale) @ self._memory[:, samples]), error

    def _remembered(self, control: Control) -> np.ndarray:
        """u, its integral and all h at the samples of a control: a recursion from sample to sample."""
        first = np.append(True, np.diff(control.line) > 0)
        passed = np.where(first, control.time, np.diff(control.time, prepend=0.0))
        exponent = -np.multiply.outer(passed, self.rates)
        decayed = np.exp(exponent)
        driven = -np.expm1(exponent) / self.rates * control.rate[control.line, np.newaxis]
        driven += decayed * np.where(first, control.jumps[control.line], 0.0)[:, np.newaxis]
        held = np.zeros(self.rates.size)
        for decay, drive in zip(decayed, driven, strict=True):
            decay *= held
            drive += decay
            held = drive
        # the integral of the control, line by line
        whole = np.cumsum(control.duration * (control.value + control.rate * control.duration / 2))
        within = control.time * (control.value[control.line] + control.rate[control.line] * control.time / 2)
        total = np.append(0.0, whole)[control.line] + within
        return np.vstack([control.values, total / self._whole, driven.T])
