r"""Readouts as quotients of sums of unknowns: what direct currents and plateaus say is linear in resistivities.

A readout :math:`N/D` of sums N, D of unknowns that are not negative lies in [a, b] where :math:`aD \le N \le bD`: two
rows of a linear program, whatever the unknowns are. A metric whose number is of this form, or bounded by one that is,
declares it (``metric(..., linear=...)``); what it is made of it asks the run for, which answers with unknowns or with
numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["Quotient", "Resistances", "Sum"]


@dataclass(frozen=True)
class Sum:
    """A constant and multiples of unknowns.

    Attributes
    ----------
    constant : float
    terms : mapping
        Unknown to its coefficient.

    Examples
    --------
    >>> bulk, contacts = Sum.of("bulk"), Sum.of("contacts")
    >>> 2 * (bulk + contacts) - bulk + 3
    Sum(constant=3.0, terms={'bulk': 1.0, 'contacts': 2.0})
    """

    constant: float = 0.0
    terms: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, unknown: str) -> Sum:
        """Return an unknown by itself."""
        return cls(0.0, {unknown: 1.0})

    def __add__(self, other: Sum | float) -> Sum:
        match other:
            case Sum(constant, terms):
                names = dict.fromkeys((*self.terms, *terms))
                return Sum(
                    self.constant + constant, {key: self.terms.get(key, 0.0) + terms.get(key, 0.0) for key in names}
                )
        return Sum(self.constant + other, self.terms)

    def __mul__(self, factor: float) -> Sum:
        return Sum(factor * self.constant, {key: factor * value for key, value in self.terms.items()})

    def __sub__(self, other: Sum | float) -> Sum:
        return self + -1.0 * other

    def __rsub__(self, other: float) -> Sum:
        return -1.0 * self + other

    __radd__, __rmul__ = __add__, __mul__


@dataclass(frozen=True)
class Quotient:
    """The number of a readout: a factor within bounds times one sum over another.

    Attributes
    ----------
    numerator, denominator : Sum
        Neither is negative.
    factor : (low, high)
        Bounds of what stands before the quotient and is no unknown (a length over an area).
    """

    numerator: Sum
    denominator: Sum
    factor: tuple[float, float] = (1.0, 1.0)


class Resistances(Protocol):
    r"""What a readout may ask a run for. All but the last two are resistivities, :math:`RA/L` [ohm*m]."""

    def steady(self) -> Sum:
        """To direct current."""

    def electronic(self, without: Collection[str] = ()) -> Sum:
        """Of the electrons' path; `without` names what is taken off it (``contacts``, ``grain_boundaries``)."""

    def stepped(self, time: float, plateau: bool) -> Sum:
        """Voltage over current a time [s] after a step.

        On a `plateau` the double layers are charged, so that contacts count in full, and no layer is polarised.
        """

    def magnitude(self, frequency: float) -> Sum:
        """Of the impedance [Hz]."""

    def length_per_area(self) -> tuple[float, float]:
        """Bounds of what turns a resistivity into a resistance [1/m]."""

    def relative_to(self, other: Resistances) -> tuple[float, float]:
        """Bounds of its length per area over that of another run."""
