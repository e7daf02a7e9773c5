"""The page of a constant current."""

from __future__ import annotations

from collections.abc import Mapping

import xarray as xr

from ...protocols import Galvanostatic
from ...quantities import format_value
from ..measured import measured_runs
from ..page import Page, Setting, Sight, page
from ..picture import Axis, Chart, Picture, curve, parts_of

__all__ = ["GalvanostaticPage"]


@page("galvanostatic")
class GalvanostaticPage(Page):
    """Constant current: the voltage, and which element takes how much of it."""

    title, place, long = "Galvanostatic", 2, False
    settings: Mapping[str, Setting] = {
        "current": Setting("-10 uA/cm^2", "-50 uA/cm^2", "50 uA/cm^2", log=False),
        "duration": Setting("1 h", "1 min", "1000 h"),
    }

    @staticmethod
    def protocol(sight: Sight) -> Galvanostatic:
        """One stretch."""
        return Galvanostatic(sight.numbers["current"], sight.numbers["duration"])

    @staticmethod
    def picture(sight: Sight, result: xr.Dataset) -> Picture:
        """Voltage over time, and its parts."""
        time, voltage = result["time"].values, result["voltage"].values
        readings = {
            "voltage at the end": format_value(float(voltage[-1]), "V"),
            "change over the run": format_value(float(voltage[-1] - voltage[0]), "V"),
        }
        clock = Axis("time", "s")
        runs, compared, doubts = measured_runs(sight.data, sight.cell, result, "voltage")
        return Picture(
            (
                Chart("Cell voltage", clock, Axis("voltage", "V"), (curve("model", time, voltage), *runs)),
                Chart("What takes the voltage", clock, Axis("voltage", "V"), parts_of(result, "overpotential", "time")),
            ),
            readings | compared, (*result.attrs["warnings"], *doubts), result,
        )  # fmt: skip
