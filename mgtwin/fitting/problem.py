"""The least-squares problem of a fit: all residuals and their derivatives as functions of the unknowns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cells.paths import Key
from ..errors import InputError, MgtwinError
from .blocks import Block
from .free import FreeLike
from .measurements import Measurement
from .parameters import Parameter, free_parameters, prior_jacobian, prior_residuals
from .spectra import spectra_blocks
from .weighting import Modulus, Unit, Weighting

__all__ = ["Problem", "blocks_of", "kind_of", "problem_of"]

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
        scales: NDArray[np.float64] | None = None,
    ) -> None:
        self.measurements = tuple(measurements)
        self.parameters = tuple(parameters)
        self.blocks = tuple(blocks)
        self.weightings = tuple(weightings)
        kinds = [(kind_of(item), weighting) for item, weighting in zip(measurements, weightings, strict=True)]
        self.groups = tuple(dict.fromkeys(kinds))
        self.group_of = np.array([self.groups.index(kind) for kind in kinds])
        self.scales = np.ones(len(self.groups)) if scales is None else np.asarray(scales, dtype=float)
        self._log = np.array([parameter.log for parameter in parameters])
        self._all_log = bool(self._log.all())
        self.order = np.array([number for block in blocks for number in block.numbers])
        self.sizes = np.array([size for block in blocks for size in block.sizes])
        self._factor = np.repeat(1 / self.scales[self.group_of[self.order]], self.sizes)
        self._scaled = not np.all(self.scales == 1)
        self._priors = any(parameter.prior is not None for parameter in parameters)

    def with_measurements(self, measurements: Sequence[Measurement]) -> Problem:
        """The same problem with other data."""
        blocks = blocks_of(measurements, self.parameters, self.weightings)
        return Problem(measurements, self.parameters, blocks, self.weightings, self.scales)

    def starting_at(self, values: NDArray[np.float64]) -> Problem:
        """The same problem with another start."""
        parameters = [replace(p, start=float(value)) for p, value in zip(self.parameters, values, strict=True)]
        return Problem(self.measurements, parameters, self.blocks, self.weightings, self.scales)

    def with_scales(self, scales: NDArray[np.float64]) -> Problem:
        """The same problem with other levels of noise."""
        return Problem(self.measurements, self.parameters, self.blocks, self.weightings, scales)

    # -- the unknowns -------------------------------------------------------------------------------------------------
    @cached_property
    def start(self) -> NDArray[np.float64]:
        """Coordinates of the start."""
        return self.coordinates([parameter.start for parameter in self.parameters])

    @cached_property
    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lower and upper limits of the coordinates."""
        pairs = np.array([parameter.internal_bounds for parameter in self.parameters], dtype=float)
        return pairs[:, 0], pairs[:, 1]

    def coordinates(self, values: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
        """Coordinates of some values."""
        return np.array(
            [float(parameter.to_internal(value)) for parameter, value in zip(self.parameters, values, strict=True)]
        )

    def values(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values [SI] at coordinates."""
        if self._all_log:
            return np.exp(x)
        return np.where(self._log, np.exp(np.where(self._log, x, 0.0)), x)

    def slopes(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """dp/dx."""
        return np.where(self._log, values, 1.0)

    # -- residuals ----------------------------------------------------------------------------------------------------
    @property
    def count(self) -> int:
        """Number of residuals of the data (real and imaginary parts each)."""
        return int(self.sizes.sum())

    def residuals(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """All residuals in units of the noise, those of the priors last; infinite where the cell cannot be."""
        if np.max(np.abs(x - self.start), initial=0.0, where=self._log) > FARTHEST:
            return np.full(self.count + self._prior_count, np.inf)
        values = self.values(x)
        try:
            parts = [block.residuals(values) for block in self.blocks]
        except MgtwinError:
            if np.array_equal(x, self.start):
                raise  # it is the cell itself that cannot do what was measured
            return np.full(self.count + self._prior_count, np.inf)
        found = parts[0] if len(parts) == 1 else np.concatenate(parts)
        if self._scaled:
            found = found * self._factor
        return np.concatenate([found, prior_residuals(self.parameters, values)]) if self._priors else found

    def jacobian(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Derivatives of `residuals` by the coordinates, shape (residuals, parameters)."""
        values = self.values(x)
        parts = [block.jacobian(values) for block in self.blocks]
        found = parts[0] if len(parts) == 1 else np.concatenate(parts)
        found = found * self.slopes(values)
        if self._scaled:
            found = found * self._factor[:, np.newaxis]
        return np.concatenate([found, prior_jacobian(self.parameters, values)]) if self._priors else found

    @cached_property
    def _prior_count(self) -> int:
        return sum(parameter.prior is not None for parameter in self.parameters)

    def predicted(self, values: NDArray[np.float64]) -> list[NDArray[Any]]:
        """What the cells give at the points of every Dataset, in the order given."""
        found: dict[int, NDArray[Any]] = {}
        for block in self.blocks:
            found |= dict(zip(block.numbers, block.predicted(values), strict=True))
        return [found[number] for number in range(len(self.measurements))]

    def by_dataset(self, residuals: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """The residuals of every Dataset, in the order given."""
        parts = np.split(residuals[: self.count], np.cumsum(self.sizes)[:-1])
        return [part for _, part in sorted(zip(self.order, parts, strict=True), key=lambda pair: int(pair[0]))]

    # -- noise --------------------------------------------------------------------------------------------------------
    @property
    def estimated(self) -> NDArray[np.bool_]:
        """For which groups of data the level of noise follows from the misfit."""
        return np.array([not weighting.known for _, weighting in self.groups])

    @property
    def extra(self) -> int:
        """Number of levels of noise that are estimated."""
        return int(self.estimated.sum())

    def rescaled(self, residuals: NDArray[np.float64], *, robust: bool = False) -> NDArray[np.float64]:
        """Levels of noise that the residuals suggest."""
        rows = np.repeat(self.group_of[self.order], self.sizes)
        freedom = 1 - len(self.parameters) / self.count
        result = self.scales.copy()
        for group in np.flatnonzero(self.estimated):
            part = residuals[: self.count][rows == group]
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
        sizes = np.zeros(len(self.groups))
        np.add.at(sizes, self.group_of[self.order], self.sizes)
        return total + float(2 * np.sum(sizes * np.log(self.scales)))


def kind_of(item: Measurement) -> str:
    """Which quantity deviates: impedance, voltage or current."""
    if item.is_spectrum:
        return "impedance"
    from .transients import controlled_by_voltage

    return "current" if controlled_by_voltage(item) else "voltage"


def problem_of(
    measurements: Sequence[Measurement],
    free: Mapping[Key, FreeLike] | Sequence[Key],
    weighting: Weighting | Sequence[Weighting] | None,
) -> Problem:
    """Build the problem of a fit.

    Raises
    ------
    InputError, UnknownNameError
        As :func:`mgtwin.fitting.fit` does.
    """
    parameters = free_parameters(measurements, free)
    weightings = _weightings(measurements, weighting)
    blocks = blocks_of(measurements, parameters, weightings)
    problem = Problem(measurements, parameters, blocks, weightings)
    if problem.count <= len(parameters) - problem._prior_count:
        raise InputError(
            f"{len(parameters)} parameters are free, but the data have only {problem.count} numbers: fix some, or "
            f"give them priors."
        )
    return problem


def blocks_of(
    measurements: Sequence[Measurement], parameters: Sequence[Parameter], weightings: Sequence[Weighting]
) -> list[Block]:
    rest = [k for k, item in enumerate(measurements) if item.is_spectrum and item.protocol is None]
    blocks: list[Block] = list(
        spectra_blocks(rest, [measurements[k] for k in rest], parameters, [weightings[k] for k in rest])
    )
    for k, item in enumerate(measurements):
        if k in rest:
            continue
        from .transients import BiasedBlock, TransientBlock

        kind = BiasedBlock if item.is_spectrum else TransientBlock
        blocks.append(kind(k, item, parameters, weightings[k]))
    return blocks


def _weightings(measurements: Sequence[Measurement], given: Any) -> list[Weighting]:
    if given is None:
        return [Modulus() if item.is_spectrum else Unit() for item in measurements]
    if isinstance(given, Weighting):
        return [given if item.is_spectrum or not isinstance(given, Modulus) else Unit() for item in measurements]
    listed = list(given) if isinstance(given, (list, tuple)) else []
    if len(listed) != len(measurements) or not all(isinstance(item, Weighting) for item in listed):
        raise InputError(
            f"weighting is {given!r}: give Modulus(), Noise(std) or Unit(), or a list with one of them for each of the "
            f"{len(measurements)} Datasets."
        )
    return listed
