"""Phases that conduct nothing."""

from __future__ import annotations

from typing import Annotated

from ...quantities import Value
from ..carriers import IONS_ONLY
from ..fields import Property
from ..laws import Law
from .base import Material, material

__all__ = ["Insulator"]


@material
class Insulator(Material):
    """A phase that conducts neither ions nor electrons: an inert polymer or framework, a filler, an empty pore.

    Parameters
    ----------
    relative_permittivity : float or law
        >= 1, that of vacuum by default.
    name, description : str
        For people; keyword only.

    Examples
    --------
    >>> Insulator(7.0, name="PVA").relative_permittivity
    Value(7.0, unit='')
    """

    relative_permittivity: Annotated[float | Law, Property("", ge=1)] = Value(1.0, unit="")

    carriers = IONS_ONLY
    conducts_ions = False
