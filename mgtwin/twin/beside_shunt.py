r"""How much of a current ages a cell that has a shunt from metal to metal: what crosses the ionic path.

Of a current density i the layers take j where both paths have one voltage,

.. math:: j + G\,V(j) = i, \qquad V(j) = \Big(R - \sum_e \frac{1}{a_e s_e}\Big) j + \sum_e \pm\,\eta_e(\pm j/a_e)

with R the resistance of the layers to a small direct current and s the slope of an electrode's current over its
overpotential at rest, in whose place the overpotential itself stands. Double layers and compositions have settled by
then: both do within a small part of a half cycle, or move less than a shunt does.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..cells import Cell, Reader
from ..cells.questions import equilibrium
from ..errors import UnknownNameError
from ..impedance.compiled import CompiledSpectra
from ..kinds.kind import Bound, asked_by
from ..kinds.numbers import Number

__all__ = ["BesideShunt", "unknown_beside"]

Reals = NDArray[np.float64]

#: As good as a direct current [Hz].
SLOWEST = 1e-12
#: Newton's steps at most, the furthest one of an overpotential [V], and the smallest one of a current relative to it.
STEPS, FURTHEST, SETTLED = 40, 0.05, 1e-13
#: Step of the slope of a current over its overpotential, and where that is no longer straight [V].
STEP, SMALL = 1e-6, 0.025
#: Equilibrium potentials that are the same [V].
SAME_POTENTIAL = 1e-3
#: Electrodes, with the sign of their overpotential in the voltage and in what the current is to them.
SIDES = (("negative", -1), ("positive", 1))


def unknown_beside(cell: Cell) -> str:
    """Why it is not known what the shunt of a cell leaves of a current for its ageing; empty where it is, or has none.

    Examples
    --------
    >>> import mgtwin as mt
    >>> unknown_beside(mt.cell("trilayer").with_({"shunt": mt.Shunt(1.0, through=("buffer_left",))}))
    'a filament through some layers shares the charge out between interfaces'
    """
    if cell.shunt is None:
        return ""
    if not cell.shunt.joins_metals([layer.name for layer in cell.layers]):
        return "a filament through some layers shares the charge out between interfaces"
    negative, positive = (equilibrium(cell, side) for side, _ in SIDES)
    if negative is None or positive is None or abs(float(positive) - float(negative)) > SAME_POTENTIAL:
        return "a shunt discharges a cell that has a voltage at rest"
    reader = Reader(cell)
    try:
        for side, _ in SIDES:
            Bound(type(cell.get(side)), side, reader).call("current", 0.0, salt=1.0)
    except UnknownNameError:
        return "an electrode remembers what it has passed"
    return ""


class Electrode:
    """What an electrode makes of an ionic current density.

    Parameters
    ----------
    kind : type
    side : str
    reader : Reader
        Of the cell.
    sign : int
        Of its overpotential in the voltage, and of its current in that of the cell.
    contact : Number
        Fraction of its area that reacts.
    """

    def __init__(self, kind: type, side: str, reader: Reader, sign: int, contact: Number) -> None:
        self.sign, self.contact = sign, contact
        # read once; at the concentration at rest, for a solution that is used up is refused elsewhere
        asked = {name for formula in ("current", "slope") for name in asked_by(kind, formula)}
        read = Bound(kind, side, reader, salt=1.0)
        self._bound = Bound(kind, side, reader, **{name: read.value(name) for name in asked})
        self.slope = self._bound.call("slope")

    def first(self, j: Reals) -> Reals:
        """A first guess of its overpotential [V]."""
        return np.asarray(np.arcsinh(self.sign * j / self.contact / self.slope / SMALL) * SMALL)

    def off(self, j: Reals, eta: Reals) -> tuple[Reals, Reals]:
        """By how much its own current density at an overpotential is not that of the cell, and its slope [S/m2]."""
        ahead, here, behind = (self._bound.call("current", eta + way * STEP) for way in (1, 0, -1))
        return np.asarray(here - self.sign * j / self.contact), np.asarray((ahead - behind) / (2 * STEP))


class BesideShunt:
    """The ionic part of the current of a cell with a shunt.

    Parameters
    ----------
    cell : Cell
        Without ageing laws; with its shunt.
    paths : sequence of str
        Of the numbers that calls give.
    """

    def __init__(self, cell: Cell, paths: tuple[str, ...]) -> None:
        self.cell = cell.with_({"shunt": None})
        self._conductance = Reader(cell).property("shunt.conductance", cell.temperature)
        self._paths = tuple(path for path in paths if not path.startswith("shunt."))
        self._compiled: dict[int, CompiledSpectra] = {}

    def through(
        self, density: Reals, numbers: Mapping[str, Number], contact: Mapping[str, Number], reader: Reader
    ) -> Reals:
        """Ionic current densities [A/m2], positive where the positive electrode strips.

        Parameters
        ----------
        density : ndarray
            At the terminals, with a first axis of its own.
        numbers : mapping
            Those of the cell by path, (...).
        contact : mapping
            Contact fraction of each electrode, (...).
        reader : Reader
            Of the same cell.
        """
        G = numbers.get("shunt.conductance", self._conductance)
        ends = [Electrode(type(self.cell.get(side)), side, reader, sign, contact[side]) for side, sign in SIDES]
        # what of the layers is ohmic: the electrodes' part is that of a small current in the sum
        ohmic = self._resistance(numbers) - sum(1 / (end.contact * end.slope) for end in ends)
        j = density / (1 + G * (ohmic + sum(1 / (end.contact * end.slope) for end in ends)))
        etas = [end.first(j) for end in ends]
        for _ in range(STEPS):
            # Newton's step of the current and of both overpotentials together
            offs, slopes = zip(*(end.off(j, eta) for end, eta in zip(ends, etas, strict=True)), strict=True)
            drop = ohmic * j + sum(end.sign * eta for end, eta in zip(ends, etas, strict=True))
            left = density - j - G * drop + G * sum(e.sign * o / s for e, o, s in zip(ends, offs, slopes, strict=True))
            step = left / (1 + G * (ohmic + sum(1 / (e.contact * s) for e, s in zip(ends, slopes, strict=True))))
            j = j + step
            etas = [
                eta + np.clip((end.sign * step / end.contact - off) / slope, -FURTHEST, FURTHEST)
                for end, eta, off, slope in zip(ends, etas, offs, slopes, strict=True)
            ]
            if np.all(np.abs(step) <= SETTLED * np.abs(density)):
                break
        return np.asarray(j)

    def _resistance(self, numbers: Mapping[str, Number]) -> Number:
        """Of the layers to a small direct current, without leads [ohm m2]."""
        values = np.broadcast_arrays(*(numbers[path] for path in self._paths)) if self._paths else []
        shape = values[0].shape if values else ()
        count = int(np.prod(shape, dtype=int))
        if count not in self._compiled:
            self._compiled[count] = CompiledSpectra(self.cell, np.full((count, 1), SLOWEST), self._paths)
        given = {path: value.reshape(-1, 1) for path, value in zip(self._paths, values, strict=True)}
        z = self._compiled[count].impedance(given).real.reshape(shape)
        return z * float(self.cell.area) - float(self.cell.series_resistance)
