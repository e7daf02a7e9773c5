"""Links of the chain: junctions and electrodes of any kind, from their formulas (theory.md §3.1, §3.2, §3.4)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from ..cells.carriers import ANIONS, ELECTRONS, shared
from ..cells.cell import Cell, Layer
from ..cells.constriction import Spots, contact_fraction, film_when_new
from ..cells.questions import electronic_conductivity, ionic_conductivity
from ..cells.reader import Reader
from ..errors import InputError
from ..kinds.carriers import has_electrons
from ..kinds.electrode import conduction, equilibrium
from ..kinds.kind import Bound, has_formula
from ..kinds.numbers import is_zero
from ..kinds.response import admittance
from ..kinds.storage import Storage
from .links import PERFECT, Array, Interface, Link, Together
from .numbers import geometry, require
from .porous import Porous, porous_body

__all__ = ["electrode", "junction", "reacting", "stored"]


def stored(element: Storage, reader: Reader, path: str, s: Array) -> Array:
    """Admittance [S/m2 of an interface, S/m of the bulk] of the storage at a path."""
    return Bound(type(element), path, reader).call("admittance", s)


def _kept(reader: Reader, key: str, make: Callable[[], Array]) -> Array:
    """What follows from the cell's own numbers alone: worked out once, unless some of them are overridden."""
    # A spectrum is computed in blocks of frequencies and asked for again and again;
    # reading takes longer than the algebra.
    memory = reader.memory("")  # "" is above every path: None where anything is overridden
    if memory is None:
        return make()
    if key not in memory:
        memory[key] = make()
    return memory[key]


def junction(cell: Cell, reader: Reader, left: Layer, right: Layer, s: Array) -> Interface:
    """Interface of two layers: its resistance or reaction beside its capacitance for ions, R_e for electrons.

    `PERFECT` if both pass perfectly. Between two salt solutions the whole current passes the ions' branch and the salt
    divides it freely.

    Raises
    ------
    InputError
        Where no current of any kind crosses it.
    """
    common = shared(left.material, right.material)
    key = f"{left.name}-{right.name}"
    entry = cell.interfaces.get(key)
    if entry is None:
        # nothing is in the way then; but a carrier that only one of the two layers has ends here all the same
        return PERFECT if common else Link(0.0, 1.0, 1.0, 0.0)
    path = f"interfaces.{key}"
    if entry.capacitance is None and not entry.memories:  # then nothing in it depends on s
        return _kept(reader, path, lambda: _junction(cell, reader, path, left, right, s))
    return _junction(cell, reader, path, left, right, s)


def _junction(cell: Cell, reader: Reader, path: str, left: Layer, right: Layer, s: Array) -> Interface:
    """The same where the cell has an entry."""
    common, entry = shared(left.material, right.material), reader.get(path)
    bound = Bound(type(entry), path, reader)
    if has_formula(bound.kind, "ohmic"):
        top, bottom = _fraction(require(bound.call("ohmic"), f"{path}.resistance", zero=True))
    else:
        top, bottom = 1.0, admittance(bound, 0.0, s)
    spots = _spots(cell, reader, path, (left, right))
    storage = _storage(spots, entry.capacitance, reader, f"{path}.capacitance", s)
    contact = _electron_branch(reader, path, common == ELECTRONS)
    # R/a beside C as one fraction, top/(bottom a + top Y): it holds for R = 0 and for R = inf alike
    link = _link(spots, (top, bottom * spots.fraction + top * storage), contact)
    if link.ideal is True:
        return PERFECT
    link = _conducting(link, path, "a finite resistance or a capacitance")
    return Together(link.ion_top / link.ion_bottom) if common == ANIONS else link


def electrode(cell: Cell, reader: Reader, side: str, layer: Layer, s: Array) -> Link | Porous:
    r"""Electrode ``negative`` or ``positive`` on a layer.

    Its ionic branch is the double layer beside the small-signal admittance Y of its reaction with a film R in series,
    :math:`Y/(1 + RY)`; one with a thickness adds what conduction through it takes (theory.md §3.7).

    Raises
    ------
    InputError
        Where no current of any kind crosses it.
    """
    spots, contact, ionic = reacting(cell, reader, side, layer, s)
    kind = reader.get(side)
    if has_formula(type(kind), "rails"):
        bound = Bound(type(kind), side, reader, salt=1.0)
        one_reaction = kind.resolution is not None and kind.resolution.slices == 1
        if not is_zero(contact[1]) and not one_reaction:  # electrons of the layer enter its rail, too
            at_face = _link(spots, (0.0, 1.0), contact)
            rails = dict(zip(("ions", "electrons"), bound.call("rails"), strict=True))
            return Porous(PERFECT if at_face.ideal is True else at_face, porous_body(**rails, admittance=ionic))
        spots = spots.behind(conduction(bound, kind.resolution, ionic))
    return _conducting(_link(spots, (1.0, ionic), contact), side, "a double_layer (for example '10 uF/cm^2')")


