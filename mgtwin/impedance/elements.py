"""From the numbers of a cell to the elements of the chain: layers, junctions, electrodes, capacitors.

Every function takes the Laplace variable s [1/s] and returns quantities per electrode area. A new kind of capacitor
registers itself with `admittance`, a new kind of material with `layer_element`; nothing else needs to change.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np

from ..cells.carriers import ANIONS, ELECTRONS, shared
from ..cells.cell import Cell, Layer
from ..cells.constriction import contact_fraction, spreading_length
from ..cells.effective import (
    FARADAY,
    GAS_CONSTANT,
    chemical_capacitance,
    electronic_conductivity,
    ionic_conductivity,
    permittivity,
)
from ..cells.interfaces import CPE, Blocking, Capacitor, Plating
from ..cells.materials import GrainBoundary, IonConductor, MixedConductor
from ..cells.mixtures import Mixture, depends_on_potential, has_electrons
from ..cells.reader import Reader
from ..cells.rest import rest_potentials
from ..errors import InputError
from .chain import Array, Interface, Link, Mixed, Ohmic, Together

__all__ = [
    "VACUUM_PERMITTIVITY",
    "Surroundings",
    "admittance",
    "electrode",
    "junction",
    "layer_element",
    "potentials_at_rest",
]

VACUUM_PERMITTIVITY = 8.8541878128e-12


@singledispatch
def admittance(element: Any, reader: Reader, path: str, s: Array) -> Array:
    """Admittance [S/m2] of the capacitor that a cell has at `path`.

    Parameters
    ----------
    element : Capacitor, CPE or None
        The object itself; its type decides the law: ``s c`` for a `Capacitor`, 0 for None.
    reader : Reader
        Reads its numbers.
    path : str
        For example ``positive.double_layer``.
    s : ndarray
        Laplace variable [1/s].

    Raises
    ------
    InputError
        If no law is known for that type.
    """
    known = "Use a Capacitor, a CPE or None."
    raise InputError(f"{path} is a {type(element).__name__}, whose admittance is not known. {known}")


@admittance.register(type(None))
def _no_capacitor(element: None, reader: Reader, path: str, s: Array) -> Array:
    return 0.0


@admittance.register(Capacitor)
def _capacitor(element: Capacitor, reader: Reader, path: str, s: Array) -> Array:
    return s * _require(reader.number(f"{path}.c"), f"{path}.c", zero=True)


@admittance.register(CPE)
def _constant_phase(element: CPE, reader: Reader, path: str, s: Array) -> Array:
    """``q s^n`` (theory.md §3.3); the principal branch, which is the passive one for Re s >= 0."""
    q = _require(reader.number(f"{path}.q"), f"{path}.q", zero=True)
    return q * np.power(np.asarray(s, dtype=complex), _require(reader.number(f"{path}.n"), f"{path}.n"))


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
    """

    temperature: Array
    potential: Array
    isolated: Array


@singledispatch
def layer_element(
    material: Any, reader: Reader, layer: Layer, area: Array, around: Surroundings, s: Array
) -> Ohmic | Mixed:
    """Element of the chain for a layer.

    Parameters
    ----------
    material : IonConductor, MixedConductor or BinaryElectrolyte
        The layer's material; its type decides the equations.
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
        If no equations are known for that type, or a number is out of its range.
    """
    raise InputError(
        f"layers.{layer.name}.material is a {type(material).__name__}, for which the mesh-free impedance has no "
        f"equations. It knows IonConductor, MixedConductor, BinaryElectrolyte, Composite and Porous."
    )


@layer_element.register(IonConductor)
def _ion_conductor(
    material: IonConductor | Mixture, reader: Reader, layer: Layer, area: Array, around: Surroundings, s: Array
) -> Ohmic:
    path = f"layers.{layer.name}"
    thickness, ratio = _geometry(reader, layer, area)
    sigma = _ionic(reader, f"{path}.material", material, around.temperature)
    impedance = thickness / _with_dielectric(reader, material, path, sigma, s)
    if material.grain_boundary is not None:
        impedance = impedance + _boundaries(reader, material.grain_boundary, path, thickness, s)
    return Ohmic(impedance / ratio)


