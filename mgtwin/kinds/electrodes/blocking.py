"""The inert electrode."""

from __future__ import annotations

from typing import ClassVar

from ..electrode import electrode
from ..interface import IDEAL, ElectronicResistance
from ..storage import DoubleLayer

__all__ = ["Blocking"]


@electrode
class Blocking:
    r"""Inert electrode (Au, Cu, stainless steel): passes electrons, blocks ions, :math:`j_F = 0`.

    Parameters
    ----------
    double_layer : Capacitor, CPE, float or None
        Double layer [F/m^2]; a bare capacitance is accepted. None: no ionic current at all.
    electronic_resistance : float
        Contact resistance of the electrons [ohm*m^2], 0 (ideal) to inf (blocked).
    contact : Contact, optional
        How much of the area touches; None: all of it, for good. Keyword only.
    name, description : str
        For people; keyword only.

    Examples
    --------
    >>> Blocking("10 uF/cm^2").double_layer
    Capacitor(c=Value(0.1, unit='F/m^2'))
    """

    double_layer: DoubleLayer | None
    electronic_resistance: ElectronicResistance = IDEAL
    reacts: ClassVar[bool] = False
    colour: ClassVar[str] = "#fee391"
