"""The sign of a current: cyclers may print magnitudes beside a word that says charge or discharge."""

from __future__ import annotations

import re

import numpy as np

from mgtwin.data.columns import Columns
from mgtwin.errors import FileError

__all__ = ["signed"]

#: Words of cyclers for the direction of a step, alone or beside others ("CC DChg", "D_CC", "CCCV_Chg").
_DIRECTIONS = {
    1.0: "c chg cha charge charging laden 恒流充电 恒压充电 恒流恒压充电",
    -1.0: "d dchg dch dis dischg discharge discharging entladen 恒流放电 恒压放电 恒流恒压放电",
    0.0: "r rest pause p ocv o idle open end stop wait 搁置 静置",
}
_WORDS = {word: direction for direction, words in _DIRECTIONS.items() for word in words.split()}
#: Currents below this share of a large one (this quantile) are the rest of a step.
_SMALL, _LARGE = 0.01, 0.9
#: Rows that contradict the word beside them: so many are those at the ends of steps; so many are the other convention.
_FEW, _MOST = 0.05, 0.9
#: A voltage turns over where it jumps from one sign to the other by this share of the largest one.
_TURNED, _SAME = 0.2, 0.1


def signed(columns: Columns, current: np.ndarray, voltage: np.ndarray) -> tuple[np.ndarray, list[str], list[str]]:
    """Return the current with its sign, notes, and warnings.

    Parameters
    ----------
    columns : Columns
        Of the table; its columns of words are asked for the direction.
    current, voltage : numpy.ndarray, shape (n,)
        As read [A, V], one for each row of the table; charging, positive, oxidises the working electrode.

    Raises
    ------
    FileError
        The words contradict the signs, do not say the direction of a current without sign, or there are none although
        the voltage turns over while the current stays the same.
    """
    size = np.abs(current)
    # Zeros of rests do not count for what is a large current here, however long the rests are.
    flowing = size[np.isfinite(size) & (size > 0)]
    if not flowing.size:
        return current, [], []
    moving = np.isfinite(current) & (size > _SMALL * np.quantile(flowing, _LARGE))  # one wrong number hides no other
    one_sign = bool((current[moving] > 0).all() or (current[moving] < 0).all())
    spoken = _spoken(columns, moving)
    if spoken is None:
        rows = np.flatnonzero(moving & np.isfinite(voltage))
        v, i = voltage[rows], current[rows]
        far = np.abs(v) > _TURNED * np.abs(v).max(initial=0.0)
        # A power whose sign turns over from one row to the next while the current stays the same has lost its sign.
        turned = far[1:] & far[:-1] & (v[1:] * v[:-1] < 0) & (np.abs(np.diff(i)) < _SAME * np.abs(i[1:]))
        if one_sign and turned.any() and columns.hints.check and not columns.told("current"):
            k = int(rows[np.flatnonzero(turned)[0] + 1])
            raise _error(columns, k, "the voltage turns over here while the current stays the same and never changes "
                         "its sign: it seems to be a magnitude. Say which column says the direction, columns="
                         "{'direction': ...}, or export currents with their sign. If they are right, give check=False."
                         )  # fmt: skip
        return current, [], []
    head, words, direction = spoken
    if one_sign and (direction[moving] == -np.sign(current[moving])).any():
        mute = moving & (np.isnan(direction) | (direction == 0))
        if mute.any():
            k = int(np.flatnonzero(mute)[0])
            raise _error(columns, k, f"the current has no sign, and {head!r} says {words[k]!r} where it flows, "
                         "neither charge nor discharge. Say which column says the direction: "
                         "columns={'direction': ...}, or export currents with their sign.")  # fmt: skip
        known = ", ".join(f"{word} {'+' if _direction(word) == 1 else '-'}" for word in dict.fromkeys(words)
                          if _direction(word) in (1.0, -1.0))  # fmt: skip
        return np.where(np.nan_to_num(direction) == 0, current, size * direction), [
            f"the current is a magnitude: its sign is that of {head!r} ({known})"
        ], []  # fmt: skip
    said = moving & (np.abs(direction) == 1)
    wrong = said & (np.sign(current) != direction)
    # Single rows may contradict their words: at a reversal the current and the step change in different rows.
    share = wrong.sum() / max(said.sum(), 1)
    if share <= _FEW or columns.told("current"):
        return current, [], []
    k = int(np.flatnonzero(wrong)[0])
    if share > _MOST:
        raise _error(columns, k, f"the current is {'positive' if current[k] > 0 else 'negative'} where {head!r} says "
                     f"{words[k]!r}: its sign is the opposite one. Give columns={{'current': "
                     f"mt.Column({columns.found['current'].label!r}, negate=True)}}, or negate=False if it is "
                     "right.")  # fmt: skip
    return current, [], [f"the sign of the current contradicts {head!r} in {wrong.sum()} of {said.sum()} rows."]


def _spoken(columns: Columns, moving: np.ndarray) -> tuple[str, list[str], np.ndarray] | None:
    """The first column that says the direction of a current somewhere: its head, its words, and 1, -1, 0 or NaN."""
    table = columns.table
    taken = {column.index for column in columns.found.values()}
    # a column of other words may say it too, if it holds nothing else
    others = [k for k in range(len(table.labels)) if k not in taken and table.rows and _tells(table.rows[0][k])]
    for index in (*columns.directions, *(k for k in others if all(map(_tells, set(table.words(k)))))):
        words = table.words(index)
        if not words:
            continue
        meanings = {word: _direction(word) for word in set(words)}
        direction = np.array([meanings[word] for word in words])
        for k in np.flatnonzero(np.isnan(direction)):  # Maccor's S, the last row of a step, goes on as the row above
            if words[k].casefold() == "s" and k:
                direction[k] = direction[k - 1]
        if (np.abs(direction[moving]) == 1).any():
            return table.labels[index], words, direction
    return None


def _tells(word: str) -> bool:
    return not np.isnan(_direction(word))


def _direction(word: str) -> float:
    """1 for charge, -1 for discharge, 0 for rest, NaN for anything else."""
    found = [_WORDS[part] for part in re.split(r"[\s_\-/()]+", word.casefold()) if part in _WORDS]
    # Where both are said, as in "Dis-Charge", the discharge is meant.
    return -1.0 if -1.0 in found else found[0] if found else np.nan


def _error(columns: Columns, row: int, message: str) -> FileError:
    table = columns.table
    shown = "  ".join(table.rows[row])[:160] if table.rows else None
    return FileError(message, table.file, int(table.lines[row]) if table.lines else None, None, shown)
