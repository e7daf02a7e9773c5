"""States of ageing interfaces, theory.md §3.5, written from the formulas of whatever laws there are.

They are ordinary states, integrated with the cell. Where a model is linearised or brought to a steady state they are
frozen: their rates are zero, and what they have reached stays.
"""

from __future__ import annotations

import pybamm

from ..cells.constriction import film_when_new, untouched_fraction
from ..errors import InputError
from ..kinds.ageing_law import AgeingLaw, Changes
from ..kinds.kind import Bound, asked_by, has_formula
from ..kinds.numbers import Number
from . import names
from .writer import Writer

ZERO, ONE = pybamm.Scalar(0), pybamm.Scalar(1)


class InterfaceAgeing:
    """Contact fraction and film resistance of one interface, as numbers or as states of its ageing laws.

    Laws that act on the contact itself add their rates, and so do those that act on the film. A law with a state of its
    own takes a part of the contact that the others have left: the fractions multiply.

    Parameters
    ----------
    model : Writer
    path : str
        Of the interface in the cell, where it has one.
    name : str
        ``negative``, ``positive`` or ``left-right``.

    Attributes
    ----------
    fraction
        Contact fraction a.
    film
        Film resistance [ohm m2] of the area in contact.
    film_grows : bool
        Whether a law acts on the film.
    described : bool
        Whether the cell says anything of its contact or its ageing.
    """

    def __init__(self, model: Writer, path: str, name: str):
        interface = model.reader.get(path)
        self._path = path
        self._laws: tuple[AgeingLaw, ...] = () if interface is None else interface.ageing
        self.described = interface is not None and (bool(self._laws) or interface.contact is not None)
        self._states: dict[Changes, Number] = {}
        self._own: dict[str, Number] = {}
        self.fraction: Number = self._shared(
            model, Changes.CONTACT, names.uncracked_fraction(name), untouched_fraction(model.reader, path) * ONE
        )
        self.film: Number = self._shared(
            model, Changes.FILM, names.grown_film(name), film_when_new(model.reader, path) * ONE
        )
        self.film_grows = Changes.FILM in self._states
        for law in self._laws:
            if law.changes is Changes.OWN:
                self.fraction = self.fraction * self._own_state(model, name, law)
        model.variables[names.contact_fraction(name)] = self.fraction * ONE
        model.variables[names.film_resistance(name)] = self.film * ONE

    def _shared(self, model: Writer, what: Changes, name: str, start: Number) -> Number:
        """The state that laws share, or its value when the cell is new if none moves it."""
        if not any(law.changes is what for law in self._laws):
            return start
        self._states[what] = _frozen_state(model, name, start)
        return self._states[what]

    def _own_state(self, model: Writer, name: str, law: AgeingLaw) -> Number:
        """Make the state of a law; the part of the contact that it leaves."""
        bound = self._bound(model, law)
        state = _frozen_state(model, names.own_state(name, law.state_name), bound.call("start"))
        self._own[law.type] = state
        return bound.call("contact_kept", state) if has_formula(type(law), "contact_kept") else ONE

    def _bound(self, model: Writer, law: AgeingLaw, **known: Number) -> Bound:
        return Bound(type(law), f"{self._path}.ageing.{law.type}", model.reader, **known)

    def complete(self, model: Writer, stripping: Number) -> None:
        """Write the laws' equations, given the faradaic current density [A/m2], positive where it strips."""
        if not model.ages:
            return
        for law in self._laws:
            state = self._own[law.type] if law.changes is Changes.OWN else self._states[law.changes]
            bound = self._bound(model, law, j=stripping, fraction=self.fraction, pressure=self._pressure(model, law))
            # laws that move one state add their rates
            model.rhs[state] = model.rhs[state] + bound.call("change", state)

    def _pressure(self, model: Writer, law: AgeingLaw) -> Number:
        """Pressure of the contact [Pa]; any number where the law does not depend on it for good."""
        if "pressure" not in asked_by(type(law), "change"):
            return ONE
        exponent = f"{self._path}.ageing.{law.type}.{law.without_pressure_at_zero}"
        if law.without_pressure_at_zero and model.is_fixed_at(exponent, 0.0):
            return ONE
        pressure = model.reader.number(f"{self._path}.contact.pressure")
        if pressure is None:
            raise InputError(f"{exponent} can vary, so the contact of {self._path} needs a pressure.")
        return pressure


def _frozen_state(model: Writer, name: str, start: Number) -> Number:
    """A state that only ageing moves."""
    state = pybamm.Variable(name)
    model.initial_conditions[state] = start * ONE
    model.rhs[state] = ZERO
    model.ageing_states.add(name)
    return state
