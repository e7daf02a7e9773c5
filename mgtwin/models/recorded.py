"""Stacks that follow a record, a line from corner to corner, in one solve."""

from __future__ import annotations

from typing import Any

import numpy as np
import pybamm

from ..cells import Cell
from .controlled import ControlledStack
from .stack import StackModel

__all__ = ["NOW", "RecordedCurrent", "RecordedVoltage"]

#: Input that is added to the time: 0 in a solve; outputs, which know no time, are given it here.
NOW = "recorded time [s]"


def _line(times: np.ndarray, values: np.ndarray) -> pybamm.Symbol:
    now = pybamm.t + pybamm.InputParameter(NOW)
    return pybamm.Interpolant(times, values, now, name="recorded", interpolator="linear")


class RecordedCurrent(StackModel):
    """A :class:`StackModel` whose current is a line between corners. It is no unknown, which halves the cost of a step.

    Parameters
    ----------
    cell : Cell
    times, values : ndarray
        Corners: time [s], increasing, and current [A] in PyBaMM's sign.
    **options
        Those of :class:`StackModel`.
    """

    def __init__(self, cell: Cell, *, times: np.ndarray, values: np.ndarray, **options: Any):
        self._record = (times, values)
        super().__init__(cell, **options)

    def _current(self) -> pybamm.Symbol:
        return _line(*self._record)


class RecordedVoltage(ControlledStack):
    """A stack whose voltage [V] is a line between corners; see :class:`RecordedCurrent`."""

    def __init__(self, cell: Cell, *, times: np.ndarray, values: np.ndarray, **options: Any):
        super().__init__(cell, **options)
        self.algebraic[self.current] = self.voltage - _line(times, values)
        self.events = [event for event in self.events if event.name not in ("lowest voltage", "highest voltage")]
