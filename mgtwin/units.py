"""Units: conversion to SI, through pint where a unit is not a common one, and those in which a laboratory reads values.

Nothing here knows about values with provenance; `mgtwin.quantities` does.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from tokenize import TokenError
from typing import Any, NoReturn

from mgtwin.errors import QuantityError

__all__ = [
    "Conversion",
    "conversion",
    "display",
    "examples",
    "infer_si",
    "is_temperature",
    "needs_no_unit",
    "quantity_name",
    "refuse_missing",
    "with_unit",
]

_AVOGADRO = 6.02214076e23  # 1/mol, exact (SI 2019)
_ELEMENTARY_CHARGE = 1.602176634e-19  # C, exact (SI 2019)


@dataclass(frozen=True)
class Conversion:
    """``SI = number*multiplier/divisor + offset``; an integer divisor keeps 0.65 mm equal to the literal 0.00065."""

    multiplier: float = 1.0
    divisor: float = 1.0
    offset: float = 0.0

    def __call__(self, number: float) -> float:
        """Convert an absolute value."""
        return number * self.multiplier / self.divisor + self.offset

    def difference(self, number: float) -> float:
        """Convert a difference, such as the uncertainty of a temperature in degC."""
        return number * self.multiplier / self.divisor


# SI unit: (what it measures, ((shown unit, SI value of that unit, shown from this SI magnitude upwards), ...)).
# The last row of each entry serves everything smaller. Shown units can be read back by `mgtwin.quantities.parse`.
_TABLE: dict[str, tuple[str, tuple[tuple[str, float, float], ...]]] = {
    "S/m": ("conductivity", (("S/cm", 100.0, 10.0), ("mS/cm", 0.1, 0.001), ("S/cm", 100.0, 0.0))),
    "S": ("conductance", (("S", 1.0, 0.1), ("mS", 1e-3, 1e-4), ("uS", 1e-6, 0.0))),
    "m": ("length", (("m", 1.0, 1.0), ("cm", 1e-2, 0.1), ("mm", 1e-3, 1e-4), ("um", 1e-6, 1e-7), ("nm", 1e-9, 0.0))),
    "m^2": ("area", (("m^2", 1.0, 1.0), ("cm^2", 1e-4, 1e-6), ("mm^2", 1e-6, 0.0))),
    "m^3/mol": ("molar volume", (("cm^3/mol", 1e-6, 0.0),)),
    "m^2/s": ("diffusivity", (("cm^2/s", 1e-4, 0.0),)),
    "m^2/(V*s)": ("mobility", (("cm^2/(V*s)", 1e-4, 0.0),)),
    "A": (
        "current",
        (("A", 1.0, 0.1), ("mA", 1e-3, 1e-4), ("uA", 1e-6, 1e-7), ("nA", 1e-9, 1e-10), ("pA", 1e-12, 0.0)),
    ),
    "A/m^2": (
        "current density",
        (("A/cm^2", 1e4, 1e3), ("mA/cm^2", 10.0, 1.0), ("uA/cm^2", 0.01, 1e-3), ("nA/cm^2", 1e-5, 0.0)),
    ),
    "V": ("voltage", (("V", 1.0, 0.1), ("mV", 1e-3, 1e-4), ("uV", 1e-6, 0.0))),
    "V/s": ("scan rate", (("V/s", 1.0, 0.1), ("mV/s", 1e-3, 0.0))),
    "ohm": ("resistance", (("Mohm", 1e6, 1e6), ("kohm", 1e3, 1e3), ("ohm", 1.0, 0.0))),
    "ohm*m^2": ("area-specific resistance", (("ohm*cm^2", 1e-4, 0.0),)),
    "F": (
        "capacitance",
        (("F", 1.0, 0.1), ("mF", 1e-3, 1e-4), ("uF", 1e-6, 1e-7), ("nF", 1e-9, 1e-10), ("pF", 1e-12, 0.0)),
    ),
    "H": ("inductance", (("H", 1.0, 0.1), ("mH", 1e-3, 1e-4), ("uH", 1e-6, 1e-7), ("nH", 1e-9, 0.0))),
    "F/m^2": ("areal capacitance", (("F/cm^2", 1e4, 1e3), ("mF/cm^2", 10.0, 10.0), ("uF/cm^2", 0.01, 0.0))),
    "F/m^3": ("volumetric capacitance", (("F/cm^3", 1e6, 0.0),)),
    "K": ("temperature", (("°C", 1.0, 0.0),)),
    "eV": ("activation energy", (("eV", 1.0, 0.1), ("meV", 1e-3, 0.0))),
    "J": ("energy", (("kJ", 1e3, 1e3), ("J", 1.0, 0.1), ("mJ", 1e-3, 0.0))),
    "C": ("charge", (("C", 1.0, 0.1), ("mC", 1e-3, 0.0))),
    "C/m^2": ("areal charge", (("C/cm^2", 1e4, 1e3), ("mC/cm^2", 10.0, 0.0))),
    "s": ("time", (("h", 3600.0, 3600.0), ("min", 60.0, 60.0), ("s", 1.0, 0.1), ("ms", 1e-3, 1e-4), ("us", 1e-6, 0.0))),
    "Hz": ("frequency", (("MHz", 1e6, 1e6), ("kHz", 1e3, 1e3), ("Hz", 1.0, 0.1), ("mHz", 1e-3, 0.0))),
    "Pa": ("pressure", (("GPa", 1e9, 1e9), ("MPa", 1e6, 1e5), ("kPa", 1e3, 100.0), ("Pa", 1.0, 0.0))),
    "mol/m^3": ("concentration", (("mol/L", 1e3, 1.0), ("mmol/L", 1.0, 0.0))),
    "kg": ("mass", (("kg", 1.0, 1.0), ("g", 1e-3, 1e-3), ("mg", 1e-6, 0.0))),
    "m^3": ("volume", (("mL", 1e-6, 1e-6), ("uL", 1e-9, 0.0))),
    "kg/m^3": ("density", (("g/cm^3", 1e3, 0.0),)),
}
#: Unit -> (SI unit, SI value of one): those shown above and others that files have. Only for the rest is pint imported,
#: which takes as long as all of numpy twice over. A test compares each with pint.
_COMMON: dict[str, tuple[str, float]] = {
    **{shown: (unit, size) for unit, (_, rows) in _TABLE.items() for shown, size, _ in rows},
    **{"%": ("", 0.01), "degC": ("K", 1.0), "d": ("s", 86400.0), "bar": ("Pa", 1e5), "mAh": ("C", 3.6)},
    **{"kohm*cm^2": ("ohm*m^2", 0.1), "Mohm*cm^2": ("ohm*m^2", 100.0), "nF/cm^2": ("F/m^2", 1e-5)},
    **{"GHz": ("Hz", 1e9), "mol/cm^3": ("mol/m^3", 1e6), "L": ("m^3", 1e-3), "cm^3": ("m^3", 1e-6)},
}
_EXTRA_EXAMPLES = {"K": ("K", "degC"), "eV": ("eV", "meV", "kJ/mol"), "": ("%",)}
_OFFSET_HINT = {"C": "degC", "F": "degF"}


def quantity_name(unit: str) -> str:
    """Return what a unit measures (``"S/m"`` -> ``"conductivity"``), or ``""`` if it has no name of its own."""
    return _TABLE[unit][0] if unit in _TABLE else ""


def examples(unit: str) -> tuple[str, ...]:
    """Return units that may be written where `unit` is needed, the SI unit first."""
    if unit in _EXTRA_EXAMPLES:
        return _EXTRA_EXAMPLES[unit]
    shown = tuple(row[0] for row in _TABLE[unit][1]) if unit in _TABLE else ()
    return tuple(dict.fromkeys((unit, *shown)))


def is_temperature(unit: str | None) -> bool:
    """Tell whether zero of this unit depends on the scale, so that even 0 needs its unit."""
    return unit == "K"


def needs_no_unit(number: float, unit: str | None) -> bool:
    """Tell whether a number is the same in every unit: zero and infinity are, except on temperature scales."""
    return math.isinf(number) or (number == 0 and not is_temperature(unit))


def with_unit(unit: str | None) -> str:
    """Say, as the end of "a number", which units it may have; ``""`` for a pure number."""
    if unit is None:
        return " with a unit"
    return f" with a unit such as {', '.join(examples(unit)[:3])}" if unit else ""


def refuse_missing(text: str, unit: str | None) -> NoReturn:
    """Raise the QuantityError of a number without its unit."""
    if unit is None:
        raise QuantityError(f"{text!r} has no unit: write it, as in '0.5 mm'.")
    known = examples(unit)
    also = f" (or {', '.join(known[1:])})" if len(known) > 1 else ""
    raise QuantityError(f"{text!r} has no unit: write for example '{text} {known[0]}'{also}.")


def display(value: float, unit: str) -> tuple[float, str, float]:
    """Return (number, unit, size of that unit) as a laboratory would read the SI `value`."""
    if unit == "K":
        return value - 273.15, "°C", 1.0
    if unit not in _TABLE:
        return value, unit, 1.0
    rows = _TABLE[unit][1]
    # Zero has no magnitude to choose a unit by, so the SI unit stands where it is among those shown.
    if value == 0:
        shown = unit if any(row[0] == unit for row in rows) else rows[0][0]
        return 0.0, shown, next(row[1] for row in rows if row[0] == shown)
    # With a little slack: a tenth of a millimetre that came out of a calculation as 0.99999999999999e-4 m is still 0.1
    # mm.
    shown, size, _ = next(row for row in rows if abs(value) >= row[2] * (1 - 1e-12))
    return value / size, shown, size


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint

    return pint.UnitRegistry(autoconvert_offset_to_baseunit=True)


# "cm-1", "cm2" and "m^-2" are all common in papers; pint reads only the last.
_BARE_EXPONENT = re.compile(r"(?<=[A-Za-zΩµμ])([-−]?[0-9])(?![0-9.])")


def _tidy(unit: str) -> str:
    """The spelling that pint and the table read."""
    return _BARE_EXPONENT.sub(r"^\1", unit.replace("−", "-").replace("Ohm", "ohm").replace("℃", "degC"))


def _common(unit: str) -> tuple[str | None, float]:
    """(SI unit, SI value of one) of a common unit, else (None, 1)."""
    return _COMMON.get(re.sub("[µμ]", "u", _tidy(unit)), (None, 1.0))


# pint evaluates what it is given, and a tower of powers would keep it busy for ever: the power of a unit is one small
# number, and no unit of a laboratory needs as many signs as this.
_LONGEST = 100
_POWER = r"(?:\^|\*\*|[⁺⁻⁰¹²³⁴-⁹])"
#: Up to 99, with all the digits that the exponent of a fitted constant-phase element may have.
_SMALL = r"[0-9]{1,2}(?:\.[0-9]{1,17}(?:e-[0-9]{1,2})?|e-[0-9]{1,2}|/[0-9]{1,3})?"
_SMALL_POWER = re.compile(rf"(?:(?:\^|\*\*)\s*\(?\s*[+-]?{_SMALL}\s*\)?|[⁺⁻]?[⁰¹²³⁴-⁹]{{1,2}})(?!\s*{_POWER}|[\w.])")


#: What pint and the tokeniser below it raise for malformed text (of 60 000 random ones), its own errors among them.
_MALFORMED = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, SyntaxError, TypeError, ValueError),
    TokenError,
)


@lru_cache(maxsize=512)
def _pint_unit(text: str) -> Any:
    """Parse a unit; raise QuantityError if pint does not know it."""
    tidy = _tidy(text)
    if len(tidy) > _LONGEST:
        raise QuantityError(f"'{tidy[:20]}...' has {len(tidy)} signs, which no unit needs: write it shorter.")
    if re.search(_POWER, _SMALL_POWER.sub(" ", tidy)):
        raise QuantityError(f"{tidy!r} is not a unit that I know: a power is one number up to 99, as in 'cm^2'.")
    try:
        if re.search(r"[×,;=]", tidy):
            raise ValueError("not a unit")
        return _registry().parse_units(tidy)
    except _MALFORMED as error:
        hint = ""
        if re.match(r"[×x*]\s*10", text) or re.match(r"[0-9]", text):
            hint = " Write powers of ten as in '5.5e-4 S/cm', without spaces inside the number."
        raise QuantityError(f"{text!r} is not a unit that I know.{hint}") from error


def _root(unit: Any) -> tuple[float, Any]:
    """Return (factor, root units). Root units keep radian and count, which pint's dimensions ignore."""
    try:
        factor, root = _registry().get_base_units(unit, check_nonmult=False)
        factor = float(factor)
    except OverflowError:
        factor, root = math.inf, None
    # Absurd prefixes overflow or vanish; every value in them would be inf or 0.
    if not 0 < factor < math.inf:
        raise QuantityError(f"the unit '{unit:~}' is too large or too small for a float.")
    return factor, root


