"""Inclusions in a matrix."""

from __future__ import annotations

from collections.abc import Sequence

from .. import effective_medium
from ..numbers import Number
from .base import MixingRule, mixing_rule

__all__ = ["MaxwellGarnett"]


@mixing_rule
class MaxwellGarnett(MixingRule):
    r"""Spheres of all other phases, apart from each other, in a matrix.

    .. math:: \frac{\sigma - \sigma_m}{\sigma + 2\sigma_m}
              = \sum_{k \ne m}\varphi_k\,\frac{\sigma_k - \sigma_m}{\sigma_k + 2\sigma_m}

    Source: Maxwell (1873) for conductivities, Garnett (1904) for permittivities. Right for a few tens of volume percent
    of inclusions. These never touch: nothing percolates through them.

    Parameters
    ----------
    matrix : str
        Name of the phase that surrounds the others.

    Examples
    --------
    >>> MaxwellGarnett("polymer").effective([0.9, 0.1], [1.0, 0.0], ["polymer", "grains"])  # 2 0.9/2.1
    0.8571428571428572
    """

    phase_field = "matrix"

    matrix: str

    @staticmethod
    def formula(fractions: Sequence[Number], values: Sequence[Number], special: int) -> Number:
        """Return the effective value, for the matrix at position `special`."""
        return effective_medium.maxwell_garnett(fractions, values, matrix=special)
