"""An electronic path beside the layers, from metal to metal: a soft short (theory.md §4)."""

from __future__ import annotations

from typing import Annotated

from ..kinds.fields import Property
from ..kinds.laws import Law
from ..kinds.noun import noun

__all__ = ["Shunt"]


@noun
class Shunt:
    r"""Electronic path beside the layers from the negative to the positive metal: a soft short, or a leaky holder.

    .. math:: i = i_{cell} + G\,(V - R_s i), \qquad Z = R_s + \frac{1}{1/Z_{stack} + G}

    Leads (`series_resistance`) and fixture lie outside. What it carries moves no ion: the resistance to direct current
    of a stack of :math:`R_0` falls by the part :math:`1/(1 + 1/GR_0)`, and so does the charge that a half cycle moves.
    It does not grow.

    Parameters
    ----------
    conductance : float or law
        G per electrode area [S/m^2], >= 0.

    Raises
    ------
    InputError
        For a negative number or a wrong unit.

    Examples
    --------
    >>> import mgtwin as mt
    >>> cell = mt.cell("trilayer").with_({"shunt": mt.Shunt("1 mS/cm^2")})
    >>> round(mt.impedance.dc_resistance(cell) * 1e-3 * float(cell.area) * 1e4, 2)      # Z G, below 1
    0.89
    """

    conductance: Annotated[float | Law, Property("S/m^2", ge=0)]
