"""What is known of a parameter beside the data."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar, dataclass_transform

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from ..errors import InputError
from ..kinds.declare import declared, require
from ..quantities import Quantity, format_value
from ..registry import Family
from ..regression import Block
from ..unions import OneOf

__all__ = ["PRIORS", "LogNormal", "Normal", "Prior", "PriorBlock", "prior"]

#: A number in SI or a text with its unit; which unit is right depends on the path.
_Number = Annotated[float, Quantity(None, allow_inf=True)]


class Knowledge(ABC):
    """Base of the priors: a function of the parameter that is normally distributed, and its words."""

    @abstractmethod
    def in_unit(self, convert: Callable[[float], float]) -> Knowledge:
        """The same with its numbers in the unit of the parameter."""

    @abstractmethod
    def deviation(self, value: float) -> float:
        """Distance of a value from the middle in standard deviations."""

    @abstractmethod
    def slope(self, value: float) -> float:
        """Its derivative by the value."""

    @abstractmethod
    def shown(self, unit: str) -> str:
        """In words, for the table."""


#: Every prior by the name that it has in files.
PRIORS: Family[type[Knowledge]] = Family("prior")
_Knowledge = TypeVar("_Knowledge", bound=Knowledge)


@dataclass_transform(frozen_default=True)
def prior(cls: type[_Knowledge]) -> type[_Knowledge]:
    """Make a class a prior: a noun that files know by its name in lower case."""

    def check(made: type[Knowledge]) -> None:
        missing = ", ".join(sorted(made.__abstractmethods__))
        require(not missing, made, PRIORS, f"without {missing}.")

    return declared(cls, PRIORS, Knowledge, check)


@prior
class Normal(Knowledge):
    """Prior knowledge of a parameter as a normal distribution.

    Parameters
    ----------
    mean, std : float or str
        In SI units, or with a unit.

    Examples
    --------
    >>> Normal("0.30 eV", "0.02 eV").std
    Value(0.02, unit='eV')
    """

    mean: _Number
    std: _Number

    @model_validator(mode="after")
    def _positive(self) -> Normal:
        if not 0 < self.std < float("inf"):
            raise InputError(f"the standard deviation of a prior must be positive and finite, not {self.std:g}.")
        return self

    def in_unit(self, convert: Callable[[float], float]) -> Normal:
        """The same with its numbers in the unit of the parameter."""
        return Normal(convert(self.mean), convert(self.std))

    def deviation(self, value: float) -> float:
        """Distance of a value from the mean in standard deviations."""
        return float((value - self.mean) / self.std)

    def slope(self, value: float) -> float:
        """Its derivative by the value."""
        return 1 / self.std

    def shown(self, unit: str) -> str:
        """``mean ± std``."""
        return f"{format_value(self.mean, unit)} ± {float(self.std):.2g} {unit}".strip()


@prior
class LogNormal(Knowledge):
    """Prior knowledge of a positive parameter: its logarithm is normally distributed.

    Parameters
    ----------
    median : float or str
        In SI units, or with a unit.
    factor : float
        > 1; the value lies within a factor `factor` of the median with a probability of 68 %.

    Examples
    --------
    >>> LogNormal("20 uF/cm^2", 2).median
    Value(0.2, unit='F/m^2')
    """

    type = "lognormal"  # as files of 0.1.0 spell it

    median: _Number
    factor: _Number

    @model_validator(mode="after")
    def _sensible(self) -> LogNormal:
        if not self.median > 0 or not 1 < self.factor < float("inf"):
            raise InputError("the median of a LogNormal prior must be positive and its factor greater than 1.")
        return self

    def in_unit(self, convert: Callable[[float], float]) -> LogNormal:
        """The same with its median in the unit of the parameter."""
        return LogNormal(convert(self.median), self.factor)

    def deviation(self, value: float) -> float:
        """Distance of a value from the median in standard deviations of the logarithm."""
        return math.log(max(value, 1e-300) / self.median) / math.log(self.factor)

    def slope(self, value: float) -> float:
        """Its derivative by the value."""
        return 1 / (value * math.log(self.factor))

    def shown(self, unit: str) -> str:
        """``median ×/÷ factor``."""
        return f"{format_value(self.median, unit)} ×/÷ {float(self.factor):.3g}"


#: Field of a noun that holds a prior.
Prior = Annotated[Knowledge, OneOf(PRIORS)]


class PriorBlock(Block):
    """Priors as data: each is one more measurement, of a function of its parameter, with a standard deviation of 1.

    Parameters
    ----------
    priors : sequence of Knowledge or None
        One entry for each unknown of the fit.
    """

    numbers = ()
    quantity = "prior"
    smooth = True

    def __init__(self, priors: Sequence[Knowledge | None]) -> None:
        self._known = [(k, known) for k, known in enumerate(priors) if known is not None]
        self._count = len(priors)
        self.data = np.zeros(len(self._known))
        self.lengths = (len(self._known),)
        self.weight = np.ones(len(self._known))

    def predict(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Deviations in units of the standard deviation."""
        return np.array([known.deviation(float(values[k])) for k, known in self._known])

    def derivatives(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Their derivatives by the unknowns, shape (unknowns, priors)."""
        result = np.zeros((self._count, len(self._known)))
        for row, (k, known) in enumerate(self._known):
            result[k, row] = known.slope(float(values[k]))
        return result
