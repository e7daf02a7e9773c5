"""The state of rest of a cell (theory.md §3.1) and the electrons of a mixed conductor at a given potential (§2.2).

Numbers only, no differential equation: which mixed conductors share one local electrode potential, its value, and the
overpotential of an inert electrode that follows from it. Values are read through a `Reader`, so that whole batches of
parameter sets can be treated at once.
"""

from __future__ import annotations

from functools import lru_cache, reduce
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..errors import InputError
from ..kinds.carriers import ANIONS, has_electrons
from ..kinds.electrode import equilibrium
from ..kinds.kind import Bound
from ..kinds.materials import Material
from ..kinds.noun import Same
from ..kinds.numbers import FARADAY, GAS_CONSTANT, SATURATION, Number, integral_of_saturating_exp, saturating_exp
from ..kinds.own import Own
from .cell import Cell
from .effective import chemical_capacitance, electronic_conductivity
from .reader import Reader

__all__ = [
    "FARADAY",
    "GAS_CONSTANT",
    "SATURATION",
    "Rest",
    "chemical_capacitance",
    "discharges_itself",
    "electronic_conductivity",
    "integral_of_saturating_exp",
    "rest_diffusivity",
    "rest_potentials",
    "saturating_exp",
    "starting_potentials",
]


#: Largest difference [V] of two equilibrium potentials that counts as none.
SAME_POTENTIAL = 1e-12


class Rest(NamedTuple):
    """Potentials of a cell at rest, as floats or as arrays over the parameter sets.

    Attributes
    ----------
    layers : tuple
        Local electrode potential E0 [V] of every layer from left to right; None for layers without electrons.
    negative, positive : float or ndarray
        Overpotential eta [V] of the electrodes, counted as a drop in +x (theory.md §1).
    """

    layers: tuple[Number, ...]
    negative: Number
    positive: Number


def rest_potentials(cell: Cell, reader: Reader | None = None) -> Rest:
    r"""Return the local potentials and the electrodes' overpotentials of a cell at rest.

    Neighbouring mixed conductors joined through a finite electronic resistance form a group with one potential E0. It
    is that of an electrode that reacts (0 V: the ion's metal) where one touches the group through a finite electronic
    resistance; elsewhere the group
    shares its neutral component until :math:`\sum_k A_k L_k \int_{E_k}^{E_0} c_{chem,k}\,dE = 0`, with
    :math:`E_k` the `rest_potential` of each member (of each phase of a mixture). An inert electrode that passes
    electrons is charged to the potential of its layer; an electrode that reacts stands at its equilibrium potential.

    Parameters
    ----------
    cell : Cell
    reader : Reader, optional
        Reads the numbers; by default those of the cell. One that returns arrays (shapes must broadcast) gives arrays.

    Returns
    -------
    Rest

    Raises
    ------
    InputError
        Two electrodes of different equilibrium potentials are in electronic contact: such a cell has no rest. The
        electrons of a layer follow a law of E that does not hold at the potential of rest.

    Examples
    --------
    >>> import mgtwin as mt
    >>> rest_potentials(mt.cell("trilayer")).layers
    (None, 0.0, None)
    """
    found = _own(Same(cell), True) if reader is None else _potentials(cell, reader, True)
    return _within_laws(cell, reader, found)


def starting_potentials(cell: Cell, reader: Reader | None = None) -> Rest:
    """Return the potentials from which a run begins: those at rest, or those of a cell as it is assembled.

    A cell that discharges itself, because electrons pass between electrodes of different equilibrium potentials, has no
    state of rest. It is assembled of electrodes at theirs and mixed conductors with the composition that they were made
    with.

    Examples
    --------
    >>> import mgtwin as mt
    >>> pellet = mt.Layer("pellet", mt.MixedConductor("0.5 mS/cm", "1e-8 S/cm", "1 F/cm^3"), "1 mm")
    >>> found = starting_potentials(mt.cell("mg_polymer_ti2s4").with_({"layers": [pellet]}))
    >>> float(found.layers[0]), round(float(found.positive), 3)
    (0.0, -1.434)
    """
    found = _own(Same(cell), False) if reader is None else _potentials(cell, reader, False)
    return _within_laws(cell, reader, found)


def discharges_itself(cell: Cell) -> bool:
    """Tell whether a cell has no state of rest, because electrons pass from electrode to electrode inside it."""
    try:
        _own(Same(cell), True)
    except InputError:
        return True
    return False


