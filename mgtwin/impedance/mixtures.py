"""Mixtures of phases as elements of the chain, registered with `layer_element` (theory.md §2.6)."""

from __future__ import annotations

import numpy as np

from ..cells.carriers import Carrier
from ..cells.cell import Layer
from ..cells.composites import Composite, Porous
from ..cells.effective import electronic_conductivity, pore_solution
from ..cells.mixtures import has_electrons, mesh_only
from ..cells.reader import Reader
from ..errors import InputError
from .chain import Array, Mixed, Ohmic
from .elements import Surroundings, _ion_conductor, _mixed_conductor, layer_element
from .salts import solution_element

__all__ = ["mixture"]


@layer_element.register(Composite)
@layer_element.register(Porous)
def mixture(
    material: Composite | Porous, reader: Reader, layer: Layer, area: Array, around: Surroundings, s: Array
) -> Ohmic | Mixed:
    """A mixture is what percolates in the cell as given: a mixed conductor, a salt solution, or an ion conductor."""
    where = f"layers.{layer.name}.material"
    why = mesh_only(material)
    if why:
        raise InputError(
            f"{where} {why}: the mesh-free impedance does not know such layers. mgtwin.simulate(cell, EIS(...)) takes "
            f"the mesh."
        )
    if has_electrons(material):
        return _mixed_conductor(material, reader, layer, area, around, s)
    if material.electron_conductors and np.any(electronic_conductivity(reader, where, material, around.temperature)):
        raise InputError(
            f"{where}: electrons percolate with some of these numbers, but not with the cell's own. Change the cell "
            f"itself (Cell.with_): it has other equations then."
        )
    if Carrier.ANIONS in material.carriers:
        inside = pore_solution(reader, where, material, around.temperature)
        return solution_element(material, reader, layer, area, around, s, *inside)
    return _ion_conductor(material, reader, layer, area, around, s)