def _split(factor: float) -> tuple[float, float]:
    """Split a factor into (multiplier, divisor), exact integers where pint's product of powers is only almost one."""
    if factor >= 1:
        nearest = round(factor)
        return (float(nearest), 1.0) if math.isclose(factor, nearest, rel_tol=1e-13) else (factor, 1.0)
    nearest = round(1 / factor)
    return (1.0, float(nearest)) if math.isclose(factor * nearest, 1.0, rel_tol=1e-13) else (factor, 1.0)


@lru_cache(maxsize=512)
def conversion(given: str, needed: str) -> Conversion:
    """Return how to convert numbers in the unit `given` to the unit `needed` (SI, or eV, or ``""``).

    Raises
    ------
    QuantityError
        If a unit is unknown or the dimensions differ; the message says what is needed, with examples. Angles and counts
        are dimensions here: ``rad/s`` is not accepted for ``Hz``.
    """
    if given == needed:
        return Conversion()
    si_unit, size = _common(given)
    if si_unit == needed:
        return Conversion(*_split(size), offset=273.15 if is_temperature(needed) else 0.0)
    source, target = _pint_unit(given), _pint_unit(needed)
    factor, root = _root(source)
    target_factor, target_root = _root(target)
    if root == target_root:
        if not all(_registry()._is_multiplicative(name) for name in source._units):  # degC
            # pint knows where the scale begins; the factor alone would make 25 degC 25 K.
            zero = float(_registry().Quantity(0.0, source).to(target).magnitude)
            return Conversion(*_split(factor / target_factor), offset=zero)
        return Conversion(*_split(factor / target_factor))
    if needed == "eV" and root == _root(_pint_unit("J/mol"))[1]:
        return Conversion(factor / (_AVOGADRO * _ELEMENTARY_CHARGE))
    if needed == "":
        raise QuantityError(f"the unit {given!r} is wrong here: a dimensionless number is needed (no unit, or %).")
    name = quantity_name(needed)
    what = f"a {name}" if name and name[0] not in "aeiou" else f"an {name}" if name else "a quantity"
    text = (
        f"the unit {given!r} is wrong here: {what} in {needed} is needed (for example {', '.join(examples(needed))})."
    )
    hint = f" Did you mean {_OFFSET_HINT[given]!r}?" if needed == "K" and given in _OFFSET_HINT else ""
    raise QuantityError(text + hint)


@lru_cache(maxsize=512)
def infer_si(given: str) -> str:
    """Return the SI unit for values in `given`, in the spelling of the table above where it has that dimension.

    Energies give ``"eV"`` for eV and for molar energies, ``"J"`` otherwise.
    """
    if given in _TABLE or given == "":
        return given
    si_unit, _ = _common(given)
    if si_unit is not None:
        return si_unit
    factor, root = _root(_pint_unit(given))
    joule = _root(_pint_unit("J"))[1]
    if root == _root(_pint_unit("J/mol"))[1] or (root == joule and given.endswith("eV")):
        return "eV"
    for unit in _TABLE:
        # eV was dealt with above: as a dimension it is that of J, which must stay J.
        if unit != "eV" and _root(_pint_unit(unit))[1] == root:
            return unit
    if not root._units:
        return ""
    if factor == 1.0:
        return given  # coherent SI already, such as S*m: keep the user's spelling for messages
    # pint prints powers to six digits, and what has lost one is another unit
    powers = [f"{_registry().get_symbol(name)}^{power!r}".removesuffix(".0") for name, power in root._units.items()]
    return "*".join(power.removesuffix("^1") for power in powers)
