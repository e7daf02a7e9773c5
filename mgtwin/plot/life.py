"""What cycling does to a cell: contact, films, spectra and where the overpotential sits, cycle by cycle."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from mgtwin.errors import InputError
from mgtwin.plot.family import plot
from mgtwin.plot.look import COLOURS, MUTED, describe, panel, shades, stacked, style
from mgtwin.plot.transients import cycle_axis, cycle_numbers, is_run, is_summary
from mgtwin.plot.units import with_unit
from mgtwin.quantities import parse

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["contact", "cycle_breakdown", "half_cycles", "waterfall"]

#: Elements that make less than this share of the largest sum are drawn together.
SMALL = 0.01
#: An inset is worth its place from so many times what it shows on.
_GROWN = 3.0
#: Above these, contributions are drawn cycle by cycle: over time they would be one black area.
MANY_CYCLES = 10


def is_life(ds: xr.Dataset) -> bool:
    """Whether a Dataset shows the life of a cell, cycle by cycle, rather than single cycles."""
    many = ds.sizes.get("cycle", 0) > MANY_CYCLES and "deposition_overpotential" in ds.variables
    return is_summary(ds) or (many and is_run(ds, "cycles"))


@plot("deposition_overpotential", "dissolution_overpotential", when=is_life)
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
    with panel(ax, describe(ds.attrs), (7.4, 3.8), beside=True) as drawn:
        shares = (ds["dissolution_overpotential"] - ds["deposition_overpotential"]).transpose("element", "cycle") / 2
        total = np.abs(shares.values).sum(axis=0).max()
        # Twenty colours tell nothing: what never matters is drawn as one.
        large = np.abs(shares.values).max(axis=1) > SMALL * total
        # the axis has the unit that suits their sum
        drawn.y(shares.sum("element").values, unit="V", name="half-difference")
        parts = drawn.y([*shares.values[large], shares.values[~large].sum(axis=0)], unit="V", name="half-difference")
        drawn.ax.stackplot(
            cycle_numbers(ds), *parts, labels=[*map(str, shares["element"].values[large]), "others"],
            colors=[*COLOURS[: large.sum()], MUTED], alpha=0.9, lw=0,
        )  # fmt: skip
        cycle_axis(drawn.ax)
    return drawn.ax


@plot("deposition_voltage", "dissolution_voltage", "cycle", when=lambda ds: False)  # drawn where it is asked for
def half_cycles(
    ds: xr.Dataset,
    *,
    ax: Axes | tuple[Axes, Axes] | None = None,
    label: str | None = None,
    color: str | None = None,
    first: int = 5,
    within: float | str = "0.15 V",
) -> tuple[Axes, Axes]:
    """Draw the voltage at the end of every half cycle against the number of the cycle, and below it the half-sum.

    Deposition lies below zero, dissolution above. An inset shows the first cycles, in which a growing voltage is small.

    Parameters
    ----------
    ds : xarray.Dataset
        Result of a `Cycling` protocol, or of `mgtwin.analysis.cycle_summary`.
    ax : Axes or the pair that an earlier call returned, optional
        A single Axes is divided in two.
    label, color : str, optional
        Legend entry and colour.
    first : int
        Number of cycles in the inset; 0 for no inset.
    within : float or str
        Voltage up to which the inset reaches [V].

    Returns
    -------
    tuple of Axes
        Voltages and half-sum.

    Examples
    --------
    >>> import mgtwin as mt
    >>> run = mt.simulate(mt.cell("trilayer"), mt.Cycling("-10 uA", "1 h", cycles=3))
    >>> voltages, half_sum = mt.plot.half_cycles(run, first=2)
    >>> voltages.get_ylabel(), half_sum.get_ylabel()
    ('Voltage at the end of a half cycle (V)', 'Half-sum (mV)')
    """
    match ax:
        case (above, below):  # a further run on the pair of the first
            pass
        case _:
            with style():
                above, below = stacked(ax, (2.6, 1.0), (6.0, 4.6))
    number, reach = cycle_numbers(ds), 1e3 * float(parse(within, "V"))
    ends = np.array([ds["deposition_voltage"].values, ds["dissolution_voltage"].values])
    with panel(above, ""):
        (line, other) = above.plot(number, ends.T, color=color)
        other.set_color(line.get_color())
        line.set_label(label)
        above.axhline(0, color=MUTED, lw=0.6, zorder=1)
        above.set_ylabel(with_unit("voltage at the end of a half cycle", "V"))
        above.yaxis.set_gid("voltage")
        above.xaxis.set_gid("cycle")
        # alone it needs no inset where all of it is as small as the first cycles; others may follow one with a label
        small = label is None and 1e3 * float(np.nanmax(np.abs(ends))) < _GROWN * reach
        if first and len(number) > 2 * first and not small and not above.child_axes:
            inset = above.inset_axes((0.1, 0.075, 0.34, 0.26))
            inset.set(xlim=(0.5, first + 0.5), ylim=(-reach, reach), xticks=range(1, int(first) + 1))
            inset.set_ylabel("mV", labelpad=0)
            inset.axhline(0, color=MUTED, lw=0.6, zorder=1)
            inset.xaxis.set_gid("cycle")
            inset.yaxis.set_gid("voltage")
        for child in above.child_axes:
            cast("Axes", child).plot(number, 1e3 * ends.T, color=line.get_color(), marker=".", ms=3)
    with panel(below, ""):
        below.plot(number, 1e3 * (ends[0] + ends[1]) / 2, color=line.get_color())
        below.axhline(0, color=MUTED, lw=0.6, zorder=1)
        below.set_ylabel(with_unit("half-sum", "mV"))
        below.yaxis.set_gid("half_sum")
        cycle_axis(below)
    return above, below


@plot("final_contact_fraction", when=lambda ds: is_life(ds) and float(ds["final_contact_fraction"].min()) < 1)
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
    with panel(ax, describe(ds.attrs)) as drawn:
        fraction = ds["final_contact_fraction"].transpose("interface", "cycle")
        # Interfaces whose contact never changes would lie on each other at the top.
        moving = np.flatnonzero(np.ptp(fraction.values, axis=1) > 1e-9)
        for k, number in enumerate(moving.tolist() or [0]):
            drawn.ax.plot(
                cycle_numbers(ds), fraction.values[number], label=str(fraction["interface"].values[number]),
                ls=("-", "--", ":")[k % 3], color=COLOURS[k % len(COLOURS)],
            )  # fmt: skip
        if float(fraction.min()) < 0.2:
            drawn.ax.set_yscale("log")
        else:
            drawn.ax.set_ylim(0, 1.05)
        drawn.ax.set_ylabel("Contact fraction")
        cycle_axis(drawn.ax)
    return drawn.ax


@plot("impedance", "frequency", when=lambda ds: is_life(ds) and bool(np.isfinite(ds["impedance"].values).any()))
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
    if "cycle" not in ds["impedance"].dims:
        raise InputError("waterfall: these are no spectra along cycles: run Cycling(..., probe=EIS(...)), or use bode.")
    taken = np.flatnonzero(np.isfinite(ds["impedance"].isel(frequency=0).values))
    if not taken.size:
        raise InputError("waterfall: no spectrum was taken: every= is larger than the number of cycles.")
    with panel(ax, describe(ds.attrs), beside=True) as drawn:
        numbers = cycle_numbers(ds)[taken]
        # The colours go evenly from the first to the last: three entries explain them.
        labelled = {0, len(taken) - 1, len(taken) // 2} if len(taken) > 5 else set(range(len(taken)))
        for k, (index, colour) in enumerate(zip(taken, shades(len(taken)), strict=True)):
            z = np.abs(ds["impedance"].isel(cycle=index).values)
            text = f"cycle {numbers[k]}" if k in labelled else None
            drawn.ax.loglog(ds["frequency"], z, color=colour, lw=1.4, label=text)
        drawn.ax.set_xlabel(with_unit("frequency", "Hz"))
        drawn.ax.set_ylabel(with_unit("|Z|", "Ω"))
        drawn.room_on_log_axis()
    return drawn.ax
