"""Where a fit ended: values, covariance, misfits and the fitted cells. What is made of them lies above."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..cells import Cell
from ..errors import UnknownNameError
from ..regression import Loss
from ..regression.weighting import Data
from .identifiability import Identifiability, identifiability
from .measurements import Measurement
from .minimise import Minimum, minimised
from .problem import Problem
from .verdicts import Described, Verdict

__all__ = ["Solution"]

Reals = NDArray[np.float64]

#: Relative distance from a bound (of the width, or of the value) at which a value is said to lie on it.
_AT_BOUND = 1e-4
#: Standard deviations, the other numbers being known, that count as the size of a number which may be 0.
_TOLD = 100.0


@dataclass(frozen=True, eq=False)
class Solution:
    """A problem and its minimum.

    Attributes
    ----------
    problem : Problem
        Data, parameters, weights.
    minimum : Minimum
        Where the misfit is smallest.
    loss : Loss or None
    starts, seed : int
    """

    problem: Problem
    minimum: Minimum
    loss: Loss | None = None
    starts: int = 1
    seed: int = 0

    # -- values -------------------------------------------------------------------------------------------------------
    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters, in the order given."""
        return tuple(parameter.name for parameter in self.problem.parameters)

    @cached_property
    def x(self) -> Reals:
        """Fitted values [SI], in the order of `names`."""
        return self.problem.values(self.minimum.x)

    @property
    def values(self) -> dict[str, float]:
        """Name to fitted value [SI]."""
        return {name: float(value) for name, value in zip(self.names, self.x, strict=True)}

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of the references that the numbers of its cells and data come from, each once; for `mgtwin.cite`."""
        cells = [item.cell for item in self.problem.measurements if type(item.cell) is Cell]
        data = [source for item in self.problem.measurements for source in item.dataset.attrs.get("sources", ())]
        return tuple(dict.fromkeys([*(source for cell in cells for source in cell.sources), *data]))

    @cached_property
    def made_one(self) -> tuple[str, ...]:
        """Different numbers of the cells as they were given that are one in this fit, a sentence for each parameter."""
        lines = (parameter.differing(self.problem.measurements) for parameter in self.problem.parameters)
        return tuple(line for line in lines if line)

    @property
    def warnings(self) -> list[str]:
        """What to beware of, as its Datasets and files carry it in the attribute ``warnings``."""
        failed = [f"the model does not describe the data: {self.failures}"] if self.fails else []
        return [*failed, *self.made_one]

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the search: the values are the best until then."""
        return self.minimum.interrupted

    @property
    def converged(self) -> bool:
        """Whether the best start reached a minimum."""
        return self.minimum.converged

    def index(self, name: str) -> int:
        """Position of a parameter.

        Raises
        ------
        UnknownNameError
            With close matches.
        """
        if name not in self.names:
            raise UnknownNameError(name, self.names, "parameter of this fit")
        return self.names.index(name)

    # -- uncertainty --------------------------------------------------------------------------------------------------
    @cached_property
    def at_bound(self) -> NDArray[np.bool_]:
        """Which parameters lie on one of their bounds."""
        low, high = self.problem.bounds
        # without a width the size of a number is what the data can tell of it: 1 would be no size for picofarads
        slopes = np.linalg.norm(self.minimum.jacobian, axis=0)
        told = np.divide(_TOLD, slopes, out=np.ones_like(slopes), where=slopes > 0)
        width = np.where(np.isfinite(high - low), high - low, np.maximum(np.abs(self.minimum.x), told))
        return (self.minimum.x - low <= _AT_BOUND * width) | (high - self.minimum.x <= _AT_BOUND * width)

    @cached_property
    def identifiability(self) -> Identifiability:
        """What the data determine, with the covariance."""
        jacobian = self.minimum.jacobian
        if self.loss is not None:
            # an outlier that the loss forgives carries no information either
            jacobian = jacobian * np.sqrt(self.loss.weights(self.minimum.residuals))[:, np.newaxis]
        return identifiability(jacobian, self.problem.parameters, self.x, self.at_bound)

    @cached_property
    def covariance(self) -> Reals:
        """Of the coordinates (logarithms where a parameter is fitted in the logarithm).

        Of a model that fails it has the error of the model in it: see `Verdict.widening`.
        """
        return self.identifiability.covariance * self.widening**2

    @cached_property
    def std(self) -> Reals:
        """Standard deviations [SI] from the covariance; inf where the data say nothing, 0 at a bound."""
        return np.sqrt(np.diag(self.covariance)) * self.problem.slopes(self.x)

    @property
    def correlations(self) -> Reals:
        """Correlation of the parameters; nan where a parameter has no finite variance."""
        sizes = np.sqrt(np.diag(self.covariance))
        with np.errstate(invalid="ignore", divide="ignore"):
            found = self.covariance / np.outer(sizes, sizes)
        # 0/0 of a parameter at a bound and inf/inf of an open one are no correlations
        found[~np.isfinite(found)] = np.nan
        return found

    def interval(self, name: str, confidence: float = 0.95) -> tuple[float, float]:
        """Interval [SI] of a parameter from the covariance (of its logarithm, where that was fitted).

        See `Fit.profile` for one that needs no linearisation.
        """
        from scipy.stats import norm

        k = self.index(name)
        reach = float(norm.ppf(0.5 + confidence / 2) * np.sqrt(self.covariance[k, k]))
        parameter, x = self.problem.parameters[k], self.minimum.x[k]
        with np.errstate(over="ignore"):
            return float(parameter.to_value(x - reach)), float(parameter.to_value(x + reach))

    # -- misfit -------------------------------------------------------------------------------------------------------
    @property
    def levels(self) -> tuple[float, ...]:
        """What a residual of every Dataset counts as in intervals: the noise as given, else the size of the misfit.

        Relative to |Z| with `Modulus`, to the root mean square of the data with `Unit`; 1 where the noise was given.
        """
        return tuple(float(self.problem.scales[group]) for group in self.problem.group_of)

    @cached_property
    def deviations(self) -> tuple[float, ...]:
        """Root mean square of the residuals of every Dataset, in the same units."""
        parts = self.problem.by_dataset(self.minimum.residuals)
        return tuple(float(np.sqrt(np.mean(p**2))) * level for p, level in zip(parts, self.levels, strict=True))

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Of every Dataset whether the model describes it, judged by the noise of the data alone."""
        # a bare regression, without what was measured, has nothing by which to judge it
        numbers = [k for k, item in enumerate(self.problem.measurements) if isinstance(item, Measurement)]
        return tuple(Described(self.problem, self.minimum, number).verdict for number in numbers)

    @property
    def fails(self) -> bool:
        """Whether the model does not describe some of the data: its parameters are not to be believed then."""
        return any(verdict.poor for verdict in self.verdicts)

    @property
    def failures(self) -> str:
        """What the model does not describe, in words; "" where it holds."""
        return "; ".join(str(verdict) for verdict in self.verdicts if verdict.poor)

    @property
    def widening(self) -> float:
        """By how much the error of a model that fails widens all intervals; 1 where it holds."""
        # where the level follows from the misfit, as much of the widening is in it already
        return max([1.0, *(v.widening * (v.noise or 0.0) / self.levels[v.number] for v in self.verdicts if v.poor)])

    @property
    def noise(self) -> tuple[float, ...]:
        """Noise of every Dataset, in the units of `levels`: never what a model that fails leaves of the data.

        As given; else the level of a model that holds, which uses all of the data; else that of the data alone.
        """
        of_the_data = {v.number: float(v.noise or self.levels[v.number]) for v in self.verdicts if v.poor}
        return tuple(of_the_data.get(number, level) for number, level in enumerate(self.levels))

    @property
    def misfits(self) -> tuple[float, ...]:
        """Root mean square of the residuals of every Dataset in units of the noise: about 1 where the model holds."""
        return tuple(size / noise for size, noise in zip(self.deviations, self.noise, strict=True))

    @property
    def chi_squared(self) -> float:
        """Sum of the squared residuals of the data in units of the noise."""
        parts = self.problem.by_dataset(self.minimum.residuals)
        return sum(misfit**2 * part.size for misfit, part in zip(self.misfits, parts, strict=True))

    @property
    def freedom(self) -> int:
        """Degrees of freedom."""
        return self.problem.count - len(self.names)

    def measured(self, number: int) -> Data:
        """What a Dataset gives for comparison: its impedance, or of a run in time what was not imposed."""
        return self.problem.measurements[number].data

    @cached_property
    def predicted(self) -> tuple[Data, ...]:
        """Impedance [ohm], voltage [V] or current [A] of the fitted cells at the points of every Dataset."""
        return tuple(self.problem.predicted(self.x))

    @cached_property
    def log_likelihood(self) -> float:
        """Largest logarithm of the likelihood of the data; estimated levels of noise at their most likely value."""
        problem = self.problem
        total = problem.log_determinant + problem.count * math.log(2 * math.pi)
        for part, estimated in zip(problem.by_group(self.minimum.residuals), problem.estimated, strict=True):
            square = float(part @ part)
            # the level put in is the most likely one, square/n, so the exponent of the Gaussian becomes n
            total += part.size * (1 + math.log(max(square, 1e-300) / part.size)) if estimated else square
        return -total / 2

    def deviance(self, residuals: Reals) -> float:
        """By how much -2 ln(likelihood) exceeds that of the fit, the levels of noise being fitted again.

        Less where the model fails, by as much as its covariance is widened.
        """
        problem, total = self.problem, 0.0
        pairs = zip(problem.by_group(residuals), problem.by_group(self.minimum.residuals), strict=True)
        for (now, then), estimated in zip(pairs, problem.estimated, strict=True):
            squares, smallest = float(now @ now), float(then @ then)
            if estimated:
                # the level is profiled out, of which the logarithm of the ratio remains (a scaled likelihood ratio)
                total += now.size * math.log(max(squares, 1e-300) / max(smallest, 1e-300))
            else:
                total += squares - smallest
        # what priors add has a known width and enters as it is
        now, then = residuals[problem.count :], self.minimum.residuals[problem.count :]
        return (total + float(now @ now - then @ then)) / self.widening**2

    # -- again --------------------------------------------------------------------------------------------------------
    def refitted(
        self, *, data: Sequence[Data] | None = None, keep: Sequence[NDArray[np.bool_]] | None = None
    ) -> Solution:
        """The same fit, from where it ended, to other data at the same points, or to some of its points only.

        Parameters
        ----------
        data : sequence of ndarray, optional
            Impedances, voltages or currents for every Dataset.
        keep : sequence of ndarray of bool, optional
            Which points of every Dataset to use.
        """
        measurements = list(self.problem.measurements)
        if data is not None:
            measurements = [item.with_data(own) for item, own in zip(measurements, data, strict=True)]
        if keep is not None:
            measurements = [item.kept(own) for item, own in zip(measurements, keep, strict=True)]
        problem = self.problem.with_measurements(measurements).starting_at(self.x)
        problem, minimum = minimised(problem, loss=self.loss)
        if minimum.interrupted:
            raise KeyboardInterrupt
        return Solution(problem, minimum, self.loss)
