"""The impedance page."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from ...impedance.exact import exact
from ...protocols import EIS
from ...quantities import format_value
from ..page import Page, Setting, Sight, page
from ..picture import Axis, Chart, Curve, Picture, curve

__all__ = ["Impedance"]


@page("impedance")
class Impedance(Page):
    """Nyquist and Bode plots of the cell at rest."""

    title, place, long = "Impedance", 0, False
    settings: Mapping[str, Setting] = {
        "f_max": Setting("1 MHz", "1 kHz", "100 MHz"),
        "f_min": Setting("10 mHz", "10 uHz", "100 Hz"),
    }

    @staticmethod
    def protocol(sight: Sight) -> EIS:
        """A spectrum with ten points per decade."""
        return EIS(sight.numbers["f_max"], sight.numbers["f_min"])

    @staticmethod
    def picture(sight: Sight, result: xr.Dataset) -> Picture:
        """Curves of model and data, the resistances at both ends, the distance from the data."""
        f, z = result["frequency"].values, result["impedance"].values
        spectra = [("model", f, z, "model")]
        readings = {f"|Z| at {format_value(float(f[k]), 'Hz')}": format_value(float(abs(z[k])), "ohm") for k in (0, -1)}
        peak = int(np.argmax(-z.imag))
        readings["largest -Im Z"] = (
            f"{format_value(float(-z[peak].imag), 'ohm')} at {format_value(float(f[peak]), 'Hz')}"
        )
        warnings = [*result.attrs["warnings"]]
        for item in sight.data:
            at, found = item.measurement.frequency, item.measurement.impedance
            if at is None or found is None:
                continue
            spectra.append((item.label, at, found, "data"))
            # the curve is that of the whole cell at rest: another state, or a half, is shown, but not judged by it
            half = f"of the {half} half only" if (half := item.measurement.half) else ""
            other = "under a bias" if item.measurement.protocol is not None else half
            apart = f"{other}, not compared" if other else item.misfit(exact(sight.cell, at))
            readings |= {
                f"misfit of {item.label}": apart,
                f"verdict on {item.label}": item.verdict.partition(":")[0] or "being tested",
            }
            warnings += [f"{item.label} is {item.verdict}"] if item.verdict else []
            warnings += [doubt] if (doubt := item.doubt(sight.cell)) else []

        def drawn(x: str, y: str) -> tuple[Curve, ...]:
            return tuple(
                curve(name, _SEEN[x](at, value), _SEEN[y](at, value), role) for name, at, value, role in spectra
            )

        frequency = Axis("frequency", "Hz", log=True)
        return Picture(
            (
                Chart("Nyquist", Axis("Re Z", "ohm"), Axis("-Im Z", "ohm"), drawn("real", "loss"), square=True),
                Chart("Bode, modulus", frequency, Axis("|Z|", "ohm", log=True), drawn("frequency", "modulus")),
                Chart("Bode, phase", frequency, Axis("phase", "°"), drawn("frequency", "phase")),
            ),
            readings, tuple(warnings), result,
        )  # fmt: skip


#: Ways to look at a spectrum: of frequencies and impedances.
_SEEN = {
    "frequency": lambda f, z: f,
    "real": lambda f, z: z.real,
    "loss": lambda f, z: -z.imag,
    "modulus": lambda f, z: abs(z),
    "phase": lambda f, z: np.degrees(np.angle(z)),
}
