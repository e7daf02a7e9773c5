"""From the numbers of a cell to the layers of the chain.

Every function takes the Laplace variable s [1/s] and returns quantities per electrode area. Which equations a layer has
is decided by what moves in it besides the ion, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..cells.cell import Layer
from ..cells.reader import Reader
from ..errors import InputError
from ..kinds.carriers import ANIONS, ELECTRONS, IONS_ONLY, Carrier
from ..kinds.kind import has_formula
from ..kinds.materials import GrainBoundary, Material
from ..kinds.numbers import FARADAY, GAS_CONSTANT, VACUUM_PERMITTIVITY
from ..kinds.own import Own
from ..kinds.salt import salt_voltage
from .chain import Layer as ChainLayer
from .chain import Mixed, Ohmic, half_and_whole
from .interfaces import stored
from .links import Array
from .numbers import geometry, require, with_boundaries

__all__ = ["VACUUM_PERMITTIVITY", "Surroundings", "layer_element"]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a layer needs to know beyond its material.

    Attributes
    ----------
    temperature : Array
        [K]
    potential : Array or None
        Local electrode potential at rest [V]; None where no property depends on it.
    isolated : bool or ndarray
        Whether electrons are blocked at both faces.
    dielectric : bool
        Whether the layer stores dielectric charge; in time a fast one is over before the first sample.
    """

    temperature: Array
    potential: Array
    isolated: Array
    dielectric: bool = True


@dataclass(frozen=True, slots=True)
class _Place:
    """A layer with its numbers: what its equations are written with."""

    material: Material
    own: Own
    around: Surroundings
    thickness: Array
    ratio: Array
    """Area of the layer over that of the electrodes."""

    def with_dielectric(self, ionic: Array, s: Array) -> Array:
        r"""Ionic conductivity plus displacement, :math:`\sigma_{ion} + s\varepsilon_0\varepsilon_r`.

        This is the local form of theory.md §2.4, displacement wherever the ionic potential has a gradient. Unlike one
        lumped capacitor per layer it does not change when a layer is cut in two.
        """
        name, found = self.own.place("relative_permittivity"), self.material.permittivity(self.own)
        if found is None or not self.around.dielectric:
            return ionic
        if has_formula(type(found), "admittance"):  # a storage: the bulk is dispersive
            return ionic + stored(found, self.own.reader, name, s)  # type: ignore[arg-type]
        return ionic + s * (VACUUM_PERMITTIVITY * require(found, name))

    def boundaries(self, boundary: GrainBoundary, s: Array) -> Array:
        """Impedance [ohm m2] of all grain boundaries in series, ``n R/(1 + s R C)`` with n = L/d."""
        own = self.own.below("grain_boundary")
        resistance = require(own.property("resistance"), own.place("resistance"), zero=True)
        number = self.thickness / require(own.number("grain_size"), own.place("grain_size"))
        if boundary.capacitance is None:
            return number * resistance
        capacitance = require(own.property("capacitance"), own.place("capacitance"), zero=True)
        return number * resistance / (1 + s * (resistance * capacitance))

    def on_ionic_rail(self, boundary: GrainBoundary, ionic: Array, s: Array) -> tuple[Array, Array]:
        """Grain boundaries of a mixed conductor: what they add in series and the ionic conductivity that remains.

        In series where electrons are blocked at both faces, else folded into the conductivity (theory.md §2.3).
        """
        # Never both: where electrons can leave the layer the boundaries share the current with them
        # and stand in series with neither. In a batch that is decided per parameter set, for a
        # contact may be blocked in some of them only.
        isolated = self.around.isolated
        if isolated is True:
            return self.boundaries(boundary, s), ionic
        folded = with_boundaries(self.own.below("grain_boundary"), ionic)
        if isolated is False:
            return 0.0, folded
        return np.where(isolated, self.boundaries(boundary, s), 0.0), np.where(isolated, ionic, folded)


def layer_element(
    material: Material, reader: Reader, layer: Layer, area: Array, around: Surroundings, s: Array
) -> ChainLayer:
    """Element of the chain for a layer.

    Parameters
    ----------
    material : Material
        The layer's material; its carriers decide the equations.
    reader : Reader
    layer : Layer
    area : float or ndarray
        Electrode area [m2], to which all results refer.
    around : Surroundings
    s : ndarray
        Laplace variable [1/s].

    Raises
    ------
    InputError
        If there is no closed form for this material, or a number is out of its range.
    """
    own = Own(reader, f"layers.{layer.name}.material", around.temperature)
    carriers = material.carriers
    why = material.mesh_only or ("" if carriers in _EQUATIONS else f"carries {', '.join(sorted(map(str, carriers)))}")
    if why:
        raise InputError(
            f"{own.path} {why}: the mesh-free impedance does not know such layers. mgtwin.simulate(cell, EIS(...)) "
            f"takes the mesh."
        )
    # parameter sets share their equations: a mixture whose electrons percolate with some of the numbers only has no
    # place among them and is refused here, before it would pass for a layer without electrons
    material.check_numbers(own)
    place = _Place(material, own, around, *geometry(reader, layer, area))
    return _EQUATIONS[carriers](place, s)


