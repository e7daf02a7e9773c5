"""A film on the contact that grows with charge and with time."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from ...quantities import Value
from ..ageing_law import Changes, ageing_law
from ..fields import Property
from ..laws import Law
from ..numbers import Number

__all__ = ["FilmGrowth"]


@ageing_law
class FilmGrowth:
    r"""Film on the contact that grows with charge and with time.

    .. math:: \frac{dR}{dt} = r_q\frac{|j|}{a} + \frac{r_p}{2(R + R_1)}

    R starts from the interface's own `film_resistance` (0 at a `Junction`, where the film adds to its resistance).
    Without charge :math:`R + R_1 = \sqrt{(R_0 + R_1)^2 + r_p t}`. A step of temperature keeps the thickness of a film
    whose `film_resistance` is a law, and R follows that law; its rates are those of R as it is at the temperature.

    Parameters
    ----------
    charge_rate : float or law
        :math:`r_q` [ohm*m^4/C], >= 0.
    parabolic_rate : float or law
        :math:`r_p` [ohm^2*m^4/s], >= 0.
    onset_resistance : float or law
        :math:`R_1` [ohm*m^2], > 0: bounds the growth of a film that is not there yet.

    Examples
    --------
    >>> FilmGrowth("1e-4 ohm*m^4/C").parabolic_rate
    Value(0.0, unit='ohm^2*m^4/s')
    """

    charge_rate: Annotated[float | Law, Property("ohm*m^4/C", ge=0)]
    parabolic_rate: Annotated[float | Law, Property("ohm^2*m^4/s", ge=0)] = Value(0.0, unit="ohm^2*m^4/s")
    onset_resistance: Annotated[float | Law, Property("ohm*m^2")] = Value(1e-4, unit="ohm*m^2")
    changes: ClassVar[Changes] = Changes.FILM

    @staticmethod
    def change(
        x: Number, *, j: Number, fraction: Number, charge_rate: Number, parabolic_rate: Number, onset_resistance: Number
    ) -> Number:
        """Return dR/dt [ohm*m^2/s] at the film resistance x."""
        # j is per area of the electrode, but the film grows where there is contact: the current density there is j/a
        return charge_rate * np.abs(j) / fraction + parabolic_rate / 2 / (x + onset_resistance)
