"""A table of times, voltages and currents as one signal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.data.columns import CUT, Columns
from mgtwin.data.conditions import cell_voltage, halves, with_temperature
from mgtwin.data.direction import signed
from mgtwin.data.labels import understand
from mgtwin.data.physical import check_signal, skipped, uneven
from mgtwin.data.report import About, attrs
from mgtwin.dataset import transient
from mgtwin.errors import FileError

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["is_transient", "signal"]


_HALF_DAY = 43200.0


def is_transient(columns: Columns) -> bool:
    """Tell whether a table holds a signal in time."""
    return columns.has("time", "voltage") and ("current" in columns or columns.hints.current is not None)


def signal(columns: Columns, rows: np.ndarray, about: About) -> xr.Dataset:
    """Return the Dataset of a signal in the given rows of a table.

    Raises
    ------
    FileError
        The numbers make no physical sense, or the time goes back.
    """
    hints, table = columns.hints, columns.table
    time, time_notes = _time(columns, rows)
    voltage, voltage_notes = cell_voltage(columns)
    notes = [note for note in (*columns.notes, *table.notes, *time_notes, *voltage_notes) if note]
    warnings: list[str] = []
    if "current" in columns:
        column = columns.found["current"]
        current, said, warnings = signed(columns, columns.values("current"), voltage)
        notes += [*([f"current = -({column.label})"] if column.negate else []), *said]
    else:
        assert hints.current is not None
        current = np.full_like(voltage, hints.current)
        notes.append(f"the file has no current: {hints.current:g} A was given")
    whole = columns.whole("time", "voltage", "current", "cycle", "step")
    rows, warnings = rows & whole, [*table.warnings, *warnings, *([] if whole.all() else [CUT])]
    keep = rows & np.isfinite(time)
    empty = keep & ~np.isfinite(voltage) & ~np.isfinite(current)
    if (rows & ~keep).any() or empty.any():
        warnings.append(f"{int((rows & ~keep).sum() + empty.sum())} rows without time or without values were left out.")
    keep &= ~empty
    if keep.sum() < 2:
        raise FileError(f"only {keep.sum()} rows hold a time, a voltage and a current.", about.file)
    kept = np.flatnonzero(keep)
    back = np.flatnonzero(np.diff(time[kept]) < 0)
    if back.size:
        before, after = int(kept[back[0]]), int(kept[back[0] + 1])
        raise FileError(
            f"the time goes back from {time[before]:g} s to {time[after]:g} s. Is it another column (columns={{'time': "
            "...})? If the file holds several measurements, put each into a file of its own.",
            table.file,
            int(table.lines[after]) if table.lines else None,
        )
    voltage, current = (np.where(np.isfinite(values), values, np.nan)[keep] for values in (voltage, current))
    warnings += [*columns.odd("time", "voltage", "current"), *_doubts(time[keep], voltage, current)]
    if hints.check:
        check_signal(time[keep], voltage, current, about.file)
    about = with_temperature(columns, keep, about)
    if table.array is None and table.kind(columns.found["time"].index) == "date":
        about = replace(about, date=table.rows[int(np.flatnonzero(keep)[0])][columns.found["time"].index])
    cycle, step = (columns.counter(name, keep) for name in ("cycle", "step"))
    half = {} if "counter_voltage" in columns or columns.told("voltage") else columns.electrode("voltage")
    given = attrs(about, hints, notes, warnings, **half)
    sides = {name: values[keep] for name, values in halves(columns).items()}
    return transient(time[keep], voltage, current, cycle=cycle, step=step, attrs=given, **sides)


def _time(columns: Columns, rows: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Time [s]; from dates where the column that would go first begins anew with every step."""
    table, column = columns.table, columns.found["time"]
    time = columns.values("time")
    if table.array is None and table.kind(column.index) == "date":
        return time, [f"time is counted from the first date of {column.label!r}"]
    # A step back by more than half a day is no jitter of a clock: a day has ended.
    midnights = np.cumsum(np.diff(time, prepend=time[:1]) < -_HALF_DAY)  # a clock, of the day, begins anew
    if midnights.any() and table.array is None and table.kind(column.index) == "clock" and time.max() < 2 * _HALF_DAY:
        return time + 2 * _HALF_DAY * midnights, [f"{column.label!r} is a time of the day that passes midnight"]
    known = time[rows & np.isfinite(time)]
    # a time that stands still or goes back where a step ends may be that of the step
    if table.array is not None or not (np.diff(known) <= 0).any() or columns.told("time"):
        return time, []
    for index, label in enumerate(table.labels):
        meaning = understand(label, table.units[index])
        if meaning and meaning.quantity == "time" and table.kind(index) == "date":
            dates = table.seconds(index)
            if (np.diff(known) < 0).any() or (np.diff(dates)[np.diff(time) == 0] > 1).any():
                return dates, [
                    f"time is counted from the first date of {label!r}: {column.label!r} begins anew with every step"
                ]
    return time, []


def _doubts(time: np.ndarray, voltage: np.ndarray, current: np.ndarray) -> list[str]:
    """Warn of gaps, of a time out of place, and of columns of zeros: what is 0 everywhere was not measured."""
    gaps = [(name, int(np.isnan(values).sum())) for name, values in (("voltage", voltage), ("current", current))]
    found = [f"{count} values of the {name} are missing: they are NaN." for name, count in gaps if count]
    if (k := uneven(time)) is not None:
        found.append(f"{time[k]:g} s stands unevenly, unlike all other times: it may be a wrong number.")
    if (k := skipped(time)) is not None:
        found.append(f"between {time[k]:g} and {time[k + 1]:g} s a time is missing, unlike anywhere else.")
    flowing = np.abs(current[np.isfinite(current)]).max(initial=0.0)
    if not np.nan_to_num(voltage).any() and flowing:
        found.append(
            f"the voltage is exactly 0 V at all {len(voltage)} points while up to {flowing:.3g} A flow: it is no "
            "measurement. Some versions of EC-Lab export zeros; take another column or export again."
        )
    if not flowing and np.nan_to_num(voltage).any():
        found.append(
            f"the current is exactly 0 A at all {len(current)} points: either the cell was at open circuit, or the "
            "current was not measured or printed with too few digits."
        )
    return found
