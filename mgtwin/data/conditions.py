"""Under which conditions each measurement of a table was made: its temperature and its direct voltage and current."""

from __future__ import annotations

import numpy as np

from mgtwin.data.columns import Columns
from mgtwin.data.report import About

__all__ = ["cell_voltage", "direct", "halves", "with_temperature"]

#: A temperature that changes by more than the first [K] is not that of the measurement; more than the second is said.
_STEADY, _SAID = 5.0, 0.5
_ZERO_CELSIUS = 273.15


def with_temperature(columns: Columns, rows: np.ndarray, about: About) -> About:
    """Return `about` with the temperature of these rows, where a column has it and it stays the same.

    Parameters
    ----------
    rows : numpy.ndarray of bool or int
        The rows of one spectrum or signal: another one of the same table may have another temperature.
    """
    values, note = columns.optional("temperature")
    about = about.noted(*([note] if note else []))
    if values is None or columns.hints.temperature is not None or columns.found["temperature"].unit is None:
        return about
    known = values[rows][np.isfinite(values[rows]) & (values[rows] > 0)]
    if not known.size:
        return about
    low, high = known.min() - _ZERO_CELSIUS, known.max() - _ZERO_CELSIUS
    if high - low > _STEADY:
        return about.noted(warnings=[f"the temperature goes from {low:.4g} to {high:.4g} °C: none is taken."])
    spread = f", {low:.4g} ... {high:.4g} °C" if high - low > _SAID else ""
    mean = float(known.min() + np.mean(known - known.min()))  # exact where all are the same
    return about.noted(f"temperature is the mean of its column{spread}").with_(temperature=mean)


def cell_voltage(columns: Columns) -> tuple[np.ndarray, list[str]]:
    """Return the voltage between the electrodes [V], and notes: of Ewe and Ece, both against a reference, their gap."""
    voltage = columns.values("voltage")
    column = columns.found["voltage"]
    if column.electrode != "working" or columns.told("voltage"):
        return voltage, []
    if "counter_voltage" not in columns:
        return voltage, [f"voltage is {column.label!r}, that of the working electrode against the reference"]
    counter, label = columns.optional("counter_voltage")[0], columns.found["counter_voltage"].label
    if counter is None:
        return voltage, [f"voltage is {column.label!r}; {label!r} is no measurement (zeros or nothing)"]
    return voltage - counter, [f"voltage is {column.label!r} - {label!r}, from electrode to electrode"]


def halves(columns: Columns) -> dict[str, np.ndarray]:
    """Return the voltages [V] on both sides of a reference, where both electrodes were measured against it."""
    counter = columns.optional("counter_voltage")[0] if "counter_voltage" in columns else None
    if counter is None or columns.found["voltage"].electrode != "working" or columns.told("voltage"):
        return {}
    # the schema's halves sum to the cell's voltage: that of the reference against the counter electrode
    return {"voltage_negative": -counter, "voltage_positive": columns.values("voltage")}


def direct(columns: Columns, rows: np.ndarray) -> tuple[dict[str, float], list[str]]:
    """Return the direct voltage ``bias`` [V] and current ``bias_current`` [A] of a spectrum, and notes.

    A column of zeros over the whole table is no measurement and gives nothing.
    """
    found, notes = {}, []
    for name, own, general in (("bias", "direct_voltage", "voltage"), ("bias_current", "direct_current", "current")):
        values, note = columns.optional(own if own in columns else general)
        notes += [note] if note else []
        if values is not None and own not in columns and general == "voltage":
            values = cell_voltage(columns)[0]
        if values is not None and np.isfinite(values[rows]).any():
            found[name] = float(np.median(values[rows][np.isfinite(values[rows])]))
    return found, notes
