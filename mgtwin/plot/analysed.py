"""What was made of a spectrum: Kramers-Kronig residuals, relaxation times, a fitted equivalent circuit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from mgtwin.errors import InputError
from mgtwin.plot.comparison import MEASURED
from mgtwin.plot.family import plot
from mgtwin.plot.look import COLOURS, INK, PALE, describe, legend_beside, panel, stacked, style
from mgtwin.plot.spectra import draw_residuals, equal_scales, fit_height, in_plane
from mgtwin.plot.units import lab_shared, short, with_unit

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["circuit", "kramers_kronig", "relaxation_times"]


class FittedCircuit(Protocol):
    """What a figure needs of a circuit that was fitted to a spectrum."""

    circuit: object
    arcs: Sequence[Any]
    frequency: np.ndarray
    impedance: np.ndarray
    model_impedance: np.ndarray
    attrs: Mapping[str, Any]

    @property
    def values(self) -> Mapping[str, float]:
        """Fitted values by name."""
        ...

    @property
    def undetermined(self) -> Mapping[str, str]:
        """Parameters that the spectrum does not determine, and why."""
        ...


@plot("frequency", "residual", when=lambda ds: ds["residual"].ndim == 1)
def kramers_kronig(ds: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw the residuals of a Kramers-Kronig test, or of Z-HIT, against frequency, with the tolerance as a band.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of `mgtwin.analysis.kramers_kronig` or `mgtwin.analysis.z_hit`.
    ax : matplotlib Axes, optional
        Where to draw.

    Raises
    ------
    InputError
        The Dataset has no residuals.
    """
    test = "its phase (Z-HIT)" if str(ds.attrs.get("route")).endswith("z_hit") else "Kramers–Kronig"
    said = {True: f"consistent with {test}", False: f"not consistent with {test}", None: ""}
    consistent = ds.attrs.get("consistent")
    verdict = said[None if consistent is None else bool(consistent)]
    with panel(ax, ": ".join(filter(None, [describe(ds.attrs), verdict])), (6.4, 3.4), beside=True) as drawn:
        # Residuals are drawn in per cent; the tolerance is kept as a part of |Z|.
        limit = 100 * float(ds.attrs.get("tolerance", 0.0))
        if limit:
            drawn.ax.axhspan(-limit, limit, color=PALE, lw=0, zorder=0, label=f"±{limit:.2g} %")
        draw_residuals(drawn.ax, ds["frequency"].values, 100 * np.asarray(ds["residual"].values), least=1.5 * limit)
        drawn.ax.set_ylabel("Residual (% of |Z|)")
    return drawn.ax


@plot("time_constant", "distribution", "peak_time_constant", when=lambda ds: ds["distribution"].ndim == 1)
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
    with panel(ax, describe(ds.attrs), (7.6, 3.7)) as drawn:
        tau, gamma = (np.asarray(ds[name].values, dtype=float) for name in ("time_constant", "distribution"))
        # A second curve on these Axes has to take the unit that stands at the axis already.
        size, unit = lab_shared(drawn.ax.get_ylabel(), gamma, "ohm")
        (line,) = drawn.ax.semilogx(tau, gamma / size, "-", lw=1.6, label=label, color=color)
        drawn.ax.fill_between(tau, gamma / size, color=line.get_color(), alpha=0.15, lw=0)
        height, colour = gamma / size, line.get_color()
        for k in range(ds.sizes["peak"]):
            one = {str(name): float(ds[name].values[k]) for name in ds.data_vars if str(name).startswith("peak_")}
            inside = bool(one["peak_inside"])
            # The peak was found on a finer curve than the one drawn; its mark belongs on the drawn one.
            top, before = int(np.argmin(np.abs(np.log(tau / one["peak_time_constant"])))), -1
            while top != before:
                before, near = top, range(max(top - 1, 0), min(top + 2, len(height)))
                top = max((top, *near), key=lambda j: float(height[j]))
            carried = (("peak_resistance", "ohm"), ("peak_capacitance", "F"), ("peak_frequency", "Hz"))
            text = f"{k + 1}: " + ", ".join(short(one[name], of) for name, of in carried)
            text += "" if inside else "\n    at the end of the data"
            drawn.ax.plot(
                tau[top], height[top], "o", ms=5.5, mfc=colour if inside else "white", clip_on=False, zorder=4,
                mec="white" if inside else colour, mew=0.7 if inside else 1.2, label=text if label is None else None,
            )  # fmt: skip
            if label is None:
                at = (float(tau[top]), float(height[top]))
                drawn.ax.annotate(
                    str(k + 1), at, xytext=(6, 3), textcoords="offset points", fontsize=9, color=INK, zorder=5
                )
        drawn.ax.set_xlabel(with_unit(str(ds["time_constant"].attrs.get("long_name", "relaxation time")), "s"))
        drawn.ax.set_ylabel(f"γ ({unit})")
        # Room for the numbers of the peaks; never less than a curve that is there already needs.
        drawn.ax.set_ylim(0, max(1.12 * float(gamma.max()) / size, drawn.ax.get_ylim()[1]))
        drawn.ax.set_xlim(drawn.ax.dataLim.x0 / 1.5, drawn.ax.dataLim.x1 * 1.5)
        # Several distributions share Axes: only the first of them adds the axis on top.
        if not drawn.ax.child_axes:
            above = drawn.ax.secondary_xaxis("top", functions=(_reciprocal, _reciprocal))
            above.set_xlabel("Frequency (Hz)")
        if label is None and ds.sizes["peak"]:
            legend_beside(drawn.ax, "Peaks: R, C, f")
    return drawn.ax


