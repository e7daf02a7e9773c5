"""The numbers of a cell as something to turn: unit, kind, stated range, and how far each may be turned."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from ..cells.cell import Cell
from ..errors import InputError
from ..kinds.noun import Same
from ..quantities import Value, format_value, parse

__all__ = ["Knob", "knobs", "turnable"]

#: Units whose numbers have a size of their own, which they are turned by evenly; others by factors.
_EVEN = {"eV": 0.1, "K": 75.0, "V": 0.1, "": 0.25}
#: Standard deviations that count as the stated range; smallest and largest factor by which a number may be turned.
_DEVIATIONS, _FACTORS = 2.0, (3.0, 100.0)
#: Parts of the room beyond the stated range that are tried for the end of the track.
_PARTS = (1.0, 0.75, 0.5, 0.25, 0.0)


@dataclass(frozen=True)
class Knob:
    """A number that can be turned between two ends.

    Attributes
    ----------
    path : str
        Dotted path in the cell, or the name of a number of what is done to it.
    value : Value
        As the cell states it.
    low, high : float
        Ends of the track [SI].
    log : bool
        Whether equal ways are equal factors.
    stated : (float, float) or None
        Range in which the number lies according to its source [SI]: as printed, or two standard deviations.
    label : str
        Its name within its part of the cell.
    whole : bool
        Whether it counts something.

    Examples
    --------
    >>> knob = Knob("voltage", Value(0.1, unit="V"), 0.01, 1.0, True, None, "voltage")
    >>> knob.at(0.5), round(knob.position(0.1), 6)
    (Value(0.1, unit='V'), 0.5)
    """

    path: str
    value: Value
    low: float
    high: float
    log: bool
    stated: tuple[float, float] | None
    label: str
    whole: bool = False

    @property
    def unit(self) -> str:
        """SI unit, ``""`` of a pure number."""
        return self.value.unit or ""

    @property
    def kind(self) -> str:
        """How the number was obtained, in the words of its file."""
        return self.value.kind or "no origin stated"

    @property
    def origin(self) -> str:
        """Where it comes from, in one line."""
        printed = f"printed {self.value.printed!r}" if self.value.printed else ""
        return ", ".join(part for part in (self.value.source, self.value.where, printed, self.value.note) if part)

    @property
    def facts(self) -> str:
        """Kind and stated range in one line."""
        ends = [] if self.stated is None else [format_value(end, self.unit) for end in self.stated]
        return " · ".join([self.kind, *([" to ".join(ends)] if ends else [])])

    def at(self, position: float) -> Value:
        """Return the number at a place of the track, 0 to 1: a text of four digits holds it exactly.

        Raises
        ------
        InputError
            For a place that is not on the track.
        """
        if not 0 <= position <= 1:
            raise InputError(f"{self.path}: {position:g} is no place on its track, which runs from 0 to 1.")
        low, high = (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)
        number = low + (high - low) * position
        number = math.exp(number) if self.log else number
        # through the text: what is read beside the slider is the number that is computed with, and can be cited
        return parse(format_value(round(number) if self.whole else number, self.unit), self.unit)

    def position(self, number: float) -> float:
        """Return where on the track a number lies; beyond an end it is that end."""
        low, high, found = self.low, self.high, min(max(number, self.low), self.high)
        if self.log:
            low, high, found = math.log(low), math.log(high), math.log(found)
        return (found - low) / (high - low)

    @property
    def shaded(self) -> tuple[float, float] | None:
        """Part of the track that the stated range covers."""
        return None if self.stated is None else (self.position(self.stated[0]), self.position(self.stated[1]))


def turnable(path: str, value: Value, label: str, accepts: Callable[[float], bool]) -> Knob | None:
    """Return the knob of a number; None where nothing tells how far it could be turned.

    Parameters
    ----------
    path : str
    value : Value
    label : str
    accepts : callable
        Tells whether a number may stand there.
    """
    number, unit = float(value), value.unit or ""
    if value.low is not None and value.high is not None:
        stated = (value.low, value.high)
    elif value.std:
        stated = (number - _DEVIATIONS * value.std, number + _DEVIATIONS * value.std)
    else:
        stated = None
    # nothing that blocks can be turned, and of a bare 0 nobody knows the size
    if not math.isfinite(number) or (stated is None and number == 0):
        return None
    low, high = stated or (number, number)
    log = low > 0 and unit not in _EVEN
    if log:
        # a range that is narrow has to be seen as a part of the track, one over decades must fit on it
        factor = min(max((high / low) ** 2, _FACTORS[0]), _FACTORS[1]) if stated else 10.0
        ends = (min(low, number / factor), max(high, number * factor))
    else:
        room = max((high - low) / 2, _EVEN.get(unit, abs(number) / 2))
        ends = (low - room, high + room)
    # what the cell refuses (a negative resistance, an exponent above 1) is off the track
    found = [
        next((end for end in (inner + (outer - inner) * part for part in _PARTS) if accepts(end)), number)
        for inner, outer in zip((low, high), ends, strict=True)
    ]
    return Knob(path, value, found[0], found[1], log, stated, label) if found[0] < found[1] else None


def knobs(cell: Cell) -> tuple[Knob, ...]:
    """Return what of a cell can be turned, in the order of its fields.

    Settings of somebody's measurement (the temperature at which a law was read) are no properties and are left out, and
    so is what is infinite, or 0 without a range.

    Examples
    --------
    >>> import mgtwin as mt
    >>> knob = next(k for k in knobs(mt.cell("trilayer")) if k.path == "layers.antiperovskite.thickness")
    >>> knob.kind, format_value(knob.stated[0], "m"), format_value(knob.stated[1], "m"), knob.log
    ('assumed', '0.62 mm', '0.69 mm', True)
    """
    return _knobs(Same(cell))


@lru_cache(maxsize=64)
def _knobs(held: Same) -> tuple[Knob, ...]:
    cell: Cell = held.noun
    found = []
    for path, number in cell.numbers.items():
        value = number if type(number) is Value else Value(float(number))
        # at which temperature a law was read is no property of the material; the cell's own temperature is one to turn
        if value.kind == "setting" or (value.unit == "K" and path != "temperature"):
            continue

        def accepts(end: float, path: str = path) -> bool:
            try:
                cell.with_({path: end})
            except InputError:
                return False
            return True

        knob = turnable(path, value, _label(cell, path), accepts)
        found += [] if knob is None else [knob]
    return tuple(found)


def _label(cell: Cell, path: str) -> str:
    """What a number is called within its part: ``ionic conductivity at 100 °C``."""
    parts = path.split(".")
    # the part that it belongs to stands above it already
    own = parts[2:] if parts[0] in ("layers", "interfaces") else parts[1:] or parts
    if own[-1] == "reference" and f"{path}_temperature" in cell.numbers:
        own[-1] = f"at {format_value(cell.numbers[f'{path}_temperature'])}"
        return " ".join(part.replace("_", " ") for part in own if part != "material")
    return ", ".join(part.replace("_", " ") for part in own if part != "material")
