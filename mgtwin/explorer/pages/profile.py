"""The page of the inside of a cell."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from ...protocols import Galvanostatic
from ...quantities import format_value
from ..page import Page, Setting, Sight, page
from ..picture import Axis, Chart, Curve, Picture, curve
from .galvanostatic import GalvanostaticPage

__all__ = ["Profile"]


@page("profile")
class Profile(Page):
    """Voltage profile of the stack at the end of a constant current: how it falls from electrode to electrode."""

    title, place, long = "Profile of the stack", 3, False
    settings: Mapping[str, Setting] = GalvanostaticPage.settings

    @staticmethod
    def protocol(sight: Sight) -> Galvanostatic:
        """That of the page before it."""
        return GalvanostaticPage.protocol(sight)

    @staticmethod
    def picture(sight: Sight, result: xr.Dataset) -> Picture:
        """The voltage taken up to each place (straight within a layer), and local potentials where electrons are."""
        taken = dict(zip(map(str, result["element"].values), result["overpotential"][:, -1].values, strict=True))
        place, total = 0.0, float(taken.get("negative", 0.0))
        x, y = [0.0, 0.0], [0.0, total]
        for number, layer in enumerate(sight.cell.layers):
            if number:  # what stands between two layers has no thickness: a step
                total += float(taken.get(f"{sight.cell.layers[number - 1].name}-{layer.name}", 0.0))
                x.append(place)
                y.append(total)
            place, total = place + float(layer.thickness), total + float(taken.get(layer.name, 0.0))
            x.append(place)
            y.append(total)
        # whatever else takes voltage (leads) comes behind the positive electrode
        total = float(sum(taken.values()))
        charts = [
            Chart(
                "Voltage along the stack", Axis("position", "m"),
                Axis("voltage", "V"), (curve("model", [*x, place], [*y, total]),),
            )
        ]  # fmt: skip
        if "local_potential" in result:
            layers, at = result["layer"].values.astype(str), result["x"].values
            potential = result["local_potential"].isel(time=-1).values
            inside: list[Curve] = [
                curve(name, at[layers == name], potential[layers == name], "part") for name in dict.fromkeys(layers)
            ]
            charts.append(
                Chart("Local electrode potential", Axis("position", "m"), Axis("potential", "V"), tuple(inside))
            )
        # by size: what drives in the other direction takes its part, too
        largest = max(taken, key=lambda name: abs(taken[name]))
        whole = float(np.abs(list(taken.values())).sum())
        readings = {"cell voltage": format_value(float(result["voltage"][-1]), "V")}
        if whole:
            readings["most of it in"] = f"{largest} ({abs(taken[largest]) / whole:.0%})"
        return Picture(tuple(charts), readings, tuple(result.attrs["warnings"]), result)
