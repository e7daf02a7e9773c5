"""What was made of a spectrum: Kramers-Kronig residuals, relaxation times, a fitted equivalent circuit."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from mgtwin.errors import InputError
from mgtwin.plot._style import (
    COLOURS,
    INK,
    MUTED,
    PALE,
    axes,
    describe,
    lab,
    legend_beside,
    require,
    short,
    stacked,
    style,
    with_unit,
)
from mgtwin.plot._style import label as axis_label
from mgtwin.plot.spectra import equal_scales, fit_height

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["circuit", "kramers_kronig", "relaxation_times"]


def kramers_kronig(ds: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw the residuals of a Kramers-Kronig test against frequency, with the tolerance as a band.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of `mgtwin.analysis.kramers_kronig`.
    ax : matplotlib Axes, optional
        Where to draw.

    Raises
    ------
    InputError
        The Dataset has no residuals.
    """
    require(ds, ("frequency", "residual"), "kramers_kronig")
    with style():
        fresh, ax = ax is None, axes(ax, (6.4, 3.4))
        residual = 100 * np.asarray(ds["residual"].values)
        limit = 100 * float(ds.attrs.get("tolerance", 0.0))
        if limit:
            ax.axhspan(-limit, limit, color=PALE, lw=0, zorder=0, label=f"±{limit:.2g} %")
        _residuals(ax, np.asarray(ds["frequency"].values, dtype=float), residual, least=1.5 * limit)
        ax.set_xlabel(axis_label(ds["frequency"], "Hz"))
        ax.set_ylabel("Residual (% of |Z|)")
        legend_beside(ax)
        said = {True: "consistent with Kramers–Kronig", False: "not consistent with Kramers–Kronig"}
        consistent = ds.attrs.get("consistent")
        verdict = "" if consistent is None else said[bool(consistent)]
        if fresh:
            ax.set_title(": ".join(filter(None, [describe(ds), verdict])))
    return ax


def _residuals(ax: Axes, frequency: np.ndarray, residual: np.ndarray, least: float = 0.0) -> None:
    """Real and imaginary residuals in %, on an axis centred on zero that reaches to `least` at least."""
    ax.axhline(0, color=MUTED, lw=0.8, zorder=1)
    ax.semilogx(frequency, residual.real, "o-", ms=3, lw=0.8, color=COLOURS[0], label="Re")
    ax.semilogx(frequency, -residual.imag, "s-", ms=3, lw=0.8, color=COLOURS[3], label="−Im")
    largest = np.nanmax(np.abs([residual.real, residual.imag]), initial=0.0)
    reach = max(1.15 * float(largest), least)
    if reach > 0:
        ax.set_ylim(-reach, reach)


def relaxation_times(
    ds: xr.Dataset, *, ax: Axes | None = None, label: str | None = None, color: str | None = None
) -> Axes:
    """Draw a distribution of relaxation times with the numbers of its peaks beside it, and frequencies above.

    Peaks at an end of the data have an open mark: their numbers depend on the window.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of `mgtwin.analysis.relaxation_times`.
    ax : matplotlib Axes, optional
        Where to draw; several distributions may share Axes, the unit is then that of the first.
    label, color : str, optional
        Legend entry and colour. With a label the peaks are not listed.

    Raises
    ------
    InputError
        The Dataset has no distribution.
    """
    require(ds, ("time_constant", "distribution", "peak_time_constant"), "relaxation_times")
    with style():
        fresh, ax = ax is None, axes(ax, (7.6, 3.7))
        tau, gamma = (np.asarray(ds[name].values, dtype=float) for name in ("time_constant", "distribution"))
        size, unit = _unit_of(ax, gamma)
        (line,) = ax.semilogx(tau, gamma / size, "-", lw=1.6, label=label, color=color)
        ax.fill_between(tau, gamma / size, color=line.get_color(), alpha=0.15, lw=0)
        _mark_peaks(ax, ds, gamma / size, line.get_color(), listed=label is None)
        ax.set_xlabel(axis_label(ds["time_constant"], "s"))
        ax.set_ylabel(f"γ ({unit})")
        ax.set_ylim(0, max(1.12 * float(gamma.max()) / size, ax.get_ylim()[1]))
        ax.set_xlim(ax.dataLim.x0 / 1.5, ax.dataLim.x1 * 1.5)
        if not ax.child_axes:
            top = ax.secondary_xaxis("top", functions=(_reciprocal, _reciprocal))
            top.set_xlabel("Frequency (Hz)")
        if label is not None:
            ax.legend(loc="best")
        elif ds.sizes["peak"]:
            legend_beside(ax, "Peaks: R, C, f")
        if fresh:
            ax.set_title(describe(ds))
    return ax


def _reciprocal(x: Any) -> Any:
    """Frequency [Hz] of a time constant [s], and back."""
    return 1 / (2 * np.pi * np.maximum(x, 1e-300))


def _unit_of(ax: Axes, gamma: np.ndarray) -> tuple[float, str]:
    """Unit of the Axes if something is drawn there, else the one that suits the distribution."""
    for factor in (1e9, 1e6, 1e3, 1.0, 1e-3):
        name = lab([factor], "ohm")[1]
        if ax.lines and ax.get_ylabel() == f"γ ({name})":
            return factor, name
    return lab(gamma, "ohm")


