"""The general effective medium, with a percolation threshold of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from ...quantities import Quantity, Value
from .. import effective_medium
from ..numbers import Number
from .base import MixingRule, mixing_rule, rest_of

__all__ = ["McLachlan"]


@mixing_rule
class McLachlan(MixingRule):
    r"""General effective medium: Bruggeman's with a percolation threshold and exponents of one's own.

    .. math:: (1-\varphi)\,\frac{\sigma_m^{1/s} - \sigma^{1/s}}{\sigma_m^{1/s} + A\sigma^{1/s}}
              + \varphi\,\frac{\sigma_f^{1/t} - \sigma^{1/t}}{\sigma_f^{1/t} + A\sigma^{1/t}} = 0,
              \qquad A = \frac{1-\varphi_c}{\varphi_c}

    Source: McLachlan, J. Phys. C 20 (1987) 865; two exponents: McLachlan, Physica B 254 (1998) 249. Near
    :math:`\varphi_c` it is the percolation law :math:`\sigma_f[(\varphi-\varphi_c)/(1-\varphi_c)]^t`, far from it an
    effective medium; s = t = 1, :math:`\varphi_c = 1/3` is `Bruggeman`. With other numbers it may leave the bounds
    of Hashin and Shtrikman.

    Parameters
    ----------
    filler : str
        Name of the phase that percolates from `threshold` on; the others together are the matrix (mixed by `Bruggeman`
        where they differ).
    threshold : float
        :math:`\varphi_c`, in (0, 1). Random packings of spheres: 0.29 for overlapping, 0.16 for touching ones.
    s, t : float
        Exponents below and above the threshold, > 0; universal values in three dimensions are 0.87 and 2.

    Examples
    --------
    >>> rule = McLachlan("grains", threshold=0.2, s=0.87, t=2.0)
    >>> round(rule.effective([0.4, 0.6], [64.0, 0.0], ["grains", "polymer"]), 12)  # 64 (0.2/0.8)^2
    4.0
    """

    phase_field = "filler"
    iterates = True

    filler: str
    threshold: Annotated[float, Quantity("", gt=0, lt=1)]
    s: Annotated[float, Quantity("", gt=0)] = Value(0.87, unit="")
    t: Annotated[float, Quantity("", gt=0)] = Value(2.0, unit="")
    type = "mclachlan"

    @staticmethod
    def formula(
        fractions: Sequence[Number], values: Sequence[Number], special: int, *, threshold: Number, s: Number, t: Number
    ) -> Number:
        """Return the root of the equation, for the filler at position `special`."""
        rest = rest_of(fractions, values, special)
        return effective_medium.mclachlan(fractions[special], (rest, values[special]), threshold=threshold, s=s, t=t)
