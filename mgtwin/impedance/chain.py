r"""Elimination of the electronic currents of a stack from left to right, without a subtraction that could cancel.

Let a unit current cross the stack and let :math:`j` be the part of it that electrons carry at an interface. The stack's
impedance is the stationary value over all :math:`j` of a sum of squares,

.. math::
    Z = \sum_{interfaces} [z (1 - j)^2 + R_e j^2]
      + \sum_{layers} [L/\sigma + Z_a (j_l - t)^2 + Z_b (j_l - j_r)^2 + Z_a (j_r - t)^2],

with the ionic impedance z and the electronic resistance R_e of an interface, and for a mixed conductor
:math:`t = \sigma_{eon}/\sigma`, :math:`x = L\sqrt{s c_{chem}/\sigma_{amb}}`,
:math:`Z_a = (L/\sigma_{amb}) \tanh(x/2)/x`, :math:`Z_b = x/(s c_{chem} L \sinh x)`: equations (2.1)-(2.3) of
theory.md solved within the layer, written as a T network. Layers that are passed already act on the next :math:`j` as
:math:`(j - m)^2/\gamma` with an admittance :math:`\gamma` and a preferred value m, and two such terms join like
parallel impedances,

.. math:: \beta_1 (j - m_1)^2 + \beta_2 (j - m_2)^2
    = (\beta_1 + \beta_2)(j - m)^2 + \frac{\beta_1\beta_2}{\beta_1 + \beta_2}(m_1 - m_2)^2 .

All :math:`\beta` are impedances of RC networks: for Re s >= 0 they share one quadrant, so that no sum of them cancels.
What is carried along is :math:`\gamma`, never infinite, and the deviation :math:`d = m - t` from the layer's own
transference number, formed from products such as :math:`t_{eon,1} t_{ion,2}` so that it stays exact where t is close
to 1. Blocked carriers and ideal contacts are fractions with a zero below or above, not special cases.

What is said of electrons holds for the anions of a salt solution in their place (:mod:`mgtwin.impedance.elements`): j
is the fraction of the second carrier, whichever the layer has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

#: A number or an array over (parameter sets..., frequencies); complex where it depends on the frequency.
Array: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Ohmic:
    """A layer without a second carrier: its impedance [ohm m2]."""

    impedance: Array


@dataclass(frozen=True, slots=True)
class Mixed:
    """A layer with a second carrier, electrons or anions, as a T network; all per electrode area.

    Attributes
    ----------
    electrons, ions : Array
        Transference numbers of the second carrier and of the ion, each computed on its own.
    impedance : Array
        L/sigma and whatever is in series with the layer on the ionic rail [ohm m2].
    arm : Array
        Z_a [ohm m2].
    passing : Array
        x/sinh(x), between 0 and 1.
    storage : Array
        s c_chem L [S/m2]; Z_b = passing/storage.
    """

    electrons: Array
    ions: Array
    impedance: Array
    arm: Array
    passing: Array
    storage: Array


@dataclass(frozen=True, slots=True)
class Link:
    """An interface: impedances of its ionic and electronic branches as fractions ``top/bottom`` [ohm m2].

    ``1/0`` is a blocked carrier and ``0/1`` an ideal contact. `ideal` says for which parameter sets both are 0 (an
    interface that is ideal in all of them is no link but None).
    """

    ion_top: Array
    ion_bottom: Array
    electron_top: Array
    electron_bottom: Array
    ideal: Array = False

    @property
    def insulating(self) -> bool:
        """Whether electrons are blocked in all parameter sets."""
        return isinstance(self.electron_bottom, float) and self.electron_bottom == 0

    def series(self) -> tuple[Array, Array]:
        """Impedance of the loop through both branches as a fraction."""
        if self.insulating:
            return self.ion_bottom, 0.0
        top = self.ion_top * self.electron_bottom + self.electron_top * self.ion_bottom
        return top, self.ion_bottom * self.electron_bottom

    def parallel(self, top: Array) -> Array:
        """Both branches side by side; `top` as given by `series`, not zero."""
        return self.ion_top / top if self.insulating else self.ion_top * self.electron_top / top

    def deviation(self, top: Array, electrons: Array, ions: Array) -> Array:
        """Preferred electronic fraction of the link minus the transference number of a layer."""
        if self.insulating:
            return -electrons
        return (self.ion_top * self.electron_bottom * ions - self.electron_top * self.ion_bottom * electrons) / top


@dataclass(frozen=True, slots=True)
class Together:
    """An interface that both carriers cross side by side through one impedance [ohm m2], their shares being free."""

    impedance: Array

    insulating = False


@dataclass(frozen=True, slots=True)
class Open:
    """What the stack so far asks of the electronic current: ``(d + t - j)^2/admittance``."""

    admittance: Array
    deviation: Array


#: An interface; None passes both carriers perfectly.
Interface: TypeAlias = Link | Together | None


def stack_impedance(layers: Sequence[Ohmic | Mixed], links: Sequence[Interface], *, static: bool = False) -> Array:
    """Impedance [ohm m2] of layers between links, the first and last being the electrodes.

    Parameters
    ----------
    layers : sequence of Ohmic or Mixed
    links : sequence of Link, Together or None
        One more than layers; None passes both carriers perfectly. Beside an `Ohmic` layer there must be a `Link` whose
        electronic branch is blocked.
    static : bool
        Whether some frequency is exactly zero, where an impedance may be infinite.

    Returns
    -------
    ndarray or number
        Not finite where no current can pass.
    """
    total: Array = 0.0
    state: Open | None = None
    for k, layer in enumerate(layers):
        before = layers[k - 1] if k else None
        if isinstance(layer, Ohmic):
            # no electrons cross this layer: what the stack so far prefers has to be settled at its left interface
            total = total + layer.impedance
            if state is None:
                total = total + _ions_only(links[k])
            else:
                assert isinstance(before, Mixed)
                total = total + _close(links[k], before, state, static)
                state = None
            continue
        if state is None:
            added, state = begin(links[k], layer)
        else:
            assert isinstance(before, Mixed)
            added, state = join(links[k], before, layer, state, static)
        total = total + added + layer.impedance
        added, state = through(layer, state)
        total = total + added
    last = layers[-1]
    if state is None:
        return total + _ions_only(links[-1])
    assert isinstance(last, Mixed)
    return total + _close(links[-1], last, state, static)


def _ions_only(link: Interface) -> Array:
    """Impedance of an interface between conductors of which one has no electrons."""
    assert not isinstance(link, Together)
    return 0.0 if link is None else link.ion_top / link.ion_bottom


def begin(link: Interface, layer: Mixed) -> tuple[Array, Open]:
    """Enter a mixed conductor from an electrode or from a layer without electrons."""
    assert isinstance(link, Link)
    top, bottom = link.series()
    admittance = 0.0 if link.insulating else bottom / top
    return link.parallel(top), Open(admittance, link.deviation(top, layer.electrons, layer.ions))


def through(layer: Mixed, state: Open) -> tuple[Array, Open]:
    """Cross a mixed conductor: arm, shunt, arm of its T network."""
    # The shunt of the T network is passing/storage, which overflows in a thick layer at high frequency. So it never
    # appears alone: everything is multiplied through by x/sinh(x), which goes to 0 there.
    arm, passing = layer.arm, layer.passing
    deviation, shunted = state.deviation, layer.storage
    # behind blocked electrons the admittance is the plain number 0: the products below would only cost time
    if not (isinstance(state.admittance, float) and state.admittance == 0):
        first = 1 + state.admittance * arm
        deviation = deviation / first
        shunted = shunted + state.admittance / first * passing
    second = passing + arm * shunted
    behind = passing * deviation / second
    added = arm * deviation * (state.deviation + behind)
    return added, Open(shunted / second, behind)


def join(link: Interface, left: Mixed, right: Mixed, state: Open, static: bool) -> tuple[Array, Open]:
    """Cross an interface between two mixed conductors."""
    # t_left - t_right without cancellation where both are close to 1
    shift = left.electrons * right.ions - left.ions * right.electrons
    # the preference is kept as a deviation from the layer's own t: in the next layer that is another number
    passed = state.deviation + shift
    if not isinstance(link, Link):
        return 0.0 if link is None else link.impedance, Open(state.admittance, passed)
    top, bottom = link.series()
    # a contact that is ideal for both carriers asks for nothing: any finite preference will do
    divisor = top if link.ideal is False else np.where(link.ideal, 1.0, top)
    denominator = bottom + state.admittance * top
    difference = state.deviation - link.deviation(divisor, left.electrons, left.ions)
    preferred = link.deviation(divisor, right.electrons, right.ions)
    added = link.parallel(divisor) + _mismatch(top, denominator, difference, static)
    kept = bottom / denominator  # weight of the left side's preference
    deviation = kept * passed + state.admittance * top / denominator * preferred
    if static:
        # 0/0 where both sides fix the current, which only happens at s = 0: the right side then knows it exactly
        kept, deviation = np.where(denominator == 0, 0.0, kept), np.where(denominator == 0, preferred, deviation)
    return added, Open(state.admittance * kept, deviation)


def _close(link: Interface, layer: Mixed, state: Open, static: bool) -> Array:
    """Leave a mixed conductor for an electrode or a layer without electrons."""
    assert isinstance(link, Link)
    top, bottom = link.series()
    difference = state.deviation - link.deviation(top, layer.electrons, layer.ions)
    return link.parallel(top) + _mismatch(top, bottom + state.admittance * top, difference, static)


def _mismatch(top: Array, denominator: Array, difference: Array, static: bool) -> Array:
    """Impedance [ohm m2] that a difference of the preferred electronic fractions of both sides adds."""
    if not static:
        return top * difference * difference / denominator
    # At s = 0 both sides may fix the current, each at 0 or at 1 and then exactly so: they agree, or nothing passes.
    exact = np.where((denominator == 0) & (np.abs(difference) < 0.5), 0.0, difference)
    return top * exact * exact / np.where((denominator == 0) & (exact == 0), 1.0, denominator)
