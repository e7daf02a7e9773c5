"""The bounds of Hashin and Shtrikman."""

from __future__ import annotations

from collections.abc import Sequence

from .. import effective_medium
from ..numbers import Number
from .base import MixingRule, mixing_rule

__all__ = ["HashinShtrikmanLower", "HashinShtrikmanUpper"]


@mixing_rule
class HashinShtrikmanUpper(MixingRule):
    r"""Upper bound of Hashin and Shtrikman for isotropic mixtures of any number of phases.

    .. math:: \sigma = \Big[\sum_k \frac{\varphi_k}{\sigma_k + 2\sigma_*}\Big]^{-1} - 2\sigma_*

    with the largest value of a phase that is present as :math:`\sigma_*`. Source: Hashin and Shtrikman, J. Appl. Phys.
    33 (1962) 3125. The best bound that fractions alone give; spheres coated by the best conductor reach it.

    Examples
    --------
    >>> HashinShtrikmanUpper().effective([0.5, 0.5], [1.0, 0.0])
    0.4
    """

    @staticmethod
    def formula(fractions: Sequence[Number], values: Sequence[Number], special: int) -> Number:
        """Return the bound."""
        return effective_medium.hashin_shtrikman(fractions, values, upper=True)


@mixing_rule
class HashinShtrikmanLower(MixingRule):
    r"""Lower bound of Hashin and Shtrikman, the equation of the upper one with the smallest value as :math:`\sigma_*`.

    Spheres coated by the worst conductor reach it; 0 with a phase that does not conduct.

    Examples
    --------
    >>> HashinShtrikmanLower().effective([0.5, 0.5], [4.0, 1.0])
    2.0
    """

    @staticmethod
    def formula(fractions: Sequence[Number], values: Sequence[Number], special: int) -> Number:
        """Return the bound."""
        return effective_medium.hashin_shtrikman(fractions, values, upper=False)
