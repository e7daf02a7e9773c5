"""A fit as a figure: data and model of every Dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..errors import InputError
from .curves import curves
from .solution import Solution

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["Drawn", "Panel", "drawn"]

#: matplotlib is imported when something is drawn, so its class goes by another name here.
Panel: TypeAlias = "Axes"
#: One Axes, or an array of them.
Drawn: TypeAlias = Any


def drawn(fit: Solution, ax: Panel | None = None) -> Drawn:
    """Nyquist plots of the spectra, traces of the runs in time; data as points, the fit as lines, residuals below.

    The bands hold 68 and 90 % of what the noise of the data leaves open. Residuals are left out on given
    Axes; those of spectra are relative to |Z|, those of runs to their largest value.

    Parameters
    ----------
    fit : Fit
    ax : matplotlib Axes, optional
        Only for fits to a single kind of data.

    Returns
    -------
    Axes, or an array of two
        Spectra first.
    """
    import matplotlib.pyplot as plt

    from ..plot.look import style

    bands = [*curves(fit).values()]
    spectra = [k for k, item in enumerate(fit.problem.measurements) if item.is_spectrum]
    runs = [k for k, item in enumerate(fit.problem.measurements) if not item.is_spectrum]
    kinds = [(draw, numbers) for draw, numbers in ((_spectra, spectra), (_runs, runs)) if numbers]
    if ax is not None and len(kinds) > 1:
        raise InputError("this fit has spectra and runs in time: they need two Axes, call plot() without ax.")
    with style():
        if ax is not None:
            axes: list[Panel] = [ax]
            below: list[Panel | None] = [None]
        else:
            grid = plt.subplots(
                2,
                len(kinds),
                figsize=(6.0 * len(kinds), 5.2),
                layout="constrained",
                squeeze=False,
                height_ratios=(2.6, 1),
            )[1]
            axes, below = [*grid[0]], [*grid[1]]
        for one, residuals, (draw, numbers) in zip(axes, below, kinds, strict=True):
            draw(fit, bands, numbers, one, residuals)
            if len(numbers) > 1 or fit.fails:
                one.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0))  # above, where it covers nothing
    return axes[0] if len(axes) == 1 else np.array(axes)


def _label(fit: Solution, number: int) -> str:
    verdict = fit.verdicts[number]
    return f"{verdict.label} (POOR: {verdict.misfit:.2g} × noise)" if verdict.poor else verdict.label


def _spectra(fit: Solution, bands: list[xr.Dataset], numbers: list[int], ax: Panel, residuals: Panel | None) -> None:
    from ..plot.bands import around
    from ..plot.spectra import equal_scales, in_plane, show, view_before_tails

    reach = view_before_tails([bands[k] for k in numbers])
    if reach is not None:  # which has the unit
        in_plane(ax, np.array(reach))
    for k in numbers:
        z, frequency = fit.measured(k), np.asarray(fit.problem.measurements[k].frequency)
        order = np.argsort(frequency)
        points, model = in_plane(ax, z), in_plane(ax, fit.predicted[k])[order]
        (drawn,) = ax.plot(points.real, -points.imag, ".", label=_label(fit, k))
        ax.plot(model.real, -model.imag, color=drawn.get_color())
        around(ax, in_plane(ax, bands[k]["impedance_samples"].values[:, order]), drawn.get_color())
        if residuals is not None:
            missed = 100 * (z - fit.predicted[k]) / np.abs(z)
            for part, mark in ((missed.real, "o-"), (-missed.imag, "s--")):
                residuals.semilogx(frequency[order], part[order], mark, ms=2.5, lw=0.7, color=drawn.get_color())
    equal_scales(ax) if reach is None else show(ax, reach)
    if residuals is not None:
        residuals.set_xlabel("Frequency (Hz)")
        residuals.set_ylabel("Residual (%)")
        residuals.set_title("Re —, −Im - -", fontsize="small")


def _runs(fit: Solution, bands: list[xr.Dataset], numbers: list[int], ax: Panel, residuals: Panel | None) -> None:
    from ..plot.bands import along
    from ..plot.look import is_log_spaced
    from ..plot.units import lab, with_unit

    items = {k: fit.problem.measurements[k] for k in numbers}
    times = [np.asarray(item.time) for item in items.values()]
    log_time = all(is_log_spaced(time) for time in times)
    second, time_unit = (1.0, "s") if log_time else lab([time[-1] for time in times], "s")
    axis = {
        kind: lab([np.abs(fit.measured(k)).max() for k in numbers if items[k].quantity == kind], unit)
        for kind, unit in (("current", "A"), ("voltage", "V"))
        if any(item.quantity == kind for item in items.values())
    }
    for k, item in items.items():
        size, time = axis[item.quantity][0], np.asarray(item.time) / second
        (points,) = ax.plot(time, fit.measured(k) / size, ".", label=_label(fit, k))
        ax.plot(time, fit.predicted[k] / size, color=points.get_color())
        along(ax, time, bands[k][f"{item.quantity}_samples"].values / size, points.get_color())
        if residuals is not None:
            missed = (fit.measured(k) - fit.predicted[k]) / np.abs(fit.measured(k)).max()
            residuals.plot(time, 100 * missed, "o-", ms=2.5, lw=0.7, color=points.get_color())
    for one in (ax, residuals) if residuals is not None else (ax,):
        one.set_xscale("log" if log_time else "linear")
        one.set_xlabel(with_unit("time", time_unit))
    ax.set_ylabel(" or ".join(with_unit(kind, unit) for kind, (_, unit) in axis.items()))
    if residuals is not None:
        residuals.set_ylabel("Residual\n(% of the largest)")
