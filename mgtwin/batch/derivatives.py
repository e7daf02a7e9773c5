"""Voltage and current over time with their derivatives, as differences of sets that take the same steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..cells import Cell
from ..cells.paths import Key
from ..errors import SimulationError
from ..protocols import Segment
from ..routes import MODELLED, Task, choose
from ..simulation.sensitivities import RepeatedRun
from .stacks import ParameterSets, decades_of

__all__ = ["DifferenceRun"]

Reals = NDArray[np.float64]

#: Relative step of differences. On one sequence of steps what they differ in is smooth to rounding, so that half the
#: second derivative times the step is all that is left.
STEP = 1e-6
#: Tolerances of the states: they leave 2e-6 of a voltage, 5e-6 of a current and 3e-5 of a slope, which no data notice.
RTOL, ATOL = 1e-5, 1e-8


class DifferenceRun(RepeatedRun):
    """A run with its derivatives by differences; see `RepeatedRun`.

    The cell and its neighbours, each with one number a millionth larger, are integrated side by side: differences of
    one discrete map, under an imposed current as under an imposed voltage, for little more than one run costs.

    Parameters
    ----------
    cell, segments, keys
        As of `RepeatedRun`.
    half : str
        ``"negative"`` or ``"positive"``: give the voltage on that side of the reference in place of the cell's.

    Examples
    --------
    >>> import mgtwin as mt
    >>> cell, path = mt.cell("trilayer"), "positive.double_layer.c"
    >>> run = DifferenceRun(cell, mt.Galvanostatic("10 uA", "1 s", points=4).segments(cell), [path])
    >>> voltage, current, slopes = run.derivatives({path: 0.02})
    >>> slopes.shape
    (2, 4, 1)
    """

    def __init__(self, cell: Cell, segments: Sequence[Segment], keys: Sequence[Key], *, half: str = "") -> None:
        super().__init__(cell, segments, keys)
        self._half = half
        self.options |= {"layers": choose(Task(cell, self.segments), MODELLED), "rtol": RTOL, "atol": ATOL}
        #: Models by the decades of time that their layers are made for, which follow the numbers.
        self._models: dict[tuple[tuple[str, int], ...], ParameterSets] = {}

    def run(self, values: Mapping[str, float]) -> tuple[Reals, Reals]:
        """Voltage [V] and current [A, laboratory's sign] at the output times of all segments in turn.

        Raises
        ------
        SimulationError
            Where the integrator fails.
        """
        voltage, current, _ = self.derivatives(values)
        return voltage, current

    def derivatives(self, values: Mapping[str, float]) -> tuple[Reals, Reals, Reals]:
        """The same with derivatives of voltage and current by every key, shape (2, times, keys) [per SI unit]."""
        base = np.array([float(values[name]) for name in self.names])
        # a number that is 0 has no size of its own to take a part of
        steps = STEP * np.where(base == 0, 1.0, np.abs(base))
        given = base[:, np.newaxis] + np.concatenate([np.zeros((base.size, 1)), np.diag(steps)], axis=1)
        model = self._model(given)
        numbers, state = model.numbers(given), model.at_rest(given)
        parts = []
        for segment in self.segments:
            reached = model.integrate(state, given, [segment] * (base.size + 1))
            if reached.failures:
                raise SimulationError(next(iter(reached.failures.values())), time=0.0)
            parts.append(model.signals(reached.states, numbers))
            state = reached.final
        voltage, current, *negative = np.concatenate(parts, axis=1)
        if self._half:
            voltage = negative[0] if self._half == "negative" else voltage - negative[0]
        # the laboratory's current is PyBaMM's with the other sign, and so are its derivatives
        found = np.stack([voltage, 0.0 - current])
        return found[0, :, 0], found[1, :, 0], (found[:, :, 1:] - found[:, :, :1]) / steps

    def _model(self, values: Reals) -> ParameterSets:
        """The model that serves all of these sets."""
        decades = decades_of(self.cell, dict(zip(self.keys, values, strict=True)), self.options["f_max"])
        widest = tuple((layer, int(given.max())) for layer, given in decades.items())
        if widest not in self._models:
            self._models[widest] = ParameterSets(self.cell, self.keys, **self.options, decades=dict(widest))
        return self._models[widest]
