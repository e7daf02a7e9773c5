"""Temperature along a series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..coordinate import SeriesCoordinate, series_coordinate

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["ByTemperature"]


@series_coordinate
class ByTemperature(SeriesCoordinate):
    """Temperature of each measurement, as its file says it, or its name in °C.

    Examples
    --------
    >>> ByTemperature("_{}C").value(None, "pellet_60C.mpt")
    333.15
    """

    quantity, unit, printed = "temperature", "K", "degC"

    @staticmethod
    def said(ds: xr.Dataset) -> float | None:
        """Return the temperature in its attributes [K]."""
        return ds.attrs.get("temperature")
