"""Salt solutions as elements of the chain: the anions stand in the electrons' place (theory.md §5)."""

from __future__ import annotations

from ..cells.cell import Layer
from ..cells.reader import Reader
from ..cells.rest import FARADAY, GAS_CONSTANT
from ..cells.salts import BinaryElectrolyte, salt_voltage
from .chain import Array, Mixed
from .elements import (
    Surroundings,
    _conductivity,
    _geometry,
    _half_and_whole,
    _require,
    _with_dielectric,
    layer_element,
)

__all__ = ["binary_electrolyte"]


@layer_element.register(BinaryElectrolyte)
def binary_electrolyte(
    material: BinaryElectrolyte, reader: Reader, layer: Layer, area: Array, around: Surroundings, s: Array
) -> Mixed:
    r"""Salt solution, the anions in the electrons' place.

    With :math:`dE = -(\nu RT\Theta/z\nu_+F)\,d\ln c` the anion current is :math:`t_- i_f - \sigma_{amb}\partial_x E`,
    its storage :math:`\sigma_{amb}\varepsilon/D_{eff}`, and :math:`\sigma_{amb} = (zF)^2 D_{eff}c_0\nu_+/\nu RT\Theta`.
    Displacement joins the ionic rail: it takes a part of the current from :math:`i_f`, which salt need not follow.
    """
    path = f"layers.{layer.name}"
    where = f"{path}.material"
    thickness, ratio = _geometry(reader, layer, area)
    T = around.temperature
    conductivity = _conductivity(reader, f"{where}.ionic_conductivity", T)
    diffusivity = _conductivity(reader, f"{where}.salt_diffusivity", T)
    concentration, factor, porosity = (
        _require(reader.number(f"{where}.{name}"), f"{where}.{name}")
        for name in ("concentration", "thermodynamic_factor", "porosity")
    )
    ions = reader.number(f"{where}.transference_number")
    anions = _require(1 - ions, f"1 - {where}.transference_number")
    charge = _require(reader.number("ion.charge"), "ion.charge")
    slope = salt_voltage(charge, GAS_CONSTANT * T / FARADAY, factor)
    carried = charge * FARADAY * concentration / slope  # c_chem of free solution, [F/m3]
    displaced = _with_dielectric(reader, material, path, 0.0, s)
    total = conductivity + displaced
    ambipolar = thickness / (carried * diffusivity + anions * anions * conductivity * displaced / total)
    shunt = (carried * porosity * thickness) * s
    arm, passing = _half_and_whole(shunt * ambipolar)
    return Mixed(
        electrons=anions * conductivity / total,
        ions=(ions * conductivity + displaced) / total,
        impedance=thickness / total / ratio,
        arm=arm * (ambipolar / ratio),
        passing=passing,
        storage=shunt * ratio,
    )
