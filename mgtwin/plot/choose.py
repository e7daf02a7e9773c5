"""The right figure for a Dataset, for those who do not want to choose."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from mgtwin.dataset import has_gaps
from mgtwin.errors import InputError
from mgtwin.plot._style import describe, style
from mgtwin.plot.analysed import kramers_kronig, relaxation_times
from mgtwin.plot.interior import breakdown, concentrations, profiles
from mgtwin.plot.laws import arrhenius
from mgtwin.plot.life import contact, cycle_breakdown, waterfall
from mgtwin.plot.spectra import bode, nyquist
from mgtwin.plot.studies import study_panels
from mgtwin.plot.transients import cycles, protocol_type, transient, voltammogram

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["figure", "plots_of"]

_Draw = Callable[..., Any]
#: Above these, contributions are drawn cycle by cycle: over time they would be one black area.
MANY_CYCLES = 10


def figure(data: xr.Dataset | xr.DataTree) -> Figure:
    """Draw what a Dataset or DataTree holds.

    Spectra are drawn as Nyquist and Bode plots, transients as the plot that suits the protocol, with the breakdown of
    the voltage and the profiles where the Dataset has them; many cycles as their life: contributions and contact by
    cycle, and spectra along it. A tree has one row per node.

    Raises
    ------
    InputError
        There is nothing in it that mgtwin knows how to draw.
    """
    import matplotlib.pyplot as plt
    import xarray as xr

    if isinstance(data, xr.DataTree):
        rows = [(node.path.strip("/"), node.to_dataset()) for node in data.leaves if node.has_data]
    else:
        rows = [("", data)]
    plans = [(name, ds, plots_of(ds)) for name, ds in rows]
    plans = [plan for plan in plans if plan[2]]
    if not plans:
        held = ", ".join(sorted({str(v) for _, ds in rows for v in ds.variables})) or "nothing"
        raise InputError(f"no plot is known for a Dataset with {held}; draw it with xarray's own plot functions.")
    width = max(len(panels) for _, _, panels in plans)
    with style():
        whole = plt.figure(figsize=(1.2 + 5.2 * width, 4.3 * len(plans)), layout="constrained")
        whole.get_layout_engine().set(w_pad=0.12, h_pad=0.08, wspace=0.04)  # type: ignore[union-attr, call-arg]
        grid = whole.add_gridspec(len(plans), width)
        for row, (name, ds, panels) in enumerate(plans):
            for column, draw in enumerate(panels):
                last = column == len(panels) - 1
                ax = whole.add_subplot(grid[row, column:] if last else grid[row, column])
                draw(ds, ax=ax)
                if column == 0:
                    title = ": ".join(filter(None, [name, describe(ds)]))
                    ax.set_title(title, pad=18 if draw in (profiles, concentrations) else None)
    return whole


def plots_of(ds: xr.Dataset) -> list[_Draw]:
    """Return the plots that show a Dataset, the most important first."""
    if "study" in ds.attrs:
        return study_panels(ds)
    if "distribution" in ds.variables and ds["distribution"].ndim == 1:
        return [nyquist, relaxation_times]
    if "residual" in ds.variables and ds["residual"].ndim == 1:
        return [nyquist, kramers_kronig]
    if "impedance" in ds.variables and ds["impedance"].ndim == 1:
        return [nyquist, bode]
    if "activation_energy" in ds.variables:
        return [arrhenius]
    if "deposition_voltage" in ds.variables and ("time" not in ds.dims or has_gaps(ds)):
        return [cycles, *_life(ds)]
    if not {"time", "voltage", "current"} <= set(ds.variables) or ds["voltage"].ndim != 1:
        return []
    panels = [_signal(ds)]
    if panels[0] is cycles and ds.sizes.get("cycle", 0) > MANY_CYCLES and "deposition_overpotential" in ds.variables:
        return [cycles, *_life(ds)]
    if "overpotential" in ds.variables and panels[0] is not voltammogram:
        panels.append(breakdown)
    if "local_potential" in ds.variables:
        panels.append(profiles)
    if "concentration" in ds.variables:
        panels.append(concentrations)
    return panels


def _life(ds: xr.Dataset) -> list[_Draw]:
    """Return the plots of what many cycles did to a cell, as far as the Dataset has it."""
    panels: list[_Draw] = []
    if "deposition_overpotential" in ds.variables:
        panels.append(cycle_breakdown)
    if "final_contact_fraction" in ds.variables and float(ds["final_contact_fraction"].min()) < 1:
        panels.append(contact)
    if "impedance" in ds.variables and np.isfinite(ds["impedance"].values).any():
        panels.append(waterfall)
    return panels


def _signal(ds: xr.Dataset) -> _Draw:
    """Choose by the protocol if it is known, else by the signals."""
    known: dict[str, _Draw] = {"cycling": cycles, "voltammetry": voltammogram, "polarization": transient}
    if (protocol := protocol_type(ds)) in known:
        return known[protocol]
    voltage, current = (np.asarray(ds[name].values, dtype=float) for name in ("voltage", "current"))
    driven = current[np.abs(current) > 1e-6 * np.nanmax(np.abs(current), initial=0.0)]
    turns = np.flatnonzero(np.diff(np.sign(driven)))
    held_current = driven.size > 0 and np.ptp(np.abs(driven)) < 0.05 * np.abs(driven).max()
    if turns.size and held_current:
        return cycles
    sweep = np.diff(voltage[np.isfinite(voltage)])
    reversals = np.flatnonzero(np.diff(np.sign(sweep[sweep != 0])))
    even = sweep.size > 10 and np.quantile(np.abs(sweep), 0.9) < 3 * max(np.quantile(np.abs(sweep), 0.1), 1e-300)
    return voltammogram if not held_current and even and reversals.size else transient
