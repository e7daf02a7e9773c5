"""What a cell lets pass, and with which resistance: questions that models and analyses ask of the cell, not of classes.

Algebra only. Numbers are read through a `Reader`, so that any of them can be an array or a symbol. A face is named
``"negative"``, ``"positive"`` or, between two layers, ``"left-right"``, as in `Cell.interfaces`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..errors import UnknownNameError
from ..kinds.carriers import Carrier
from ..kinds.electrode import equilibrium as own_equilibrium
from ..kinds.interface import InterfaceKind
from ..kinds.kind import Bound, has_formula
from ..kinds.materials import Material
from ..kinds.numbers import Number
from ..kinds.own import Own
from ..kinds.response import admittance
from .cell import Cell, Layer
from .constriction import contact_fraction, film_when_new, spreading_length
from .reader import Reader
from .rest import rest_potentials

__all__ = [
    "SaltTransport",
    "at_face",
    "constriction",
    "contact_resistance",
    "electronic_conductivity",
    "equilibrium",
    "faces",
    "grain_boundary_resistance",
    "ionic_conductivity",
    "nonlinearity",
    "passes",
    "salt_transport",
    "shunted",
    "transport_number",
]


#: Where the resistance of grain boundaries to electrons stands in a material.
BETWEEN = "grain_boundary.electronic_resistance"


def faces(cell: Cell) -> tuple[str, ...]:
    """Return the faces of a cell from left to right.

    Examples
    --------
    >>> import mgtwin as mt
    >>> faces(mt.cell("trilayer"))
    ('negative', 'buffer_left-antiperovskite', 'antiperovskite-buffer_right', 'positive')
    """
    names = [layer.name for layer in cell.layers]
    return ("negative", *(f"{left}-{right}" for left, right in pairwise(names)), "positive")


def shunted(cell: Cell) -> tuple[str, ...]:
    """Return the faces and layers that the shunt of a cell passes by, from left to right; none without one.

    Examples
    --------
    >>> import mgtwin as mt
    >>> shunted(mt.cell("trilayer").with_({"shunt": mt.Shunt(1.0, through=("buffer_left",))}))
    ('negative', 'buffer_left')
    """
    layers = [layer.name for layer in cell.layers]
    elements = [name for pair in zip(faces(cell), [*layers, ""], strict=True) for name in pair]
    return () if cell.shunt is None else tuple(elements[:-1][cell.shunt.elements(layers)])


def at_face(cell: Cell, face: str) -> InterfaceKind | None:
    """Return the electrode or junction at a face, None where two layers meet with nothing in between."""
    return cell.interfaces.get(face) if face not in ("negative", "positive") else vars(cell)[face]


def _material(cell: Cell, layer: str, reader: Reader | None) -> tuple[Material, Own]:
    """The material of a layer, and its numbers."""
    read, path = Reader(cell) if reader is None else reader, f"layers.{layer}.material"
    return read.get(path), Own(read, path, read.temperature)


def _through(material: Material, conductivity: Callable[[float], Number]) -> Number:
    """A conductivity across a layer, ``1/mean(1/sigma)`` where the material is graded."""
    if not material.graded:
        return conductivity(0.5)
    from scipy.integrate import simpson  # the positions lie evenly, an even number of steps between two breaks

    # resistivities add up along a layer, conductivities do not: a mean of sigma would hide its worst part
    return 1 / simpson([1 / conductivity(x) for x in material.positions], x=material.positions)


def _beside(cell: Cell, face: str) -> tuple[Layer, ...]:
    """The layers that meet at a face."""
    known = faces(cell)
    if face not in known:
        raise UnknownNameError(face, known, "face")
    k = known.index(face)
    return cell.layers[max(k - 1, 0) : k + 1]


def _path(face: str) -> str:
    return face if face in ("negative", "positive") else f"interfaces.{face}"


def passes(cell: Cell, carrier: Carrier, face: str | None = None) -> bool:
    """Tell whether a carrier can cross a face, or the whole cell, in a lasting direct current.

    Parameters
    ----------
    cell : Cell
    carrier : Carrier
        `Carrier.IONS` (the working ion), `ELECTRONS` or `ANIONS`.
    face : str, optional
        By default the whole way from electrode to electrode.

    Raises
    ------
    UnknownNameError
        The cell has no such face.

    Examples
    --------
    >>> import mgtwin as mt
    >>> cell = mt.cell("trilayer")
    >>> passes(cell, Carrier.IONS), passes(cell, Carrier.ELECTRONS), passes(cell, Carrier.ELECTRONS, "positive")
    (True, False, False)
    """
    if face is None:
        shunt, names, open_to = cell.shunt, [layer.name for layer in cell.layers], list(faces(cell))
        if shunt is not None and shunt.conductance != 0:
            if shunt.joins_metals(names):
                return carrier is Carrier.ELECTRONS or all(passes(cell, carrier, each) for each in open_to)
            # a filament of the ion's metal, which takes ions up at one end and gives them off at the other
            open_to = [each for each in open_to if each not in shunted(cell)]
        # every layer conducts the ion, or it would have been refused: only faces can stop it
        inside = carrier is Carrier.IONS or all(carrier in layer.material.carriers for layer in cell.layers)
        return inside and all(passes(cell, carrier, each) for each in open_to)
    if carrier is Carrier.IONS and face in ("negative", "positive"):
        return equilibrium(cell, face) is not None  # an electrode that takes ions up is full only at the end
    meeting = all(carrier in layer.material.carriers for layer in _beside(cell, face))
    return (carrier is Carrier.IONS or meeting) and math.isfinite(_in_contact(cell, face, carrier, Reader(cell)))


def equilibrium(cell: Cell, side: str) -> Number | None:
    """Return the potential against the ion's metal [V] at which an electrode exchanges no ions; None if it is inert.

    Parameters
    ----------
    cell : Cell
    side : str
        ``"negative"`` or ``"positive"``.

    Examples
    --------
    >>> import mgtwin as mt
    >>> equilibrium(mt.cell("au_mg3asn_mg"), "negative"), equilibrium(mt.cell("au_mg3asn_mg"), "positive")
    (0.0, None)
    """
    read = Reader(cell)
    return own_equilibrium(Bound(type(read.get(side)), side, read))


def nonlinearity(cell: Cell) -> str:
    """Say why the equations of a cell are not linear in its potentials and currents; "" where they are.

    Their types decide, not their numbers: a linear cell answers any amplitude by its impedance.

    Examples
    --------
    >>> import mgtwin as mt
    >>> nonlinearity(mt.cell("au_mg3asn_au")), nonlinearity(mt.cell("au_mg3asn_mg"))
    ('', 'the current of negative is no line over its overpotential')
    """
    for face in faces(cell):
        interface = at_face(cell, face)
        if interface is None:
            continue
        if interface.ageing:
            return f"{face} ages"
        if interface.reacts and not has_formula(type(interface), "ohmic"):
            return f"the current of {face} is no line over its overpotential"
    for layer in cell.layers:
        if Carrier.ANIONS in layer.material.carriers:
            return f"the salt of {layer.name} moves"
        if Carrier.ELECTRONS in layer.material.carriers and layer.material.depends_on_potential:
            return f"properties of {layer.name} depend on its local potential"
    return ""


def ionic_conductivity(cell: Cell, layer: str, reader: Reader | None = None) -> Number:
    r"""Ionic conductivity [S/m] of a layer to a direct current, the resistance of its grain boundaries included.

    Of a mixture the effective one (theory.md §2.6); of a graded one :math:`L/\int dx/\sigma`.

    Parameters
    ----------
    cell : Cell
    layer : str
        Its name.
    reader : Reader, optional
        Reads the numbers; by default those of the cell.

    Examples
    --------
    >>> import mgtwin as mt
    >>> boundary = mt.GrainBoundary("1 ohm*cm^2", None, "1 um")
    >>> pellet = mt.Layer("pellet", mt.IonConductor("0.5 mS/cm", grain_boundary=boundary), "1 mm")
    >>> float(round(ionic_conductivity(mt.Cell("au", mt.Blocking(0.1), [pellet], mt.Blocking(0.1)), "pellet"), 9))
    0.008333333
    """
    material, own = _material(cell, layer, reader)
    return material.through_grains(own, _through(material, lambda x: material.ionic(own, x)))


def electronic_conductivity(cell: Cell, layer: str, reader: Reader | None = None) -> Number:
    """Electronic conductivity [S/m] of a layer in the cell at rest, 0 where electrons do not get through it.

    Parameters as for `ionic_conductivity`.
    """
    material, own = _material(cell, layer, reader)
    if Carrier.ELECTRONS not in material.carriers:
        return 0.0
    potential = 0.0
    # only then: a cell that has no rest would be refused, for a conductivity that does not ask for it
    if material.depends_on_potential:
        potential = rest_potentials(cell, reader).layers[[item.name for item in cell.layers].index(layer)]
    return _through(material, lambda x: material.electronic(own).conductivity(potential, x))


def grain_boundary_resistance(cell: Cell, layer: str) -> float:
    r"""Return what the grain boundaries of a layer put in the way of electrons [ohm*m^2], per electrode area.

    :math:`L\,(1/\sigma_{eon,eff} - 1/\sigma_{eon})`, those within the phases of a mixture included; 0 where there are
    none, or no electrons.

    Examples
    --------
    >>> import mgtwin as mt
    >>> necks = mt.GrainBoundary("0 ohm*cm^2", None, "1 um", "2 ohm*cm^2")
    >>> pellet = mt.Layer("pellet", mt.MixedConductor("1 uS/cm", "1 mS/cm", "1 F/cm^3", grain_boundary=necks), "1 mm")
    >>> cell = mt.Cell("au", mt.Blocking(0.1), [pellet], mt.Blocking(0.1))
    >>> float(round(grain_boundary_resistance(cell, "pellet"), 9))
    0.2
    """
    own, within = cell.get(f"layers.{layer}"), f"layers.{layer}.material."
    # a boundary may stand in a phase of a phase, and a law in the place of its resistance
    found = {
        path.partition(BETWEEN)[0] + BETWEEN for path in cell.paths() if path.startswith(within) and BETWEEN in path
    }
    if not found:
        return 0.0
    grains = electronic_conductivity(cell.with_(dict.fromkeys(found)), layer)
    ratio = 1.0 if own.area is None else own.area / cell.area
    return float(own.thickness / ratio * (1 / electronic_conductivity(cell, layer) - 1 / grains))


def transport_number(cell: Cell, layer: str) -> float:
    r"""Transport number of the ions of a layer at rest, :math:`\sigma_{ion}/(\sigma_{ion} + \sigma_{eon})`."""
    ionic, electronic = ionic_conductivity(cell, layer), electronic_conductivity(cell, layer)
    return float(ionic / (ionic + electronic))


def contact_resistance(cell: Cell, face: str, carrier: Carrier, reader: Reader | None = None) -> Number:
    r"""Resistance [ohm*m^2] that a face puts in the way of a direct current, small and per electrode area.

    :math:`R/a + \sum L_c/\sigma` with the contact fraction a and the constriction in the layers on both sides (§3.4).
    R is the electronic resistance, or for ions that of the junction, or of charge transfer and film; inf where the
    carrier cannot pass, or can so only until an insertion electrode is full.

    Parameters
    ----------
    cell : Cell
    face : str
    carrier : Carrier
    reader : Reader, optional

    Examples
    --------
    >>> import mgtwin as mt
    >>> float(contact_resistance(mt.cell("trilayer"), "buffer_left-antiperovskite", Carrier.ELECTRONS))
    inf
    """
    if not passes(cell, carrier, face):
        return math.inf
    read = Reader(cell) if reader is None else reader
    spots = constriction(cell, face, carrier, read)
    return _in_contact(cell, face, carrier, read) / contact_fraction(read, _path(face)) + spots


def constriction(cell: Cell, face: str, carrier: Carrier, reader: Reader | None = None) -> Number:
    """What the spots of a contact add in the layers beside it [ohm*m^2], 0 where the whole area touches (§3.4)."""
    read, path = Reader(cell) if reader is None else reader, _path(face)
    if read.get(path) is None or read.get(path).contact is None:
        return 0.0
    length = spreading_length(contact_fraction(read, path), read.number(f"{path}.contact.spacing"))
    conductivity = electronic_conductivity if carrier is Carrier.ELECTRONS else ionic_conductivity
    added: Number = 0.0
    for layer in _beside(cell, face):
        ratio = 1.0 if layer.area is None else read.number(f"layers.{layer.name}.area") / read.number("area")
        added = added + length / (conductivity(cell, layer.name, read) * ratio)
    return added


def _in_contact(cell: Cell, face: str, carrier: Carrier, read: Reader) -> Number:
    """Resistance of a face per area in contact [ohm*m^2], inf where it blocks the carrier."""
    path = _path(face)
    interface = read.get(path)
    if interface is None:  # no junction: both carriers pass perfectly
        return 0.0
    if carrier is Carrier.ELECTRONS:
        return read.property(f"{path}.electronic_resistance", read.temperature)
    bound = Bound(type(interface), path, read, salt=1.0)
    if face not in ("negative", "positive"):
        return bound.call("ohmic") if has_formula(bound.kind, "ohmic") else 1 / admittance(bound, 0.0, 0.0)
    potential = own_equilibrium(bound)
    if carrier is Carrier.ANIONS or potential is None:
        return math.inf
    conductance = np.real(admittance(bound, potential, 0.0))
    with np.errstate(divide="ignore"):  # an electrode that takes ions up stops a direct current in the end
        return np.divide(1.0, conductance) + film_when_new(read, path)


class SaltTransport(NamedTuple):
    r"""How the salt of a layer moves: of a salt solution, or of one in the pores of a mixture.

    Attributes
    ----------
    diffusivity
        :math:`D_{eff}` through the layer [m^2/s].
    transference_number
        :math:`t_+` of the ion in the solution.
    concentration
        :math:`c_0` in the solution [mol/m^3].
    stored
        Volume of solution per volume of the layer.
    thermodynamic_factor
        :math:`\Theta`
    conductivity
        Of the paths through the solution at :math:`c_0` [S/m].
    conductivity_exponent
        p of :math:`\kappa \propto c^p`.
    beside
        Ionic conductivity of all other paths [S/m].
    spread
        :math:`D/(1 - t_+)` at :math:`c/c_0` over that at :math:`c_0`; None where it is 1.
    """

    diffusivity: Number
    transference_number: Number
    concentration: Number
    stored: Number
    thermodynamic_factor: Number
    conductivity: Number
    conductivity_exponent: Number
    beside: Number
    spread: Callable[[Number], Number] | None = None


def salt_transport(cell: Cell, layer: str, reader: Reader | None = None) -> SaltTransport | None:
    """Return how salt moves in a layer, None where none gets from face to face. Parameters as `ionic_conductivity`.

    Examples
    --------
    >>> import mgtwin as mt
    >>> solution = mt.BinaryElectrolyte("0.1 mol/L", "1 mS/cm", "1e-6 cm^2/s", 0.5)
    >>> wet = mt.Porous(mt.Insulator(), 0.5, mt.PoreExponent("liquid", 1.5), solution, 1.0)
    >>> magnesium = mt.Plating("1 mA/cm^2")
    >>> cell = mt.Cell("mg_mg", magnesium, [mt.Layer("wet", wet, "1 mm")], magnesium)
    >>> round(salt_transport(cell, "wet").diffusivity / 1e-10, 4)         # 0.5 ** 1.5
    0.3536
    """
    material, own = _material(cell, layer, reader)
    if Carrier.ANIONS not in material.carriers:
        return None
    salt = material.salt(own)
    of_D, of_anions = salt.diffusivity_factor, salt.anion_factor
    spread = None
    if of_D is not None or of_anions is not None:
        spread = lambda u: (1.0 if of_D is None else of_D(u)) / (1.0 if of_anions is None else of_anions(u))  # noqa: E731
    return SaltTransport(
        diffusivity=salt.network * salt.diffusivity,
        transference_number=salt.transference_number,
        concentration=salt.concentration,
        stored=salt.content * salt.porosity,
        thermodynamic_factor=salt.thermodynamic_factor,
        conductivity=salt.network * salt.conductivity,
        conductivity_exponent=0.0 if salt.exponent is None else salt.exponent,
        beside=salt.beside,
        spread=spread,
    )
