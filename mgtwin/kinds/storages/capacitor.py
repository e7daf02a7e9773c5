"""The ideal capacitor of an interface."""

from __future__ import annotations

from typing import Annotated, ClassVar

from ...errors import InputError
from ..fields import Property
from ..laws import Law
from ..numbers import Number
from ..storage import storage

__all__ = ["Capacitance", "Capacitor"]

Capacitance = Annotated[float | Law, Property("F/m^2")]


@storage
class Capacitor:
    r"""Ideal capacitor of an interface, :math:`i = C\,d\eta/dt`.

    Parameters
    ----------
    c : float or law
        Capacitance per area [F/m^2], > 0.

    Examples
    --------
    >>> Capacitor("10 uF/cm^2").c
    Value(0.1, unit='F/m^2')
    """

    c: Capacitance
    coefficient: ClassVar[str] = "c"
    order: ClassVar[str] = ""

    @staticmethod
    def admittance(s: Number, *, c: Number) -> Number:
        """Return ``s c``."""
        return s * c

    def at_place(self, place: str) -> Capacitor:
        """Return itself: a capacitor is per area, and only interfaces have that."""
        if place != "m^2":
            raise InputError("a capacitor is per area of an interface; the bulk takes a permittivity or a cpe.")
        return self