@layer_element.register(MixedConductor)
def _mixed_conductor(
    material: MixedConductor | Mixture, reader: Reader, layer: Layer, area: Array, around: Surroundings, s: Array
) -> Mixed:
    path = f"layers.{layer.name}"
    where = f"{path}.material"
    thickness, ratio = _geometry(reader, layer, area)
    T, potential = around.temperature, around.potential
    ionic = _ionic(reader, where, material, T)
    in_series: Array = 0.0
    if material.grain_boundary is not None:
        in_series, ionic = _on_ionic_rail(reader, material.grain_boundary, path, thickness, ionic, around.isolated, s)
    ionic = _with_dielectric(reader, material, path, ionic, s)
    electronic = electronic_conductivity(reader, where, material, T, potential)
    _require(electronic, f"{where}.electronic_conductivity")
    storage = chemical_capacitance(reader, where, material, T, potential)
    _require(storage, f"{where}.chemical_capacitance")

    total = ionic + electronic
    ambipolar = thickness * total / (ionic * electronic)  # L/sigma_amb
    shunt = (storage * thickness) * s
    arm, passing = _half_and_whole(shunt * ambipolar)
    return Mixed(
        electrons=electronic / total,
        ions=ionic / total,
        impedance=(thickness / total + in_series) / ratio,
        arm=arm * (ambipolar / ratio),
        passing=passing,
        storage=shunt * ratio,
    )


def potentials_at_rest(cell: Cell, reader: Reader) -> tuple[Any, ...]:
    """Rest potentials of all layers [V]; 0 where no conductivity of the cell depends on them."""
    if any(has_electrons(layer.material) and depends_on_potential(layer.material) for layer in cell.layers):
        return rest_potentials(cell, reader).layers
    return (0.0,) * len(cell.layers)


@dataclass(frozen=True, slots=True)
class _Spots:
    """An incomplete contact (theory.md §3.4): its fraction, and the constriction [ohm m2] of ions and electrons."""

    fraction: Array = 1.0
    ions: Array = 0.0
    electrons: Array = 0.0
    gap: Array = 0.0

    def storage(self, capacitance: Array, s: Array) -> Array:
        """Admittance of a double layer that covers only the fraction in contact, with the gap beside it."""
        if self is _WHOLE:
            return capacitance
        return self.fraction * capacitance + (1 - self.fraction) * self.gap * s

    def link(self, ions: tuple[Array, Array], electrons: tuple[Array, Array], ideal: Array = False) -> Link:
        """Both branches, as fractions per area in contact (the storage apart), with what the spots add."""
        ion_top, ion_bottom = ions
        electron_top, electron_bottom = electrons
        return Link(
            ion_top + self.ions * ion_bottom,
            ion_bottom,
            electron_top / self.fraction + self.electrons * electron_bottom,
            electron_bottom,
            ideal=ideal,
        )


_WHOLE = _Spots()


def _spots(cell: Cell, reader: Reader, path: str, beside: tuple[Layer, ...]) -> _Spots:
    """The contact of an interface with the layers beside it."""
    if getattr(reader.get(path), "contact", None) is None:
        return _WHOLE
    fraction = _require(contact_fraction(reader, path), f"{path}.contact.fraction")
    if np.any(fraction > 1):
        raise InputError(f"{path}.contact.fraction must be at most 1, but {np.max(fraction):g} was given.")
    spacing = f"{path}.contact.spacing"
    length = spreading_length(fraction, _require(reader.number(spacing), spacing))
    ions: Array = 0.0
    electrons: Array = 0.0
    for layer in beside:
        ionic, electronic = _conductivities(cell, reader, layer)
        ions = ions + length / ionic
        electrons = electrons + (0.0 if electronic is None else length / electronic)
    gap = f"{path}.contact.gap_capacitance"
    return _Spots(fraction, ions, electrons, _require(reader.number(gap), gap, zero=True))


def _conductivities(cell: Cell, reader: Reader, layer: Layer) -> tuple[Array, Array | None]:
    """Ionic conductivity, grain boundaries included, and electronic one [S/m] of a layer, per electrode area."""
    where = f"layers.{layer.name}.material"
    _, ratio = _geometry(reader, layer, reader.number("area"))
    T = reader.temperature
    ionic = _ionic(reader, where, layer.material, T)
    if getattr(layer.material, "grain_boundary", None) is not None:
        ionic = _folded(reader, f"{where}.grain_boundary", ionic)
    if not has_electrons(layer.material):
        return ionic * ratio, None
    potential = potentials_at_rest(cell, reader)[[item.name for item in cell.layers].index(layer.name)]
    electronic = electronic_conductivity(reader, where, layer.material, T, potential)
    return ionic * ratio, electronic * ratio