def _mark_peaks(ax: Axes, ds: xr.Dataset, height: np.ndarray, color: Any, *, listed: bool) -> None:
    """Mark each peak on the curve; number it and list what it carries where that is wanted."""
    tau = np.asarray(ds["time_constant"].values, dtype=float)
    for k in range(ds.sizes["peak"]):
        one = {str(name): float(ds[name].values[k]) for name in ds.data_vars if str(name).startswith("peak_")}
        inside = bool(one["peak_inside"])
        top = _climb(height, int(np.argmin(np.abs(np.log(tau / one["peak_time_constant"])))))
        at, y = float(tau[top]), float(height[top])
        carried = (("peak_resistance", "ohm"), ("peak_capacitance", "F"), ("peak_frequency", "Hz"))
        text = ", ".join(short(one[name], unit) for name, unit in carried)
        text = f"{k + 1}: {text}" + ("" if inside else "\n    at the end of the data")
        ax.plot(
            at, y, "o", ms=5.5, mfc=color if inside else "white", mec="white" if inside else color,
            mew=0.7 if inside else 1.2, zorder=4, clip_on=False, label=text if listed else None,
        )  # fmt: skip
        if listed:
            ax.annotate(str(k + 1), (at, y), xytext=(6, 3), textcoords="offset points", fontsize=9, color=INK, zorder=5)


def _climb(height: np.ndarray, k: int) -> int:
    """Index of the maximum that lies uphill of index k."""
    while True:
        near = range(max(k - 1, 0), min(k + 2, len(height)))
        best = max(near, key=lambda j: float(height[j]))
        if height[best] <= height[k]:
            return k
        k = best


def circuit(fit: Any, *, ax: Axes | None = None) -> tuple[Axes, Axes]:
    """Draw a fitted circuit (line) on its spectrum (circles) with each of its arcs, and the residuals below.

    Every arc starts on the real axis where the one before it ends, as in the drawing that the circuit stands for. Arcs
    that lie outside the picture (extrapolated ones) appear in the legend only; what the spectrum does not determine is
    marked there, and its arc is drawn dashed.

    Parameters
    ----------
    fit : CircuitFit
        Result of `mgtwin.analysis.equivalent_circuit`.
    ax : matplotlib Axes, optional
        Divided in two.

    Returns
    -------
    tuple of Axes
        Complex plane and residuals.

    Raises
    ------
    InputError
        Something else than a fitted circuit is given.
    """
    if not (hasattr(fit, "arcs") and hasattr(fit, "model_impedance")):
        raise InputError(f"circuit draws a result of mgtwin.analysis.equivalent_circuit, not {type(fit).__name__}.")
    with style():
        upper, lower = stacked(ax, (2.4, 1.0), (7.6, 5.6), sharex=False)
        z, model = fit.impedance, fit.model_impedance
        size, unit = lab(np.abs(z), "ohm")
        upper.plot(
            z.real / size, -z.imag / size, "o", ms=4.5, mfc="none", mec=INK, mew=0.9, ls="", label="data", zorder=3
        )
        upper.plot(model.real / size, -model.imag / size, color=COLOURS[1], label=str(fit.circuit), zorder=4)
        upper.set_xlabel(f"Re Z ({unit})")
        upper.set_ylabel(f"−Im Z ({unit})")
        ratio = equal_scales(upper)
        if ax is None:
            fit_height(upper, 0.66 * ratio, below=2.0)
        _arcs(upper, fit, size)
        legend_beside(upper)
        _residuals(lower, fit.frequency, 100 * (model - z) / np.abs(z))
        lower.set_xlabel(with_unit("frequency", "Hz"))
        lower.set_ylabel("Residual\n(% of |Z|)")
        legend_beside(lower)
        if ax is None:
            upper.set_title(describe(SimpleNamespace(attrs=fit.attrs)))  # type: ignore[arg-type]
    return upper, lower


def _arcs(ax: Axes, fit: Any, size: float) -> None:
    """Shade the arcs one after the other along the real axis, and list R0 and what each arc carries."""
    values, open_ones = fit.values, fit.undetermined
    start = values["R0"]
    ax.plot([], [], ls="", label=f"R0: {short(start, 'ohm')}" + (", not determined" if "R0" in open_ones else ""))
    right = ax.get_xlim()[1] * size
    for k, (arc, colour) in enumerate(zip(fit.arcs, (COLOURS[0], COLOURS[2], COLOURS[3], COLOURS[4]), strict=False), 1):
        n = values[f"n{k}"]
        x = (1j * np.geomspace(1e-6, 1e6, 600)) ** n
        curve = (start + arc.resistance / (1 + x)) / size
        said = f"arc {k}: {short(arc.resistance, 'ohm')}, {short(arc.capacitance, 'F')}, n = {n:.2f}"
        doubts = [] if arc.determined else ["not determined"]
        doubts += [] if arc.inside else [f"top at {short(arc.frequency, 'Hz')}, outside the data"]
        ax.fill(
            curve.real, -curve.imag, fc=(colour, 0.18 if arc.determined else 0.05), ec=(colour, 0.6), zorder=1,
            lw=0 if arc.determined else 0.9, ls="-" if arc.determined else (0, (4, 3)),
            label="\n".join([said, *doubts]), visible=start < right,
        )  # fmt: skip
        start += arc.resistance
