"""Deposition of the ion's metal inside a mixed conductor: above which current, and when (theory.md §2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mgtwin.analysis._common import known_cell
from mgtwin.analysis.metrics import metric
from mgtwin.cells import Cell, Reader, has_electrons
from mgtwin.cells.carriers import Carrier
from mgtwin.cells.questions import constriction, contact_resistance, passes
from mgtwin.cells.rest import rest_potentials
from mgtwin.errors import InputError
from mgtwin.impedance.response import UnitCurrent
from mgtwin.impedance.talbot import Inversion
from mgtwin.kinds.kind import Bound
from mgtwin.kinds.noun import Same
from mgtwin.kinds.own import Own
from mgtwin.protocols.base import parse_current
from mgtwin.protocols.segments import amperes
from mgtwin.quantities import format_value

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["InternalDeposition", "critical_current_density", "internal_deposition"]

Reals = NDArray[np.float64]

#: Laplace variables [1/s] at which a response is that to a direct current; where it grows by more than a per cent from
#: one to the other there is no steady state.
AT_LAST, LATER, SETTLED = 1e-14, 1e-16, 0.01
#: Times [s] among which the onset is sought before it is refined, points of the contour, and steps of bisection.
TIMES, POINTS, STEPS = np.geomspace(1e-6, 1e13, 191), 24, 40


@dataclass(frozen=True)
class InternalDeposition:
    """Where and when a constant current first lowers E below the potential of nucleation.

    Attributes
    ----------
    layer, side : str
        Where E falls lowest beside its limit.
    critical : float
        Current [A] of the same sign above which it falls below the limit in the end; 0 where it never settles.
    ratio : float
        The current over that.
    time : float
        [s] from rest until it does; inf if it never does.
    lowest, limit : float
        E in the steady state (-inf where there is none) and its limit, the ``minimum_potential`` of the material [V].
    """

    layer: str
    side: str
    critical: float
    ratio: float
    time: float
    lowest: float
    limit: float

    def __str__(self) -> str:
        place = f"E in {self.layer} at its {self.side} face"
        if not np.isfinite(self.time):
            return f"{place} stays at {format_value(self.lowest, 'V')}, above {format_value(self.limit, 'V')}"
        return (
            f"{self.ratio:.3g} times the critical current {format_value(self.critical, 'A')}: {place} falls below "
            f"{format_value(self.limit, 'V')} after about {format_value(self.time, 's')}: internal deposition"
        )


def internal_deposition(cell: Cell, current: float | str) -> InternalDeposition:
    r"""Return where, above which current and when metal is deposited inside a mixed conductor, from rest.

    The local potential E falls where the ion enters. Where electrons are blocked at both faces it tends to a slope
    :math:`i/\sigma_{ion}`, so that with the overpotential of nucleation :math:`\eta_{nuc}` (``minimum_potential`` is
    :math:`-\eta_{nuc}`)

    .. math:: i_c = \frac{2\sigma_{ion}(E_0 + \eta_{nuc})}{L}, \qquad
              t_{on} = \frac{\pi}{4\tilde D}\left(\frac{\sigma_{ion}(E_0 + \eta_{nuc})}{i}\right)^2 \quad (i \ge 2i_c)

    (the latter within 0.2 %). Here the exact response of the whole stack stands in for both, whatever its layers and
    contacts. Where electrons are open to the plating metal E is minus its overpotential: the electronic conductivity
    then sets how fast metal grows inside, not whether. There the overpotential follows its own formula; elsewhere
    the cell is linear about rest.

    Parameters
    ----------
    cell : Cell
    current : float or str
        [A], or a current density with its unit; in the laboratory's sign.

    Raises
    ------
    InputError
        No layer conducts electrons, or one has no closed form; the current is 0.

    Examples
    --------
    >>> import mgtwin as mt
    >>> print(internal_deposition(mt.cell("trilayer"), "-8.84 uA/cm^2"))
    E in antiperovskite at its left face stays at -4.655 mV, above -50 mV
    """
    density = -amperes(parse_current(current), cell) / float(cell.area)  # along +x
    if density == 0:
        raise InputError("internal_deposition: without a current nothing is deposited; give one.")
    places = _Place.all_of(Same(cell))
    if not places:
        raise InputError(f"internal_deposition: no layer of {cell.name} conducts electrons, so metal can only plate.")
    found = [place.met_by(density) for place in places]
    worst = max(found, key=lambda item: item.ratio)
    if worst.ratio <= 1:
        return worst
    return min((item for item in found if item.ratio > 1), key=lambda item: item.time)


@metric("A/m^2", "critical current density of internal deposition")
def critical_current_density(run: xr.Dataset) -> float:
    """Return the current density [A/m^2] above which metal forms inside a mixed conductor of the cell of a run.

    The smaller one of both directions, see `internal_deposition`; inf where no layer conducts electrons.

    Raises
    ------
    InputError
        The Dataset names no cell.
    """
    cell = known_cell(run, "critical_current_density")
    if not any(has_electrons(layer.material) for layer in cell.layers):
        return float("inf")
    return min(abs(internal_deposition(cell, sign * float(cell.area)).critical) for sign in (1, -1)) / float(cell.area)


@dataclass(frozen=True)
class _Place:
    """A face of a mixed conductor: E at rest and its limit [V], and how far a unit of current along +x moves it.

    Attributes
    ----------
    layer, face : int
        From the left.
    steady : float
        Response to a direct current [ohm m2], of which `charge_transfer` times `fraction` (the ionic part of the
        current) is that of the reaction beside it, where electrons are open to its metal.
    settles : bool
        Whether there is a steady state.
    """

    cell: Cell
    layer: int
    face: int
    rest: float
    limit: float
    steady: float
    settles: bool
    charge_transfer: float
    fraction: float

    def met_by(self, density: float) -> InternalDeposition:
        """What a current density [A/m2] along +x does here."""
        name, side = self.cell.layers[self.layer].name, ("left", "right")[self.face]
        room, moved = self.rest - self.limit, self.steady * np.sign(density)
        if room <= 0:  # it is there already
            return InternalDeposition(name, side, 0.0, float("inf"), 0.0, self.rest, self.limit)
        scale = 1.0
        if moved < 0 and self.charge_transfer > 0:
            # of the response what is the reaction's: at the limit it has the resistance of its secant
            secant = self.secant(room) * self.charge_transfer
            scale = 1 + (secant - self.charge_transfer) * self.fraction / abs(moved)
        critical = room / (-moved * scale) if moved < 0 else np.inf
        if not self.settles:
            critical = 0.0 if moved < 0 else np.inf
        ratio = abs(density) / critical if critical else np.inf
        lowest = self.rest + moved * scale * abs(density) if self.settles else (-np.inf if moved < 0 else np.inf)
        time = self._onset(room / (scale * abs(density)), np.sign(density)) if ratio > 1 else np.inf
        area = float(self.cell.area)
        return InternalDeposition(name, side, float(critical * area), float(ratio), time, float(lowest), self.limit)

    def _onset(self, room: float, sign: float) -> float:
        """When a unit step has moved E by `room` [ohm m2]."""

        def moved(times: Reals) -> Reals:
            inversion = Inversion(times, POINTS)
            unit = UnitCurrent(self.cell, inversion.s, ())
            response = np.broadcast_to(unit.face_potentials()[self.layer][self.face], inversion.s.shape)
            return -sign * np.asarray(inversion.invert(response / inversion.s))

        beyond = np.flatnonzero(moved(TIMES) >= room)
        if not beyond.size:
            return float("inf")
        if beyond[0] == 0:
            return float(TIMES[0])
        low, high = np.log(TIMES[beyond[0] - 1]), np.log(TIMES[beyond[0]])
        for _ in range(STEPS):
            middle = (low + high) / 2
            low, high = (low, middle) if moved(np.exp([middle]))[0] >= room else (middle, high)
        return float(np.exp(high))

    @staticmethod
    @lru_cache(maxsize=16)  # both signs of a current are asked for
    def all_of(key: Same) -> list[_Place]:
        """The faces of all mixed conductors of a cell in which metal can be deposited."""
        cell = key.noun
        mixed = [k for k, layer in enumerate(cell.layers) if has_electrons(layer.material)]
        if not mixed:
            return []
        rest, found = rest_potentials(cell).layers, []
        unit = UnitCurrent(cell, np.array([AT_LAST, LATER]) + 0j, ())
        fractions, potentials = unit.ionic_fractions(), unit.face_potentials()
        for k in mixed:
            own = Own(Reader(cell), f"layers.{cell.layers[k].name}.material", float(cell.temperature))
            limit = max(float(part.material.minimum_potential) for part in cell.layers[k].material.stores(own))
            for face in (0, 1):
                at_last, then = map(float, np.broadcast_to(np.real(potentials[k][face]), 2))
                reaction = 0.0
                if (k, face) in ((0, 0), (len(cell.layers) - 1, 1)):
                    reaction = _Place.reaction_resistance(cell, ("negative", "positive")[face])
                fraction = float(np.ravel(np.real(fractions[k + face]))[0])
                settles = abs(then) <= (1 + SETTLED) * abs(at_last)  # without a steady state it grows as 1/s
                found.append(_Place(cell, k, face, float(rest[k]), limit, at_last, settles, reaction, fraction))
        return found

    @staticmethod
    def reaction_resistance(cell: Cell, side: str) -> float:
        """Small-signal resistance [ohm m2] of reaction and film where electrons are open to a plating metal, else 0."""
        kind = cell.get(side)
        if not kind.reacts or kind.memories or not passes(cell, Carrier.ELECTRONS, side):
            return 0.0
        found = float(contact_resistance(cell, side, Carrier.IONS)) - float(constriction(cell, side, Carrier.IONS))
        return found if np.isfinite(found) else 0.0

    def secant(self, overpotential: float) -> float:
        """Resistance of reaction and film at an overpotential of deposition over that of a small signal."""
        side = ("negative", "positive")[self.face]
        bound = Bound(type(self.cell.get(side)), side, Reader(self.cell), salt=1.0)
        film = float(bound.value("film_resistance"))

        def current(eta: float) -> float:
            return -float(bound.call("current", -eta))

        low, high = 0.0, overpotential
        for _ in range(STEPS):
            middle = (low + high) / 2
            low, high = (middle, high) if middle + film * current(middle) < overpotential else (low, middle)
        small = 1e-6 * overpotential
        return (overpotential / current(low)) / (small / current(small) + film)
