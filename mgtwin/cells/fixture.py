"""Leads and fixture between the terminals of an instrument and the cell (theory.md §4)."""

from __future__ import annotations

from typing import Annotated

from ..kinds.noun import noun
from ..quantities import Quantity, Value

__all__ = ["Fixture"]


@noun
class Fixture:
    r"""Leads and fixture of a measurement: an inductance in series with the cell, a capacitance across the terminals.

    With the impedance Z of the cell and its series resistance :math:`R_s` [ohm] an instrument measures

    .. math:: Z_m = \frac{Z_s}{1 + sC Z_s}, \qquad Z_s = Z + R_s + sL, \qquad s = i\omega .

    A metre of open leads has about 1 uH, a metre of coaxial cable about 100 pF. Both belong to the set-up, not to the
    electrodes: they do not scale with the area. Transients leave them out where they are over long before the first
    sample, and are refused where they are not.

    Parameters
    ----------
    inductance : float
        L [H], >= 0.
    capacitance : float
        C [F], >= 0.

    Raises
    ------
    InputError
        For a negative number or a wrong unit.

    Examples
    --------
    >>> Fixture("0.6 uH", "100 pF").capacitance
    Value(1e-10, unit='F')
    >>> import mgtwin as mt
    >>> cell = mt.cell("trilayer").with_({"fixture.capacitance": "100 pF"})
    """

    inductance: Annotated[float, Quantity("H", ge=0)] = Value(0.0, unit="H")
    capacitance: Annotated[float, Quantity("F", ge=0)] = Value(0.0, unit="F")
