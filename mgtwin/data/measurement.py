"""From the tables of a file to Datasets: spectra and signals, told apart by the columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mgtwin.data.columns import assign
from mgtwin.data.fileformat import Parsed
from mgtwin.data.hints import Hints
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
            # Rows with frequency zero are those of a signal in time that was recorded before or after the spectrum.
            rest, about = columns.frequency() == 0, parsed.about
            parts: list[tuple[int, str, list[xr.Dataset]]] = []
            if rest.any() and not rest.all():
                if rest.sum() > 1 and is_transient(columns):
                    parts.append((int(np.flatnonzero(rest)[0]), "transient", [signal(columns, rest, about)]))
                else:
                    left = f"{rest.sum()} rows of frequency 0 are no part of a spectrum: left out."
                    about = about.noted(warnings=[left])
                rows = ~rest
            measured = list(spectra(columns, rows, about))  # refuses where no row is left
            parts.append((int(np.flatnonzero(rows)[0]), "spectrum", measured))
            in_order = sorted(parts, key=lambda part: part[0])
            found += [(kind, ds) for _, kind, datasets in in_order for ds in datasets]
        elif is_transient(columns) and (columns.told("time", "voltage", "current") or not columns.is_half):
            found.append(("transient", signal(columns, rows, parsed.about)))
        else:
            raise FileError(columns.lacking(), named.file)
    if len(found) == 1:
        return found[0][1]
    kinds = [kind for kind, _ in found]
    names = [f"{kind}_{kinds[: k + 1].count(kind)}" if kinds.count(kind) > 1 else kind for k, kind in enumerate(kinds)]
    return xr.DataTree.from_dict(dict(zip(names, (ds for _, ds in found), strict=True)), name=parsed.about.file)
