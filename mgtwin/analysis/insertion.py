"""Insertion electrodes and full cells: how uniform their reaction is, what they hold and give (theory.md §3.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mgtwin.analysis.metrics import Reading, metric
from mgtwin.cells import Cell, Reader
from mgtwin.kinds.kind import Bound, has_formula
from mgtwin.protocols.base import parse_current
from mgtwin.protocols.segments import amperes

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["delivered_capacity", "delivered_energy", "reaction_uniformity"]

#: Spread of the driving force over an electrode [V] up to which one reaction stands for all of it without a word, and
#: beyond which its thickness has to be resolved.
UNIFORM, UNEVEN = 2e-3, 1e-2


def reaction_uniformity(cell: Cell, current: float | str) -> dict[str, float]:
    r"""Return by how much the driving force of the reaction differs over each insertion electrode at a current.

    .. math:: \Delta\Psi = \frac{iL}{2}\,\frac{\max(\sigma_e/\sigma_i, \sigma_i/\sigma_e)}{\sigma_i + \sigma_e}

    The error of the voltage of an `Insertion` electrode, which has one reaction over its thickness, stays below 0.7 of
    it. Up to 2 mV it is passed over, up to 10 mV results say it, beyond that they say that it is too much.

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
    density = abs(amperes(parse_current(current), cell)) / float(cell.area)
    kinds = {side: type(cell.get(side)) for side in ("negative", "positive")}
    return {
        side: float(Bound(kind, side, Reader(cell), salt=1.0).call("nonuniformity", density))
        for side, kind in kinds.items()
        if has_formula(kind, "nonuniformity")
    }


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
