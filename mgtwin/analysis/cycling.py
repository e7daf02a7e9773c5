"""Per-cycle summaries and figures of merit of galvanostatic runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.analysis._common import known_cell, require
from mgtwin.analysis.metrics import Point, Reading, metric, shown
from mgtwin.cells.carriers import Carrier
from mgtwin.cells.questions import passes
from mgtwin.dataset import attributes, check, sample_cycles, stamp
from mgtwin.errors import InputError
from mgtwin.plot.transients import cycle_numbers
from mgtwin.quantities import parse

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "coulombic_efficiency",
    "cycle_summary",
    "deposition_voltage",
    "dissolution_voltage",
    "drift",
    "growth_share",
    "growth_within_cycle",
    "half_difference",
    "half_difference_ratio",
    "half_sum",
    "leakage_fraction",
    "overpotential",
]

#: Currents below this share of the largest one count as rest.
REST = 1e-6
#: Growth below this share of the first half-difference counts as none.
FLAT = 0.1


def cycle_summary(run: xr.Dataset) -> xr.Dataset:
    r"""Summarise a run cycle by cycle.

    A negative current deposits on the working (positive) electrode, a positive one dissolves from it, whichever comes
    first. With the voltages at the end of either,

    .. math:: \text{half-sum} = (V_{diss} + V_{dep})/2, \qquad \text{half-difference} = (V_{diss} - V_{dep})/2 .

    The half-difference is the symmetric polarisation; the half-sum is zero for identical electrodes with identical
    histories. Charges are integrals of the current (trapezoids, cut where it changes sign); the energy efficiency is
    the energy that the cell delivers over the energy put in, hence 0 where both half cycles need energy, as in a
    symmetric cell.

    A simulated `Cycling` run carries the summary of every cycle, made while it was integrated; that one is returned,
    and it says more: contributions of the elements to the voltage, contact fractions, film resistances, which cycles
    were cut short or skipped.

    Parameters
    ----------
    run : xarray.Dataset
        Transient; without the number of the cycle of each sample the whole run is one cycle.

    Returns
    -------
    xarray.Dataset
        Over ``cycle``: ``deposition_voltage``, ``dissolution_voltage``, ``half_sum``, ``half_difference`` [V],
        ``deposition_capacity``, ``dissolution_capacity`` [C, positive], ``energy_put_in``, ``energy_delivered`` [J] and
        ``energy_efficiency``. NaN where a half cycle is missing, and a warning says so.

    Raises
    ------
    InputError
        The run has no current, or gaps in it.

    Examples
    --------
    >>> from mgtwin.dataset import transient
    >>> run = transient([0, 3600, 3600, 7200], [-0.1, -0.1, 0.03, 0.03], [-1e-5, -1e-5, 1e-5, 1e-5], cycle=[0] * 4)
    >>> cycles = cycle_summary(run)
    >>> round(cycles.half_difference.item(), 4), round(cycles.half_sum.item(), 4)
    (0.065, -0.035)
    """
    import xarray as xr

    kept = {key: run.attrs[key] for key in ("cell", "protocol", "temperature", "area", "sources") if key in run.attrs}
    warnings = list(run.attrs.get("warnings", []))
    if "cycle" in run.dims and "deposition_voltage" in run:
        summary = run[[name for name in run.data_vars if "cycle" in run[name].dims and name != "impedance"]]
        summary = summary.drop_vars([name for name in summary.coords if name not in summary.dims])
        return check(summary.assign_attrs(stamp(**{**kept, "route": "analysis.cycle_summary", "warnings": warnings})))
    require(run, ("time", "voltage", "current"), "cycle_summary")
    time, voltage, current = (np.asarray(run[name].values, dtype=float) for name in ("time", "voltage", "current"))
    if not np.isfinite(voltage + current).all():
        raise InputError("voltage or current has gaps (NaN): drop those samples first, ds.dropna('time').")
    if len(time) < 2 or not np.any(current):
        raise InputError("no current flows in this run: there are no half cycles to summarise.")
    known = sample_cycles(run)
    cycle = np.zeros(len(time), dtype=int) if known is None else known
    numbers = np.unique(cycle)
    threshold = REST * np.abs(current).max()
    dep = np.array([_last(voltage[(cycle == n) & (current < -threshold)]) for n in numbers])
    diss = np.array([_last(voltage[(cycle == n) & (current > threshold)]) for n in numbers])
    deposited, dissolved, put_in, delivered = _integrals(time, voltage, current, cycle, numbers)
    values = {
        "deposition_voltage": dep,
        "dissolution_voltage": diss,
        "half_sum": (diss + dep) / 2,
        "half_difference": (diss - dep) / 2,
        "deposition_capacity": deposited,
        "dissolution_capacity": dissolved,
        "energy_put_in": put_in,
        "energy_delivered": delivered,
        "energy_efficiency": np.divide(delivered, put_in, out=np.full(len(numbers), np.nan), where=put_in > 0),
    }
    partial = [str(n) for n, gap in zip(numbers, np.isnan(dep + diss), strict=True) if gap]
    if partial:
        warnings.append(f"cycle {', '.join(partial)}: a half cycle is missing, its voltages are NaN")
    ds = xr.Dataset(
        {name: ("cycle", value, attributes(name)) for name, value in values.items()},
        coords={"cycle": ("cycle", numbers, attributes("cycle"))},
        attrs=stamp(**{**kept, "route": "analysis.cycle_summary", "warnings": warnings}),
    )
    return check(ds)


def _last(values: np.ndarray) -> float:
    return float(values[-1]) if values.size else float("nan")


def _integrals(
    time: np.ndarray, voltage: np.ndarray, current: np.ndarray, cycle: np.ndarray, numbers: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Charge deposited and dissolved [C], energy put in and delivered [J] per cycle.

    Intervals are cut where the current or the voltage changes sign, so that nothing cancels inside one.
    """
    columns = np.stack([time, voltage, current])
    # the current first: where it changes sign a half cycle ends, and with it perhaps the cycle; a voltage that changes
    # sign does so within one
    columns, owner = _cut(columns, cycle, by=2, late=False)
    columns, owner = _cut(columns, owner, by=1, late=True)
    t, v, i = columns
    dt, mean = np.diff(t), (i[:-1] + i[1:]) / 2
    # Simpson's rule is exact for the product of a linear voltage and a linear current.
    power = (v[:-1] * i[:-1] + v[1:] * i[1:] + (v[:-1] + v[1:]) * (i[:-1] + i[1:])) / 6
    parts = (np.maximum(-mean, 0), np.maximum(mean, 0), np.maximum(power, 0), np.maximum(-power, 0))
    position = np.searchsorted(numbers, owner[1:])
    deposited, dissolved, put_in, delivered = (
        np.bincount(position, weights=part * dt, minlength=len(numbers)) for part in parts
    )
    return deposited, dissolved, put_in, delivered


