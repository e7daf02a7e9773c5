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
    step = np.diff(frequency)
    in_order = len(frequency) >= 6 and ((step > 0).all() or (step < 0).all())
    in_order = in_order and frequency.min() > 0 and frequency.max() >= 10 * frequency.min()
    signs = (real > 0).all() and (imaginary > 0).sum() <= 0.5 * len(imaginary)
    # that it suits is not enough: where another reading suits, too, the choice would be a guess
    suits = in_order and signs and misfit(frequency, real + 1j * imaginary) < _CLEAR
    if suits and other_reading(frequency, real, imaginary) is None:
        return table.relabelled(("f", "Re Z", "Im Z"), ("Hz", "ohm", "ohm")).noted(
            "no heads: taken as frequency [Hz], Re Z and Im Z [ohm], the only reading that a passive cell can have"
        )
    raise FileError(f"has columns without heads, which cannot be told apart. {_HINT}", table.file)