def _folded(reader: Reader, where: str, ionic: Array) -> Array:
    """Ionic conductivity with the boundaries' resistance in it, ``1/sigma_eff = 1/sigma_ion + R_gb/d`` (§2.3)."""
    resistance = _require(reader.property(f"{where}.resistance", reader.temperature), f"{where}.resistance", zero=True)
    grain = _require(reader.number(f"{where}.grain_size"), f"{where}.grain_size")
    return ionic / (1 + ionic * resistance / grain)


def junction(cell: Cell, reader: Reader, left: Layer, right: Layer, s: Array) -> Interface:
    """Interface of two layers: ``R parallel C`` for ions, R_e for electrons; None if both pass perfectly.

    Between two salt solutions the whole current passes ``R parallel C`` and the salt divides it freely.

    Raises
    ------
    InputError
        Where no current of any kind crosses it.
    """
    common = shared(left.material, right.material)
    electrons = common == ELECTRONS
    key = f"{left.name}-{right.name}"
    entry = cell.interfaces.get(key)
    if entry is None:
        return None if common else Link(0.0, 1.0, 1.0, 0.0)
    path = f"interfaces.{key}"
    resistance = _require(reader.property(f"{path}.resistance", reader.temperature), f"{path}.resistance", zero=True)
    spots = _spots(cell, reader, path, (left, right))
    storage = spots.storage(admittance(entry.capacitance, reader, f"{path}.capacitance", s), s)
    top, bottom = _fraction(resistance)
    contact = _electron_branch(reader, path, electrons)
    ideal = (top == 0) & (contact[0] == 0) & (spots.ions == 0)
    if np.ndim(ideal) == 0:
        if ideal:
            return None
        ideal = False
    link = spots.link((top, bottom * spots.fraction + top * storage), contact, ideal)
    link = _conducting(link, path, "a finite resistance or a capacitance")
    return Together(link.ion_top / link.ion_bottom) if common == ANIONS else link


def electrode(cell: Cell, reader: Reader, side: str, layer: Layer, s: Array) -> Link:
    r"""Electrode ``negative`` or ``positive`` on a layer.

    Ionic branch :math:`s C_{dl}` for `Blocking`; for `Plating` in parallel with :math:`RT/(zFi_0) + R_{film}`.

    Raises
    ------
    InputError
        Where no current of any kind crosses it.
    """
    metal = getattr(cell, side)
    spots = _spots(cell, reader, side, (layer,))
    ionic = spots.storage(admittance(metal.double_layer, reader, f"{side}.double_layer", s), s)
    if isinstance(metal, Plating):
        ionic = ionic + spots.fraction / _charge_transfer_resistance(reader, side)
    elif not isinstance(metal, Blocking):
        raise InputError(
            f"{side} is a {type(metal).__name__}, for which the mesh-free impedance has no equations. It knows "
            f"Blocking and Plating."
        )
    contact = _electron_branch(reader, side, layer.material.carriers == ELECTRONS)
    return _conducting(spots.link((1.0, ionic), contact), side, "a double_layer (for example '10 uF/cm^2')")


def _charge_transfer_resistance(reader: Reader, side: str) -> Array:
    """Butler-Volmer linearised at rest and the film behind it [ohm m2]."""
    T = reader.temperature
    exchange = _require(reader.property(f"{side}.exchange_current_density", T), f"{side}.exchange_current_density")
    film = _require(reader.property(f"{side}.film_resistance", T), f"{side}.film_resistance", zero=True)
    charge = _require(reader.number("ion.charge"), "ion.charge")
    return GAS_CONSTANT * T / (charge * FARADAY * exchange) + film


def _electron_branch(reader: Reader, path: str, electrons: bool) -> tuple[Array, Array]:
    """Electronic contact resistance as a fraction; blocked if one side has no electrons."""
    if not electrons:
        return 1.0, 0.0
    name = f"{path}.electronic_resistance"
    return _fraction(_require(reader.number(name), name, zero=True))


def _fraction(resistance: Array) -> tuple[Array, Array]:
    """A resistance as top/bottom, ``inf`` as 1/0."""
    if np.ndim(resistance) == 0:
        return (1.0, 0.0) if math.isinf(resistance) else (float(resistance), 1.0)
    blocked = np.isinf(resistance)
    return np.where(blocked, 1.0, resistance), np.where(blocked, 0.0, 1.0)


def _is_zero(number: Array) -> bool:
    """Whether this is the plain number 0, the same for every parameter set and frequency."""
    return isinstance(number, float) and number == 0


