"""Hosts of the ion as electrodes of a cell, and what they hold."""

from __future__ import annotations

from ..kinds.kind import has_formula
from .cell import Cell

__all__ = ["host_capacities"]


def host_capacities(cell: Cell) -> dict[str, float]:
    """Return the charge [C] of all sites of each host that is an electrode, by its side.

    Examples
    --------
    >>> import mgtwin as mt
    >>> {side: f"{charge / 3.6:.3f} mAh" for side, charge in host_capacities(mt.cell("mg_polymer_ti2s4")).items()}
    {'positive': '1.040 mAh'}
    """
    sides = {side: vars(cell)[side] for side in ("negative", "positive")}
    hosts = {side: electrode for side, electrode in sides.items() if has_formula(type(electrode), "rails")}
    # the kind states its capacity for an ion of charge 2
    return {side: float(host.capacity * cell.area * cell.ion.charge / 2) for side, host in hosts.items()}
