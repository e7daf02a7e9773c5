r"""What a kind remembers: states :math:`x_k` beside its overpotential, each with a drive and a scalar operator.

.. math:: j = g(\eta, x), \qquad p_k[x_k] = d_k(j, \eta, x)                                                (K1)

A memory is declared once and has two faces: its operator :math:`p(s)` in the Laplace domain, and the equation that it
writes on the mesh. Drives are static formulas of the kind, called as ``drive(j, eta, *, …)`` with the current density
j [A/m^2] of the area in contact, positive where the electrode is oxidised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from .functions import BoundFunction
from .kind import Bound
from .numbers import Number

__all__ = [
    "Balance",
    "Body",
    "Diffusion",
    "Fractional",
    "Memory",
    "MemoryWriter",
    "Plate",
    "Rate",
    "Shape",
    "Sphere",
    "Store",
]


class MemoryWriter(Protocol):
    """What a memory needs of a model: unknowns with equations, and particles whose inside is resolved."""

    def unknown(self, name: str, start: Number) -> Number:
        """Return a new scalar unknown that starts from a value."""

    def evolves(self, unknown: Number, rate: Number) -> None:
        """Give an unknown the equation ``dx/dt = rate``."""

    def ages_by(self, unknown: Number, rate: Number) -> None:
        """Give an unknown the equation ``dx/dt = rate`` in time, and hold it wherever the cell is linearised."""

    def balances(self, unknown: Number, residual: Number) -> None:
        """Give an unknown the equation ``residual = 0``."""

    def fractional(self, unknown: Number, order: Number, order_path: str, rate: Number) -> None:
        """Give an unknown the equation ``d^n x/dt^n = rate``."""

    def diffuses(self, surface: Number, start: Number, body: Body, flux: Number) -> None:
        """Make `surface` the surface value of a body into which `flux` diffuses."""


@dataclass(frozen=True)
class Memory:
    """Base of the memories.

    Parameters
    ----------
    start : str or float
        Value when the cell is new: a number, or the field that holds it.
    drive : str
        Name of the static formula ``drive(j, eta, *, …)``; it vanishes at rest.
    """

    start: str | float
    drive: str
    #: Whether it stays where it is in a small signal and in a steady state, as what ages does.
    held: ClassVar[bool] = False

    @property
    def used_up(self) -> float | None:
        """Value below which it ends a run that goes on to draw from it; None where it does not."""
        return None

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of the kind that the memory itself reads."""
        return (self.start,) if isinstance(self.start, str) else ()

    def initial(self, bound: Bound) -> Number:
        """Return the value when the cell is new."""
        return bound.value(self.start) if isinstance(self.start, str) else self.start

    def operator(self, s: Number, bound: Bound) -> Number:
        """Return p(s) at the Laplace variable s [1/s]."""
        raise NotImplementedError

    def write(self, writer: MemoryWriter, unknown: Number, drive: Number, bound: Bound) -> None:
        """Write the equation of the unknown that stands for this memory."""
        raise NotImplementedError


@dataclass(frozen=True)
class Rate(Memory):
    r"""A state with a rate: :math:`dx/dt = d`, :math:`p = s`."""

    def operator(self, s: Number, bound: Bound) -> Number:
        return s

    def write(self, writer: MemoryWriter, unknown: Number, drive: Number, bound: Bound) -> None:
        writer.evolves(unknown, drive)


@dataclass(frozen=True)
class Store(Memory):
    r"""A store that a run fills and empties: :math:`dx/dt = d` in time, held in every small signal and steady state.

    Parameters
    ----------
    start, drive
        As for every memory. At rest the drive must vanish, too.
    least : float, optional
        Value at which the store counts as used up, which ends what draws from it (in a cycle, the half cycle).
    logarithmic : bool
        Whether the unknown, and what formulas get, is ln x, and the drive its rate: for what spans decades.
    """

    least: float | None = None
    logarithmic: bool = False
    held: ClassVar[bool] = True

    @property
    def used_up(self) -> float | None:
        return self.least

    def initial(self, bound: Bound) -> Number:
        """Return the value when the cell is new, or its logarithm."""
        value = super().initial(bound)
        return np.log(value) if self.logarithmic else value

    def write(self, writer: MemoryWriter, unknown: Number, drive: Number, bound: Bound) -> None:
        writer.ages_by(unknown, drive)


@dataclass(frozen=True)
class Balance(Memory):
    r"""An unknown that follows at once: :math:`d = 0`, :math:`p = 0`."""

    def operator(self, s: Number, bound: Bound) -> Number:
        # times s for its shape: every operator has an entry per frequency
        return 0.0 * s

    def write(self, writer: MemoryWriter, unknown: Number, drive: Number, bound: Bound) -> None:
        writer.balances(unknown, drive)


@dataclass(frozen=True)
class Fractional(Memory):
    r"""A state with a fractional rate: :math:`d^n x/dt^n = d`, :math:`p = s^n`; in time a ladder of RC branches.

    Parameters
    ----------
    order : str
        Field with the exponent n, 0 < n <= 1.
    """

    order: str = "order"

    @property
    def fields(self) -> tuple[str, ...]:
        return (*super().fields, self.order)

    def operator(self, s: Number, bound: Bound) -> Number:
        return np.power(np.asarray(s, dtype=complex), bound.value(self.order))

    def write(self, writer: MemoryWriter, unknown: Number, drive: Number, bound: Bound) -> None:
        writer.fractional(unknown, bound.value(self.order), f"{bound.path}.{self.order}", drive)


