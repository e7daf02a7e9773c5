"""The state of rest of a cell (theory.md §3.1) and the electrons of a mixed conductor at a given potential (§2.2).

Numbers only, no differential equation: which mixed conductors share one local electrode potential, its value, and the
overpotential of an inert electrode that follows from it. Values are read through a `Reader`, so that whole batches of
parameter sets can be treated at once.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from .cell import Cell
from .interfaces import Plating
from .materials import DefectCapacitance, DefectElectrons, MixedConductor
from .reader import Reader
from .salts import BinaryElectrolyte

__all__ = [
    "FARADAY",
    "GAS_CONSTANT",
    "SATURATION",
    "Rest",
    "chemical_capacitance",
    "electronic_conductivity",
    "integral_of_saturating_exp",
    "rest_diffusivity",
    "rest_potentials",
    "saturating_exp",
]

FARADAY = 96485.33212
GAS_CONSTANT = 8.314462618
#: |FE/RT| beyond which the exponentials of the defect electrons are continued along their tangent.
SATURATION = 40.0


class Rest(NamedTuple):
    """Potentials of a cell at rest, as floats or as arrays over the parameter sets.

    Attributes
    ----------
    layers : tuple
        Local electrode potential E0 [V] of every layer from left to right; None for layers without electrons.
    negative, positive : float or ndarray
        Overpotential eta [V] of the electrodes, counted as a drop in +x (theory.md §1).
    """

    layers: tuple[Any, ...]
    negative: Any
    positive: Any


def rest_potentials(cell: Cell, reader: Reader | None = None) -> Rest:
    r"""Return the local potentials and the electrodes' overpotentials of a cell at rest.

    Neighbouring mixed conductors joined through a finite electronic resistance form a group with one potential E0. It
    is 0 V where a `Plating` electrode touches the group through a finite electronic resistance; elsewhere the group
    shares its neutral component until :math:`\sum_k A_k L_k \int_{E_k}^{E_0} c_{chem,k}\,dE = 0`, with
    :math:`E_k` the `rest_potential` of each member. An inert electrode that passes electrons is charged to the
    potential of its layer; all other electrodes are uncharged.

    Parameters
    ----------
    cell : Cell
    reader : Reader, optional
        Reads the numbers; by default those of the cell. One that returns arrays (shapes must broadcast) gives arrays.

    Returns
    -------
    Rest

    Examples
    --------
    >>> import mgtwin as mt
    >>> rest_potentials(mt.cell("trilayer")).layers
    (None, 0.0, None)
    """
    read = Reader(cell) if reader is None else reader
    mixed = [isinstance(layer.material, MixedConductor) for layer in cell.layers]
    joined = [
        _conducts(read, cell, left.name, right.name) if mixed[k] and mixed[k + 1] else False
        for k, (left, right) in enumerate(pairwise(cell.layers))
    ]
    contact = {
        "negative": mixed[0] and _finite(read.number("negative.electronic_resistance")),
        "positive": mixed[-1] and _finite(read.number("positive.electronic_resistance")),
    }
    plating = {side: isinstance(getattr(cell, side), Plating) for side in contact}
    anchored = {side: contact[side] if plating[side] else False for side in contact}
    layers: list[Any] = []
    for k, has_electrons in enumerate(mixed):
        if not has_electrons:
            layers.append(None)
        elif k > 0 and joined[k - 1] is True:
            layers.append(layers[-1])
        else:
            layers.append(_group_potential(read, cell, _members(joined, k), anchored))
    eta: dict[str, Any] = {}
    for side, sign, potential in (("negative", 1.0, layers[0]), ("positive", -1.0, layers[-1])):
        charged = contact[side] is not False and not plating[side]
        eta[side] = _pick(contact[side], sign * potential, 0.0) if charged else 0.0
    return Rest(tuple(layers), eta["negative"], eta["positive"])


def saturating_exp(x: Any) -> Any:
    """``exp(x)`` up to x = 40, continued along its tangent: smooth, monotonic, no overflow."""
    return np.exp(np.minimum(x, SATURATION)) * (1 + np.maximum(x - SATURATION, 0))


def integral_of_saturating_exp(x: Any) -> Any:
    """Antiderivative of `saturating_exp`."""
    beyond = np.maximum(x - SATURATION, 0)
    return np.exp(np.minimum(x, SATURATION)) + np.exp(SATURATION) * (beyond + beyond * beyond / 2)


def electronic_conductivity(reader: Reader, path: str, electrons: Any, temperature: Any, potential: Any = 0.0) -> Any:
    r"""Electronic conductivity [S/m] of a mixed conductor at a local electrode potential.

    :math:`\sigma_n e^{-FE/RT} + \sigma_p e^{FE/RT} + \sigma_0` for `DefectElectrons`, else independent of E.

    Parameters
    ----------
    reader : Reader
    path : str
        Path of the material, for example ``layers.antiperovskite.material``.
    electrons : float, law or DefectElectrons
        The material's `electronic_conductivity`.
    temperature, potential : float or ndarray
        T [K] and E [V].
    """
    where = f"{path}.electronic_conductivity"
    if not isinstance(electrons, DefectElectrons):
        return reader.property(where, temperature)
    n, p, constant = (reader.property(f"{where}.{part}", temperature) for part in ("n", "p", "constant"))
    reduced = FARADAY / (GAS_CONSTANT * temperature) * potential
    return n * saturating_exp(-reduced) + p * saturating_exp(reduced) + constant


def chemical_capacitance(
    reader: Reader, path: str, capacitance: Any, temperature: Any, potential: Any = 0.0, *, integrated: bool = False
) -> Any:
    r"""Chemical capacitance [F/m3] at a local potential, or (`integrated`) its integral from any fixed E [C/m3].

    :math:`c_0 + (F/RT)[\sigma_n e^{-FE/RT}/u_n + \sigma_p e^{FE/RT}/u_p]` for `DefectCapacitance`, else constant.
    Parameters as for `electronic_conductivity`, with the material's `chemical_capacitance`.
    """
    where = f"{path}.chemical_capacitance"
    if not isinstance(capacitance, DefectCapacitance):
        constant = reader.property(where, temperature)
        return constant * potential if integrated else constant
    slope = FARADAY / (GAS_CONSTANT * temperature)
    constant = reader.property(f"{where}.constant", temperature)
    n, p = (
        reader.property(f"{path}.electronic_conductivity.{kind}", temperature)
        / reader.property(f"{where}.{kind}_mobility", temperature)
        for kind in ("n", "p")
    )
    if integrated:
        integral = integral_of_saturating_exp
        return constant * potential + p * integral(slope * potential) - n * integral(-slope * potential)
    return constant + slope * (n * saturating_exp(-slope * potential) + p * saturating_exp(slope * potential))


def rest_diffusivity(reader: Reader, path: str, potential: Any = 0.0) -> Any:
    """Diffusivity [m2/s] of what a layer stores at rest: of its composition, or of the salt in its solution.

    Parameters
    ----------
    reader : Reader
    path : str
        Path of a `MixedConductor` or a `BinaryElectrolyte`.
    potential : float or ndarray
        Local electrode potential of a mixed conductor [V].
    """
    material, temperature = reader.get(path), reader.temperature
    if isinstance(material, BinaryElectrolyte):
        return reader.property(f"{path}.salt_diffusivity", temperature) / reader.number(f"{path}.porosity")
    ionic = reader.property(f"{path}.ionic_conductivity", temperature)
    electronic = electronic_conductivity(reader, path, material.electronic_conductivity, temperature, potential)
    capacitance = chemical_capacitance(reader, path, material.chemical_capacitance, temperature, potential)
    ambipolar = ionic * electronic / (ionic + electronic) if ionic + electronic > 0 else 0.0
    return ambipolar / capacitance


def _group_potential(read: Reader, cell: Cell, members: dict[int, Any], anchored: dict[str, Any]) -> Any:
    """E0 [V] of the group of layers that `members` (layer number -> belongs to it) describes."""
    paths = {k: f"layers.{cell.layers[k].name}" for k in members}
    own = {k: read.number(f"{path}.material.rest_potential") for k, path in paths.items()}
    first = next(k for k, belongs in members.items() if belongs is True)
    potential = own[first]
    if any(np.any(value != potential) for value in own.values()):
        potential = _shared_potential(read, cell, members, own)
    ends = (members.get(0, False), members.get(len(cell.layers) - 1, False))
    for end, side in zip(ends, ("negative", "positive"), strict=True):
        touches = anchored[side] if end is True else np.logical_and(anchored[side], end)
        potential = _pick(touches, 0.0, potential)
    return potential if np.ndim(potential) else float(potential)


def _shared_potential(read: Reader, cell: Cell, members: dict[int, Any], own: dict[int, Any]) -> Any:
    """Common E0 [V] that conserves the neutral component; bisection, for the storage need not be linear in E."""
    temperature = read.temperature
    charge = {}
    for k, belongs in members.items():
        layer, path = cell.layers[k], f"layers.{cell.layers[k].name}"
        volume = read.number(f"{path}.thickness") * np.where(belongs, 1.0, 0.0)
        if layer.area is not None:
            volume = volume * read.number(f"{path}.area") / read.number("area")
        charge[k] = (volume, f"{path}.material", cell.get(f"{path}.material.chemical_capacitance"))

    def total(potentials: dict[int, Any]) -> Any:
        return sum(
            volume * chemical_capacitance(read, path, law, temperature, potentials[k], integrated=True)
            for k, (volume, path, law) in charge.items()
        )

    everywhere = np.broadcast_arrays(*own.values(), *(volume for volume, _, _ in charge.values()), temperature)
    low, high = np.min(everywhere[: len(own)], axis=0), np.max(everywhere[: len(own)], axis=0)
    target = total(own)
    for _ in range(60):
        middle = (low + high) / 2
        below = total(dict.fromkeys(members, middle)) < target
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2


def _members(joined: list[Any], start: int) -> dict[int, Any]:
    """Layers connected to layer `start`, in stack order, each with True or an array of where it is."""
    found: dict[int, Any] = {start: True}
    for step, stop in ((-1, -1), (1, len(joined) + 1)):
        reach: Any = True
        for k in range(start + step, stop, step):
            link = joined[min(k, k - step)]
            reach = link if reach is True else np.logical_and(reach, link)
            if not np.any(reach):
                break
            found[k] = reach
    return dict(sorted(found.items()))


def _conducts(read: Reader, cell: Cell, left: str, right: str) -> Any:
    """Whether electrons pass the junction of two mixed conductors; without an entry they pass perfectly."""
    key = f"{left}-{right}"
    return key not in cell.interfaces or _finite(read.number(f"interfaces.{key}.electronic_resistance"))


def _finite(value: Any) -> Any:
    finite = np.isfinite(value)
    return finite if np.ndim(finite) else bool(finite)


def _pick(condition: Any, chosen: Any, other: Any) -> Any:
    """`numpy.where` that leaves plain numbers plain."""
    if isinstance(condition, (bool, np.bool_)):
        return chosen if condition else other
    return np.where(condition, chosen, other)
