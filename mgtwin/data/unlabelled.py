"""Columns without heads: only three of a spectrum can be told apart, by their numbers alone."""

from __future__ import annotations

import numpy as np

from mgtwin.data.passive import misfit, other_reading
from mgtwin.data.table import Table
from mgtwin.errors import FileError

__all__ = ["told_apart"]

_HINT = (
    "Say what they are, counted from 1: columns={'frequency': 1, 'real': 2, 'imaginary': 3}, or "
    "columns={'time': mt.Column(1, unit='s'), 'voltage': 2, 'current': mt.Column(3, unit='mA')}."
)
#: A spectrum of which a passive cell misses more is not clear enough to be told without heads.
_CLEAR = 0.05


def told_apart(table: Table) -> Table:
    """Return the table with heads if its columns can only be frequency, Re Z and Im Z in this order.

    The first column must be monotonic over a decade, the second positive, the third negative for most points, and a
    passive cell must have this spectrum while no other reading of the columns suits one.

    Raises
    ------
    FileError
        They may be something else.
    """
    if len(table.labels) != 3:
        raise FileError(
            f"has {len(table.labels)} columns without heads, which cannot be told apart. {_HINT}", table.file
        )
    numbers = np.array([table.numbers(k) for k in range(3)])
    frequency, real, imaginary = numbers[:, np.isfinite(numbers).all(axis=0)]
    if len(frequency) >= 6 and _is_spectrum(frequency, real, imaginary):
        return table.relabelled(("f", "Re Z", "Im Z"), ("Hz", "ohm", "ohm")).noted(
            "no heads: taken as frequency [Hz], Re Z and Im Z [ohm], the only reading that a passive cell can have"
        )
    raise FileError(f"has columns without heads, which cannot be told apart. {_HINT}", table.file)


def _is_spectrum(frequency: np.ndarray, real: np.ndarray, imaginary: np.ndarray) -> bool:
    step = np.diff(frequency)
    if not ((step > 0).all() or (step < 0).all()) or frequency.min() <= 0:
        return False
    if frequency.max() < 10 * frequency.min() or (real <= 0).any() or (imaginary > 0).mean() > 0.5:
        return False
    # that it suits is not enough: where another reading suits, too, the choice would be a guess
    return misfit(frequency, real + 1j * imaginary) < _CLEAR and other_reading(frequency, real, imaginary) is None