def _ohmic(place: _Place, s: Array) -> Ohmic:
    """Ions only."""
    material, own = place.material, place.own
    sigma = require(material.ionic(own), own.place("ionic_conductivity"))
    impedance, boundaries = place.thickness / place.with_dielectric(sigma, s), 0.0
    if material.grain_boundary is not None:
        boundaries = place.boundaries(material.grain_boundary, s)
    return Ohmic((impedance + boundaries) / place.ratio, boundaries / place.ratio)


def _mixed(place: _Place, s: Array) -> Mixed:
    """Ions and electrons: the local potential E diffuses with the ambipolar conductivity."""
    material, own, thickness, ratio = place.material, place.own, place.thickness, place.ratio
    ionic = require(material.ionic(own), own.place("ionic_conductivity"))
    in_series: Array = 0.0
    if material.grain_boundary is not None:
        in_series, ionic = place.on_ionic_rail(material.grain_boundary, ionic, s)
        if material.grain_boundary.electronic_resistance is not None:  # it is in the electronic conductivity already
            boundary = own.below("grain_boundary")
            require(boundary.property("electronic_resistance"), boundary.place("electronic_resistance"), zero=True)
    ionic = place.with_dielectric(ionic, s)
    potential = place.around.potential
    electronic = material.electronic(own).conductivity(potential)
    require(electronic, own.place("electronic_conductivity"))
    storage = require(material.capacitance(own, potential), own.place("chemical_capacitance"))

    # both fractions are quotients: 1 - t_eon would have no digit left of a t_ion of 1e-16, and the chain needs both
    total = ionic + electronic
    ambipolar = thickness * total / (ionic * electronic)  # L/sigma_amb
    shunt = (storage * thickness) * s
    arm, passing = half_and_whole(shunt * ambipolar)
    return Mixed(
        electrons=electronic / total,
        ions=ionic / total,
        impedance=(thickness / total + in_series) / ratio,
        arm=arm * (ambipolar / ratio),
        passing=passing,
        storage=shunt * ratio,
        ambipolar=ambipolar / ratio,
        boundaries=in_series / ratio,
    )


def _solution(place: _Place, s: Array) -> Mixed:
    r"""Ions and a salt solution, the anions in the electrons' place (theory.md §5).

    With :math:`dE = -(\nu RT\Theta/z\nu_+F)\,d\ln c` the anion current is :math:`t_- i_p - \sigma_{amb}\partial_x E`,
    its storage :math:`\sigma_{amb}\varepsilon/D_{eff}`, and :math:`\sigma_{amb} = (zF)^2 D_{eff}c_0\nu_+/\nu RT\Theta`.
    Displacement and a solid that conducts beside the pores join the ionic rail: they take a part of the current from
    :math:`i_p`, which salt need not follow.
    """
    thickness, ratio, T = place.thickness, place.ratio, place.around.temperature
    salt = place.material.salt(place.own)

    def positive(number: Array, name: str) -> Array:
        return require(number, f"{salt.path}.{name}")

    conductivity = salt.network * positive(salt.conductivity, "ionic_conductivity")
    diffusivity = salt.network * positive(salt.diffusivity, "salt_diffusivity")
    concentration = positive(salt.concentration, "concentration")
    factor, porosity = positive(salt.thermodynamic_factor, "thermodynamic_factor"), positive(salt.porosity, "porosity")
    ions = salt.transference_number
    anions = require(1 - ions, f"1 - {salt.path}.transference_number")
    charge = require(place.own.reader.number("ion.charge"), "ion.charge")
    carried = charge * FARADAY * concentration / salt_voltage(charge, GAS_CONSTANT * T / FARADAY, factor)
    beside = place.with_dielectric(salt.beside, s)
    total = conductivity + beside
    # The second term is t_-^2 kappa (1 - kappa/kappa') of theory.md §5: what conducts beside the pores closes a loop
    # for the salt's own voltage, which then evens out faster than by diffusion alone.
    ambipolar = thickness / (carried * diffusivity + anions * anions * conductivity * beside / total)
    shunt = (carried * porosity * salt.content * thickness) * s  # `carried` is c_chem of free solution [F/m3]
    arm, passing = half_and_whole(shunt * ambipolar)
    return Mixed(
        electrons=anions * conductivity / total,
        ions=(ions * conductivity + beside) / total,
        impedance=thickness / total / ratio,
        arm=arm * (ambipolar / ratio),
        passing=passing,
        storage=shunt * ratio,
        ambipolar=ambipolar / ratio,
    )


#: What moves besides the ion -> the equations.
_EQUATIONS: dict[frozenset[Carrier], Callable[[_Place, Array], ChainLayer]] = {
    IONS_ONLY: _ohmic,
    ELECTRONS: _mixed,
    ANIONS: _solution,
}
