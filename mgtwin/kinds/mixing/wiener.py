"""Wiener's bounds: sheets along and across the current."""

from __future__ import annotations

from collections.abc import Sequence

from .. import effective_medium
from ..numbers import Number
from .base import MixingRule, mixing_rule

__all__ = ["WienerParallel", "WienerSeries"]


@mixing_rule
class WienerParallel(MixingRule):
    r"""Upper Wiener bound :math:`\sum_k\varphi_k\sigma_k`: sheets along the current, or any mixture's upper limit.

    Source: Wiener (1912). Exact for layers parallel to the current; no mixture of whatever shape conducts better.

    Examples
    --------
    >>> WienerParallel().effective([0.25, 0.75], [4.0, 0.0])
    1.0
    """

    @staticmethod
    def formula(fractions: Sequence[Number], values: Sequence[Number], special: int) -> Number:
        """Return the arithmetic mean."""
        return effective_medium.parallel(fractions, values)


@mixing_rule
class WienerSeries(MixingRule):
    r"""Lower Wiener bound :math:`1/\sum_k\varphi_k/\sigma_k`: sheets across the current.

    Source: Wiener (1912). Exact for layers in series; no mixture of whatever shape conducts worse.

    Examples
    --------
    >>> WienerSeries().effective([0.5, 0.5], [1.0, 3.0])
    1.5
    """

    @staticmethod
    def formula(fractions: Sequence[Number], values: Sequence[Number], special: int) -> Number:
        """Return the harmonic mean."""
        return effective_medium.series(fractions, values)
