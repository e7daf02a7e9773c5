"""A reference electrode of an inert metal."""

from __future__ import annotations

from typing import ClassVar

from ..carriers import Carrier
from ..numbers import Number
from ..probe import Probe, probe

__all__ = ["InertProbe"]


@probe
class InertProbe(Probe):
    r"""Reference electrode of an inert metal on a mixed conductor: it reads :math:`\varphi_{eon} = \varphi_{ion} + E`.

    A gold wire that exchanges electrons only; where there are none its potential is not defined, and it is refused.

    Examples
    --------
    >>> InertProbe().type
    'inert_probe'
    """

    carrier: ClassVar[Carrier] = Carrier.ELECTRONS

    @staticmethod
    def reads(ionic: Number, local: Number) -> Number:
        """Return the potential of the electrons [V]."""
        return ionic + local
