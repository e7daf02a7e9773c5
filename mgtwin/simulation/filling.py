"""How full a host is: once a voltage has been held at a cell for long, and whether its potential is known there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..cells import Cell
from ..cells.hosts import host_capacities
from ..cells.questions import passes
from ..cells.rest import rest_potentials
from ..errors import InputError
from ..kinds.carriers import Carrier
from ..models import names
from ..quantities import format_value

__all__ = ["filled", "filling_warnings"]

#: Log odds of the fillings between which U is searched.
MOST = 30.0


def filled(cell: Cell, voltage: float) -> Cell | None:
    """The cell with the filling at which it stands at a voltage without a current, where that is its steady state.

    That is so where one electrode is a host and no electrons pass; None for any other cell.

    Raises
    ------
    InputError
        The host never comes to this potential.
    """
    from scipy.optimize import brentq

    sides = list(cell.reaction_uniformity(0.0))
    if len(sides) != 1 or passes(cell, Carrier.ELECTRONS):
        return None
    path, temperature = f"{sides[0]}.filling", float(cell.temperature)
    sign, host, rest = (1.0 if sides == ["positive"] else -1.0), cell.get(sides[0]), rest_potentials(cell)
    own = float(host.potential(float(host.filling), temperature, float(cell.ion.charge)))
    # what the other electrode adds, which is 0 for the ion's metal
    wanted = sign * voltage + own + sign * float(rest.negative + rest.positive)

    def missing(odds: float) -> float:
        y = 1 / (1 + np.exp(-odds))
        return float(host.potential(y, temperature, float(cell.ion.charge))) - wanted

    if missing(-MOST) < 0 or missing(MOST) > 0:
        ends = " to ".join(format_value(missing(odds) + wanted, "V") for odds in (MOST, -MOST))
        raise InputError(
            f"{cell.name}: its host has potentials of {ends}, and is never at rest at {format_value(voltage, 'V')}: "
            f"hold a voltage within them."
        )
    odds = brentq(missing, -MOST, MOST, xtol=1e-13, rtol=1e-14)
    return cell.with_({path: float(1 / (1 + np.exp(-odds)))})


def filling_warnings(cell: Cell, labels: Sequence[str] = (), states: np.ndarray | None = None) -> list[str]:
    """Hosts whose surface was emptier or fuller than their potential is known for, where it was extrapolated.

    Parameters
    ----------
    cell : Cell
        As new, without states.
    labels, states : sequence of str and ndarray of shape (time, variable), optional
        What a run kept.
    """
    found = []
    for side in host_capacities(cell):
        low, high = cell.get(side).potential.known
        y = np.array([float(cell.get(side).filling)])
        if states is not None:
            ends = names.own_state("", "surface")
            here = [k for k, label in enumerate(labels) if label.startswith(side) and label.endswith(ends)]
            y = 1 / (1 + np.exp(-states[:, here]))
        # what a file rounds is no extrapolation
        if y.min(initial=low) < low - 1e-9 or y.max(initial=high) > high + 1e-9:
            found.append(
                f"{side}: the surface of the particles is filled to between {y.min():.3g} and {y.max():.3g}, and U is "
                f"known from {low:g} to {high:g}: it goes straight on from the last rows"
            )
    return found
