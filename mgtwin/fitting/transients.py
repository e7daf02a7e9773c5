"""Runs in time, and spectra under a bias, as parts of a fit: each Dataset by a simulation of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from ..batch.derivatives import DifferenceRun
from ..errors import InputError
from ..kinds.carriers import Carrier
from ..protocols import EIS, Limits, Segment
from ..regression import Weighting
from ..simulation import simulate
from ..simulation.jacobian import half_jacobian, impedance_jacobian
from ..simulation.sensitivities import SensitiveRun
from .measurements import Measurement
from .parameters import Parameter
from .single import SingleBlock

__all__ = ["BiasedBlock", "TransientBlock", "segments_of"]

Reals = NDArray[np.float64]
Complexes = NDArray[np.complex128]
#: Integrations that a run keeps.
LATEST = 4


class TransientBlock(SingleBlock):
    """One run in time; the voltage deviates where the current was imposed, and the current where the voltage was."""

    def __init__(self, number: int, item: Measurement, parameters: Sequence[Parameter], weighting: Weighting) -> None:
        super().__init__(number, item, parameters, weighting)
        segments, self._where = segments_of(item)
        self._output = 1 if item.by_voltage else 0
        self._names = {k: ", ".join(paths) for k, paths in self.keys.items()}
        salt = any(Carrier.ANIONS in layer.material.carriers for layer in self.cell.layers)
        # a run that uses up its salt ends by an event, which one integration of many sets does not share
        keys = list(self.keys.values())
        self._run: SensitiveRun | DifferenceRun
        if item.half:
            if item.by_voltage:
                raise InputError(
                    f"{item.label}: the voltage between an electrode and the reference was imposed, but a simulation "
                    f"imposes that of the cell: fit a run at imposed current, or give the voltage of the cell."
                )
            self._run = DifferenceRun(self.cell, segments, keys, half=item.half)
        else:
            self._run = (SensitiveRun if salt else DifferenceRun)(self.cell, segments, keys)
        self._latest: dict[bytes, tuple[Reals, ...]] = {}

    def _named(self, values: Reals) -> dict[str, float]:
        return {name: float(values[k]) for k, name in self._names.items()}

    def _found(self, values: Reals) -> tuple[Reals, ...]:
        """Voltage, current and their derivatives; the latest are kept: a search goes back where a step was refused."""
        # only of the numbers that act here: others of a joint fit may move without a new integration
        key = values[list(self.keys)].tobytes()
        if key not in self._latest:
            while len(self._latest) >= LATEST:
                del self._latest[next(iter(self._latest))]
            self._latest[key] = self._run.derivatives({name: float(values[k]) for k, name in self._names.items()})
        return self._latest[key]

    def predict(self, values: Reals) -> Reals:
        """Voltage [V] or current [A] at the samples."""
        return self._found(values)[self._output][self._where]

    def derivatives(self, values: Reals) -> Reals:
        """Their derivatives by the unknowns."""
        return self.everywhere(self._found(values)[2][self._output][self._where].T)


class BiasedBlock(SingleBlock):
    """A spectrum under a bias, or a half of it: the mesh linearised at its steady state, with derivatives there."""

    def __init__(self, number: int, item: Measurement, parameters: Sequence[Parameter], weighting: Weighting) -> None:
        super().__init__(number, item, parameters, weighting)
        # points may be fewer than when the data were read, and one frequency may have been measured twice
        frequency, self._where = np.unique(np.asarray(item.frequency), return_inverse=True)
        self._protocol, self._half = EIS.at(frequency, bias=cast(EIS, item.protocol).bias), item.half

    def predict(self, values: Reals) -> Complexes:
        """Impedance [ohm]."""
        cell = self.cell.with_(self.given(values))
        found = simulate(cell, self._protocol)
        return np.asarray(found[f"impedance_{self._half}" if self._half else "impedance"].values)[self._where]

    def derivatives(self, values: Reals) -> Complexes:
        """Its derivatives by the unknowns."""
        if not self.keys:
            return np.zeros((self.count, self.data.size), dtype=complex)
        cell = self.cell.with_(self.given(values))
        if self._half:
            slopes = half_jacobian(cell, self._protocol, list(self.keys.values()), self._half)
            return self.everywhere(slopes.T[:, self._where])
        found = impedance_jacobian(cell, self._protocol, list(self.keys.values()))["impedance_jacobian"]
        return self.everywhere(np.asarray(found.transpose("parameter", "frequency").values)[:, self._where])


def segments_of(item: Measurement) -> tuple[tuple[Segment, ...], NDArray[np.intp]]:
    """Stretches whose output times are those of the data, and where among all outputs every sample is.

    A stretch that a voltage limit ended in the data ends there in the model, too: how long it lasted was measured.

    Raises
    ------
    InputError
        If the samples do not fit what was done.
    """
    assert item.time is not None
    segments = item.segments
    members, starts = _samples_by_segment(item, segments)
    made: list[Segment] = []
    where = np.full(item.time.size, -1, dtype=np.intp)
    offset = 0
    for segment, samples, start in zip(segments, members, starts, strict=True):
        own = item.time[samples] - start
        duration = segment.duration
        # the model would reach the limit at another time than the data, and the samples had no counterpart
        limited = segment.limits != Limits()
        if limited and own.size and own[-1] < duration * (1 - 1e-9):
            duration = float(own[-1])
            if duration <= 0:
                continue
        # clocks of instruments round: a sample may lie a digit outside of its step
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
    assert item.protocol is not None
    if steps is not None and not item.protocol.recorded:
        labels = [segment.step for segment in segments]
        members = [np.flatnonzero(steps == label) for label in labels]
        starts, now = [], 0.0
        for segment, samples in zip(segments, members, strict=True):
            starts.append(now)
            limited = segment.limits != Limits()
            ended = float(time[samples[-1]]) if samples.size else now
            # the nominal duration, where there is one: the last sample is taken a little before the end of a step
            now = ended if limited else now + segment.duration
        return members, np.array(starts)
    edges = item.protocol.starts_at() + np.concatenate([[0.0], np.cumsum([segment.duration for segment in segments])])
    # a sample at an edge belongs to the stretch before, unless another one at the same time came first
    number = np.clip(np.searchsorted(edges, time - 1e-12 * edges[-1], side="left") - 1, 0, None)
    second = np.concatenate([[False], np.diff(time) == 0])
    number[second] += 1
    return [np.flatnonzero(number == k) for k in range(len(segments))], edges[:-1]
