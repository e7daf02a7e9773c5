"""The family of pages: what a page does to the cell, which numbers of that can be turned, and what it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import getdoc
from typing import TYPE_CHECKING, TypeVar

import xarray as xr

from ..cells.cell import Cell
from ..cells.questions import equilibrium
from ..errors import InputError
from ..protocols import Protocol
from ..quantities import Value, format_value, parse
from ..registry import Family
from ..simulation import simulate
from .knobs import Knob
from .measured import Measured
from .picture import Picture

if TYPE_CHECKING:
    from .followed import Followed

__all__ = ["PAGES", "Numbers", "Page", "Setting", "Sight", "page"]

#: Numbers of what is done, by name.
Numbers = Mapping[str, Value]


@dataclass(frozen=True)
class Setting:
    """A number of what is done to the cell: where it begins and how far it may be turned, as texts with their unit.

    One that is `optional` is there only where somebody has said where it begins (the limit of a twin).
    """

    default: str
    low: str
    high: str
    log: bool = True
    whole: bool = False
    optional: bool = False

    def track(self, begin: Value | None) -> tuple[Value, Value, Value]:
        """Where it begins, and both ends; where that is said to be elsewhere the track goes on beyond it.

        Raises
        ------
        InputError
            It would begin at a number that no factor leads to.
        """
        value, low, high = (parse(text, None) for text in (self.default, self.low, self.high))
        if begin is None:
            return value, low, high
        if (self.log or low > 0) and begin <= 0:
            raise InputError(f"{format_value(begin)} must be greater than 0.")
        # what is said to have been done is nobody's nonsense, and has to be on the track
        further = 2.0 if self.whole or not self.log else 10.0
        reach = further * abs(begin)
        ends = (begin / further, reach) if self.log or low >= 0 else (-reach, reach)
        lowest, highest = (Value(float(x), unit=value.unit) for x in (min(low, ends[0]), max(high, ends[1])))
        return begin, lowest, highest

    def check(self, value: Value, begin: Value | None = None) -> None:
        """Refuse a number that is off the track; a voltage is counted from where the cell rests, and not refused."""
        _, low, high = self.track(begin)
        if value.unit != "V" and not low <= value <= high:
            ends = (self.low, self.high) if begin is None else (format_value(low), format_value(high))
            raise InputError(f"{format_value(value)} lies outside {ends[0]} to {ends[1]}.")

    def knob(self, name: str, cell: Cell, begin: Value | None = None) -> Knob:
        """The number as a knob, for a cell."""
        value, low, high = self.track(begin)
        if name == "voltage" and begin is None:  # a step is one from where the cell rests
            ends = [equilibrium(cell, side) for side in ("positive", "negative")]
            # an inert electrode has no potential of its own, and a cell with one rests at 0 V here
            rest = 0.0 if None in ends else float(ends[0]) - float(ends[1])  # type: ignore[arg-type]
            # a metal against itself needs no shift
            if rest:
                value, low, high = (parse(round(float(x) + rest, 3), "V") for x in (value, low, high))
        label, found = name.replace("_", " "), value.replace(kind="setting")
        return Knob(name, found, float(low), float(high), self.log, None, label, self.whole)


@dataclass(frozen=True)
class Sight:
    """What a page is drawn from.

    Attributes
    ----------
    cell : Cell
    numbers : mapping
        Of what is done to it.
    data : tuple of Measured
    knobs : tuple of Knob
        What of the cell can be turned, as it was before anything was turned.
    progress : callable
        Told the fraction that is done, and a word on it; what it raises ends the work.
    twin : Followed, optional
        Of a running cell.
    """

    cell: Cell
    numbers: Numbers
    data: tuple[Measured, ...]
    knobs: tuple[Knob, ...]
    progress: Callable[[float, str], None]
    twin: Followed | None = None


class Page:
    """A page of ``mgtwin explore``; its docstring says in one line what it shows.

    Attributes
    ----------
    title : str
    place : int
        Where it stands among the others, from left to right.
    settings : mapping of str to Setting
        Numbers of what is done that can be turned.
    long : bool
        Whether it takes so long that it is drawn aside, with progress.
    """

    title: str
    place: int
    settings: Mapping[str, Setting]
    long: bool

    @staticmethod
    def lacks(data: tuple[Measured, ...], twin: Followed | None) -> str:
        """What it needs and has not, for people; a page that lacks something has no tab."""
        return ""

    @staticmethod
    def protocol(sight: Sight) -> Protocol:
        """Return what is done to the cell."""
        raise NotImplementedError

    @classmethod
    def result(cls, sight: Sight) -> xr.Dataset:
        """Return what comes of that: the simulation that `mgtwin run` would do."""
        return simulate(sight.cell, cls.protocol(sight), progress=sight.progress)

    @staticmethod
    def picture(sight: Sight, result: xr.Dataset) -> Picture:
        """Return what is seen of its result."""
        raise NotImplementedError


#: Every page by its name in files and addresses.
PAGES: Family[type[Page]] = Family("page", "a page of mgtwin explore")

_Kind = TypeVar("_Kind", bound=type[Page])


def page(name: str) -> Callable[[_Kind], _Kind]:
    """Declare a page of ``mgtwin explore`` under the name that it has in files and addresses.

    Raises
    ------
    InputError
        It lacks something that a page has.

    Examples
    --------
    >>> @page("nothing")
    ... class Nothing:
    ...     '''An empty page.'''
    Traceback (most recent call last):
    mgtwin.errors.InputError: the page Nothing lacks title, place, settings, long, protocol, picture.
    """

    def declared(kind: _Kind) -> _Kind:
        wanted = ("title", "place", "settings", "long", "protocol", "picture")
        lacking = [item for item in wanted if item not in vars(kind)]
        lacking += [] if getdoc(kind) else ["a docstring that says what it shows"]
        if lacking:
            raise InputError(f"the page {kind.__name__} lacks {', '.join(lacking)}.")
        PAGES.add(name, kind)
        return kind

    return declared
