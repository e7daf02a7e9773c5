"""What the head of a column says: which quantity, in which unit, with which sign."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mgtwin._units import conversion
from mgtwin.errors import QuantityError

__all__ = ["SI", "Meaning", "convert", "known_unit", "understand"]

#: SI unit of every quantity that columns hold.
SI = {
    "frequency": "Hz",
    "angular_frequency": "rad/s",
    "real": "ohm",
    "imaginary": "ohm",
    "modulus": "ohm",
    "phase": "rad",
    "time": "s",
    "voltage": "V",
    "current": "A",
    "charge": "C",
    "temperature": "K",
    "cycle": "",
    "step": "",
}

#: Names of quantities in headers, without blanks, case and underscores; where several match, the first ones go first.
_NAMES = {
    quantity: tuple(names.split())
    for quantity, names in {
        "frequency": "f freq frequency frequenz frequence fréquence frecuencia frequencyf fset",
        "angular_frequency": "omega ω angularfrequency ang.frequency w",
        "real": """re re(z) rez re[z] re{z} z' zs' z'(a) zre z(re) zreal z.real realz real real(z) zr z1 rs r
            resistance impedancereal realpart realpartofimpedance realimpedance realteil""",
        "imaginary": """im im(z) imz im[z] im{z} z'' zs'' z''(b) zim z(im) zimg zimag z.imag zimaginary imagz imag
            imag(z) zi z2 xs x reactance imaginary imaginarypart imaginarypartofimpedance imaginaryimpedance
            imaginaryz imaginärteil imagimpedance impedanceimag impedanceimaginary""",
        "modulus": """|z| |zs| |impedance| z zmod modz mod(z) abs(z) absz modulus magnitude zmag mag(z) magz impedance
            impedancemodulus impedancemagnitude zmodulus""",
        "phase": """phase phase(z) phasez phz zphz zphase theta theta(z) θ phi φ ϕ arg arg(z) angle zang phaseangle
            phasenwinkel phaseofimpedance phaseofz impedancephase phaseshift""",
        "time": "time t elapsedtime testtime zeit temps tiempo timet totaltime zeitt correctedtime",
        "voltage": """ecell ewe-ece cellvoltage u v e voltage potential ewe <ewe> vf spannung ucell vcell tension
            voltagev voltageu potentiale potentialv wepotential we(1).potential workingelectrode spannungu tensión""",
        "current": """i <i> current we(1).current strom courant corriente currenti cellcurrent stromi icell j
            currentdensity im""",
        "cycle": "cycle cyclenumber cycleindex cycleno loop loopnumber zyklus cycle#",
        "step": "step ns stepnumber stepindex stepno segment# segment",
        "temperature": "temperature temp temperatur température celltemperature t",
    }.items()
}

_NEGATIVE = re.compile(r"^(?:-|neg\.?(?:ative)?(?=[\s_(z])|minus(?=[\s_(z]))[\s_]*", re.IGNORECASE)
#: A name and its unit: name [unit], name (unit), name/unit, name, unit, name in unit, name unit.
_WITH_UNIT = tuple(
    re.compile(rf"^(?P<body>.+?)\s*{unit}$")
    for unit in (
        r"\[(?P<unit>[^\[\]]*)\]", r"\((?P<unit>[^()]*)\)", r"/\s*(?P<unit>[^/]+(?:/[^/]+)?)", r",\s*(?P<unit>[^,]+)",
        r"\s+in\s+(?P<unit>\S+)", r"[\s_](?P<unit>[^\s_]+)",
    )
)  # fmt: skip

#: Hours, minutes and seconds as the unit of a time.
_CLOCK = re.compile(r"h+:m+(?:in)?:s+(?:[.,:]\w*)?", re.IGNORECASE)
#: Spellings of units that pint does not know.
_SPELLINGS = {
    spelling: unit
    for unit, spellings in {
        "ohm": "Ω|\u2126|ohms|Ohms|Ohm|OHM",
        "s": "sec|secs|Sec|seconds|second|Seconds|S",
        "h": "hours|hour|hr|hrs|std",
        "min": "minutes|mins",
        "Hz": "hz|HZ|Hertz|hertz",
        "kHz": "khz|KHz",
        "V": "Volts|Volt|volts|volt|V vs. Ref.|V vs Ref",
        "A": "Amps|Amp|amps|amp|Ampere",
        "deg": "°|degrees|degree|Deg|Degree|Degrees",
        "degC": "°C|C|deg C",
        "mA*h": "mA.h|mAh",
        "A*h": "A.h|Ah",
        "rad/s": "rad/sec",
    }.items()
    for spelling in spellings.split("|")
}


@dataclass(frozen=True)
class Meaning:
    """What the head of a column says; `unit` is None where it names none, `rank` orders names of one quantity."""

    quantity: str
    unit: str | None
    negated: bool
    rank: int


def _pint(unit: str) -> str:
    """Return a unit in pint's spelling."""
    text = unit.strip()
    if text in _SPELLINGS:
        return _SPELLINGS[text]
    text = re.sub(r"[Ω\u2126]|[Oo]hms?", "ohm", text).replace("²", "^2").replace("^(2)", "^2")
    text = re.sub(r"^(k|M|m|G|u|µ|μ)\s+ohm", r"\1ohm", text)
    return re.sub(r"[·⋅.]|(?<=ohm)\s+(?=c?m)|(?<=ohm)-(?=cm)", "*", text)


