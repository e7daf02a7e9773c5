"""The dielectric of a material: a relative permittivity, or a storage per length that makes the bulk dispersive."""

from __future__ import annotations

from typing import Annotated

from ..quantities import Quantity
from ..unions import OneOf
from .fields import NumberOr
from .kind import KindClass
from .storage import STORAGES, Storage

__all__ = ["BulkDielectric"]


def _per_length(element: Storage) -> object:
    """A storage of the bulk is per length."""
    return element.at_place("m")


def _is_dispersive(kind: KindClass) -> bool:
    """An ideal capacitor of the bulk is said by a number, the relative permittivity."""
    return bool(kind.order)


#: Type of `relative_permittivity`: a number >= 1, or a `CPE` per length.
BulkDielectric = Annotated[
    float | Storage,
    NumberOr(Quantity("", ge=1), OneOf(STORAGES, only=_is_dispersive, article="a dielectric"), _per_length),
]
