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

    spectra = [k for k, item in enumerate(fit.problem.measurements) if item.is_spectrum]
    runs = [k for k, item in enumerate(fit.problem.measurements) if not item.is_spectrum]
    kinds = [(draw, numbers) for draw, numbers in ((_spectra, spectra), (_runs, runs)) if numbers]
    if ax is not None and len(kinds) > 1:
        raise InputError("this fit has spectra and runs in time: they need two Axes, call plot() without ax.")
    axes = [ax] if ax is not None else list(np.atleast_1d(plt.subplots(1, len(kinds), layout="constrained")[1]))
    for one, (draw, numbers) in zip(axes, kinds, strict=True):
        draw(fit, numbers, one)
        if len(numbers) > 1:
            one.legend()
    return axes[0] if len(axes) == 1 else np.array(axes)


def _spectra(fit: Fit, numbers: list[int], ax: Any) -> None:
    for k in numbers:
        z, model = fit.measured(k), fit.predicted[k]
        order = np.argsort(np.asarray(fit.problem.measurements[k].frequency))
        (points,) = ax.plot(z.real, -z.imag, ".", label=fit.problem.measurements[k].label)
        ax.plot(model.real[order], -model.imag[order], color=points.get_color())
    ax.set_xlabel("Re Z [ohm]")
    ax.set_ylabel("−Im Z [ohm]")
    ax.set_aspect("equal", adjustable="datalim")


def _runs(fit: Fit, numbers: list[int], ax: Any) -> None:
    from .problem import kind_of

    kinds = set()
    for k in numbers:
        item = fit.problem.measurements[k]
        kinds.add(kind_of(item))
        (points,) = ax.plot(item.time, fit.measured(k), ".", label=item.label)
        ax.plot(item.time, fit.predicted[k], color=points.get_color())
    ax.set_xlabel("time [s]")
    ax.set_ylabel(" or ".join(f"{kind} [{'V' if kind == 'voltage' else 'A'}]" for kind in sorted(kinds)))
