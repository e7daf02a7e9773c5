"""Salt solutions as elements of the chain: the anions stand in the electrons' place (theory.md §5)."""

from __future__ import annotations

from typing import Any

from ..cells.cell import Layer
from ..cells.reader import Reader
from ..cells.rest import FARADAY, GAS_CONSTANT
from ..cells.salts import BinaryElectrolyte, salt_voltage
from .chain import Array, Mixed
from .elements import Surroundings, _half_and_whole, _with_dielectric, layer_element
from .numbers import geometry, require

__all__ = ["binary_electrolyte", "solution_element"]


@layer_element.register(BinaryElectrolyte)
def binary_electrolyte(
    material: BinaryElectrolyte, reader: Reader, layer: Layer, area: Array, around: Surroundings, s: Array
) -> Mixed:
    return solution_element(material, reader, layer, area, around, s, f"layers.{layer.name}.material", 1.0, 1.0, 0.0)


def solution_element(
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
    beside = _with_dielectric(reader, material, f"layers.{layer.name}", solid, s)
    total = conductivity + beside
    ambipolar = thickness / (carried * diffusivity + anions * anions * conductivity * beside / total)
    shunt = (carried * porosity * content * thickness) * s
    arm, passing = _half_and_whole(shunt * ambipolar)
    return Mixed(
        electrons=anions * conductivity / total,
        ions=(ions * conductivity + beside) / total,
        impedance=thickness / total / ratio,
        arm=arm * (ambipolar / ratio),
        passing=passing,
        storage=shunt * ratio,
    )
