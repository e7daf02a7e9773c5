"""A porous electrode that ions and electrons enter from the layer beside it, as the last element of the chain.

Inside it is a mixed conductor whose storage is the reaction and the double layer (theory.md §3.7): the T network of
:mod:`mgtwin.impedance.chain` with Y in place of :math:`s c_{chem}L`, between the contact with the layer and a collector
that only electrons pass. Where electrons of the layer do not enter it is the transmission line of `Resolved`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from .chain import Division, Mixed, half_and_whole
from .links import Array, Carrying, CurrentFractions, Element, Interface, Link, Open, real_number

__all__ = ["Porous", "porous_body"]

_COLLECTOR = Link(1.0, 0.0, 0.0, 1.0)


def porous_body(ions: Array, electrons: Array, admittance: Array) -> Mixed:
    """Inside of an electrode from both rails over its thickness [ohm m2] and Y of reaction and double layer [S/m2]."""
    both = ions + electrons
    half, passing = half_and_whole(admittance * both)
    return Mixed(ions / both, electrons / both, ions * electrons / both, half * both, passing, admittance, both)


@dataclass(frozen=True)
class Porous(Element):
    """An electrode with a thickness: its contact with the layer, and what lies behind that."""

    contact: Interface
    body: Mixed

    free: ClassVar[bool] = False

    def first(self, dimensions: int) -> Self:
        """As `Element.first`, of both."""
        return type(self)(self.contact.first(dimensions), self.body.first(dimensions))

    @property
    def insulating(self) -> bool:
        """As `Link.insulating`."""
        return self.contact.insulating

    @property
    def electron_bottom(self) -> Array:
        """As that of `Link`."""
        return self.contact.electron_bottom

    @property
    def spread(self) -> Array:
        """As that of `Link`."""
        return self.contact.spread

    def _beyond(self) -> tuple[Array, Open]:
        """Impedance [ohm m2] from the collector to the contact, and what it asks there."""
        added, entered = _COLLECTOR.enter(self.body, None, False)
        through, state = self.body.through(entered)
        return added + self.body.impedance + through, state

    def enter(self, layer: Carrying, state: Open | None, static: bool) -> tuple[Array, Open]:
        """As `Link.enter`, from the collector."""
        inside, beyond = self._beyond()
        added, entered = self.contact.enter(layer, beyond, static)
        return inside + added, entered

    def leave(self, state: Open | None, static: bool) -> Array:
        """As `Link.leave`, to the collector."""
        added, entered = self.contact.enter(self.body, state, static)
        through, left = self.body.through(entered)
        return added + self.body.impedance + through + _COLLECTOR.leave(left, static)

    def divide(self, left: Open | None, right: Open | None) -> CurrentFractions:
        """As `Link.divide`; one side is None, where the collector is."""
        _, beyond = self._beyond()
        return self.contact.divide(beyond if left is None else left, beyond if right is None else right)

    def _inside(self, fractions: CurrentFractions) -> Division:
        """How the current divides inside, from the contact, where these are its parts, to the collector."""
        deviation = fractions.electrons * self.body.ions - fractions.ions * self.body.electrons
        ends = Open(self.body, 0.0, deviation), Open(self.body, 0.0, self.body.ions)
        division = self.body.divide(*ends)
        assert division is not None
        return division

    def term(self, fractions: CurrentFractions) -> Array:
        """As `Link.term`."""
        return self.contact.term(fractions) + self.body.term(self._inside(fractions))

    def drop(self, fractions: CurrentFractions, left: Array, right: Array) -> Array:
        """As `Link.drop`, from the ions in the layer to the electrons of the collector."""
        division = self._inside(fractions)
        return self.contact.drop(fractions, left, right) + self.body.drop(division) - self.body.faces(division)[1]

    def side_by_side(self, ions: float | None = None) -> float:
        """As `Link.side_by_side`: what stores is open, or with `ions` it is shorted."""
        if ions is None:
            at_face = self.contact.side_by_side(None if self.contact.free else float("inf"))
            return at_face + real_number(self.body.impedance / self.body.electrons)
        return self.contact.side_by_side(ions) + real_number(self.body.impedance)
