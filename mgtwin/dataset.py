"""The schema of every result and measurement: names, dimensions, units, signs and attributes of an xarray Dataset.

`SCHEMA` is the one declaration. `spectrum` and `transient` build Datasets that follow it, `check` says where a Dataset
does not, `stamp` makes the attributes that let a saved file be understood and run again, `save` and `open` keep it on
disk exactly as it was.

Signs are those of the laboratory (IUPAC): positive current oxidises the working (positive) electrode, so a passive cell
has voltage and current of the same sign and an impedance with a positive real part. Values are SI.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from mgtwin._cycles import has_gaps, sample_cycles
from mgtwin._schema import SCHEMA, Variable, attributes, check, is_tree, node_of, problems
from mgtwin.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

#: Attributes of a Dataset: texts, numbers, lists and mappings of them.
Attrs = Mapping[str, object]
_Variable = tuple[tuple[str, ...], np.ndarray, dict[str, str]]

__all__ = [
    "SCHEMA",
    "Variable",
    "add_warning",
    "attributes",
    "check",
    "has_gaps",
    "is_result",
    "is_tree",
    "jacobian",
    "node_of",
    "open",
    "problems",
    "sample_cycles",
    "save",
    "spectrum",
    "stamp",
    "transient",
]


#: Variables that label others; all the rest are data.
_LABELS = {
    *("time", "cycle", "cycle_number", "step", "element", "interface", "frequency", "parameter", "parameter_unit"),
    *("x", "layer", "salt_x", "salt_layer", "half_cycle", "sample"),
}
#: Dimensions of per-cycle summaries, which stand beside samples that are labelled by ``cycle_number``.
_OF_CYCLES = {"cycle": ("cycle",), "impedance": ("cycle", "frequency")}
#: Indexes of names come again in all results of a cell, and texts take long to become one.
_index_of = lru_cache(maxsize=128)(lambda index, *names: index(np.array(names, dtype=str)))
_DTYPES: Mapping[str, type] = {"f": float, "c": complex, "i": np.int64, "U": str}


def _build(variables: Mapping[str, ArrayLike | None], attrs: Attrs | None) -> xr.Dataset:
    """Make the Dataset of declared variables; those that are None are left out."""
    import pandas as pd
    import xarray as xr
    from xarray.indexes import PandasIndex

    # `cycle` labels samples, unless every cycle is summarised: then it is a dimension and `cycle_number` labels them.
    alone = _OF_CYCLES if "cycle_number" in variables else {}
    given: dict[str, _Variable] = {}
    for name, item in variables.items():
        if item is None:
            continue
        dtype = _DTYPES[SCHEMA[name].kind]
        try:
            # A copy: a result must not change with the array of whoever made it.
            array: np.ndarray = np.array(item, dtype=dtype)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"{name}: expected an array of {dtype.__name__}, got {type(item).__name__}: {error}"
            ) from None
        expected = alone.get(name) or SCHEMA[name].dims
        if array.ndim != len(expected):
            raise InputError(f"{name}: expected dimensions {expected}, got an array of shape {array.shape}.")
        given[name] = expected, array, attributes(name)
    sizes: dict[str, tuple[int, str]] = {}
    for name, (dims, array, _) in given.items():
        for dim, size in zip(dims, array.shape, strict=True):
            known, first = sizes.setdefault(dim, (size, name))
            if known != size:
                raise InputError(
                    f"{name} has {size} values along {dim!r} but {first} has {known}: they must have the same length."
                )
    # As Variables: of anything else xarray asks whether it is an array of dask or of pint, and imports both to know.
    made = {name: xr.Variable(dims, array, own, fastpath=True) for name, (dims, array, own) in given.items()}
    indexes = {
        name: PandasIndex(
            _index_of(pd.Index, *array.tolist()) if array.dtype.kind == "U" else pd.Index(array), name, array.dtype
        )
        for name, (dims, array, _) in given.items()
        if dims == (name,)
    }
    for name, index in indexes.items():
        made |= index.create_variables({name: made[name]})
    # xarray takes only the dimension itself for a label; the others have to be told.
    labels = xr.Coordinates({name: made.pop(name) for name in list(made) if name in _LABELS}, indexes)
    return check(xr.Dataset(made, coords=labels, attrs={**stamp(), **(attrs or {})}))


def spectrum(
    frequency: ArrayLike, impedance: ArrayLike, attrs: Attrs | None = None, **declared: ArrayLike | None
) -> xr.Dataset:
    """Build the Dataset of an impedance spectrum.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        Frequency [Hz], positive and finite, in any order.
    impedance : array_like of complex, shape (n,)
        Impedance of the cell [ohm]; positive real part if passive, negative imaginary part if capacitive.
    attrs : mapping, optional
        Attributes, usually from `stamp`.
    **declared
        Any other variable of `SCHEMA` over the frequency, by its name.

    Raises
    ------
    InputError
        Lengths differ, or frequencies are not positive and finite.

    Examples
    --------
    >>> spectrum([1e3, 1.0], [10 - 1j, 20 - 5j]).sizes["frequency"]
    2
    """
    return _build({"frequency": frequency, "impedance": impedance, **declared}, attrs)


def jacobian(
    frequency: ArrayLike,
    parameter: Sequence[str],
    derivative: ArrayLike,
    *,
    unit: Sequence[str] | None = None,
    attrs: Attrs | None = None,
) -> xr.Dataset:
    """Build the Dataset of the derivatives of an impedance spectrum with respect to parameters of the cell.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        Frequency [Hz].
    parameter : sequence of str, shape (m,)
        Dotted paths.
    derivative : array_like of complex, shape (n, m)
        dZ/dp [ohm per SI unit of the parameter].
    unit : sequence of str, shape (m,), optional
        SI units of the parameters.
    attrs : mapping, optional
        Attributes, usually from `stamp`.

    Raises
    ------
    InputError
        Lengths differ, or frequencies are not positive and finite.

    Examples
    --------
    >>> ds = jacobian([1e3, 1.0], ["series_resistance"], [[1e4], [1e4]], unit=["ohm*m^2"])
    >>> complex(ds["impedance_jacobian"].sel(parameter="series_resistance")[0])
    (10000+0j)
    """
    axes = {"frequency": frequency, "parameter": parameter, "parameter_unit": unit}
    return _build({**axes, "impedance_jacobian": derivative}, attrs)


def transient(
    time: ArrayLike | None,
    voltage: ArrayLike | None,
    current: ArrayLike | None,
    *,
    overpotential: Mapping[str, ArrayLike] | None = None,
    electronic_current: Mapping[str, ArrayLike] | None = None,
    contact_fraction: Mapping[str, ArrayLike] | None = None,
    film_resistance: Mapping[str, ArrayLike] | None = None,
    half_cycle_capacity: ArrayLike | None = None,
    cycles: Mapping[str, ArrayLike | None] | None = None,
    attrs: Attrs | None = None,
    **declared: ArrayLike | None,
) -> xr.Dataset:
    """Build the Dataset of a signal in time.

    Parameters
    ----------
    time : array_like, shape (n,)
        Time since the start of the protocol [s], finite and never decreasing; it may occur twice where a step changes.
        None, like `voltage` and `current`, for a run of which only `cycles` are kept.
    voltage, current : array_like, shape (n,)
        Cell voltage [V] and current [A], laboratory signs. May contain NaN where an instrument read nothing.
    cycle, step : array_like of int, shape (n,), optional
        Number of the cycle and of the step at each time.
    overpotential : mapping of element name to array_like, shape (n,), optional
        Contributions to the voltage [V]; they sum to `voltage`.
    electronic_current : mapping of interface name to array_like, shape (n,), optional
        Electronic current [A] at ``"negative"``, the junctions and ``"positive"``.
    contact_fraction, film_resistance : mapping of interface name to array_like, shape (n,), optional
        Part of the area in contact, and film resistance of that part [ohm m^2], of the same interfaces.
    local_potential : array_like, shape (n, m), optional
        E(x, t) [V], with `x` [m] and `layer` (names), shape (m,).
    concentration : array_like, shape (n, k), optional
        c(x, t) of salts [mol/m^3], with `salt_x` [m] and `salt_layer` (names), shape (k,).
    half_cycle_capacity : array_like, optional
        Charge of each half cycle [C].
    state, segment_time, state_variable, state_position : optional
        State vector at the end of each kept segment, shape (segment, state_index), and what its components are.
    cycles : mapping, optional
        What summarises every cycle: declared variables with the dimension ``cycle``, and their coordinates (``cycle``,
        ``element``, ``interface``, ``frequency``). The samples' cycles are then called ``cycle_number``.
    attrs : mapping, optional
        Attributes, usually from `stamp`.

    **declared
        Any other variable of `SCHEMA` by its name.

    Raises
    ------
    InputError
        A name is not declared, lengths differ, time decreases, or the contributions do not sum to the voltage.

    Examples
    --------
    >>> float(transient([0, 1], [0.5, 0.5], [2e-6, 1e-6]).current[-1])
    1e-06
    """
    parts = {
        "overpotential": overpotential,
        "electronic_current": electronic_current,
        "contact_fraction": contact_fraction,
        "film_resistance": film_resistance,
    }
    variables: dict[str, ArrayLike | None] = {
        **{"time": time, "voltage": voltage, "current": current, "half_cycle_capacity": half_cycle_capacity},
        # A mapping without entries has no array to take the time from: it says the same as None.
        **{name: np.array([*values.values()], dtype=float) for name, values in parts.items() if values},
        "element": list(overpotential) if overpotential else None,
        "interface": list(electronic_current) if electronic_current else None,
        "half_cycle": None if half_cycle_capacity is None else np.arange(np.size(half_cycle_capacity)),
        **declared,
    }
    if cycles is not None:
        # Two things would be called cycle: the dimension of the summary keeps the name.
        variables = {**variables, "cycle_number": variables.pop("cycle", None), **cycles}
    return _build(variables, attrs)


def stamp(
    *,
    cell: str | None = None,
    protocol: str | None = None,
    route: str | None = None,
    warnings: Iterable[str] = (),
    sources: Iterable[str] = (),
    temperature: float | None = None,
    area: float | None = None,
    pybamm_version: str | None = None,
    created: str | None = None,
    **extra: object,
) -> dict[str, Any]:
    """Return the attributes of a result: what made it, from what, when, and what to beware of.

    Parameters
    ----------
    cell, protocol : str, optional
        YAML of the cell and of the protocol; a saved result can be run again from them.
    route : str, optional
        How it was computed or measured.
    warnings, sources : iterable of str
        Messages for whoever uses the result; keys of the references that its parameters come from.
    temperature, area : float, optional
        Temperature [K] and electrode area [m^2].
    pybamm_version : str, optional
        Version of PyBaMM, if it was used.
    created : str, optional
        Time of making in ISO 8601; now, in UTC, when not given.
    **extra
        Further attributes (text, numbers, lists).

    Examples
    --------
    >>> stamp(route="measured", warnings=["drift"])["warnings"]
    ['drift']
    """
    from datetime import UTC, datetime

    given = {"cell": cell, "protocol": protocol, "route": route, "pybamm_version": pybamm_version}
    numbers = {"temperature": temperature, "area": area}
    return {
        **{name: str(value) for name, value in given.items() if value is not None},
        **{name: float(value) for name, value in numbers.items() if value is not None},
        "mgtwin_version": _version(),
        "created": created or datetime.now(UTC).isoformat(timespec="seconds"),
        # Each once, in the order in which they arose: the first is usually the cause of the others.
        "warnings": list(dict.fromkeys(warnings)),
        "sources": list(dict.fromkeys(sources)),
        **extra,
    }


@cache
def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("mgtwin")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "unknown"


def add_warning(ds: xr.Dataset, *messages: str) -> xr.Dataset:
    """Return a Dataset like `ds` whose attribute ``warnings`` also has the messages (each once); `ds` stays as it was.

    Examples
    --------
    >>> add_warning(spectrum([1.0], [1.0]), "noisy").attrs["warnings"]
    ['noisy']
    """
    known = list(ds.attrs.get("warnings", []))
    return ds.assign_attrs(warnings=list(dict.fromkeys([*known, *messages])))


def save(data: xr.Dataset | xr.DataTree, path: str | Path) -> Path:
    """Write a Dataset or a DataTree to a netCDF file (HDF5) that `open` reads back exactly.

    The file is written beside its destination and moved there when complete: an interrupted run leaves the old file
    or none, never half of one. Complex variables become a real and an imaginary part, attributes that netCDF cannot
    hold (lists, also empty ones, true/false, nothing) become JSON text.

    Returns
    -------
    pathlib.Path
        Where it was written.

    Raises
    ------
    InputError
        The data do not follow the schema, hold something that cannot be written, or the folder does not exist.
    """
    from mgtwin import _netcdf

    return _netcdf.write(data, Path(path))


def is_result(raw: bytes) -> bool:
    """Tell from the bytes of a file whether `save` wrote it (it may be damaged: `open` says so).

    Examples
    --------
    >>> is_result(b"freq,re,im")
    False
    """
    from mgtwin import _netcdf

    return _netcdf.is_result(raw)


def open(path: str | Path) -> xr.Dataset | xr.DataTree:
    """Read a file written by `save`; everything is in memory and the file is closed.

    Raises
    ------
    FileError
        There is no such file, or mgtwin did not write it; the message says what to do instead.
    """
    from mgtwin import _netcdf

    return _netcdf.read(Path(path))
