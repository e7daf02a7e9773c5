"""Admittances of what stores charge across an interface or in the bulk (theory.md §3.3)."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np

from ..cells.interfaces import CPE, Capacitor
from ..cells.reader import Reader
from ..errors import InputError
from .chain import Array
from .numbers import require

__all__ = ["admittance"]


@singledispatch
def admittance(element: Any, reader: Reader, path: str, s: Array) -> Array:
    """Admittance [S/m2] of the capacitor that a cell has at `path`.

    Parameters
    ----------
    element : Capacitor, CPE or None
        The object itself; its type decides the law: ``s c`` for a `Capacitor`, 0 for None.
    reader : Reader
        Reads its numbers.
    path : str
        For example ``positive.double_layer``.
    s : ndarray
        Laplace variable [1/s].

    Raises
    ------
    InputError
        If no law is known for that type.
    """
    known = "Use a Capacitor, a CPE or None."
    raise InputError(f"{path} is a {type(element).__name__}, whose admittance is not known. {known}")


@admittance.register(type(None))
def _no_capacitor(element: None, reader: Reader, path: str, s: Array) -> Array:
    return 0.0


@admittance.register(Capacitor)
def _capacitor(element: Capacitor, reader: Reader, path: str, s: Array) -> Array:
    return s * require(reader.number(f"{path}.c"), f"{path}.c", zero=True)


@admittance.register(CPE)
def _constant_phase(element: CPE, reader: Reader, path: str, s: Array) -> Array:
    """``q s^n`` (theory.md §3.3); the principal branch, which is the passive one for Re s >= 0."""
    q = require(reader.number(f"{path}.q"), f"{path}.q", zero=True)
    return q * np.power(np.asarray(s, dtype=complex), require(reader.number(f"{path}.n"), f"{path}.n"))