def _potentials(cell: Cell, reader: Reader, at_rest: bool) -> Rest:
    """The potentials of a cell at rest, or as assembled where it has no rest."""
    mixed = [has_electrons(layer.material) for layer in cell.layers]
    joined: list[Number] = []
    for k, (left, right) in enumerate(pairwise(cell.layers)):
        # Whether electrons pass between two mixed conductors; without an entry they pass perfectly.
        key = f"{left.name}-{right.name}"
        joined.append(
            mixed[k]
            and mixed[k + 1]
            and (
                key not in cell.interfaces
                or _finite(reader.property(f"interfaces.{key}.electronic_resistance", reader.temperature))
            )
        )
    contact = {
        "negative": mixed[0] and _finite(reader.property("negative.electronic_resistance", reader.temperature)),
        "positive": mixed[-1] and _finite(reader.property("positive.electronic_resistance", reader.temperature)),
    }
    reservoirs = {side: equilibrium(Bound(type(reader.get(side)), side, reader)) for side in contact}
    anchors = [
        (contact[side], reservoirs[side], k)
        for side, k in (("negative", 0), ("positive", len(mixed) - 1))
        if reservoirs[side] is not None and contact[side] is not False
    ]
    layers: list[Number] = []
    for k, conducts in enumerate(mixed):
        if not conducts:
            layers.append(None)
        elif k > 0 and joined[k - 1] is True:
            # joined in every parameter set: the same group, whose potential would only be found again
            layers.append(layers[-1])
        else:
            layers.append(_group_potential(reader, cell, _members(joined, k), anchors, at_rest))
    eta: dict[str, Number] = {}
    for side, sign, potential in (("negative", 1.0, layers[0]), ("positive", -1.0, layers[-1])):
        reservoir = reservoirs[side]
        if reservoir is not None:
            # a plain 0.0 for the ion's metal, not the -0.0 that the sign of the right side would make of it
            eta[side] = sign * reservoir if np.any(reservoir) else 0.0
        else:  # an inert electrode takes the potential of the electrons that it touches
            eta[side] = 0.0 if contact[side] is False else _pick(contact[side], sign * potential, 0.0)
    return Rest(tuple(layers), eta["negative"], eta["positive"])


def _within_laws(cell: Cell, reader: Reader | None, rest: Rest) -> Rest:
    """Refuse potentials at which the electrons of a layer are not those of their law of E any more."""
    reader = Reader(cell) if reader is None else reader
    for layer, potential in zip(cell.layers, rest.layers, strict=True):
        if potential is None:
            continue
        own = Own(reader, f"layers.{layer.name}.material", reader.temperature)
        exponent = float(np.max(np.abs(potential * own.inverse_thermal_voltage)))
        for part in layer.material.stores(own) if exponent > SATURATION else []:  # no law is left earlier
            if exponent > part.material.largest_exponent:
                raise InputError(
                    f"{part.own.path}: electrons pass between {layer.name} and an electrode of {np.max(potential):.3g} "
                    f"V, at which its electronic conductivity, a law of E, would have changed by exp({exponent:.0f}) "
                    f"from its value at 0 V (allowed: exp({part.material.largest_exponent:g})). Block the electrons "
                    f"there (electronic_resistance inf), or give the conductivity itself as a number."
                )
    return rest


@lru_cache(maxsize=32)
def _own(cell: Same, at_rest: bool) -> Rest:
    """That of a cell with its own numbers, for which every check and model of a run asks."""
    return _potentials(cell.noun, Reader(cell.noun), at_rest)


def rest_diffusivity(reader: Reader, path: str, potential: Number = 0.0) -> Number:
    """Diffusivity [m2/s] of what a layer stores at rest: of its composition, or of the salt in its solution.

    Parameters
    ----------
    reader : Reader
    path : str
        Path of a material that conducts electrons, or holds salt.
    potential : float or ndarray
        Local electrode potential [V], where there are electrons. In a graded layer the smallest value counts.
    """
    material, own, found = reader.get(path), Own(reader, path, reader.temperature), []
    if material.carriers >= ANIONS:
        salt = material.salt(own)
        found.append(salt.network * salt.diffusivity / (salt.content * salt.porosity))
    for position in material.positions if has_electrons(material) else ():
        # through the grains' boundaries, too: where electrons cross the faces they slow the ions down (§2.3)
        ionic = material.through_grains(own, material.ionic(own, position))
        electronic = material.electronic(own).conductivity(potential, position)
        # where nothing conducts, nothing diffuses
        ambipolar = ionic * electronic / np.maximum(ionic + electronic, np.finfo(float).tiny)
        stored = material.capacitance(own, potential, position)
        if not np.all(np.asarray(stored) > 0):
            raise InputError(
                f"{path}.chemical_capacitance must be greater than 0, but at rest ({np.max(potential):.3g} V) it is 0."
            )
        found.append(ambipolar / stored)
    return reduce(np.minimum, found)


