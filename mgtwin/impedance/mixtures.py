"""Elements of the chain for salt solutions and for mixtures of phases, registered with `layer_element`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..cells.carriers import Carrier
from ..cells.cell import Layer
from ..cells.composites import Composite, Porous
from ..cells.effective import FARADAY, GAS_CONSTANT, electronic_conductivity, pore_solution
from ..cells.mixtures import has_electrons, mesh_only
from ..cells.reader import Reader
from ..cells.salts import BinaryElectrolyte, salt_voltage
from ..errors import InputError
from .chain import Array, Mixed, Ohmic
from .elements import (
    Surroundings,
    geometry,
    half_and_whole,
    ion_conductor,
    layer_element,
    mixed_conductor,
    require,
    with_dielectric,
)

__all__: list[str] = []


@layer_element.register(BinaryElectrolyte)
def _binary_electrolyte(
    material: BinaryElectrolyte, reader: Reader, layer: Layer, area: Array, around: Surroundings, s: Array
) -> Mixed:
    return _solution(material, reader, layer, area, around, s, f"layers.{layer.name}.material", 1.0, 1.0, 0.0)


def _solution(
    material: Any,
    reader: Reader,
    layer: Layer,
    area: Array,
    around: Surroundings,
    s: Array,
    where: str,
    network: Array,
    content: Array,
    solid: Array,
) -> Mixed:
    r"""Salt solution at the path `where`, the anions in the electrons' place.

    With :math:`dE = -(\nu RT\Theta/z\nu_+F)\,d\ln c` the anion current is :math:`t_- i_p - \sigma_{amb}\partial_x E`,
    its storage :math:`\sigma_{amb}\varepsilon/D_{eff}`, and :math:`\sigma_{amb} = (zF)^2 D_{eff}c_0\nu_+/\nu RT\Theta`.
    Displacement and a solid that conducts beside the pores (conductivity `solid`) join the ionic rail: they take a part
    of the current from :math:`i_p`, which salt need not follow. `network` is the factor of the pores on conductivity
    and diffusivity, `content` the solution's fraction of the volume.
    """
    thickness, ratio = geometry(reader, layer, area)
    T = around.temperature
    conductivity = network * require(reader.property(f"{where}.ionic_conductivity", T), f"{where}.ionic_conductivity")
    diffusivity = network * require(reader.property(f"{where}.salt_diffusivity", T), f"{where}.salt_diffusivity")
    concentration, factor, porosity = (
        require(reader.number(f"{where}.{name}"), f"{where}.{name}")
        for name in ("concentration", "thermodynamic_factor", "porosity")
    )
    ions = reader.number(f"{where}.transference_number")
    anions = require(1 - ions, f"1 - {where}.transference_number")
    charge = require(reader.number("ion.charge"), "ion.charge")
    slope = salt_voltage(charge, GAS_CONSTANT * T / FARADAY, factor)
    carried = charge * FARADAY * concentration / slope  # c_chem of free solution, [F/m3]
    beside = with_dielectric(reader, material, f"layers.{layer.name}", solid, s)
    total = conductivity + beside
    ambipolar = thickness / (carried * diffusivity + anions * anions * conductivity * beside / total)
    shunt = (carried * porosity * content * thickness) * s
    arm, passing = half_and_whole(shunt * ambipolar)
    return Mixed(
        electrons=anions * conductivity / total,
        ions=(ions * conductivity + beside) / total,
        impedance=thickness / total / ratio,
        arm=arm * (ambipolar / ratio),
        passing=passing,
        storage=shunt * ratio,
    )


@layer_element.register(Composite)
@layer_element.register(Porous)
def _mixture(
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
        return mixed_conductor(material, reader, layer, area, around, s)
    if material.electron_conductors and np.any(electronic_conductivity(reader, where, material, around.temperature)):
        raise InputError(
            f"{where}: electrons percolate with some of these numbers, but not with the cell's own. Change the cell "
            f"itself (Cell.with_): it has other equations then."
        )
    if Carrier.ANIONS in material.carriers:
        inside = pore_solution(reader, where, material, around.temperature)
        return _solution(material, reader, layer, area, around, s, *inside)
    return ion_conductor(material, reader, layer, area, around, s)
