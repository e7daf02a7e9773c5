"""Rate tests of full cells: capacity, energy and efficiencies of every discharge (theory.md §3.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mgtwin.analysis._common import cell_of, number_of
from mgtwin.analysis.cycling import cycle_summary
from mgtwin.analysis.metrics import Reading, metric, shown
from mgtwin.cells.hosts import host_capacities
from mgtwin.dataset import sample_cycles
from mgtwin.errors import InputError
from mgtwin.protocols import from_yaml
from mgtwin.protocols.rate_test import c_rate
from mgtwin.quantities import parse_current

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["rate_capability", "rate_summary"]

#: Discharges that end within this of the lowest voltage [V] have come to the cut-off.
AT_CUT_OFF = 0.01


def rate_summary(run: xr.Dataset, nominal_current: float | str | None = None) -> xr.Dataset:
    """Return what a full cell gives in each discharge of a rate test, and what the charge after it takes.

    Parameters
    ----------
    run : xarray.Dataset
        Of a `RateTest`, or measured, with a cycle of one discharge and one charge for each rate. Discharges are where
        the current is negative.
    nominal_current : float or str, optional
        What 1C is ([A] or a current density); by default that of the protocol, or of the host of the cell.

    Returns
    -------
    xarray.Dataset
        Over the cycles with a discharge: the coordinates ``discharge_current`` [A], its largest, and where 1C is known
        ``rate``, then ``capacity`` [C] and ``energy`` [J] of the discharge, ``coulombic_efficiency`` and
        ``energy_efficiency``: over what the charge of the same cycle takes. A warning names
        discharges that did not come to the cut-off of the others: they hold at least this.

    Raises
    ------
    InputError
        There is no discharge, or no current at all.

    Examples
    --------
    >>> import mgtwin as mt
    >>> cell = mt.cell("mg_polymer_ti2s4").with_({"positive.resolution": mt.Uniform()})
    >>> found = rate_summary(mt.simulate(cell, mt.RateTest(["C/5", "2C"], ("0.6 V", "1.7 V"), points=10)))
    >>> found.rate.round(6).values.tolist(), (found.capacity / 3.6).round(2).values.tolist()  # mAh
    ([0.2, 2.0], [0.98, 0.59])
    """
    cycles, samples = cycle_summary(run), sample_cycles(run)
    discharging, numbers = -np.asarray(run["current"].values, dtype=float), cycles["cycle"].values
    currents = np.array(
        [(discharging if samples is None else discharging[samples == n]).max(initial=0.0) for n in numbers]
    )
    # a rate at which the cut-off is met at once is one, too: its capacity is 0
    here = (currents > 0) | (cycles["deposition_capacity"].values > 0)
    if not here.any():
        raise InputError("rate_summary: no current is negative: the cell is never discharged.")
    each, numbers = cycles.isel(cycle=here), numbers[here]
    known = np.where(currents > 0, currents, np.nan)[here]  # not of cycles whose traces were not kept
    # where a current is too large for any discharge the voltage falls past the cut-off at once
    ended = each["deposition_voltage"].where(each["deposition_capacity"] > 0)
    lowest = ended > ended.min() + AT_CUT_OFF
    unended = ", ".join(str(n) for n in numbers[lowest.values])
    warnings = [text for text in each.attrs["warnings"] if "a half cycle is missing" not in text]
    if unended:
        warnings.append(f"cycle {unended}: the discharge ended above the cut-off of others: it holds at least this")
    taken = each["dissolution_capacity"].where(each["dissolution_capacity"] > 0)
    found = each[["energy_efficiency"]].assign(
        capacity=each["deposition_capacity"].assign_attrs(long_name="charge delivered"),
        energy=each["energy_delivered"],
        coulombic_efficiency=(each["deposition_capacity"] / taken).assign_attrs(
            units="1", long_name="charge delivered / charge put in"
        ),
    )
    coordinates = {"discharge_current": ("A", "largest current of the discharge", known)}
    one = _one_c(run, nominal_current)
    if one is not None:
        coordinates["rate"] = ("1", "C-rate", known / one)
    return found.assign_coords(
        {
            name: ("cycle", values, {"units": units, "long_name": long_name})
            for name, (units, long_name, values) in coordinates.items()
        }
    ).assign_attrs({**each.attrs, "route": "analysis.rate_summary", "warnings": warnings})


def _one_c(run: xr.Dataset, given: float | str | None) -> float | None:
    """Current [A] of 1C: what is given, what the protocol says, or what fills the host of the cell in an hour."""
    if given is None and "protocol" in run.attrs:
        given = vars(from_yaml(run.attrs["protocol"])).get("nominal_current")
    if given is not None:
        current = parse_current(given)
        return float(current) * (float(number_of(run, "area")) if current.unit == "A/m^2" else 1.0)
    cell = cell_of(run)
    hosts = {} if cell is None else host_capacities(cell)
    return hosts["positive"] / 3600 if "positive" in hosts else None


@metric("1", "rate capability", needs=("time", "voltage", "current"))
def rate_capability(run: xr.Dataset, rate: float | str | None = None) -> float:
    """Return the capacity at a high rate over that at the lowest, of a rate test: what is left of it.

    Parameters
    ----------
    run : xarray.Dataset
        See `rate_summary`.
    rate : float or str, optional
        C-rate, ``"2C"``; by default the highest of the test.

    Raises
    ------
    InputError
        There are fewer than two rates, or none is the one asked for.

    Examples
    --------
    >>> from mgtwin.dataset import transient
    >>> time, current = [0, 3600, 3600, 4500], [-1.0, -1.0, -2.0, -2.0]
    >>> rate_capability(transient(time, [1.2, 1.0, 1.1, 1.0], current, cycle=[1, 1, 2, 2]))
    0.5
    """
    found = rate_summary(run)
    currents = found["discharge_current"].values
    if not np.isfinite(currents).any():
        raise InputError("rate_capability: the traces of no discharge are kept: ask for them, traces=Every(1).")
    low, high = int(np.nanargmin(currents)), int(np.nanargmax(currents))
    if rate is not None:
        if "rate" not in found.coords:
            raise InputError("rate_capability: the Dataset does not say what 1C is: leave rate out.")
        asked, rates = float(c_rate(rate)), found["rate"].values
        high = int(np.nanargmin(np.abs(rates - asked)))
        if not np.isclose(rates[high], asked, rtol=1e-3):
            shown_rates = ", ".join(f"{one:.4g}" for one in rates)
            raise InputError(f"rate_capability: there is no discharge at {asked:g}C; there are {shown_rates}.")
    if np.isclose(currents[low], currents[high], rtol=1e-3):
        raise InputError("rate_capability: all discharges have the same current, so there is no rate to compare with.")
    before, left = (float(found["capacity"].values[k]) for k in (low, high))
    return Reading(left / before, f"{shown(left, 'C')} of {shown(before, 'C')}")
