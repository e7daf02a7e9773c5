r"""What electrons that cross the separator take from a full cell at open circuit (theory.md §3.10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.cells import Cell, Reader
from mgtwin.cells.carriers import Carrier
from mgtwin.cells.hosts import host_capacities
from mgtwin.cells.questions import contact_resistance, faces, passes
from mgtwin.errors import InputError
from mgtwin.kinds.own import Own
from mgtwin.quantities import format_value, parse

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SelfDischarge", "leakage_density", "self_discharge"]

#: Local potential [V] above which no electronic conductivity of such electrolytes has been measured.
MEASURED = 0.5
#: Points between 0 and the voltage; Simpson's rule errs by 1e-10 with exponentials of 50.
POINTS = 4001


@dataclass(frozen=True)
class SelfDischarge:
    """How a full cell loses its charge at open circuit.

    Attributes
    ----------
    voltage : float
        At which it stands now [V].
    current : float
        Leakage now [A].
    resistance : float
        Voltage over it [ohm]; inf where a layer or contact blocks the electrons.
    time, charge, voltages : ndarray
        Time [s], charge lost until then [C], and the voltage; empty where none is lost.
    warnings : tuple of str
    """

    voltage: float
    current: float
    resistance: float
    time: NDArray[np.float64]
    charge: NDArray[np.float64]
    voltages: NDArray[np.float64]
    warnings: tuple[str, ...] = ()

    def after(self, time: float | str) -> float:
        """Return the charge lost after a time [C]."""
        return float(np.interp(float(parse(time, "s")), self.time, self.charge)) if self.time.size else 0.0

    @property
    def hours_per_mAh(self) -> float:
        """Time [h] in which 1 mAh is lost at the present leakage."""
        return float(np.divide(1e-3, self.current)) if self.current else float("inf")


def self_discharge(cell: Cell) -> SelfDischarge:
    r"""Return the leakage of a full cell at open circuit, and how it discharges by it.

    Through mixed conductors ions and electrons flow against each other, with E from 0 at the metal to U at the host:

    .. math:: i_{leak}L = \int_0^U\frac{\sigma_{ion}\sigma_{eon}}{\sigma_{ion} + \sigma_{eon}}\,dE
              \approx \frac{RT}{F}\big\{\sigma_n[1 - e^{-fU}] + \sigma_p[e^{fU} - 1]\big\} + \sigma_0 U,

    resistances of contacts and junctions in series; one layer or contact that blocks electrons makes it 0. A shunt from
    metal to metal adds :math:`GU`; a filament through some layers ends where only ions go on, and takes nothing. With
    :math:`dQ/dt = -i_{leak}(U)` a straight U and a constant conductivity give :math:`V_0e^{-t/R_{eon}C_{int}}`. The
    reactions at the electrodes, which are fast beside it, take nothing.

    Parameters
    ----------
    cell : Cell
        With a host as one electrode, the other one of the ion's metal.

    Raises
    ------
    InputError
        The cell has no such electrodes, or no layer whose conductivities are those of one place.

    Examples
    --------
    >>> import mgtwin as mt
    >>> pellet = mt.MixedConductor("0.5 mS/cm", "4.9e-8 S/cm", "1 F/cm^3")
    >>> cell = mt.cell("mg_polymer_ti2s4").with_({"layers": [mt.Layer("pellet", pellet, "0.655 mm")]})
    >>> found = self_discharge(cell)
    >>> f"{found.resistance:.3g} ohm, {found.hours_per_mAh:.0f} h per mAh"
    '1.18e+06 ohm, 824 h per mAh'
    """
    from scipy.integrate import cumulative_trapezoid

    sides = list(host_capacities(cell))
    if len(sides) != 1 or not cell.get("negative" if sides == ["positive"] else "positive").metal:
        raise InputError(f"self_discharge: {cell.name} is no cell of the ion's metal and one host.")
    host, T, area = cell.get(sides[0]), float(cell.temperature), float(cell.area)
    start = float(host.filling)
    filling = 1 / (1 + np.exp(-np.linspace(np.log(start / (1 - start)), 30.0, 3000)))
    rest = np.asarray(host.potential(filling, T, float(cell.ion.charge)))
    filling, rest = filling[rest > 0], rest[rest > 0]
    voltage, nothing = float(rest[0]), np.zeros(0)
    beside = 0.0
    if cell.shunt is not None and passes(cell, Carrier.ELECTRONS):
        beside = float(Reader(cell).property("shunt.conductance", T))
    alone = cell.with_({"shunt": None})
    if not beside and not passes(alone, Carrier.ELECTRONS):
        return SelfDischarge(voltage, 0.0, float("inf"), nothing, nothing, nothing)
    voltages = np.linspace(0.0, voltage, 200)
    densities, warnings = beside * voltages, list[str]()
    if passes(alone, Carrier.ELECTRONS):
        through, warnings = _through_layers(alone, voltages)
        densities = densities + through
    of_voltage = np.interp(rest, voltages, densities)
    stored = host_capacities(cell)[sides[0]]
    charge = stored * (filling - start)
    time = cumulative_trapezoid(1 / (area * np.maximum(of_voltage, 1e-300)), charge, initial=0.0)
    leakage = area * float(densities[-1])
    return SelfDischarge(voltage, leakage, voltage / leakage, time, charge, rest, tuple(warnings))


def _through_layers(cell: Cell, voltages: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[str]]:
    """Current density [A/m2] that crosses all layers at some voltages, from 0 up, and what there is to warn of."""
    from scipy.integrate import cumulative_simpson

    T, area, voltage = float(cell.temperature), float(cell.area), float(voltages[-1])
    E, read, warnings = np.linspace(0.0, voltage, POINTS), Reader(cell), list[str]()
    # Every layer takes E further: the integral of its ambipolar conductivity grows by the current times its length.
    resistance = sum(contact_resistance(cell, face, Carrier.ELECTRONS) for face in faces(cell))
    resistance += sum(contact_resistance(cell, face, Carrier.IONS) for face in faces(cell)[1:-1])
    integrals = []
    for layer in cell.layers:
        if layer.material.graded:
            raise InputError(f"self_discharge: {layer.name} is graded; give it the conductivities of one place.")
        own = Own(read, f"layers.{layer.name}.material", T)
        ionic = float(layer.material.through_grains(own, layer.material.ionic(own, 0.5)))
        electronic = np.broadcast_to(layer.material.electronic(own).conductivity(E, 0.5), E.shape)
        length = float(layer.thickness) * area / float(area if layer.area is None else layer.area)
        integrals.append(cumulative_simpson(ionic * electronic / (ionic + electronic), x=E, initial=0.0) / length)
        beyond = float(electronic[-1] / np.interp(MEASURED, E, electronic)) if voltage > MEASURED else 1.0
        if abs(np.log(beyond)) > np.log(2):
            warnings.append(
                f"{layer.name}: the electronic conductivity grows by {beyond:.2g} between {MEASURED:g} V and "
                f"{format_value(voltage, 'V')}, where none has been measured: what was fitted to holes below does not "
                f"hold there. Take a constant conductivity, or one from a polarization at these voltages"
            )
    densities = [leakage_density(integrals, E, resistance, float(U)) for U in voltages[1:]]
    return np.array([0.0, *densities]), warnings


def leakage_density(
    integrals: list[NDArray[np.float64]], E: NDArray[np.float64], resistance: float, voltage: float
) -> float:
    """Current density [A/m2] at which the potential rises to a voltage over all layers, one after the other."""
    from scipy.optimize import brentq

    def reached(density: float) -> float:
        place = resistance * density
        for integral in integrals:
            wanted = np.interp(place, E, integral) + density
            if wanted > integral[-1]:
                return float(E[-1] + 1.0)
            place = float(np.interp(wanted, integral, E))
        return place

    if len(integrals) == 1 and resistance == 0:
        return float(np.interp(voltage, E, integrals[0]))
    high = min(float(integral[-1]) for integral in integrals)
    return float(brentq(lambda density: reached(density) - voltage, 0.0, high, xtol=1e-18, rtol=1e-12))
