"""Spectra of cells that share a structure, with derivatives: what can be worked out once is, for fits and sweeps."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Hashable, Mapping, Sequence
from copy import copy
from functools import lru_cache
from weakref import WeakKeyDictionary

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
from .links import Array
from .parameters import reader_of
from .tape import Tape, Untraceable

__all__ = ["CompiledSpectra", "PlannedReader"]

#: Complex numbers per intermediate array.
_BLOCK = 8192
#: Difference of derivatives, relative to them and to Z over the number, that rounding and steps explain.
SAME = 1e-6
#: Tapes that are kept of a cell.
MOST = 16
#: Frequencies over which operations are noted for all [Hz].
ALL = np.logspace(-3, 7, 11)
#: The operations of every cell that is read, by the numbers that vary and the frequencies; None where there are none.
_TAPES: WeakKeyDictionary[Reader, dict[Hashable, Tape | None]] = WeakKeyDictionary()


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
        self._tapes = _TAPES.setdefault(known, {})
        #: The numbers of operations that were noted for all frequencies, and these.
        self._noted: tuple[tuple[str, ...], Tape] | None = None
        self._reader = PlannedReader(known, varied)
        self._take(frequencies)

    def _take(self, frequencies: ArrayLike) -> None:
        f = np.asarray(frequencies, dtype=float)
        if f.ndim not in (1, 2) or not ((f > 0) & (f < np.inf)).all():
            raise InputError("Frequencies must be positive and finite [Hz], one row per cell.")
        self._s = 2j * np.pi * f
        self._last: tuple[Mapping[str, Number], tuple[Tape, list[Array]]] | None = None
        rows = f.shape[0] if f.ndim == 2 else 1
        # _BLOCK is about the whole array: the more cells, the fewer frequencies
        # at a time stay in the processor's cache
        self._block = max(1, _BLOCK // rows)

    def at(self, frequencies: ArrayLike) -> CompiledSpectra:
        """The same at other frequencies: what was found of the cell is found once for both."""
        found = copy(self)
        found._take(frequencies)
        return found

    def noted(self, values: Mapping[str, float]) -> CompiledSpectra:
        """The same by its operations, noted once with these numbers for all frequencies and many cells at once.

        What it gives depends on what it is asked alone, and not on what was asked before. Operations are believed only
        where they give spectra and derivatives of other numbers as the formulas do, and numbers for which they do not
        hold go through the formulas. Who gives numbers sees to it that they are within their bounds.
        """
        tape = self._operations(self.cell, tuple(values.items()))
        if tape is None:
            return self
        found = copy(self)
        found._noted = tuple(values), tape
        return found

    @staticmethod
    @lru_cache(maxsize=MOST)
    def _operations(cell: Cell, numbers: tuple[tuple[str, float], ...]) -> Tape | None:
        # equal cells share them: the twins of a rack, and what a cell becomes after a break
        values = dict(numbers)
        if not all(values.values()):
            return None
        some = CompiledSpectra(cell, ALL, tuple(values))

        def formula(s: Array, *varied: Array) -> Array:
            some._reader.give(dict(zip(values, varied, strict=True)))
            return stack_at(cell, some._reader, s, False)

        other = {path: number * np.array([[0.99], [0.995]]) for path, number in numbers}
        f = np.stack([ALL[1:] / 2, ALL[:-1] * 3])
        z, slopes = some.at(f).linearised(other, [*other])
        again = some.at(f)
        try:
            with np.errstate(all="ignore"):
                again._noted = tuple(values), Tape(formula, [some._s, *values.values()])
            repeated = again._again(other, [*other])
        except (Untraceable, ValueError):  # something of it has the shape of the frequencies that it was noted with
            return None
        sizes = np.abs(slopes) + np.abs([z / number for number in other.values()])
        if repeated is None or not np.allclose(repeated[0], z, rtol=1e-12, atol=0.0):
            return None
        return again._noted[1] if np.all(np.abs(repeated[1] - slopes) <= SAME * sizes) else None

    def _again(
        self, values: Mapping[str, float | NDArray[np.float64]], paths: Sequence[str] | None
    ) -> tuple[NDArray[np.complex128], NDArray[np.complex128]] | None:
        """Z and derivatives, if wanted, by the operations that were noted; None where they do not hold."""
        if self._noted is None or self._s.size > _BLOCK:
            return None
        names, tape = self._noted
        # what is 0 may take other formulas
        if values.keys() != set(names) or not all(np.all(x) for x in values.values()):
            return None
        with np.errstate(all="ignore"):
            places = tape.repeated([self._s, *(values[name] for name in names)])
            if places is None:
                return None
            z, partial = np.array(tape.result(places)), np.empty((len(paths or ()), *self._s.shape), dtype=complex)
            slopes = dict(zip(names, tape.slopes(places)[1:], strict=True)) if paths else {}
        for row, path in zip(partial, paths or (), strict=True):
            row[:] = slopes[path]
        return (z, partial) if np.isfinite(z).all() and np.isfinite(partial).all() else None

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
        if again := self._again(values, None):
            return again[0]
        if repeated := self._repeated(values, False):
            tape, places = repeated
            return np.array(tape.result(places))
        return self._carried_out(values)

    def _carried_out(self, values: Mapping[str, float | NDArray[np.float64]]) -> NDArray[np.complex128]:
        self._reader.give(values)
        result = np.empty(self._s.shape, dtype=complex)
        with np.errstate(all="ignore"):
            for part in self._parts():
                result[..., part] = stack_at(self.cell, self._reader, self._s[..., part], False)
        return result

    def slopes(self, values: Mapping[str, float | NDArray[np.float64]], paths: Sequence[str]) -> NDArray[np.complex128]:
        """As `jacobian`, of a single cell by repeating its operations backwards: exact to rounding, and in no time.

        To note them one pays with the first call (:mod:`mgtwin.impedance.tape`).
        """
        if repeated := self._repeated(values, True):
            tape, places = repeated
            with np.errstate(all="ignore"):
                slopes = dict(zip(values, tape.slopes(places), strict=True))
            found = np.empty((len(paths), *self._s.shape), dtype=complex)
            for row, path in zip(found, paths, strict=True):
                row[:] = slopes[path]
            if np.isfinite(found).all():
                return found
        return self.jacobian(values, paths)

    def jacobian(
        self, values: Mapping[str, float | NDArray[np.float64]], paths: Sequence[str]
    ) -> NDArray[np.complex128]:
        """Derivatives dZ/dp [ohm per SI unit] by `paths`, which are among `varied`: (paths,) + frequencies.shape."""
        return self.linearised(values, paths)[1]

    def linearised(
        self, values: Mapping[str, float | NDArray[np.float64]], paths: Sequence[str]
    ) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
        """What `impedance` and `jacobian` give, from one evaluation."""
        if again := self._again(values, paths):
            return again
        self._reader.give(values)
        dimensions = self._s.ndim
        given = {path: leading(values[path], dimensions) for path in paths}
        partial = np.zeros((len(paths), *self._s.shape), dtype=complex)
        z = np.empty(self._s.shape, dtype=complex)
        with np.errstate(all="ignore"):
            for part in self._parts():
                z[..., part] = add_slopes(self.cell, self._reader, given, self._s[..., part], partial[..., part])
        return z, partial

    def _repeated(
        self, values: Mapping[str, float | NDArray[np.float64]], record: bool
    ) -> tuple[Tape, list[Array]] | None:
        """The tape of these numbers and all that is on it; None where they have none, or not with these values."""
        if self._last is not None and values == self._last[0]:  # where the residuals were asked for
            return self._last[1]
        # what is 0 may take other formulas, and many cells at once have arrays of their own bounds
        if self._s.ndim > 1 or self._s.size > self._block or not all(values.values()):
            return None
        key = (tuple(values), self._s.tobytes())
        if record and key not in self._tapes:
            self._tapes[key] = self._recorded(values)
            if len(self._tapes) > MOST:
                self._tapes.pop(next(iter(self._tapes)), None)  # None: another thread was faster
        tape = self._tapes.get(key)
        if tape is None:
            return None
        with np.errstate(all="ignore"):
            places = tape.repeated([*map(float, values.values())])
        if places is None or not np.isfinite(tape.result(places)).all():
            return None
        self._last = dict(values), (tape, places)
        return tape, places

    def _recorded(self, values: Mapping[str, float | NDArray[np.float64]]) -> Tape | None:
        """The operations of a spectrum, believed only where they give it, and its derivatives, as the formulas do."""

        def formula(*numbers: Array) -> Array:
            self._reader.give(dict(zip(values, numbers, strict=True)))
            return stack_at(self.cell, self._reader, self._s, False)

        z, slopes = self._carried_out(values), self.jacobian(values, list(values))
        numbers = [*map(float, values.values())]
        with np.errstate(all="ignore"):
            try:
                tape = Tape(formula, numbers)
            except Untraceable:
                return None
            places = tape.repeated(numbers)
            if places is None or not np.array_equal(tape.result(places), z):
                return None
            same = [
                np.abs(found - slope) <= SAME * (np.abs(slope) + np.abs(z / number))
                for found, slope, number in zip(tape.slopes(places), slopes, numbers, strict=True)
            ]
        return tape if np.all(same) else None

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
