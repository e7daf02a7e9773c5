"""From the tables of a file to Datasets: spectra and signals, told apart by the columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.data.columns import Columns, assign, heads
from mgtwin.data.fileformat import Parsed
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
    columns = _measured(assign(table, hints))
    if columns.has_frequency and not is_spectrum(columns):
        other = assign(table, hints, immittance=True)
        columns = other if is_spectrum(other) else columns
    rows = np.ones(len(table), dtype=bool)
    if is_spectrum(columns):
        yield from _spectrum_and_rest(columns, rows, about)
    elif is_transient(columns) and (columns.told("time", "voltage", "current") or not _is_half(columns)):
        yield "transient", signal(columns, rows, about)
    else:
        raise FileError(_neither(columns), table.file)


def _measured(columns: Columns) -> Columns:
    """Leave out columns of zeros beside others that hold the same: they were written, but not measured."""
    pairs = (("real", "imaginary"), ("modulus", "phase"))
    for pair, others in (pairs, pairs[::-1]):
        if columns.has(*pair, *others) and all(map(columns.empty, pair)):
            columns = columns.without(*pair)
    return columns


def _is_half(columns: Columns) -> bool:
    """Tell whether a part of a spectrum is there: the table is no signal then, even if it holds times and currents."""
    frequency = [name for name in ("frequency", "angular_frequency") if name in columns and not columns.empty(name)]
    impedance = columns.has("real", "imaginary") and not (columns.empty("real") and columns.empty("imaginary"))
    return bool(frequency) or impedance


def _spectrum_and_rest(columns: Columns, rows: np.ndarray, about: About) -> Iterator[tuple[str, xr.Dataset]]:
    """Rows with frequency zero are those of a signal in time that was recorded before or after the spectrum."""
    rest = rows & (columns.frequency() == 0)
    parts: list[tuple[str, list[xr.Dataset], int]] = []
    if rest.any() and not rest.all():
        if rest.sum() > 1 and is_transient(columns):
            parts.append(("transient", [signal(columns, rest, about)], int(np.flatnonzero(rest)[0])))
        else:
            about = about.noted(warnings=[f"{rest.sum()} rows of frequency 0 are no part of a spectrum: left out."])
        rows = rows & ~rest
    parts.append(("spectrum", list(spectra(columns, rows, about)), int(np.flatnonzero(rows)[0])))
    for kind, found, _ in sorted(parts, key=lambda part: part[2]):
        yield from ((kind, ds) for ds in found)


def _neither(columns: Columns) -> str:
    """Say what is missing for a spectrum or a signal."""
    seen = heads(columns.table)
    if columns.has_frequency:
        if "modulus" in columns or "phase" in columns:
            missing = "the phase" if "modulus" in columns else "|Z|"
            return (
                f"the file has a frequency but no column of {missing}. {seen} If one of them is it, give "
                "columns={'modulus': ..., 'phase': mt.Column('...', unit='deg')}."
            )
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
