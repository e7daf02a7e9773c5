"""Impedance spectroscopy."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field, field_validator, model_validator

from ..errors import InputError
from ..quantities import Quantity, Value
from .base import Protocol, Runner, Temperature, is_array, protocol
from .bias import Bias

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Frequency = Annotated[Value, Quantity("Hz", gt=0)]


@protocol
class EIS(Protocol):
    """Impedance spectrum at logarithmically spaced frequencies.

    Parameters
    ----------
    f_max, f_min : float or str
        Highest and lowest frequency [Hz].
    points : int, optional
        Number of frequencies in all.
    per_decade : int, optional
        Frequencies per decade (10 if neither is given).
    temperature : float or str, optional
        [K]; the cell's own if not given.
    bias : Voltage or Current, optional
        What the cell is held at until it is steady, ``mt.Voltage(0.5)`` or ``mt.Current("10 uA")``. Without a bias the
        spectrum is that of the cell at rest, or of the state given as `start` at the current that flows there.

    Raises
    ------
    pydantic.ValidationError
        For frequencies that are not positive, ``f_max <= f_min``, or both `points` and `per_decade`.

    Examples
    --------
    >>> EIS("1 MHz", "0.1 Hz", points=100).values().size
    100
    >>> EIS.at([1e3, 10.0, 0.1]).values()
    array([1.e+03, 1.e+01, 1.e-01])
    """

    f_max: Frequency | None = None
    f_min: Frequency | None = None
    points: int | None = Field(default=None, ge=2)
    per_decade: int | None = Field(default=None, ge=1)
    temperature: Temperature | None = None
    bias: Bias | None = None
    frequencies: tuple[Frequency, ...] | None = Field(default=None, kw_only=True)

    @field_validator("frequencies", mode="before")
    @classmethod
    def _listed(cls, raw: object) -> object:
        return tuple(raw) if is_array(raw) else raw

    @field_validator("frequencies")
    @classmethod
    def _distinct(cls, frequencies: tuple[Value, ...] | None) -> tuple[Value, ...] | None:
        if frequencies is not None:
            if not frequencies:
                raise InputError("give at least one frequency.")
            # Every table by frequency needs it to name one row; a double one would also weigh twice in a fit.
            seen = sorted(float(f) for f in frequencies)
            twice = [a for a, b in pairwise(seen) if a == b]
            if twice:
                raise InputError(f"the frequency {twice[0]:g} Hz is given twice: give each one once.")
        return frequencies

    @model_validator(mode="after")
    def _consistent(self) -> EIS:
        if self.frequencies is not None:
            if any(item is not None for item in (self.f_max, self.f_min, self.points, self.per_decade)):
                raise InputError("give either frequencies, or f_max and f_min, not both.")
            return self
        if self.f_max is None or self.f_min is None:
            raise InputError("give f_max and f_min, or frequencies, as EIS.at(frequencies) does.")
        if self.f_max <= self.f_min:
            raise InputError(f"f_max ({self.f_max:g} Hz) must be above f_min ({self.f_min:g} Hz): exchange them.")
        if self.points is not None and self.per_decade is not None:
            raise InputError("give either points (in all) or per_decade, not both.")
        return self

    @classmethod
    def at(cls, frequencies: ArrayLike, temperature: float | str | None = None, bias: Bias | None = None) -> EIS:
        """Spectrum at exactly these frequencies [Hz], in this order."""
        return cls(frequencies=frequencies, temperature=temperature, bias=bias)  # type: ignore[arg-type]  # validated

    def values(self) -> np.ndarray:
        """Frequencies [Hz], the highest first (or as given to :meth:`at`)."""
        if self.frequencies is not None:
            return np.array([float(f) for f in self.frequencies])
        assert self.f_max is not None and self.f_min is not None
        number = self.points
        # Both ends count: one decade of ten per decade has eleven frequencies.
        if number is None:
            number = max(round(np.log10(self.f_max / self.f_min) * (self.per_decade or 10)) + 1, 2)
        # From the highest, as instruments measure: what drifts shows in the slow part at the end.
        return np.geomspace(float(self.f_max), float(self.f_min), number)

    def rest_before(self) -> float | None:
        """None under a bias; without one the cell is at rest."""
        return float("inf") if self.bias is None else None

    def run_by(self, runner: Runner) -> object:
        """Ask for a spectrum."""
        return runner.spectrum(self)
