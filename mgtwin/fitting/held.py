"""At which direct voltage or current a spectrum was taken: a cell under a bias is not a cell at rest."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from pydantic import TypeAdapter

from ..cells import Cell
from ..cells.rest import rest_potentials
from ..errors import InputError
from ..impedance.limits import dc_resistance
from ..protocols.bias import Bias
from ..quantities import format_value, parse

__all__ = ["held_at"]

#: Offset of instruments [V]: a direct voltage nearer than this to that at rest changes an impedance by a thousandth.
OFFSET = 1e-3
#: What a cell without current may show beside its voltage at rest [V]: gradients that have not relaxed.
OPEN_CIRCUIT = 0.1
#: A recorded current this many times smaller than the cell would pass says that the voltage was not applied to it.
MISSING = 10.0


def held_at(cell: Cell, dataset: xr.Dataset, impedance: NDArray[np.complex128], label: str) -> tuple[Bias | None, str]:
    """What a cell was held at by ``bias`` [V] and ``bias_current`` [A], attributes or coordinates of a Dataset.

    The voltage is imposed where it is known, else the current.

    Returns
    -------
    held : Voltage or Current
        None where the cell was at rest, or nothing is said.
    note : str
        What has to be said of that.

    Raises
    ------
    InputError
        It changes within the spectrum, or voltage and current cannot belong to this cell.
    """
    voltage, current = _constant(dataset, "bias", "V", label), _constant(dataset, "bias_current", "A", label)
    # what the recorded current makes of the largest impedance seen: an offset of the ammeter is no bias either
    flows = current is not None and abs(current) * float(np.abs(impedance).max()) > OFFSET
    if voltage is None:
        return (_bias("current", current) if flows and current is not None else None), ""
    rest = rest_potentials(cell)
    # drops are counted from the negative to the positive end, a voltage the other way
    applied = voltage + float(rest.negative) + float(rest.positive)
    try:
        resistance = dc_resistance(cell)
    except InputError:  # a layer that only the mesh knows: nothing is said of the current then
        resistance = math.nan
    expected = abs(applied) / resistance
    idle = current is not None and not flows and abs(current) * MISSING < expected
    resting = abs(applied) <= (OPEN_CIRCUIT if idle else OFFSET)
    if flows and (resting or math.isinf(resistance)):
        why = "is the voltage of this cell at rest" if resting else "drives none through a cell that blocks it"
        raise InputError(
            f"{label}: a direct current of {format_value(current or 0.0, 'A')} cannot be at "
            f"{format_value(voltage, 'V')}, which {why}. {_REMEDY}"
        )
    if resting:
        said = f"open circuit at {format_value(voltage, 'V')}, taken as at rest"
        return None, said if abs(applied) > OFFSET else ""
    if idle:
        raise InputError(
            f"{label}: taken at {format_value(voltage, 'V')}, but the direct current of "
            f"{format_value(current or 0.0, 'A')} says that this voltage was not applied to the cell, which would pass "
            f"{format_value(expected, 'A')}: the cell at rest has {format_value(voltage - applied, 'V')}. {_REMEDY}"
        )
    return _bias("voltage", voltage), ""


_REMEDY = (
    "Say what is right: ds.assign_attrs(bias=..., bias_current=...) [V, A], 0 and 0 for a cell at rest, or correct the "
    "cell."
)


def _bias(quantity: str, value: float) -> Bias:
    """As in a file: a kind and its number have the name of what is imposed."""
    found: Bias = TypeAdapter(Bias).validate_python({"type": quantity, quantity: value})
    return found


def _constant(dataset: xr.Dataset, name: str, unit: str, label: str) -> float | None:
    """A number that belongs to the whole spectrum; None where it is not there."""
    given = dataset.attrs.get(name)
    if given is not None:
        return float(parse(given, unit))
    if name not in dataset.variables:
        return None
    values = np.asarray(dataset[name].values, dtype=float).ravel()
    values = values[np.isfinite(values)]
    if not values.size:
        return None
    low, high, middle = float(values.min()), float(values.max()), float(np.median(values))
    if high - low > max(OFFSET if unit == "V" else 0.0, 0.01 * abs(middle)):
        raise InputError(
            f"{label}: {name} goes from {format_value(low, unit)} to {format_value(high, unit)} within the spectrum: "
            f"give one spectrum for each state, with one {name} in its attributes."
        )
    return middle
