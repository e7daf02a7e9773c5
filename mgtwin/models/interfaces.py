"""Equations of electrodes and junctions, theory.md §3.1-3.2, per electrode area and in PyBaMM's sign (+x)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pybamm

from ..cells.constriction import spreading_length
from ..cells.rest import saturating_exp
from ..cells.salts import continued_log
from ..errors import InputError
from . import names
from .ageing import InterfaceAgeing
from .layers import Face
from .salt import anions_through
from .storage import interface_storage
from .writer import Writer

ZERO = pybamm.Scalar(0)


def electrons_through(model: Writer, drop: Any, left: Face | None, right: Face | None, resistance: Any) -> Any:
    """Electronic current through a contact: ``R_e i_eon = drop + E_left - E_right``.

    A metal is a face of zero resistance whose "E" is eta (left electrode) or -eta (right electrode). Straight-line
    faces are eliminated in closed form, so ``R_e = 0`` needs no special case; a nonlinear face adds its equation.

    Parameters
    ----------
    model : Writer
        Takes the algebraic equations of nonlinear faces.
    drop
        ``u`` of a junction, 0 at an electrode [V].
    left, right : Face or None
        None where there are no electrons.
    resistance
        Area-specific electronic contact resistance [ohm m2]; None where electrons are blocked.
    """
    if left is None or right is None or resistance is None:
        return ZERO
    if left.current is None and right.current is None:
        total = resistance + left.resistance + right.resistance
        return (drop + left.open_potential - right.open_potential) / total
    current = left.current if left.current is not None else right.current
    left_potential = left.open_potential - left.resistance * current
    right_potential = right.open_potential + right.resistance * current
    law = drop + left_potential - right_potential - resistance * current
    unknowns = [face.open_potential for face in (left, right) if face.current is not None]
    model.algebraic[unknowns[0]] = law
    if len(unknowns) == 2:
        model.algebraic[unknowns[1]] = left.current - right.current
    return current


def butler_volmer(overpotential: Any, exchange: Any, anodic: Any, cathodic: Any, f: Any) -> Any:
    """Charge-transfer current density ``i_0 [exp(alpha_a f eta) - exp(-alpha_c f eta)]``, f = zF/RT.

    Beyond 2e17 times the exchange current (exponent 40) the exponentials are continued along their tangents: no cell
    gets there, but Newton's first guess does where an electrode has no double layer, and must not overflow.
    """
    return exchange * (saturating_exp(anodic * f * overpotential) - saturating_exp(-cathodic * f * overpotential))


@dataclass(frozen=True)
class Spots:
    """What an incomplete contact does to the two rails of an interface (§3.4).

    Attributes
    ----------
    fraction
        Contact fraction a.
    gap
        Capacitance of the area without contact [F/m2].
    ions, electrons
        Constriction ``L_c/sigma`` in the adjoining layers [ohm m2]; 0 for a whole contact, None for the electrons
        where a layer has none.
    """

    fraction: Any
    gap: Any = 0.0
    ions: Any = ZERO
    electrons: Any = ZERO

    @classmethod
    def of(cls, model: Writer, path: str, fraction: Any, beside: Sequence[tuple[Any, str]]) -> Spots:
        """Spots of the interface at a path, `beside` it layers and the sides at which they touch it."""
        if getattr(model.cell.get(path), "contact", None) is None:
            return cls(fraction)
        length = spreading_length(fraction, model.reader.number(f"{path}.contact.spacing"))
        ions: Any = ZERO
        electrons: Any = ZERO
        for layer, side in beside:
            ionic, electronic = layer.conductivities(side)
            ions = ions + length / ionic
            electrons = None if electronic is None or electrons is None else electrons + length / electronic
        return cls(fraction, model.reader.number(f"{path}.contact.gap_capacitance"), ions, electrons)

    @property
    def whole(self) -> bool:
        """Whether no constriction is described."""
        return self.ions is ZERO

    def electronic(self, resistance: Any) -> Any:
        """Electronic resistance from layer to layer with the constriction of *both* rails; None where blocked.

        The ions' own belongs here because the drop that drives the electrons is written for a current i of ions, of
        which ``i_eon`` is missing: see `drop`.
        """
        if resistance is None or self.electrons is None or self.whole:
            return resistance
        return resistance / self.fraction + self.electrons + self.ions

    def state(self, name: str) -> Any:
        """The unknown drop through the contact itself, which is the whole drop where there is no constriction."""
        return pybamm.Variable(names.potential_drop(name) if self.whole else names.through_contact_drop(name))


class ElectrodeInterface:
    """Electrode at the left (``negative``) or right (``positive``) end; ``drop`` is eta in +x."""

    anionic_current = ZERO

    def __init__(self, model: Writer, side: str, face: Face | None, layer: Any):
        self.name = side
        self.sign = 1 if side == "negative" else -1
        electrode = getattr(model.cell, side)
        touched = "left" if side == "negative" else "right"
        # on a mixture the electrode touches the solid, too: its i_0 does not follow the salt
        self._salt = None if hasattr(layer, "pores") else layer.salt_face(touched)
        self.ageing = InterfaceAgeing(model, side, side)
        spots = Spots.of(model, side, self.ageing.fraction, [(layer, touched)])
        self._fraction = spots.fraction
        storage = interface_storage(model, f"{side}.double_layer", spots.fraction, spots.gap)
        self.state = spots.state(side)
        model.initial_conditions[self.state] = model.rest.electrodes[side]

        metal = Face(self.sign * (self.state + spots.ions * model.current_density), ZERO)
        left, right = (metal, face) if side == "negative" else (face, metal)
        resistance = spots.electronic(model.electronic_resistance(f"{side}.electronic_resistance"))
        self.electronic_current = electrons_through(model, ZERO, left, right, resistance)
        ionic = model.current_density - self.electronic_current
        self.drop = self.state + spots.ions * ionic

        self.faradaic_current = ZERO
        if electrode.type == "plating":
            self.faradaic_current = self._charge_transfer(model)
            self.ageing.complete(model, self.sign * self.faradaic_current)
        if storage is not None:
            storage.charge(model, self.state, ionic - self.faradaic_current)
            return
        if electrode.type == "blocking" and self.electronic_current is ZERO:
            raise InputError(
                f"The {side} electrode blocks ions, has no double layer, and no electrons can pass it either, so no "
                f"current of any kind crosses it. Give it a double_layer (for example '10 uF/cm^2') or put it on a "
                f"mixed conductor with a finite electronic_resistance."
            )
        model.algebraic[self.state] = ionic - self.faradaic_current

    def _charge_transfer(self, model: Writer) -> Any:
        read = model.reader
        exchange = self._fraction * read.property(f"{self.name}.exchange_current_density", model.temperature)
        alpha = read.number(f"{self.name}.transfer_coefficient")
        if self._salt is not None:  # i_0 is that at c_0; phi_ion holds the rest of Nernst's law
            exchange = exchange * np.exp(alpha * continued_log(self._salt.relative(ZERO)))
        # at the left electrode eta > 0 strips, at the right one it deposits: the coefficients change places
        anodic, cathodic = (alpha, 1 - alpha) if self.sign == 1 else (1 - alpha, alpha)
        f = model.ion_charge * model.inverse_thermal_voltage
        if not self.ageing.film_grows and model.is_fixed_at(f"{self.name}.film_resistance", 0.0):
            return butler_volmer(self.state, exchange, anodic, cathodic, f)
        behind = pybamm.Variable(names.charge_transfer_overpotential(self.name))
        current = butler_volmer(behind, exchange, anodic, cathodic, f)
        model.algebraic[behind] = self.state - behind - self.ageing.film / self._fraction * current
        model.initial_conditions[behind] = ZERO
        return current


class JunctionInterface:
    """Interface between two layers; ``drop`` is u in +x. A cell without an entry passes both carriers perfectly."""

    def __init__(self, model: Writer, key: str, faces: tuple[Face | None, Face | None], beside: tuple[Any, Any]):
        self.name = key
        self.faradaic_current = ZERO
        path = f"interfaces.{key}"
        left, right = faces
        self.anionic_current = anions_through(model, beside[0].salt_face("right"), beside[1].salt_face("left"))
        self.ageing = InterfaceAgeing(model, path, key)
        self.state: Any = None
        if key not in model.cell.interfaces:
            self.drop: Any = ZERO
            self.electronic_current = electrons_through(model, ZERO, left, right, ZERO)
            return
        spots = Spots.of(model, path, self.ageing.fraction, [(beside[0], "right"), (beside[1], "left")])
        resistance = spots.electronic(model.electronic_resistance(f"{path}.electronic_resistance"))
        storage = interface_storage(model, f"{path}.capacitance", spots.fraction, spots.gap)
        conductance = self._conductance(model, path, spots.fraction)
        spread = spots.ions * model.current_density
        if conductance is None:  # a short: the capacitor across it never charges
            self.electronic_current = electrons_through(model, spread, left, right, resistance)
            self.faradaic_current = model.current_density - self.electronic_current
            self.drop = ZERO if spots.whole else spots.ions * self.faradaic_current
        elif storage is None and (left is None or right is None or resistance is None):
            self.electronic_current = ZERO
            if conductance is ZERO:
                raise InputError(
                    f"interfaces.{key} blocks ions and electrons and has no capacitance, so no current of any kind "
                    f"crosses it. Give it a finite resistance or a capacitance."
                )
            self.faradaic_current = model.current_density
            self.drop = model.current_density / conductance + spread
        else:
            self.state = spots.state(key)
            model.initial_conditions[self.state] = ZERO
            self.electronic_current = electrons_through(model, self.state + spread, left, right, resistance)
            ionic = model.current_density - self.electronic_current
            self.faradaic_current = conductance * self.state
            self.drop = self.state + spots.ions * ionic
            if storage is None:
                model.algebraic[self.state] = ionic - self.faradaic_current
            else:
                storage.charge(model, self.state, ionic - self.faradaic_current)
        self.ageing.complete(model, self.faradaic_current)

    def _conductance(self, model: Writer, path: str, fraction: Any) -> Any:
        """Of the contact and the film on it [S/m2]; None for a short."""
        if model.is_fixed_at(f"{path}.resistance", np.inf):
            return ZERO
        if model.is_fixed_at(f"{path}.resistance", 0.0) and not self.ageing.film_grows:
            return None
        return fraction / (model.reader.property(f"{path}.resistance", model.temperature) + self.ageing.film)
