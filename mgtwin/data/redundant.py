"""Columns that say the same twice, |Z| and phase beside Re Z and Im Z, tell damaged numbers."""

from __future__ import annotations

import numpy as np

from mgtwin.data.columns import Columns
from mgtwin.data.labels import convert
from mgtwin.errors import FileError

__all__ = ["check_redundant", "resolution"]

#: Single precision of instruments: relative rounding of what they compute from what they store.
_SINGLE = 1e-6
#: A difference in this share of the rows, and not larger than this, is the way in which the instrument averages.
_COMMON, _SMALL = 0.2, 0.02


def resolution(columns: Columns, name: str) -> np.ndarray:
    """Return half a unit of the last printed digit of a column, in SI."""
    column = columns.found[name]
    if columns.table.array is not None:
        return _SINGLE * np.abs(columns.values(name))
    places = np.array([_last_place(row[column.index], columns.table.decimal) for row in columns.table.rows])
    found = convert(name, column.unit) if column.unit else None
    return 0.5 * places * abs(found[0] if found else 1.0)


def _last_place(token: str, decimal: str) -> float:
    """Return the value of the last printed digit."""
    mantissa, _, exponent = token.casefold().replace("d", "e").partition("e")
    _, _, decimals = mantissa.partition(decimal)
    try:
        return float(10.0 ** (int(exponent or 0) - len(decimals)))
    except (ValueError, OverflowError):
        return np.nan


def check_redundant(columns: Columns, keep: np.ndarray, impedance: np.ndarray) -> str:
    """Compare Re Z and Im Z with |Z| and the phase where a file has both; return a note if they differ a little.

    Parameters
    ----------
    keep : numpy.ndarray of bool
        The rows of the table that `impedance` belongs to.

    Raises
    ------
    FileError
        They differ by more than their digits allow: numbers are damaged, or a head is wrong.
    """
    rounding = resolution(columns, "real")[keep] + resolution(columns, "imaginary")[keep]
    size = np.abs(impedance)
    notes = []
    if "modulus" in columns and not columns.empty("modulus"):
        given = columns.values("modulus")[keep]
        allowed = rounding + resolution(columns, "modulus")[keep] + _SINGLE * size
        notes.append(_compare(columns, keep, np.abs(given - size), allowed, size, "|Z|"))
    if "phase" in columns and not columns.empty("phase"):
        column = columns.found["phase"]
        raw = columns.table.numbers(column.index)[keep]
        if columns.table.array is None:
            # in the unit of the file, which may not be known yet (`resolution` is in SI)
            printed = (row[column.index] for row in columns.table.rows)
            place = np.array([0.5 * _last_place(token, columns.table.decimal) for token in printed])[keep]
        else:
            place = _SINGLE * np.abs(raw)
        # The sign of a phase is not agreed on, nor its unit where the head has none: those count that contradict the
        # fewest rows.
        readings = []
        for unit in [column.unit] if column.unit else ["deg", "rad"]:
            factor = (convert("phase", unit) or (1.0, 0.0, False))[0]
            allowed = rounding / np.maximum(size, np.finfo(float).tiny) + place * factor + _SINGLE * np.pi
            for sign in (1.0, -1.0):
                # As an angle on the circle: -180 and 180 degrees are the same phase.
                gap = np.abs(np.angle(np.exp(1j * (sign * raw * factor - np.angle(impedance)))))
                readings.append((np.count_nonzero(gap > allowed), gap, allowed))
        _, gap, allowed = min(readings, key=lambda reading: reading[0])
        notes.append(_compare(columns, keep, gap, allowed, np.ones_like(gap), "the phase"))
    return "; ".join(note for note in notes if note)


def _compare(
    columns: Columns, keep: np.ndarray, gap: np.ndarray, allowed: np.ndarray, size: np.ndarray, what: str
) -> str:
    known = np.isfinite(gap) & np.isfinite(allowed) & (size > 0)
    wrong = known & (gap > 1.5 * allowed)
    if not wrong.any():
        return ""
    relative = gap[known] / size[known]
    # Damage strikes single numbers; a small difference in many rows is how the instrument averages.
    if wrong.sum() > _COMMON * known.sum() and relative.max() < _SMALL:
        return f"{what} of the file agrees with Re Z and Im Z only within {relative.max():.1%}"
    rows = np.flatnonzero(keep)
    first = int(rows[np.flatnonzero(wrong)[0]])
    lines = columns.table.lines
    raise FileError(
        f"Re Z and Im Z do not give {what} that stands beside them, in {np.count_nonzero(wrong)} of {len(rows)} "
        f"rows: numbers "
        "are damaged, or a head is wrong. Mend or export the file again; if Re Z and Im Z are right, give check=False.",
        columns.table.file,
        lines[first] if lines else None,
        None,
        "  ".join(columns.table.rows[first])[:160] if columns.table.rows else None,
    )
