"""The page of what matters."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from ...impedance.compiled import CompiledSpectra
from ...protocols import EIS
from ...quantities import format_value
from ..page import Page, Setting, Sight, page
from ..picture import Axis, Chart, Curve, Picture

__all__ = ["Sensitivity"]

#: Bars of a tornado.
_MOST = 12


@page("sensitivity")
class Sensitivity(Page):
    """Tornado: |Z| at a frequency as each number alone goes from one end of its stated range to the other."""

    title, place, long = "Sensitivity", 5, False
    settings: Mapping[str, Setting] = {"frequency": Setting("10 mHz", "10 uHz", "1 MHz")}

    @staticmethod
    def protocol(sight: Sight) -> EIS:
        """A spectrum of one point."""
        return EIS.at([float(sight.numbers["frequency"])])

    @staticmethod
    def picture(sight: Sight, result: xr.Dataset) -> Picture:
        """The bars, the longest on top; all cells of it are computed at once."""
        here = float(abs(result["impedance"].values[0]))
        moved = [knob for knob in sight.knobs if knob.stated is not None and knob.path in sight.cell.numbers]
        values = {knob.path: np.full((2 * len(moved), 1), float(sight.cell.numbers[knob.path])) for knob in moved}
        # two cells for each number, one at either end; all others stand where they are turned to
        for k, knob in enumerate(moved):
            values[knob.path][2 * k : 2 * k + 2, 0] = np.clip(knob.stated or (), knob.low, knob.high)
        found = np.full((len(moved), 2), here)
        if moved:
            f = np.full((2 * len(moved), 1), float(sight.numbers["frequency"]))
            found = abs(CompiledSpectra(sight.cell, f, list(values)).impedance(values)).reshape(-1, 2)
        order = [k for k in np.argsort(np.abs(found - here).max(axis=1)) if np.isfinite(found[k]).all()][-_MOST:]
        names = tuple(f"{_part(moved[k].path)}: {moved[k].label}" for k in order)
        at = np.arange(len(order), dtype=float)
        bars = (
            Curve("low end of the stated range", found[order, 0], at, "low"),
            Curve("high end of the stated range", found[order, 1], at, "high"),
        )
        readings = {"|Z| now": format_value(here, "ohm")}
        if order:
            top = found[order[-1]]
            readings["what matters most"] = (
                f"{names[-1]}: {format_value(float(top.min()), 'ohm')} to {format_value(float(top.max()), 'ohm')}"
            )
        chart = Chart("|Z| over each stated range", Axis("|Z|", "ohm"), Axis(""), bars, labels=names, base=here)
        return Picture((chart,), readings, tuple(result.attrs["warnings"]), result)


def _part(path: str) -> str:
    """The part of the cell that a number belongs to, as people call it."""
    first, _, rest = path.partition(".")
    return rest.partition(".")[0].replace("_", " ") if first in ("layers", "interfaces") else first if rest else "cell"
