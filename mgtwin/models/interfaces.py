"""Equations of electrodes and junctions, theory.md §3.1-3.2, per electrode area and in PyBaMM's sign (+x)."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pybamm

from ..cells import Cell
from ..cells.constriction import Spots
from ..cells.reader import Reader
from ..errors import InputError
from ..kinds.electrode import conduction
from ..kinds.kind import Bound, has_formula
from ..kinds.numbers import Number
from ..kinds.resolutions import Uniform
from . import names
from .ageing import InterfaceAgeing
from .layers import Face
from .rails import Rails
from .reaction import faradaic_current
from .salt import NO_ANIONS, anions_through
from .storage import interface_storage
from .writer import Writer

ZERO = pybamm.Scalar(0)
#: A film that is not there yet, on a contact that is ideal when new [ohm m2]: far below what is ever measured, but what
#: grows on a short has to begin with a number by which can be divided.
NO_FILM = 1e-10
#: Electronic currents count in uA/cm2 [A/m2], so that one absolute tolerance suits them and voltages.
CURRENT_SCALE = 1e-2
#: Least ln(c/c_0) at an electrode: the smallest number is exp(-745).
LEAST_LOG = -700.0


def electrons_through(
    model: Writer, name: str, drop: Number, left: Face | None, right: Face | None, resistance: Number
) -> Number:
    """Electronic current through a contact: ``R_e i_eon = drop + E_left - E_right``.

    A metal is a face of zero resistance whose "E" is eta (left electrode) or -eta (right electrode). Straight-line
    faces are eliminated in closed form, so ``R_e = 0`` needs no special case; a nonlinear face adds its equation.

    Parameters
    ----------
    model : Writer
        Takes the algebraic equations of nonlinear faces and of faces that many states make.
    name : str
        Of the interface.
    drop
        ``u`` of a junction, 0 at an electrode [V].
    left, right : Face or None
        None where there are no electrons.
    resistance
        Area-specific electronic contact resistance [ohm m2]; None where electrons are blocked.
    """
    if left is None or right is None or resistance is None:
        return ZERO
    # Two straight lines in series are one resistance: no unknown, whatever the contact's own resistance is.
    if left.current is None and right.current is None:
        total = resistance + left.resistance + right.resistance
        eliminated = (drop + left.open_potential - right.open_potential) / total
        if not (model.has_unknown_currents and (left.of_many or right.of_many)):
            return eliminated
        unknown = pybamm.Variable(names.electronic_current_density(name), scale=CURRENT_SCALE)
        model.algebraic[unknown] = eliminated - unknown
        model.initial_conditions[unknown] = ZERO
        return unknown
    current = left.current if left.current is not None else right.current
    left_potential = left.open_potential - left.resistance * current
    right_potential = right.open_potential + right.resistance * current
    law = drop + left_potential - right_potential - resistance * current
    # two unknown faces need two equations: Ohm's law of the contact, and one current through both
    unknowns = [face.open_potential for face in (left, right) if face.current is not None]
    model.algebraic[unknowns[0]] = law
    if len(unknowns) == 2:
        # What leaves one face enters the other: nothing is stored in a contact.
        model.algebraic[unknowns[1]] = left.current - right.current
    return current


def electronic_path(spots: Spots, resistance: Number | None) -> Number | None:
    """Electronic resistance from layer to layer with the constriction of *both* rails; None where blocked.

    The ions' own belongs here because the drop that drives the electrons is written for a current i of ions, of which
    ``i_eon`` is missing: the interface's drop is that of the ions alone.
    """
    if resistance is None or spots.electrons is None or spots.whole:
        return resistance
    return resistance / spots.fraction + spots.electrons + spots.ions


def drop_state(spots: Spots, name: str) -> Number:
    """The unknown drop through the contact itself, which is the whole drop where there is no constriction."""
    return pybamm.Variable(names.potential_drop(name) if spots.whole else names.through_contact_drop(name))


class ElectrodeInterface:
    """Electrode at the left (``negative``) or right (``positive``) end; ``drop`` is eta in +x."""

    anionic_current = NO_ANIONS

    def __init__(self, model: Writer, side: str, face: Face | None, layer: Any):
        self.name = side
        sign = 1 if side == "negative" else -1
        kind = model.reader.get(side)
        touched = "left" if side == "negative" else "right"
        self.ageing = InterfaceAgeing(model, side, side)
        spots = Spots.of(model.reader, side, self.ageing.fraction, [partial(layer.conductivities, touched)])
        bound = Bound(type(kind), side, model.reader, salt=_salt(model, layer, touched) if kind.reacts else 1.0)
        rails = self._rails(model, bound)
        if rails is None and has_formula(bound.kind, "rails"):
            spots = spots.behind(conduction(bound, Uniform()))
        #: Names and drops of all that reacts on its own: the electrode, or its slices from the separator on.
        self.parts = {side: drop_state(spots, side)}
        if rails is not None:
            parts = [names.slice_of(side, k) for k in range(len(rails.widths))]
            self.parts = {part: pybamm.Variable(names.potential_drop(part)) for part in parts}
        model.initial_conditions.update(dict.fromkeys(self.parts.values(), model.rest.electrodes[side]))
        self.state = next(iter(self.parts.values()))

        # the drop as if all of i were ions: what is too much in it stands in `electronic_path`
        open_drop, behind = self.state, ZERO
        if rails is not None:  # electrons of the layer meet the first slice behind half of it
            open_drop, behind = rails.separator(list(self.parts.values()), model.current_density)
        metal = Face(sign * (open_drop + spots.ions * model.current_density), behind)
        left, right = (metal, face) if side == "negative" else (face, metal)
        resistance = electronic_path(spots, model.electronic_resistance(f"{side}.electronic_resistance"))
        self.electronic_current = electrons_through(model, side, ZERO, left, right, resistance)
        if not kind.reacts and self.blocks_electrons and model.reader.get(f"{side}.double_layer") is None:
            raise InputError(
                f"The {side} electrode blocks ions, has no double layer, and no electrons can pass it either, so no "
                f"current of any kind crosses it. Give it a double_layer (for example '10 uF/cm^2') or put it on a "
                f"mixed conductor with a finite electronic_resistance."
            )
        self._carry(model, bound, sign, spots, rails)

    def _carry(self, model: Writer, bound: Bound, sign: int, spots: Spots, rails: Rails | None) -> None:
        """Write what the ions' current does in the electrode: reaction and double layer, in every slice."""
        drops, ionic = list(self.parts.values()), model.current_density - self.electronic_current
        self.drop, taken = self.state + spots.ions * ionic, [ionic]
        if rails is not None:
            faces = rails.ionic(drops, model.current_density, ionic)
            self.drop = rails.drop(drops, faces, model.current_density) + spots.ions * ionic
            taken = rails.taken(faces)
        reaction: list[Number] = [ZERO] * len(drops)
        if bound.kind.reacts:
            film = f"{self.name}.film_resistance"
            reaction = [
                faradaic_current(model, bound, part, sign, drop, self.ageing, film) for part, drop in self.parts.items()
            ]
        self.faradaic_current: Number = reaction[0] if rails is None else rails.mean(reaction)
        if bound.kind.reacts:
            self.ageing.complete(model, sign * self.faradaic_current)
        storage = interface_storage(model, f"{self.name}.double_layer", spots)
        for drop, into, reacting in zip(drops, taken, reaction, strict=True):
            if storage is None:
                model.algebraic[drop] = into - reacting
            else:
                storage.charge(model, drop, into - reacting)

    @property
    def blocks_electrons(self) -> bool:
        """Whether no electrons pass between the metal and the layer beside it."""
        return self.electronic_current is ZERO

    @staticmethod
    def _rails(model: Writer, bound: Bound) -> Rails | None:
        """Conduction through the slices of an electrode whose thickness is resolved."""
        # left open it has one reaction: spectra add the rest, and who runs in time has chosen before
        chosen = model.reader.get(bound.path).resolution if has_formula(bound.kind, "rails") else None
        if chosen is None or chosen.slices == 1:
            return None
        ions, electrons = bound.call("rails")
        return Rails(ions, electrons, chosen.slices)


