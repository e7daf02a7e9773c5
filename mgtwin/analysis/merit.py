"""Figures of merit of a design, each one number per run: what studies sweep, rank and optimise.

Any other function Dataset -> number serves as well; `functools.partial` binds further arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.analysis._common import (
    cell_of,
    float_or_batch,
    impedance_at,
    known_cell,
    number_of,
    slope_per_decade,
    steps,
    unsteady,
)
from mgtwin.analysis.cycling import cycle_summary
from mgtwin.analysis.linear import Quotient
from mgtwin.analysis.metrics import Reading, metric
from mgtwin.analysis.salt import limiting_current, sand_time
from mgtwin.analysis.transport import transport_number, transport_number_window
from mgtwin.errors import InputError
from mgtwin.kinds.numbers import Number
from mgtwin.quantities import format_value, parse, parse_current

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "apparent_transport_number",
    "area_specific_resistance",
    "cycles_until",
    "energy_efficiency",
    "limiting_current_density",
    "overpotential_at",
    "sand_time_at",
    "stack_areal_mass",
    "stack_thickness",
    "steady_current_density",
    "time_until",
    "true_transport_number",
]

#: A run that a voltage limit ends stops at the limit, within the tolerance of the solver: that counts as reached.
REACHED = 1 - 1e-6


@metric("ohm*m^2", "area-specific resistance", needs=("frequency", "impedance"), quantities={"at": "Hz"}, batched=True)
def area_specific_resistance(eis: xr.Dataset, at: float | str | None = None) -> Number:
    r"""Return the area-specific resistance :math:`A\,\mathrm{Re}\,Z` [ohm*m^2].

    Parameters
    ----------
    eis : xarray.Dataset
        Spectrum of a known area; also many spectra over a further dimension, which give one number each.
    at : float or str, optional
        Frequency [Hz], interpolated in its logarithm and never outside the data; by default the lowest one.

    Raises
    ------
    InputError
        The area is not known, or `at` lies outside the data.

    Examples
    --------
    >>> from mgtwin.dataset import spectrum
    >>> area_specific_resistance(spectrum([1e3, 1.0], [10 - 1j, 20 - 5j], {"area": 1e-4}))
    0.002
    """
    if at is None:
        resistance = eis["impedance"].real.isel(frequency=int(np.argmin(eis["frequency"].values)))
    else:
        resistance = impedance_at(eis, at).real
    return float_or_batch(resistance * number_of(eis, "area"))


@metric("V", "overpotential at a current", needs=("time", "voltage", "current"))
def overpotential_at(run: xr.Dataset, current: float | str) -> float:
    """Return the size of the cell voltage [V] where the size of the current first reaches a value.

    Parameters
    ----------
    run : xarray.Dataset
        Transient whose current changes, e.g. of a voltammetry. Between two samples the voltage is interpolated.
    current : float or str
        [A], or a current density [A/m^2] if the area is known.

    Raises
    ------
    InputError
        The current is never reached.

    Examples
    --------
    >>> from mgtwin.dataset import transient
    >>> round(overpotential_at(transient([0, 1, 2], [0.0, 0.1, 0.3], [0.0, 1e-5, 2e-5]), "15 uA"), 6)
    0.2
    """
    asked = parse_current(current)
    wanted = abs(float(asked)) * (float(number_of(run, "area")) if asked.unit == "A/m^2" else 1.0)
    size, voltage = np.abs(run["current"].values), np.abs(run["voltage"].values)
    beyond = np.flatnonzero(size >= wanted * (1 - 1e-9))
    if not beyond.size:
        raise InputError(
            f"overpotential_at: the current stays below {format_value(wanted, 'A')}; its largest value is "
            f"{format_value(float(np.nanmax(size)), 'A')}."
        )
    k = int(beyond[0])
    if k == 0 or size[k] == size[k - 1]:
        return float(voltage[k])
    share = min((wanted - size[k - 1]) / (size[k] - size[k - 1]), 1.0)
    return float(voltage[k - 1] + share * (voltage[k] - voltage[k - 1]))


@metric("1", "energy efficiency")
def energy_efficiency(run: xr.Dataset, cycle: int | None = None) -> float:
    """Return the energy that the cell delivers over the energy put in, of one cycle.

    Parameters
    ----------
    run : xarray.Dataset
        Galvanostatic cycling; see `cycle_summary`.
    cycle : int, optional
        Its number; by default the last one with both half cycles.

    Raises
    ------
    InputError
        There is no such cycle.
    """
    cycles = cycle_summary(run)
    whole = cycles["cycle"].values[np.isfinite(cycles["half_difference"].values)]
    chosen = cycle if cycle is not None else (whole[-1] if whole.size else None)
    if chosen is None or chosen not in cycles["cycle"].values:
        raise InputError("energy_efficiency: there is no such cycle with both half cycles in this run.")
    return float(cycles["energy_efficiency"].sel(cycle=chosen))


@metric("1", "cycles until the limit", needs=("cycle",), quantities={"limit": "V"})
def cycles_until(run: xr.Dataset, limit: float | str = "1 V") -> float:
    """Return how many cycles pass before the size of the cell voltage reaches a limit.

    Parameters
    ----------
    run : xarray.Dataset
        Cycling. Where the run summarises its cycles, the voltages at the end of their half cycles count.
    limit : float or str
        [V]

    Returns
    -------
    float
        Whole cycles completed before the first sample at the limit or beyond; inf if there is none in this run.

    Examples
    --------
    >>> from mgtwin.dataset import transient
    >>> run = transient([0, 1, 2, 3], [0.1, 0.4, 0.8, 1.2], [1e-5] * 4, cycle=[0, 1, 2, 3])
    >>> cycles_until(run, "1 V"), cycles_until(run, "2 V")
    (3.0, inf)
    """
    wanted = float(parse(limit, "V"))
    numbers = run["cycle"].values
    if "cycle" in run.dims:
        sizes = [np.abs(run[name].values) for name in ("deposition_voltage", "dissolution_voltage")]
        # fmax: a half cycle that is missing (NaN) does not hide the other one
        beyond = np.flatnonzero(np.fmax(*sizes) >= wanted * REACHED)
    else:
        beyond = np.flatnonzero(np.abs(run["voltage"].values) >= wanted * REACHED)
    return float(numbers[beyond[0]] - numbers[0]) if beyond.size else float("inf")


@metric("A/m^2", "limiting current density")
def limiting_current_density(run: xr.Dataset) -> float:
    """Return the largest steady current density [A/m^2] that the salt of the cell of a run allows.

    See `limiting_current`; inf without a salt solution.

    Raises
    ------
    InputError
        The Dataset names no cell.
    """
    return float(limiting_current(known_cell(run, "limiting_current_density")).density)


@metric("s", "Sand's time")
def sand_time_at(run: xr.Dataset, current: float | str) -> float:
    """Return Sand's time [s] of the cell of a run at a current [A] or current density; see `sand_time`.

    Raises
    ------
    InputError
        The Dataset names no cell.
    """
    return float(sand_time(known_cell(run, "sand_time_at"), current))


@metric("A/m^2", "current density in the steady state", needs=("time", "voltage", "current"))
def steady_current_density(run: xr.Dataset) -> float:
    """Return the size of the current density [A/m^2] at which a constant voltage ends.

    That is the limiting current where the voltage is large against RT/F and a salt, not a resistance, limits.

    Parameters
    ----------
    run : xarray.Dataset
        Polarisation of a known area, long enough to be steady.

    Raises
    ------
    InputError
        The current still changes by more than 1 % per decade of time at the end, or the area is not known.

    Examples
    --------
    >>> from mgtwin.dataset import transient
    >>> run = transient([1, 10, 60, 80, 100], [1.0] * 5, [9e-6, 4e-6, 2e-6, 2e-6, 2e-6], attrs={"area": 1e-4})
    >>> round(steady_current_density(run), 6)
    0.02
    """
    last = steps(run)[-1]
    drift = unsteady(slope_per_decade(last.time, last.current))
    if drift:
        raise InputError(f"steady_current_density: {drift}. Make the polarisation longer.")
    return float(abs(last.current[-1]) / float(number_of(run, "area")))


@metric("s", "time until the limit", needs=("time", "voltage"), quantities={"limit": "V"})
def time_until(run: xr.Dataset, limit: float | str = "1 V") -> float:
    """Return the time [s] at which the size of the voltage first reaches a limit.

    That is Sand's time where a salt limits the current and the limit lies well above the ohmic drop.

    Parameters
    ----------
    run : xarray.Dataset
        Galvanostatic. Between two samples the time is interpolated.
    limit : float or str
        [V]

    Returns
    -------
    float
        inf where the voltage stays below the limit in this run.

    Examples
    --------
    >>> from mgtwin.dataset import transient
    >>> time_until(transient([0, 10, 20], [0.1, 0.5, 1.5], [1e-5] * 3), "1 V")
    15.0
    """
    time, size, wanted = run["time"].values, np.abs(run["voltage"].values), float(parse(limit, "V"))
    beyond = np.flatnonzero(size >= wanted * REACHED)
    if not beyond.size:
        return float("inf")
    k = int(beyond[0])
    # within the tolerance of REACHED there is nothing to interpolate
    if k == 0 or size[k] <= wanted:
        return float(time[k])
    return float(time[k - 1] + (wanted - size[k - 1]) / (size[k] - size[k - 1]) * (time[k] - time[k - 1]))


@metric(
    "1",
    "apparent ionic transport number",
    name=("apparent_transport_number", "transport_number"),
    needs=("time", "voltage", "current"),
    quantities={"sampled_at": "s"},
    # I_0 = I_s/(1 - t)
    point=lambda ca, value, sampled_at="0.1 s": {
        "time": parse(sampled_at, "s"),
        "current": transport_number(ca, sampled_at).steady_current / (1 - value),
    },
    # the drop of the current, from what the first sample shows to the steady state, over the first
    linear=lambda run, reference, plateau, sampled_at="0.1 s": Quotient(
        run.steady() - run.stepped(float(parse(sampled_at, "s")), plateau), run.steady()
    ),
)
def apparent_transport_number(
    ca: xr.Dataset, sampled_at: float | str = "0.1 s", observed: tuple[float, float] | None = None
) -> float:
    """Return the ionic transport number as a polarisation shows it; see `transport_number`.

    Parameters
    ----------
    ca : xarray.Dataset
        Polarisation at constant voltage.
    sampled_at : float or str
        Time of the first sample [s].
    observed : (low, high), optional
        What was observed; the remark says for which other sampling times the value lies in it.
    """
    found = transport_number(ca, sampled_at=sampled_at)
    numbers = {"true": float("nan") if found.true is None else found.true}
    remark = f"true {numbers['true']:.5g}"
    if not found.steady:
        remark += "; not at steady state"
    if observed is not None:
        window = transport_number_window(ca, *observed)
        numbers.update(start=window.start, end=window.end, decades=window.decades)
        if window.decades:
            ends = f"{_time(window.start)} to {_time(window.end)}"
            remark += f"; in range when sampled at {ends} ({window.decades:.2g} decades)"
        else:
            remark += "; no sampling time gives the observed value"
    return Reading(found.apparent, remark, **numbers)


def _time(seconds: float) -> str:
    """A time to two digits, in seconds from 1 s on."""
    rounded = float(f"{seconds:.2g}")
    return f"{rounded:g} s" if rounded >= 1 else format_value(rounded, "s")


@metric("1", "true ionic transport number")
def true_transport_number(ca: xr.Dataset) -> float:
    """Return the ionic transport number of the cell's only mixed conductor at rest; see `transport_number`.

    Raises
    ------
    InputError
        The Dataset names no cell, or the cell has no or several mixed conductors.
    """
    from mgtwin.analysis._plateaus import true_transport_number as of_cell

    cell = cell_of(ca)
    found = None if cell is None else of_cell(cell)
    if found is None:
        raise InputError("true_transport_number: it needs a cell with one mixed conductor in the Dataset's attributes.")
    return float(found)


@metric("m", "thickness of the stack", batched=True)
def stack_thickness(run: xr.Dataset) -> Number:
    """Return the thickness of all layers, and of hosts as electrodes [m]: the volume of the stack per area.

    Raises
    ------
    InputError
        The Dataset names no cell.
    """
    return float_or_batch(sum(_thickness(run, name) for name in _layers(run)))


@metric("kg/m^2", "areal mass of the stack", batched=True)
def stack_areal_mass(run: xr.Dataset, densities: Mapping[str, float | str]) -> Number:
    """Return the mass of all layers, and of hosts as electrodes, per area [kg/m^2].

    Parameters
    ----------
    run : xarray.Dataset
        Any result that names its cell.
    densities : mapping
        Density of each layer, or of the host at ``"positive"``, by its name or by a pattern such as ``"buffer_*"``:
        [kg/m^3], or text with a unit.
        Densities are no property of the electrical model, so a study states those that it takes.

    Raises
    ------
    InputError
        A layer has no density, or a name matches no layer.

    Examples
    --------
    >>> import mgtwin as mt
    >>> eis = mt.simulate(mt.cell("trilayer"), mt.EIS(1e3, 1.0))
    >>> round(stack_areal_mass(eis, {"buffer_*": "1 g/cm^3", "antiperovskite": "3 g/cm^3"}), 3)
    2.965
    """
    from fnmatch import fnmatchcase

    layers = _layers(run)
    by_layer: dict[str, float] = {}
    for pattern, given in densities.items():
        matching = [name for name in layers if fnmatchcase(name, pattern)]
        if not matching:
            raise InputError(f"stack_areal_mass: no layer is called {pattern!r}; layers are {', '.join(layers)}.")
        by_layer.update(dict.fromkeys(matching, float(parse(given, "kg/m^3"))))
    missing = [name for name in layers if name not in by_layer]
    if missing:
        raise InputError(f"stack_areal_mass: give the density of {', '.join(missing)}, e.g. '1.2 g/cm^3'.")
    return float_or_batch(sum(_thickness(run, name) * by_layer[name] for name in layers))


def _layers(run: xr.Dataset) -> list[str]:
    """Names of all that has a thickness."""
    cell = known_cell(run, "this metric needs the layers")
    return [*(layer.name for layer in cell.layers), *cell.reaction_uniformity(0.0)]


def _thickness(run: xr.Dataset, name: str) -> Number:
    return number_of(run, f"{'' if name in ('negative', 'positive') else 'layers.'}{name}.thickness")
