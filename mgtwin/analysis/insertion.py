"""Insertion electrodes and full cells: how uniform their reaction is, what they hold and give (theory.md §3.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mgtwin.analysis._common import known_cell, number_of
from mgtwin.analysis.merit import stack_areal_mass, stack_thickness
from mgtwin.analysis.metrics import Reading, metric
from mgtwin.cells import Cell, Reader
from mgtwin.cells.hosts import host_capacities
from mgtwin.dataset import sample_cycles
from mgtwin.errors import InputError
from mgtwin.kinds.kind import Bound
from mgtwin.kinds.memories import Diffusion, Memory, Sphere
from mgtwin.models.names import own_state, slice_of, slices_among
from mgtwin.models.rails import Rails
from mgtwin.protocols.base import parse_current
from mgtwin.protocols.segments import amperes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

__all__ = [
    "delivered_capacity",
    "delivered_energy",
    "energy_density",
    "particle_uniformity",
    "reaction_uniformity",
    "specific_energy",
    "stoichiometry",
    "utilisation",
]


def reaction_uniformity(cell: Cell, current: float | str) -> dict[str, float]:
    r"""Return by how much the driving force of the reaction differs over each insertion electrode at a current.

    .. math:: \Delta\Psi = \frac{iL}{2}\,\frac{\max(\sigma_e/\sigma_i, \sigma_i/\sigma_e)}{\sigma_i + \sigma_e}

    Where one reaction stands for the whole thickness the voltage errs by less than 0.7 of it. Up to 2 mV a run in time
    passes that over, up to 10 mV it says so, beyond that it resolves the thickness unless the electrode's `resolution`
    says otherwise. A flat potential has no restoring force: that is why the criterion is not one of the impedance.

    Parameters
    ----------
    cell : Cell
    current : float or str
        [A], or a current density with its unit.

    Returns
    -------
    dict
        Side of the cell -> [V]; empty without such an electrode.

    Examples
    --------
    >>> import mgtwin as mt
    >>> spread = reaction_uniformity(mt.cell("mg_polymer_ti2s4"), "0.1 mA/cm^2")
    >>> {side: f"{1e3 * volts:.2f} mV" for side, volts in spread.items()}
    {'positive': '1.50 mV'}
    """
    return cell.reaction_uniformity(current)


def particle_uniformity(cell: Cell, current: float | str, filling: float | None = None) -> dict[str, float]:
    r"""Return by how much the filling at the surface of a host's particles differs from their mean at a current.

    .. math:: \Phi = \frac{i R_p}{5D\,aL\,zF c_{max}}

    is what a constant current comes to after about :math:`R_p^2/D`; below 0.05 the particles fill evenly, and where it
    nears 1 their surface is full, or empty, before that. How much of it is contacted does not matter.

    Parameters
    ----------
    cell : Cell
    current : float or str
        [A], or a current density with its unit.
    filling : float, optional
        Mean y at which D is taken; by default that of the electrode as it is made.

    Returns
    -------
    dict
        Side of the cell -> difference of y; empty without particles into which the ion diffuses.

    Examples
    --------
    >>> import mgtwin as mt
    >>> full = mt.cell("mg_polymer_ti2s4")
    >>> [f"{particle_uniformity(full, '0.1 mA/cm^2', y)['positive']:.2g}" for y in (0.1, 0.5, 0.8)]
    ['3.5e-06', '0.00049', '0.02']
    """
    density, found = amperes(parse_current(current), cell) / float(cell.area), {}
    for side in host_capacities(cell):
        kind = type(cell.get(side))
        for memory in kind.memories.values():
            match memory:
                case Diffusion(shape=Sphere(size=radius)):
                    bound = Bound(kind, side, Reader(cell), salt=1.0)
                    factor = bound.value(memory.factor) if memory.factor else None
                    here = Memory.initial(memory, bound) if filling is None else float(filling)
                    diffusivity = bound.value(memory.diffusivity) * (1.0 if factor is None else factor(here))
                    flux = abs(float(bound.call(memory.drive, density, 0.0)))
                    found[side] = float(flux * bound.value(radius) / (5 * diffusivity))
    return found


@metric("C", "charge delivered", needs=("time", "voltage", "current"))
def delivered_capacity(run: xr.Dataset, cycle: int | None = None) -> Reading:
    """Return the charge [C] that a full cell gives in a run: the integral of the current while it discharges.

    A cell with a host as its positive electrode discharges at negative currents, which insert the ion. Of a run with
    several discharges `cycle` says which one.

    Raises
    ------
    InputError
        There are discharges in several cycles, and `cycle` is not given; or it names one without.
    """
    time, current, _ = _discharge(run, cycle)
    return Reading(float(-np.trapezoid(current, time)), "at negative currents")


@metric("J", "energy delivered", needs=("time", "voltage", "current"))
def delivered_energy(run: xr.Dataset, cycle: int | None = None) -> Reading:
    """Return the energy [J] that a full cell gives in a run while it discharges (negative current, V > 0).

    `cycle` as in `delivered_capacity`.
    """
    time, current, voltage = _discharge(run, cycle)
    return Reading(float(-np.trapezoid(current * voltage, time)), "at negative currents")


def _discharge(run: xr.Dataset, cycle: int | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Time, current, 0 where it charges, and voltage of the cycle that discharges."""
    time, current, voltage = (np.asarray(run[name].values) for name in ("time", "current", "voltage"))
    cycles, current = sample_cycles(run), np.minimum(current, 0.0)
    if cycles is not None:
        discharged = np.unique(cycles[current < 0]).tolist()
        if cycle is None and len(discharged) > 1:
            raise InputError(
                f"the cell is discharged in cycles {discharged[0]} to {discharged[-1]}, and together they are no "
                f"capacity: say which one, cycle={discharged[0]}."
            )
        if cycle is not None and cycle not in discharged:
            raise InputError(f"the cell is not discharged in cycle {cycle}, but in {', '.join(map(str, discharged))}.")
        here = cycles == cycle if cycle is not None else np.ones(time.size, dtype=bool)
        time, current, voltage = time[here], current[here], voltage[here]
    return time, current, voltage


