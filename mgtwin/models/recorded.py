"""A stack that follows a record: a line from corner to corner, in one solve."""

from __future__ import annotations

from typing import Any

import numpy as np
import pybamm

from ..cells import Cell
from . import controlled
from .controlled import ControlledStack

__all__ = ["RecordedStack"]


class RecordedStack(ControlledStack):
    """A :class:`ControlledStack` whose current or voltage is a line between corners, which time passes one by one.

    Parameters
    ----------
    cell : Cell
    times, values : ndarray
        Corners: time [s], increasing, and current [A] in PyBaMM's sign, or voltage [V].
    **options
        Those of :class:`ControlledStack`.
    """

    def __init__(self, cell: Cell, *, times: np.ndarray, values: np.ndarray, **options: Any):
        super().__init__(cell, **options)
        by_voltage = pybamm.InputParameter(controlled.BY_VOLTAGE)
        imposed = pybamm.Interpolant(times, values, pybamm.t, name="recorded", interpolator="linear")
        self.algebraic[self.current] = by_voltage * (self.voltage - imposed) + (1 - by_voltage) * (
            (self.current - imposed) / self._current_scale
        )
