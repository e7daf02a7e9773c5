"""A film on metal that the charge through it wears away."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from ...quantities import Quantity, Value
from ..ageing_law import Changes, ageing_law
from ..fields import Property
from ..laws import Law
from ..numbers import Number

__all__ = ["FilmErosion"]


@ageing_law
class FilmErosion:
    r"""Film on metal that the charge through it wears away, down to what stays (theory.md §3.5).

    .. math:: \frac{dR}{dt} = -\frac{j_{strip} + \beta j_{plate}}{a}\,\frac{R - R_{min}}{Q_b}

    R starts from the electrode's own `film_resistance`. With `FilmGrowth` (parabolic) or `FilmRegrowth` beside it, a
    steady current ends where growth and erosion are equal. It is meant for films whose ohmic drop shares the voltage
    with what lies under them everywhere: a film that opens in spots, and what current crowds there, is not described.
    A film that is thinner than what stays is left alone.

    Parameters
    ----------
    charge : float or law
        :math:`Q_b` [C/m^2], > 0: after it 1/e of what can be eroded is left.
    minimum_resistance : float or law
        :math:`R_{min}` [ohm*m^2], >= 0: what stays however much is stripped.
    plating_fraction : float
        :math:`\beta`, 0 to 1: how much the charge of deposition erodes, relative to that of stripping.

    Examples
    --------
    >>> FilmErosion("0.03 C/cm^2", "2.35e5 ohm*cm^2", 1.0).charge
    Value(300.0, unit='C/m^2')
    """

    charge: Annotated[float | Law, Property("C/m^2")]
    minimum_resistance: Annotated[float | Law, Property("ohm*m^2", ge=0)] = Value(0.0, unit="ohm*m^2")
    plating_fraction: Annotated[float, Quantity("", ge=0, le=1)] = Value(0.0, unit="")
    changes: ClassVar[Changes] = Changes.FILM
    of_metal: ClassVar[bool] = True

    @staticmethod
    def change(
        x: Number, *, j: Number, fraction: Number, charge: Number, minimum_resistance: Number, plating_fraction: Number
    ) -> Number:
        """Return dR/dt [ohm*m^2/s] at the film resistance x."""
        # `maximum` of R - R_min is for trial steps beyond, where erosion would build a film
        wearing = np.maximum(j, 0) + plating_fraction * np.maximum(-j, 0)
        return -wearing / fraction * np.maximum(x - minimum_resistance, 0) / charge

    @staticmethod
    def limit(*, minimum_resistance: Number) -> Number:
        """Return what stays of the film."""
        return minimum_resistance
