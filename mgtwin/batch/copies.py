"""Datasets and texts of many runs that are alike but for numbers: made once, and refilled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..cells import Cell
from ..errors import InputError

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["CellText", "refilled"]


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


def refilled(template: xr.Dataset, traces: Mapping[str, Any], attrs: Mapping[str, Any]) -> xr.Dataset:
    """A Dataset like another one with other numbers: making it anew would take longer than its integration.

    Parameters
    ----------
    template : xarray.Dataset
        Of `mgtwin.dataset.transient`.
    traces : mapping
        Its arguments, with values of the same shapes.
    attrs : mapping
        Attributes.
    """
    import xarray as xr

    data: dict[Any, Any] = {}
    for name, variable in template.data_vars.items():
        match traces[str(name)]:
            case Mapping() as parts:
                array = np.array([*parts.values()])
            case values:
                array = np.asarray(values, dtype=variable.dtype)
        data[name] = (variable.dims, array, variable.attrs)
    coords = template.coords
    moved = [name for name in ("time", "x") if name in coords and not np.array_equal(traces[name], coords[name].values)]
    if moved:
        variables = {name: coord.variable for name, coord in coords.items()}
        indexes = dict(coords.xindexes)
        for name in moved:
            index = xr.IndexVariable(name, traces[name], coords[name].attrs)
            variables[name], indexes[name] = index, xr.indexes.PandasIndex(traces[name], name)
        coords = xr.Coordinates(variables, indexes)  # type: ignore[assignment]
    return xr.Dataset(data, coords=coords, attrs=attrs)
