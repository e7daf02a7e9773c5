"""Interfaces as elements of the chain: how a current gets into a layer through one, and what that costs.

The equations are those of :mod:`mgtwin.impedance.chain`. What lies before an interface is an `Open` preference, or None
where no electrons come from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol, Self, TypeAlias

import numpy as np

from ..kinds.numbers import is_zero

__all__ = [
    "PERFECT",
    "Array",
    "Carrying",
    "CurrentFractions",
    "Element",
    "Interface",
    "Link",
    "Open",
    "Together",
    "isolated",
    "real_number",
]

#: A number or an array over (parameter sets..., frequencies); complex where it depends on the frequency.
Array: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class CurrentFractions:
    """Fractions of the current that electrons and ions carry through an interface; each is accurate on its own."""

    electrons: Array
    ions: Array


@dataclass(frozen=True)
class Element:
    """A layer or an interface."""

    def first(self, dimensions: int) -> Self:
        """The same with the first of the numbers that vary along an axis before `dimensions` others."""
        varying = {name: value[0] for name, value in vars(self).items() if np.ndim(value) > dimensions}
        return replace(self, **varying) if varying else self


@dataclass(frozen=True)
class Carrying(Element):
    """Transference numbers of the second carrier and of the ion in a layer, each computed on its own."""

    electrons: Array
    ions: Array


@dataclass(frozen=True, slots=True)
class Open:
    """What the stack up to a face of `layer` asks of the electronic current: ``(d + t - j)^2/admittance``."""

    layer: Carrying
    admittance: Array
    deviation: Array

    @property
    def electrons(self) -> Array:
        """The preferred fraction m."""
        return self.layer.electrons + self.deviation

    @property
    def ions(self) -> Array:
        """1 - m, on its own."""
        return self.layer.ions - self.deviation

    def passed(self, right: Carrying) -> Array:
        """The preferred fraction as a deviation from the transference number of the next layer."""
        left = self.layer
        # t_left - t_right without cancellation where both are close to 1
        return self.deviation + (left.electrons * right.ions - left.ions * right.electrons)


class Interface(Protocol):
    """What the layers of the chain, and the sweeps through it, ask of an interface: see `Link`."""

    @property
    def free(self) -> bool:
        """Whether the layers alone decide how the current divides."""

    @property
    def insulating(self) -> bool:
        """Whether electrons are blocked in all parameter sets."""

    @property
    def electron_bottom(self) -> Array:
        """0 where electrons are blocked, else 1."""

    @property
    def spread(self) -> Array:
        """Of the ionic impedance what the constriction adds."""

    def first(self, dimensions: int) -> Self:
        """As `Element.first`."""

    def enter(self, layer: Carrying, state: Open | None, static: bool) -> tuple[Array, Open]:
        """As `Link.enter`."""

    def leave(self, state: Open | None, static: bool) -> Array:
        """As `Link.leave`."""

    def divide(self, left: Open | None, right: Open | None) -> CurrentFractions:
        """As `Link.divide`."""

    def term(self, fractions: CurrentFractions) -> Array:
        """As `Link.term`."""

    def drop(self, fractions: CurrentFractions, left: Array, right: Array) -> Array:
        """As `Link.drop`."""

    def side_by_side(self, ions: float | None = None) -> float:
        """As `Link.side_by_side`."""


@dataclass(frozen=True)
class Link(Element):
    """An interface: impedances of its ionic and electronic branches as fractions ``top/bottom`` [ohm m2].

    ``1/0`` is a blocked carrier and ``0/1`` an ideal contact. `ideal` says for which parameter sets both are 0 (an
    interface that is ideal in all of them is no link but `PERFECT`).
    """

    ion_top: Array
    ion_bottom: Array
    electron_top: Array
    electron_bottom: Array
    ideal: Array = False
    #: Of the ionic impedance what the constriction behind the spots of the contact adds.
    spread: Array = 0.0

    #: Whether the layers alone decide how the current divides.
    free: ClassVar[bool] = False

    @property
    def insulating(self) -> bool:
        """Whether electrons are blocked in all parameter sets."""
        return is_zero(self.electron_bottom)

    def series(self) -> tuple[Array, Array]:
        """Impedance of the loop through both branches as a fraction."""
        if self.insulating:
            return self.ion_bottom, 0.0
        top = self.ion_top * self.electron_bottom + self.electron_top * self.ion_bottom
        return top, self.ion_bottom * self.electron_bottom

    def parallel(self, top: Array) -> Array:
        """Both branches side by side; `top` as given by `series`, not zero."""
        # top of `series` is top_i bottom_e + top_e bottom_i: of the parallel
        # fraction only the product of the tops is left
        return self.ion_top / top if self.insulating else self.ion_top * self.electron_top / top

    def deviation(self, top: Array, layer: Carrying) -> Array:
        """Preferred electronic fraction of the link minus the transference number of a layer."""
        if self.insulating:
            return -layer.electrons
        # m - t as one sum of products: where the link prefers nearly what the
        # layer does, m - t itself would be rounding
        return (
            self.ion_top * self.electron_bottom * layer.ions - self.electron_top * self.ion_bottom * layer.electrons
        ) / top

    def enter(self, layer: Carrying, state: Open | None, static: bool) -> tuple[Array, Open]:
        """Impedance [ohm m2] added on the way into a mixed conductor, and what is asked of its electrons then."""
        top, bottom = self.series()
        if state is None:  # from an electrode or from a layer without electrons
            # the plain number, which a layer recognises and does not multiply arrays by
            admittance = 0.0 if self.insulating else bottom / top
            return self.parallel(top), Open(layer, admittance, self.deviation(top, layer))
        # a contact that is ideal for both carriers asks for nothing: any finite preference will do
        divisor = top if self.ideal is False else np.where(self.ideal, 1.0, top)
        denominator = bottom + state.admittance * top
        difference = state.deviation - self.deviation(divisor, state.layer)
        preferred = self.deviation(divisor, layer)
        added = self.parallel(divisor) + _mismatch(top, denominator, difference, static)
        kept = bottom / denominator  # weight of the left side's preference
        deviation = kept * state.passed(layer) + state.admittance * top / denominator * preferred
        if static:
            # 0/0 where both sides fix the current, which only happens at s = 0: the right side then knows it exactly
            fixed = denominator == 0
            kept, deviation = np.where(fixed, 0.0, kept), np.where(fixed, preferred, deviation)
        return added, Open(layer, state.admittance * kept, deviation)

    def leave(self, state: Open | None, static: bool) -> Array:
        """Impedance [ohm m2] added on the way to an electrode or a layer without electrons."""
        if state is None:
            return self.ion_top / self.ion_bottom
        top, bottom = self.series()
        difference = state.deviation - self.deviation(top, state.layer)
        return self.parallel(top) + _mismatch(top, bottom + state.admittance * top, difference, static)

    def divide(self, left: Open | None, right: Open | None) -> CurrentFractions:
        """Fractions of the current, from what the adjoining mixed conductors prefer (None: no mixed conductor)."""
        if self.insulating:
            return CurrentFractions(0.0, 1.0)
        top, bottom = self.series()
        electrons, ions = self.ion_top * self.electron_bottom, self.electron_top * self.ion_bottom
        if left is None or right is None:
            # one neighbour has no electrons: only the other prefers anything, against the interface itself
            side = left if right is None else right
            assert side is not None
            total = side.admittance * top + bottom
            return CurrentFractions(
                (side.admittance * electrons + bottom * side.electrons) / total,
                (side.admittance * ions + bottom * side.ions) / total,
            )
        # each preference is weighted with the impedance behind it; multiplied by both admittances, none infinite
        both = left.admittance * right.admittance
        to_left, to_right = bottom * right.admittance, bottom * left.admittance
        total = both * top + to_left + to_right
        return CurrentFractions(
            (both * electrons + to_left * left.electrons + to_right * right.electrons) / total,
            (both * ions + to_left * left.ions + to_right * right.ions) / total,
        )

    def term(self, fractions: CurrentFractions) -> Array:
        """``z (1 - j)^2 + R_e j^2`` [ohm m2]."""
        ions = _squared(self.ion_top, self.ion_bottom, fractions.ions)
        return ions + _squared(self.electron_top, self.electron_bottom, fractions.electrons)

    def drop(self, fractions: CurrentFractions, left: Array, right: Array) -> Array:
        """Drop of the ionic potential [ohm m2 per unit of current] between local potentials at the faces beside it.

        Where ions are blocked it is that of the electrons, ``R_e j = drop + E_l - E_r``.
        """
        if is_zero(self.ion_bottom):
            return self.electron_top / self.electron_bottom * fractions.electrons + right - left
        return self.ion_top / self.ion_bottom * fractions.ions

    def side_by_side(self, ions: float | None = None) -> float:
        """Resistance of both branches in parallel [ohm m2] at one s; `ions`: in place of that of its own ions."""
        branches = (
            _ratio(self.ion_top, self.ion_bottom) if ions is None else ions,
            _ratio(self.electron_top, self.electron_bottom),
        )
        if min(branches) == 0:
            return 0.0
        return 1 / sum(1 / branch for branch in branches) if min(branches) < np.inf else np.inf


@dataclass(frozen=True)
class Together(Element):
    """An interface that both carriers cross side by side through one impedance [ohm m2], their shares being free.

    It lies between two layers of the same second carrier.
    """

    impedance: Array

    free: ClassVar[bool] = True
    electron_bottom: ClassVar[float] = 1.0
    spread: ClassVar[float] = 0.0
    insulating: ClassVar[bool] = False

    def enter(self, layer: Carrying, state: Open | None, static: bool) -> tuple[Array, Open]:
        """As `Link.enter`."""
        assert state is not None
        # what takes the whole current, however it is shared, adds nothing that
        # depends on j: the preference passes unchanged
        return self.impedance, Open(layer, state.admittance, state.passed(layer))

    def leave(self, state: Open | None, static: bool) -> Array:
        """As `Link.leave`: never, for the next layer has the same second carrier."""
        raise NotImplementedError

    def divide(self, left: Open | None, right: Open | None) -> CurrentFractions:
        """As `Link.divide`."""
        assert left is not None and right is not None
        total = left.admittance + right.admittance
        return CurrentFractions(
            (right.admittance * left.electrons + left.admittance * right.electrons) / total,
            (right.admittance * left.ions + left.admittance * right.ions) / total,
        )

    def term(self, fractions: CurrentFractions) -> Array:
        """As `Link.term`, whatever the fractions."""
        return self.impedance

    def drop(self, fractions: CurrentFractions, left: Array, right: Array) -> Array:
        """As `Link.drop`."""
        return self.impedance

    def side_by_side(self, ions: float | None = None) -> float:
        """As `Link.side_by_side`: the whole current passes what the ions pass."""
        return real_number(self.impedance) if ions is None else ions


#: Passes both carriers perfectly.
PERFECT = Together(0.0)


def isolated(left: Interface, right: Interface) -> Array:
    """Whether electrons can cross neither of two links: True, False or an array of both."""
    if left.free or right.free:
        return False
    blocked = left.electron_bottom + right.electron_bottom == 0  # each is 0 (blocked) or 1
    return blocked if np.ndim(blocked) else bool(blocked)


def real_number(value: Array) -> float:
    """The real part of a number, or of an array over one frequency."""
    return float(np.ravel(np.real(value))[0])


def _ratio(top: Array, bottom: Array) -> float:
    """``top/bottom`` at one frequency, infinite where bottom is 0."""
    below = real_number(bottom)
    return real_number(top) / below if below else np.inf


def _squared(top: Array, bottom: Array, fraction: Array) -> Array:
    """``top/bottom fraction^2``, 0 where bottom is (and the fraction with it)."""
    # a blocked carrier (bottom 0) carries nothing: 0/0 here is 0, and says nothing is dissipated
    if is_zero(bottom):
        return 0.0
    squared = top / bottom * (fraction * fraction)
    return np.where(bottom == 0, 0.0, squared) if np.ndim(bottom) else squared


def _mismatch(top: Array, denominator: Array, difference: Array, static: bool) -> Array:
    """Impedance [ohm m2] that a difference of the preferred electronic fractions of both sides adds."""
    if not static:
        return top * difference * difference / denominator
    # At s = 0 both sides may fix the current, each at 0 or at 1 and then exactly so: they agree, or nothing passes.
    exact = np.where((denominator == 0) & (np.abs(difference) < 0.5), 0.0, difference)
    return top * exact * exact / np.where((denominator == 0) & (exact == 0), 1.0, denominator)