def _target(quantity: str) -> tuple[str, ...]:
    """Return the SI units that a quantity may be given in: per area too where that is common."""
    per_area = {"real": "ohm*m^2", "imaginary": "ohm*m^2", "modulus": "ohm*m^2", "current": "A/m^2"}
    return (SI[quantity], *([per_area[quantity]] if quantity in per_area else []))


def convert(quantity: str, unit: str) -> tuple[float, float, bool] | None:
    """Return (factor, offset, per area) from a unit to SI, or None where it is none of this quantity.

    Examples
    --------
    >>> convert("current", "mA"), convert("real", "ohm*cm^2"), convert("time", "mV")
    ((0.001, 0.0, False), (0.0001, 0.0, True), None)
    """
    if not unit or not SI[quantity]:
        return None
    for number, target in enumerate(_target(quantity)):
        try:
            found = conversion(_pint(unit), target)
        except QuantityError:
            continue
        return found.multiplier / found.divisor, found.offset, number == 1
    return None


def known_unit(text: str) -> bool:
    """Tell whether a text is the unit of some quantity that columns hold."""
    return any(convert(quantity, text) for quantity in SI)


#: Look-alikes of the signs in headers.
_LOOKS: dict[str, str | int | None] = {"′": "'", "’": "'", "`": "'", "´": "'", "″": "''", '"': "''", "−": "-", "–": "-"}


def _tidy(name: str) -> str:
    return name.translate(str.maketrans(_LOOKS)).strip()


def _key(name: str) -> str:
    return re.sub(r"[\s_]+", "", name).casefold().rstrip(".:")


def understand(label: str, unit: str | None = None) -> Meaning | None:
    """Return the meaning of the head of a column, or None if it says nothing known.

    Parameters
    ----------
    label : str
        Text above the column: a word or symbol, perhaps with its unit and a minus sign.
    unit : str, optional
        Unit from a line of units below the heads.

    Examples
    --------
    >>> understand("-Im(Z)/Ohm")
    Meaning(quantity='imaginary', unit='Ohm', negated=True, rank=1)
    >>> understand("Cs/uF") is None
    True
    """
    text = _tidy(label).strip("'" if label.startswith("'") else " ")
    negated = bool(_NEGATIVE.match(text))
    text = _NEGATIVE.sub("", text, count=1)
    if negated and text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    whole = _named(text, unit, negated)
    if whole:
        return whole
    for pattern in _WITH_UNIT:
        parts = pattern.match(text)
        if parts:
            found = _named(parts["body"].rstrip(" .,"), parts["unit"].strip() or unit, negated, needs_unit=True)
            if found:
                return found
    return None


def _named(body: str, unit: str | None, negated: bool, *, needs_unit: bool = False) -> Meaning | None:
    """Return the meaning of a bare name, if its unit (when there is one) suits it."""
    key = _key(body)
    if key.endswith("(neg)") or key.endswith("(neg.)"):
        key, negated = key.rpartition("(")[0], True
    for quantity in (q for q, names in _NAMES.items() if key in names):
        rank = _NAMES[quantity].index(key)
        if not unit and not needs_unit:
            if key == "t":  # either time or temperature: only time is written without its unit
                quantity, rank = "time", 1
            return Meaning(quantity, None, negated, rank)
        if quantity == "time" and unit and _CLOCK.fullmatch(unit):
            return Meaning(quantity, None, negated, rank)
        if unit and (convert(quantity, unit) or (not SI[quantity] and unit in ("#", "1"))):
            return Meaning(quantity, unit, negated, rank)
    return None
