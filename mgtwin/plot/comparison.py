"""A simulation beside a measurement, with what is left between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mgtwin.errors import InputError
from mgtwin.plot.family import require
from mgtwin.plot.look import COLOURS, INK, MUTED, Panel, describe, is_log_spaced, stacked, style
from mgtwin.plot.spectra import (
    centre_on_zero,
    draw_residuals,
    equal_scales,
    fit_height,
    in_plane,
    show,
    sorted_spectrum,
    view_before_tails,
)
from mgtwin.plot.transients import is_spread, voltage_is_controlled
from mgtwin.plot.units import lab

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["compare"]

#: How measured points look.
MEASURED: dict[str, Any] = {
    "color": INK, "mfc": "none", "mew": 0.9, "ms": 4.5, "ls": "", "marker": "o", "label": "measured",
}  # fmt: skip

#: Part of a signal below which a residual is rounding.
ROUNDING = 1e-12


def compare(simulated: xr.Dataset, measured: xr.Dataset, *, ax: Axes | None = None) -> tuple[Axes, Axes]:
    """Draw a simulation (line) with a measurement (circles), and below the residuals, simulated minus measured.

    Two spectra are drawn in the complex plane, with residuals relative to ``|Z|`` against frequency; two transients
    against time. The simulation is interpolated to the points of the measurement (in log(frequency), in time) where
    they differ; where it does not reach there are no residuals.

    Parameters
    ----------
    simulated, measured : xarray.Dataset
        Two spectra or two transients.
    ax : matplotlib Axes, optional
        Divided in two.

    Returns
    -------
    tuple of Axes
        The signals and the residuals.

    Raises
    ------
    InputError
        One is a spectrum and the other a transient, or they do not overlap.
    """
    for ds in (simulated, measured):
        require(ds, (), "compare")
    spectra = ["impedance" in ds.variables for ds in (simulated, measured)]
    if spectra[0] != spectra[1]:
        raise InputError("compare draws two spectra or two transients, but one is a spectrum and the other is not.")
    for ds in (simulated, measured):
        require(ds, ("frequency", "impedance") if spectra[0] else ("time", "voltage", "current"), "compare")
    with style():
        if spectra[0]:
            upper, lower = stacked(ax, (2.4, 1.0), (5.8, 5.6), sharex=False)
            (f_sim, z_sim), (f, z) = sorted_spectrum(simulated), sorted_spectrum(measured)
            reach = view_before_tails([simulated, measured])
            if reach is not None:  # which has the unit
                in_plane(upper, np.array(reach))
            points, line = in_plane(upper, z), in_plane(upper, z_sim)
            upper.plot(line.real, -line.imag, color=COLOURS[1], label="simulated", zorder=3)
            upper.plot(points.real, -points.imag, **MEASURED)
            ratio = equal_scales(upper) if reach is None else show(upper, reach)
            if ax is None:
                fit_height(upper, ratio, below=1.9)
            upper.legend(loc="upper left")
            inside = (f >= f_sim[-1] * (1 - 1e-9)) & (f <= f_sim[0] * (1 + 1e-9))
            _must_overlap(inside)
            # In log(frequency), where spectra are smooth.
            parts = [np.interp(np.log(f[inside]), np.log(f_sim[::-1]), p[::-1]) for p in (z_sim.real, z_sim.imag)]
            draw_residuals(lower, f[inside], 100 * (parts[0] + 1j * parts[1] - z[inside]) / np.abs(z[inside]))
            lower.set_ylabel("Residual\n(% of |Z|)")
            lower.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.0)
        else:
            upper, lower = _transients(simulated, measured, ax)
        if ax is None:
            upper.set_title(describe(simulated.attrs))
    return upper, lower


def _transients(simulated: xr.Dataset, measured: xr.Dataset, ax: Axes | None) -> tuple[Axes, Axes]:
    upper, lower = stacked(ax, (2.6, 1.0), (6.4, 5.0))
    signals, below = Panel(upper, (0, 0)), Panel(lower, (0, 0))
    # the protocol of the simulation says what was imposed on both; of steps alone it often cannot be told
    name = "current" if voltage_is_controlled(simulated) else "voltage"
    t_sim, t = (np.asarray(ds["time"].values, dtype=float) for ds in (simulated, measured))
    y_sim, y = (np.asarray(ds[name].values, dtype=float) for ds in (simulated, measured))
    log = is_log_spaced(t)
    seen = t > 0 if log else np.full(len(t), True)
    at, points = below.time(t, log=log), signals.y(y, measured[name])
    upper.plot(at[seen], points[seen], **MEASURED, markevery=max(1, int(seen.sum()) // 150))
    upper.plot(
        below.time(t_sim, log=log), signals.y(y_sim, measured[name]), color=COLOURS[1], label="simulated", zorder=3
    )
    relative = name == "current" and is_spread(y[seen])
    if relative:
        upper.set_yscale("log")
    upper.legend(loc="best")
    inside = seen & np.isfinite(y) & (t >= t_sim[0] - 1e-9 * abs(t_sim[-1])) & (t <= t_sim[-1] * (1 + 1e-9))
    _must_overlap(inside)
    same = len(t_sim) == len(t) and np.allclose(t_sim, t, rtol=1e-9, atol=0)
    # Equal times are compared one by one: where a step changes, one time has two values.
    residual = y_sim[inside] - y[inside] if same else np.interp(t[inside], t_sim, y_sim) - y[inside]
    if relative:
        residual, size, unit = 100 * residual / y[inside], 1.0, "%"
    else:
        # what rounding leaves is no residual, and its digits would be all that is seen
        told = np.abs(residual).max() > ROUNDING * np.abs(y[inside]).max()
        size, unit = lab(residual if told else y, str(measured[name].attrs.get("units", "")))
    lower.axhline(0, color=MUTED, lw=0.8, zorder=1)
    lower.plot(at[inside], residual / size, color=COLOURS[0], lw=1.0)
    lower.set_xlim(at[seen][0], at[seen][-1])
    lower.set_ylabel(f"Residual\n({unit})")
    centre_on_zero(lower, 0.0 if relative or told else 1e-3 * float(np.abs(y[inside]).max()) / size)
    return upper, lower


def _must_overlap(inside: np.ndarray) -> None:
    if not inside.any():
        raise InputError("the simulation and the measurement do not overlap: there is nothing to compare.")
