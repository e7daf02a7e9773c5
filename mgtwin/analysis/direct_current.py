"""Metrics of direct currents and voltammograms: conductivity from a slope, resistance at the end, peaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mgtwin.analysis._common import known_cell
from mgtwin.analysis.cycling import leakage_fraction
from mgtwin.analysis.electronic import electronic_conductivity
from mgtwin.analysis.linear import Quotient, Sum
from mgtwin.analysis.metrics import Reading, metric, shown
from mgtwin.cells.carriers import Carrier
from mgtwin.cells.questions import contact_resistance, faces, grain_boundary_resistance
from mgtwin.dataset import sample_cycles
from mgtwin.errors import InputError, did_you_mean
from mgtwin.plain import listed
from mgtwin.quantities import parse

if TYPE_CHECKING:
    import xarray as xr

    from mgtwin.cells import Cell

__all__ = [
    "anodic_peak",
    "cathodic_peak",
    "direct_resistance",
    "plateau_current",
    "slope_conductivity",
    "voltage_growth",
]

#: Samples of a voltammogram this close to a vertex (as a share of the range) count as the vertex.
AT_VERTEX = 0.02
#: Share of the voltage before the vertex over which a plateau must be flat, and by how much it may change there.
PLATEAU, FLAT = 0.1, 0.01
#: Resistances to electrons in series with the bulk [ohm*m^2], by the name that files give them.
IN_SERIES: dict[str, Callable[[Cell], float]] = {
    "contacts": lambda cell: sum(float(contact_resistance(cell, face, Carrier.ELECTRONS)) for face in faces(cell)),
    "grain_boundaries": lambda cell: sum(grain_boundary_resistance(cell, layer.name) for layer in cell.layers),
}
NO_SWEEP = "the voltage never has that sign"
TRANSIENT = ("time", "voltage", "current")


def on_the_line(ca: xr.Dataset, value: float, **taken_off: object) -> Mapping[str, float]:
    """The last point of the line of steady currents, were its slope that of a conductivity with nothing taken off."""
    if any(taken_off.values()):
        return {}
    found, voltage = electronic_conductivity(ca), float(ca["voltage"][-1])
    return {"voltage": voltage, "current": voltage * found.slope * value / found.value}


@metric(
    "S/m",
    "electronic conductivity from a slope",
    needs=TRANSIENT,
    point=on_the_line,
    linear=lambda run, *context, without_contacts=False, without=(): Quotient(
        Sum(1.0), run.electronic((*listed(without), "contacts") if without_contacts else listed(without))
    ),
)
def slope_conductivity(ca: xr.Dataset, without_contacts: bool = False, without: Sequence[str] = ()) -> float:
    """Return the electronic conductivity [S/m] from the slope of steady current against voltage.

    Parameters
    ----------
    ca : xarray.Dataset
        Steps of constant voltage between electrodes that block ions; see `electronic_conductivity`.
    without_contacts : bool
        The same as ``without=["contacts"]``.
    without : sequence of str
        Electronic resistances of the cell that are taken off the slope: ``"contacts"`` (what a measurement with perfect
        contacts would give), ``"grain_boundaries"``, or both (the conductivity inside the grains).

    Raises
    ------
    InputError
        `without` names anything else, or the cell is not known.
    """
    left_out = [*(["contacts"] if without_contacts else []), *without]
    for name in left_out:
        if name not in IN_SERIES:
            hint = did_you_mean(name, IN_SERIES)
            raise InputError(
                f"slope_conductivity without {name!r}: what can be left out is {' and '.join(IN_SERIES)}.{hint}"
            )
    found = electronic_conductivity(ca)
    drifting = sum(text.startswith("at ") for text in found.warnings)
    unsteady = f"{drifting} steps not quite steady" if drifting else ""
    if not left_out:
        return Reading(found.value, unsteady, r2=found.r2)
    cell = known_cell(ca, "slope_conductivity")
    resistances = {name: IN_SERIES[name](cell) / float(cell.area) for name in IN_SERIES if name in left_out}
    bulk, parts = 1 / found.slope - sum(resistances.values()), " and ".join(resistances).replace("_", " ")
    if bulk <= 0:
        return Reading(float("nan"), f"the {parts} are larger than the whole resistance")
    taken = " and ".join(f"{name.replace('_', ' ')} of {shown(value, 'ohm')}" for name, value in resistances.items())
    return Reading(found.value / (found.slope * bulk), f"{taken} taken off")


@metric("A", "current of a plateau of a sweep", needs=TRANSIENT)
def plateau_current(lsv: xr.Dataset, dissolution: bool = False) -> Reading:
    """Return the current [A] of the plateau at the end of a sweep: the limiting current of the salt.

    Parameters
    ----------
    lsv : xarray.Dataset
        Linear sweep or voltammogram.
    dissolution : bool
        Read the plateau at positive voltages, where metal is stripped from the working electrode.

    Returns
    -------
    float
        With its sign; NaN where there is no such sweep, or its last tenth is not flat within 1 %.
    """
    sign = 1 if dissolution else -1
    voltage, current = sign * lsv["voltage"].values, lsv["current"].values
    vertex = int(np.argmax(voltage))
    if voltage[vertex] <= 0:
        return Reading(float("nan"), NO_SWEEP)
    # on the way out: behind the vertex the current comes back from what the plateau has left of the salt
    flat = current[: vertex + 1][voltage[: vertex + 1] >= (1 - PLATEAU) * voltage[vertex]]
    change = float(np.ptp(flat) / np.abs(current[vertex]))
    if len(flat) < 3 or not change <= FLAT:
        return Reading(float("nan"), f"no plateau: the current changes by {100 * change:.2g} % over its last tenth")
    return Reading(float(current[vertex]), f"flat within {100 * change:.2g} %")


@metric(
    "ohm",
    "resistance to direct current",
    needs=(*TRANSIENT, "electronic_current"),
    linear=lambda run, *context: Quotient(run.steady(), Sum(1.0), run.length_per_area()),
    point=lambda run, value: {"time": float(run["time"][-1]), "voltage": value * float(run["current"][-1])},
)
def direct_resistance(run: xr.Dataset) -> float:
    """Return voltage over current [ohm] at the end of a run; the remark says what share of the current is electrons."""
    share = leakage_fraction(run)
    resistance = float(run["voltage"][-1]) / float(run["current"][-1])
    return Reading(resistance, f"{share:.2g} of the current is electrons", leakage=share)


@metric("1", "growth of the voltage", needs=("time", "voltage"), quantities={"since": "s"})
def voltage_growth(run: xr.Dataset, since: float | str = "1 h") -> float:
    """Return the voltage at the end of a run over that at a time [s] before.

    Examples
    --------
    >>> from mgtwin.dataset import transient
    >>> voltage_growth(transient([0, 3600, 7200], [-0.1, -0.2, -0.5], [-1e-5] * 3))
    2.5
    """
    time, voltage = run["time"].values, run["voltage"].values
    return float(voltage[-1] / np.interp(float(parse(since, "s")), time, voltage))


@metric("V", "potential of the cathodic peak", needs=TRANSIENT, point=lambda run, value, **_: {"voltage": value})
def cathodic_peak(run: xr.Dataset, cycle: int = -1) -> float:
    """Return the potential [V] of the most negative current in a cycle; NaN where that is at the vertex.

    Parameters
    ----------
    run : xarray.Dataset
        Voltammogram.
    cycle : int
        Counted from 0; -1 is the last one.
    """
    return _peak(run, -1.0, cycle)


@metric("V", "potential of the anodic peak", needs=TRANSIENT, point=lambda run, value, **_: {"voltage": value})
def anodic_peak(run: xr.Dataset, cycle: int = -1) -> float:
    """Return the potential [V] of the most positive current in a cycle, as `cathodic_peak` the most negative."""
    return _peak(run, 1.0, cycle)


def _peak(run: xr.Dataset, sign: float, cycle: int) -> float:
    """Potential of the largest current of one sign in a cycle."""
    numbers = sample_cycles(run)
    known = np.unique(numbers if numbers is not None else [0])
    if not -known.size <= cycle < known.size:
        raise InputError(f"there is no cycle {cycle}: this voltammogram has {known.size}, counted from 0.")
    chosen = slice(None) if numbers is None else numbers == known[cycle]
    voltage, current = run["voltage"].values[chosen], run["current"].values[chosen]
    k = int(np.argmax(sign * current))
    vertex = float((sign * voltage).max())
    if vertex - sign * voltage[k] > AT_VERTEX * np.ptp(voltage):
        return Reading(float(voltage[k]), f"{shown(float(current[k]), 'A')} at the peak")
    slope = float(np.polyfit(voltage, current, 1)[0])
    straight = float(np.corrcoef(voltage, current)[0, 1])
    return Reading(
        float("nan"),
        f"no peak: the current grows up to the vertex, like a resistor of {shown(1 / slope, 'ohm')} "
        f"(correlation with the voltage {straight:.4f})",
    )
