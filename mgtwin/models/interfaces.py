"""Equations of electrodes and junctions, theory.md §3.1-3.2, per electrode area and in PyBaMM's sign (+x)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pybamm

from ..cells.rest import saturating_exp
from ..cells.salts import continued_log
from ..errors import InputError
from . import names
from .layers import Face
from .salt import SaltFace, anions_through
from .storage import interface_storage

if TYPE_CHECKING:
    from .stack import StackModel

ZERO = pybamm.Scalar(0)


def electrons_through(model: StackModel, drop: Any, left: Face | None, right: Face | None, resistance: Any) -> Any:
    """Electronic current through a contact: ``R_e i_eon = drop + E_left - E_right``.

    A metal is a face of zero resistance whose "E" is eta (left electrode) or -eta (right electrode). Straight-line
    faces are eliminated in closed form, so ``R_e = 0`` needs no special case; a nonlinear face adds its equation.

    Parameters
    ----------
    model : StackModel
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


class ElectrodeInterface:
    """Electrode at the left (``negative``) or right (``positive``) end; ``drop`` is eta in +x."""

    anionic_current = ZERO

    def __init__(self, model: StackModel, side: str, face: Face | None, salt: SaltFace | None = None):
        self.name = side
        self._salt = salt
        self.sign = 1 if side == "negative" else -1
        electrode = getattr(model.cell, side)
        storage = interface_storage(model, f"{side}.double_layer")
        self.drop = pybamm.Variable(names.potential_drop(side))
        rest = model.rest.electrodes[side]
        model.initial_conditions[self.drop] = rest

        metal = Face(self.sign * self.drop, ZERO)
        left, right = (metal, face) if side == "negative" else (face, metal)
        resistance = model.electronic_resistance(f"{side}.electronic_resistance")
        self.electronic_current = electrons_through(model, ZERO, left, right, resistance)

        self.faradaic_current = ZERO
        if electrode.type == "plating":
            self.faradaic_current = self._charge_transfer(model)
        ionic = model.current_density - self.electronic_current
        if storage is not None:
            storage.charge(model, self.drop, ionic - self.faradaic_current)
            return
        if electrode.type == "blocking" and self.electronic_current is ZERO:
            raise InputError(
                f"The {side} electrode blocks ions, has no double layer, and no electrons can pass it either, so no "
                f"current of any kind crosses it. Give it a double_layer (for example '10 uF/cm^2') or put it on a "
                f"mixed conductor with a finite electronic_resistance."
            )
        model.algebraic[self.drop] = ionic - self.faradaic_current

    def _charge_transfer(self, model: StackModel) -> Any:
        read = model.reader
        exchange = read.property(f"{self.name}.exchange_current_density", model.temperature)
        alpha = read.number(f"{self.name}.transfer_coefficient")
        if self._salt is not None:  # i_0 is that at c_0; phi_ion holds the rest of Nernst's law
            exchange = exchange * np.exp(alpha * continued_log(self._salt.relative(ZERO)))
        # at the left electrode eta > 0 strips, at the right one it deposits: the coefficients change places
        anodic, cathodic = (alpha, 1 - alpha) if self.sign == 1 else (1 - alpha, alpha)
        f = model.ion_charge * model.inverse_thermal_voltage
        path = f"{self.name}.film_resistance"
        if model.is_fixed_at(path, 0.0):
            return butler_volmer(self.drop, exchange, anodic, cathodic, f)
        film = read.property(path, model.temperature)
        behind = pybamm.Variable(names.charge_transfer_overpotential(self.name))
        current = butler_volmer(behind, exchange, anodic, cathodic, f)
        model.algebraic[behind] = self.drop - behind - film * current
        model.initial_conditions[behind] = ZERO
        return current


class JunctionInterface:
    """Interface between two layers; ``drop`` is u in +x. A cell without an entry passes both carriers perfectly."""

    def __init__(
        self,
        model: StackModel,
        key: str,
        left: Face | None,
        right: Face | None,
        salts: tuple[SaltFace | None, SaltFace | None] = (None, None),
    ):
        self.name = key
        self.faradaic_current = ZERO
        self.anionic_current = anions_through(model, *salts)
        path = f"interfaces.{key}"
        if key not in model.cell.interfaces:
            self.drop: Any = ZERO
            self.electronic_current = electrons_through(model, ZERO, left, right, ZERO)
            return
        resistance = model.electronic_resistance(f"{path}.electronic_resistance")
        storage = interface_storage(model, f"{path}.capacitance")
        short = model.is_fixed_at(f"{path}.resistance", 0.0)
        conductance = None
        if model.is_fixed_at(f"{path}.resistance", np.inf):
            conductance = ZERO
        elif not short:
            conductance = 1 / model.reader.property(f"{path}.resistance", model.temperature)
        if conductance is None:  # a short: the capacitor across it never charges
            self.drop = ZERO
            self.electronic_current = electrons_through(model, ZERO, left, right, resistance)
            return
        if storage is None and (left is None or right is None or resistance is None):
            self.electronic_current = ZERO
            if conductance is ZERO:
                raise InputError(
                    f"interfaces.{key} blocks ions and electrons and has no capacitance, so no current of any kind "
                    f"crosses it. Give it a finite resistance or a capacitance."
                )
            self.drop = model.current_density / conductance
            return
        self.drop = pybamm.Variable(names.potential_drop(key))
        model.initial_conditions[self.drop] = ZERO
        self.electronic_current = electrons_through(model, self.drop, left, right, resistance)
        ionic = model.current_density - self.electronic_current - conductance * self.drop
        if storage is None:
            model.algebraic[self.drop] = ionic
        else:
            storage.charge(model, self.drop, ionic)
