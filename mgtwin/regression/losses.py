"""Losses that forgive outliers: rho(z) of squared deviations z in units of the noise, instead of z itself."""

from __future__ import annotations

from dataclasses import field
from typing import ClassVar, TypeVar, dataclass_transform

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..kinds.declare import declared, require
from ..registry import Family

__all__ = ["LOSSES", "Cauchy", "Huber", "Loss", "SoftL1", "loss"]

Reals = NDArray[np.float64]


class Loss:
    """Base of the robust losses."""

    threshold: float
    #: Name that :func:`scipy.optimize.least_squares` knows.
    scipy_name: ClassVar[str]

    def weights(self, residuals: Reals) -> Reals:
        """How much every residual still counts: the derivative of the loss by the squared residual."""
        return self.slope((residuals / self.threshold) ** 2)

    @staticmethod
    def slope(z: Reals) -> Reals:
        """d rho/dz of z = (residual/threshold)^2."""
        raise NotImplementedError


#: Every loss by the name that it has in files.
LOSSES: Family[type[Loss]] = Family("loss")
_Loss = TypeVar("_Loss", bound=Loss)


@dataclass_transform(frozen_default=True, field_specifiers=(field, Field))
def loss(cls: type[_Loss]) -> type[_Loss]:
    """Make a class a loss: a noun that files know by its name in snake case."""

    def check(made: type[Loss]) -> None:
        require(made.slope is not Loss.slope, made, LOSSES, "without the static method slope(z).")

    return declared(cls, LOSSES, Loss, check)


@loss
class Huber(Loss):
    """Quadratic up to `threshold` standard deviations, linear beyond: few outliers move the result little."""

    scipy_name = "huber"

    threshold: float = Field(default=1.345, gt=0)

    @staticmethod
    def slope(z: Reals) -> Reals:
        """1 inside, ``1/sqrt(z)`` beyond."""
        return 1 / np.sqrt(np.maximum(z, 1.0))


@loss
class SoftL1(Loss):
    """A smooth transition from quadratic to linear at `threshold` standard deviations."""

    scipy_name = "soft_l1"

    threshold: float = Field(default=1.345, gt=0)

    @staticmethod
    def slope(z: Reals) -> Reals:
        """``1/sqrt(1 + z)``."""
        return 1 / np.sqrt(1 + z)


@loss
class Cauchy(Loss):
    """Grows as a logarithm beyond `threshold` standard deviations: outliers hardly count, but minima multiply."""

    scipy_name = "cauchy"

    threshold: float = Field(default=2.385, gt=0)

    @staticmethod
    def slope(z: Reals) -> Reals:
        """``1/(1 + z)``."""
        return 1 / (1 + z)
