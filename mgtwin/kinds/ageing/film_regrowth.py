"""A film that heals towards its complete form."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from ..ageing_law import Changes, ageing_law
from ..fields import Property
from ..laws import Law
from ..numbers import Number

__all__ = ["FilmRegrowth"]


@ageing_law
class FilmRegrowth:
    r"""Film that grows back, all the time and the faster the more of it is missing (theory.md §3.5).

    .. math:: \frac{dR}{dt} = k\,(R_{max} - R)

    It ends where the film is complete, other than the parabola of `FilmGrowth`, which never ends.

    Parameters
    ----------
    rate : float or law
        k [1/s], >= 0.
    complete_resistance : float or law
        :math:`R_{max}` [ohm*m^2], >= 0. A thicker film is left alone.

    Examples
    --------
    >>> FilmRegrowth("1e-7 1/s", "3.2e5 ohm*cm^2").complete_resistance
    Value(32.0, unit='ohm*m^2')
    """

    rate: Annotated[float | Law, Property("1/s", ge=0)]
    complete_resistance: Annotated[float | Law, Property("ohm*m^2", ge=0)]
    changes: ClassVar[Changes] = Changes.FILM

    @staticmethod
    def change(x: Number, *, rate: Number, complete_resistance: Number) -> Number:
        """Return dR/dt [ohm*m^2/s] at the film resistance x."""
        return rate * np.maximum(complete_resistance - x, 0)

    @staticmethod
    def limit(*, complete_resistance: Number) -> Number:
        """Return the resistance of the complete film."""
        return complete_resistance
