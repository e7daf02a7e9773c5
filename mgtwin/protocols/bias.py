"""What a cell is held at while its impedance is measured: a voltage or a current."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeVar, dataclass_transform

from pydantic import Field

from ..kinds.declare import declared, require
from ..registry import Family
from ..unions import OneOf
from .base import CurrentValue, Volts, Written
from .segments import CurrentRamp, VoltageRamp, amperes

if TYPE_CHECKING:
    from ..cells import Cell

__all__ = ["BIASES", "Bias", "Current", "Voltage", "bias"]


class Held(Written):
    """Base of what a cell can be held at."""

    def control(self, cell: Cell) -> CurrentRamp | VoltageRamp:
        """What is imposed on a cell; its area turns a current density into a current."""
        raise NotImplementedError(f"{type(self).__name__} must say its control")

    def current_density(self) -> float:
        """What of an imposed current grows with the electrode area [A/m^2]; 0 where nothing does."""
        return 0.0

    def __str__(self) -> str:
        raise NotImplementedError(f"{type(self).__name__} must say what is imposed, for messages")


#: What a cell can be held at, by the name that files use.
BIASES: Family[type[Held]] = Family("bias")
_Class = TypeVar("_Class")


@dataclass_transform(frozen_default=True, field_specifiers=(Field,))
def bias(cls: type[_Class]) -> type[_Class]:
    """Declare what a cell can be held at: a class with fields and the method ``control(cell)``."""

    def check(made: type[Held]) -> None:
        missing = "without the method control(cell), which says what is imposed."
        require(made.control is not Held.control, made, BIASES, missing)

    return declared(cls, BIASES, Held, check)


@bias
class Voltage(Held):
    """Cell voltage [V], for example the DC bias of an impedance spectrum.

    Examples
    --------
    >>> Voltage("500 mV").voltage
    Value(0.5, unit='V')
    """

    voltage: Volts

    def control(self, cell: Cell) -> VoltageRamp:
        """What is imposed on a cell."""
        return VoltageRamp(float(self.voltage))

    def __str__(self) -> str:
        return f"{float(self.voltage):g} V"


@bias
class Current(Held):
    """Cell current in the laboratory's sign [A], or a current density.

    Examples
    --------
    >>> Current("-10 uA").current
    Value(-1e-05, unit='A')
    """

    current: CurrentValue

    def control(self, cell: Cell) -> CurrentRamp:
        """What is imposed on a cell."""
        return CurrentRamp(amperes(self.current, cell))

    def current_density(self) -> float:
        """What of an imposed current grows with the electrode area [A/m^2]; 0 where nothing does."""
        # A current in A stays what it is on an electrode of another area; a density does not.
        return float(self.current) if self.current.unit == "A/m^2" else 0.0

    def __str__(self) -> str:
        return f"{float(self.current):g} {self.current.unit}"


Bias = Annotated[Voltage | Current, OneOf(BIASES)]