def _cut(columns: np.ndarray, owner: np.ndarray, by: int, late: bool) -> tuple[np.ndarray, np.ndarray]:
    """Insert the points where row `by` of the polylines changes sign.

    `owner` is the cycle of the interval that ends at each point. The part before a cut belongs to the cycle of the
    interval (`late`), or, where a half cycle ends between two samples, to that of the sample before.
    """
    row = columns[by]
    k = np.flatnonzero(row[:-1] * row[1:] < 0)
    share = row[k] / (row[k] - row[k + 1])
    points = columns[:, k] + share * (columns[:, k + 1] - columns[:, k])
    points[by] = 0.0
    return np.insert(columns, k + 1, points, axis=1), np.insert(owner, k + 1, owner[k + 1] if late else owner[k])


def _last_driven(run: xr.Dataset, step: int | None, needed_by: str) -> int:
    """Index of the last sample with a current, of the whole run or of one step."""
    current = np.abs(np.asarray(run["current"].values, dtype=float))
    chosen = current > REST * np.nanmax(current, initial=0.0)
    if step is not None:
        if "step" not in run.variables:
            raise InputError(f"{needed_by}: the run has no coordinate 'step'; leave the argument out.")
        numbers = np.asarray(run["step"].values)
        if step not in numbers:
            raise InputError(f"{needed_by}: there is no step {step}; steps are {numbers.min()} to {numbers.max()}.")
        chosen &= numbers == step
    if not chosen.any():
        raise InputError(f"{needed_by}: no current flows{'' if step is None else f' in step {step}'}.")
    return int(np.flatnonzero(chosen)[-1])


