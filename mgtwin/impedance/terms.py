"""The summands of an impedance: what each of them reads, and its value with other numbers but the same currents.

They are numbered: interfaces from left to right (the electrodes being the first and the last), layers from left to
right, series resistance, conductance of the shunt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from ..cells.cell import Cell
from ..cells.paths import Node
from ..cells.reader import Reader
from ..kinds.carriers import has_electrons
from ..kinds.numbers import Number
from .chain import Layer
from .currents import divide
from .elements import Surroundings, layer_element
from .interfaces import electrode, junction
from .links import Array, Interface, isolated
from .numbers import potentials_at_rest
from .shunt import conductance, passed_by

__all__ = ["Plan", "Shifted", "Stack", "first_of", "plan_of"]


@lru_cache(maxsize=4096)
def _above(path: str) -> tuple[str, ...]:
    """All paths above one: a law or function that reads it may stand at any of them."""
    parts = path.split(".")
    return tuple(".".join(parts[:k]) for k in range(1, len(parts)))


class Shifted(Reader):
    """Reads other values of some numbers than the reader on which it stands."""

    def __init__(self, reader: Reader, values: Mapping[str, Array]) -> None:
        super().__init__(reader.cell, lambda path, value: self.number(path))
        self._reader, self._values = reader, values
        # a number inside a law changes the law as a whole
        self._laws = {above for path in values for above in _above(path)}

    # `memory` is left at None: what lies there was made of the numbers as they were before the shift
    def get(self, path: str) -> Node:
        return self._reader.get(path)

    def number(self, path: str) -> Number:
        return self._values[path] if path in self._values else self._reader.number(path)

    def property(self, path: str, T: Number) -> Number:
        if path in self._values:
            return self._values[path]
        # evaluated anew from shifted numbers; otherwise the reader below may have the value already
        if path in self._laws or "temperature" in self._values:
            return super().property(path, T)
        return self._reader.property(path, T)


class _Recorder(Reader):
    """Records which numbers and laws are read through it."""

    # `memory` is left at None: a value that comes from there is not read, and
    # the derivative by its numbers would be 0
    def __init__(self, reader: Reader) -> None:
        super().__init__(reader.cell)
        self._reader = reader
        self.paths: set[str] = set()

    def get(self, path: str) -> Node:
        return self._reader.get(path)

    def number(self, path: str) -> Number:
        self.paths.add(path)
        return self._reader.number(path)

    def property(self, path: str, T: Number) -> Number:
        self.paths.add(path)
        return self._reader.property(path, T)


# -- elements and their terms --------------------------------------------------------------------------------------
def _link(cell: Cell, reader: Reader, s: Array, k: int) -> Interface:
    """Interface k."""
    layers = cell.layers
    if k == 0:
        return electrode(cell, reader, "negative", layers[0], s)
    if k == len(layers):
        return electrode(cell, reader, "positive", layers[-1], s)
    return junction(cell, reader, layers[k - 1], layers[k], s)


def _layer(cell: Cell, reader: Reader, s: Array, k: int, isolated: Array) -> Layer:
    """Layer k."""
    layer = cell.layers[k]
    potential = potentials_at_rest(cell, reader)[k] if has_electrons(layer.material) else None
    around = Surroundings(reader.temperature, potential, isolated)
    return layer_element(layer.material, reader, layer, reader.number("area"), around, s)


class Stack:
    """All elements with numbers that vary along a first axis, and how the current divides with the first of these.

    Parameters
    ----------
    cell : Cell
    reader : Reader
        Returns numbers, or arrays of shape ``(rows, *batch, 1)`` or ``(*batch, 1)``.
    s : ndarray
        Laplace variable [1/s], one axis.
    dimensions : int
        How many axes the batch and the frequencies have.
    """

    def __init__(self, cell: Cell, reader: Reader, s: Array, dimensions: int) -> None:
        count = len(cell.layers)
        self._cell, self._reader, self._s = cell, reader, s
        self._links = [_link(cell, reader, s, k) for k in range(count + 1)]
        links = [link.first(dimensions) for link in self._links]
        self._isolated = [isolated(left, right) for left, right in pairwise(links)]
        self._layers = [_layer(cell, reader, s, k, self._isolated[k]) for k in range(count)]
        # the first row holds the cell's own numbers: the currents of all rows are those of this one
        base = [layer.first(dimensions) for layer in self._layers]
        self._divisions, self._fractions = divide(base, links)
        #: How many of them add up to the impedance of stack and leads, the last one that of the leads.
        self.size = 2 * count + 2
        inner, across = passed_by(cell, links)
        #: Those of the interfaces and layers that the shunt passes by.
        self.shunted = {*across, *(count + 1 + k for k in inner)}
        self._terms: dict[int, Array] = {}

    def term(self, k: int) -> Array:
        """Term k of Z [ohm m2]; its first axis is that of the rows if it has one more than `dimensions`."""
        if k not in self._terms:  # of each both the derivatives and the sum are wanted
            self._terms[k] = self._term(k)
        return self._terms[k]

    def _term(self, k: int) -> Array:
        count = len(self._links)
        if k < count:
            return self._links[k].term(self._fractions[k])
        if k == self.size:
            return conductance(self._reader)
        if k == self.size - 1:
            return self._reader.number("series_resistance")
        return self._layers[k - count].term(self._divisions[k - count])

    def inside(self, dimensions: int) -> Array:
        """Impedance [ohm m2] of what the shunt passes by, without it, with the first row of numbers."""
        return sum(first_of(self.term(k), dimensions) for k in sorted(self.shunted))

    def outside(self, dimensions: int) -> Array:
        """The same of all else, leads included."""
        return sum(first_of(self.term(k), dimensions) for k in range(self.size) if k not in self.shunted)

    def along(self, k: int, reader: Reader, path: str) -> Callable[[NDArray[np.float64]], Array]:
        """Term k as a function of one of the numbers that a reader reads."""
        return lambda values: self.changed(k, Shifted(reader, {path: values}))

    def changed(self, k: int, reader: Reader) -> Array:
        """Term k with the numbers of another reader, the currents being the same."""
        count = len(self._links)
        if k < count:
            return _link(self._cell, reader, self._s, k).term(self._fractions[k])
        if k == self.size:
            return conductance(reader)
        if k == self.size - 1:
            return reader.number("series_resistance")
        # `isolated` is that of the cell's own numbers: a step of a derivative must not switch to other equations
        k -= count
        return _layer(self._cell, reader, self._s, k, self._isolated[k]).term(self._divisions[k])


def first_of(value: Array, dimensions: int) -> Array:
    """The first row of an array that has one more axis than `dimensions`."""
    return value[0] if np.ndim(value) > dimensions else value


# -- which of them read what ---------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Plan:
    """How to vary parameters together: in slots, so that no term reads two of those that share one.

    Attributes
    ----------
    slots : mapping
        Slot of every path.
    count : int
        Number of slots.
    terms : tuple of (int, tuple of str)
        Numbers of terms, and the paths that each of them reads.
    """

    slots: Mapping[str, int]
    count: int
    terms: tuple[tuple[int, tuple[str, ...]], ...]


class _Reads:
    """The numbers and laws that every term reads."""

    def __init__(self, cell: Cell, reader: Reader) -> None:
        count = len(cell.layers)
        recorders = [_Recorder(reader) for _ in range(2 * count + 3)]
        # which numbers are read does not depend on the frequency
        any_s = np.array([1j])
        links = [_link(cell, recorders[k], any_s, k) for k in range(count + 1)]
        for k, (left, right) in enumerate(pairwise(links)):
            _layer(cell, recorders[count + 1 + k], any_s, k, isolated(left, right))
        recorders[-2].number("series_resistance")
        conductance(recorders[-1])
        self._paths = [reader.paths for reader in recorders]
        self._plans: dict[tuple[str, ...], Plan] = {}

    def plan(self, paths: tuple[str, ...]) -> Plan:
        """How to vary these paths."""
        if paths not in self._plans:
            self._plans[paths] = self._planned(paths)
        return self._plans[paths]

    def _planned(self, paths: tuple[str, ...]) -> Plan:
        numbers = range(len(self._paths))
        # a number inside a law is not read by itself: what is recorded then is the path of the law
        readers = {path: {k for k in numbers if self._paths[k] & {path, *_above(path)}} for path in paths}
        # Colouring of a graph, greedily: parameters that no common term reads are varied in one evaluation. A stack of
        # n layers with p numbers each costs about p evaluations instead of n p.
        slots: dict[str, int] = {}
        taken: list[set[int]] = []  # terms that read something varied in a slot
        for path, terms in readers.items():
            slot = next((slot for slot, others in enumerate(taken) if not others & terms), len(taken))
            if slot == len(taken):
                taken.append(set())
            taken[slot] |= terms
            slots[path] = slot
        found = ((k, tuple(path for path in paths if k in readers[path])) for k in numbers)
        return Plan(slots, len(taken), tuple((k, read) for k, read in found if read))


# a reader is made per cell and batch: the plan lives as long as it does
_READS: WeakKeyDictionary[Reader, _Reads] = WeakKeyDictionary()


def plan_of(cell: Cell, reader: Reader, paths: tuple[str, ...]) -> Plan:
    """How to vary some paths of a cell; found once for every reader."""
    if reader not in _READS:
        _READS[reader] = _Reads(cell, reader)
    return _READS[reader].plan(paths)
