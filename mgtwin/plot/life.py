"""What cycling does to a cell: contact, films, spectra and where the overpotential sits, cycle by cycle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mgtwin.errors import InputError
from mgtwin.plot._style import COLOURS, MUTED, axes, describe, lab, legend_beside, require, shades, style, with_unit
from mgtwin.plot.transients import cycle_numbers

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["contact", "cycle_breakdown", "waterfall"]

#: Elements that make less than this share of the largest sum are drawn together.
SMALL = 0.01


def contact(ds: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw the contact fraction of every interface that loses contact against the number of the cycle.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a `Cycling` protocol of a cell whose interfaces have a contact.
    ax : matplotlib Axes, optional
        Where to draw.

    Raises
    ------
    InputError
        The Dataset has no contact fractions.
    """
    require(ds, ("final_contact_fraction",), "contact")
    with style():
        fresh, ax = ax is None, axes(ax)
        fraction = ds["final_contact_fraction"]
        moving = [
            str(name) for name in fraction["interface"].values if np.ptp(fraction.sel(interface=name).values) > 1e-9
        ]
        for k, name in enumerate(moving or [str(fraction["interface"].values[0])]):
            ax.plot(
                cycle_numbers(ds),
                fraction.sel(interface=name),
                label=name,
                ls=("-", "--", ":")[k % 3],
                color=COLOURS[k],
            )
        low = float(fraction.min())
        if low < 0.2:
            ax.set_yscale("log")
        else:
            ax.set_ylim(0, 1.05)
        _cycle_axis(ax, "contact fraction")
        ax.legend(loc="best")
        if fresh:
            ax.set_title(describe(ds))
    return ax


def waterfall(ds: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw the magnitude of the spectra along the life of a cell, from light to dark.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of ``Cycling(..., probe=EIS(...))``.
    ax : matplotlib Axes, optional
        Where to draw.

    Raises
    ------
    InputError
        The Dataset has no spectra along its cycles.
    """
    require(ds, ("impedance", "frequency"), "waterfall")
    if "cycle" not in ds["impedance"].dims:
        raise InputError("waterfall: these are no spectra along cycles: run Cycling(..., probe=EIS(...)), or use bode.")
    with style():
        fresh, ax = ax is None, axes(ax)
        taken = np.flatnonzero(np.isfinite(ds["impedance"].isel(frequency=0).values))
        if not taken.size:
            raise InputError("waterfall: no spectrum was taken: every= is larger than the number of cycles.")
        numbers = cycle_numbers(ds)[taken]
        labelled = {0, len(taken) - 1, len(taken) // 2} if len(taken) > 5 else set(range(len(taken)))
        for k, (index, colour) in enumerate(zip(taken, shades(len(taken)), strict=True)):
            z = np.abs(ds["impedance"].isel(cycle=index).values)
            text = f"cycle {numbers[k]}" if k in labelled else None
            ax.loglog(ds["frequency"], z, color=colour, lw=1.4, label=text)
        ax.set_xlabel(with_unit("Frequency", "Hz"))
        ax.set_ylabel(with_unit("|Z|", "Ω"))
        if ax.dataLim.y1 < 10 * ax.dataLim.y0:  # a log axis without a decade in it has no labelled tick
            ax.set_ylim(ax.dataLim.y0 / 2.5, ax.dataLim.y1 * 2.5)
        legend_beside(ax)
        if fresh:
            ax.set_title(describe(ds))
    return ax


def cycle_breakdown(ds: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw which layers and interfaces make the half-difference of the voltage, cycle by cycle.

    Each element's share is half of what it contributes at the end of dissolution less what it contributes at the end
    of deposition: together they are the half-difference.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a `Cycling` protocol.
    ax : matplotlib Axes, optional
        Where to draw.

    Raises
    ------
    InputError
        The Dataset has no contributions per cycle.
    """
    require(ds, ("deposition_overpotential", "dissolution_overpotential"), "cycle_breakdown")
    with style():
        fresh, ax = ax is None, axes(ax, (7.4, 3.8))
        shares = (ds["dissolution_overpotential"] - ds["deposition_overpotential"]).transpose("element", "cycle") / 2
        total = np.abs(shares.values).sum(axis=0).max()
        large = [name for name in shares["element"].values if np.abs(shares.sel(element=name)).max() > SMALL * total]
        parts = [shares.sel(element=name).values for name in large]
        rest = shares.sum("element").values - sum(parts, np.zeros(shares.sizes["cycle"]))
        size, unit = lab(shares.sum("element").values, "V")
        ax.stackplot(
            cycle_numbers(ds), *[part / size for part in (*parts, rest)],
            labels=[*map(str, large), "others"], colors=[*COLOURS[: len(large)], MUTED], alpha=0.9, lw=0,
        )  # fmt: skip
        _cycle_axis(ax, with_unit("half-difference", unit))
        legend_beside(ax)
        if fresh:
            ax.set_title(describe(ds))
    return ax


def _cycle_axis(ax: Axes, text: str) -> None:
    from matplotlib.ticker import MaxNLocator

    ax.set_xlabel("Cycle")
    ax.set_ylabel(text)
    locator: Any = MaxNLocator(integer=True)
    ax.xaxis.set_major_locator(locator)
