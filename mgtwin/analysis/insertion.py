"""Insertion electrodes and full cells: how uniform their reaction is, what they hold and give (theory.md §3.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mgtwin.analysis.metrics import Reading, metric
from mgtwin.cells import Cell

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["delivered_capacity", "delivered_energy", "reaction_uniformity"]


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


@metric("C", "charge delivered", needs=("time", "voltage", "current"))
def delivered_capacity(run: xr.Dataset) -> Reading:
    """Return the charge [C] that a full cell gives in a run: the integral of the current while it discharges.

    A cell with a host as its positive electrode discharges at negative currents, which insert the ion.
    """
    time, current = run["time"].values, np.minimum(run["current"].values, 0.0)
    return Reading(float(-np.trapezoid(current, time)), "at negative currents")


@metric("J", "energy delivered", needs=("time", "voltage", "current"))
def delivered_energy(run: xr.Dataset) -> Reading:
    """Return the energy [J] that a full cell gives in a run while it discharges (negative current, V > 0)."""
    power = np.minimum(run["current"].values, 0.0) * run["voltage"].values
    return Reading(float(-np.trapezoid(power, run["time"].values)), "at negative currents")
