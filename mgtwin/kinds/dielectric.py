"""The dielectric of a material: a relative permittivity, or a storage per length that makes the bulk dispersive."""

from __future__ import annotations

from operator import attrgetter, methodcaller
from typing import Annotated

from ..quantities import Quantity
from ..unions import OneOf
from .fields import NumberOr
from .storage import STORAGES, Storage

__all__ = ["BulkDielectric"]


# An ideal capacitor of the bulk is said by a number, the relative permittivity: only dispersive storages are taken.
_DISPERSIVE: OneOf = OneOf(STORAGES, only=attrgetter("order"), article="a dielectric")
#: Type of `relative_permittivity`: a number >= 1, or a `CPE` per length.
BulkDielectric = Annotated[float | Storage, NumberOr(Quantity("", ge=1), _DISPERSIVE, methodcaller("at_place", "m"))]
