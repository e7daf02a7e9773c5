"""One reaction over the whole thickness."""

from __future__ import annotations

from ..numbers import Number
from .base import Resolution, resolution

__all__ = ["Uniform"]


@resolution
class Uniform(Resolution):
    r"""One reaction over the whole thickness of an electrode, :math:`\frac13(R_i + R_e)` in series with it.

    Its impedance is right below :math:`\omega = 1/[C(R_i + R_e)]` with the double layer C per electrode area only.

    Examples
    --------
    >>> round(Uniform.added(0.0, ions=0.2, electrons=0.1), 9)
    0.1
    """

    @staticmethod
    def added(admittance: Number, *, ions: Number, electrons: Number) -> Number:
        """Return it [ohm*m^2], at all frequencies the same."""
        return (ions + electrons) / 3