def reacting(cell: Cell, reader: Reader, side: str, layer: Layer, s: Array) -> tuple[Spots, tuple[Array, Array], Array]:
    """What an electrode is made of: its contact, its branch of electrons as a fraction, and the admittance [S/m2] of
    all its reaction and double layer."""
    kind = reader.get(side)

    def without_storage() -> tuple[Spots, tuple[Array, Array], Array]:
        bound = Bound(type(kind), side, reader, salt=1.0)  # at rest the salt is where it was made
        potential, reaction = equilibrium(bound), 0.0
        if potential is not None:  # else it is inert
            reaction = admittance(bound, potential, s)
            film = require(film_when_new(reader, side), f"{side}.film_resistance", zero=True)
            # not 1/(1/Y + R): Y is 0 to a direct current where a host is full
            reaction = reaction / (1 + film * reaction)
        return _spots(cell, reader, side, (layer,)), _electron_branch(reader, side, electrons), reaction

    electrons = layer.material.carriers == ELECTRONS
    spots, contact, reaction = without_storage() if kind.memories else _kept(reader, side, without_storage)
    storage = _storage(spots, kind.double_layer, reader, f"{side}.double_layer", s)
    return spots, contact, storage + spots.fraction * reaction


def _storage(spots: Spots, element: Storage | None, reader: Reader, path: str, s: Array) -> Array:
    """Admittance [S/m2] of the storage across an interface; the plain 0.0 where there is none, contact or not."""
    return 0.0 if element is None else spots.storage(stored(element, reader, path, s), s)


def _electron_branch(reader: Reader, path: str, electrons: bool) -> tuple[Array, Array]:
    """Electronic contact resistance as a fraction; blocked if one side has no electrons."""
    if not electrons:
        return 1.0, 0.0
    name = f"{path}.electronic_resistance"
    return _fraction(require(reader.property(name, reader.temperature), name, zero=True))


def _fraction(resistance: Array) -> tuple[Array, Array]:
    """A resistance as top/bottom, ``inf`` as 1/0."""
    if np.ndim(resistance) == 0:
        # inf itself would become inf * 0 = nan wherever the other branch is ideal
        return (1.0, 0.0) if resistance == np.inf else (resistance, 1.0)
    blocked = np.isinf(resistance)
    return np.where(blocked, 1.0, resistance), np.where(blocked, 0.0, 1.0)


def _link(spots: Spots, ions: tuple[Array, Array], electrons: tuple[Array, Array]) -> Link:
    """Both branches, as fractions per area in contact (the storage apart), with what the spots add."""
    ion_top, ion_bottom = ions
    electron_top, electron_bottom = electrons
    narrow = 0.0 if spots.electrons is None else spots.electrons  # None: the branch is blocked anyway
    # ideal for both carriers there is nothing to divide by: 0/0, so that such a contact is none
    ideal = (ion_top == 0) & (electron_top == 0) & (spots.ions == 0)
    # the constriction is in series with the whole ionic branch: the double layer is charged through the same spots
    return Link(
        ion_top + spots.ions * ion_bottom,
        ion_bottom,
        electron_top / spots.fraction + narrow * electron_bottom,
        electron_bottom,
        ideal=ideal if np.ndim(ideal) else bool(ideal),
        spread=spots.ions,
    )


def _conducting(link: Link, path: str, remedy: str) -> Link:
    """Return the link unless it blocks both carriers whatever the frequency."""
    if is_zero(link.ion_bottom) and is_zero(link.electron_bottom):
        raise InputError(
            f"{path} blocks ions and stores no charge, and no electrons can pass it either, so no current of any kind "
            f"crosses it at any frequency. Give it {remedy}, or a finite electronic_resistance between electron "
            f"conductors."
        )
    return link


def _spots(cell: Cell, reader: Reader, path: str, beside: tuple[Layer, ...]) -> Spots:
    """The contact of an interface with the layers beside it."""
    if reader.get(path).contact is None:
        return Spots()
    fraction = require(contact_fraction(reader, path), f"{path}.contact.fraction")
    # a derivative at 1 steps over it by a hundred-thousandth, as at any bound: the formulas go on smoothly there
    if np.any(fraction > 1 + 2e-5):
        raise InputError(f"{path}.contact.fraction must be at most 1, but {np.max(fraction):g} was given.")
    return Spots.of(reader, path, fraction, [partial(_conductivities, cell, reader, layer) for layer in beside])


def _conductivities(cell: Cell, reader: Reader, layer: Layer) -> tuple[Array, Array | None]:
    """Ionic conductivity, grain boundaries included, and electronic one [S/m] of a layer, per electrode area."""
    _, ratio = geometry(reader, layer, reader.number("area"))
    ionic = require(ionic_conductivity(cell, layer.name, reader), f"layers.{layer.name}.material.ionic_conductivity")
    if not has_electrons(layer.material):
        return ionic * ratio, None
    return ionic * ratio, electronic_conductivity(cell, layer.name, reader) * ratio
