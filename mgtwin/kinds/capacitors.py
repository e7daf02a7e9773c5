"""The dielectric of a material: a relative permittivity, or a storage per length that makes the bulk dispersive."""

from __future__ import annotations

from typing import Annotated

from ..quantities import Quantity
from .noun import NumberOrNoun
from .storage import Storage
from .storages.capacitor import Capacitance, Capacitor
from .storages.cpe import CPE

__all__ = ["CPE", "BulkDielectric", "Capacitance", "Capacitor"]


def _per_length(element: Storage) -> object:
    """A storage of the bulk is per length."""
    return element.at_place("m")


#: Type of `relative_permittivity`: a number >= 1, or a `CPE` per length.
BulkDielectric = Annotated[float | CPE, NumberOrNoun(Quantity("", ge=1), CPE, _per_length)]
