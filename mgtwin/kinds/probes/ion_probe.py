"""A reference electrode of the ion's metal."""

from __future__ import annotations

from typing import ClassVar

from ..carriers import Carrier
from ..numbers import Number
from ..probe import Probe, probe

__all__ = ["IonProbe"]


@probe
class IonProbe(Probe):
    r"""Reference electrode of the ion's metal, in ionic contact: it reads :math:`\varphi_{ion}` at its place.

    A Mg wire pressed into the electrolyte. It is at equilibrium with the ions wherever it stands.

    Examples
    --------
    >>> IonProbe().type
    'ion_probe'
    """

    carrier: ClassVar[Carrier] = Carrier.IONS

    @staticmethod
    def reads(ionic: Number, local: Number) -> Number:
        """Return the ionic potential [V]."""
        return ionic
