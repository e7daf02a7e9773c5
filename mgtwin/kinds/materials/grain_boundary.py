"""Grain boundaries in series on the ionic path."""

from __future__ import annotations

from typing import Annotated

from ...quantities import Quantity
from ..fields import Property
from ..laws import Law
from ..noun import noun
from ..numbers import Number
from ..own import Own

__all__ = ["GrainBoundary"]


@noun
class GrainBoundary:
    r"""Grain boundaries across the ionic path, as a brick layer (theory.md §2.3).

    A layer of thickness :math:`L` holds :math:`n_{gb} = L/d` boundaries in series; for alternating current they are
    :math:`n_{gb} R_{gb} \parallel C_{gb}/n_{gb}`, for direct current
    :math:`1/\sigma_{eff} = 1/\sigma_{ion} + R_{gb}/d`.

    .. warning::
       The brick-layer model fails for nanograins: it takes boundaries as thin, flat sheets between grains whose inside
       is bulk. In ball-milled Mg3AsN the crystallites measure 14 nm, about the width of a space-charge layer; there
       is no bulk left, and `resistance` and `grain_size` are then only one fitted number, :math:`R_{gb}/d`.

    Parameters
    ----------
    resistance : float or law
        Area-specific resistance of one boundary [ohm*m^2], >= 0.
    capacitance : float or law, optional
        Capacitance of one boundary [F/m^2], > 0; None: its arc is not resolved.
    grain_size : float
        Distance d between boundaries along the current [m], > 0.

    Examples
    --------
    >>> GrainBoundary("0.01 ohm*cm^2", "1 uF/cm^2", "2 um").grain_size
    Value(2e-06, unit='m')
    """

    resistance: Annotated[float | Law, Property("ohm*m^2", ge=0)]
    capacitance: Annotated[float | Law, Property("F/m^2")] | None
    grain_size: Annotated[float, Quantity("m", gt=0)]

    @staticmethod
    def per_length(own: Own) -> Number:
        """R_gb/d [ohm*m], the resistance of all boundaries per length, by the numbers of a boundary in a cell."""
        return own.property("resistance") / own.number("grain_size")
