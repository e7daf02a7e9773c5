"""Runs that answer readouts with numbers, from the exact impedance of the whole cell, for parameters side by side."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..analysis.linear import Sum
from ..impedance.exact import exact, exact_laplace
from ..impedance.talbot import Inversion
from .unknowns import SymbolicRun

__all__ = ["NumericRun"]

Reals = NDArray[np.float64]
#: Decades that a steady current may be off at the end of a step.
STEADY = 0.001


@dataclass
class NumericRun(SymbolicRun):
    """A run of which readouts ask resistivities, and get numbers: one for each set of parameters.

    Parameters
    ----------
    unknowns, run, cell
        As of `SymbolicRun`.
    values : mapping
        Path of a free parameter to its values.
    known : dict
        What was computed for runs of the same cell before, by name, question and argument.
    shared : dict
        Parts of their electrons' path.
    """

    values: Mapping[str, Reals] = field(default_factory=dict)
    known: dict[tuple[str, str, float], Reals] = field(default_factory=dict)
    shared: dict[tuple[str, str], dict[str, Reals]] = field(default_factory=dict)

    def _once(self, question: str, argument: float, compute: Callable[[], Reals]) -> Sum:
        """A resistance as a resistivity, computed once for all rows that ask for it."""
        key = self.name, question, argument
        if key not in self.known:
            self.known[key] = compute() * self._numbers["area"] / self._numbers["thickness"]
        return Sum(self.known[key])  # type: ignore[arg-type]

    @cached_property
    def _numbers(self) -> dict[str, Reals]:
        if (self.name, "parts") not in self.shared:
            self.shared[self.name, "parts"] = self._probed(self.values)
        return self.shared[self.name, "parts"]

    @cached_property
    def _given(self) -> dict[str | tuple[str, ...], ArrayLike]:
        given: dict[str | tuple[str, ...], ArrayLike] = dict(self.asked[1].items())
        given.update(self.values.items())
        return given

    def electronic(self, without: Collection[str] = ()) -> Sum:
        """Of the electrons' path, at the end of the protocol."""
        taken = np.zeros(1)
        for name, value in self._numbers.items():
            if "contacts" in without and name.startswith("contact "):
                taken = taken + value / self._numbers["thickness"]
            if "grain_boundaries" in without and name.startswith("grain boundaries"):
                taken = taken + value
        return self.steady() - Sum(taken)  # type: ignore[arg-type]

    def steady(self) -> Sum:
        """At the end of the protocol's duration."""
        if self.duration is None:
            return self._once("direct", 0.0, lambda: exact_laplace(self.cell, [0.0], self._given).real[..., 0])
        return self.stepped(self.duration, False)

    @property
    def duration(self) -> float | None:
        """Of the steps of voltage of its protocol [s], None where it has none."""
        found = vars(self.run.protocol).get("duration")
        return float(found) if found is not None and self.run.protocol.imposed == "voltage" else None

    def unsteady(self) -> Reals:
        """Decades by which the end of its duration is not steady: with several steps the next would remember it."""
        direct = self._once("direct", 0.0, lambda: exact_laplace(self.cell, [0.0], self._given).real[..., 0])
        end = np.asarray(self.steady().constant)
        return np.maximum(np.log10(np.asarray(direct.constant) / end) - STEADY, 0.0)

    def stepped(self, time: float, plateau: bool) -> Sum:
        """A time after a step of voltage."""

        def compute() -> Reals:
            inversion = Inversion(np.array([time]), 16)
            impedance = exact_laplace(self.cell, inversion.s, self._given)
            return np.asarray(1 / inversion.invert(1 / (impedance * inversion.s))[..., 0])

        return self._once("stepped", time, compute)

    def magnitude(self, frequency: float) -> Sum:
        """Of the impedance."""
        return self._once("magnitude", frequency, lambda: np.abs(exact(self.cell, [frequency], self._given))[..., 0])

    def length_per_area(self) -> tuple[float, float]:
        """Thickness over area."""
        found = self._numbers["thickness"] / self._numbers["area"]
        return found, found  # type: ignore[return-value]

    def relative_to(self, other: SymbolicRun) -> tuple[float, float]:
        """Length per area over that of another."""
        found = self.length_per_area()[0] / other.length_per_area()[0]
        return found, found
