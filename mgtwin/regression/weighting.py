"""How deviations count: weightings of spectra and of runs in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Annotated, ClassVar, TypeVar, dataclass_transform

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, field_validator

from ..errors import InputError
from ..kinds.declare import declared, require
from ..quantities import parse
from ..registry import Family

__all__ = ["WEIGHTINGS", "Data", "Modulus", "Noise", "Proportional", "Unit", "Weighting", "usual", "weighting"]

#: What was measured: impedances [ohm], or voltages [V], or currents [A].
Data = NDArray[np.complex128] | NDArray[np.float64]
Reals = NDArray[np.float64]

#: Smallest value that counts by its own size, relative to the largest: below that the noise of an instrument is that of
#: its range.
LEAST = 1e-3
#: The same of one part of an impedance beside its modulus, which keeps points on an axis from counting infinitely.
LEAST_PART = 1e-6


class Weighting:
    """Base of the weightings: what each deviation is divided by before the squares are added.

    A subclass defines `std`, and `deviations` where real and imaginary parts of a spectrum count differently.
    """

    def std(self, data: Data) -> Reals:
        """What each deviation is divided by, in the unit of the data and with their shape."""
        raise NotImplementedError

    def deviations(self, data: Data) -> tuple[Reals, Reals]:
        """The same for the real and for the imaginary parts of impedances, as programs for circuits take it."""
        same = self.std(data)
        return same, same

    def interleaved(self, data: Data) -> Reals:
        """The same for every real number of the data: of a spectrum real and imaginary part of each point in turn."""
        if not np.iscomplexobj(data):
            return self.std(data)
        return np.repeat(self.std(data), 2)

    #: Whether it is meant for spectra: given for all data of a fit, it leaves runs in time to the usual one.
    of_spectra: ClassVar[bool] = False

    @property
    def known(self) -> bool:
        """Whether that is the noise itself; otherwise the noise is a common multiple of it, which the fit finds."""
        return False


def usual(*, spectrum: bool) -> Weighting:
    """Return the weighting of data that say nothing else: relative for a spectrum, absolute for a run in time."""
    return Modulus() if spectrum else Unit()


#: Every weighting by the name that it has in files.
WEIGHTINGS: Family[type[Weighting]] = Family("weighting")
_Weighting = TypeVar("_Weighting", bound=Weighting)


@dataclass_transform(frozen_default=True, field_specifiers=(field, Field))
def weighting(cls: type[_Weighting]) -> type[_Weighting]:
    """Make a class a weighting: a noun that files know by its name in snake case."""

    def check(made: type[Weighting]) -> None:
        require(made.std is not Weighting.std, made, WEIGHTINGS, "without the method std(data).")

    return declared(cls, WEIGHTINGS, Weighting, check)


@weighting
class Modulus(Weighting):
    r"""Deviations of a spectrum relative to :math:`|Z|` of the data: the usual choice, for noise in per cent.

    Real and imaginary part of a point have the same weight, :math:`1/|Z|` ("Data-Modulus" in ZView), however many
    decades it spans. For data in time, relative to the absolute value; values below a thousandth of the largest count
    as that.

    Parameters
    ----------
    noise : float or str, optional
        Standard deviation of either part relative to \\|Z\\|, ``"1 %"``. By default it follows from the misfit.
    """

    noise: Annotated[float | None, BeforeValidator(lambda raw: None if raw is None else float(parse(raw, "")))] = None
    of_spectra: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.noise is not None and not 0 < self.noise < np.inf:
            raise InputError(f"noise must be positive, for example '1 %', not {self.noise:g}.")

    def std(self, data: Data) -> Reals:
        """``|data|``, times the noise where it is given."""
        size = np.abs(data)
        # an instrument changes its range along a spectrum, so that its noise stays relative; along a trace it does not
        least = LEAST_PART if np.iscomplexobj(data) else LEAST
        return np.maximum(size, least * size.max(initial=0.0)) * (1.0 if self.noise is None else self.noise)

    def deviations(self, data: Data) -> tuple[Reals, Reals]:
        """``|Z|`` for both parts [ohm], however many decades it spans."""
        size = np.abs(data) * (1.0 if self.noise is None else self.noise)
        return size, size

    @property
    def known(self) -> bool:
        """Whether the noise is given."""
        return self.noise is not None


@weighting
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

    std_of_data: float | tuple[float, ...]

    @field_validator("std_of_data", mode="before")
    @classmethod
    def _one_or_each(cls, raw: float | str | Sequence[float] | Reals) -> float | tuple[float, ...]:
        match raw:
            case list() | tuple() | np.ndarray():
                return tuple(float(item) for item in np.asarray(raw, dtype=float).ravel())
        return float(parse(raw, None))

    def __post_init__(self) -> None:
        if not np.all(np.asarray(self.std_of_data) > 0) or not np.all(np.isfinite(self.std_of_data)):
            raise InputError("the standard deviation of the data must be positive and finite.")

    def std(self, data: Data) -> Reals:
        """The given number(s)."""
        given = np.asarray(self.std_of_data, dtype=float)
        if given.ndim and given.size != data.size:
            raise InputError(f"Noise has {given.size} standard deviations, but there are {data.size} points: one each.")
        return np.broadcast_to(given, data.shape).copy()

    @property
    def known(self) -> bool:
        """True."""
        return True


@weighting
class Unit(Weighting):
    """All deviations count alike ("Unit" in ZView), as for noise of constant size; its size follows from the misfit."""

    def std(self, data: Data) -> Reals:
        """The root mean square of the data, so that numbers of different kinds of data are comparable."""
        size = float(np.sqrt(np.mean(np.abs(data) ** 2))) if data.size else 1.0
        # data that are all zero have no size, and nothing may be divided by it
        return np.full(data.shape, size or 1.0)


@weighting
class Proportional(Weighting):
    """The error of each part of Z proportional to that part ("Data-Proportional" in ZView).

    Points close to an axis count most; a part smaller than 1e-6 of ``|Z|`` counts as that. For data in time the same as
    `Modulus`.
    """

    def std(self, data: Data) -> Reals:
        """``|data|``; see `deviations` for the parts of a spectrum."""
        return Modulus().std(data)

    def deviations(self, data: Data) -> tuple[Reals, Reals]:
        """``|Re Z|`` and ``|Im Z|`` [ohm]."""
        # relative to each point itself, not to the largest: the spectrum spans decades
        least = LEAST_PART * np.abs(data)
        return np.maximum(np.abs(data.real), least), np.maximum(np.abs(data.imag), least)

    def interleaved(self, data: Data) -> Reals:
        """Those of real and imaginary part of each point in turn."""
        return np.stack(self.deviations(data), axis=1).ravel() if np.iscomplexobj(data) else self.std(data)
