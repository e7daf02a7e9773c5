"""Grain boundaries in series on the path of the ions, and on that of the electrons."""

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
    r"""Grain boundaries across a layer, as a brick layer (theory.md §2.3).

    A layer of thickness :math:`L` holds :math:`n_{gb} = L/d` boundaries in series on the path of the ions; for
    alternating current they are :math:`n_{gb} R_{gb} \parallel C_{gb}/n_{gb}`, for direct current
    :math:`1/\sigma_{eff} = 1/\sigma_{ion} + R_{gb}/d`. Electrons have a resistance of their own at each of them,

    .. math:: \frac{1}{\sigma_{eon,eff}} = \frac{1}{\sigma_{eon}} + \frac{R_{gb,eon}}{d},

    the necks between grains that pressing widens. It acts at all frequencies: no capacitance lies across it.

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
    electronic_resistance : float or law, optional
        Area-specific resistance of one boundary to electrons [ohm*m^2], >= 0; None: none. In a `MixedConductor` whose
        electronic conductivity does not depend on E.

    Examples
    --------
    >>> GrainBoundary("0.01 ohm*cm^2", "1 uF/cm^2", "2 um").grain_size
    Value(2e-06, unit='m')
    """

    resistance: Annotated[float | Law, Property("ohm*m^2", ge=0)]
    capacitance: Annotated[float | Law, Property("F/m^2")] | None
    grain_size: Annotated[float, Quantity("m", gt=0)]
    electronic_resistance: Annotated[float | Law, Property("ohm*m^2", ge=0)] | None = None

    @staticmethod
    def per_length(own: Own) -> Number:
        """R_gb/d [ohm*m], the resistance of all boundaries per length, by the numbers of a boundary in a cell."""
        return own.property("resistance") / own.number("grain_size")

    @staticmethod
    def between_grains(own: Own, inside: Number) -> Number:
        """Electronic conductivity [S/m] across boundaries of grains of conductivity `inside`."""
        resistance = own.property("electronic_resistance")
        return inside if resistance is None else inside / (1 + inside * resistance / own.number("grain_size"))
