r"""Responses of linear systems to a control that is a line between its kinks, from transfer functions H(s).

A line that begins with a jump a and a slope b is :math:`a/s + b/s^2`; every kink adds one, and each response is
inverted on Talbot's contour (:mod:`mgtwin.impedance.talbot`). Where kinks are many (records), the response to a step is
written as a sum of exponentials first,

.. math:: S(t) = c_0 + c_1 t + \sum_j r_j e^{-\lambda_j t} + d\,\delta(t), \qquad h_j' = u' - \lambda_j h_j, \qquad
          y = c_0 u + c_1\!\int\! u\,dt + \sum_j r_j h_j + d\,u'

with rates :math:`\lambda_j` on a logarithmic grid; d is the charge of whatever is over before the next sample.
All poles being real and negative, such a sum converges as :math:`e^{-\pi^2/h}` with the distance h of the rates in
:math:`\ln\lambda`; what it misses is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from .talbot import Inversion

__all__ = ["Control", "Exponentials", "Rows", "superposed"]

#: Rates per decade, and how far they reach beyond the times of the control on both sides, in decades.
RATES, BEYOND = 9.0, 1.0
#: Times per decade at which the sum is made equal to the step response; it is checked between them.
TIMES = 27.0
#: Points of the contour: what is written as a sum needs more digits than the sum has.
POINTS = 32
#: Singular values below this part of the largest one say nothing: exponentials of neighbouring rates are nearly alike.
ROUNDING = 1e-13
#: Of what answers at once: below this part a response is what other ones leave of each other.
CANCELLED = 1e-9


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

    def scale(self, values: np.ndarray) -> np.ndarray:
        """Largest value of each row, of all rows that belong to one name, in one column."""
        largest = [np.max(np.abs(rows), initial=1e-300) for rows in self.split(values).values()]
        sizes = [shape[0] if shape else 1 for shape in self.shapes.values()]
        return np.repeat(largest, sizes)[:, np.newaxis]

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
    """Responses to a control of many kinks, from those to a step and to a ramp written as sums of exponentials.

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
        self._shortest = float(control.time[control.time > 0].min())
        self._decades = np.log10(self._whole / self._shortest) + 1e-9
        number = int(np.ceil(RATES * (self._decades + 2 * BEYOND)))
        self.rates = np.geomspace(10.0**-BEYOND / self._whole, 10.0**BEYOND / self._shortest, number)
        self._memory = self._remembered(control)
        self._kinks = np.array([np.linalg.norm(control.jumps), np.linalg.norm(control.bends)])
        self._highest = float(np.max(np.abs(control.values)))

    def responses(self, rows: Rows, samples: slice | np.ndarray = slice(None)) -> tuple[np.ndarray, float]:
        """Responses at (some) samples of the control, one row each, and their error.

        The error is what the sums miss of the responses to a step and to a ramp between the times at which they were
        made equal to them, times the jumps and bends of the control (the root of their squares: they come at times that
        have nothing to do with each other), relative to the largest value of each response.
        """
        times = np.geomspace(self._shortest, self._whole, int(TIMES * self._decades) + 3)
        step, ramp = (_response(rows, times, *kink, POINTS) for kink in ((1.0, 0.0), (0.0, 1.0)))
        size = rows.scale(step)
        # a ramp counts by the size of the step that it becomes within these times
        weight = float(np.median(size / rows.scale(ramp)))
        exponent, one = -np.multiply.outer(times, self.rates), np.ones_like(times)
        of_step = np.column_stack([one, times / self._whole, np.exp(exponent), 0 * one])
        of_ramp = np.column_stack([times, times**2 / 2 / self._whole, -np.expm1(exponent) / self.rates, one])
        basis, wanted = np.vstack([of_step, weight * of_ramp]), np.hstack([step, weight * ramp]) / size
        # every other time is kept for the check
        fitted = np.tile(np.arange(times.size) % 2 == 0, 2)
        coefficients = np.linalg.lstsq(basis[fitted], wanted[:, fitted].T, rcond=ROUNDING)[0].T
        at_once = rows.at(np.array([1e60 + 0j])).real
        values = np.asarray(np.hstack([coefficients * size, at_once]) @ self._memory[:, samples])
        missed = (np.abs(coefficients @ basis.T - wanted) * size).reshape(len(values), 2, times.size).max(axis=2)
        # where it cancels to less than a part of what answers at once, a response is rounding and no scale of anything
        scale = rows.scale(values) + CANCELLED * np.abs(at_once) * self._highest
        return values, float(np.max((missed @ (self._kinks / [1.0, weight]))[:, np.newaxis] / scale))

    def _remembered(self, control: Control) -> np.ndarray:
        """What the coefficients multiply at the samples of a control: a recursion from sample to sample."""
        first = np.append(True, np.diff(control.line) > 0)
        passed = np.where(first, control.time, np.diff(control.time, prepend=0.0))
        jumps, rate = np.where(first, control.jumps[control.line], 0.0), control.rate[control.line]
        exponent = -np.multiply.outer(passed, self.rates)
        decayed = np.exp(exponent)
        driven = -np.expm1(exponent) / self.rates * rate[:, np.newaxis] + decayed * jumps[:, np.newaxis]
        held = np.zeros(self.rates.size)
        for decay, drive in zip(decayed, driven, strict=True):
            decay *= held
            drive += decay
            held = drive
        # the integral of the control, line by line
        whole = np.cumsum(control.duration * (control.value + control.rate * control.duration / 2))
        within = control.time * (control.value[control.line] + rate * control.time / 2)
        total = np.append(0.0, whole)[control.line] + within
        memory = np.column_stack([control.values, total / self._whole, driven, rate, 0 * rate])
        # at the very beginning of a line nothing has answered but what answers at once
        at_once = np.flatnonzero(control.time == 0)
        memory[at_once] = np.where((at_once > 0)[:, np.newaxis], memory[at_once - 1], 0.0)
        memory[at_once, -1] = jumps[at_once]
        return memory.T