class Shape(Protocol):
    """A body into which something diffuses."""

    @property
    def size(self) -> str:
        """Field with the size [m]."""

    @property
    def coordinates(self) -> str:
        """PyBaMM's name of the coordinates in which the divergence is taken."""

    @property
    def dimension(self) -> int:
        """Power of the distance from the middle with which the volume grows."""

    def resistance(self, xi: Number) -> Number:
        """Return h(xi) of ``H = (size/D) h``, the surface value per flux into the surface, with xi = size sqrt(s/D)."""


@dataclass(frozen=True)
class Body:
    """A body at its place in a cell: its shape, the paths of its size [m] and diffusivity [m^2/s], and their values.

    `factor` is what the diffusivity is multiplied with at the value of what diffuses; None where it is constant. Of
    what is `bounded` between 0 and 1 the unknown at the surface is the log odds.
    """

    shape: Shape
    size_path: str
    diffusivity_path: str
    size: Number
    diffusivity: Number
    factor: BoundFunction | None = None
    factor_path: str = ""
    bounded: bool = False


def _cothangent(xi: Number) -> Number:
    """``coth(xi)`` for Re xi > 0 without overflow."""
    decay = np.exp(-2 * xi)
    return (1 + decay) / (1 - decay)


@dataclass(frozen=True)
class Sphere:
    r"""Sphere of a radius: :math:`h = 1/(\xi\coth\xi - 1)`.

    Parameters
    ----------
    size : str
        Field with the radius [m].
    """

    size: str
    coordinates = "spherical polar"
    dimension = 3

    def resistance(self, xi: Number) -> Number:
        square = xi * xi
        # below |xi| = 0.1 the difference cancels; the series is right to 3e-13 there
        series = square * (1 / 3 + square * (-1 / 45 + square * (2 / 945 - square / 4725)))
        small = np.abs(xi) < 0.1
        return 1 / np.where(small, series, xi * _cothangent(np.where(small, 1.0, xi)) - 1)


@dataclass(frozen=True)
class Plate:
    r"""Plate of a thickness, sealed behind: :math:`h = \coth(\xi)/\xi`.

    Parameters
    ----------
    size : str
        Field with the thickness [m].
    """

    size: str
    coordinates = "cartesian"
    dimension = 1

    def resistance(self, xi: Number) -> Number:
        return _cothangent(xi) / xi


@dataclass(frozen=True)
class Diffusion(Memory):
    r"""The surface value of what diffuses in a body: flux d into its surface, :math:`p = 1/H(s)`.

    .. math:: \partial_t x = \nabla\cdot(D\nabla x), \qquad D\,\partial_n x|_{surface} = d, \qquad
              H = \frac{r}{D} h(\xi), \quad \xi = r\sqrt{s/D}

    Parameters
    ----------
    start, drive
        As for every memory; the drive is a flux [1/s * m] into the surface.
    shape : Sphere or Plate
        With the field that holds its size.
    diffusivity : str
        Field with D [m^2/s].
    factor : str
        Field with a function of what diffuses that multiplies D, or with None; "" for a constant D.
    bounded : bool
        Whether x is a filling between 0 and 1. Formulas then get its log odds, :math:`\ln[x/(1 - x)]`, in which
        nearly full and nearly empty are as exact as half full.
    """

    shape: Shape = Sphere("radius")
    diffusivity: str = "diffusivity"
    factor: str = ""
    bounded: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        return (*super().fields, self.shape.size, self.diffusivity, *([self.factor] if self.factor else []))

    def initial(self, bound: Bound) -> Number:
        """Return the value when the cell is new: the log odds of a filling."""
        value = super().initial(bound)
        return np.log(value / (1 - value)) if self.bounded else value

    def operator(self, s: Number, bound: Bound) -> Number:
        size, diffusivity = bound.value(self.shape.size), bound.value(self.diffusivity)
        factor = bound.value(self.factor) if self.factor else None
        if factor is not None:  # in a stationary state what diffuses is the same everywhere
            diffusivity = diffusivity * factor(super().initial(bound))
        # of the unknown: the slope of x over its log odds is x(1 - x)
        per_unknown = super().initial(bound) * (1 - super().initial(bound)) if self.bounded else 1.0
        # to a direct current nothing diffuses in for good, p = 0; both branches of `where` are evaluated, so
        # that the other one is asked at 1 there
        with np.errstate(divide="ignore", invalid="ignore"):
            xi = size * np.sqrt(np.asarray(s, dtype=complex) / diffusivity)
            resistance = self.shape.resistance(np.where(xi == 0, 1.0, xi))
            return np.where(xi == 0, 0.0, per_unknown * diffusivity / size / resistance)

    def write(self, writer: MemoryWriter, unknown: Number, drive: Number, bound: Bound) -> None:
        body = Body(
            self.shape,
            f"{bound.path}.{self.shape.size}",
            f"{bound.path}.{self.diffusivity}",
            bound.value(self.shape.size),
            bound.value(self.diffusivity),
            bound.value(self.factor) if self.factor else None,
            f"{bound.path}.{self.factor}" if self.factor else "",
            self.bounded,
        )
        writer.diffuses(unknown, super().initial(bound), body, drive)
