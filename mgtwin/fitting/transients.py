"""Residuals of runs in time, and of spectra under a bias: each Dataset by a simulation of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..cells.paths import Key
from ..errors import InputError
from ..protocols import EIS, Limits, ReplayedSignal, Segment, TransientProtocol, VoltageRamp
from .blocks import Block
from .measurements import Measurement
from .parameters import Parameter
from .weighting import Weighting

if TYPE_CHECKING:
    from ..simulation.sensitivities import SensitiveRun

__all__ = ["BiasedBlock", "TransientBlock", "controlled_by_voltage", "segments_of"]


class _Single(Block):
    """What blocks of a single Dataset share."""

    def __init__(self, number: int, item: Measurement, parameters: Sequence[Parameter]) -> None:
        self.numbers = (number,)
        self._item = item
        self._keys = {k: p.targets[number] for k, p in enumerate(parameters) if number in p.targets}
        self._count = len(parameters)

    def _numbers(self, values: NDArray[np.float64]) -> dict[Key, float]:
        return {paths: float(values[k]) for k, paths in self._keys.items()}

    def _collected(self, slopes: NDArray[Any]) -> NDArray[Any]:
        """Derivatives by all parameters from those by the ones that act here (last axis)."""
        result = np.zeros((*slopes.shape[:-1], self._count), dtype=slopes.dtype)
        result[..., list(self._keys)] = slopes
        return result


class TransientBlock(_Single):
    """One run in time; the voltage deviates where the current was imposed, and the current where the voltage was."""

    def __init__(self, number: int, item: Measurement, parameters: Sequence[Parameter], weighting: Weighting) -> None:
        super().__init__(number, item, parameters)
        self._segments, self._where = segments_of(item)
        self._by_voltage = controlled_by_voltage(item)
        data = item.current if self._by_voltage else item.voltage
        assert data is not None
        self._data = data
        std = weighting.std(data)
        self._weights = 1 / std
        self._log_std = np.array([2 * np.log(std).sum()])
        self._last: tuple[bytes, NDArray[np.float64]] | None = None

    @property
    def sizes(self) -> list[int]:
        """Number of samples."""
        return [self._data.size]

    @property
    def log_std(self) -> NDArray[np.float64]:
        """See `Block`."""
        return self._log_std

    @cached_property
    def _run(self) -> SensitiveRun:
        from ..simulation.sensitivities import SensitiveRun

        return SensitiveRun(self._item.cell, self._segments, list(self._keys.values()))

    def _named(self, values: NDArray[np.float64]) -> dict[str, float]:
        return {", ".join(paths): float(values[k]) for k, paths in self._keys.items()}

    def predicted(self, values: NDArray[np.float64]) -> list[NDArray[Any]]:
        """Voltage [V] or current [A] at the samples."""
        key = values[list(self._keys)].tobytes()
        if self._last is None or self._last[0] != key:
            found = self._run.run(self._named(values))
            self._last = key, found[1 if self._by_voltage else 0][self._where]
        return [self._last[1]]

    def residuals(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """See `Block`."""
        return (self.predicted(values)[0] - self._data) * self._weights

    def jacobian(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """See `Block`."""
        if not self._keys:
            return np.zeros((self._data.size, self._count))
        slopes = self._run.derivatives(self._named(values))[2][1 if self._by_voltage else 0][self._where]
        return self._collected(slopes) * self._weights[:, np.newaxis]


class BiasedBlock(_Single):
    """A spectrum under a bias: the mesh linearised at its steady state, with the adjoint's derivatives."""

    def __init__(self, number: int, item: Measurement, parameters: Sequence[Parameter], weighting: Weighting) -> None:
        super().__init__(number, item, parameters)
        assert item.impedance is not None
        self._data = item.impedance
        std = weighting.std(item.impedance)
        self._weights = 1 / std
        self._log_std = np.array([4 * np.log(std).sum()])

    @property
    def sizes(self) -> list[int]:
        """Real and imaginary parts."""
        return [2 * self._data.size]

    @property
    def log_std(self) -> NDArray[np.float64]:
        """See `Block`."""
        return self._log_std

    def _protocol(self) -> EIS:
        assert isinstance(self._item.protocol, EIS)
        return self._item.protocol

    def predicted(self, values: NDArray[np.float64]) -> list[NDArray[Any]]:
        """Impedance [ohm]."""
        from ..simulation import simulate

        cell = self._item.cell.with_({**self._numbers(values)})
        return [np.asarray(simulate(cell, self._protocol())["impedance"].values)]

    def residuals(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """See `Block`."""
        return np.ascontiguousarray((self.predicted(values)[0] - self._data) * self._weights).view(float)

    def jacobian(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """See `Block`."""
        from ..simulation.jacobian import impedance_jacobian

        if not self._keys:
            return np.zeros((2 * self._data.size, self._count))
        cell = self._item.cell.with_({**self._numbers(values)})
        found = impedance_jacobian(cell, self._protocol(), list(self._keys.values()))["impedance_jacobian"].values
        weighted = self._collected(np.asarray(found)) * self._weights[:, np.newaxis]
        return np.ascontiguousarray(weighted.T).view(float).T


def controlled_by_voltage(item: Measurement) -> bool:
    """Whether the voltage was imposed in a run."""
    assert isinstance(item.protocol, TransientProtocol)
    if isinstance(item.protocol, ReplayedSignal):
        return item.protocol.by_voltage
    return isinstance(item.protocol.segments(item.cell)[0].control, VoltageRamp)


def segments_of(item: Measurement) -> tuple[tuple[Segment, ...], NDArray[np.intp]]:
    """Stretches whose output times are those of the data, and where among all outputs every sample is.

    A stretch that a voltage limit ended in the data ends there in the model, too: how long it lasted was measured.

    Raises
    ------
    InputError
        If the samples do not fit what was done.
    """
    assert isinstance(item.protocol, TransientProtocol) and item.time is not None
    segments = item.protocol.segments(item.cell)
    members, starts = _samples_by_segment(item, segments)
    made: list[Segment] = []
    where = np.full(item.time.size, -1, dtype=np.intp)
    offset = 0
    for segment, samples, start in zip(segments, members, starts, strict=True):
        own = item.time[samples] - start
        duration = segment.duration
        limited = np.isfinite(segment.limits.low) or np.isfinite(segment.limits.high)
        if limited and own.size and own[-1] < duration * (1 - 1e-9):
            duration = float(own[-1])
            if duration <= 0:
                continue
        own = np.clip(own, 0.0, duration)
        times = np.unique(np.concatenate([own, [duration]]))
        where[samples] = offset + np.searchsorted(times, own)
        made.append(replace(segment, duration=duration, times=tuple(times.tolist()), limits=Limits()))
        offset += times.size
    if np.any(where < 0):
        late = item.time[np.flatnonzero(where < 0)[0]]
        raise InputError(
            f"{item.label}: the sample at {late:.6g} s does not belong to anything that the protocol does; it lasts "
            f"{sum(segment.duration for segment in segments):.6g} s."
        )
    return tuple(made), where


def _samples_by_segment(
    item: Measurement, segments: Sequence[Segment]
) -> tuple[list[NDArray[np.intp]], NDArray[np.float64]]:
    """Samples of every stretch, and when it began."""
    time = item.time
    assert time is not None
    steps = item.steps
    if steps is not None and not isinstance(item.protocol, ReplayedSignal):
        labels = [segment.step for segment in segments]
        members = [np.flatnonzero(steps == label) for label in labels]
        starts, now = [], 0.0
        for segment, samples in zip(segments, members, strict=True):
            starts.append(now)
            limited = np.isfinite(segment.limits.low) or np.isfinite(segment.limits.high)
            ended = float(time[samples[-1]]) if samples.size else now
            now = ended if limited else now + segment.duration
        return members, np.array(starts)
    began = item.protocol.signal.times[0] if isinstance(item.protocol, ReplayedSignal) else 0.0
    edges = began + np.concatenate([[0.0], np.cumsum([segment.duration for segment in segments])])
    # a sample at an edge belongs to the stretch before, unless another one at the same time came first
    number = np.clip(np.searchsorted(edges, time - 1e-12 * edges[-1], side="left") - 1, 0, None)
    second = np.concatenate([[False], np.diff(time) == 0])
    number[second] += 1
    return [np.flatnonzero(number == k) for k in range(len(segments))], edges[:-1]
