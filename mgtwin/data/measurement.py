"""From the tables of a file to Datasets: spectra and signals, told apart by the columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.data.columns import Columns, assign
from mgtwin.data.fileformat import Parsed
from mgtwin.data.hints import Hints
from mgtwin.data.report import About
from mgtwin.data.spectra import is_spectrum, spectra
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

    found: list[tuple[str, xr.Dataset]] = []
    for table in parsed.tables:
        named = told_apart(table) if table.headless and not hints.columns else table
        columns = assign(named, hints).measured()
        if columns.has_frequency and not is_spectrum(columns):
            other = assign(named, hints, immittance=True)
            columns = other if is_spectrum(other) else columns
        rows = np.ones(len(named), dtype=bool)
        if is_spectrum(columns):
            found += _spectrum_and_rest(columns, rows, parsed.about)
        elif is_transient(columns) and (columns.told("time", "voltage", "current") or not columns.is_half):
            found.append(("transient", signal(columns, rows, parsed.about)))
        else:
            raise FileError(columns.lacking(), named.file)
    if len(found) == 1:
        return found[0][1]
    kinds = [kind for kind, _ in found]
    names = [f"{kind}_{kinds[: k + 1].count(kind)}" if kinds.count(kind) > 1 else kind for k, kind in enumerate(kinds)]
    return xr.DataTree.from_dict(dict(zip(names, (ds for _, ds in found), strict=True)), name=parsed.about.file)


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
