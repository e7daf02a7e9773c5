"""Faradaic current of an electrode or junction of any kind: its formula, its memories, the film behind it (§3.1)."""

from __future__ import annotations

import pybamm

from ..kinds.kind import Bound
from ..kinds.numbers import Number
from . import names
from .ageing import InterfaceAgeing
from .writer import Writer

ZERO = pybamm.Scalar(0)


def faradaic_current(
    model: Writer, bound: Bound, name: str, sign: int, drop: Number, ageing: InterfaceAgeing, film_path: str
) -> Number:
    """Write the equations of a reaction and return its current density [A/m2] per electrode area, in PyBaMM's sign.

    Formulas are written in the kind's own sense, oxidation positive; here alone they are turned into that of +x,
    ``j_x = sign current(sign eta)``, so that the coefficients of both directions change places at the right electrode.

    Parameters
    ----------
    model : Writer
    bound : Bound
        The kind at its place, with its surroundings.
    name : str
        Of the interface in results.
    sign : int
        +1 where oxidation is a current in +x (negative electrode, junction), -1 at the positive electrode.
    drop
        State through contact, film and reaction, in +x [V].
    ageing : InterfaceAgeing
        Contact fraction and film.
    film_path : str
        Of a film resistance that may be 0 for good; "" where the kind has none.
    """
    fraction = ageing.fraction
    has_film = ageing.film_grows or (film_path and not model.is_fixed_at(film_path, 0.0))
    # without a film the drop is the overpotential: one algebraic unknown less
    overpotential = pybamm.Variable(names.charge_transfer_overpotential(name)) if has_film else drop
    memories = {
        key: model.unknown(names.own_state(name, key), memory.initial(bound))
        for key, memory in bound.kind.memories.items()
    }
    # The sign goes in and comes out once, so that no kind needs to know on which side of the cell it stands.
    own = bound.call("current", sign * overpotential, **memories)
    for key, memory in bound.kind.memories.items():
        drive = bound.call(memory.drive, own, sign * overpotential, **memories)
        memory.write(model, memories[key], drive, bound)
        if memory.used_up is not None:
            model.empties(memories[key], memory.used_up, sign * model.current_density)
    current = sign * (fraction * own)
    if has_film:
        # film resistances are those of the area in contact, current densities those of the electrode
        model.algebraic[overpotential] = drop - overpotential - ageing.film / fraction * current
        model.initial_conditions[overpotential] = model.initial_conditions[drop]
    return current
