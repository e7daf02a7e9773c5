"""States of ageing interfaces, theory.md §3.5: contact that is lost, cracks and films that grow.

They are ordinary states, integrated with the cell. Where a model is linearised or brought to a steady state they are
frozen: their rates are zero, and what they have reached stays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pybamm

from ..cells.ageing import CrackGrowth, FatigueContactLoss, FilmGrowth, VoidContactLoss
from ..cells.constriction import contact_fraction
from ..cells.rest import FARADAY
from . import names
from .writer import Writer

ZERO, ONE = pybamm.Scalar(0), pybamm.Scalar(1)


class InterfaceAgeing:
    """Contact fraction and film resistance of one interface, as numbers or as states of its ageing laws.

    Laws that act on the contact itself add their rates. A crack has a state of its own, and what it separates is a
    part of the contact that fatigue and voids have left: the fractions multiply.

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
    described : bool
        Whether the cell says anything of its contact or its ageing.
    """

    def __init__(self, model: Writer, path: str, name: str):
        element = model.cell.get(path)
        self._path, self._name = f"{path}.ageing", name
        self._laws = {type(law): law.type for law in getattr(element, "ageing", ())}
        self._pressure = f"{path}.contact.pressure"
        self.described = bool(self._laws) or getattr(element, "contact", None) is not None
        self.fraction: Any = ONE
        if getattr(element, "contact", None) is not None:
            self.fraction = contact_fraction(model.reader, path)
        self._contact: Any = None
        if FatigueContactLoss in self._laws or VoidContactLoss in self._laws:
            self._contact = self._state(model, names.uncracked_fraction(name), self.fraction)
            self.fraction = self._contact
        self._crack: Any = None
        if CrackGrowth in self._laws:
            number = self._numbers(model, CrackGrowth)
            start = number("initial_length") / number("maximum_length")
            self._crack = self._state(model, names.relative_crack_length(name), start)
            self.fraction = self.fraction * (1 - (1 - number("minimum")) * self._crack)
        self.film: Any = ZERO
        if getattr(element, "type", "") == "plating":
            self.film = model.reader.property(f"{path}.film_resistance", model.temperature)
        self.film_grows = FilmGrowth in self._laws
        if self.film_grows:
            self.film = self._state(model, names.grown_film(name), self.film)
        model.variables[names.contact_fraction(name)] = self.fraction * ONE
        model.variables[names.film_resistance(name)] = self.film * ONE

    @staticmethod
    def _state(model: Writer, name: str, start: Any) -> Any:
        state = pybamm.Variable(name)
        model.initial_conditions[state] = start * ONE
        model.rhs[state] = ZERO
        return state

    def _numbers(self, model: Writer, law: type) -> Callable[[str], Any]:
        """Reader of the numbers of a law of this interface."""
        return lambda field: model.reader.number(f"{self._path}.{self._laws[law]}.{field}")

    def complete(self, model: Writer, stripping: Any) -> None:
        """Write the laws' equations, given the faradaic current density [A/m2], positive where it strips."""
        if not model.ages:
            return
        throughput = np.abs(stripping)
        rate: Any = ZERO
        if FatigueContactLoss in self._laws:
            rate = rate - self._fatigue(model, throughput)
        if VoidContactLoss in self._laws:
            rate = rate - self._voids(model, stripping)
        if self._contact is not None:
            model.rhs[self._contact] = rate
        if self._crack is not None:
            model.rhs[self._crack] = self._cracking(model, throughput)
        if self.film_grows:
            number = self._numbers(model, FilmGrowth)
            aged = self.film + number("onset_resistance")
            model.rhs[self.film] = (
                number("charge_rate") * throughput / self.fraction + number("parabolic_rate") / 2 / aged
            )

    def _relative_pressure(self, model: Writer, law: type, inverse: bool) -> Any:
        """``(P/P_0)^m``, or its inverse; 1 where m is 0 for good, for then no pressure need be known."""
        where = f"{self._path}.{self._laws[law]}"
        if model.is_fixed_at(f"{where}.pressure_exponent", 0.0):
            return ONE
        ratio = model.reader.number(self._pressure) / model.reader.number(f"{where}.reference_pressure")
        exponent = model.reader.number(f"{where}.pressure_exponent")
        return ratio ** (-exponent if inverse else exponent)

    def _fatigue(self, model: Writer, throughput: Any) -> Any:
        number = self._numbers(model, FatigueContactLoss)
        # where another law has a lower minimum, what this one cannot take stays as it is
        left = np.maximum(self._contact - number("minimum"), 0)
        return number("rate") * throughput * left * self._relative_pressure(model, FatigueContactLoss, inverse=True)

    def _voids(self, model: Writer, stripping: Any) -> Any:
        number = self._numbers(model, VoidContactLoss)
        minimum, lost = number("minimum"), 1 - self._contact
        volume = model.reader.number("ion.molar_volume") / (model.ion_charge * FARADAY * number("depth"))
        opened = np.maximum(stripping, 0) * np.maximum(self._contact - minimum, 0)
        closed = number("refilled_fraction") * np.maximum(-stripping, 0) * lost
        healed = number("healing_rate") * self._relative_pressure(model, VoidContactLoss, inverse=False) * lost
        return number("void_fraction") * volume * (opened - closed) / (1 - minimum) - healed

    def _cracking(self, model: Writer, throughput: Any) -> Any:
        number = self._numbers(model, CrackGrowth)
        longest = number("maximum_length")
        intensity = number("stress") * np.sqrt(np.pi * longest * self._crack) / number("reference_intensity")
        cycles = throughput / (2 * number("half_cycle_charge"))
        return number("rate") / longest * intensity ** number("exponent") * (1 - self._crack) * cycles
