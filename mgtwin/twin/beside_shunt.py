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
from ..kinds.kind import Bound
from ..kinds.numbers import Number

__all__ = ["BesideShunt", "unknown_beside"]

Reals = NDArray[np.float64]

#: As good as a direct current [Hz].
SLOWEST = 1e-12
#: Steps of the voltage of both paths, and of one overpotential [V], which no step moves further than `FURTHEST`.
ROUNDS, STEPS, FURTHEST, SETTLED = 30, 40, 0.05, 1e-13
#: Where Newton's method, which doubles the digits with every step, has ended [V].
SETTLED_VOLTAGE = 1e-9
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
        R = self._resistance(numbers)
        j = density / (1 + G * R)
        for _ in range(ROUNDS):
            # where it reacts more than at a small current the layers resist less: the secant in place of the slope
            resistance = R + sum(self._excess(side, sign, j, contact[side], reader) for side, sign in SIDES)
            last, j = j, density / (1 + G * resistance)
            if np.all(np.abs(j - last) <= SETTLED * np.abs(j)):
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

    def _excess(self, side: str, sign: int, j: Reals, contact: Number, reader: Reader) -> Reals:
        """What an electrode resists at a current more than at a small one [ohm m2], negative where it reacts more."""
        electrode = Bound(type(self.cell.get(side)), side, reader)
        aim = sign * j / contact
        # at the concentration at rest: a solution that is used up is refused elsewhere
        slope = electrode.call("slope", salt=1.0)
        eta = np.arcsinh(aim / slope / SMALL) * SMALL
        for _ in range(STEPS):
            off = electrode.call("current", eta, salt=1.0) - aim
            ahead, behind = (electrode.call("current", eta + way * STEP, salt=1.0) for way in (1, -1))
            step = np.clip(off * 2 * STEP / (ahead - behind), -FURTHEST, FURTHEST)
            eta = eta - step
            if np.max(np.abs(step)) < SETTLED_VOLTAGE:
                break
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(j == 0, 0.0, sign * eta / j - 1 / (contact * slope))
