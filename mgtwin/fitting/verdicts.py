"""Whether a model describes its data: misfit against the noise of the data alone, runs of residuals, what is missing.

A model that fails is said to fail, where, and which missing thing would look like that. What fits within the noise
cannot be told from the truth by any of this (a wrong area, for example, only changes what the numbers mean).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..quantities import format_value
from ..regression import least_squares
from ..regression.least_squares import ROUGH
from .gaps import MISSING, Gap, Missing
from .minimise import Minimum
from .noise import Quality, quality_of
from .problem import Problem

__all__ = ["Described", "Runs", "Verdict"]

Reals = NDArray[np.float64]

#: A misfit this many times the noise of the data means that the model does not describe them; and where residuals of
#: one sign follow each other more than chance would have it (in one fit of ten thousand), less is enough.
POOR, POOR_IN_RUNS, CHANCE = 1.5, 1.2, 1e-4
#: Deviations smaller than this share of the data are no failure: no instrument is better, nor is a mesh.
NEGLIGIBLE = 1e-4
#: Residuals are averaged over this many neighbours to find where they are systematic.
WINDOW = 5
#: A missing thing is named if it would remove at least this share of what the noise does not explain.
EXPLAINS = 0.5
#: Most evaluations in which the model is fitted again with something that it may miss, and step of differences there.
EVALUATIONS, STEP = 40, 1e-6
#: Logarithms go no farther than this from their start there (nine decades).
FARTHEST = 20.0
#: How many are named, those that leave no more than so many times what the best one leaves.
NAMED, RIVAL = 2, 1.5


@dataclass(frozen=True)
class Verdict:
    """How well a model describes one Dataset.

    Attributes
    ----------
    number : int
        Of the Dataset.
    label : str
    noise : float or None
        Of the data, from the data alone (or as given), in units of the weighting: relative to |Z| with `Modulus`. None
        where the data are too few to tell.
    misfit : float
        Root mean square of the residuals in units of that noise; about 1 where the model holds.
    runs_p : float
        Probability of residuals with as few changes of sign as these if the model were right.
    consistent : bool or None
        Whether a spectrum obeys the Kramers-Kronig relations; None where that cannot be told.
    poor : bool
        Whether the model fails.
    where : str
        In which part of the data, in words; "" where it holds.
    looks_like : str
        Which missing thing would look like that, in words; "" where none of those that are tried does.
    widening : float
        How many times the noise a residual counts in the intervals of a model that fails: `misfit`, times what
        residuals that hang together add to the uncertainty of a mean; 1 where the model holds.
    """

    number: int
    label: str
    noise: float | None
    misfit: float
    runs_p: float
    consistent: bool | None
    poor: bool
    where: str = ""
    looks_like: str = ""
    widening: float = 1.0

    def __str__(self) -> str:
        looks = f"; it looks like {self.looks_like}" if self.looks_like else ""
        return f"{self.label}: {self.misfit:.3g} × noise, {self.where}{looks}" if self.poor else ""


class Runs(NamedTuple):
    """Changes of sign of residuals against those of noise (Wald and Wolfowitz)."""

    found: int
    expected: float
    variance: float

    @classmethod
    def of(cls, series: Sequence[Reals]) -> Runs:
        """Of several series together."""
        runs, expected, variance = 0, 0.0, 0.0
        for part in series:
            signs = part > 0
            plus, minus = int(signs.sum()), int((~signs).sum())
            total = plus + minus
            # the normal approximation of the number of runs needs some of either sign
            if total < 8 or min(plus, minus) == 0:
                continue
            runs += 1 + int(np.sum(signs[1:] != signs[:-1]))
            mean = 1 + 2 * plus * minus / total
            expected += mean
            variance += (mean - 1) * (mean - 2) / (total - 1)
        return cls(runs, expected, variance)

    @property
    def probability(self) -> float:
        """The chance of so few changes of sign."""
        if not self.variance:
            return 1.0
        # one-sided: too few runs are a pattern that the model misses, too many are not
        return 0.5 * math.erfc(-(self.found - self.expected) / math.sqrt(2 * self.variance))

    @property
    def widening(self) -> float:
        r"""By how much the std of a mean grows: :math:`\sqrt{(1+\rho)/(1-\rho)}` for neighbours correlated by rho.

        Gaussian neighbours change their sign with the probability :math:`\arccos(\rho)/\pi`.
        """
        share = self.found / self.expected if self.expected else 1.0
        return max(1 / math.tan(math.pi / 4 * min(share, 1.0)), 1.0) if share > 0 else math.inf


class _WithMissing:
    """A problem of one spectrum with one thing more, whose numbers are fitted in their logarithm."""

    def __init__(self, problem: Problem, missing: Missing, s: NDArray[np.complex128], std: Reals) -> None:
        self._problem, self._missing, self._s, self._std = problem, missing, s, std

    def _split(self, x: Reals) -> tuple[Reals, Reals]:
        """Values of the model and numbers of what is missing."""
        count = len(self._problem.parameters)
        return self._problem.values(x[:count]), np.exp(x[count:])

    def _weighted(self, z: NDArray[np.complex128]) -> Reals:
        return np.ascontiguousarray(z).view(float) / self._std

    def fitted(self, x0: Reals) -> Minimum:
        """From a start; no number of either goes out of all proportion."""
        low, high = (
            np.pad(bound, (0, x0.size - bound.size), constant_values=sign * np.inf)
            for bound, sign in zip(self._problem.bounds, (-1, 1), strict=True)
        )
        bounds = np.maximum(low, x0 - FARTHEST), np.minimum(high, x0 + FARTHEST)
        return least_squares(
            self.residuals, self.jacobian, x0, bounds, None, max_evaluations=EVALUATIONS, tolerance=ROUGH
        )

    def residuals(self, x: Reals) -> Reals:
        """Of the data."""
        values, numbers = self._split(x)
        z = np.asarray(self._problem.predicted(values)[0])
        return self._weighted(self._missing.applied(self._s, z, *numbers) - self._problem.measurements[0].data)

    def jacobian(self, x: Reals) -> Reals:
        """Of `residuals`; of what is missing, which is cheap, by differences."""
        values, numbers = self._split(x)
        z = np.asarray(self._problem.predicted(values)[0])
        here = self._missing.applied(self._s, z, *numbers)
        # impedances are analytic functions of each other
        through = (self._missing.applied(self._s, z * (1 + STEP), *numbers) - here) / (z * STEP)
        slopes = self._problem.blocks[0].derivatives(values) * self._problem.slopes(values)[:, np.newaxis]
        columns = [self._weighted(through * slope) for slope in slopes]
        for k in range(numbers.size):
            moved = numbers * np.where(np.arange(numbers.size) == k, 1 + STEP, 1.0)
            columns.append(self._weighted((self._missing.applied(self._s, z, *moved) - here) / STEP))
        return np.stack(columns, axis=1)


class Described:
    """One Dataset beside what a model at its minimum makes of it."""

    def __init__(self, problem: Problem, minimum: Minimum, number: int) -> None:
        self._problem, self._minimum = problem, minimum
        self._item, self._number = problem.measurements[number], number
        self._weighting = problem.weightings[number]
        edges = np.concatenate([[0], np.cumsum(problem.sizes)])
        place = int(np.flatnonzero(problem.order == number)[0])
        #: where its residuals are among all
        self._rows = np.arange(edges[place], edges[place + 1])
        self._level = float(problem.scales[problem.group_of[number]])
        #: what deviations are divided by, and the deviations in that unit: of the levels of noise they know nothing
        self._std = self._weighting.interleaved(self._item.data)
        self._residuals: Reals = minimum.residuals[self._rows] * self._level

    @cached_property
    def _quality(self) -> Quality | None:
        return quality_of(self._item, self._std)

    @property
    def verdict(self) -> Verdict:
        """Whether the model describes it."""
        item, quality, residuals = self._item, self._quality, self._residuals
        noise = 1.0 if self._weighting.known else None if quality is None else quality.noise
        size = float(np.sqrt(np.mean(residuals**2)))
        runs = Runs.of(item.series(residuals))
        if noise is None:  # too few data to know their noise: the misfit itself is all that there is
            return Verdict(self._number, item.label, None, 1.0, runs.probability, None, poor=False)
        # data of a simulation have no noise but rounding
        misfit = size / max(noise, 1e-14)
        # relative to the data themselves, in which the weighting may not be
        deviation = size * float(np.median(self._std) / np.median(np.abs(item.data)))
        suspicious = misfit > POOR_IN_RUNS and runs.probability < CHANCE
        poor = deviation > NEGLIGIBLE and (misfit > max(POOR, self._by_chance) or suspicious)
        consistent = quality.consistent if quality is not None and item.is_spectrum else None
        found = Verdict(self._number, item.label, noise, misfit, runs.probability, consistent, poor)
        if not poor:
            return found
        # no more than if all residuals were one
        widening = misfit * min(runs.widening, math.sqrt(residuals.size))
        return replace(found, where=self._where, looks_like=self._missing(noise), widening=widening)

    @property
    def _by_chance(self) -> float:
        """The misfit that noise alone reaches in one fit of ten thousand: few numbers scatter widely."""
        from scipy.stats import chi2, f

        count = self._residuals.size
        if self._weighting.known or self._quality is None:
            return math.sqrt(float(chi2.isf(CHANCE, count)) / count)
        return math.sqrt(float(f.isf(CHANCE, count, self._quality.freedom)))

    @property
    def _where(self) -> str:
        """The stretch of frequencies or times in which the averaged residuals exceed half of their largest."""
        item = self._item
        power = np.sum([part**2 for part in item.series(self._residuals)], axis=0)
        if power.size < WINDOW:
            return "everywhere"
        # a single outlier is not where a model fails
        smooth = np.convolve(power, np.ones(WINDOW) / WINDOW, mode="same")
        top = int(np.argmax(smooth))
        high = smooth > smooth[top] / 2
        first = last = top
        while first > 0 and high[first - 1]:
            first -= 1
        while last < power.size - 1 and high[last + 1]:
            last += 1
        if item.frequency is not None:
            f = np.sort(item.frequency)[::-1]
            return f"most at {format_value(f[last], 'Hz')} to {format_value(f[first], 'Hz')}"
        assert item.time is not None
        return f"most at {format_value(item.time[first], 's')} to {format_value(item.time[last], 's')}"

    def _refitted(self, noise: float) -> list[tuple[float, str]]:
        """What is left of a spectrum by all that may be missing, with words: all numbers are fitted again."""
        problem = self._problem
        if self._item.frequency is None or not problem.smooth or len(problem.measurements) > 1:
            return []
        s = np.asarray(2j * np.pi * self._item.frequency, dtype=complex)
        found = []
        for missing in MISSING:
            # a start of the model's own, and where its numbers have bent to
            for begin in (problem.start, self._minimum.x):
                z = np.asarray(problem.predicted(problem.values(begin))[0], dtype=complex)
                for numbers in missing.starts(s, z):
                    more = _WithMissing(problem, missing, s, self._std)
                    x0 = np.concatenate([begin, np.log(numbers)])
                    best = more.fitted(x0)
                    left = math.sqrt(2 * best.cost / self._residuals.size) / noise
                    if left < POOR:
                        found.append((left, missing.named(np.exp(best.x[begin.size :]))))
                    if left < POOR_IN_RUNS:
                        return found
        return found

    @property
    def _gaps(self) -> Iterator[Gap]:
        item, x = self._item, self._minimum.x
        predicted = self._problem.predicted(self._problem.values(x))[self._number]
        if item.frequency is not None:
            return Gap.of_spectrum(item.frequency, np.asarray(predicted, dtype=complex))
        imposed = item.voltage if item.by_voltage else item.current
        assert item.time is not None and imposed is not None
        return Gap.of_trace(item.time, imposed, np.asarray(predicted, dtype=float), by_voltage=item.by_voltage)

    def _missing(self, noise: float) -> str:
        """The missing thing that explains most, the free parameters being adjusted to it (linearised)."""
        residuals = self._residuals
        slopes = self._minimum.jacobian[self._rows] * self._level
        # what the free parameters could do, too, is no sign of anything missing
        lengths = np.linalg.norm(slopes, axis=0)
        basis, sizes, _ = np.linalg.svd(slopes[:, lengths > 0] / lengths[lengths > 0], full_matrices=False)
        basis = basis[:, sizes > 1e-9]
        before = float(residuals @ residuals)
        # what noise alone would leave needs no explanation
        beyond = before - residuals.size * noise**2
        found: dict[str, tuple[float, str]] = {}
        for gap in self._gaps:
            change = np.ascontiguousarray(gap.change).view(float) / self._std
            # the gap without what the free parameters would take up of it
            change = change - basis @ (basis.T @ change)
            length = float(change @ change)
            amount = -float(change @ residuals) / length if length > 0 else 0.0
            gained = amount * amount * length
            left = math.sqrt(max(before - gained, 0.0) / residuals.size) / noise
            # a negative amount is no thing that could be missing
            if amount > 0 and gained > EXPLAINS * beyond and left < found.get(gap.kind, (math.inf, ""))[0]:
                # an amount is worth its name where little is left: elsewhere the free parameters have bent to the gap
                found[gap.kind] = left, gap.named(amount if left < POOR else None)
        if not found or min(found.values())[0] > POOR:
            # the free parameters have bent to the gap: where they are now its derivatives show nothing
            found |= {words: (left, words) for left, words in sorted(self._refitted(noise))[:1]}
        best = sorted(found.values())[:NAMED]
        near = [f"{words} (which would leave {left:.2g} × noise)" for left, words in best if left < RIVAL * best[0][0]]
        return " or ".join(near)
