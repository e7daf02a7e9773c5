"""A connected network of pores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from ...quantities import Quantity, Value
from .. import effective_medium
from ..numbers import Number
from .base import MixingRule, mixing_rule, rest_of

__all__ = ["PoreExponent"]


@mixing_rule
class PoreExponent(MixingRule):
    r"""A connected network of pores in grains that conduct less: :math:`\sigma = \sigma_p\,\varphi^m` if they do not.

    .. math:: \varphi = \frac{\sigma_r - \sigma}{\sigma_r - \sigma_p}\Big(\frac{\sigma_p}{\sigma}\Big)^{1-1/m}

    Source: Archie (1942); with conducting grains Bussian, Geophysics 48 (1983) 1258, the differential effective medium
    (m = 3/2: spheres, the "Bruggeman exponent" of porous electrodes). The pores are connected at any fraction, the
    grains never: electrons of grains that touch need a rule of their own. Below m = 3/2, and for grains that conduct
    nearly as well as the pores where m differs from 3/2, it leaves the bounds of Hashin and Shtrikman.

    Parameters
    ----------
    pore : str
        Name of the phase that is the network; the others together are the rest (mixed by `Bruggeman` where they
        differ).
    exponent : float
        m >= 1; packed grains have 1.5 to 2.5.

    Examples
    --------
    >>> PoreExponent("liquid", 2.0).effective([0.5, 0.5], [4.0, 0.0], ["liquid", "grains"])
    1.0
    """

    phase_field = "pore"
    iterates = True

    pore: str
    exponent: Annotated[float, Quantity("", ge=1)] = Value(1.5, unit="")

    @staticmethod
    def formula(fractions: Sequence[Number], values: Sequence[Number], special: int, *, exponent: Number) -> Number:
        """Return Archie's or Bussian's value, for the pores at position `special`."""
        rest = rest_of(fractions, values, special)
        return effective_medium.archie(fractions[special], (values[special], rest), exponent=exponent)