def _group_potential(
    read: Reader, cell: Cell, members: dict[int, Number], anchors: list[tuple[Number, Number, int]], at_rest: bool
) -> Number:
    """E0 [V] of the group of layers that `members` (layer number -> belongs to it) describes.

    `anchors` are the electrodes that hold a potential: whether electrons pass, the potential, the layer they touch.
    """
    stores = [store for k, belongs in members.items() for store in _Store.of_layer(read, cell, k, belongs)]
    potential = next(store.own for store in stores if store.belongs is True)
    # all alike, nothing moves: bisection would only replace a potential that is known by one that is nearly it
    if any(np.any(store.own != potential) for store in stores):
        own_ones = [store.own for store in stores]
        everywhere = np.broadcast_arrays(*own_ones, *(store.volume for store in stores), read.temperature)
        low, high = np.min(everywhere[: len(stores)], axis=0), np.max(everywhere[: len(stores)], axis=0)
        target = sum(store.charge(store.own) for store in stores)
        # The common E0 conserves the neutral component; bisection, for the storage need not be linear in E. c_chem > 0
        # makes the charge rise with E, so that there is one root, between the members' own potentials; 2^-60 of their
        # distance is below its rounding.
        for _ in range(60):
            middle = (low + high) / 2
            below = sum(store.charge(middle) for store in stores) < target
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        potential = (low + high) / 2
    touching = [
        (passes if members[k] is True else np.logical_and(passes, members[k]), own)
        for passes, own, k in anchors
        if k in members
    ]
    if len(touching) == 2:
        both = np.logical_and(touching[0][0], touching[1][0])
        apart = np.abs(np.asarray(touching[1][1]) - touching[0][1])
        if np.any(both & (apart > SAME_POTENTIAL)):
            if not at_rest:
                return potential
            raise InputError(
                f"{cell.name}: both electrodes are in electronic contact through the stack and their equilibrium "
                f"potentials differ by {np.max(apart):.3g} V, so the cell has no state of rest: it discharges itself. "
                f"Block the electrons somewhere, or simulate it in time from its assembly on: only runs, and the "
                f"states that they leave (start=run), have equations in that case."
            )
    for passes, own in touching:
        potential = _pick(passes, own, potential)
    return potential if np.ndim(potential) else float(potential)


class _Store(NamedTuple):
    """A layer, or a phase of it, that brings its composition into a group: E_k, volume per area of the electrode."""

    material: Material
    numbers: Own
    belongs: Number
    own: Number
    volume: Number

    @classmethod
    def of_layer(cls, read: Reader, cell: Cell, k: int, belongs: Number) -> list[_Store]:
        """What stores the neutral component in layer k."""
        layer, path = cell.layers[k], f"layers.{cell.layers[k].name}"
        volume = read.number(f"{path}.thickness") * np.where(belongs, 1.0, 0.0)
        if layer.area is not None:
            volume = volume * read.number(f"{path}.area") / read.number("area")
        numbers = Own(read, f"{path}.material", read.temperature)
        fractions: dict[str, Number] = {}
        parts: dict[str, tuple[Material, Own]] = {}
        # by path: a phase of a graded layer is met at every position, but has one rest potential and is one store
        for position, weight in layer.material.quadrature:
            for part in layer.material.stores(numbers, position):
                parts[part.own.path] = part.material, part.own
                fractions[part.own.path] = fractions.get(part.own.path, 0.0) + weight * part.fraction
        return [
            cls(part, own, belongs, part.rest_potential_of(own), volume * fractions[where])
            for where, (part, own) in parts.items()
        ]

    def charge(self, E: Number) -> Number:
        """What it stores at E [C/m2 of the electrode]."""
        return self.volume * self.material.charge(self.numbers, E)


def _members(joined: list[Number], start: int) -> dict[int, Number]:
    """Layers connected to layer `start`, in stack order, each with True or an array of where it is."""
    found: dict[int, Number] = {start: True}
    for step, stop in ((-1, -1), (1, len(joined) + 1)):
        reach: Number = True
        for k in range(start + step, stop, step):
            # a layer belongs where every link on the way to it conducts, and
            # in a batch that is another answer per set
            link = joined[min(k, k - step)]
            reach = link if reach is True else np.logical_and(reach, link)
            if not np.any(reach):
                break
            found[k] = reach
    return dict(sorted(found.items()))


def _finite(value: Number) -> Number:
    finite = np.isfinite(value)
    return finite if np.ndim(finite) else bool(finite)


def _pick(condition: Number, chosen: Number, other: Number) -> Number:
    """`numpy.where` that leaves plain numbers plain."""
    if np.ndim(condition) == 0:
        return chosen if condition else other
    return np.where(condition, chosen, other)
