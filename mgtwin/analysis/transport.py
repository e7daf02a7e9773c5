"""Transport number from a polarisation between ion-blocking electrodes, apparent and true, and why they differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.analysis import _plateaus
from mgtwin.analysis._common import cell_of, require, slope_per_decade, steps, unsteady
from mgtwin.cells import Cell
from mgtwin.cells.carriers import Carrier
from mgtwin.cells.questions import passes
from mgtwin.errors import InputError
from mgtwin.quantities import format_value, parse

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["TransportNumber", "TransportNumberWindow", "transport_number", "transport_number_window"]

#: Apparent and true value agree if they differ by less.
AGREES = 0.01


@dataclass(frozen=True)
class TransportNumber:
    """Ionic transport number as the polarisation method reads it, beside the true one.

    Attributes
    ----------
    apparent : float
        ``(I_0 - I_s) / I_0``.
    true : float or None
        ``sigma_ion / (sigma_ion + sigma_eon)`` of the cell's only mixed conductor at rest; None if not known.
    initial_current, steady_current : float
        I_0 at `sampled_at`, and I_s at the end of the step [A].
    sampled_at, duration : float
        Time of I_0 and of I_s since the start of the step [s].
    voltage : float
        Voltage of the step [V].
    steady : bool
        Whether the current changed by less than 1 % per decade of time at the end, and, where closed form 6 applies,
        had reached its last plateau.
    reason : str
        Why apparent and true value differ, or that they agree.
    """

    apparent: float
    true: float | None
    initial_current: float
    steady_current: float
    sampled_at: float
    duration: float
    voltage: float
    steady: bool
    reason: str

    def __str__(self) -> str:
        true = "unknown" if self.true is None else f"{self.true:.5g}"
        return f"t_ion apparent {self.apparent:.4g}, true {true}: {self.reason}"


@dataclass(frozen=True)
class TransportNumberWindow:
    """The longest range of sampling times for which the apparent transport number lies in [low, high].

    `start` and `end` [s] are NaN and `decades` is 0 where no sampling time gives such a value.
    """

    low: float
    high: float
    start: float
    end: float
    decades: float

    def __str__(self) -> str:
        if not self.decades:
            return f"no sampling time gives an apparent t_ion from {self.low:g} to {self.high:g}"
        return (
            f"apparent t_ion from {self.low:g} to {self.high:g} when sampled from {format_value(self.start, 's')} to "
            f"{format_value(self.end, 's')} ({self.decades:.2f} decades)"
        )


def transport_number(ca: xr.Dataset, sampled_at: float | str = "0.1 s") -> TransportNumber:
    r"""Read the ionic transport number from a polarisation at constant voltage.

    .. math:: t_{app} = (I_0 - I_s)/I_0

    with :math:`I_0` sampled at a stated time and :math:`I_s` the last current of the step. The true value follows from
    the cell in the attributes. Where electrons get from electrode to electrode the reason names the plateau of closed
    form 6 on which :math:`I_0` was read, with the contacts, spots, films and grain boundaries of the cell.

    Parameters
    ----------
    ca : xarray.Dataset
        Transient with ``time``, ``voltage``, ``current``. Of several steps the first is used: only it starts from rest.
    sampled_at : float or str
        Time of the first sample since the start of the step [s]. Between two samples the current is interpolated
        linearly in log(time).

    Raises
    ------
    InputError
        Ions pass from electrode to electrode of the cell, the sampling time lies outside the data, or I_0 is zero.

    Examples
    --------
    >>> from mgtwin.dataset import transient
    >>> ca = transient([0.1, 1, 10, 60, 80, 100], [0.5] * 6, [1e-6, 9e-7, 4e-7, 4e-7, 4e-7, 4e-7])
    >>> round(transport_number(ca, sampled_at="0.1 s").apparent, 3)
    0.6
    """
    require(ca, ("time", "voltage", "current"), "transport_number")
    cell = cell_of(ca)
    _plateaus.check_electrons_alone(cell, "transport_number")
    parts = steps(ca)
    step, when = parts[0], float(parse(sampled_at, "s"))
    initial, steady = step.current_at(when), float(step.current[-1])
    if initial == 0:
        raise InputError(f"the current at {format_value(when, 's')} is zero: no transport number can be read from it.")
    apparent, voltage = (initial - steady) / initial, float(np.median(step.voltage))
    true = None if cell is None else _plateaus.true_transport_number(cell)
    slope = slope_per_decade(step.time, step.current)
    reason, steadied = _reason(cell, true, apparent, voltage, initial, steady, format_value(when, "s"), unsteady(slope))
    if len(parts) > 1:
        reason += f"; of {len(parts)} steps the first was used, the only one that starts from rest"
    duration = float(step.time[-1])
    return TransportNumber(apparent, true, initial, steady, when, duration, voltage, steadied, reason)


def _reason(
    cell: Cell | None,
    true: float | None,
    apparent: float,
    voltage: float,
    initial: float,
    steady: float,
    when: str,
    drift: str,
) -> tuple[str, bool]:
    """Explain a gap between the apparent and the true value from the plateaus of closed form 6.

    The flag tells whether the current was steady, by its drift and by the plateau that it should have reached.
    """
    parts = []
    if cell is None:
        unknown = (
            "the true value is unknown: the Dataset names no cell. The formula is for electrodes that block the ions "
            "and pass electrons; between electrodes that the ion passes it is current_ratio"
        )
        return "; ".join(filter(None, [drift, unknown])), not drift
    if true is None:
        count = len(_plateaus.mixed_conductors(cell))
        parts.append(f"the true value is not defined: the cell has {count} mixed conductors, not one")
    elif abs(apparent - true) < AGREES:
        parts.append(f"apparent and true value agree to {AGREES:g}")
    known = _plateaus.plateaus(cell)
    if known is None:
        parts.append(
            "the formula compares the plateaus of a stack that electrons pass from end to end, which this cell is not"
            if not passes(cell, Carrier.ELECTRONS)
            else "the plateaus of this cell are not known in closed form"
        )
        return "; ".join(filter(None, [*parts, drift])), not drift
    first, as_assumed = _plateaus.explain_initial(known, voltage / initial, when)
    last = _plateaus.explain_final(cell, known, voltage / steady) if steady else "no current is left at the end"
    in_contacts = known.charged > known.shorted  # else the leads alone are in series, on both plateaus
    contacts = _plateaus.explain_contacts(known) if as_assumed or in_contacts else ""
    return "; ".join(filter(None, [*parts, first, contacts, last or drift])), not (last or drift)


def transport_number_window(ca: xr.Dataset, low: float, high: float) -> TransportNumberWindow:
    """Find for how long a sampling time may be chosen so that the apparent transport number lies in [low, high].

    Parameters
    ----------
    ca : xarray.Dataset
        As for `transport_number`.
    low, high : float
        Range of the apparent value.

    Returns
    -------
    TransportNumberWindow
        The interval that is longest in decades of time; its ends are where the value, linear in log(time) between two
        samples, crosses `low` or `high`.

    Raises
    ------
    InputError
        Ions pass from electrode to electrode of the cell, `low` is not below `high`, or fewer than two samples lie
        after the start of the step.

    Examples
    --------
    >>> from mgtwin.dataset import transient
    >>> ca = transient([1, 10, 100, 1000], [0.5] * 4, [4e-6, 2e-6, 2e-6, 1e-6])
    >>> window = transport_number_window(ca, 0.4, 0.6)
    >>> round(window.start, 6), round(window.decades, 3)
    (5.623413, 1.583)
    """
    require(ca, ("time", "voltage", "current"), "transport_number_window")
    _plateaus.check_electrons_alone(cell_of(ca), "transport_number_window")
    if not low < high:
        raise InputError(f"low ({low:g}) must be below high ({high:g}).")
    step = steps(ca)[0]
    after = (step.time > 0) & (step.current != 0)
    time, current = step.time[after], step.current[after]
    if len(time) < 2:
        raise InputError("a window of sampling times needs at least two samples after the start of the step.")
    # (I_0 - I_s)/I_0 is monotonic in I_0 of one sign, so a bound on it is a bound on the interpolated current.
    steady = float(step.current[-1])
    cuts = [0.0, *(steady / (1 - bound) for bound in (low, high) if bound != 1)]
    # The points where the polyline crosses the cuts are put into it.
    x, logs, currents = np.log10(time), np.log10(time), current
    for level in cuts:
        k = np.flatnonzero((current[:-1] - level) * (current[1:] - level) < 0)
        crossings = x[k] + (level - current[k]) / (current[k + 1] - current[k]) * (x[k + 1] - x[k])
        logs, currents = np.append(logs, crossings), np.append(currents, np.full(len(k), level))
    order = np.argsort(logs, kind="stable")
    logs, currents = logs[order], currents[order]
    middle = (currents[:-1] + currents[1:]) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        value = (middle - steady) / middle
    inside = (value >= low) & (value <= high)
    best = (0.0, np.nan, np.nan)
    for start, end in np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]))).reshape(-1, 2):
        if logs[end] - logs[start] > best[0]:
            best = (float(logs[end] - logs[start]), float(10 ** logs[start]), float(10 ** logs[end]))
    return TransportNumberWindow(float(low), float(high), best[1], best[2], best[0])
