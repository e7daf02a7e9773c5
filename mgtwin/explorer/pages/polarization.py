"""The page of a step of voltage."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from ...protocols import Polarization
from ...quantities import format_value
from ..measured import measured_runs
from ..page import Page, Setting, Sight, page
from ..picture import Axis, Chart, Picture, curve, parts_of

__all__ = ["PolarizationPage"]


@page("polarization")
class PolarizationPage(Page):
    """DC polarization: the current after a step of the voltage."""

    title, place, long = "Polarization", 1, False
    settings: Mapping[str, Setting] = {
        "voltage": Setting("100 mV", "-500 mV", "500 mV", log=False),
        "duration": Setting("1 h", "1 min", "1000 h"),
    }

    @staticmethod
    def protocol(sight: Sight) -> Polarization:
        """One step."""
        return Polarization((sight.numbers["voltage"],), sight.numbers["duration"])

    @staticmethod
    def picture(sight: Sight, result: xr.Dataset) -> Picture:
        """Current and what each element takes of the voltage."""
        time, current = result["time"].values, result["current"].values
        # the axis of time is logarithmic, and the instant of the step is not on it
        seen, voltage = time > 0, float(sight.numbers["voltage"])
        end = float(current[-1])
        readings = {"current at the end": format_value(end, "A")}
        if end and voltage:
            readings["resistance at the end"] = format_value(voltage / end, "ohm")
        readings["charge that passed"] = format_value(float(np.trapezoid(current, time)), "C")
        clock = Axis("time", "s", log=True)
        drawn = parts_of(result.isel(time=seen), "overpotential", "time")
        runs, compared, doubts = measured_runs(sight.data, sight.cell, result, "current")
        return Picture(
            (
                Chart("Current", clock, Axis("current", "A"), (curve("model", time[seen], current[seen]), *runs)),
                Chart("What takes the voltage", clock, Axis("voltage", "V"), drawn),
            ),
            readings | compared, (*result.attrs["warnings"], *doubts), result,
        )  # fmt: skip
