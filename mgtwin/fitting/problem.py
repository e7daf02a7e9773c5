"""The least-squares problem of a fit: all residuals and their derivatives as functions of the unknowns."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, MgtwinError
from ..regression import Block, Weighting
from ..regression.weighting import Data, usual
from .blocks import blocks_of
from .measurements import Measurement
from .parameters import Parameter, Wanted, free_parameters
from .priors import PriorBlock

__all__ = ["Problem", "problem_of", "weightings_of"]

Reals = NDArray[np.float64]

#: Logarithms go no farther than this from their start (13 decades): there a parameter has no influence any more, and
#: numbers overflow.
FARTHEST = 30.0


class Problem:
    """Residuals of several Datasets and of priors, each Dataset's in units of its noise.

    The unknowns appear in two forms: values [SI], and coordinates, in which they are fitted (logarithms where the
    parameter is fitted in the logarithm).

    Parameters
    ----------
    measurements : sequence of Measurement
    parameters : sequence of Parameter
    blocks : sequence of Block
        Of the Datasets; priors are added here.
    weightings : sequence of Weighting
        One per measurement. Data of one kind with equal weightings share one level of noise.
    scales : ndarray, optional
        The level of noise of every group of data: what the weighted deviations are multiples of.
    """

    def __init__(
        self,
        measurements: Sequence[Measurement],
        parameters: Sequence[Parameter],
        blocks: Sequence[Block],
        weightings: Sequence[Weighting],
        scales: Reals | None = None,
    ) -> None:
        self.measurements = tuple(measurements)
        self.parameters = tuple(parameters)
        self.weightings = tuple(weightings)
        quantities = {number: block.quantity for block in blocks for number in block.numbers}
        kinds = [(quantities[number], weighting) for number, weighting in enumerate(weightings)]
        self.groups = tuple(dict.fromkeys(kinds))
        self.group_of = np.array([self.groups.index(kind) for kind in kinds])
        self.scales = np.ones(len(self.groups)) if scales is None else np.asarray(scales, dtype=float)
        self._log = np.array([parameter.log for parameter in parameters])
        self._all_log = bool(self._log.all())
        self._hold_to(blocks)

    def _hold_to(self, blocks: Sequence[Block]) -> None:
        self.blocks = tuple(blocks)
        self.order = np.array([number for block in blocks for number in block.numbers])
        self.sizes = np.array([size for block in blocks for size in block.sizes])
        priors = PriorBlock([parameter.prior for parameter in self.parameters])
        self.prior_count = priors.data.size
        self._parts: tuple[Block, ...] = (*self.blocks, priors) if self.prior_count else self.blocks
        self._factor = np.concatenate([1 / self.scales[self.rows], np.ones(self.prior_count)])
        self._scaled = not np.all(self.scales == 1)

    def exactly(self) -> Problem:
        """The same unknowns, held to the priors and to the data whose residuals are exact to rounding."""
        part = copy(self)
        vars(part).pop("rows")
        part._hold_to([block for block in self.blocks if block.smooth])
        return part

    def with_measurements(self, measurements: Sequence[Measurement]) -> Problem:
        """The same problem with other data."""
        blocks = blocks_of(measurements, self.parameters, self.weightings)
        return Problem(measurements, self.parameters, blocks, self.weightings, self.scales)

    def starting_at(self, values: Reals) -> Problem:
        """The same problem with another start."""
        parameters = [replace(p, start=float(value)) for p, value in zip(self.parameters, values, strict=True)]
        return Problem(self.measurements, parameters, self.blocks, self.weightings, self.scales)

    def with_scales(self, scales: Reals) -> Problem:
        """The same problem with other levels of noise."""
        return Problem(self.measurements, self.parameters, self.blocks, self.weightings, scales)

    # -- the unknowns -------------------------------------------------------------------------------------------------
    @cached_property
    def start(self) -> Reals:
        """Coordinates of the start."""
        return self.coordinates([parameter.start for parameter in self.parameters])

    @cached_property
    def bounds(self) -> tuple[Reals, Reals]:
        """Lower and upper limits of the coordinates."""
        pairs = np.array([parameter.internal_bounds for parameter in self.parameters], dtype=float)
        return pairs[:, 0], pairs[:, 1]

    def coordinates(self, values: Sequence[float] | Reals) -> Reals:
        """Coordinates of some values."""
        return np.array(
            [float(parameter.to_internal(value)) for parameter, value in zip(self.parameters, values, strict=True)]
        )

    def values(self, x: Reals) -> Reals:
        """Values [SI] at coordinates."""
        if self._all_log:
            return np.exp(x)
        return np.where(self._log, np.exp(np.where(self._log, x, 0.0)), x)

    def slopes(self, values: Reals) -> Reals:
        """dp/dx."""
        return np.where(self._log, values, 1.0)

    # -- residuals ----------------------------------------------------------------------------------------------------
    @property
    def count(self) -> int:
        """Number of residuals of the data (real and imaginary parts each)."""
        return int(self.sizes.sum())

    @property
    def smooth(self) -> bool:
        """Whether residuals are exact to rounding."""
        return all(block.smooth for block in self.blocks)

    def residuals(self, x: Reals) -> Reals:
        """All residuals in units of the noise, those of the priors last; infinite where the cell cannot be."""
        if np.max(np.abs(x - self.start), initial=0.0, where=self._log) > FARTHEST:
            return np.full(self.count + self.prior_count, np.inf)
        values = self.values(x)
        try:
            parts = [block.residuals(values) for block in self._parts]
        except MgtwinError:
            if np.array_equal(x, self.start):
                raise  # it is the cell itself that cannot do what was measured
            return np.full(self.count + self.prior_count, np.inf)
        found = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return found * self._factor if self._scaled else found

    def jacobian(self, x: Reals) -> Reals:
        """Derivatives of `residuals` by the coordinates, shape (residuals, parameters)."""
        values = self.values(x)
        parts = [block.jacobian(values) for block in self._parts]
        found = (parts[0] if len(parts) == 1 else np.concatenate(parts)) * self.slopes(values)
        return found * self._factor[:, np.newaxis] if self._scaled else found

    def predicted(self, values: Reals) -> list[Data]:
        """What the cells give at the points of every Dataset, in the order given."""
        found: dict[int, Data] = {}
        for block in self.blocks:
            found |= dict(zip(block.numbers, block.predicted(values), strict=True))
        return [found[number] for number in range(len(self.measurements))]

    def by_dataset(self, residuals: Reals) -> list[Reals]:
        """The residuals of every Dataset, in the order given."""
        parts = np.split(residuals[: self.count], np.cumsum(self.sizes)[:-1])
        return [part for _, part in sorted(zip(self.order, parts, strict=True), key=lambda pair: int(pair[0]))]

    # -- noise --------------------------------------------------------------------------------------------------------
    @cached_property
    def rows(self) -> NDArray[np.intp]:
        """For every residual of the data the group of data that it belongs to."""
        return np.repeat(self.group_of[self.order], self.sizes)

    def by_group(self, residuals: Reals) -> list[Reals]:
        """The residuals of every group of data, in the order of `groups`."""
        data = residuals[: self.count]
        return [data[self.rows == group] for group in range(len(self.groups))]

    @property
    def estimated(self) -> NDArray[np.bool_]:
        """For which groups of data the level of noise follows from the misfit."""
        return np.array([not weighting.known for _, weighting in self.groups])

    @property
    def extra(self) -> int:
        """Number of levels of noise that are estimated."""
        return int(self.estimated.sum())

    def rescaled(self, residuals: Reals, *, robust: bool = False) -> Reals:
        """Levels of noise that the residuals suggest."""
        freedom = 1 - len(self.parameters) / self.count
        result = self.scales.copy()
        parts = self.by_group(residuals)
        for group in np.flatnonzero(self.estimated):
            part = parts[group]
            if robust:
                size = 1.4826 * float(np.median(np.abs(part)))
            else:
                size = float(np.sqrt(part @ part / (part.size * max(freedom, 1 / part.size))))
            result[group] *= max(size, 1e-14)
        return result

    @cached_property
    def log_determinant(self) -> float:
        """Sum of ``ln(variance)`` of all residuals of the data."""
        total = float(sum(block.log_std.sum() for block in self.blocks))
        return total + float(2 * np.log(self.scales[self.rows]).sum())


def problem_of(measurements: Sequence[Measurement], free: Wanted, weightings: Sequence[Weighting]) -> Problem:
    """Build the problem of a fit.

    Raises
    ------
    InputError, UnknownNameError
        As :func:`mgtwin.fitting.fit` does.
    """
    parameters = free_parameters(measurements, free)
    problem = Problem(measurements, parameters, blocks_of(measurements, parameters, weightings), weightings)
    if problem.count <= len(parameters) - problem.prior_count:
        raise InputError(
            f"{len(parameters)} parameters are free, but the data have only {problem.count} numbers: fix some, or "
            f"give them priors."
        )
    return problem


def weightings_of(measurements: Sequence[Measurement], given: object) -> list[Weighting]:
    """One weighting for each Dataset, from one for all, a sequence, or None for the usual ones."""
    listed: list[Weighting] = []
    match given:
        case None:
            return [usual(spectrum=item.is_spectrum) for item in measurements]
        case Weighting(of_spectra=only):
            return [usual(spectrum=False) if only and not item.is_spectrum else given for item in measurements]
        case list() | tuple():
            listed = list(given)
    if len(listed) != len(measurements) or not all(isinstance(item, Weighting) for item in listed):
        raise InputError(
            f"weighting is {given!r}: give Modulus(), Noise(std) or Unit(), or a list with one of them for each of the "
            f"{len(measurements)} Datasets."
        )
    return listed
