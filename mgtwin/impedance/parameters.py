"""How the impedance reads a cell: each number once, or from the overrides of a batch of parameter sets."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..cells.cell import Cell
from ..cells.paths import Key, expand
from ..cells.reader import Reader
from ..errors import InputError
from ..kinds.noun import Same
from ..kinds.numbers import Number

#: Dotted path, wildcard or tuple of paths -> values of the parameter sets.
Overrides: TypeAlias = Mapping[Key, ArrayLike]


def reader_of(cell: Cell, overrides: Overrides) -> tuple[Reader, tuple[int, ...]]:
    """Return what reads a cell with overrides, and the shape of the batch that they span.

    Overridden numbers are arrays with one more axis, at the end, to broadcast against the frequencies.

    Raises
    ------
    UnknownNameError
        If a key names no number of the cell.
    InputError
        If a value is not finite, a path is given twice or the shapes do not broadcast.
    """
    known = _known(Same(cell))
    if not overrides:
        return known, ()
    values: dict[str, NDArray[np.float64]] = {}
    shapes = []
    for key, given in overrides.items():
        array = np.asarray(given, dtype=float)
        shapes.append(array.shape)
        for path in expand(cell, key):
            if path in values:
                raise InputError(f"{path} is given twice among the overrides.")
            current = known.get(path)
            if isinstance(current, bool) or not isinstance(current, (int, float)):
                raise InputError(
                    f"{path} is {current!r}, not a number: overrides replace numbers only, use Cell.with_."
                )
            may_be_infinite = path.endswith(("resistance", "mobility"))
            if not np.all(array == array if may_be_infinite else np.isfinite(array)):
                kind = "a number or inf" if may_be_infinite else "a finite number"
                raise InputError(f"Every value of {path} must be {kind}, in SI units.")
            values[path] = array[..., np.newaxis]
    try:
        return _Overridden(known, values), np.broadcast_shapes(*shapes)
    except ValueError:
        listed = ", ".join(f"{key}: {shape}" for key, shape in zip(overrides, shapes, strict=True))
        raise InputError(f"The shapes of the overrides do not broadcast with each other: {listed}.") from None


class _Known(Reader):
    """Reader of the cell's own numbers that finds and evaluates each only once: that takes longer than the algebra."""

    def __init__(self, cell: Cell) -> None:
        super().__init__(cell)
        self._numbers: dict[str, Number] = {}
        self._properties: dict[str, Number] = {}
        self._memory: dict[object, Any] = {}

    def memory(self, path: str) -> dict[object, Any] | None:
        return self._memory

    def number(self, path: str) -> Number:
        if path not in self._numbers:
            value = super().number(path)
            self._numbers[path] = None if value is None else float(value)  # numpy is slow with subclasses of float
        return self._numbers[path]

    def property(self, path: str, T: Number) -> Number:
        # T is the temperature of the cell, there is no other
        if path not in self._properties:
            value = super().property(path, T)
            # a function of a composition stays one: it is called with that
            self._properties[path] = value if value is None or callable(value) else float(value)
        return self._properties[path]


class _Overridden(Reader):
    """Reader with arrays in place of some numbers; the others come from `known`."""

    def __init__(self, known: Reader, values: Mapping[str, NDArray[np.float64]]) -> None:
        super().__init__(known.cell, lambda path, value: values[path] if path in values else float(value))
        self._known, self._values = known, values

    def get(self, path: str) -> Any:
        return self._known.get(path)

    def number(self, path: str) -> Number:
        return self._values[path] if path in self._values else self._known.number(path)

    def property(self, path: str, T: Number) -> Number:
        if self._changes(path):
            return super().property(path, T)
        return self._known.property(path, T)

    def memory(self, path: str) -> dict[object, Any] | None:
        return None if self._changes(path) else self._known.memory(path)

    def _changes(self, path: str) -> bool:
        """Whether something below a path is overridden, or the temperature."""
        # by text: the path of `a` claims changes of `ab`, too, which costs an evaluation and is no error
        return "temperature" in self._values or any(changed.startswith(path) for changed in self._values)


@lru_cache(maxsize=16)
def _known(key: Same) -> Reader:
    return _Known(key.noun)
