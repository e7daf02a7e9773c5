"""Stacks that follow a record, a line from corner to corner, in one solve."""

from __future__ import annotations

from typing import Any

import casadi
import numpy as np
import pybamm

from ..cells import Cell
from ..kinds.numbers import Number
from . import controlled
from .controlled import ControlledStack
from .stack import StackModel

__all__ = ["NOW", "RecordedCurrent", "RecordedVoltage"]

#: Input that is added to the time: 0 in a solve; outputs, which know no time, are given it here.
NOW = "recorded time [s]"


def _line(times: np.ndarray, values: np.ndarray) -> pybamm.Symbol:
    """The record as a function of time."""
    # pybamm.Interpolant would copy the whole table at every evaluation
    table = casadi.interpolant("recorded", "linear", [times], values, {"lookup_mode": ["binary"]})

    def recorded(now: Number) -> Number:
        match now:
            case casadi.MX():
                return table(now)
            case _:
                return np.interp(now, times, values)

    return pybamm.Function(recorded, pybamm.t + pybamm.InputParameter(NOW))


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

    counts = False

    def __init__(self, cell: Cell, *, times: np.ndarray, values: np.ndarray, **options: Any):
        self._record = (times, values)
        super().__init__(cell, **options)
        # a table has no scalar form, without which numbers as inputs cost too much
        self.free_numbers = ()

    def _current(self) -> pybamm.Symbol:
        return _line(*self._record)


class RecordedVoltage(ControlledStack):
    """A stack whose voltage [V] is a line between corners; see :class:`RecordedCurrent`."""

    def __init__(self, cell: Cell, *, times: np.ndarray, values: np.ndarray, **options: Any):
        super().__init__(cell, **options)
        self.free_numbers = ()
        self.algebraic[self.cell_current] = self.voltage - _line(times, values)
        self.events: list[pybamm.Event] = [e for e in self.events if e.name not in controlled.LIMITED]