def _salt(model: Writer, layer: Any, side: str) -> Number:
    """c/c_0 at the electrode, bounded from below where a trial step of a solver makes it negative; 1 without a salt.

    On a mixture the electrode touches the solid, too: its kinetics do not follow the salt there.
    """
    face = None if layer.has_pores else layer.salt_face(side)
    return 1.0 if face is None else np.exp(np.maximum(face.surface(model).logarithm, LEAST_LOG))


class JunctionInterface:
    """Interface between two layers; ``drop`` is u in +x. A cell without an entry passes both carriers perfectly."""

    def __init__(self, model: Writer, key: str, faces: tuple[Face | None, Face | None], beside: tuple[Any, Any]):
        self.name = key
        self.faradaic_current = ZERO
        path = f"interfaces.{key}"
        left, right = faces
        self.anionic_current = anions_through(model, beside[0].salt_face("right"), beside[1].salt_face("left"))
        self.ageing = InterfaceAgeing(model, path, key)
        self.state: Number = None  # a PyBaMM variable where there is one
        if key not in model.cell.interfaces:
            self.drop: Number = ZERO
            self.electronic_current = electrons_through(model, key, ZERO, left, right, ZERO)
            return
        bound = Bound(type(model.reader.get(path)), path, model.reader)
        touching = [(beside[0], "right"), (beside[1], "left")]
        spots = Spots.of(model.reader, path, self.ageing.fraction, [partial(a.conductivities, b) for a, b in touching])
        resistance = electronic_path(spots, model.electronic_resistance(f"{path}.electronic_resistance"))
        storage = interface_storage(model, f"{path}.capacitance", spots)
        ohmic = has_formula(bound.kind, "ohmic")
        conductance = self._conductance(model, bound) if ohmic else None
        spread = spots.ions * model.current_density
        if ohmic and conductance is None:  # a short: the capacitor across it never charges
            self.electronic_current = electrons_through(model, key, spread, left, right, resistance)
            self.faradaic_current = model.current_density - self.electronic_current
            self.drop = ZERO if spots.whole else spots.ions * self.faradaic_current
        elif ohmic and storage is None and (left is None or right is None or resistance is None):
            self.electronic_current = ZERO
            if conductance is ZERO:
                raise InputError(
                    f"interfaces.{key} blocks ions and electrons and has no capacitance, so no current of any kind "
                    f"crosses it. Give it a finite resistance or a capacitance."
                )
            self.faradaic_current = model.current_density
            self.drop = model.current_density / conductance + spread
        else:
            self.state = drop_state(spots, key)
            model.initial_conditions[self.state] = ZERO
            self.electronic_current = electrons_through(model, key, self.state + spread, left, right, resistance)
            ionic = model.current_density - self.electronic_current
            if ohmic:
                self.faradaic_current = conductance * self.state
            else:
                self.faradaic_current = faradaic_current(model, bound, key, 1, self.state, self.ageing, "")
            self.drop = self.state + spots.ions * ionic
            if storage is None:
                model.algebraic[self.state] = ionic - self.faradaic_current
            else:
                storage.charge(model, self.state, ionic - self.faradaic_current)
        self.ageing.complete(model, self.faradaic_current)

    def _conductance(self, model: Writer, bound: Bound) -> Number | None:
        """Of an ohmic contact and the film on it [S/m2]; None for a short."""
        varies = any(
            given == read or given.startswith(f"{read}.")
            for given in model.input_paths
            for read in bound.reads("ohmic")
        )

        def open_or_short(cell: Cell, f_max: float) -> float | None:
            resistance = Bound(bound.kind, bound.path, Reader(cell)).call("ohmic")
            return float(resistance) if resistance in (0.0, np.inf) else None

        # an input can be anything later: what is open or shorted now must not decide on the equations
        fixed = None if varies else model.decide(open_or_short)
        if fixed == np.inf:
            return ZERO
        # a growing film will make a resistance of a short
        if fixed == 0.0 and not self.ageing.film_grows:
            return None
        film = self.ageing.film + NO_FILM if fixed == 0.0 else self.ageing.film
        return self.ageing.fraction / (bound.call("ohmic") + film)
