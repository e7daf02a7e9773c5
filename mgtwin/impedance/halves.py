r"""Spectra of a cell with a reference electrode: its impedance and both halves of it (theory.md §4).

A voltage divider stays one behind leads and fixture: with the impedance Z of cell and series resistance and
:math:`Z_{neg}` of what lies between the negative metal and the reference,

.. math:: Z_{neg,m} = \frac{Z_{neg} + sL/2}{Z + sL}\,Z_m, \qquad Z_{pos,m} = Z_m - Z_{neg,m} .
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..cells.cell import Cell
from ..cells.reader import Reader
from ..cells.reference import SERIES_SHARE
from ..errors import InputError
from .exact import exact
from .fixture import fixture_numbers, measured
from .links import Array
from .parameters import Overrides, reader_of
from .response import UnitCurrent

__all__ = ["divided", "exact_halves"]


def exact_halves(
    cell: Cell, frequencies: ArrayLike, overrides: Overrides | None = None
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Return the impedance of a cell at rest between either electrode and its reference.

    Parameters
    ----------
    cell : Cell
        With a reference.
    frequencies, overrides
        As for :func:`mgtwin.impedance.exact`.

    Returns
    -------
    negative, positive : ndarray of complex
        [ohm], shape ``batch + frequencies.shape``. Their sum is `exact`. A reference inside a polarised part can see
        negative real or inductive parts.

    Raises
    ------
    InputError
        The cell has no reference; and as `exact`.

    Examples
    --------
    >>> import mgtwin as mt
    >>> probe = mt.Reference(at="buffer_left|antiperovskite", kind=mt.IonProbe(), layer="buffer_left")
    >>> negative, positive = exact_halves(mt.cell("trilayer").with_({"reference": probe}), [1e3, 1.0])
    >>> negative.shape
    (2,)
    """
    if cell.reference is None:
        raise InputError(f"{cell.name} has no reference: give it one, cell.with_({{'reference': mt.Reference(...)}}).")
    total = exact(cell, frequencies, overrides)
    f = np.asarray(frequencies, dtype=float)
    unit = UnitCurrent(cell, 2j * np.pi * f.reshape(-1), overrides=overrides)
    reader: Reader = reader_of(cell, overrides or {})[0]
    area = reader.number("area")
    alone, part = unit.impedance / area, -unit.negative_voltage(cell.reference) / area
    part = np.broadcast_to(part, (*total.shape[: total.ndim - f.ndim], f.size))
    negative = divided(alone, part, unit.s, *fixture_numbers(reader)).reshape(total.shape)
    return negative, total - negative


def divided(alone: Array, part: Array, s: Array, inductance: Array, capacitance: Array) -> Array:
    """What an instrument measures of a `part` of the impedance `alone` of cell and series resistance [ohm]."""
    whole = alone + s * inductance
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (part + SERIES_SHARE * s * inductance) / whole
    return share * measured(alone, s, inductance, capacitance)
