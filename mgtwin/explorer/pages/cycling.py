"""The page of many cycles."""

from __future__ import annotations

from collections.abc import Mapping

import xarray as xr

from ...protocols import Cycling
from ...quantities import format_value
from ..page import Page, Setting, Sight, page
from ..picture import Axis, Chart, Picture, curve, parts_of

__all__ = ["CyclingPage"]


@page("cycling")
class CyclingPage(Page):
    """Galvanostatic cycling with whatever ages the cell: overpotential by cycle, the first and the last cycles."""

    title, place, long = "Cycling and ageing", 4, True
    settings: Mapping[str, Setting] = {
        "current": Setting("-10 uA/cm^2", "-50 uA/cm^2", "50 uA/cm^2", log=False),
        "half_cycle": Setting("1 h", "1 min", "100 h"),
        "cycles": Setting("90", "1", "300", log=False, whole=True),
    }

    @staticmethod
    def protocol(sight: Sight) -> Cycling:
        """Cycles without rests."""
        return Cycling(sight.numbers["current"], sight.numbers["half_cycle"], round(sight.numbers["cycles"]))

    @staticmethod
    def picture(sight: Sight, result: xr.Dataset) -> Picture:
        """Half the difference of the half cycles, the first and the last cycle, and what takes the voltage."""
        cycle, half = result["cycle"].values, result["half_difference"].values
        number, time, voltage = (result[name].values for name in ("cycle_number", "time", "voltage"))
        # two of up to hundreds: what is between them, the chart by cycle shows
        traces = [
            curve(f"cycle {k}", time[number == k] - time[number == k][0], voltage[number == k], "part")
            for k in dict.fromkeys((int(number[0]), int(number[-1])))
        ]
        count, drawn = Axis("cycle"), parts_of(result, "deposition_overpotential", "cycle")
        readings = {
            "overpotential of the first cycle": format_value(float(half[0]), "V"),
            f"of cycle {int(cycle[-1])}": format_value(float(half[-1]), "V"),
        }
        return Picture(
            (
                Chart("Overpotential by cycle", count, Axis("overpotential", "V"), (curve("model", cycle, half),)),
                Chart("First and last cycle", Axis("time", "s"), Axis("voltage", "V"), tuple(traces)),
                Chart("What takes it in deposition", count, Axis("overpotential", "V"), drawn),
            ),
            readings, tuple(result.attrs["warnings"]), result,
        )  # fmt: skip
