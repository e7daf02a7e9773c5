"""A fit as a figure: data and model of every Dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..errors import InputError
from .solution import Solution

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Drawn", "Panel", "drawn"]

#: matplotlib is imported when something is drawn, so its class goes by another name here.
Panel: TypeAlias = "Axes"
#: One Axes, or an array of them.
Drawn: TypeAlias = Any


def drawn(fit: Solution, ax: Panel | None = None) -> Drawn:
    """Nyquist plots of the spectra, traces of the runs in time; data as points, the fit as lines.

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

    spectra = [k for k, item in enumerate(fit.problem.measurements) if item.is_spectrum]
    runs = [k for k, item in enumerate(fit.problem.measurements) if not item.is_spectrum]
    kinds = [(draw, numbers) for draw, numbers in ((_spectra, spectra), (_runs, runs)) if numbers]
    if ax is not None and len(kinds) > 1:
        raise InputError("this fit has spectra and runs in time: they need two Axes, call plot() without ax.")
    with style():
        size = (6.0 * len(kinds), 4.2)
        made = [ax] if ax is not None else plt.subplots(1, len(kinds), figsize=size, layout="constrained")[1]
        axes: list[Panel] = list(np.ravel(np.array(made)))
        for one, (draw, numbers) in zip(axes, kinds, strict=True):
            draw(fit, numbers, one)
            if len(numbers) > 1 or fit.fails:
                one.legend()
    return axes[0] if len(axes) == 1 else np.array(axes)


def _label(fit: Solution, number: int) -> str:
    verdict = fit.verdicts[number]
    return f"{verdict.label} (POOR: {verdict.misfit:.2g} × noise)" if verdict.poor else verdict.label


def _spectra(fit: Solution, numbers: list[int], ax: Panel) -> None:
    from ..plot.units import lab

    size, unit = lab([np.abs(fit.measured(k)).max() for k in numbers], "ohm")
    for k in numbers:
        z, model = fit.measured(k) / size, fit.predicted[k] / size
        order = np.argsort(np.asarray(fit.problem.measurements[k].frequency))
        (points,) = ax.plot(z.real, -z.imag, ".", label=_label(fit, k))
        ax.plot(model.real[order], -model.imag[order], color=points.get_color())
    ax.set_xlabel(f"Re Z ({unit})")
    ax.set_ylabel(f"−Im Z ({unit})")
    ax.set_aspect("equal", adjustable="datalim")


def _runs(fit: Solution, numbers: list[int], ax: Panel) -> None:
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
    if log_time:
        ax.set_xscale("log")
    ax.set_xlabel(with_unit("time", time_unit))
    ax.set_ylabel(" or ".join(with_unit(kind, unit) for kind, (_, unit) in axis.items()))
