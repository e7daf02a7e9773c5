"""The border to pyimpspec, the library that tests spectra and computes distributions of relaxation times (GPL-3)."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from mgtwin.analysis._common import require
from mgtwin.dataset import stamp
from mgtwin.errors import InputError, MgtwinError
from mgtwin.quantities import format_value

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["attrs_from", "library", "points"]


def library(needed_by: str) -> Any:
    """Import pyimpspec.

    Raises
    ------
    MgtwinError
        It is not installed; the message has the command that installs it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PendingDeprecationWarning)  # it still imports numpy.matlib
            import pyimpspec
    except ImportError as error:
        raise MgtwinError(
            f"{needed_by} needs the library pyimpspec (GPL-3, therefore optional), which cannot be imported here "
            f"({error}). Install it with: python -m pip install 'mgtwin[spectra]'"
        ) from error
    return pyimpspec


def points(eis: xr.Dataset, needed_by: str, least: int) -> tuple[np.ndarray, np.ndarray]:
    """Return frequency [Hz] and impedance [ohm] of the finite points of one spectrum, from high to low frequency.

    Raises
    ------
    InputError
        Not one spectrum, fewer than `least` finite points, a frequency that occurs twice, or an impedance of 0.
    """
    require(eis, ("frequency", "impedance"), needed_by)
    frequency, z = np.asarray(eis["frequency"].values, dtype=float), np.asarray(eis["impedance"].values, dtype=complex)
    if z.ndim != 1:
        raise InputError(f"{needed_by} takes one spectrum, but impedance has dimensions {eis['impedance'].dims}.")
    good = np.isfinite(z)
    if good.sum() < least:
        raise InputError(f"{needed_by} needs {least} finite points at least; the spectrum has {good.sum()}.")
    order = np.argsort(-frequency[good], kind="stable")
    frequency, z = frequency[good][order], z[good][order]
    twice = np.flatnonzero(np.diff(frequency) == 0)
    if twice.size:
        where = format_value(float(frequency[twice[0]]), "Hz")
        raise InputError(f"the frequency {where} occurs twice in the spectrum: keep one of the two points.")
    if not np.abs(z).min() > 0:
        where = format_value(float(frequency[np.argmin(np.abs(z))]), "Hz")
        raise InputError(f"the impedance is 0 at {where}: nothing can be given relative to it, leave that point out.")
    return frequency, z


def attrs_from(eis: xr.Dataset, route: str, more: list[str], **extra: Any) -> dict[str, Any]:
    """Return the attributes of what was derived from a spectrum: its cell and conditions, its warnings and more."""
    kept = {name: eis.attrs.get(name) for name in ("cell", "protocol", "temperature", "area", "thickness")}
    gaps = int((~np.isfinite(eis["impedance"].values)).sum())
    left_out = [f"{gaps} of {eis.sizes['frequency']} points have no finite impedance and were left out"] if gaps else []
    return stamp(
        **kept,
        route=route,
        warnings=[*eis.attrs.get("warnings", []), *left_out, *more],
        sources=eis.attrs.get("sources", []),
        **extra,
    )