def _reciprocal(x: ArrayLike) -> np.ndarray:
    """Frequency [Hz] of a time constant [s], and back."""
    # matplotlib tries 0, too, when it sets up the second axis
    # Matplotlib asks for 0, too, while it works out the limits.
    return np.asarray(1 / (2 * np.pi * np.maximum(x, 1e-300)))


def circuit(fit: FittedCircuit, *, ax: Axes | None = None) -> tuple[Axes, Axes]:
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
    match fit:
        case object(arcs=_, model_impedance=model):
            pass
        case _:
            raise InputError(f"circuit draws a result of mgtwin.analysis.equivalent_circuit, not {type(fit).__name__}.")
    with style():
        upper, lower = stacked(ax, (2.4, 1.0), (7.6, 5.6), sharex=False)
        data, line = in_plane(upper, fit.impedance), in_plane(upper, model)
        upper.plot(data.real, -data.imag, **{**MEASURED, "label": "data"}, zorder=3)
        upper.plot(line.real, -line.imag, color=COLOURS[1], label=str(fit.circuit), zorder=4)
        # After the data and the line, before the arcs: what is extrapolated must not decide the view.
        ratio = equal_scales(upper)
        if ax is None:
            fit_height(upper, 0.66 * ratio, below=2.0)
        size = float(np.abs(fit.impedance[0]) / np.abs(data[0]))
        start, doubt = fit.values["R0"], ", not determined" if "R0" in fit.undetermined else ""
        upper.plot([], [], ls="", label=f"R0: {short(start, 'ohm')}{doubt}")
        # What was extrapolated far beyond the data would move the view away from them.
        right = upper.get_xlim()[1] * size
        colours = (COLOURS[0], COLOURS[2], COLOURS[3], COLOURS[4])
        for k, (arc, colour) in enumerate(zip(fit.arcs, colours, strict=False), 1):
            n = fit.values[f"n{k}"]
            # Drawn whole: frequencies are relative to its top, and six decades reach the axis on both sides.
            x = (1j * np.geomspace(1e-6, 1e6, 600)) ** n
            curve = (start + arc.resistance / (1 + x)) / size
            said = f"arc {k}: {short(arc.resistance, 'ohm')}, {short(arc.capacitance, 'F')}, n = {n:.2f}"
            doubts = [] if arc.determined else ["not determined"]
            doubts += [] if arc.inside else [f"top at {short(arc.frequency, 'Hz')}, outside the data"]
            upper.fill(
                curve.real, -curve.imag, fc=(colour, 0.18 if arc.determined else 0.05), ec=(colour, 0.6), zorder=1,
                lw=0 if arc.determined else 0.9, ls="-" if arc.determined else (0, (4, 3)),
                label="\n".join([said, *doubts]), visible=start < right,
            )  # fmt: skip
            start += arc.resistance
        legend_beside(upper)
        draw_residuals(lower, fit.frequency, 100 * (model - fit.impedance) / np.abs(fit.impedance))
        lower.set_ylabel("Residual\n(% of |Z|)")
        legend_beside(lower)
        if ax is None:
            upper.set_title(describe(fit.attrs))
    return upper, lower