def of_cycle(quantity: str) -> Point:
    """Where a number of one cycle stands in a plot against the number of the cycle, counted from 1."""

    def find(run: xr.Dataset, value: float, cycle: int = 0) -> Mapping[str, float]:
        return {"cycle": float(cycle_numbers(cycle_summary(run))[cycle]), quantity: value}

    return find


@metric("V", "voltage at the end of deposition", point=of_cycle("voltage"))
def deposition_voltage(run: xr.Dataset, cycle: int = 0) -> float:
    """Return the voltage [V] at the end of deposition in a cycle (0 is the first, -1 the last)."""
    return _of_cycle(run, "deposition_voltage", cycle)


@metric("V", "voltage at the end of dissolution", point=of_cycle("voltage"))
def dissolution_voltage(run: xr.Dataset, cycle: int = 0) -> float:
    """Return the voltage [V] at the end of dissolution in a cycle (0 is the first, -1 the last)."""
    return _of_cycle(run, "dissolution_voltage", cycle)


@metric("V", "half-difference")
def half_difference(run: xr.Dataset, cycle: int = 0) -> float:
    """Return the half-difference of dissolution and deposition voltage [V] in a cycle: the symmetric polarisation."""
    return _of_cycle(run, "half_difference", cycle)


@metric("V", "half-sum", point=of_cycle("half_sum"))
def half_sum(run: xr.Dataset, cycle: int = 0) -> float:
    """Return the half-sum of dissolution and deposition voltage [V] in a cycle: 0 for equal halves and histories."""
    return _of_cycle(run, "half_sum", cycle)


@metric("1", "Coulombic efficiency")
def coulombic_efficiency(run: xr.Dataset, cycle: int = -1) -> float:
    """Return the charge stripped from the working electrode over the charge plated on it before, in a cycle.

    It says something where stripping ends before its time: at a voltage limit, or where the metal is used up. Where
    both half cycles have the same length it is 1, whatever the electrode does.

    Parameters
    ----------
    run : xarray.Dataset
        Cycling that begins with deposition.
    cycle : int
        Counted from 0; -1 is the last one.
    """
    plated, stripped = (_of_cycle(run, f"{what}_capacity", cycle) for what in ("deposition", "dissolution"))
    if not plated > 0:
        return Reading(float("nan"), "nothing is plated in this cycle")
    return Reading(stripped / plated, f"{shown(stripped, 'C')} of {shown(plated, 'C')}")


@metric("1", "change of the half-difference")
def drift(run: xr.Dataset, first: int = 1, last: int = -1) -> float:
    """Return the relative change of the half-difference from cycle `first` to cycle `last`, counted from 0."""
    early, late = (_of_cycle(run, "half_difference", cycle) for cycle in (first, last))
    return Reading(late / early - 1, f"{shown(early, 'V')} to {shown(late, 'V')}")


@metric("1", "ratio of half-differences")
def half_difference_ratio(run: xr.Dataset, reference: xr.Dataset, cycle: int = -1) -> float:
    """Return the half-difference in a cycle over that of another run, which files name as for `magnitude_ratio`."""
    return _of_cycle(run, "half_difference", cycle) / _of_cycle(reference, "half_difference", cycle)


