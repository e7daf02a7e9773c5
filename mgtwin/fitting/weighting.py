"""How deviations count: weightings of the residuals, and losses that forgive outliers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from ..errors import InputError
from ..kinds.noun import noun
from ..quantities import parse

__all__ = ["Cauchy", "Huber", "Loss", "Modulus", "Noise", "SoftL1", "Unit", "Weighting"]


class Weighting:
    """Base of the weightings."""

    def std(self, data: NDArray[Any]) -> NDArray[np.float64]:
        """What each deviation is divided by, in the unit of the data and their shape."""
        raise NotImplementedError

    @property
    def known(self) -> bool:
        """Whether that is the noise itself; otherwise the noise is a common multiple of it, which the fit finds."""
        return False


def _std(raw: Any) -> Any:
    """A number [SI] or text with a unit, or one number per point."""
    if isinstance(raw, (list, tuple, np.ndarray)):
        return tuple(float(item) for item in np.asarray(raw, dtype=float).ravel())
    return float(parse(raw, None))


@noun
class Modulus(Weighting):
    r"""Deviations of a spectrum relative to :math:`|Z|` of the data: the usual choice, for noise in per cent.

    Real and imaginary part of a point have the same weight, :math:`1/|Z|`. For data in time, relative to the absolute
    value, at least a thousandth of the largest.

    Parameters
    ----------
    noise : float or str, optional
        Standard deviation of either part relative to \\|Z\\|, ``"1 %"``. By default it follows from the misfit.
    """

    noise: Annotated[float | None, BeforeValidator(lambda raw: None if raw is None else float(parse(raw, "")))] = None
    type: Literal["modulus"] = Field(default="modulus", kw_only=True, repr=False)

    def __post_init__(self) -> None:
        if self.noise is not None and not 0 < self.noise < np.inf:
            raise InputError(f"noise must be positive, for example '1 %', not {self.noise:g}.")

    def std(self, data: NDArray[Any]) -> NDArray[np.float64]:
        """``|data|``, times the noise where it is given."""
        size = np.abs(data)
        return np.maximum(size, 1e-3 * size.max(initial=0.0)) * (1.0 if self.noise is None else self.noise)

    @property
    def known(self) -> bool:
        """Whether the noise is given."""
        return self.noise is not None


@noun
class Noise(Weighting):
    """Deviations divided by a known standard deviation.

    Parameters
    ----------
    std_of_data : float, str or sequence
        [ohm] of real and of imaginary part, [V] or [A]; one number for all points or one each.

    Examples
    --------
    >>> Noise("0.5 mV").std_of_data
    0.0005
    """

    std_of_data: Annotated[float | tuple[float, ...], BeforeValidator(_std)]
    type: Literal["noise"] = Field(default="noise", kw_only=True, repr=False)

    def __post_init__(self) -> None:
        if not np.all(np.asarray(self.std_of_data) > 0) or not np.all(np.isfinite(self.std_of_data)):
            raise InputError("the standard deviation of the data must be positive and finite.")

    def std(self, data: NDArray[Any]) -> NDArray[np.float64]:
        """The given number(s)."""
        given = np.asarray(self.std_of_data, dtype=float)
        if given.ndim and given.size != data.size:
            raise InputError(f"Noise has {given.size} standard deviations, but there are {data.size} points: one each.")
        return np.broadcast_to(given, data.shape).copy()

    @property
    def known(self) -> bool:
        """True."""
        return True


@noun
class Unit(Weighting):
    """All deviations count alike, as for noise of constant size; its size follows from the misfit."""

    type: Literal["unit"] = Field(default="unit", kw_only=True, repr=False)

    def std(self, data: NDArray[Any]) -> NDArray[np.float64]:
        """The root mean square of the data, so that numbers of different kinds of data are comparable."""
        size = float(np.sqrt(np.mean(np.abs(data) ** 2))) if data.size else 1.0
        return np.full(data.shape, size or 1.0)


class Loss:
    """Base of the robust losses: rho(z) of squared deviations z in units of the noise."""

    type: str
    threshold: float

    @property
    def scipy_name(self) -> str:
        """Name that :func:`scipy.optimize.least_squares` knows."""
        raise NotImplementedError


@noun
class Huber(Loss):
    """Quadratic up to `threshold` standard deviations, linear beyond: few outliers move the result little."""

    threshold: float = Field(default=1.345, gt=0)
    type: Literal["huber"] = Field(default="huber", kw_only=True, repr=False)

    @property
    def scipy_name(self) -> str:
        """``huber``."""
        return "huber"


@noun
class SoftL1(Loss):
    """A smooth transition from quadratic to linear at `threshold` standard deviations."""

    threshold: float = Field(default=1.345, gt=0)
    type: Literal["soft_l1"] = Field(default="soft_l1", kw_only=True, repr=False)

    @property
    def scipy_name(self) -> str:
        """``soft_l1``."""
        return "soft_l1"


@noun
class Cauchy(Loss):
    """Grows as a logarithm beyond `threshold` standard deviations: outliers hardly count, but minima multiply."""

    threshold: float = Field(default=2.385, gt=0)
    type: Literal["cauchy"] = Field(default="cauchy", kw_only=True, repr=False)

    @property
    def scipy_name(self) -> str:
        """``cauchy``."""
        return "cauchy"
