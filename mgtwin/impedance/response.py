"""What a unit of current does to every place of a cell: potentials, drops and currents as functions of s.

All of them are linear functionals of one current, which divides in the chain as :mod:`mgtwin.impedance.currents` says.
Names, signs (+x) and states are those of the discretised model, so that results and states pass from one to the other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import pairwise

import numpy as np

from ..cells import Cell, Reference
from ..cells.questions import faces
from ..cells.reference import SERIES_SHARE, Place
from ..cells.rest import rest_potentials
from ..kinds.kind import Bound, has_formula
from ..kinds.numbers import Number, is_zero
from ..kinds.own import Own
from ..kinds.storage import Storage
from ..models import names
from ..models.ladder import branches
from .chain import Division, Mixed, stack_impedance
from .currents import divide
from .exact import elements_of
from .links import Array, Interface
from .parameters import Overrides, reader_of
from .shunt import conductance, shunted, through_layers

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
            stack, shunt = stack_impedance(self._layers, self._links), conductance(self._reader)
            self._shunt = shunt
            #: Part of the current at the terminals that goes through the layers; all below is for a unit of that part.
            self._share: Array = through_layers(stack, shunt)
            self._series = self._reader.number("series_resistance") / self._share
            #: [ohm m2]
            self.impedance: Array = shunted(stack, shunt) + self._reader.number("series_resistance")
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
            found[names.potential_drop(face)] = drop
            found[names.electronic_current_density(face)] = fractions.electrons
        for layer, element, division in zip(self.cell.layers, self._layers, self._divisions, strict=True):
            found[names.potential_drop(layer.name)] = element.drop(division)
            match element, division:
                case Mixed(), Division():
                    found[names.local_potential(layer.name)] = element.potential(division, nodes[layer.name])
                    thickness = self._reader.number(f"layers.{layer.name}.thickness")
                    found[names.stored_charge(layer.name)] = division.stored / (self.s * thickness)
        if self.cell.reference is not None:
            found[names.NEGATIVE_VOLTAGE] = self._against_negative(self.cell.reference)
        if is_zero(self._shunt):
            return found
        found[names.SHUNT_CURRENT] = (1 / self._share - 1) * self._reader.number("area")
        return {name: value * self._share for name, value in found.items()}

    def face_potentials(self) -> list[tuple[Array, Array]]:
        """Local potential over that at rest [ohm m2] at both faces of every layer, 0 without electrons."""
        return [(left * self._share, right * self._share) for left, right in self._faces]

    def ionic_fractions(self) -> list[Array]:
        """Part of the current at the terminals that crosses every face as ions."""
        return [fractions.ions * self._share for fractions in self._fractions]

    def negative_voltage(self, reference: Reference) -> Array:
        """Voltage of a reference against the negative metal [ohm m2]."""
        return self._against_negative(reference) * self._share

    def _against_negative(self, reference: Reference) -> Array:
        face, layer, side = _place(self.cell, reference)
        ionic = -SERIES_SHARE * self._series - sum(self._drops[: face + (side == "left")])
        for element, division in zip(self._layers[:face], self._divisions, strict=False):
            ionic = ionic - element.drop(division)
        return reference.kind.reads(ionic, self._faces[layer][side == "right"])

    # -- states of the discretised model -------------------------------------------------------------------------------
    def states(self, nodes: Mapping[str, np.ndarray], window: tuple[float, float]) -> dict[str, Array]:
        """States of the model by name, profiles at `nodes`; `window` is that of the ladders of constant-phase elements.

        [V, or V/m of a field] per A/m2.
        """
        found: dict[str, Array] = {
            names.CURRENT_VARIABLE: self._reader.number("area") / names.current_scale(self.cell.area)
        }
        for k, face in enumerate(faces(self.cell)):
            found |= self._interface_states(k, face, window)
        for k, layer in enumerate(self.cell.layers):
            found |= self._layer_states(k, nodes.get(layer.name, np.zeros(0)), window)
        return found if is_zero(self._shunt) else {name: value * self._share for name, value in found.items()}

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
