"""The page of runs in time that were measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ...protocols import Protocol
from ..measured import Measured, measured_runs
from ..page import Page, Setting, Sight, page
from ..picture import Axis, Chart, Picture, curve

if TYPE_CHECKING:
    from ..followed import Followed

__all__ = ["MeasuredPage"]


@page("measured")
class MeasuredPage(Page):
    """What was done to the real cell, done to the model: both over time."""

    title, place, long = "As measured", 6, True
    settings: Mapping[str, Setting] = {}

    @staticmethod
    def lacks(data: tuple[Measured, ...], twin: Followed | None) -> str:
        """A run in time."""
        runs = any(not item.is_spectrum for item in data)
        return "" if runs else "a run in time beside the cell: --data FILE, or data= in Python"

    @staticmethod
    def protocol(sight: Sight) -> Protocol:
        """That of the data."""
        found = next(item for item in sight.data if not item.is_spectrum).measurement.protocol
        assert found is not None  # of every run in time it is known, or replayed
        return found

    @staticmethod
    def picture(sight: Sight, result: xr.Dataset) -> Picture:
        """The quantity that was not imposed, measured and computed."""
        # the first of several
        item = next(item for item in sight.data if not item.is_spectrum)
        name = item.measurement.quantity
        moments, values = (np.asarray(result[key].values, dtype=float) for key in ("time", name))
        runs, compared, doubts = measured_runs([item], sight.cell, result, name)
        curves, warnings = (curve("model", moments, values), *runs), [*result.attrs["warnings"], *doubts]
        axis = Axis(name, str(result[name].attrs["units"]))
        title = str(result[name].attrs["long_name"])
        chart = Chart(title[:1].upper() + title[1:], Axis("time", "s"), axis, curves)
        return Picture((chart,), compared, tuple(warnings), result)
