"""Time along a series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..coordinate import SeriesCoordinate, series_coordinate

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["ByTime"]


@series_coordinate
class ByTime(SeriesCoordinate):
    """When each measurement began, as a file of several says it, or its name in hours.

    Examples
    --------
    >>> ByTime("{}h").value(None, "rest_2h.DTA")
    7200.0
    """

    quantity, unit, printed = "start_time", "s", "h"

    @staticmethod
    def said(ds: xr.Dataset) -> float | None:
        """Return the time at which it began [s]."""
        return ds.attrs.get("start_time")