@metric("1", "share of the growth after half of the cycles", series=True)
def growth_share(series: Sequence[xr.Dataset]) -> float:
    """Return the share of the growth of the half-difference that is there after half of the cycles.

    0.5 where it grows in a straight line, less where it starts slowly; NaN where nothing grows by a tenth.

    Parameters
    ----------
    series : sequence of Dataset
        Cycling, in one or several runs after each other.
    """
    grown = np.concatenate([cycle_summary(run)["half_difference"].values for run in series])
    gain = grown[-1] - grown[0]
    if not gain > FLAT * grown[0]:
        return Reading(float("nan"), "nothing grows")
    return float((grown[len(grown) // 2 - 1] - grown[0]) / gain)


@metric("V", "growth within a cycle", needs=("time", "voltage", "current"), quantities={"since": "s"})
def growth_within_cycle(run: xr.Dataset, cycle: int = 0, since: float | str = "10 min") -> float:
    r"""Return by how much the size of the voltage [V] grows within the half cycles of a cycle, added up.

    :math:`\sum (|V(t_{end})| - |V(t_0 + since)|)`: what a resistance that grows in a straight line adds in a cycle, and
    next to nothing where the growth starts slowly.

    Parameters
    ----------
    run : xarray.Dataset
        Transient.
    cycle : int
        Counted from 0; -1 is the last one.
    since : float or str
        Time [s] after the current has turned from which growth counts; before, double layers charge and films break.

    Raises
    ------
    InputError
        There is no such cycle, or no sample of it after `since`.

    Examples
    --------
    >>> from mgtwin.dataset import transient
    >>> run = transient([0, 3600, 3600, 7200], [-0.10, -0.11, 0.12, 0.13], [-1e-5, -1e-5, 1e-5, 1e-5], cycle=[0] * 4)
    >>> round(growth_within_cycle(run, since=0.0), 6)
    0.02
    """
    numbers, delay = sample_cycles(run), float(parse(since, "s"))
    time, voltage, current = (np.asarray(run[name].values, dtype=float) for name in ("time", "voltage", "current"))
    known = np.unique([0] if numbers is None else numbers)
    if not -known.size <= cycle < known.size:
        raise InputError(f"growth_within_cycle: there is no cycle {cycle}: the run has {known.size}.")
    within = np.ones(len(time), dtype=bool) if numbers is None else numbers == known[cycle]
    total = 0.0
    for sign in (-1, 1):
        half = within & (sign * current > REST * np.abs(current).max())
        if not half.any() or time[half][-1] <= time[half][0] + delay:
            raise InputError(f"growth_within_cycle: cycle {cycle} has no half cycle that is longer than {delay:g} s.")
        size = np.abs(voltage[half])
        total += size[-1] - np.interp(time[half][0] + delay, time[half], size)
    return float(total)


def _of_cycle(run: xr.Dataset, name: str, cycle: int) -> float:
    values = cycle_summary(run)[name].values
    if not -len(values) <= cycle < len(values):
        raise InputError(f"there is no cycle {cycle}: the run has {len(values)}.")
    return float(values[cycle])


@metric("1", "share of the current that leaks", needs=("time", "current", "electronic_current", "interface"))
def leakage_fraction(run: xr.Dataset, step: int | None = None) -> float:
    """Return the share of the current that electrons carry, through the cell or a shunt, and that moves no ion.

    The electronic current at the working (positive) electrode, and that of a shunt from metal to metal, over the
    current, at the last sample that has a current; at steady state it is the same at the negative electrode. What a
    filament through some layers carries goes on as ions.

    Parameters
    ----------
    run : xarray.Dataset
        Transient with ``electronic_current``.
    step : int, optional
        Number of the step; by default the last one with a current.

    Raises
    ------
    InputError
        There is no electronic current in the Dataset, or no current flows.

    Examples
    --------
    >>> from mgtwin.dataset import transient
    >>> run = transient([0, 1], [1, 1], [1e-5, 1e-5], electronic_current={"positive": [0, 1e-6]})
    >>> round(leakage_fraction(run), 6)
    0.1
    """
    if "positive" not in run["interface"].values:
        raise InputError("leakage_fraction: electronic_current has no interface 'positive'.")
    k = _last_driven(run, step, "leakage_fraction")
    leaking = run["electronic_current"].sel(interface="positive")[k]
    if "shunt_current" in run and passes(known_cell(run, "leakage_fraction"), Carrier.ELECTRONS):
        leaking = leaking + run["shunt_current"][k]
    return float(leaking / run["current"][k])


@metric("V", "overpotential", needs=("time", "voltage", "current"))
def overpotential(run: xr.Dataset, step: int | None = None) -> float:
    """Return the size of the cell voltage [V] at the end of a step, at its last sample that has a current.

    Parameters
    ----------
    run : xarray.Dataset
        Transient.
    step : int, optional
        Number of the step; by default the last one with a current.

    Raises
    ------
    InputError
        No current flows.

    Examples
    --------
    >>> from mgtwin.dataset import transient
    >>> overpotential(transient([0, 1], [-0.1, -0.2], [-1e-5, -1e-5]))
    0.2
    """
    return float(abs(run["voltage"][_last_driven(run, step, "overpotential")]))
