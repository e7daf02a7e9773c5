"""The family of coordinates of a series: what differs between its measurements, and where a measurement says it."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, ClassVar, TypeVar, dataclass_transform

from ..errors import InputError
from ..kinds.declare import declared, require
from ..plot.units import short
from ..quantities import parse
from ..registry import Family

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["SERIES_COORDINATES", "SeriesCoordinate", "series_coordinate"]

SERIES_COORDINATES: Family[type[SeriesCoordinate]] = Family("coordinate of a series")
"""What a series may go along, by the name that it has in files."""

_Class = TypeVar("_Class")
_NUMBER = r"([+-]?\d+(?:[.,p]\d+)?)"


@dataclasses.dataclass(frozen=True)
class SeriesCoordinate:
    """Base of the coordinates.

    Attributes
    ----------
    in_name : str
        Where the number stands in the names of the files, ``"pellet_{}C"``: then it is read there, in the unit behind
        it or, without one, in `printed` units.
        Empty: what the measurement itself says.
    """

    type: ClassVar[str]
    in_name: str = ""
    quantity: ClassVar[str] = ""
    """What it is called in results, one word."""
    unit: ClassVar[str] = ""
    """SI unit."""
    printed: ClassVar[str] = ""
    """Unit of the numbers in names of files."""

    @staticmethod
    def said(ds: xr.Dataset) -> float | None:
        """What a measurement says [SI], None where it does not."""
        raise NotImplementedError

    def shown(self, value: float) -> str:
        """Return a place for people: ``"60 °C"``, ``"cycle 12"``."""
        return short(value, self.unit) if self.unit else f"{self.quantity} {value:g}"

    def value(self, ds: xr.Dataset, label: str) -> float:
        """Return the coordinate of a measurement [SI].

        Raises
        ------
        InputError
            Neither the measurement nor the name of its file says it.
        """
        if not self.in_name:
            found = self.said(ds)
            if found is None:
                raise InputError(
                    f"{label} does not say its {self.quantity}: say where it stands in the names of the files, "
                    f'{type(self).__name__}("pellet_{{}}{self.printed}"), or give the values=[...] in their order.'
                )
            return found
        before, _, after = self.in_name.partition("{}")
        match = re.search(re.escape(before) + _NUMBER + re.escape(after), label)
        if match is None:
            raise InputError(f"the name {label!r} has no number at {self.in_name!r}.")
        number = match[1].replace(",", ".").replace("p", ".")
        # letters behind the number are its unit: 50mV are no volts
        letters = re.match(r"[A-Za-zµ°]*", after)
        unit = letters[0] if letters is not None else ""
        if not self.unit or unit in ("", self.printed, self.printed.removeprefix("deg")):
            return float(parse(f"{number} {self.printed}".strip(), self.unit))
        try:
            return float(parse(f"{number} {unit}", self.unit))
        except InputError:
            raise InputError(
                f"{self.in_name!r}: {unit!r} behind the number is no unit of a {self.quantity}; put another sign "
                f"between them, or give the values=[...] in their order."
            ) from None


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def series_coordinate(cls: type[_Class]) -> type[_Class]:
    """Declare a coordinate of series: a class with `quantity`, `unit`, `printed` and the static method ``said(ds)``.

    Raises
    ------
    InputError
        When the class is made: something of these is missing.

    Examples
    --------
    >>> @series_coordinate
    ... class ByPressure:
    ...     '''Pressure on the pellet.'''
    ...
    ...     quantity, unit, printed = "pressure", "Pa", "MPa"
    ...
    ...     @staticmethod
    ...     def said(ds):
    ...         return ds.attrs.get("pressure")
    >>> ByPressure("pellet_{}MPa").value(None, "pellet_50MPa.mpt")
    50000000.0
    >>> SERIES_COORDINATES.discard("by_pressure")
    """

    def check(made: type[SeriesCoordinate]) -> None:
        require(made.quantity, made, SERIES_COORDINATES, 'and says what it is called: quantity = "pressure".')
        require(
            made.said is not SeriesCoordinate.said, made, SERIES_COORDINATES, "and needs the static method said(ds)."
        )

    return declared(cls, SERIES_COORDINATES, SeriesCoordinate, check)
