"""Conductivity against inverse temperature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from mgtwin.laws import BOLTZMANN
from mgtwin.plot.family import plot
from mgtwin.plot.look import COLOURS, panel
from mgtwin.plot.units import ZERO_CELSIUS

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["arrhenius", "label_axes"]


@plot("temperature", "conductivity", "activation_energy", "log_prefactor")
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
    with panel(ax, "", (5.6, 4.2)) as drawn:
        ax, temperature = drawn.ax, ds["temperature"].values
        (points,) = ax.semilogy(
            1000 / temperature, ds["conductivity"] / 100, "o", ms=6, mec="white", label=label, color=color, zorder=3
        )
        # The lines reach a little beyond the points, but make no claim far from them.
        margin = 0.06 * np.ptp(temperature)
        smooth = np.linspace(temperature.min() - margin, temperature.max() + margin, 100)
        for name, dash, symbol in (("sigma", "-", "σ"), ("sigma_T", (0, (4, 2.5)), "σT")):
            fit = ds.sel(convention=name)
            energy, std = float(fit["activation_energy"]), float(fit["activation_energy_std"])
            per_kt = 1 / (BOLTZMANN * smooth)
            sigma = np.exp(float(fit["log_prefactor"]) - energy * per_kt) / (smooth if name == "sigma_T" else 1)
            spread = "" if np.isnan(std) else f" ± {std:.1g}"
            shown = f"{symbol} ∝ exp(−Eₐ/kT), Eₐ = {energy:.3f}{spread} eV"
            # The two conventions differ by colour only where no other sample needs the colours.
            alone = name == "sigma_T" and label is None and color is None
            line_colour = COLOURS[1] if alone else points.get_color()
            ax.plot(1000 / smooth, sigma / 100, linestyle=dash, lw=1.4, color=line_colour, label=shown)
        drawn.room_on_log_axis()
        label_axes(ax)
        ax.legend(loc="best")
    return ax


def label_axes(ax: Axes, shown: np.ndarray | None = None) -> None:
    """Label axes of conductivities [S/cm] against 1000/T, with °C above, once.

    Where the lowest and highest temperature shown [K] are far apart, even steps in °C would crowd at the hot end.
    """
    from matplotlib.ticker import FixedLocator, MaxNLocator

    def to_celsius(x: ArrayLike) -> np.ndarray:
        # Matplotlib tries the conversion on values far outside the data, 0 among them.
        return np.asarray(1000 / np.maximum(x, 1e-3) - ZERO_CELSIUS)

    def from_celsius(celsius: ArrayLike) -> np.ndarray:
        return np.asarray(1000 / np.maximum(np.asarray(celsius) + ZERO_CELSIUS, 1e-3))

    ax.set_xlabel("1000/T (1/K)")
    ax.set_ylabel("Conductivity (S/cm)")
    if not ax.child_axes:
        top = ax.secondary_xaxis("top", functions=(to_celsius, from_celsius))
        top.set_xlabel("Temperature (°C)")
        if shown is None or shown.max() < 1.5 * shown.min():
            top.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
        else:
            top.xaxis.set_major_locator(FixedLocator([-150, -100, -50, 0, 50, 100, 200, 400, 800]))
