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

from .chain import Division, Layer
from .links import CurrentFractions, Interface, Open

__all__ = ["CurrentFractions", "Division", "divide"]


def divide(layers: Sequence[Layer], links: Sequence[Interface]) -> tuple[list[Division | None], list[CurrentFractions]]:
    """Return how the current divides in every layer (None without electrons) and at every interface.

    Parameters
    ----------
    layers : sequence of Ohmic or Mixed
    links : sequence of Link or Together
        As for :func:`mgtwin.impedance.chain.stack_impedance`.
    """
    # Z itself needs one sweep only; the division of the current needs what both sides of every place prefer.
    before, after = _sweep(layers, links)
    mirrored_before, mirrored_after = _sweep(layers[::-1], links[::-1])
    behind, beyond = mirrored_before[::-1], mirrored_after[::-1]  # what the stack to the right prefers
    divisions = [layer.divide(left, right) for layer, left, right in zip(layers, before, behind, strict=True)]
    # beyond the electrodes there is no stack that could prefer anything: hence the None at both ends
    fractions = [
        link.divide(left, right) for link, left, right in zip(links, [None, *after], [*beyond, None], strict=True)
    ]
    return divisions, fractions


def _sweep(layers: Sequence[Layer], links: Sequence[Interface]) -> tuple[list[Open | None], list[Open | None]]:
    """What the stack before each layer, and what the stack up to its end, asks of the electronic current.

    None where no electrons are concerned, be it that they are blocked at the end of the layer.
    """
    before: list[Open | None] = []
    after: list[Open | None] = []
    state: Open | None = None
    for layer, link, following in zip(layers, links, links[1:], strict=False):
        entered, state = layer.asked(link, state, following)
        before.append(entered)
        after.append(state)
    return before, after
