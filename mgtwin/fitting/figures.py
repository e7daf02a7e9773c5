"""A fit as a figure: data and model of every Dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError

if TYPE_CHECKING:
    from .result import Fit

__all__ = ["drawn"]


def drawn(fit: Fit, ax: Any = None) -> Any:
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
        axes = list(np.atleast_1d(made))
        for one, (draw, numbers) in zip(axes, kinds, strict=True):
            draw(fit, numbers, one)
            if len(numbers) > 1:
                one.legend()
    return axes[0] if len(axes) == 1 else np.array(axes)


def _spectra(fit: Fit, numbers: list[int], ax: Any) -> None:
    from ..plot.units import lab

    size, unit = lab([np.abs(fit.measured(k)).max() for k in numbers], "ohm")
    for k in numbers:
        z, model = fit.measured(k) / size, fit.predicted[k] / size
        order = np.argsort(np.asarray(fit.problem.measurements[k].frequency))
        (points,) = ax.plot(z.real, -z.imag, ".", label=fit.problem.measurements[k].label)
        ax.plot(model.real[order], -model.imag[order], color=points.get_color())
    ax.set_xlabel(f"Re Z ({unit})")
    ax.set_ylabel(f"−Im Z ({unit})")
    ax.set_aspect("equal", adjustable="datalim")


def _runs(fit: Fit, numbers: list[int], ax: Any) -> None:
    from ..plot.look import is_log_spaced
    from ..plot.units import lab, with_unit
    from .problem import kind_of

    items = {k: fit.problem.measurements[k] for k in numbers}
    times = [np.asarray(item.time) for item in items.values()]
    log_time = all(is_log_spaced(time) for time in times)
    second, time_unit = (1.0, "s") if log_time else lab([time[-1] for time in times], "s")
    axis = {
        kind: lab([np.abs(fit.measured(k)).max() for k in numbers if kind_of(items[k]) == kind], unit)
        for kind, unit in (("current", "A"), ("voltage", "V"))
        if any(kind_of(item) == kind for item in items.values())
    }
    for k, item in items.items():
        size, time = axis[kind_of(item)][0], np.asarray(item.time) / second
        (points,) = ax.plot(time, fit.measured(k) / size, ".", label=item.label)
        ax.plot(time, fit.predicted[k] / size, color=points.get_color())
    if log_time:
        ax.set_xscale("log")
    ax.set_xlabel(with_unit("time", time_unit))
    ax.set_ylabel(" or ".join(with_unit(kind, unit) for kind, (_, unit) in axis.items()))
