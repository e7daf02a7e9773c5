"""The symmetric effective medium."""

from __future__ import annotations

from collections.abc import Sequence

from .. import effective_medium
from ..numbers import Number
from .base import MixingRule, mixing_rule

__all__ = ["Bruggeman"]


@mixing_rule
class Bruggeman(MixingRule):
    r"""Symmetric effective medium: grains of all phases in the medium that they make together.

    .. math:: \sum_k \varphi_k\,\frac{\sigma_k - \sigma}{\sigma_k + 2\sigma} = 0

    Source: Bruggeman, Ann. Phys. 416 (1935) 636. For mixtures in which no phase is the matrix (pressed powders).
    Conducting grains percolate among others from a fraction of exactly 1/3; real packings from 0.16 to 0.35.

    Examples
    --------
    >>> Bruggeman().effective([0.5, 0.5], [1.0, 0.0])
    0.25
    """

    iterates = True

    @staticmethod
    def formula(fractions: Sequence[Number], values: Sequence[Number], special: int) -> Number:
        """Return the root of the equation."""
        return effective_medium.bruggeman(fractions, values)
