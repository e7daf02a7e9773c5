"""What a cell is held at while its impedance is measured: a voltage or a current."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from ..kinds.noun import noun, one_of
from .base import CurrentValue, Volts, plain

__all__ = ["Bias", "Current", "Voltage"]


@noun
class Voltage:
    """Cell voltage [V], for example the DC bias of an impedance spectrum.

    Examples
    --------
    >>> Voltage("500 mV").voltage
    Value(0.5, unit='V')
    """

    voltage: Volts
    type: Literal["voltage"] = Field("voltage", kw_only=True, repr=False)

    def to_data(self) -> dict[str, Any]:
        """Plain data for YAML."""
        return {"type": self.type, "voltage": plain(self.voltage)}


@noun
class Current:
    """Cell current in the laboratory's sign [A], or a current density.

    Examples
    --------
    >>> Current("-10 uA").current
    Value(-1e-05, unit='A')
    """

    current: CurrentValue
    type: Literal["current"] = Field("current", kw_only=True, repr=False)

    def to_data(self) -> dict[str, Any]:
        """Plain data for YAML."""
        return {"type": self.type, "current": plain(self.current)}


Bias = Annotated[Voltage | Current, Field(discriminator="type"), one_of("a bias", "voltage", "current")]
