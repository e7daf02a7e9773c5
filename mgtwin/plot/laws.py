"""Conductivity against inverse temperature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mgtwin.laws import BOLTZMANN
from mgtwin.plot._style import COLOURS, axes, require, style

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["arrhenius"]

_ZERO_CELSIUS = 273.15


def arrhenius(ds: xr.Dataset, *, ax: Axes | None = None, label: str | None = None, color: str | None = None) -> Axes:
    """Draw conductivities and their Arrhenius laws in both conventions against 1000/T, with °C above.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of `mgtwin.analysis.arrhenius`.
    ax : matplotlib Axes, optional
        Where to draw.
    label, color : str, optional
        Name of the points in the legend, and their colour.
    """
    require(ds, ("temperature", "conductivity", "activation_energy", "log_prefactor"), "arrhenius")
    with style():
        ax = axes(ax, (5.6, 4.2))
        temperature = ds["temperature"].values
        (points,) = ax.semilogy(
            1000 / temperature, ds["conductivity"] / 100, "o", ms=6, mec="white", label=label, color=color, zorder=3
        )
        margin = 0.06 * np.ptp(temperature)
        smooth = np.linspace(temperature.min() - margin, temperature.max() + margin, 100)
        for name, dash, symbol in (("sigma", "-", "σ"), ("sigma_T", (0, (4, 2.5)), "σT")):
            fit = ds.sel(convention=name)
            energy, std = float(fit["activation_energy"]), float(fit["activation_energy_std"])
            per_kt = 1 / (BOLTZMANN * smooth)
            sigma = np.exp(float(fit["log_prefactor"]) - energy * per_kt) / (smooth if name == "sigma_T" else 1)
            spread = "" if np.isnan(std) else f" ± {std:.1g}"
            shown = f"{symbol} ∝ exp(−Eₐ/kT), Eₐ = {energy:.3f}{spread} eV"
            alone = name == "sigma_T" and label is None and color is None
            line_colour = COLOURS[1] if alone else points.get_color()
            ax.plot(1000 / smooth, sigma / 100, linestyle=dash, lw=1.4, color=line_colour, label=shown)
        ax.set_xlabel("1000/T (1/K)")
        ax.set_ylabel("Conductivity (S/cm)")
        if ax.dataLim.y1 < 10 * ax.dataLim.y0:
            ax.set_ylim(ax.dataLim.y0 / 1.8, ax.dataLim.y1 * 1.8)
        if not ax.child_axes:
            _celsius_above(ax)
        ax.legend(loc="best")
    return ax


def _celsius_above(ax: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    def to_celsius(x: Any) -> Any:
        return 1000 / np.maximum(x, 1e-3) - _ZERO_CELSIUS

    def from_celsius(celsius: Any) -> Any:
        return 1000 / np.maximum(np.asarray(celsius) + _ZERO_CELSIUS, 1e-3)

    top = ax.secondary_xaxis("top", functions=(to_celsius, from_celsius))
    top.set_xlabel("Temperature (°C)")
    top.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
