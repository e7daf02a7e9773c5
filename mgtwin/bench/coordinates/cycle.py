"""Cycles along a series."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..coordinate import SeriesCoordinate, series_coordinate

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["ByCycle"]


@series_coordinate
class ByCycle(SeriesCoordinate):
    """Number of the cycle of each measurement: that of a spectrum taken along a simulated life, or in its name.

    Examples
    --------
    >>> ByCycle("cycle{}").value(None, "cell_7_cycle12.z")
    12.0
    """

    quantity = "cycle"

    @staticmethod
    def said(ds: xr.Dataset) -> float | None:
        """Return the number of the cycle that the whole Dataset belongs to."""
        if "cycle" not in ds.coords or ds["cycle"].size != 1:
            return None
        return float(np.asarray(ds["cycle"].values).item())
