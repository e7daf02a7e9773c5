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

A layer knows how the current crosses it; an interface (:mod:`mgtwin.impedance.links`) how it is crossed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from ..kinds.numbers import is_zero
from .links import Array, Carrying, Element, Interface, Open
from .tape import in_pairs

__all__ = ["Division", "Layer", "Mixed", "Ohmic", "half_and_whole", "stack_impedance"]


@dataclass(frozen=True, slots=True)
class Division:
    """Electronic fraction of the current in a mixed conductor.

    Attributes
    ----------
    layer : Carrying
        The layer.
    left, right : Array
        At its faces, minus the layer's transference number.
    stored : Array
        What enters on the left and does not leave on the right.
    """

    layer: Carrying
    left: Array
    right: Array
    stored: Array


@dataclass(frozen=True)
class Ohmic(Element):
    """A layer without a second carrier: its impedance [ohm m2], and what of it the grain boundaries are."""

    impedance: Array
    boundaries: Array = 0.0

    def crossed(self, total: Array, link: Interface, state: Open | None, static: bool) -> tuple[Array, Open | None]:
        """Impedance [ohm m2] of the stack up to the end of the layer behind `link`, and what it asks there."""
        # no electrons cross this layer: what the stack so far prefers has to be settled at its left interface
        return total + self.impedance + link.leave(state, static), None

    def asked(self, link: Interface, state: Open | None, after: Interface) -> tuple[Open | None, Open | None]:
        """What the stack before the layer, and that up to its end, asks of the electronic current."""
        return None, None

    def divide(self, left: Open | None, right: Open | None) -> None:
        """As `Mixed.divide`: there is nothing to divide."""

    def term(self, division: Division | None) -> Array:
        """As `Mixed.term`."""
        return self.impedance

    def faces(self, division: Division | None) -> tuple[Array, Array]:
        """As `Mixed.faces`: without electrons there is no local potential."""
        return 0.0, 0.0

    def drop(self, division: Division | None) -> Array:
        """As `Mixed.drop`."""
        return self.impedance


