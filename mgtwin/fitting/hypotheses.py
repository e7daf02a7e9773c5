"""Which hypothesis do the data support? Information criteria, cross-validation and predictive checks of fits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from .measurements import Measurement
from .solution import Solution
from .verdicts import Runs

__all__ = ["Comparison", "compare"]

#: Differences of BIC from which a hypothesis is called decided (Kass and Raftery, J. Am. Stat. Assoc. 90 (1995) 773).
DECISIVE = 10.0
#: Folds of the cross-validation.
FOLDS = 5


@dataclass(frozen=True, eq=False)
class Comparison:
    """Several fits of the same data side by side. Made by :func:`mgtwin.compare`.

    Attributes
    ----------
    names : tuple of str
    aicc, bic : tuple of float
    cross_validated : tuple of float
        Root mean square of the deviations of points that were left out of the fit, in units of the noise of the fit
        with the smallest BIC; nan where that was not asked for.
    runs_p : tuple of float
        Probability of residuals with as few changes of sign as these if the model were right: a predictive check that
        tells systematic deviations from noise.
    failures : tuple of str
        What each hypothesis does not describe, judged by the noise of the data alone; "" where it holds.
    """

    names: tuple[str, ...]
    aicc: tuple[float, ...]
    bic: tuple[float, ...]
    cross_validated: tuple[float, ...]
    runs_p: tuple[float, ...]
    failures: tuple[str, ...] = ()

    @property
    def best(self) -> str:
        """The hypothesis with the smallest BIC."""
        return self.names[int(np.argmin(self.bic))]

    @property
    def margin(self) -> float:
        """By how much the BIC of the second exceeds that of the best."""
        first, second = sorted(self.bic)[:2]
        return second - first

    @property
    def decided(self) -> bool:
        """Whether the data decide for `best`: a margin above 10, and it describes them."""
        return self.margin > DECISIVE and not self._failure

    @property
    def _failure(self) -> str:
        """What the best does not describe."""
        return self.failures[self.names.index(self.best)] if self.failures else ""

    def __str__(self) -> str:
        lines = [f"{'hypothesis':<24}{'ΔAICc':>10}{'ΔBIC':>10}{'left out':>10}{'runs p':>10}"]
        low_aicc, low_bic = min(self.aicc), min(self.bic)
        for k in np.argsort(self.bic):
            left = "" if math.isnan(self.cross_validated[k]) else f"{self.cross_validated[k]:.3g}"
            lines.append(
                f"{self.names[k]:<24}{self.aicc[k] - low_aicc:>10.1f}{self.bic[k] - low_bic:>10.1f}{left:>10}"
                f"{self.runs_p[k]:>10.2g}"
            )
        verdict = f"the data decide for {self.best!r}" if self.decided else "UNDECIDABLE with these data"
        if self._failure and self.margin > DECISIVE:
            verdict = f"{self.best!r} is the least wrong of these, NONE DESCRIBES THE DATA"
        lines.append(f"{verdict} (ΔBIC of the second {self.margin:.3g}, decisive above {DECISIVE:g}).")
        if self._failure:
            lines.append(f"But the best does not describe the data: {self._failure}.")
        elif self.runs_p[int(np.argmin(self.bic))] < 0.001:
            lines.append("But the residuals of the best are systematic: none of these models describes the data.")
        return "\n".join(lines)


def compare(fits: Sequence[Solution], names: Sequence[str] = (), *, folds: int = FOLDS, seed: int = 0) -> Comparison:
    r"""Compare hypotheses: fits of the same data by different cells, laws or sets of free parameters.

    .. math:: AICc = -2\ln L + 2k + \frac{2k(k+1)}{n-k-1}, \qquad BIC = -2\ln L + k\ln n

    with k parameters (estimated levels of noise included) and n numbers of data. Priors do not count as data.

    Parameters
    ----------
    fits : sequence of Fit
        Two or more, of the same Datasets with the same weighting.
    names : sequence of str, optional
        Of the hypotheses; by default the names of the cells, numbered where they are equal.
    folds : int
        Parts into which the points are divided at random for the cross-validation; 0 for none.
    seed : int
        Of that division.

    Returns
    -------
    Comparison
        Print it.

    Raises
    ------
    InputError
        If there are fewer than two fits, or they are of different data or weightings.
    """
    if not isinstance(fits, Iterable):
        raise InputError(f"compare needs a list of two or more fits, not a {type(fits).__name__}.")
    fits = list(fits)
    _check_same(fits)
    labels = _labels(fits, names)
    likelihoods = [fit.log_likelihood for fit in fits]
    counts = [len(fit.names) + fit.problem.extra for fit in fits]
    n = fits[0].problem.count
    # with a correction for small samples, without which many parameters look cheap; it diverges at n = k + 1
    aicc = [
        -2 * value + 2 * k + (2 * k * (k + 1) / (n - k - 1) if n > k + 1 else math.inf)
        for value, k in zip(likelihoods, counts, strict=True)
    ]
    bic = [-2 * value + k * math.log(n) for value, k in zip(likelihoods, counts, strict=True)]
    # all are judged by the noise of one fit: each by its own would excuse the worse one by its larger noise
    best = fits[int(np.argmin(bic))]
    left_out = [_cross_validated(fit, best, folds, seed) if folds else math.nan for fit in fits]
    runs, failures = tuple(_runs_p(fit) for fit in fits), tuple(fit.failures for fit in fits)
    return Comparison(tuple(labels), tuple(aicc), tuple(bic), tuple(left_out), runs, failures)


def _check_same(fits: Sequence[Solution]) -> None:
    if len(fits) < 2:
        raise InputError(f"compare needs two or more fits, not {len(fits)}.")
    first = fits[0].problem
    for fit in fits[1:]:
        other = fit.problem
        same = len(first.measurements) == len(other.measurements) and first.weightings == other.weightings
        if not same or any(not _same_data(a, b) for a, b in zip(first.measurements, other.measurements, strict=True)):
            raise InputError(
                "these fits are not of the same data with the same weighting, so their likelihoods cannot be compared: "
                "fit every hypothesis to all Datasets, in the same order."
            )


def _same_data(one: Measurement, other: Measurement) -> bool:
    return one.is_spectrum == other.is_spectrum and np.array_equal(one.data, other.data)


def _labels(fits: Sequence[Solution], names: Sequence[str]) -> list[str]:
    if names:
        if len(names) != len(fits):
            raise InputError(f"{len(names)} names for {len(fits)} fits: give one each.")
        return [str(name) for name in names]
    # one hypothesis is one cell, whatever the number of Datasets: the first one names it
    found = [fit.problem.measurements[0].model.name for fit in fits]
    return [f"{name} ({k + 1})" if found.count(name) > 1 else name for k, name in enumerate(found)]


def _cross_validated(fit: Solution, best: Solution, folds: int, seed: int) -> float:
    """Root mean square deviation of points left out, in units of the noise of another fit."""
    sizes = _points(fit)
    # made anew from the same seed for every fit, so that all leave out the very same points
    rng = np.random.default_rng(seed)
    fold = [rng.permutation(size) % folds for size in sizes]
    total, count = 0.0, 0
    for k in range(folds):
        keep = [part != k for part in fold]
        again = fit.refitted(keep=keep)
        predicted = fit.problem.predicted(again.x)
        for number, (item, part) in enumerate(zip(fit.problem.measurements, keep, strict=True)):
            data = fit.measured(number)
            std = fit.problem.weightings[number].std(data) * best.levels[number]
            # both parts of an impedance in one modulus, which is why a point counts twice below
            deviations = np.abs((predicted[number] - data) / std)[~part]
            total += float(deviations @ deviations)
            count += deviations.size * (2 if item.is_spectrum else 1)
    return math.sqrt(total / count)


def _points(fit: Solution) -> list[int]:
    return [fit.measured(number).size for number in range(len(fit.problem.measurements))]


def _runs_p(fit: Solution) -> float:
    """Runs test of all residuals: real parts, imaginary parts and traces each in their order."""
    parts = fit.problem.by_dataset(fit.minimum.residuals)
    pairs = zip(fit.problem.measurements, parts, strict=True)
    return Runs.of([part for item, own in pairs for part in item.series(own)]).probability
