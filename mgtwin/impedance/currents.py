r"""How the current of a stack divides between ions and electrons, without a subtraction that could cancel.

The impedance is the stationary value of a sum of squares over the electronic fractions j of the current at all
interfaces (:mod:`mgtwin.impedance.chain`). Eliminating the fractions from the left and from the right says what either
side asks of each of them, :math:`(j - m)^2/\gamma`. Where both sides and the element between them meet, j and every
difference that occurs in the sum is a mean of such wishes, weighted with quantities of one quadrant:

* at an interface of impedance :math:`z + R_e`, wishes :math:`m_l`, :math:`z/(z + R_e)` and :math:`m_r`, with weights
  :math:`1/\gamma_l`, :math:`z + R_e` and :math:`1/\gamma_r`;
* in a mixed conductor, wishes :math:`d' = (m - t)/(1 + \gamma Z_a)` of both sides behind the arms of the T network,
  with admittances :math:`\gamma' = \gamma/(1 + \gamma Z_a)`, so that

.. math::
    j_l - j_r &= (d_l' - d_r')\,/\,[1 + (\gamma_l' + \gamma_r') Z_b] \\
    j_l - t &= [(1 + \gamma_r' Z_b)\,d_l' + \gamma_l' Z_b\,d_r']\,/\,[1 + (\gamma_l' + \gamma_r') Z_b]

and the mirror image of the latter on the right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .chain import Array, Interface, Link, Mixed, Ohmic, _begin, _join, _Open, _through

__all__ = ["Division", "Shares", "divide"]


@dataclass(frozen=True, slots=True)
class Shares:
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


def divide(layers: Sequence[Ohmic | Mixed], links: Sequence[Interface]) -> tuple[list[Division | None], list[Shares]]:
    """Return how the current divides in every layer (None without electrons) and at every interface.

    Parameters
    ----------
    layers : sequence of Ohmic or Mixed
    links : sequence of Link, Together or None
        As for :func:`mgtwin.impedance.chain.stack_impedance`.
    """
    entering, leaving = _sweep(layers, links)
    backwards, behind = _sweep(layers[::-1], links[::-1])
    from_right, to_left = backwards[::-1], behind[::-1]
    divisions = [_within(layer, entering[k], from_right[k]) for k, layer in enumerate(layers)]
    shares = [
        _at(
            link,
            _wish(layers[k - 1], leaving[k - 1]) if k else None,
            _wish(layers[k], to_left[k]) if k < len(layers) else None,
        )
        for k, link in enumerate(links)
    ]
    return divisions, shares


def _sweep(
    layers: Sequence[Ohmic | Mixed], links: Sequence[Interface]
) -> tuple[list[_Open | None], list[_Open | None]]:
    """What the stack before each layer, and what the stack up to its end, asks of the electronic current.

    None where no electrons are concerned, be it that they are blocked at the end of the layer.
    """
    before: list[_Open | None] = []
    after: list[_Open | None] = []
    state: _Open | None = None
    for k, layer in enumerate(layers):
        if isinstance(layer, Ohmic):
            before.append(None)
            after.append(None)
            continue
        previous = layers[k - 1] if k else None
        if isinstance(previous, Mixed) and state is not None:
            _, state = _join(links[k], previous, layer, state, False)
        else:
            _, state = _begin(links[k], layer)
        before.append(state)
        link = links[k + 1]
        state = _through(layer, state)[1] if link is None or not link.insulating else None
        after.append(state)
    return before, after


@dataclass(frozen=True, slots=True)
class _Wish:
    """What one side of an interface asks for: ``(m - j)^2/admittance``, and 1 - m on its own."""

    admittance: Array
    electrons: Array
    ions: Array


def _wish(layer: Ohmic | Mixed, state: _Open | None) -> _Wish | None:
    if state is None:
        return None
    assert isinstance(layer, Mixed)
    return _Wish(state.admittance, layer.electrons + state.deviation, layer.ions - state.deviation)


def _within(layer: Ohmic | Mixed, left: _Open | None, right: _Open | None) -> Division | None:
    if left is None or right is None:
        return None
    assert isinstance(layer, Mixed)
    wish_left, pass_left = _behind_arm(layer, left)
    wish_right, pass_right = _behind_arm(layer, right)
    total = layer.storage + (pass_left + pass_right)
    return Division(
        ((layer.storage + pass_right) * wish_left + pass_left * wish_right) / total,
        ((layer.storage + pass_left) * wish_right + pass_right * wish_left) / total,
        layer.storage * (wish_left - wish_right) / total,
    )


def _behind_arm(layer: Mixed, state: _Open) -> tuple[Array, Array]:
    """``d'`` and ``gamma' x/sinh(x)`` of one side."""
    if isinstance(state.admittance, float) and state.admittance == 0:
        return state.deviation, 0.0
    first = 1 + state.admittance * layer.arm
    return state.deviation / first, layer.passing * (state.admittance / first)


def _at(link: Interface, left: _Wish | None, right: _Wish | None) -> Shares:
    """Shares at an interface, from what the mixed conductors beside it ask for (None: no mixed conductor)."""
    if not isinstance(link, Link):
        assert left is not None and right is not None
        total = left.admittance + right.admittance
        return Shares(
            (right.admittance * left.electrons + left.admittance * right.electrons) / total,
            (right.admittance * left.ions + left.admittance * right.ions) / total,
        )
    if link.insulating:
        return Shares(0.0, 1.0)
    top, bottom = link.series()
    electrons, ions = link.ion_top * link.electron_bottom, link.electron_top * link.ion_bottom
    if left is None or right is None:
        side = left if right is None else right
        assert side is not None
        total = side.admittance * top + bottom
        return Shares(
            (side.admittance * electrons + bottom * side.electrons) / total,
            (side.admittance * ions + bottom * side.ions) / total,
        )
    both = left.admittance * right.admittance
    to_left, to_right = bottom * right.admittance, bottom * left.admittance
    total = both * top + to_left + to_right
    return Shares(
        (both * electrons + to_left * left.electrons + to_right * right.electrons) / total,
        (both * ions + to_left * left.ions + to_right * right.ions) / total,
    )
