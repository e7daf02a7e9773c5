"""The working ion."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated

from pydantic import Field, ValidationInfo

from ..errors import InputError
from ..kinds.noun import Same, noun
from ..kinds.sample import Sample
from ..quantities import Quantity, Value
from .paths import walk

__all__ = ["Ion", "conducted", "samples"]


@noun
class Ion:
    """The working ion, so that the same tool does Li or Na cells.

    Parameters
    ----------
    name : str
        Symbol of its element.
    charge : int
        Charge number z, >= 1.
    molar_volume : float
        Of its metal [m^3/mol], > 0.

    Examples
    --------
    >>> Ion("Li", 1, "12.97 cm^3/mol").charge
    1
    """

    name: str = "Mg"
    charge: Annotated[int, Field(ge=1)] = 2
    molar_volume: Annotated[float, Quantity("m^3/mol", gt=0)] = Value(1.398e-5, unit="m^3/mol")


def conducted(ion: Ion, info: ValidationInfo) -> Ion:
    """Return the ion of a cell, for pydantic, once its layers have been read.

    Raises
    ------
    InputError
        Where a published material conducts another one.
    """
    for layer in info.data.get("layers", ()):
        for path, sample in samples(Same(layer)):
            if sample.ion not in ("", ion.name):
                raise InputError(
                    f"layers.{layer.name}.{path.removesuffix('.sample')} conducts {sample.ion}, and the working ion of "
                    f"the cell is {ion.name}: take a conductor of {ion.name} (mt.materials(ion={ion.name!r})), or give "
                    f"the cell ion=mt.Ion({sample.ion!r}, charge, molar_volume)."
                )
    return ion


@lru_cache(maxsize=1024)
def samples(layer: Same) -> tuple[tuple[str, Sample], ...]:
    """Return the published samples that a layer consists of, by their paths in it: layers that are shared are known."""
    return tuple((path, node) for path, node in walk(layer.noun) if type(node) is Sample)
