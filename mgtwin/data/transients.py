"""A table of times, voltages and currents as one signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mgtwin.data.columns import CUT, Columns
from mgtwin.data.hints import Hints
from mgtwin.data.physical import check_signal
from mgtwin.data.report import About, attrs
from mgtwin.dataset import transient
from mgtwin.errors import FileError

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["is_transient", "signal"]


def is_transient(columns: Columns, hints: Hints) -> bool:
    """Tell whether a table holds a signal in time."""
    return columns.has("time", "voltage") and ("current" in columns or hints.current is not None)


def signal(columns: Columns, rows: np.ndarray, about: About, hints: Hints) -> xr.Dataset:
    """Return the Dataset of a signal in the given rows of a table.

    Raises
    ------
    FileError
        The numbers make no physical sense, or the time goes back.
    """
    notes = [*filter(None, (*columns.notes, *columns.table.notes))]
    warnings = list(columns.table.warnings)
    time, voltage = columns.values("time", hints), columns.values("voltage", hints)
    if "current" in columns:
        current = columns.values("current", hints)
        notes += [f"current = -({columns.found['current'].label})"] if columns.found["current"].negate else []
    else:
        current = np.full_like(time, hints.current)
        notes.append(f"the file has no current: {hints.current:g} A was given")
    whole = columns.whole("time", "voltage", "current", "cycle", "step")
    rows, warnings = rows & whole, [*warnings, *([] if whole.all() else [CUT])]
    keep = rows & np.isfinite(time)
    empty = keep & ~np.isfinite(voltage) & ~np.isfinite(current)
    if (rows & ~keep).any() or empty.any():
        warnings.append(f"{int((rows & ~keep).sum() + empty.sum())} rows without time or without values were left out.")
    keep &= ~empty
    if keep.sum() < 2:
        raise FileError(f"only {keep.sum()} rows hold a time, a voltage and a current.", about.file)
    _check_time(columns, time, np.flatnonzero(keep))
    voltage, current = (np.where(np.isfinite(values), values, np.nan)[keep] for values in (voltage, current))
    if hints.check:
        check_signal(time[keep], voltage, current, about.file)
    counts = {name: _counter(columns, name, keep, hints) for name in ("cycle", "step")}
    return transient(time[keep], voltage, current, **counts, attrs=attrs(about, hints, notes, warnings))  # type: ignore[arg-type]


def _check_time(columns: Columns, time: np.ndarray, rows: np.ndarray) -> None:
    back = np.flatnonzero(np.diff(time[rows]) < 0)
    if not back.size:
        return
    before, after = int(rows[back[0]]), int(rows[back[0] + 1])
    lines = columns.table.lines
    raise FileError(
        f"the time goes back from {time[before]:g} s to {time[after]:g} s. Is it another column (columns={{'time': "
        f"...}})? If "
        "the file holds several measurements, put each into a file of its own.",
        columns.table.file,
        lines[after] if lines else None,
    )


def _counter(columns: Columns, name: str, keep: np.ndarray, hints: Hints) -> np.ndarray | None:
    """Cycle or step numbers, from 0 as in every Dataset; None where the file has none or not for every row."""
    if name not in columns:
        return None
    values = columns.values(name, hints)[keep]
    if not np.isfinite(values).all() or (values != np.round(values)).any():
        return None
    return (values - values.min()).astype(int)
