"""A table of frequencies and impedances as spectra, one for each sweep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.data.columns import CUT, Columns, assign
from mgtwin.data.conditions import direct, with_temperature
from mgtwin.data.immittance import as_impedance, holds_immittance
from mgtwin.data.labels import IMMITTANCE
from mgtwin.data.passive import outlier
from mgtwin.data.physical import check_spectrum, skipped, uneven
from mgtwin.data.redundant import check_redundant
from mgtwin.data.report import About, attrs
from mgtwin.dataset import spectrum
from mgtwin.errors import FileError

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["is_spectrum", "spectra"]

#: Sweeps start at the same frequency within this.
_SAME = 0.05
#: A frequency that is measured again comes out within this.
_JITTER = 0.005
#: Instruments print this or more where they were overloaded [ohm].
_OVERLOAD = 1e30
_FEWEST = 3
#: No step of a sweep is so many times the usual one.
_LEAP = 3.0
#: Rows of one frequency whose temperatures differ by more [K] are of several spectra.
_WARMER = 1.0
_UNEVEN = "{:g} Hz stands unevenly between {:g} and {:g} Hz, unlike all other frequencies: it may be a wrong number."
_SKIPPED = "between {:g} and {:g} Hz a frequency is missing, unlike anywhere else: a row may be lost."
_OFF = "a point is {:.0%} off the curve of all others, at {:g} Hz: it may be a wrong number."
_TWICE = (
    "{:g} Hz was measured {} times: tests of Kramers and Kronig and distributions of relaxation times want one of them."
)
_USED = ("frequency", "angular_frequency", "real", "imaginary", "modulus", "phase")


def is_spectrum(columns: Columns) -> bool:
    """Tell whether a table holds a complete impedance."""
    complete = columns.has("real", "imaginary") or columns.has("modulus", "phase") or holds_immittance(columns)
    return columns.has_frequency and complete


def spectra(columns: Columns, rows: np.ndarray, about: About) -> Iterator[xr.Dataset]:
    """Return a Dataset for each sweep in the given rows of a table.

    Raises
    ------
    FileError
        The numbers make no physical sense, or frequencies jump about.
    """
    hints, table = columns.hints, columns.table
    frequency = columns.frequency()
    impedance, notes = _impedance(columns, frequency, about)
    whole = columns.whole(*_USED, *IMMITTANCE)
    rows, warnings = rows & whole, [] if whole.all() else [CUT]
    usable = rows & np.isfinite(frequency) & np.isfinite(impedance) & (np.abs(impedance) < _OVERLOAD)
    gone = np.flatnonzero(rows & ~usable)
    if len(gone):
        lines = [str(table.lines[k]) for k in gone[:5]] if table.lines else []
        where = f" (lines {', '.join(lines)}{', ...' if len(gone) > 5 else ''})" if lines else ""
        warnings.append(f"{len(gone)} rows without a value of frequency or impedance were left out{where}.")
    if usable.sum() < _FEWEST:
        raise FileError(f"only {usable.sum()} rows hold a frequency and an impedance.", table.file)
    if (frequency[usable] <= 0).any():
        raise FileError(f"the frequency {frequency[usable].min():g} Hz is not positive. {table.seen}", about.file)
    if hints.check and columns.has("real", "imaginary"):
        notes.append(check_redundant(columns, usable, impedance[usable]))
    warnings += columns.odd(*_USED)
    sides = _sides(columns, frequency, impedance, about)
    index = np.flatnonzero(usable)
    parts = _sweeps(columns, frequency[index], index)
    notes = [note for note in (*columns.notes, *table.notes, *notes) if note]
    for name, symbol in (("imaginary", "Im Z"), ("real", "Re Z"), ("phase", "phase")):
        notes += [f"{symbol} = -({columns.found[name].label})"] if columns.is_turned(name) else []
    if len(parts[-1]) < len(parts[0]) and len(parts) > 1:
        warnings.append(f"the last of {len(parts)} sweeps has only {len(parts[-1])} points, the first {len(parts[0])}.")
    for number, part in enumerate(parts, 1):
        f, z = frequency[part], impedance[part]
        if hints.check:
            check_spectrum(f, z, about.file, f"sweep {number}" if len(parts) > 1 else "")
        temperature = columns.optional("temperature")[0]
        # Row after row of one frequency: a sweep that only drifts never measures it twice in a row.
        again = np.abs(np.diff(np.log(f))) < _JITTER
        if temperature is not None and (again & (np.abs(np.diff(temperature[part])) > _WARMER)).any():
            raise FileError(
                "the rows of one frequency have several temperatures: the file holds several spectra, row by row. Sort "
                "it by temperature, then by frequency.",
                table.file,
            )
        own = with_temperature(columns, part, about)
        bias, said = direct(columns, part)
        # Single numbers that stand out may be wrong, but cells may also be so: a warning.
        odd, off, lost = uneven(np.log(f)), outlier(f, z), skipped(np.log(f))
        doubts = [*table.warnings, *warnings, *([_UNEVEN.format(*f[[odd, odd - 1, odd + 1]])] if odd else [])]
        doubts += [_SKIPPED.format(*f[[lost, lost + 1]])] if lost is not None else []
        doubts += [_OFF.format(off[1], f[off[0]])] if off is not None else []
        known, times = np.unique(f, return_counts=True)
        doubts += [_TWICE.format(known[times.argmax()], times.max())] if times.max() > 1 else []
        more: dict[str, float | str] = {**bias, **columns.moment(part), **columns.electrode("real", "modulus")}
        halves = {name: values[part] for name, values in sides.items()}
        yield spectrum(f, z, attrs(own, hints, [*notes, *said], doubts, **more), **halves)


def _sides(columns: Columns, frequency: np.ndarray, impedance: np.ndarray, about: About) -> dict[str, np.ndarray]:
    """Impedances [ohm] on both sides of a reference, where a file has the working electrode's beside the cell's."""
    other = assign(columns.table, columns.hints, electrodes=("working",))
    found = (
        other.found.get("real", other.found.get("modulus")),
        columns.found.get("real", columns.found.get("modulus")),
    )
    if [one and one.electrode for one in found] != ["working", "cell"]:
        return {}
    working = _impedance(other, frequency, about)[0]
    return {"impedance_negative": impedance - working, "impedance_positive": working}


def _impedance(columns: Columns, frequency: np.ndarray, about: About) -> tuple[np.ndarray, list[str]]:
    if columns.has("real", "imaginary"):
        return columns.values("real") + 1j * columns.values("imaginary"), []
    if not columns.has("modulus", "phase"):
        impedance, note = as_impedance(columns, frequency, about)
        return impedance, [note]
    column = columns.found["phase"]
    raw = columns.table.numbers(column.index) if column.unit is None else None
    # Without a unit in the header degrees if some value can be nothing else.
    if raw is not None and np.nanmax(np.abs(raw), initial=0.0) > np.pi:
        phase = np.deg2rad(-raw if column.negate else raw)
    else:
        phase = columns.values("phase")
    return columns.values("modulus") * np.exp(1j * phase), ["Re Z and Im Z computed from |Z| and the phase"]


def _sweeps(columns: Columns, frequency: np.ndarray, index: np.ndarray) -> list[np.ndarray]:
    """Split rows where the frequency turns back; every sweep starts like the first one or where the one before ends."""
    starts = [0]
    direction = 0.0
    steps = np.diff(np.log(frequency))
    # a frequency that was measured again, to the jitter of the instrument, is no step
    for k, step in enumerate(np.where(np.abs(steps) < _JITTER, 0.0, np.sign(steps)), 1):
        if step and direction and step != direction:
            starts.append(k)
            direction = 0.0
        elif step and not direction and k > starts[-1]:
            direction = step
    parts = np.split(index, starts[1:])
    if len(parts) == 1:
        return parts
    known = columns.optional("cycle")[0]
    cycle = None if known is None else known[index]
    common = _LEAP * float(np.median(np.abs(steps)))  # one wrong number near the first frequency begins no sweep
    as_they_may = True
    for number, (start, stop) in enumerate(zip(starts, [*starts[1:], len(index)], strict=True)):
        restarts = abs(frequency[start] / frequency[0] - 1) < _SAME and (stop - start < 2 or abs(steps[start]) < common)
        # The steps before and after a turning point are alike: the sweep runs back the way it came.
        turns = start >= 2 and stop - start > 1 and (
            abs(steps[start - 2] + steps[start - 1]) < _SAME and steps[start - 1] * steps[start] > 0
        )  # fmt: skip
        counted = cycle is not None and number > 0 and cycle[start] != cycle[start - 1]
        mixed = cycle is not None and np.ptp(cycle[start:stop]) > 0  # a row of another sweep
        as_they_may &= bool((number == 0 or restarts or turns or counted) and not mixed)
        as_they_may &= number == len(starts) - 1 or stop - start >= _FEWEST
    if as_they_may:
        return parts
    if not columns.hints.check:
        return [index]
    k = starts[1]
    line = columns.table.lines[index[k]] if columns.table.lines else None
    raise FileError(
        f"the frequency goes {frequency[k - 2]:g}, {frequency[k - 1]:g}, {frequency[k]:g} Hz: it neither rises nor "
        f"falls, and "
        "no new sweep starts there. Is it another column? Give columns={'frequency': ...}, or check=False to take "
        "the rows "
        "as they are.",
        columns.table.file,
        line,
    )
