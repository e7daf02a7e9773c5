r"""From one piece of evidence to the next: what ages by the laws of the cell, rates that wander.

A logarithm u that wanders with the variance :math:`s^2` over a gap ends at :math:`u + s w_1` and acts on what ages with
its mean over the gap, :math:`u + \tfrac12 s w_1 + s w_2/\sqrt{12}`, with independent standard normal :math:`w`: that is
the joint distribution of a random walk's end and mean. Consumed throughput then grows whatever w is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy

import numpy as np
from numpy.typing import NDArray

from .coordinates import CYCLES_PER_STEP, Coordinates
from .evidence import Moment

__all__ = ["Journey"]

Reals = NDArray[np.float64]


class Journey:
    """The dynamics of a life (`mgtwin.twin.smoother.Dynamics`): from the new cell through some moments.

    Parameters
    ----------
    coordinates : Coordinates
    moments : sequence of Moment
        In their order.
    begin : Moment, optional
        From where the first gap goes; the new cell by default.
    """

    def __init__(self, coordinates: Coordinates, moments: Sequence[Moment], begin: Moment | None = None) -> None:
        self._coordinates = coordinates
        usage = coordinates.usage
        along = [begin or Moment(cycle=0.0, time=0.0), *moments]
        cycles = np.array([usage.cycle(moment) for moment in along])
        times = np.array([usage.time(moment) for moment in along])
        self.cycles, time = np.diff(cycles), np.diff(times)
        # what is not spent cycling is spent at rest
        cycling = np.where(self.cycles > 0, self.cycles * (usage.period if usage.cycling else 0.0), 0.0)
        self._idle = np.where(time - cycling > 1e-9 * np.abs(time), time - cycling, 0.0)
        self._steps = max(1, math.ceil(max(self.cycles, default=0.0) / CYCLES_PER_STEP))
        wander = coordinates.wander
        self._wandering = np.flatnonzero(wander.any(axis=1))
        #: Standard deviation of each wandering number over each gap, (K, wandering).
        variance = np.outer(self.cycles, wander[self._wandering, 0]) + np.outer(time, wander[self._wandering, 1])
        self._spread = np.sqrt(np.clip(variance, 0.0, None))
        self.noises = 2 * len(self._wandering)

    @classmethod
    def joined(cls, journeys: Sequence[Journey]) -> Journey:
        """Steps of several journeys, each by itself: for `moved`."""
        found, parts = copy(journeys[0]), [(one.cycles, one._idle, one._spread) for one in journeys]
        found.cycles, found._idle, found._spread = map(np.concatenate, zip(*parts, strict=True))
        found._steps = max(one._steps for one in journeys)
        return found

    def step(self, k: int, state: Reals, noise: Reals) -> Reals:
        """The state (n,) at moment k from the one before it."""
        result = state.copy()
        during = state.copy()
        spread, ends, means = self._spread[k], noise[0::2], noise[1::2]
        # within the gap rates act with their mean over it, at its end they are where they have wandered to
        during[self._wandering] += spread * (0.5 * ends + means / math.sqrt(12))
        result[self._wandering] += spread * ends
        during = self._coordinates.acting(during)
        result[len(self._coordinates.parameters) :] = self._aged(during, float(self.cycles[k]), float(self._idle[k]))
        return result

    def _aged(self, during: Reals, cycles: float | Reals, idle: float | Reals) -> list[Reals]:
        """What has aged after a gap, with the numbers that act within it."""
        space = self._coordinates
        reader = space.reader(during)
        return space.ageing.advanced(reader, space.aged(during), cycles, idle, self._steps, space.ionic(during))

    def ensemble(self, k: int, states: Reals, noises: Reals) -> Reals:
        """`step` for states (members, n) and noises (members, q)."""
        result, during = states.copy(), states.copy()
        spread, ends, means = self._spread[k], noises[:, 0::2], noises[:, 1::2]
        during[:, self._wandering] += spread * (0.5 * ends + means / math.sqrt(12))
        result[:, self._wandering] += spread * ends
        during = self._coordinates.acting(during)
        for row, aged in enumerate(
            self._aged(during, self.cycles[k], self._idle[k]), len(self._coordinates.parameters)
        ):
            result[:, row] = aged
        return result

    def linearised(self, states: Reals, noises: Reals) -> tuple[Reals, Reals]:
        """Derivatives of all steps by the states before them, (K, n, n), and by the noises, (K, n, q)."""
        return self.moved(states, noises)[1:]

    def moved(self, states: Reals, noises: Reals) -> tuple[Reals, Reals, Reals]:
        """Where all steps lead from the states before them, (K, n), with the derivatives of `linearised`."""
        space, count = self._coordinates, len(states)
        first, size = len(space.parameters), space.size
        reached = states.copy()
        reached[:, self._wandering] += self._spread * noises[:, 0::2]
        F = np.broadcast_to(np.eye(size), (count, size, size)).copy()
        G = np.zeros((count, size, self.noises))
        for i, k in enumerate(self._wandering):
            G[:, k, 2 * i] = self._spread[:, i]
        if not space.ageing.states:
            return reached, F, G
        during = states.copy()
        shift = self._spread * (0.5 * noises[:, 0::2] + noises[:, 1::2] / math.sqrt(12))
        during[:, self._wandering] += shift
        during = space.acting(during)
        about, steps = space.around(during)
        found = self._aged(
            np.concatenate([about, during[:, np.newaxis]], axis=1),
            self.cycles[:, np.newaxis],
            self._idle[:, np.newaxis],
        )
        active = list(space.active)
        for row, aged in enumerate(found, first):
            values = np.broadcast_to(aged, (count, 2 * len(active) + 1))
            F[:, row, active] = (values[:, 0:-1:2] - values[:, 1:-1:2]) / (2 * steps)
            reached[:, row] = values[:, -1]
        # noises act through the mean of what wanders
        for i, k in enumerate(self._wandering):
            G[:, first:, 2 * i] = F[:, first:, k] * (0.5 * self._spread[:, i])[:, np.newaxis]
            G[:, first:, 2 * i + 1] = F[:, first:, k] * (self._spread[:, i] / math.sqrt(12))[:, np.newaxis]
        return reached, F, G