@dataclass(frozen=True)
class Mixed(Carrying):
    """A layer with a second carrier, electrons or anions, as a T network; all per electrode area.

    Attributes
    ----------
    impedance : Array
        L/sigma and whatever is in series with the layer on the ionic rail [ohm m2].
    arm : Array
        Z_a [ohm m2].
    passing : Array
        x/sinh(x), between 0 and 1.
    storage : Array
        s c_chem L [S/m2]; Z_b = passing/storage.
    ambipolar : Array
        L/sigma_amb [ohm m2], whose product with the storage is x^2.
    boundaries : Array
        What of the impedance the grain boundaries are.
    """

    impedance: Array
    arm: Array
    passing: Array
    storage: Array
    ambipolar: Array
    boundaries: Array = 0.0

    def crossed(self, total: Array, link: Interface, state: Open | None, static: bool) -> tuple[Array, Open | None]:
        """As `Ohmic.crossed`."""
        added, entered = link.enter(self, state, static)
        total = total + added + self.impedance
        added, left = self.through(entered)
        return total + added, left

    def asked(self, link: Interface, state: Open | None, after: Interface) -> tuple[Open | None, Open | None]:
        """As `Ohmic.asked`; None where electrons are blocked at the end of the layer."""
        _, entered = link.enter(self, state, False)
        # blocked electrons: the next layer starts anew, with nothing to remember of this one
        return entered, None if after.insulating else self.through(entered)[1]

    def through(self, state: Open) -> tuple[Array, Open]:
        """Cross arm, shunt, arm of the T network."""
        # The shunt of the T network is passing/storage, which overflows in a thick layer at high frequency. So it never
        # appears alone: everything is multiplied through by x/sinh(x), which goes to 0 there.
        arm, passing = self.arm, self.passing
        deviation, shunted = state.deviation, self.storage
        # behind blocked electrons the admittance is the plain number 0: the products below would only cost time
        if not is_zero(state.admittance):
            first = 1 + state.admittance * arm
            deviation = deviation / first
            shunted = shunted + state.admittance / first * passing
        second = passing + arm * shunted
        # passing goes to 0 in a thick layer, whose right face then knows nothing of what
        # was asked at the left: no special case
        behind = passing * deviation / second
        added = arm * deviation * (state.deviation + behind)
        return added, Open(self, shunted / second, behind)

    def _behind_arm(self, state: Open) -> tuple[Array, Array]:
        """``d'`` and ``gamma' x/sinh(x)`` of one side, behind the series arm of the T network."""
        # no division by 0 * inf where the arm is infinite beside a blocked contact
        if is_zero(state.admittance):
            return state.deviation, 0.0
        first = 1 + state.admittance * self.arm
        return state.deviation / first, self.passing * (state.admittance / first)

    def divide(self, left: Open | None, right: Open | None) -> Division | None:
        """How the current divides in the layer, from what is asked at its two faces."""
        assert left is not None and right is not None
        preferred_left, admittance_left = self._behind_arm(left)
        preferred_right, admittance_right = self._behind_arm(right)
        # numerators and denominator are multiplied by s c L, so that a layer that stores nothing (0) is no special case
        total = self.storage + (admittance_left + admittance_right)
        return Division(
            self,
            ((self.storage + admittance_right) * preferred_left + admittance_left * preferred_right) / total,
            ((self.storage + admittance_left) * preferred_right + admittance_right * preferred_left) / total,
            # not the difference of the two above: where little is stored they agree in nearly all digits
            self.storage * (preferred_left - preferred_right) / total,
        )

    def term(self, division: Division | None) -> Array:
        """``L/sigma + Z_a (j_l - t)^2 + Z_b (j_l - j_r)^2 + Z_a (j_r - t)^2`` [ohm m2].

        The current may be divided as in the layer with other numbers.
        """
        assert division is not None
        base = division.layer
        # how far the transference number moves, without a difference of numbers close to 1
        moved = self.electrons * base.ions - self.ions * base.electrons
        left, right = division.left - moved, division.right - moved
        arms = self.arm * (left * left + right * right)
        return self.impedance + arms + self.passing / self.storage * (division.stored * division.stored)

    # -- what a unit of current does inside ------------------------------------------------------------------------
    def faces(self, division: Division | None) -> tuple[Array, Array]:
        """Local potential E at both faces, over that at rest [ohm m2 per unit of current]."""
        assert division is not None
        mean = self.passing / self.storage * division.stored
        return mean + self.arm * division.left, mean - self.arm * division.right

    def drop(self, division: Division | None) -> Array:
        """Drop of the ionic potential [ohm m2], ``L/sigma + t_e (E_r - E_l)``, equation (2.3)."""
        assert division is not None
        return self.impedance - self.electrons * self.arm * (division.left + division.right)

    def potential(self, division: Division, position: Array) -> Array:
        r"""E [ohm m2] over that at rest, at positions x/L that lie symmetrically about the middle; one row each.

        With :math:`\eta = 1/2 - x/L`, the stored current :math:`\delta` and the mean m of both deviations

        .. math::
            E = \frac{L}{\sigma_{amb} X}\left[m\frac{\sinh X\eta}{\cosh X/2}
              + \frac{\delta}{2}\frac{\cosh X\eta}{\sinh X/2}\right], \qquad
            i_{eon} - t_e i = m\frac{\cosh X\eta}{\cosh X/2} + \frac{\delta}{2}\frac{\sinh X\eta}{\sinh X/2}
        """
        root, cosh, sinh, whole, less = self._inside(position)
        stored, mean = self.ambipolar / (2 * root * less), self.ambipolar / (2 * root * whole)
        return _mirrored(
            cosh * (stored * division.stored), sinh * (mean * (division.left + division.right)), np.size(position)
        )

    def field(self, division: Division, position: Array) -> Array:
        """Fall of the ionic potential per x/L [ohm m2], as `potential`: that of what electrons leave to the ions."""
        _, cosh, sinh, whole, less = self._inside(position)
        mean, stored = (division.left + division.right) / (2 * whole), division.stored / (2 * less)
        deviation = _mirrored(cosh * mean, sinh * stored, np.size(position))
        return self.ambipolar * self.electrons * (self.ions - deviation)

    def _inside(self, position: Array) -> tuple[Array, Array, Array, Array, Array]:
        """X, and ``2 cosh(X eta)``, ``2 sinh(X eta)``, cosh and sinh of X/2, all times ``exp(-X/2)``; the left half."""
        # of decaying exponentials only, of which the right half is the mirror image
        root = np.sqrt(self.storage * self.ambipolar)
        left = np.asarray(position)[: (np.size(position) + 1) // 2, np.newaxis]
        near, through = np.exp(-root * left), np.exp(-root)
        # exp(-X (1 - x/L)) for the price of a division; where exp(-X x/L) has no digits left it is far smaller still
        far = np.divide(through, near, out=np.zeros_like(near), where=np.abs(near.real) + np.abs(near.imag) > 1e-250)
        small = np.abs(root) < 1e-4  # where the difference loses digits the first term of the series has them
        sinh = near - far
        if small.any():
            sinh = np.where(small, root * (1 - 2 * left) * np.exp(-root / 2), sinh)
        return root, near + far, sinh, 1 + through, -np.expm1(-root)


def _mirrored(even: Array, odd: Array, number: int) -> Array:
    """A profile of so many points from the left half of its parts of either parity."""
    return np.concatenate([even + odd, (even - odd)[: number // 2][::-1]])


Layer: TypeAlias = Ohmic | Mixed


@in_pairs(
    lambda half, whole, square: ((1 - square * half * half) / 2 - half) / (2 * square),
    lambda half, whole, square: whole / (2 * square) * (1 - (1 + square * half * half) / (2 * half)),
)
def half_and_whole(square: Array) -> tuple[Array, Array]:
    """``tanh(x/2)/x`` and ``x/sinh(x)`` for x = sqrt(square), Re x >= 0, from decaying exponentials only."""
    x = np.sqrt(square + 1e-300)  # the shift is nothing but keeps x = 0 from dividing 0 by 0
    # sinh and cosh overflow from Re x = 710 on, which thick layers reach within the frequencies of a spectrum; thin
    # ones, with x far below 1, would lose all digits of 1 - exp(-x) to anything but expm1
    decay = np.expm1(-x.real)
    half = np.where(x.real > 750, 0.0, x.imag / 2)  # exp(-x) is 0 there, and sines of large numbers are slow
    sine, cosine = np.sin(half), np.cos(half)
    turned = 2 * (1 + decay) * sine
    minus = np.empty_like(x)  # 1 - exp(-x); both terms of its real part are positive
    minus.real = turned * sine - decay
    minus.imag = turned * cosine
    plus = 2 - minus  # 1 + exp(-x)
    return minus / (plus * x), 2 * x * (1 - minus) / (minus * plus)


def stack_impedance(layers: Sequence[Layer], links: Sequence[Interface], *, static: bool = False) -> Array:
    """Impedance [ohm m2] of layers between links, the first and last being the electrodes.

    Parameters
    ----------
    layers : sequence of Ohmic or Mixed
    links : sequence of Link or Together
        One more than layers. Beside an `Ohmic` layer there must be a `Link` whose electronic branch is blocked.
    static : bool
        Whether some frequency is exactly zero, where an impedance may be infinite.

    Returns
    -------
    ndarray or number
        Not finite where no current can pass.
    """
    # One sweep is enough, for Z is stationary in every j: each is eliminated where it comes up. A nodal matrix of the
    # whole stack would subtract terms that nearly agree where a transference number is close to 1.
    total: Array = 0.0
    state: Open | None = None
    for layer, link in zip(layers, links, strict=False):  # the last link has no layer behind it
        total, state = layer.crossed(total, link, state, static)
    return total + links[-1].leave(state, static)
