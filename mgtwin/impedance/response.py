"""What a unit of current does to every place of a cell: potentials, drops and currents as functions of s.

All of them are linear functionals of one current, which divides in the chain as :mod:`mgtwin.impedance.currents` says.
Names, signs (+x) and states are those of the discretised model, so that results and states pass from one to the other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import pairwise

import numpy as np

from ..cells import Cell, Reference
from ..cells.questions import faces, shunted
from ..cells.reference import SERIES_SHARE, Place
from ..cells.rest import rest_potentials
from ..kinds.kind import Bound, has_formula
from ..kinds.numbers import Number, is_zero
from ..kinds.own import Own
from ..kinds.storage import Storage
from ..models import names
from ..models.ladder import branches
from .chain import Division, Mixed
from .currents import divide
from .exact import elements_of
from .links import Array, Interface
from .parameters import Overrides, reader_of
from .shunt import conductance, shunted_stack

__all__ = ["UnitCurrent", "at_rest"]


def at_rest(cell: Cell) -> dict[str, float]:
    """Outputs and states of a cell at rest by name [V], where they are not 0: potentials, drops over electrodes."""
    rest = rest_potentials(cell)
    found = {
        names.local_potential(layer.name): float(E) for layer, E in zip(cell.layers, rest.layers, strict=True) if E
    }
    for side, eta in (("negative", rest.negative), ("positive", rest.positive)):
        found |= {name(side): float(eta) for name in (names.potential_drop, names.through_contact_drop)}
    if cell.reference is not None:
        E = rest.layers[_place(cell, cell.reference).layer]
        found[names.NEGATIVE_VOLTAGE] = float(cell.reference.kind.reads(-float(rest.negative), float(E or 0.0)))
    return found | {names.VOLTAGE: -float(rest.negative) - float(rest.positive)}


def _place(cell: Cell, reference: Reference) -> Place:
    return reference.place({layer.name: layer.material.carriers for layer in cell.layers})


class UnitCurrent:
    """Everything that a current density of 1 A/m2 along +x does to a linear cell, per s.

    Parameters
    ----------
    cell : Cell
    s : ndarray
        Laplace variables [1/s], one axis.
    dielectric : collection of str, optional
        Layers that store dielectric charge, by default all that have a permittivity.
    overrides : mapping, optional
        Values in place of the cell's, as for :func:`mgtwin.impedance.exact`.
    """

    def __init__(
        self,
        cell: Cell,
        s: np.ndarray,
        dielectric: Collection[str] | None = None,
        overrides: Overrides | None = None,
    ) -> None:
        self.cell, self.s = cell, s
        self._reader, self.batch = reader_of(cell, overrides or {})
        self._dielectric = {layer.name for layer in cell.layers} if dielectric is None else set(dielectric)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
            self._layers, self._links = elements_of(cell, self._reader, s, self._dielectric)
            stack, left = shunted_stack(cell, self._reader, self._layers, self._links)
            self._left = left
            self._series = self._reader.number("series_resistance")
            #: [ohm m2]
            self.impedance: Array = stack + self._series
            #: Part of the current at the terminals that goes through what a shunt passes by, by name: elements of the
            #: chain, fractions and divisions are for a unit of it.
            self._through: dict[str, Array] = {}
            if not is_zero(conductance(self._reader)):
                self._through = dict.fromkeys(shunted(cell), left)
            self._divisions, self._fractions = divide(self._layers, self._links)
            self._faces = inside = [
                layer.faces(division) for layer, division in zip(self._layers, self._divisions, strict=True)
            ]
            met = [(0.0, inside[0][0]), *((a[1], b[0]) for a, b in pairwise(inside)), (inside[-1][1], 0.0)]
            self._drops = [
                link.drop(fractions, *beside)
                for link, fractions, beside in zip(self._links, self._fractions, met, strict=True)
            ]

    def outputs(self, nodes: Mapping[str, np.ndarray]) -> dict[str, Array]:
        """Outputs of the model by name; local potentials at `nodes` (x/L) of every layer with electrons, one row each.

        Drops and potentials [V], currents [A/m2], stored charge [C/m3] per A/m2.
        """
        found: dict[str, Array] = {names.potential_drop(names.SERIES): self._series}
        for face, drop, fractions in zip(faces(self.cell), self._drops, self._fractions, strict=True):
            found |= self._carried(
                face, {names.potential_drop(face): drop, names.electronic_current_density(face): fractions.electrons}
            )
        for layer, element, division in zip(self.cell.layers, self._layers, self._divisions, strict=True):
            inside: dict[str, Array] = {names.potential_drop(layer.name): element.drop(division)}
            match element, division:
                case Mixed(), Division():
                    inside[names.local_potential(layer.name)] = element.potential(division, nodes[layer.name])
                    thickness = self._reader.number(f"layers.{layer.name}.thickness")
                    inside[names.stored_charge(layer.name)] = division.stored / (self.s * thickness)
            found |= self._carried(layer.name, inside)
        if self.cell.reference is not None:
            found[names.NEGATIVE_VOLTAGE] = self.negative_voltage(self.cell.reference)
        if self._through:
            found[names.SHUNT_CURRENT] = (1 - self._left) * self._reader.number("area")
        return found

    def _carried(self, element: str, of_unit: dict[str, Array]) -> dict[str, Array]:
        """What the part of the current that goes through an element does, from what a unit of it does."""
        if element not in self._through:
            return of_unit
        return {name: value * self._through[element] for name, value in of_unit.items()}

    def face_potentials(self) -> list[tuple[Array, Array]]:
        """Local potential over that at rest [ohm m2] at both faces of every layer, 0 without electrons."""
        through = [self._through.get(layer.name, 1.0) for layer in self.cell.layers]
        return [(left * part, right * part) for (left, right), part in zip(self._faces, through, strict=True)]

    def ionic_fractions(self) -> list[Array]:
        """Part of the current at the terminals that crosses every face as ions."""
        through = [self._through.get(face, 1.0) for face in faces(self.cell)]
        return [fractions.ions * part for fractions, part in zip(self._fractions, through, strict=True)]

    def negative_voltage(self, reference: Reference) -> Array:
        """Voltage of a reference against the negative metal [ohm m2]."""
        face, layer, side = _place(self.cell, reference)
        before = zip(faces(self.cell)[: face + (side == "left")], self._drops, strict=False)
        ionic = -SERIES_SHARE * self._series - sum(drop * self._through.get(name, 1.0) for name, drop in before)
        for passed, element, division in zip(self.cell.layers[:face], self._layers, self._divisions, strict=False):
            ionic = ionic - element.drop(division) * self._through.get(passed.name, 1.0)
        local = self._faces[layer][side == "right"] * self._through.get(self.cell.layers[layer].name, 1.0)
        return reference.kind.reads(ionic, local)

    # -- states of the discretised model -------------------------------------------------------------------------------
    def states(self, nodes: Mapping[str, np.ndarray], window: tuple[float, float]) -> dict[str, Array]:
        """States of the model by name, profiles at `nodes`; `window` is that of the ladders of constant-phase elements.

        [V, or V/m of a field] per A/m2.
        """
        current = self._reader.number("area") / names.current_scale(self.cell.area)
        found: dict[str, Array] = {names.CURRENT_VARIABLE: current}
        if len(self._through) == len(self._layers) + len(self._links):  # what a model knows is that through the layers
            found[names.CURRENT_VARIABLE] = current * self._left
        for k, face in enumerate(faces(self.cell)):
            found |= self._carried(face, self._interface_states(k, face, window))
        for k, layer in enumerate(self.cell.layers):
            found |= self._carried(layer.name, self._layer_states(k, nodes.get(layer.name, np.zeros(0)), window))
        return found

    def _interface_states(self, k: int, face: str, window: tuple[float, float]) -> dict[str, Array]:
        path = face if face in ("negative", "positive") else f"interfaces.{face}"
        kind = self.cell.get(path) if k in (0, len(self.cell.layers)) or face in self.cell.interfaces else None
        link: Interface = self._links[k]
        if kind is None:
            return {}
        field = "double_layer" if path == face else "capacitance"
        storage = vars(kind)[field]
        if has_formula(type(kind), "ohmic"):
            short = Bound(type(kind), path, self._reader).call("ohmic") == 0.0
            if short or (storage is None and link.insulating):
                return {}
        name = names.potential_drop(face) if kind.contact is None else names.through_contact_drop(face)
        through = self._drops[k] - link.spread * self._fractions[k].ions
        return {name: through, **self._ladder(name, storage, f"{path}.{field}", through, window)}

    def _layer_states(self, k: int, nodes: np.ndarray, window: tuple[float, float]) -> dict[str, Array]:
        layer, element, division = self.cell.layers[k], self._layers[k], self._divisions[k]
        material, path, found = layer.material, f"layers.{layer.name}.material", {}
        dielectric = None
        if layer.name in self._dielectric:
            dielectric = material.permittivity(Own(self._reader, path, self._reader.temperature))
        boundary = material.grain_boundary
        if boundary is not None and boundary.capacitance is not None and not is_zero(element.boundaries):
            found[names.grain_boundary_drop(layer.name)] = element.boundaries
        name, held = names.dielectric_drop(layer.name), element.impedance - element.boundaries
        match element, division:
            case Mixed(), Division():
                found[names.local_potential(layer.name)] = element.potential(division, nodes)
                name = names.ionic_field(layer.name)
                held = element.field(division, nodes) / self._reader.number(f"layers.{layer.name}.thickness")
        if dielectric is not None:
            found |= {name: held, **self._ladder(name, dielectric, f"{path}.relative_permittivity", held, window)}
        return found

    def _ladder(
        self, name: str, storage: Storage | Number | None, path: str, voltage: Array, window: tuple[float, float]
    ) -> dict[str, Array]:
        """Branches of the ladder that stands for a constant-phase element in time: each follows with its pole."""
        if storage is None or not has_formula(type(storage), "admittance") or not storage.order:
            return {}
        order, branch = self.cell.get(f"{path}.{storage.order}"), names.constant_phase_branch
        poles = {} if order == 1.0 else branches(window, float(order))
        return {branch(name, label): voltage * (pole / (self.s + pole)) for label, pole in poles.items()}
