"""Spectra of cells that share a structure, with derivatives: what can be worked out once is, for fits and sweeps."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from copy import copy

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..cells.cell import Cell
from ..cells.paths import Node
from ..cells.reader import Reader
from ..errors import InputError
from ..kinds.functions import Function
from ..kinds.numbers import Number
from ..kinds.own import Own
from ..laws import Law
from .derivatives import add_slopes, leading
from .exact import stack_at
from .parameters import reader_of

__all__ = ["CompiledSpectra", "PlannedReader"]

#: Complex numbers per intermediate array.
_BLOCK = 8192


class CompiledSpectra:
    """The mesh-free spectra of one or several cells that differ in numbers only.

    Gives the same as :func:`mgtwin.impedance.exact` and :func:`mgtwin.impedance.exact_jacobian`, which it calls, but
    finds the numbers and what reads them only once. One call serves all cells, each with its own temperature.

    Parameters
    ----------
    cell : Cell
        Its numbers hold where none are given.
    frequencies : array_like
        [Hz], shape (frequencies,) for a single cell, or (cells, frequencies): each has its own.
    varied : sequence of str
        Dotted paths of the numbers that calls may give.

    Raises
    ------
    UnknownNameError, InputError
        For a path that names no number, or frequencies that are not positive.

    Examples
    --------
    >>> import mgtwin as mt, numpy as np
    >>> spectra = CompiledSpectra(mt.cell("trilayer"), np.logspace(6, -1, 100), ["layers.antiperovskite.thickness"])
    >>> spectra.impedance({"layers.antiperovskite.thickness": 0.5e-3}).shape
    (100,)
    """

    def __init__(self, cell: Cell, frequencies: ArrayLike, varied: Sequence[str]) -> None:
        self.cell = cell
        known, _ = reader_of(cell, {})
        self._reader = PlannedReader(known, varied)
        self._take(frequencies)

    def _take(self, frequencies: ArrayLike) -> None:
        f = np.asarray(frequencies, dtype=float)
        if f.ndim not in (1, 2) or not ((f > 0) & (f < np.inf)).all():
            raise InputError("Frequencies must be positive and finite [Hz], one row per cell.")
        self._s = 2j * np.pi * f
        rows = f.shape[0] if f.ndim == 2 else 1
        # _BLOCK is about the whole array: the more cells, the fewer frequencies
        # at a time stay in the processor's cache
        self._block = max(1, _BLOCK // rows)

    def at(self, frequencies: ArrayLike) -> CompiledSpectra:
        """The same at other frequencies: what was found of the cell is found once for both."""
        found = copy(self)
        found._take(frequencies)
        return found

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the frequencies."""
        return self._s.shape

    def impedance(self, values: Mapping[str, float | NDArray[np.float64]]) -> NDArray[np.complex128]:
        """Z [ohm] in the laboratory's sign, with the shape of the frequencies.

        Parameters
        ----------
        values : mapping
            Path to a number, or to an array of shape (cells, 1).
        """
        self._reader.give(values)
        result = np.empty(self._s.shape, dtype=complex)
        with np.errstate(all="ignore"):
            for part in self._parts():
                result[..., part] = stack_at(self.cell, self._reader, self._s[..., part], False)
        return result

    def jacobian(
        self, values: Mapping[str, float | NDArray[np.float64]], paths: Sequence[str]
    ) -> NDArray[np.complex128]:
        """Derivatives dZ/dp [ohm per SI unit] by `paths`, which are among `varied`: (paths,) + frequencies.shape."""
        self._reader.give(values)
        dimensions = self._s.ndim
        given = {path: leading(values[path], dimensions) for path in paths}
        partial = np.zeros((len(paths), *self._s.shape), dtype=complex)
        with np.errstate(all="ignore"):
            for part in self._parts():
                add_slopes(self.cell, self._reader, given, self._s[..., part], partial[..., part])
        return partial

    def _parts(self) -> list[slice]:
        count = self._s.shape[-1]
        return [slice(k, k + self._block) for k in range(0, count, self._block)]


@dataclasses.dataclass(frozen=True, slots=True)
class _LawPlan:
    """A law, its fields that can vary (name, path) and those that cannot."""

    law: type[Law]
    varied: tuple[tuple[str, str], ...]
    fixed: Mapping[str, Number]


class PlannedReader(Reader):
    """Reads given numbers and those of a known cell; a law is taken apart once and evaluated once per call.

    Parameters
    ----------
    known : Reader
    varied : sequence of str
        Dotted paths of the numbers that may be given.
    """

    def __init__(self, known: Reader, varied: Sequence[str]) -> None:
        super().__init__(known.cell)
        self._known = known
        self._values: Mapping[str, Number] = {}
        self._evaluated: dict[str, Number] = {}
        self._everywhere = "temperature" in varied
        self._varied = frozenset(varied)
        for path in varied:
            value = known.get(path)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isnan(value):
                raise InputError(f"{path} is {value!r}, not a number: only numbers can vary.")
        self._plans: dict[str, _LawPlan | None] = {}

    def give(self, values: Mapping[str, Number]) -> None:
        """Take other numbers."""
        self._values = values
        self._evaluated = {}

    def get(self, path: str) -> Node:
        return self._known.get(path)

    def number(self, path: str) -> Number:
        found = self._values.get(path)
        # what was declared as varied but is not given in this call has the cell's own value
        return self._known.number(path) if found is None else found

    def property(self, path: str, T: Number) -> Number:
        if path in self._values:
            return self._values[path]
        if path not in self._evaluated:
            self._evaluated[path] = self._property(path, T)
        return self._evaluated[path]

    def _property(self, path: str, T: Number) -> Number:
        if path not in self._plans:
            self._plans[path] = self._planned(path)
        plan = self._plans[path]
        if plan is None:
            match self._known.get(path):
                case Function() as function:  # it reads its numbers itself, from those that vary here
                    return function.standing(Own(self, path, T))
            return self._known.property(path, T)
        given = {name: self._values.get(place) for name, place in plan.varied}
        for name, place in plan.varied:
            if given[name] is None:
                given[name] = self._known.number(place)
        return plan.law.formula(T, **given, **plan.fixed)

    def _planned(self, path: str) -> _LawPlan | None:
        """How to evaluate the law at `path`; None where nothing in it varies."""
        law = self._known.get(path)
        if not isinstance(law, Law):
            return None
        places = {name: f"{path}.{name}" for name in law.parameters()}
        # a law none of whose numbers varies still moves where the temperature does
        if not self._everywhere and not self._varied & set(places.values()):
            return None
        varied = tuple((name, place) for name, place in places.items() if place in self._varied)
        fixed = {
            name: float(value) if isinstance(value, float) else value  # the rows of a table cannot vary
            for name, value in law.parameters().items()
            if places[name] not in self._varied
        }
        return _LawPlan(type(law), varied, fixed)
