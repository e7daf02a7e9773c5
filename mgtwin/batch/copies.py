"""Datasets and texts of many runs that are alike but for numbers: made once, and refilled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..cells import Cell
from ..errors import InputError

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["CellText", "Copies"]


class CellText:
    """The YAML of cells that differ in some numbers: everything else is written once.

    Parameters
    ----------
    cell : Cell
        One of them.
    paths : sequence of str
        Of the numbers in which they differ.

    Examples
    --------
    >>> import mgtwin as mt
    >>> cell, path = mt.cell("trilayer").with_({"temperature": 300.0}), "temperature"
    >>> other = cell.with_({path: 310.5})
    >>> CellText(cell, [path]).of(other, np.array([310.5])) == other.to_yaml()
    True
    """

    def __init__(self, cell: Cell, paths: Sequence[str]) -> None:
        self._pieces: list[str] = []
        self._order: list[int] = []
        # numbers that stand nowhere else in the text show where each of them is
        marks = [float(cell.get(path)) * (1 - 1e-3 * (k + 1) / (len(paths) + np.pi)) for k, path in enumerate(paths)]
        try:
            text = cell.with_(dict(zip(paths, marks, strict=True))).to_yaml()
        except InputError:  # at the end of a range
            return
        found = [text.find(repr(mark)) for mark in marks]
        if -1 in found or any(text.count(repr(mark)) != 1 for mark in marks):
            return
        self._order = sorted(range(len(marks)), key=found.__getitem__)
        start = 0
        for k in self._order:
            self._pieces.append(text[start : found[k]])
            start = found[k] + len(repr(marks[k]))
        self._pieces.append(text[start:])
        own = np.array([float(cell.get(path)) for path in paths])
        if self._filled(own) != cell.to_yaml():  # written in another way
            self._pieces = []

    def of(self, cell: Cell, values: NDArray[np.float64]) -> str:
        """The text of a cell with these values at the paths."""
        return self._filled(values) if self._pieces else cell.to_yaml()

    def _filled(self, values: NDArray[np.float64]) -> str:
        numbers = [repr(float(values[k])) for k in self._order]
        return "".join(part for pair in zip(self._pieces, [*numbers, ""], strict=True) for part in pair)


class Copies:
    """Datasets like another one with other numbers: making them anew would take longer than their integration.

    Parameters
    ----------
    template : xarray.Dataset
        Of `mgtwin.dataset.transient`, which has checked it.
    """

    def __init__(self, template: xr.Dataset) -> None:
        self.size = template["time"].size
        self._data = {str(name): (one.dims, one.dtype, one.attrs) for name, one in template.data_vars.items()}
        self._coords = {str(name): one.variable for name, one in template.coords.items()}
        self._indexes = {str(name): index for name, index in template.xindexes.items()}
        self._same = template.coords

    def filled(self, traces: Mapping[str, object], attrs: Mapping[str, object]) -> xr.Dataset:
        """One with these arguments of `mgtwin.dataset.transient`, of the same shapes, and attributes."""
        import xarray as xr

        data = {}
        for name, (dims, dtype, words) in self._data.items():
            match traces[name]:
                case Mapping() as parts:
                    array = np.array([*parts.values()])
                case values:
                    array = np.asarray(values, dtype=dtype)
            data[name] = xr.Variable(dims, array, words)
        moved = [name for name in ("time", "x") if name in self._coords and not self._has(name, traces[name])]
        coords = self._same
        if moved:
            variables, indexes = dict(self._coords), dict(self._indexes)
            for name in moved:
                indexes[name] = xr.indexes.PandasIndex(np.asarray(traces[name]), name)
                variables[name] = xr.IndexVariable(name, indexes[name].index, variables[name].attrs)
            coords = xr.Coordinates(variables, indexes)  # type: ignore[assignment]
        return xr.Dataset(data, coords=coords, attrs=attrs)

    def _has(self, name: str, values: object) -> bool:
        return np.array_equal(self._coords[name].values, np.asarray(values))
