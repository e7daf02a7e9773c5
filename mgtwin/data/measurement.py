"""From the tables of a file to Datasets: spectra and signals, told apart by the columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.data.columns import Columns, assign, heads
from mgtwin.data.formats import Parsed
from mgtwin.data.hints import Hints
from mgtwin.data.report import About
from mgtwin.data.spectra import is_spectrum, spectra
from mgtwin.data.table import Table
from mgtwin.data.transients import is_transient, signal
from mgtwin.data.unlabelled import told_apart
from mgtwin.errors import FileError

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["measurements"]

#: A temperature that changes by more than this [K] is not that of the measurement.
_STEADY = 5.0


def measurements(parsed: Parsed, hints: Hints) -> xr.Dataset | xr.DataTree:
    """Return the one measurement of a file, or a DataTree of several with nodes spectrum_1, transient_1 and so on.

    Raises
    ------
    FileError
        A table is neither a spectrum nor a signal, or its numbers make no sense.
    """
    import xarray as xr

    found = [item for table in parsed.tables for item in _of_table(table, parsed.about, hints)]
    if len(found) == 1:
        return found[0][1]
    kinds = [kind for kind, _ in found]
    names = [f"{kind}_{kinds[: k + 1].count(kind)}" if kinds.count(kind) > 1 else kind for k, kind in enumerate(kinds)]
    return xr.DataTree.from_dict(dict(zip(names, (ds for _, ds in found), strict=True)), name=parsed.about.file)


def _of_table(table: Table, about: About, hints: Hints) -> Iterator[tuple[str, xr.Dataset]]:
    if table.headless and not hints.columns:
        table = told_apart(table)
    columns = assign(table, hints)
    about = _temperature(columns, about, hints)
    rows = np.ones(len(table), dtype=bool)
    if is_spectrum(columns):
        yield from _spectrum_and_rest(columns, rows, about, hints)
    elif is_transient(columns, hints):
        yield "transient", signal(columns, rows, about, hints)
    else:
        raise FileError(_neither(columns), table.file)


def _spectrum_and_rest(
    columns: Columns, rows: np.ndarray, about: About, hints: Hints
) -> Iterator[tuple[str, xr.Dataset]]:
    """Rows with frequency zero are those of a signal in time that was recorded before or after the spectrum."""
    name = "frequency" if "frequency" in columns else "angular_frequency"
    rest = rows & (columns.values(name, hints) == 0)
    parts: list[tuple[str, list[xr.Dataset], int]] = []
    if rest.any() and not rest.all():
        if rest.sum() > 1 and is_transient(columns, hints):
            parts.append(("transient", [signal(columns, rest, about, hints)], int(np.flatnonzero(rest)[0])))
        else:
            about = about.noted(f"{rest.sum()} rows of frequency 0 are no part of a spectrum: left out")
        rows = rows & ~rest
    parts.append(("spectrum", list(spectra(columns, rows, about, hints)), int(np.flatnonzero(rows)[0])))
    for kind, found, _ in sorted(parts, key=lambda part: part[2]):
        yield from ((kind, ds) for ds in found)


def _temperature(columns: Columns, about: About, hints: Hints) -> About:
    """Take the temperature from its column where it stays the same."""
    from dataclasses import replace

    if "temperature" not in columns or columns.found["temperature"].unit is None:
        return about
    values = columns.values("temperature", hints)
    values = values[np.isfinite(values) & (values > 0)]
    if not values.size or np.ptp(values) > _STEADY:
        return about
    return replace(about.noted("temperature is the mean of its column"), temperature=float(values.mean()))


def _neither(columns: Columns) -> str:
    """Say what is missing for a spectrum or a signal."""
    seen = heads(columns.table)
    if "frequency" in columns or "angular_frequency" in columns:
        missing = "Im Z" if "real" in columns else "Re Z" if "imaginary" in columns else "the impedance"
        return (
            f"the file has a frequency but no column of {missing} (nor |Z| with the phase). {seen} If one of them "
            f"is it, give "
            "columns={'real': ..., 'imaginary': ...}."
        )
    if "real" in columns or "imaginary" in columns or "modulus" in columns:
        return (
            f"the file has an impedance but no column of the frequency. {seen} If one of them is it, give "
            "columns={'frequency': ...}."
        )
    if columns.has("time", "voltage"):
        return (
            f"the file has time and voltage but no column of the current. {seen} If one of them is it, give "
            "columns={'current': ...}; if it was constant, give it: current='0.4 mA'."
        )
    absent = [name for name in ("time", "voltage", "current") if name not in columns]
    return (
        f"the file is neither a spectrum nor a signal in time: no column of {', '.join(absent)}, nor of frequency "
        f"and impedance. "
        f"{seen} Say which is which: columns={{'time': 1, 'voltage': 2, 'current': mt.Column(3, unit='mA')}}."
    )
