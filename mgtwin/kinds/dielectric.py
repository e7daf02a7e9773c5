"""The dielectric of a material: a relative permittivity, or a storage per length that makes the bulk dispersive."""

from __future__ import annotations

from typing import Annotated

from .fields import Property
from .laws import Law
from .storage import STORAGES, Storage

__all__ = ["BulkDielectric"]


class _BulkDielectric(Property):
    """A relative permittivity, or a storage of the bulk, which is per length; an ideal one is said by the number."""

    def _noun(self, kind: type, raw: object, context: object) -> object:
        found = super()._noun(kind, raw, context)  # type: ignore[arg-type]
        return found if isinstance(found, Law) else found.at_place("m")  # type: ignore[attr-defined]


#: Type of `relative_permittivity`: a number >= 1, a law of temperature, or a `CPE` per length.
BulkDielectric = Annotated[float | Law | Storage, _BulkDielectric("", ge=1, also=STORAGES)]
