"""The page of runs in time that were measured."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from ...errors import InputError
from ...protocols import Protocol
from ..measured import Measured
from ..page import Setting, Sight, page
from ..picture import Axis, Chart, Picture, curve

__all__ = ["MeasuredPage"]


@page("measured")
class MeasuredPage:
    """What was done to the real cell, done to the model: both over time."""

    title, place, long = "As measured", 6, True
    settings: Mapping[str, Setting] = {}

    @staticmethod
    def run(sight: Sight) -> Measured:
        """The measured run, the first of several."""
        for item in sight.data:
            if not item.is_spectrum:
                return item
        raise InputError("the page 'measured' needs a run in time beside the cell: --data FILE, or data= in Python.")

    @staticmethod
    def protocol(sight: Sight) -> Protocol:
        """That of the data."""
        found = MeasuredPage.run(sight).measurement.protocol
        assert found is not None  # of every run in time it is known, or replayed
        return found

    @staticmethod
    def picture(sight: Sight, result: xr.Dataset) -> Picture:
        """The quantity that was not imposed, measured and computed."""
        item = MeasuredPage.run(sight)
        held, name = item.measurement, item.measurement.quantity
        assert held.time is not None
        unit = str(result[name].attrs["units"])
        moments, values = (np.asarray(result[key].values, dtype=float) for key in ("time", name))
        # what was measured after the model ended (a limit) is drawn, but cannot be compared
        inside = held.kept((held.time >= moments[0]) & (held.time <= moments[-1]))
        model = np.interp(inside.time, moments, values)  # type: ignore[arg-type]  # it is a run in time
        curves = (curve("model", moments, values), curve(item.label, held.time, held.data, "data"))
        warnings = [*result.attrs["warnings"], *([doubt] if (doubt := item.doubt(sight.cell)) else [])]
        chart = Chart(str(result[name].attrs["long_name"]), Axis("time", "s"), Axis(name, unit), curves)
        return Picture((chart,), {f"misfit of {item.label}": Measured(inside).misfit(model)}, tuple(warnings), result)
