"""From results, fits, studies and cells to tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import singledispatch
from itertools import product

import numpy as np
import xarray as xr

from ..cells import Cell
from ..cells.describe import parameters
from ..circuits import Circuit
from ..errors import InputError
from ..fitting import Fit, FitSeries
from ..fitting.report import table_rows
from ..plain import is_listed, is_mapping
from ..quantities import Value
from ..shortnames import without_short_names
from .tables import Column, Table

__all__ = ["tables_of"]

#: What a run goes on from: it means nothing to another program, and `mgtwin.save` keeps it.
_STATE = {"state", "segment_time", "state_variable", "state_position"}
#: Where `table_rows` of a fit say whether a parameter is identifiable.
_VERDICT = 4
#: Attributes that hold for a whole measurement, as heads of instrument files have them.
_CONDITIONS = {"temperature": "K", "area": "m^2", "thickness": "m"}
#: Of several dimensions of a variable rows go along the first of these; the others become columns.
_ROWS = ("frequency", "time", "cycle", "time_constant", "sample")


@singledispatch
def tables_of(thing: object) -> tuple[Table, ...]:
    """Return the tables of a result, a fit, a study, a cell, a circuit, or of a list or mapping of such.

    Parameters
    ----------
    thing : Dataset, DataTree, Fit, FitSeries, Cell, Circuit, list or mapping
        The keys of a mapping (or numbers of a list) become the names of the tables.

    Returns
    -------
    tuple of Table
        In SI units. An impedance has the columns Re(Z), -Im(Z), |Z| and Phase(Z); other complex numbers Re and Im.

    Raises
    ------
    InputError
        Nothing is known that would be a table of it.

    Examples
    --------
    >>> import mgtwin as mt
    >>> table = tables_of(mt.simulate(mt.cell("trilayer"), mt.EIS(1e5, 1.0)))[0]
    >>> [column.head for column in table.columns]
    ['frequency / Hz', 'Re(Z) / ohm', '-Im(Z) / ohm', '|Z| / ohm', 'Phase(Z) / deg']
    """
    if is_mapping(thing) and thing:
        return tuple(
            table.named(f"{name} {table.name}".strip()) for name, item in thing.items() for table in tables_of(item)
        )
    if is_listed(thing) and thing:
        return tables_of({str(number): item for number, item in enumerate(thing, 1)})
    raise InputError(
        f"a {type(thing).__name__} has no tables: export takes results (Dataset, DataTree), fits, studies, cells, "
        f"circuits, and lists or mappings of these that are not empty."
    )


@tables_of.register
def tables_of_tree(thing: xr.DataTree) -> tuple[Table, ...]:
    return tables_of({node.path.strip("/"): node.to_dataset() for node in thing.leaves if node.has_data})


@tables_of.register
def tables_of_dataset(thing: xr.Dataset) -> tuple[Table, ...]:
    thing = without_short_names(thing)
    about = {key: str(thing.attrs[key]) for key in ("mgtwin_version", "created", "route", "file") if key in thing.attrs}
    about |= {key: f"{thing.attrs[key]} {unit}" for key, unit in _CONDITIONS.items() if key in thing.attrs}
    about |= {f"warning {k}": text for k, text in enumerate(thing.attrs.get("warnings", ()), 1)}
    origin = {key: str(thing.attrs[key]) for key in ("protocol", "cell") if key in thing.attrs}
    if "study" in thing.attrs:
        return (Table("", tuple(_points(thing)), about, origin),)
    groups: dict[str, list[Column]] = {}
    for name, variable in thing.variables.items():
        if str(name).endswith("_samples") and variable.dims[0] == "sample":
            groups.setdefault(str(variable.dims[1]), []).extend(_bands(thing, str(name)))
        elif name not in _STATE and variable.dims != (name,):
            dims = [str(dim) for dim in variable.dims]
            rows = next((dim for dim in (*_ROWS, *dims) if dim in dims), "")
            groups.setdefault(rows, []).extend(_columns(thing, str(name), rows))
    if not groups:
        raise InputError("the Dataset holds nothing that could be exported.")
    # samples before what is said of the whole
    order = sorted(groups, key=lambda rows: _ROWS.index(rows) if rows in _ROWS else len(_ROWS) + (rows == ""))
    alone = len(groups) == 1
    labels = {str(dim): [Column(str(dim), _unit(thing[dim]), thing[dim].values)] for dim in thing.indexes}
    return tuple(
        Table("" if alone else rows or "scalars", (*labels.get(rows, ()), *groups[rows]), about, origin)
        for rows in order
    )


def _columns(ds: xr.Dataset, name: str, rows: str) -> Iterator[Column]:
    """The columns of a variable: one for each combination of the labels of its other dimensions."""
    variable = ds[name]
    others = [str(dim) for dim in variable.dims if dim != rows]
    for place in product(*(range(ds.sizes[dim]) for dim in others)):
        chosen = variable.isel(dict(zip(others, place, strict=True)))
        label = ", ".join(f"{ds[dim].values[k]} {_unit(ds[dim])}".strip() for dim, k in zip(others, place, strict=True))
        yield from _numbers(f"{name} [{label}]" if label else name, _unit(variable), np.atleast_1d(chosen.values))


def _bands(ds: xr.Dataset, name: str) -> Iterator[Column]:
    """Of the curves of many parameter sets the ends of the bands that figures shade, 68 and 90 % of them."""
    for column in _numbers(name.removesuffix("_samples"), _unit(ds[name]), ds[name].values):
        for percent in (5, 16, 84, 95):
            yield Column(f"{column.name} {percent} %", column.unit, np.quantile(column.values, percent / 100, axis=0))


def _points(ds: xr.Dataset) -> Iterator[Column]:
    """Coordinates and numbers of every point of a study, row by row, however many dimensions it has."""
    flat = ds.reset_index(list(ds.indexes)).reset_coords()
    whole = xr.broadcast(flat)[0].stack(point=list(flat.sizes), create_index=False)
    labels = [name for name in ds.coords if name in whole]
    for name in (*labels, *(name for name in ds.data_vars if name in whole)):
        yield from _numbers(str(name), _unit(ds[name]), whole[name].values)


def _unit(variable: xr.DataArray) -> str:
    unit = str(variable.attrs.get("units", ""))
    return "" if unit == "1" else unit


def _numbers(name: str, unit: str, values: np.ndarray) -> Iterator[Column]:
    """A column, or those of complex numbers: of an impedance in the four ways in which programs ask for it."""
    if values.dtype.kind != "c":
        yield Column(name, unit, values)
        return
    symbol = name.replace("impedance", "Z", 1) if unit == "ohm" else name
    yield Column(f"Re({symbol})", unit, values.real)
    if unit != "ohm":
        yield Column(f"Im({symbol})", unit, values.imag)
        return
    yield Column(f"-Im({symbol})", unit, -values.imag)
    yield Column(f"|{symbol}|", unit, np.abs(values))
    yield Column(f"Phase({symbol})", "deg", np.degrees(np.angle(values)))


@tables_of.register
def tables_of_cell(thing: Cell) -> tuple[Table, ...]:
    rows = parameters(thing)
    texts = {
        "shown": [row.text for row in rows], "law": [row.law for row in rows], "kind": [row.kind for row in rows],
        "source": [row.source for row in rows], "where": [row.where for row in rows],
        "printed": [row.printed for row in rows], "note": [row.note for row in rows],
    }  # fmt: skip
    columns = (*_named_numbers({row.path: row.value for row in rows}), *(_words(*item) for item in texts.items()))
    return (Table("", columns, {"cell": thing.name}, {"cell": thing.to_yaml()}),)


@tables_of.register
def tables_of_circuit(thing: Circuit) -> tuple[Table, ...]:
    values = {path: value for path in thing.paths() if (value := thing.get(path)) is not None}
    return (Table("", _named_numbers(values), {"circuit": str(thing)}),)


@tables_of.register
def tables_of_fit(thing: Fit) -> tuple[Table, ...]:
    known = [thing.known(name) for name in thing.names]
    numbers = {
        "value": [item.value for item in known], "std": [item.std for item in known],
        "low": [item.low for item in known], "high": [item.high for item in known],
    }  # fmt: skip
    columns = (
        _words("parameter", thing.names),
        *(Column(name, "", np.array(values, dtype=float)) for name, values in numbers.items()),
        _words("unit", [item.unit for item in known]),
        _words("identifiable", [row[_VERDICT] for row in table_rows(thing)]),
    )
    return (Table("", columns, {"fit": str(thing)}),)


@tables_of.register
def tables_of_series(thing: FitSeries) -> tuple[Table, ...]:
    whole = thing.to_dataset()
    about = {f"warning {k}": text for k, text in enumerate(whole.attrs["warnings"], 1) if text}
    columns = [_words("measurement", thing.labels)]
    columns += [
        Column(str(name), _unit(whole[name]), whole[name].values)
        for name in whole.coords
        if whole[name].dims == ("sample",) and name not in ("sample", "label")
    ]
    for name, unit in zip(thing[0].names, whole["parameter_unit"].values, strict=True):
        estimates = [item.known(name) for item in thing]
        numbers = {
            name: [one.value for one in estimates], f"{name} std": [one.std for one in estimates],
            f"{name} low": [one.low for one in estimates], f"{name} high": [one.high for one in estimates],
        }  # fmt: skip
        columns += [Column(head, str(unit), np.array(values, dtype=float)) for head, values in numbers.items()]
        columns.append(_words(f"{name} identifiable", ["yes" if one.identifiable else "no" for one in estimates]))
    columns += [Column(name, "", whole[name].values) for name in ("misfit", "poor")]
    return (Table("", tuple(columns), about),)


def _words(name: str, texts: Iterable[str]) -> Column:
    return Column(name, "", np.array([*texts], dtype=object))


def _named_numbers(values: Mapping[str, float]) -> tuple[Column, Column, Column]:
    """The columns parameter, value and unit."""
    return (
        _words("parameter", values),
        Column("value", "", np.array([*values.values()], dtype=float)),
        _words("unit", [Value.of(value).unit or "" for value in values.values()]),
    )
