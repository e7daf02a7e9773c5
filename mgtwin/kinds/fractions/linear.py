"""A fraction that varies linearly through the layer."""

from __future__ import annotations

from ..numbers import Number
from .base import FractionProfile, Share, fraction_profile

__all__ = ["Linear"]


@fraction_profile
class Linear(FractionProfile):
    r"""A fraction that varies linearly from the left to the right face of the layer.

    Parameters
    ----------
    left, right : float
        In [0, 1], at the face towards the negative and the positive electrode.

    Examples
    --------
    >>> Linear(0.02, 0.16)(0.5)
    0.09
    """

    left: Share
    right: Share

    @staticmethod
    def formula(position: Number, *, left: Number, right: Number) -> Number:
        """Return ``left + (right - left) x/L``."""
        return left * (1 - position) + right * position
