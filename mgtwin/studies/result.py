"""From numbers to the Dataset of a study, and from a point of it back to its Cell."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..cells import Cell
from ..dataset import add_warning, attributes, stamp
from ..errors import InputError
from .axes import Grid
from .measured import FAILURE
from .plan import CELL, PROTOCOL, Plan

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["cell_at", "open_study"]

#: Warnings of single runs that a result carries at most.
WARNINGS = 50


def coordinates(plan: Plan) -> dict[str, tuple[tuple[str, ...], np.ndarray, dict[str, Any]]]:
    """Coordinates of the result by name: (dims, values, attrs)."""
    found: dict[str, tuple[tuple[str, ...], np.ndarray, dict[str, Any]]] = {}
    for dim, labels in plan.labels.items():
        found[dim] = ((dim,), np.array(labels, dtype=object), {"units": "1", "long_name": dim})
    for axis in plan.axes:
        attrs = {"units": axis.unit or "1", "long_name": _words(axis.name), "paths": list(axis.paths)}
        found[axis.name] = ((axis.dim,), axis.values, attrs)
    for dim in plan.grid.dims:
        if dim not in found:
            n = plan.grid.shape[plan.grid.dims.index(dim)]
            found[dim] = ((dim,), np.arange(n), {"units": "1", "long_name": dim.replace("_", " ")})
    return found


def _words(name: str) -> str:
    """A path as an axis label says it.

    Examples
    --------
    >>> _words("layers.buffer_*.material.ionic_conductivity.reference")
    'buffer ionic conductivity'
    """
    skipped = {"layers", "interfaces", "material", "*"}
    said = []
    for path in name.split(", "):
        parts = [part for part in path.replace("contact.", "contact ").split(".") if part not in skipped]
        head, tail = (parts[:1], parts[1:]) if len(parts) > 1 else ([], parts)
        words = [*head, ", ".join(tail)]
        said.append(" ".join(words).replace("_*", "").replace("_", " ").removesuffix(", reference"))
    return "; ".join(said)


def attrs_of(plan: Plan, warnings: Iterable[str] = (), **extra: Any) -> dict[str, Any]:
    """Attributes of the result: what was studied, and what to beware of."""
    from ..simulation.checks import validity_warnings

    cells, protocols = list(plan.cells.values()), list(plan.protocols.values())
    known = [text for cell in cells for text in validity_warnings(cell)]
    return stamp(
        cell=cells[0].to_yaml() if len(cells) == 1 else None,
        protocol=protocols[0].to_yaml() if len(protocols) == 1 else None,
        route=f"study of {plan.grid.size} points",
        warnings=[*known, *_first(warnings)],
        sources=[source for cell in cells for source in cell.sources],
        study=plan.identity_text(),
        **extra,
    )


def _first(warnings: Iterable[str]) -> list[str]:
    distinct = list(dict.fromkeys(warnings))
    more = len(distinct) - WARNINGS
    return distinct if more <= 0 else [*distinct[:WARNINGS], f"and {more} more warnings of single points"]


def dataset_of(
    plan: Plan, values: Mapping[str, np.ndarray], failure: np.ndarray, attrs: Mapping[str, Any]
) -> xr.Dataset:
    """The result of a study that was kept in memory."""
    import xarray as xr

    dims = plan.grid.dims
    data = {metric.name: (dims, values[metric.name], metric.attrs) for metric in plan.metrics}
    data[FAILURE] = (dims, failure, attributes(FAILURE))
    return xr.Dataset(data, coords=coordinates(plan), attrs=dict(attrs))


def open_study(store: str | Path) -> xr.Dataset:
    """Open the store of a study, finished or not; numbers are read from disk when they are used.

    Returns
    -------
    xarray.Dataset
        As `mgtwin.sweep` returns it. Points that are not computed yet are NaN.

    Raises
    ------
    InputError
        There is no study at `store`, or zarr is not installed.
    """
    import xarray as xr

    from .store import _zarr, identity_of

    path = Path(store)
    identity_of(path)
    zarr = _zarr()
    raw = xr.open_zarr(path, chunks=None, consolidated=True)
    coords, data = {}, {}
    for key, variable in raw.variables.items():
        attrs = dict(variable.attrs)
        if attrs.pop("coordinate", False):
            name = attrs.pop("name")
            values = variable.values
            coords[name] = (variable.dims, values.astype(object) if values.dtype.kind == "T" else values, attrs)
        elif key == FAILURE:
            data[FAILURE] = (variable.dims, _texts(zarr.open_array(path / FAILURE, mode="r"), variable.dims), attrs)
        else:
            data[str(key)] = variable
    about = {name: value for name, value in raw.attrs.items() if name != "mgtwin_study"}
    return xr.Dataset(data, coords=coords, attrs=about)


def _texts(array: Any, dims: tuple[Any, ...]) -> np.ndarray:
    """Texts as Python objects, which everything can handle; read chunk by chunk, for most are empty."""
    texts = np.full(array.shape, "", dtype=object)
    grid = Grid(tuple(map(str, dims)), array.shape, array.chunks)
    for number in grid:
        texts[grid.region(number)] = array[grid.region(number)].astype(object)
    return texts


def cell_at(study: xr.Dataset) -> Cell:
    """Return the cell of one point of a study.

    Parameters
    ----------
    study : xarray.Dataset
        Reduced to one point, for example ``study.isel(design=0)`` or ``study.sel({"temperature": 333.15})``.

    Raises
    ------
    InputError
        It is not the result of a study, or still has several points.

    Examples
    --------
    >>> import mgtwin as mt
    >>> study = mt.sweep(mt.cell("trilayer"), mt.EIS(1e5, 1.0), {"layers.buffer_*.thickness": ["0.2 mm", "0.4 mm"]},
    ...                  metrics=[mt.analysis.area_specific_resistance])
    >>> float(cell_at(study.isel({"layers.buffer_*.thickness": 1})).get("layers.buffer_left.thickness"))
    0.0004
    """
    text = study.attrs.get("study")
    if not text:
        raise InputError("this Dataset is not the result of a study: it does not say which cell was varied.")
    known = json.loads(text)
    left = {str(dim): size for dim, size in study.sizes.items() if dim not in (PROTOCOL,)}
    if any(size > 1 for size in left.values()):
        raise InputError(f"choose one point first, e.g. study.isel({{{next(iter(left))!r}: 0}}): it has {left}.")
    labels = list(known["cells"])
    label = str(np.asarray(study[CELL].values).item()) if CELL in study.coords else labels[0]
    changes: dict[Any, float] = {
        tuple(axis["paths"]): float(np.asarray(study[name].values).item()) for name, axis in known["axes"].items()
    }
    return Cell.from_yaml(known["cells"][label]).with_(changes)


def finished(ds: xr.Dataset, warnings: Iterable[str]) -> xr.Dataset:
    """A result with further warnings, the first of many."""
    return add_warning(ds, *_first(warnings))
