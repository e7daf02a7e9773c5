"""Links of the chain: junctions and electrodes, and the contact that they make (theory.md §3.1, §3.2, §3.4)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..cells.carriers import ANIONS, ELECTRONS, shared
from ..cells.cell import Cell, Layer
from ..cells.constriction import contact_fraction, spreading_length
from ..cells.effective import FARADAY, GAS_CONSTANT
from ..cells.interfaces import Blocking, Plating
from ..cells.reader import Reader
from ..errors import InputError
from ..kinds.carriers import has_electrons
from ..kinds.own import Own
from .capacitors import admittance
from .chain import Array, Interface, Link, Together
from .numbers import geometry, potentials_at_rest, require, with_boundaries

__all__ = ["electrode", "junction"]


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
    resistance = require(reader.property(f"{path}.resistance", reader.temperature), f"{path}.resistance", zero=True)
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
    exchange = require(reader.property(f"{side}.exchange_current_density", T), f"{side}.exchange_current_density")
    film = require(reader.property(f"{side}.film_resistance", T), f"{side}.film_resistance", zero=True)
    charge = require(reader.number("ion.charge"), "ion.charge")
    return GAS_CONSTANT * T / (charge * FARADAY * exchange) + film


def _electron_branch(reader: Reader, path: str, electrons: bool) -> tuple[Array, Array]:
    """Electronic contact resistance as a fraction; blocked if one side has no electrons."""
    if not electrons:
        return 1.0, 0.0
    name = f"{path}.electronic_resistance"
    return _fraction(require(reader.number(name), name, zero=True))


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
    fraction = require(contact_fraction(reader, path), f"{path}.contact.fraction")
    if np.any(fraction > 1):
        raise InputError(f"{path}.contact.fraction must be at most 1, but {np.max(fraction):g} was given.")
    spacing = f"{path}.contact.spacing"
    length = spreading_length(fraction, require(reader.number(spacing), spacing))
    ions: Array = 0.0
    electrons: Array = 0.0
    for layer in beside:
        ionic, electronic = _conductivities(cell, reader, layer)
        ions = ions + length / ionic
        electrons = electrons + (0.0 if electronic is None else length / electronic)
    gap = f"{path}.contact.gap_capacitance"
    return _Spots(fraction, ions, electrons, require(reader.number(gap), gap, zero=True))


def _conductivities(cell: Cell, reader: Reader, layer: Layer) -> tuple[Array, Array | None]:
    """Ionic conductivity, grain boundaries included, and electronic one [S/m] of a layer, per electrode area."""
    own = Own(reader, f"layers.{layer.name}.material", reader.temperature)
    _, ratio = geometry(reader, layer, reader.number("area"))
    ionic = require(layer.material.ionic(own), own.place("ionic_conductivity"))
    if layer.material.grain_boundary is not None:
        ionic = with_boundaries(own.below("grain_boundary"), ionic)
    if not has_electrons(layer.material):
        return ionic * ratio, None
    potential = potentials_at_rest(cell, reader)[[item.name for item in cell.layers].index(layer.name)]
    return ionic * ratio, layer.material.electronic(own).conductivity(potential) * ratio
