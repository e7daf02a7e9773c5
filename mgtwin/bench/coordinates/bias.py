"""Bias along a series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..coordinate import SeriesCoordinate, series_coordinate

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["ByBias"]


@series_coordinate
class ByBias(SeriesCoordinate):
    """Direct voltage of each spectrum, as its file says it, or its name in volts.

    Examples
    --------
    >>> ByBias("{}V").value(None, "cell_0p5V.z")
    0.5
    """

    quantity, unit, printed = "bias", "V", "V"

    @staticmethod
    def said(ds: xr.Dataset) -> float | None:
        """Return the direct voltage [V]."""
        return ds.attrs.get("bias")
