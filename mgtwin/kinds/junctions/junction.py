"""The ohmic junction."""

from __future__ import annotations

from typing import Annotated

from ..fields import Property
from ..interface import BLOCKED, IDEAL, ElectronicResistance
from ..junction import junction
from ..laws import Law
from ..numbers import Number
from ..storage import DoubleLayer

__all__ = ["Junction"]


@junction
class Junction:
    r"""Contact between two layers: ions pass :math:`R_{int} \parallel C_{int}`, electrons pass :math:`R_e` (§3.2).

    Where a cell has no `Junction` between two layers both carriers pass perfectly. A `Junction` blocks electrons unless
    its `electronic_resistance` says otherwise.

    Parameters
    ----------
    resistance : float or law
        :math:`R_{int}` of the ions [ohm*m^2], 0 (ideal) to inf (blocked).
    capacitance : Capacitor, CPE or float, optional
        :math:`C_{int}` [F/m^2].
    electronic_resistance : float
        :math:`R_e` [ohm*m^2], 0 (ideal) to inf (blocked, the default).
    contact : Contact, optional
        How much of the area touches; None: all of it, for good. Keyword only.
    ageing : sequence of ageing laws
        What changes the contact or the film while the cell is used (theory.md §3.5). Keyword only.
    name, description : str
        For people; keyword only.

    Examples
    --------
    >>> Junction("30 ohm*cm^2").electronic_resistance
    Value(inf, unit='ohm*m^2')
    """

    resistance: Annotated[float | Law, Property("ohm*m^2", ge=0, allow_inf=True)] = IDEAL
    capacitance: DoubleLayer | None = None
    electronic_resistance: ElectronicResistance = BLOCKED

    @staticmethod
    def ohmic(*, resistance: Number) -> Number:
        """Return the resistance [ohm*m^2]."""
        return resistance