@metric("1", "utilisation of the host", needs=("time", "voltage", "current"))
def utilisation(run: xr.Dataset, cycle: int | None = None) -> float:
    """Return the charge that a full cell gives in a run over that of all sites of its host.

    `cycle` as in `delivered_capacity`.

    Raises
    ------
    InputError
        The Dataset names no cell, or one without a host.
    """
    cell, area = known_cell(run, "utilisation"), float(number_of(run, "area"))
    full = host_capacities(cell)[_side(run)] * area / float(cell.area)
    return float(delivered_capacity(run, cycle)) / full


@metric("1", "stoichiometry of the host", needs=("state", "state_variable", "state_position"))
def stoichiometry(run: xr.Dataset) -> float:
    """Return the mean filling y of the host at the end of a run in time, all shells of its particles together.

    Raises
    ------
    InputError
        The Dataset names no cell, or one without a host.

    Examples
    --------
    >>> import mgtwin as mt
    >>> full = mt.cell("mg_polymer_ti2s4")
    >>> run = mt.simulate(full, mt.Galvanostatic("-0.1 mA", "1 h", limits=("0.6 V", "1.7 V"), points=2))
    >>> round(stoichiometry(run) - full.positive.filling, 5), round(utilisation(run), 5)
    (0.09609, 0.09612)
    """
    side, labels = _side(run), run["state_variable"].values
    slices = slices_among(set(labels.tolist()), side)
    parts = [slice_of(side, k) for k in range(slices)] or [side]
    fillings = []
    for part in parts:
        here = labels == f"{own_state(part, 'surface')} inside"
        edges = [0.0]  # every node lies in the middle of its shell
        for node in run["state_position"].values[here]:
            edges.append(2 * node - edges[-1])
        fillings.append(float(run["state"].values[-1][here] @ np.diff(np.array(edges) ** 3)))
    return float(Rails(1.0, 1.0, slices).mean(fillings)) if slices else fillings[0]


@metric("J/m^3", "energy density of the stack", needs=("time", "voltage", "current"))
def energy_density(run: xr.Dataset, cycle: int | None = None) -> float:
    """Return the energy that a full cell gives in a run over the volume of its layers and host [J/m^3].

    `cycle` as in `delivered_capacity`. 1 Wh/L is 3.6e6 J/m^3. Foils and the ion's metal, which the electrical model
    does not know, are left out.
    """
    volume = float(stack_thickness(run)) * float(number_of(run, "area"))
    return float(delivered_energy(run, cycle)) / volume


@metric("J/kg", "specific energy of the stack", needs=("time", "voltage", "current"))
def specific_energy(run: xr.Dataset, densities: Mapping[str, float | str], cycle: int | None = None) -> float:
    """Return the energy that a full cell gives in a run over the mass of its layers and host [J/kg].

    1 Wh/kg is 3600 J/kg. `densities` as in `stack_areal_mass`, the host being ``"positive"``; of a host alone, in the
    composite, give the density of the composite. `cycle` as in `delivered_capacity`.
    """
    mass = float(stack_areal_mass(run, densities)) * float(number_of(run, "area"))
    return float(delivered_energy(run, cycle)) / mass


def _side(run: xr.Dataset) -> str:
    """Side of the host."""
    cell = known_cell(run, "this metric needs a host")
    sides = list(host_capacities(cell))
    if not sides:
        raise InputError(f"{cell.name} has no host as an electrode.")
    return sides[-1]
