"""A stack whose current alternates: many half cycles of constant current in one solve."""

from __future__ import annotations

from typing import Any

import pybamm

from ..cells import Cell
from .stack import StackModel

#: Names of the inputs that say how the current alternates.
AMPLITUDE, HALF_CYCLE, REST = "cycled current [A]", "cycled half cycle [s]", "cycled rest [s]"
DELAY = "cycled delay [s]"
LOW, HIGH = "cycled lowest voltage [V]", "cycled highest voltage [V]"
#: Events by which a voltage limit ends a half cycle.
LOWEST, HIGHEST = "lowest voltage", "highest voltage"


class CycledStack(StackModel):
    """A :class:`StackModel` whose current alternates between ``+I`` and ``-I``, with rests between if there are any.

    The current is a function of time, so that it is no unknown and a cell whose elements all have states is a plain
    ODE: half the cost per step of a stack whose current is an unknown. It switches a `delay` after the end of each half
    cycle. An integrator that stops at the end and again two delays later sees the old current up to the first stop and
    the new one from the second on, and restarts there; between the stops, a time too short to matter, it may see both.

    Parameters
    ----------
    cell : Cell
    limited : bool
        Whether voltage limits end half cycles. Without them the voltage is not evaluated at every step, which saves a
        third of the time.
    **options
        Those of :class:`StackModel`.
    """

    counts = False

    def __init__(self, cell: Cell, *, limited: bool = False, **options: Any):
        super().__init__(cell, **options)
        if limited:
            get = pybamm.InputParameter
            limits = [pybamm.Event(LOWEST, self.voltage - get(LOW)), pybamm.Event(HIGHEST, get(HIGH) - self.voltage)]
            self.events: list[pybamm.Event] = [*super().events, *limits]

    def _current(self) -> pybamm.Symbol:
        get = pybamm.InputParameter
        half, rest = get(HALF_CYCLE), get(REST)
        elapsed = pybamm.t - get(DELAY)
        period = 2 * (half + rest)
        # by the remainder: one equation for any number of cycles in a solve
        phase = elapsed - period * pybamm.Floor(elapsed / period)
        first = phase < half
        second = (phase >= half + rest) * (phase < 2 * half + rest)
        return get(AMPLITUDE) * first - get(AMPLITUDE) * second  # NumPy does not subtract truth values
