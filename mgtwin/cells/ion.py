"""The working ion."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..kinds.noun import noun
from ..quantities import Quantity, Value

__all__ = ["Ion"]


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
