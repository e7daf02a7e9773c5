"""The working ion."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationInfo

from ..errors import InputError
from ..kinds.noun import noun
from ..kinds.sample import Sample
from ..quantities import Quantity, Value
from .paths import walk

__all__ = ["Ion", "conducted"]


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
    for path, node in walk({"layers": info.data.get("layers", ())}):
        match node:
            case Sample(ion=other) if other not in ("", ion.name):
                raise InputError(
                    f"{path.removesuffix('.sample')} conducts {other}, and the working ion of the cell is {ion.name}: "
                    f"take a conductor of {ion.name} (mt.materials(ion={ion.name!r})), or give the cell ion="
                    f"mt.Ion({other!r}, charge, molar_volume)."
                )
    return ion
