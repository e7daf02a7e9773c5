"""The summands of an impedance: what each of them reads, and its value with other numbers but the same currents.

They are numbered: interfaces from left to right (the electrodes being the first and the last), layers from left to
right, series resistance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from weakref import WeakKeyDictionary

import numpy as np

from ..cells.cell import Cell
from ..cells.paths import Node
from ..cells.reader import Reader
from ..kinds.carriers import has_electrons
from ..kinds.numbers import Number
from .chain import Array, Interface, Link, Mixed, Ohmic
from .currents import CurrentFractions, Division, divide
from .elements import Surroundings, layer_element
from .exact import isolated
from .interfaces import electrode, junction
from .numbers import potentials_at_rest

__all__ = ["Plan", "Shifted", "Stack", "first_of", "plan_of"]


class Shifted(Reader):
    """Reads other values of some numbers than the reader on which it stands."""

    def __init__(self, reader: Reader, values: Mapping[str, Array]) -> None:
        super().__init__(reader.cell, lambda path, value: self.number(path))
        self._reader, self._values = reader, values
        # a number inside a law changes the law as a whole
        self._laws = {path.rpartition(".")[0] for path in values}

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


def _layer(cell: Cell, reader: Reader, s: Array, k: int, isolated: Array) -> Ohmic | Mixed:
    """Layer k."""
    layer = cell.layers[k]
    potential = potentials_at_rest(cell, reader)[k] if has_electrons(layer.material) else None
    around = Surroundings(reader.temperature, potential, isolated)
    return layer_element(layer.material, reader, layer, reader.number("area"), around, s)


def _link_term(link: Interface, fractions: CurrentFractions) -> Array:
    """``z (1 - j)^2 + R_e j^2`` [ohm m2]."""
    if not isinstance(link, Link):
        return 0.0 if link is None else link.impedance
    ions = _squared(link.ion_top, link.ion_bottom, fractions.ions)
    return ions + _squared(link.electron_top, link.electron_bottom, fractions.electrons)


def _squared(top: Array, bottom: Array, fraction: Array) -> Array:
    """``top/bottom fraction^2``, 0 where bottom is (and the fraction with it)."""
    # a blocked carrier (bottom 0) carries nothing: 0/0 here is 0, and says nothing is dissipated
    if isinstance(bottom, float):
        return 0.0 if bottom == 0 else top / bottom * (fraction * fraction)
    return np.where(bottom == 0, 0.0, top / bottom * (fraction * fraction))


def _layer_term(now: Ohmic | Mixed, base: Ohmic | Mixed, division: Division | None) -> Array:
    """``L/sigma + Z_a (j_l - t)^2 + Z_b (j_l - j_r)^2 + Z_a (j_r - t)^2`` [ohm m2], `division` being that of `base`."""
    if not isinstance(now, Mixed) or not isinstance(base, Mixed) or division is None:
        return now.impedance
    # how far the transference number moves, without a difference of numbers close to 1
    moved = now.electrons * base.ions - now.ions * base.electrons
    left, right = division.left - moved, division.right - moved
    arms = now.arm * (left * left + right * right)
    return now.impedance + arms + now.passing / now.storage * (division.stored * division.stored)


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
        links = [_first_element(link, dimensions) for link in self._links]
        self._isolated = [isolated(left, right) for left, right in pairwise(links)]
        self._layers = [_layer(cell, reader, s, k, self._isolated[k]) for k in range(count)]
        # the first row holds the cell's own numbers: the currents of all rows are those of this one
        self._base = [_first_element(layer, dimensions) for layer in self._layers]
        self._divisions, self._fractions = divide(self._base, links)
        self.size = 2 * count + 2

    def term(self, k: int) -> Array:
        """Term k of Z [ohm m2]; its first axis is that of the rows if it has one more than `dimensions`."""
        count = len(self._links)
        if k < count:
            return _link_term(self._links[k], self._fractions[k])
        if k == self.size - 1:
            return self._reader.number("series_resistance")
        return _layer_term(self._layers[k - count], self._base[k - count], self._divisions[k - count])

    def changed(self, k: int, reader: Reader) -> Array:
        """Term k with the numbers of another reader, the currents being the same."""
        count = len(self._links)
        if k < count:
            return _link_term(_link(self._cell, reader, self._s, k), self._fractions[k])
        if k == self.size - 1:
            return reader.number("series_resistance")
        k -= count
        now = _layer(self._cell, reader, self._s, k, self._isolated[k])
        return _layer_term(now, self._base[k], self._divisions[k])


def first_of(value: Array, dimensions: int) -> Array:
    """The first row of an array that has one more axis than `dimensions`."""
    return value[0] if getattr(value, "ndim", 0) > dimensions else value


def _first_element(element: Number, dimensions: int) -> Number:
    """An element with the first of the numbers that vary along an axis before `dimensions` others."""
    if element is None:
        return None
    given = {name: getattr(element, name) for name in element.__dataclass_fields__}
    varying = {name: value[0] for name, value in given.items() if getattr(value, "ndim", 0) > dimensions}
    return type(element)(**given | varying) if varying else element


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
        recorders = [_Recorder(reader) for _ in range(2 * count + 2)]
        # which numbers are read does not depend on the frequency
        any_s = np.array([1j])
        links = [_link(cell, recorders[k], any_s, k) for k in range(count + 1)]
        for k, (left, right) in enumerate(pairwise(links)):
            _layer(cell, recorders[count + 1 + k], any_s, k, isolated(left, right))
        recorders[-1].number("series_resistance")
        self._paths = [reader.paths for reader in recorders]
        self._plans: dict[tuple[str, ...], Plan] = {}

    def plan(self, paths: tuple[str, ...]) -> Plan:
        """How to vary these paths."""
        if paths not in self._plans:
            self._plans[paths] = self._planned(paths)
        return self._plans[paths]

    def _planned(self, paths: tuple[str, ...]) -> Plan:
        numbers = range(len(self._paths))
        readers = {path: {k for k in numbers if self._paths[k] & {path, path.rpartition(".")[0]}} for path in paths}
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
