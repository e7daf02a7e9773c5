r"""What ages of a cell, in coordinates that its laws leave where the physics is: logarithms of what is left to lose.

A state that cannot pass a limit, such as a contact fraction a with what stays of it, is held as the throughput that has
been consumed of it,

.. math:: y = -\ln\frac{x - x_{lim}}{x_0 - x_{lim}}, \qquad \dot y = -\frac{\dot x}{x - x_{lim}},

which any rate away from the start lets grow; another one, such as a film, as what was added, :math:`x - x_0`. Limits,
starts and rates are asked of the ageing laws of the cell.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..cells import Cell, Reader
from ..cells.constriction import film_when_new, untouched_fraction
from ..errors import InputError
from ..kinds.ageing_law import AgeingLaw, Changes
from ..kinds.kind import Bound, asked_by, has_formula
from ..kinds.noun import field_names
from ..kinds.numbers import Number
from ..laws import Law
from ..protocols.segments import amperes
from .evidence import Usage

__all__ = ["Ageing", "AgeingState", "Interface", "without_ageing"]

Reals = NDArray[np.float64]


#: Consumed throughput from which on a state counts as at its limit: there its rate were 0/0 within rounding.
FAR = 25.0


class Frame(NamedTuple):
    """What the coordinate of a state is counted from: its start, and the limit that it cannot pass."""

    start: Number
    limit: Number | None

    def value(self, coordinate: Number) -> Number:
        """The state [its own unit] at a coordinate."""
        if self.limit is None:
            return self.start + coordinate
        return self.limit + (self.start - self.limit) * np.exp(-np.clip(coordinate, -FAR, FAR))


@dataclass(frozen=True)
class AgeingState:
    """One state of an interface that its laws move together.

    Attributes
    ----------
    path : str
        Of the interface.
    changes : Changes
    laws : tuple of ageing laws
    name : str
        For people, such as ``"positive film resistance"``.
    known : Frame, optional
        Its frame, if that is always the same.
    """

    path: str
    changes: Changes
    laws: tuple[AgeingLaw, ...]
    name: str
    known: Frame | None = None

    def bound(self, law: AgeingLaw, reader: Reader, **known: Number) -> Bound:
        """A law at its place."""
        return Bound(type(law), f"{self.path}.ageing.{law.type}", reader, **known)

    def frame(self, reader: Reader) -> Frame:
        """Its value in the new cell, and what it cannot pass: None where its laws have no limit on one side of it."""
        if self.known is not None:
            return self.known
        match self.changes:
            case Changes.CONTACT:
                start = untouched_fraction(reader, self.path)
            case Changes.FILM:
                start = film_when_new(reader, self.path)
            case _:
                start = self.bound(self.laws[0], reader).call("start")
        if not self.limited:
            return Frame(start, None)
        limits = [self.bound(law, reader).call("limit") for law in self.laws]
        # laws that pull to different sides have no common distance that only grows
        sides = {bool(np.all(limit < start)) for limit in limits}
        if len(sides) > 1:
            return Frame(start, None)
        return Frame(start, min(limits, key=np.max) if True in sides else max(limits, key=np.max))

    def settled(self, reader: Reader, free: Collection[str]) -> AgeingState:
        """The same with a frame that is known, if it reads none of the free numbers."""
        read = [f"{self.path}.contact", f"{self.path}.film_resistance", "temperature", "ion"]
        for law in self.laws:
            asked = [name for name in ("start", "limit") if has_formula(type(law), name)]
            read += [path for name in asked for path in self.bound(law, reader).reads(name)]
        moves = any(path == known or path.startswith(f"{known}.") for path in free for known in read)
        return self if moves else replace(self, known=self.frame(reader))

    @property
    def limited(self) -> bool:
        """Whether all of its laws say what it cannot pass."""
        return all(has_formula(type(law), "limit") for law in self.laws)

    def rate(self, reader: Reader, value: Number, frame: Frame, **known: Number) -> Number:
        """Rate of the coordinate [1/s or its own unit/s] at a value of the state."""
        total: Number = 0.0
        for law in self.laws:
            total = total + self.bound(law, reader, **known).call("change", value)
        return total if frame.limit is None else -total / (value - frame.limit)


@dataclass(frozen=True)
class Interface:
    """An interface that ages.

    Attributes
    ----------
    path : str
    states : tuple of AgeingState
    numbers : tuple of int
        Of its states among all of the cell.
    """

    path: str
    states: tuple[AgeingState, ...]
    numbers: tuple[int, ...]

    def contact(self, reader: Reader, values: Mapping[Changes, Number]) -> Number:
        """Contact fraction at values of the states."""
        fraction = values[Changes.CONTACT] if Changes.CONTACT in values else untouched_fraction(reader, self.path)
        for state in self.states:
            if state.changes is Changes.OWN and has_formula(type(state.laws[0]), "contact_kept"):
                fraction = fraction * state.bound(state.laws[0], reader).call("contact_kept", values[Changes.OWN])
        return fraction

    def frames(self, reader: Reader) -> tuple[Frame, ...]:
        """What the coordinates of its states are counted from."""
        return tuple(state.frame(reader) for state in self.states)

    def values(self, frames: Sequence[Frame], coordinates: Sequence[Number]) -> dict[Changes, Number]:
        """Values of its states at the coordinates of all states of the cell."""
        own = zip(self.states, frames, self.numbers, strict=True)
        return {state.changes: frame.value(coordinates[k]) for state, frame, k in own}

    def rates(
        self, reader: Reader, frames: Sequence[Frame], coordinates: Sequence[Number], current: Number
    ) -> list[Number]:
        """Rates of its coordinates at a current density [A/m2], positive where it strips."""
        values = self.values(frames, coordinates)
        known = {"j": current, "fraction": self.contact(reader, values)}
        if any("pressure" in asked_by(type(law), "change") for state in self.states for law in state.laws):
            pressure = reader.number(f"{self.path}.contact.pressure")
            # a law with an exponent of 0 does without, and any pressure does
            known["pressure"] = 1.0 if pressure is None else pressure
        pairs = zip(self.states, frames, strict=True)
        return [state.rate(reader, values[state.changes], frame, **known) for state, frame in pairs]

    def placed(self, reader: Reader, coordinates: Sequence[Number]) -> dict[str, Number]:
        """Numbers of a cell without ageing laws that has reached the coordinates, by their path."""
        values = self.values(self.frames(reader), coordinates)
        found = {}
        if any(state.changes is not Changes.FILM for state in self.states):
            found[f"{self.path}.contact.fraction"] = self.contact(reader, values)
        if Changes.FILM in values:
            path, factor, resistance = film_place(reader, self.path)
            grown = values[Changes.FILM] - film_when_new(reader, self.path)
            found[path] = factor * (resistance + grown)
        return found

    def reached(self, reader: Reader, coordinates: Sequence[Number]) -> tuple[Number, Number]:
        """Contact fraction and film resistance [ohm m2] at coordinates."""
        values = self.values(self.frames(reader), coordinates)
        film = values[Changes.FILM] if Changes.FILM in values else film_when_new(reader, self.path)
        return self.contact(reader, values), film

    def carried_on(self, reader: Reader, coordinates: Sequence[Number]) -> dict[str, float]:
        """Numbers of the cell, ageing laws included, with which it goes on from coordinates, by their path."""
        values = self.values(self.frames(reader), coordinates)
        found = {path: float(value) for path, value in self.placed(reader, coordinates).items()}
        if Changes.CONTACT in values:  # what laws with states of their own leave of it they take themselves
            found[f"{self.path}.contact.fraction"] = float(values[Changes.CONTACT])
        elif Changes.OWN in values:
            found.pop(f"{self.path}.contact.fraction", None)
        for state in (state for state in self.states if state.changes is Changes.OWN):
            for name, value in state.laws[0].carried_on(float(values[Changes.OWN])).items():
                found[f"{self.path}.ageing.{state.laws[0].type}.{name}"] = value
        return found


def film_place(reader: Reader, path: str) -> tuple[str, Number, Number]:
    """Which number of an interface its film is part of, that number per resistance, and the resistance when new.

    Raises
    ------
    InputError
        There is no such number, or it is a law of temperature that is not one number times a function.
    """
    interface = reader.get(path)
    name = next((name for name in ("film_resistance", "resistance") if name in field_names(type(interface))), "")
    if not name:
        raise InputError(f"{path}: a film grows on it, but it has neither a film_resistance nor a resistance.")
    node, resistance = reader.get(f"{path}.{name}"), reader.property(f"{path}.{name}", reader.temperature)
    match node:
        # a step of temperature keeps the thickness: the grown film follows the law of the film that it grows on
        case Law(value_fields=(field,)) if np.all(resistance > 0):
            place = f"{path}.{name}.{field}"
            return place, reader.number(place) / resistance, resistance
        case Law():
            raise InputError(
                f"{path}.{name} is a law that a grown film cannot be put into: give its value at the temperature of "
                f"the cell, Cell.with_({{'{path}.{name}': {float(np.max(resistance)):g}}})."
            )
    return f"{path}.{name}", 1.0, resistance


def interfaces(cell: Cell) -> tuple[Interface, ...]:
    """The interfaces of a cell that age, with their states.

    Raises
    ------
    InputError
        One has several laws with states of their own.
    """
    found: list[Interface] = []
    count = 0
    for path in ("negative", *(f"interfaces.{face}" for face in cell.interfaces), "positive"):
        laws: tuple[AgeingLaw, ...] = cell.get(path).ageing
        moved = tuple(dict.fromkeys(law.changes for law in laws))
        states = tuple(
            AgeingState(path, what, tuple(law for law in laws if law.changes is what), f"{path} {what.value}")
            for what in moved
        )
        for state in states:
            if state.changes is Changes.OWN and len(state.laws) > 1:
                raise InputError(f"{path}: {' and '.join(law.type for law in state.laws)} have states of their own.")
        if states:
            found.append(Interface(path, states, tuple(range(count, count + len(states)))))
            count += len(states)
    return tuple(found)


def without_ageing(cell: Cell) -> Cell:
    """The same cell, new, with numbers in place of what ages, and no ageing laws."""
    reader, ageing = Reader(cell), interfaces(cell)
    changes: dict[str | tuple[str, ...], object] = {}
    for interface in ageing:
        changes[f"{interface.path}.ageing"] = ()
        if any(state.changes is not Changes.FILM for state in interface.states):
            changes[f"{interface.path}.contact.fraction"] = float(untouched_fraction(reader, interface.path))
    return cell.with_(changes)


class Ageing:
    """How a cell ages while it is used.

    Parameters
    ----------
    cell : Cell
        With its ageing laws.
    usage : Usage
    free : collection of str
        Paths of the numbers that may be others than the cell's.

    Raises
    ------
    InputError
        Its laws need the charge of cycles, and nobody said what is done in one.
    """

    def __init__(self, cell: Cell, usage: Usage, free: Collection[str] = ()) -> None:
        found, reader = interfaces(cell), Reader(cell)
        self.interfaces = tuple(
            replace(one, states=tuple(state.settled(reader, free) for state in one.states)) for one in found
        )
        self.states = tuple(state for interface in self.interfaces for state in interface.states)
        self._current, self._stays = 0.0, np.zeros(3)
        if usage.cycling is not None:
            self._current = abs(amperes(usage.cycling.current, cell))
            half = float(usage.cycling.half_cycle)
            self._stays = np.array([half, half, 2 * float(usage.cycling.rest or 0.0)])

    @property
    def by_charge(self) -> tuple[str, ...]:
        """Names of the laws that go with the current."""
        laws = (law for state in self.states for law in state.laws)
        return tuple(dict.fromkeys(law.type for law in laws if "j" in asked_by(type(law), "change")))

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths of the numbers that its rates and values read."""
        found = ["area", "temperature"]
        for state in self.states:
            found += [f"{state.path}.contact", f"{state.path}.film_resistance", f"{state.path}.resistance"]
            found += [f"{state.path}.ageing"]
        return tuple(dict.fromkeys(found))

    def reads(self, path: str) -> bool:
        """Whether it depends on the number at a path."""
        return any(path == known or path.startswith(f"{known}.") for known in self.paths)

    def advanced(
        self,
        reader: Reader,
        coordinates: list[Number],
        cycles: Number,
        idle: Number,
        steps: int,
        ionic: Callable[[Reals, Sequence[Number]], Reals] | None = None,
    ) -> list[Number]:
        """Coordinates after some cycles and some time [s] without current, by `steps` of Runge and Kutta's method.

        `ionic` says what of a current density crosses the layers at coordinates; all of it by default.
        """
        if not coordinates:
            return []
        # both directions of the current and none, along a first axis of their own
        shape = (3,) + (1,) * max(np.ndim(item) for item in (*coordinates, cycles, idle))
        current = np.array([1.0, -1.0, 0.0]).reshape(shape) * (self._current / reader.number("area"))
        stays, zero = self._stays.reshape(shape), np.zeros(shape)

        framed = [(interface, interface.frames(reader)) for interface in self.interfaces]

        def slopes(at: list[Number]) -> list[Number]:
            found: list[Number] = []
            crossing = current if ionic is None else ionic(current, at)
            for interface, frames in framed:
                for rate in interface.rates(reader, frames, at, crossing):
                    # a law without current, such as regrowth, has one rate for all three
                    every = rate + zero
                    found.append(cycles * (stays * every).sum(axis=0) + idle * every[2])
            return found

        for _ in range(steps):
            first = slopes(coordinates)
            second = slopes(_moved(coordinates, first, 0.5 / steps))
            # what consumes by the charge alone goes evenly: half of the work is saved
            if all(np.array_equal(one, other) for one, other in zip(first, second, strict=True)):
                coordinates = _moved(coordinates, first, 1 / steps)
                continue
            third = slopes(_moved(coordinates, second, 0.5 / steps))
            fourth = slopes(_moved(coordinates, third, 1 / steps))
            mean = [(a + 2 * b + 2 * c + d) / 6 for a, b, c, d in zip(first, second, third, fourth, strict=True)]
            coordinates = _moved(coordinates, mean, 1 / steps)
        return coordinates

    def lowest(self, reader: Reader) -> list[Number]:
        """What no coordinate can be below: more contact than the whole area, and films of less than nothing."""
        found: list[Number] = []
        for state in self.states:
            start, limit = state.frame(reader)
            if limit is None:
                found.append(-start if state.changes is Changes.FILM else -np.inf)
            else:
                whole = state.changes is Changes.CONTACT
                found.append(-np.log((1 - limit) / (start - limit)) if whole else 0.0 * start)
        return found

    def placed(self, reader: Reader, coordinates: Sequence[Number]) -> dict[str, Number]:
        """Numbers of the cell without ageing laws at coordinates, by their path."""
        found: dict[str, Number] = {}
        for interface in self.interfaces:
            found |= interface.placed(reader, coordinates)
        return found


def _moved(coordinates: list[Number], slopes: list[Number], part: float) -> list[Number]:
    return [y + part * slope for y, slope in zip(coordinates, slopes, strict=True)]
