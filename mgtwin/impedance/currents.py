r"""How the current of a stack divides between ions and electrons, without a subtraction that could cancel.

The impedance is the stationary value of a sum of squares over the electronic fractions j of the current at all
interfaces (:mod:`mgtwin.impedance.chain`). Eliminating the fractions from the left and from the right says what either
side prefers for each of them, :math:`(j - m)^2/\gamma`. Where both sides and the element between them meet, j and every
difference that occurs in the sum is a mean of such preferred values, weighted with quantities of one quadrant:

* at an interface of impedance :math:`z + R_e`, the values :math:`m_l`, :math:`z/(z + R_e)` and :math:`m_r` are
  preferred, with weights :math:`1/\gamma_l`, :math:`z + R_e` and :math:`1/\gamma_r`;
* in a mixed conductor, :math:`d' = (m - t)/(1 + \gamma Z_a)` by both sides behind the series arms of the T network,
  with admittances :math:`\gamma' = \gamma/(1 + \gamma Z_a)`, so that

.. math::
    j_l - j_r &= (d_l' - d_r')\,/\,[1 + (\gamma_l' + \gamma_r') Z_b] \\
    j_l - t &= [(1 + \gamma_r' Z_b)\,d_l' + \gamma_l' Z_b\,d_r']\,/\,[1 + (\gamma_l' + \gamma_r') Z_b]

and the mirror image of the latter on the right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .chain import Array, Interface, Link, Mixed, Ohmic, Open, begin, join, through

__all__ = ["CurrentFractions", "Division", "divide"]


@dataclass(frozen=True, slots=True)
class CurrentFractions:
    """Fractions of the current that electrons and ions carry through an interface; each is accurate on its own."""

    electrons: Array
    ions: Array


@dataclass(frozen=True, slots=True)
class Division:
    """Electronic fraction of the current in a mixed conductor.

    Attributes
    ----------
    left, right : Array
        At its faces, minus the layer's transference number.
    stored : Array
        What enters on the left and does not leave on the right.
    """

    left: Array
    right: Array
    stored: Array


def divide(
    layers: Sequence[Ohmic | Mixed], links: Sequence[Interface]
) -> tuple[list[Division | None], list[CurrentFractions]]:
    """Return how the current divides in every layer (None without electrons) and at every interface.

    Parameters
    ----------
    layers : sequence of Ohmic or Mixed
    links : sequence of Link, Together or None
        As for :func:`mgtwin.impedance.chain.stack_impedance`.
    """
    # Z itself needs one sweep only; the division of the current needs what both sides of every place prefer.
    before, after = _sweep(layers, links)
    mirrored_before, mirrored_after = _sweep(layers[::-1], links[::-1])
    behind, beyond = mirrored_before[::-1], mirrored_after[::-1]  # what the stack to the right prefers
    divisions = [_within(layer, before[k], behind[k]) for k, layer in enumerate(layers)]
    fractions = [
        _at(
            link,
            _preference(layers[k - 1], after[k - 1]) if k else None,
            _preference(layers[k], beyond[k]) if k < len(layers) else None,
        )
        for k, link in enumerate(links)
    ]
    return divisions, fractions


def _sweep(layers: Sequence[Ohmic | Mixed], links: Sequence[Interface]) -> tuple[list[Open | None], list[Open | None]]:
    """What the stack before each layer, and what the stack up to its end, asks of the electronic current.

    None where no electrons are concerned, be it that they are blocked at the end of the layer.
    """
    before: list[Open | None] = []
    after: list[Open | None] = []
    state: Open | None = None
    for k, layer in enumerate(layers):
        if isinstance(layer, Ohmic):
            before.append(None)
            after.append(None)
            continue
        previous = layers[k - 1] if k else None
        if isinstance(previous, Mixed) and state is not None:
            _, state = join(links[k], previous, layer, state, False)
        else:
            _, state = begin(links[k], layer)
        before.append(state)
        link = links[k + 1]
        # blocked electrons: the next layer starts anew, with nothing to remember of this one
        state = through(layer, state)[1] if link is None or not link.insulating else None
        after.append(state)
    return before, after


@dataclass(frozen=True, slots=True)
class _Preference:
    """What one side of an interface prefers: ``(m - j)^2/admittance``, and 1 - m on its own."""

    admittance: Array
    electrons: Array
    ions: Array


def _preference(layer: Ohmic | Mixed, state: Open | None) -> _Preference | None:
    if state is None:
        return None
    assert isinstance(layer, Mixed)
    return _Preference(state.admittance, layer.electrons + state.deviation, layer.ions - state.deviation)


def _within(layer: Ohmic | Mixed, left: Open | None, right: Open | None) -> Division | None:
    if left is None or right is None:
        return None
    assert isinstance(layer, Mixed)
    preferred_left, admittance_left = _behind_series_arm(layer, left)
    preferred_right, admittance_right = _behind_series_arm(layer, right)
    # numerators and denominator are multiplied by s c L, so that a layer that stores nothing (0) is no special case
    total = layer.storage + (admittance_left + admittance_right)
    return Division(
        ((layer.storage + admittance_right) * preferred_left + admittance_left * preferred_right) / total,
        ((layer.storage + admittance_left) * preferred_right + admittance_right * preferred_left) / total,
        layer.storage * (preferred_left - preferred_right) / total,
    )


def _behind_series_arm(layer: Mixed, state: Open) -> tuple[Array, Array]:
    """``d'`` and ``gamma' x/sinh(x)`` of one side."""
    # no division by 0 * inf where the arm is infinite beside a blocked contact
    if isinstance(state.admittance, float) and state.admittance == 0:
        return state.deviation, 0.0
    first = 1 + state.admittance * layer.arm
    return state.deviation / first, layer.passing * (state.admittance / first)


def _at(link: Interface, left: _Preference | None, right: _Preference | None) -> CurrentFractions:
    """Fractions at an interface, from what the adjoining mixed conductors prefer (None: no mixed conductor)."""
    if not isinstance(link, Link):
        assert left is not None and right is not None
        total = left.admittance + right.admittance
        return CurrentFractions(
            (right.admittance * left.electrons + left.admittance * right.electrons) / total,
            (right.admittance * left.ions + left.admittance * right.ions) / total,
        )
    if link.insulating:
        return CurrentFractions(0.0, 1.0)
    top, bottom = link.series()
    electrons, ions = link.ion_top * link.electron_bottom, link.electron_top * link.ion_bottom
    if left is None or right is None:
        # one neighbour has no electrons: only the other prefers anything, against the interface itself
        side = left if right is None else right
        assert side is not None
        total = side.admittance * top + bottom
        return CurrentFractions(
            (side.admittance * electrons + bottom * side.electrons) / total,
            (side.admittance * ions + bottom * side.ions) / total,
        )
    # each preference is weighted with the impedance behind it; multiplied by both admittances, none of them infinite
    both = left.admittance * right.admittance
    to_left, to_right = bottom * right.admittance, bottom * left.admittance
    total = both * top + to_left + to_right
    return CurrentFractions(
        (both * electrons + to_left * left.electrons + to_right * right.electrons) / total,
        (both * ions + to_left * left.ions + to_right * right.ions) / total,
    )
