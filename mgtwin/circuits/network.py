"""A circuit as a tree of elements in series and in parallel: its impedance, and derivatives by every number at once."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..kinds.numbers import Number
from .family import Element, Field, element

__all__ = ["Leaf", "Node", "Parallel", "Series", "parsed"]

Complexes = NDArray[np.complex128]


@dataclass(frozen=True)
class Evaluated:
    """The impedance of a node, with those of its parts."""

    z: Number
    parts: tuple[Evaluated, ...] = ()


class Node(ABC):
    """Part of a circuit. Its numbers lie at the places of its leaves in a list of all numbers of the circuit."""

    @property
    @abstractmethod
    def shape(self) -> str:
        """How it is written but for the numbers of the elements: parts of equal shape can be exchanged."""

    @abstractmethod
    def leaves(self) -> Iterator[Leaf]:
        """Its elements in the order in which they are written."""

    @property
    def branches(self) -> tuple[Node, ...]:
        """What is in series in it: itself alone, unless it is a series."""
        return (self,)

    @abstractmethod
    def evaluate(self, s: Complexes, numbers: Sequence[Number]) -> Evaluated:
        """Its impedance [ohm] at s = i w [1/s]."""

    @abstractmethod
    def add_slopes(
        self, found: Evaluated, factor: Number, s: Complexes, numbers: Sequence[Number], result: Complexes
    ) -> None:
        """Write derivatives by its numbers into the rows of `result`; `factor` is dZ(circuit)/dZ(this node)."""


@dataclass(frozen=True)
class Leaf(Node):
    """One element.

    Attributes
    ----------
    name : str
        As written, ``"CPE1"``.
    kind : Element
    first : int
        Place of the first of its numbers.
    """

    name: str
    kind: Element
    first: int

    @property
    def paths(self) -> tuple[str, ...]:
        """What its numbers are called: ``R1`` where there is one only, else ``CPE1.q``."""
        fields = self.kind.fields
        return (self.name,) if len(fields) == 1 else tuple(f"{self.name}.{field.name}" for field in fields)

    @property
    def fields(self) -> tuple[Field, ...]:
        """What its numbers are."""
        return self.kind.fields

    @property
    def shape(self) -> str:
        return self.kind.name

    def leaves(self) -> Iterator[Leaf]:
        yield self

    def _values(self, numbers: Sequence[Number]) -> dict[str, Number]:
        return {field.name: numbers[self.first + k] for k, field in enumerate(self.kind.fields)}

    def evaluate(self, s: Complexes, numbers: Sequence[Number]) -> Evaluated:
        return Evaluated(self.kind.impedance(s, **self._values(numbers)))

    def add_slopes(
        self, found: Evaluated, factor: Number, s: Complexes, numbers: Sequence[Number], result: Complexes
    ) -> None:
        for k, slope in enumerate(self.kind.slopes(s, found.z, self._values(numbers))):
            result[self.first + k] = factor * slope


@dataclass(frozen=True)
class Series(Node):
    """Impedances that add."""

    parts: tuple[Node, ...]

    @property
    def shape(self) -> str:
        return "-".join(part.shape for part in self.parts)

    @property
    def branches(self) -> tuple[Node, ...]:
        return self.parts

    def leaves(self) -> Iterator[Leaf]:
        for part in self.parts:
            yield from part.leaves()

    def evaluate(self, s: Complexes, numbers: Sequence[Number]) -> Evaluated:
        found = tuple(part.evaluate(s, numbers) for part in self.parts)
        # not sum(): its start at 0 would be one more operation on symbols and arrays
        total = found[0].z
        for item in found[1:]:
            total = total + item.z
        return Evaluated(total, found)

    def add_slopes(
        self, found: Evaluated, factor: Number, s: Complexes, numbers: Sequence[Number], result: Complexes
    ) -> None:
        for part, item in zip(self.parts, found.parts, strict=True):
            part.add_slopes(item, factor, s, numbers, result)


@dataclass(frozen=True)
class Parallel(Node):
    """Admittances that add."""

    parts: tuple[Node, ...]

    @property
    def shape(self) -> str:
        return f"p({','.join(part.shape for part in self.parts)})"

    def leaves(self) -> Iterator[Leaf]:
        for part in self.parts:
            yield from part.leaves()

    def evaluate(self, s: Complexes, numbers: Sequence[Number]) -> Evaluated:
        found = tuple(part.evaluate(s, numbers) for part in self.parts)
        total = 1 / found[0].z
        for item in found[1:]:
            total = total + 1 / item.z
        return Evaluated(1 / total, found)

    def add_slopes(
        self, found: Evaluated, factor: Number, s: Complexes, numbers: Sequence[Number], result: Complexes
    ) -> None:
        for part, item in zip(self.parts, found.parts, strict=True):
            # Z = 1/sum(1/Z_k), hence dZ/dZ_k = (Z/Z_k)^2
            part.add_slopes(item, factor * (found.z / item.z) ** 2, s, numbers, result)


def parsed(text: str) -> Node:
    """Read a circuit: ``-`` is series, ``p(,)`` parallel, nested as wanted; the language of impedance.py.

    Raises
    ------
    InputError
        With a caret under what cannot be read: a sign out of place, an element that occurs twice.
    UnknownNameError
        For an element that nobody declared.
    """
    return _Reader(text).whole()


class _Reader:
    """Recursive descent; remembers where it is, so that an error can point there."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._first = text, 0, 0
        self._names: set[str] = set()

    def whole(self) -> Node:
        found = self._series()
        if self._at < len(self._text):
            raise self._error("a '-' or the end is expected here")
        return found

    def _series(self) -> Node:
        parts = [self._part()]
        while self._taken("-"):
            parts.append(self._part())
        return parts[0] if len(parts) == 1 else Series(tuple(parts))

    def _part(self) -> Node:
        if not self._taken("p("):
            return self._element()
        parts = [self._series()]
        while self._taken(","):
            parts.append(self._series())
        if not self._taken(")"):
            raise self._error("a ',' or a ')' is expected here")
        return parts[0] if len(parts) == 1 else Parallel(tuple(parts))

    def _element(self) -> Leaf:
        self._skip()
        # impedance.py takes digits and underscores for the number of an element, letters for its kind
        found = re.compile(r"([A-Za-z]+)[0-9_]*").match(self._text, self._at)
        if found is None:
            raise self._error("an element such as R1, or 'p(' is expected here")
        name, kind = found[0], found[1]
        # two elements of one name would be one unknown of a fit, unnoticed
        if name in self._names:
            raise self._error(f"{name} is there already: give it another number")
        self._names.add(name)
        self._at = found.end()
        leaf = Leaf(name, element(kind), self._first)
        self._first += len(leaf.kind.fields)
        return leaf

    def _taken(self, sign: str) -> bool:
        self._skip()
        if not self._text.startswith(sign, self._at):
            return False
        self._at += len(sign)
        return True

    def _skip(self) -> None:
        while self._text[self._at : self._at + 1].isspace():
            self._at += 1

    def _error(self, why: str) -> InputError:
        return InputError(f"not a circuit: {why}.\n  {self._text}\n  {' ' * self._at}^")
