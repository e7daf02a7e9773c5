"""Cells with round numbers for which closed forms exist, shared by the tests of the mesh and of the time domain."""

from __future__ import annotations

import math
from typing import Any

from mgtwin.cells import Blocking, Cell, Layer, MixedConductor, Plating

from . import oracles

THICKNESS, IONIC, ELECTRONIC, STORAGE = 1e-3, 0.05, 0.01, 1e6
AMBIPOLAR = IONIC * ELECTRONIC / (IONIC + ELECTRONIC)
#: Time [s] of chemical diffusion through the layer, L^2/D.
DIFFUSION_TIME = THICKNESS**2 * STORAGE / AMBIPOLAR
MIXED = MixedConductor(IONIC, ELECTRONIC, STORAGE)
#: As the arguments of the closed forms in `oracles`.
NUMBERS = (THICKNESS, IONIC, ELECTRONIC, STORAGE)

#: Exchange current density of an ideal electrode: RT/(zFi_0) is 1e-14 ohm m2, 1e-12 of the layer's resistance.
IDEAL = 1e12


def reversible(electronic_resistance: float = 0.0) -> Plating:
    """Electrode that passes the ion without resistance and electrons through a contact resistance."""
    return Plating(IDEAL, electronic_resistance=electronic_resistance)


def ion_blocker(electronic_resistance: float = 0.0) -> Blocking:
    """Electrode that passes electrons only: not even a double layer is charged."""
    return Blocking(None, electronic_resistance)


def single(negative: Any, positive: Any, material: Any = MIXED, **fields: Any) -> Cell:
    """One layer of a material, 1 m2, so that a resistance in ohm is one in ohm m2."""
    given = {"area": 1.0, "name": "single"} | fields
    return Cell(negative=negative, layers=[Layer("mixed", material, THICKNESS)], positive=positive, **given)


#: Closed forms 1-4 of theory.md §6: the cell, its impedance, its resistance to direct current [ohm m2].
FORMS = {
    "form 1, ion-blocking": (
        single(ion_blocker(), ion_blocker()),
        oracles.ion_blocking,
        THICKNESS / ELECTRONIC,
    ),
    "form 2, electron-blocking": (
        single(reversible(math.inf), reversible(math.inf)),
        oracles.electron_blocking,
        THICKNESS / IONIC,
    ),
    "form 3, reversible": (
        single(reversible(), reversible()),
        oracles.reversible,
        THICKNESS / (IONIC + ELECTRONIC),
    ),
    "form 4, half-blocking": (
        single(reversible(), ion_blocker()),
        oracles.half_blocking,
        THICKNESS / ELECTRONIC,
    ),
}