def _conducting(link: Link, path: str, remedy: str) -> Link:
    """Return the link unless it blocks both carriers whatever the frequency."""
    if _is_zero(link.ion_bottom) and _is_zero(link.electron_bottom):
        raise InputError(
            f"{path} blocks ions and stores no charge, and no electrons can pass it either, so no current of any kind "
            f"crosses it at any frequency. Give it {remedy}, or a finite electronic_resistance between electron "
            f"conductors."
        )
    return link


def _geometry(reader: Reader, layer: Layer, area: Array) -> tuple[Array, Array]:
    """Thickness [m] of a layer and its area over the electrode's."""
    path = f"layers.{layer.name}"
    thickness = _require(reader.number(f"{path}.thickness"), f"{path}.thickness")
    if layer.area is None:
        return thickness, 1.0
    return thickness, _require(reader.number(f"{path}.area"), f"{path}.area") / area


def _ionic(reader: Reader, path: str, material: Any, temperature: Array) -> Array:
    return _require(ionic_conductivity(reader, path, material, temperature), f"{path}.ionic_conductivity")


def _with_dielectric(reader: Reader, material: Any, path: str, ionic: Array, s: Array) -> Array:
    r"""Ionic conductivity plus displacement, :math:`\sigma_{ion} + s\varepsilon_0\varepsilon_r`.

    This is the local form of theory.md §2.4, displacement wherever the ionic potential has a gradient. Unlike one
    lumped capacitor per layer it does not change when a layer is cut in two.
    """
    name = f"{path}.material.relative_permittivity"
    found = permittivity(reader, f"{path}.material", material)
    if found is None:
        return ionic
    if isinstance(found, CPE):
        return ionic + admittance(found, reader, name, s)
    return ionic + s * (VACUUM_PERMITTIVITY * _require(found, name))


def _on_ionic_rail(
    reader: Reader, boundary: GrainBoundary, path: str, thickness: Array, ionic: Array, isolated: Array, s: Array
) -> tuple[Array, Array]:
    """Grain boundaries of a mixed conductor: what they add in series and the ionic conductivity that remains.

    In series where electrons are blocked at both faces, else folded into the conductivity (theory.md §2.3).
    """
    if isolated is True:
        return _boundaries(reader, boundary, path, thickness, s), ionic
    folded = _folded(reader, f"{path}.material.grain_boundary", ionic)
    if isolated is False:
        return 0.0, folded
    in_series = _boundaries(reader, boundary, path, thickness, s)
    return np.where(isolated, in_series, 0.0), np.where(isolated, ionic, folded)


def _boundaries(reader: Reader, boundary: GrainBoundary, path: str, thickness: Array, s: Array) -> Array:
    """Impedance [ohm m2] of all grain boundaries in series, ``n R/(1 + s R C)`` with n = L/d."""
    where = f"{path}.material.grain_boundary"
    resistance = _require(reader.property(f"{where}.resistance", reader.temperature), f"{where}.resistance", zero=True)
    grain = _require(reader.number(f"{where}.grain_size"), f"{where}.grain_size")
    number = thickness / grain
    if boundary.capacitance is None:
        return number * resistance
    capacitance = _require(reader.number(f"{where}.capacitance"), f"{where}.capacitance", zero=True)
    return number * resistance / (1 + s * (resistance * capacitance))


def _half_and_whole(square: Array) -> tuple[Array, Array]:
    """``tanh(x/2)/x`` and ``x/sinh(x)`` for x = sqrt(square), Re x >= 0, from decaying exponentials only."""
    x = np.sqrt(square + 1e-300)  # the shift is nothing but keeps x = 0 from dividing 0 by 0
    decay = np.expm1(-x.real)
    half = np.where(x.real > 750, 0.0, x.imag / 2)  # exp(-x) is 0 there, and sines of large numbers are slow
    sine, cosine = np.sin(half), np.cos(half)
    turned = 2 * (1 + decay) * sine
    minus = np.empty_like(x)  # 1 - exp(-x); both terms of its real part are positive
    minus.real = turned * sine - decay
    minus.imag = turned * cosine
    plus = 2 - minus  # 1 + exp(-x)
    return minus / (plus * x), 2 * x * (1 - minus) / (minus * plus)


def _require(value: Array, path: str, *, zero: bool = False) -> Array:
    """Return a number if it is positive (or zero, where allowed), however many parameter sets it has."""
    allowed = value >= 0 if zero else value > 0
    if allowed if isinstance(allowed, bool) else np.all(allowed):
        return value
    worst = np.nanmin(value) if not np.all(np.isnan(value)) else np.nan
    raise InputError(f"{path} must be {'at least' if zero else 'greater than'} 0, but {worst:g} was given.")
