"""A simulation beside a measurement, with what is left between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mgtwin.errors import InputError
from mgtwin.plot._style import (
    COLOURS,
    INK,
    MUTED,
    describe,
    is_log_spaced,
    lab,
    label,
    require,
    stacked,
    style,
    with_unit,
)
from mgtwin.plot.spectra import equal_scales, fit_height, sorted_spectrum
from mgtwin.plot.transients import voltage_is_controlled

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["compare"]

_MEASURED: dict[str, Any] = {
    "color": INK,
    "mfc": "none",
    "mew": 0.9,
    "ms": 4.5,
    "ls": "",
    "marker": "o",
    "label": "measured",
}


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
    spectra = ["impedance" in ds.variables for ds in (simulated, measured)]
    if spectra[0] != spectra[1]:
        raise InputError("compare draws two spectra or two transients, but one is a spectrum and the other is not.")
    with style():
        pair = _spectra(simulated, measured, ax) if spectra[0] else _transients(simulated, measured, ax)
        if ax is None:
            pair[0].set_title(describe(simulated))
    return pair


def _spectra(simulated: xr.Dataset, measured: xr.Dataset, ax: Axes | None) -> tuple[Axes, Axes]:
    for ds in (simulated, measured):
        require(ds, ("frequency", "impedance"), "compare")
    upper, lower = stacked(ax, (2.4, 1.0), (5.8, 5.6), sharex=False)
    (f_sim, z_sim), (f, z) = sorted_spectrum(simulated), sorted_spectrum(measured)
    size, unit = lab(np.abs(z), "ohm")
    upper.plot(z_sim.real / size, -z_sim.imag / size, color=COLOURS[1], label="simulated", zorder=3)
    upper.plot(z.real / size, -z.imag / size, **_MEASURED)
    upper.set_xlabel(f"Re Z ({unit})")
    upper.set_ylabel(f"−Im Z ({unit})")
    ratio = equal_scales(upper)
    if ax is None:
        fit_height(upper, ratio, below=1.9)
    upper.legend(loc="upper left")
    inside = (f >= f_sim[-1] * (1 - 1e-9)) & (f <= f_sim[0] * (1 + 1e-9))
    _must_overlap(inside)
    parts = [np.interp(np.log(f[inside]), np.log(f_sim[::-1]), p[::-1]) for p in (z_sim.real, z_sim.imag)]
    residual = 100 * (parts[0] + 1j * parts[1] - z[inside]) / np.abs(z[inside])
    lower.axhline(0, color=MUTED, lw=0.8, zorder=1)
    lower.semilogx(f[inside], residual.real, "o-", ms=3, lw=0.8, color=COLOURS[0], label="Re")
    lower.semilogx(f[inside], -residual.imag, "s-", ms=3, lw=0.8, color=COLOURS[3], label="−Im")
    lower.set_xlabel(label(measured["frequency"], "Hz"))
    lower.set_ylabel("Residual\n(% of |Z|)")
    _symmetric(lower)
    lower.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.0)
    return upper, lower


def _transients(simulated: xr.Dataset, measured: xr.Dataset, ax: Axes | None) -> tuple[Axes, Axes]:
    for ds in (simulated, measured):
        require(ds, ("time", "voltage", "current"), "compare")
    upper, lower = stacked(ax, (2.6, 1.0), (6.4, 5.0))
    name = "current" if voltage_is_controlled(measured) else "voltage"
    t_sim, t = (np.asarray(ds["time"].values, dtype=float) for ds in (simulated, measured))
    y_sim, y = (np.asarray(ds[name].values, dtype=float) for ds in (simulated, measured))
    log_time = is_log_spaced(t)
    time_size, time_unit = (1.0, "s") if log_time else lab(t, "s")
    size, unit = lab(y, measured[name].attrs.get("units", ""))
    seen = t > 0 if log_time else np.full(len(t), True)
    few = {**_MEASURED, "markevery": max(1, int(seen.sum()) // 150)}
    upper.plot(t[seen] / time_size, y[seen] / size, **few)
    upper.plot(t_sim / time_size, y_sim / size, color=COLOURS[1], label="simulated", zorder=3)
    relative = name == "current" and np.nanmin(y[seen]) > 0 and np.nanmax(y[seen]) > 10 * np.nanmin(y[seen])
    if relative:
        upper.set_yscale("log")
    upper.set_ylabel(label(measured[name], unit))
    upper.legend(loc="best")
    inside = seen & np.isfinite(y) & (t >= t_sim[0] - 1e-9 * abs(t_sim[-1])) & (t <= t_sim[-1] * (1 + 1e-9))
    _must_overlap(inside)
    same = len(t_sim) == len(t) and np.allclose(t_sim, t, rtol=1e-9, atol=0)
    # Equal times are compared one by one: where a step changes, one time has two values.
    residual = y_sim[inside] - y[inside] if same else np.interp(t[inside], t_sim, y_sim) - y[inside]
    if relative:
        residual, rest_size, rest_unit = 100 * residual / y[inside], 1.0, "%"
    else:
        rest_size, rest_unit = lab(residual if residual.any() else y, measured[name].attrs.get("units", ""))
    lower.axhline(0, color=MUTED, lw=0.8, zorder=1)
    lower.plot(t[inside] / time_size, residual / rest_size, color=COLOURS[0], lw=1.0)
    if log_time:
        lower.set_xscale("log")
    lower.set_xlim(t[seen][0] / time_size, t[seen][-1] / time_size)
    lower.set_xlabel(with_unit("time", time_unit))
    lower.set_ylabel(f"Residual\n({rest_unit})")
    _symmetric(lower)
    return upper, lower


def _must_overlap(inside: np.ndarray) -> None:
    if not inside.any():
        raise InputError("the simulation and the measurement do not overlap: there is nothing to compare.")


def _symmetric(ax: Axes) -> None:
    """Centre the residuals on zero, so that a bias is seen at a glance."""
    largest = max(abs(ax.dataLim.y0), abs(ax.dataLim.y1))
    if np.isfinite(largest) and largest > 0:
        ax.set_ylim(-1.15 * largest, 1.15 * largest)
