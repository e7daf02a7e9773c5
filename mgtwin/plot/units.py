"""The units in which a laboratory reads a figure: one table, and how an axis or a label chooses from it."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["ZERO_CELSIUS", "lab", "lab_shared", "short", "size_of", "with_unit"]

ZERO_CELSIUS = 273.15

# SI unit to the units of figures, from the largest to the smallest, each with its size in SI. Those of texts
# (`mgtwin.quantities.format_value`) can be read back and change with every number; an axis has one for all of them.
_UNITS: dict[str, tuple[tuple[str, float], ...]] = {
    "V": (("V", 1.0), ("mV", 1e-3), ("µV", 1e-6)),
    "A": (("A", 1.0), ("mA", 1e-3), ("µA", 1e-6), ("nA", 1e-9), ("pA", 1e-12)),
    "A/m^2": (("A/cm²", 1e4), ("mA/cm²", 10.0), ("µA/cm²", 1e-2), ("nA/cm²", 1e-5), ("pA/cm²", 1e-8)),
    "W": (("W", 1.0), ("mW", 1e-3), ("µW", 1e-6), ("nW", 1e-9)),
    "J": (("J", 1.0), ("mJ", 1e-3), ("µJ", 1e-6)),
    "ohm": (("GΩ", 1e9), ("MΩ", 1e6), ("kΩ", 1e3), ("Ω", 1.0), ("mΩ", 1e-3)),
    "ohm*m^2": (("MΩ cm²", 1e2), ("kΩ cm²", 0.1), ("Ω cm²", 1e-4), ("mΩ cm²", 1e-7)),
    "m^2": (("cm²", 1e-4), ("mm²", 1e-6)),
    "kg/m^2": (("g/cm²", 10.0), ("mg/cm²", 1e-2)),
    "F/m^2": (("F/cm²", 1e4), ("mF/cm²", 10.0), ("µF/cm²", 1e-2), ("nF/cm²", 1e-5)),
    "F/m^3": (("F/cm³", 1e6), ("mF/cm³", 1e3), ("µF/cm³", 1.0)),
    "mol/m^3": (("mol/L", 1e3), ("mmol/L", 1.0), ("µmol/L", 1e-3)),
    "Pa": (("MPa", 1e6), ("kPa", 1e3), ("Pa", 1.0)),
    "s": (("d", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)),
    "m": (("mm", 1e-3), ("µm", 1e-6), ("nm", 1e-9)),
    "C": (("mAh", 3.6), ("µAh", 3.6e-3), ("nAh", 3.6e-6)),
    "S/m": (("S/cm", 100.0), ("mS/cm", 0.1), ("µS/cm", 1e-4), ("nS/cm", 1e-7)),
    "F": (("F", 1.0), ("mF", 1e-3), ("µF", 1e-6), ("nF", 1e-9), ("pF", 1e-12)),
    "Hz": (("MHz", 1e6), ("kHz", 1e3), ("Hz", 1.0), ("mHz", 1e-3), ("µHz", 1e-6)),
}


def lab(values: ArrayLike, unit: str) -> tuple[float, str]:
    """Return the size in SI and the name of the unit in which the largest value is a handy number.

    Examples
    --------
    >>> lab([2e-6, 5e-6], "A")
    (1e-06, 'µA')
    """
    if unit not in _UNITS:
        return 1.0, "" if unit == "1" else unit
    finite = np.abs(np.asarray(values, dtype=float))
    largest = finite[np.isfinite(finite)].max(initial=0.0)
    for name, size in _UNITS[unit]:
        # 3 h are easier to read than 0.125 d, so the large units of time need a few of them.
        enough = 3.0 if unit == "s" and size > 1 else 1.0
        # a value that rounding left just below a unit counts as one
        if largest >= enough * size * (1 - 1e-9) or (largest == 0 and size <= 1):
            return size, name
    return _UNITS[unit][-1][::-1]


def lab_shared(drawn: str, values: ArrayLike, unit: str) -> tuple[float, str]:
    """Like `lab`, but the unit that an axis already has, read from its label `drawn` ("current (µA)").

    Curves of different size that share Axes must share the unit: the second would be off by powers of ten.

    Examples
    --------
    >>> lab_shared("current (µA)", [0.5], "A")
    (1e-06, 'µA')
    >>> lab_shared("", [0.5], "A")
    (0.001, 'mA')
    """
    shared = (pair for pair in _UNITS.get(unit, ()) if drawn.endswith(f"({pair[0]})"))
    name, size = next(shared, ("", 0.0))
    return (size, name) if size else lab(values, unit)


def size_of(drawn: str) -> float:
    """Return the size in SI of the unit in the label `drawn` of an axis; 1 where it has none.

    Examples
    --------
    >>> size_of("Cell voltage (mV)"), size_of("Cycle")
    (0.001, 1.0)
    """
    sizes = {name: size for units in _UNITS.values() for name, size in units}
    return sizes.get(drawn.rpartition("(")[2].rstrip(")"), 1.0)


def with_unit(name: str, unit: str) -> str:
    """``"cell voltage", "mV"`` -> ``"Cell voltage (mV)"``, ions with raised charges."""
    name = re.sub(r"(?<=[A-Za-z])2\+", "²⁺", name)
    return f"{name[:1].upper()}{name[1:]}" + (f" ({unit})" if unit else "")


def short(value: float, unit: str) -> str:
    """Write one value in its handiest unit, to three digits: ``short(1e5, "Hz")`` is ``"100 kHz"``."""
    if unit == "K":
        return f"{value - ZERO_CELSIUS:.4g} °C"
    units = _UNITS.get(unit, ((unit, 1.0),))
    # 0.1 Hz is what is said in a laboratory, not 100 mHz.
    least = {1.0: 0.01} if unit == "Hz" else {}
    fits = (
        pair for pair in units if abs(value) >= least.get(pair[1], 0.9999) * pair[1] or (value == 0 and pair[1] <= 1)
    )
    name, size = next(fits, units[-1])
    return f"{value / size:.3g} {name}"
