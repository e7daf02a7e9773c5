"""What the head of a column says: which quantity, in which unit, with which sign."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from mgtwin.errors import QuantityError
from mgtwin.units import conversion

__all__ = ["IMMITTANCE", "SI", "Meaning", "convert", "known_unit", "to_si", "understand"]

#: Quantities that columns hold: SI unit, and the names that heads give them, without blanks, case and underscores.
#: Where several heads of a file match, the name that stands first here goes first.
_QUANTITIES: dict[str, tuple[str, str]] = {
    "frequency": ("Hz", "f freq frequency frequenz frequence fréquence frecuencia frequencyf fset"),
    "angular_frequency": ("rad/s", "omega ω angularfrequency ang.frequency w"),
    "real": ("ohm", """re re(z) rez re[z] re{z} z' zs' z'(a) zre z(re) zreal z.real realz real real(z) zr z1 rs r
        resistance impedancereal realpart realpartofimpedance realimpedance realteil"""),
    "imaginary": ("ohm", """im im(z) imz im[z] im{z} z'' zs'' z''(b) zim z(im) zimg zimag z.imag zimaginary imagz imag
        imag(z) zi z2 xs x reactance imaginary imaginarypart imaginarypartofimpedance imaginaryimpedance
        imaginaryz imaginärteil imagimpedance impedanceimag impedanceimaginary"""),
    "modulus": ("ohm", """|z| |zs| |impedance| z zmod modz mod(z) abs(z) absz modulus magnitude zmag mag(z) magz
        impedance impedancemodulus impedancemagnitude zmodulus"""),
    "phase": ("rad", """phase phase(z) phasez phz zphz zphase theta theta(z) theta-z thetaz θ θz θ-z phi φ ϕ arg arg(z)
        angle zang phaseangle phasenwinkel phaseofimpedance phaseofz impedancephase phaseshift"""),
    # of the whole test first: others may begin anew with every step; dates last
    "time": ("s", """totaltime testtime runtime time t elapsedtime test zeit temps tiempo timet zeitt correctedtime
        datetime date/time dateandtime date&time realtime absolutetime systemtime systime timestamp dpttime date"""),
    "voltage": ("V", """ecell <ecell> ewe-ece <ewe-ece> cellvoltage u v e voltage potential ewe <ewe> vf spannung
        ucell vcell tension voltagev voltageu potentiale potentialv wepotential we(1).potential workingelectrode
        spannungu tensión volts"""),
    "counter_voltage": ("V", "ece <ece>"),
    "direct_voltage": ("V", "vdc edc dcvoltage dcpotential voltagedc dcbias biasvoltage bias"),
    "current": ("A", """i <i> current we(1).current strom courant corriente currenti cellcurrent stromi icell j
        currentdensity im cur amps"""),
    "direct_current": ("A", "idc dccurrent currentdc"),
    "charge": ("C", "charge"),
    "temperature": ("K", """temperature temp temperatur température celltemperature t temp1 t1 auxtemperature1
        temperaturecell"""),
    "cycle": ("", """cycle cyclenumber cycleindex cycle-index cycleno cycleid cycle# cyclecount cyc-count cyc# cyc
        cyclec cyclep loop loopnumber zyklus"""),
    "step": ("", "step ns stepnumber stepindex step-index stepno stepid segment# segment"),
    "direction": ("", "state md status steptype stepname stepstate step-state workmode command mode"),
    # what impedance analysers write instead of Z
    "admittance": ("S", "|y| ymod"),
    "admittance_phase": ("rad", "phase(y) theta-y thetay θy θ-y"),
    "conductance": ("S", "re(y) y' g gp conductance"),
    "susceptance": ("S", "im(y) y'' b bp susceptance"),
    "parallel_capacitance": ("F", "cp c capacitance parallelcapacitance"),
    "parallel_resistance": ("ohm", "rp parallelresistance"),
    "series_capacitance": ("F", "cs seriescapacitance"),
    "series_inductance": ("H", "ls l inductance seriesinductance"),
    "loss": ("", "d tan(d) tandelta tanδ tan(delta) dissipation dissipationfactor lossfactor losstangent"),
    "quality": ("", "q qualityfactor"),
    "permittivity": ("", "eps' ε' epsilon' eps1 permittivity' permittivityreal epsr'"),
    "dielectric_loss": ("", "eps'' ε'' epsilon'' eps2 permittivity'' permittivityimaginary epsr''"),
    "conductivity": ("S/m", "sig' σ' sigma' sigma sigmareal conductivity conductivity'"),
    "conductivity_imaginary": ("S/m", "sig'' σ'' sigma'' conductivity''"),
}  # fmt: skip
_NAMES = {quantity: tuple(names.split()) for quantity, (_, names) in _QUANTITIES.items()}
#: SI unit of every quantity that columns hold.
SI = {quantity: unit for quantity, (unit, _) in _QUANTITIES.items()}
#: What stands for an impedance where a file holds none; asked for only then.
IMMITTANCE = tuple(SI)[tuple(SI).index("admittance") :]
#: Names that are a unit themselves.
_UNIT_NAMES = {"volts": "V", "amps": "A"}
#: Of which electrode a potential or an impedance is: EC-Lab's Ewe, Ewe-Ece, Re(Zce), |Zwe-ce| and others' names.
_ELECTRODES = {"zwe-ce": "cell", "zce": "counter", "zwe": "working", "ewe": "working", "<ewe>": "working",
               "workingelectrode": "working", "ewe-ece": "cell", "<ewe-ece>": "cell",
               "ecell": "cell", "<ecell>": "cell"}  # fmt: skip

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
        "s": "sec|secs|Sec|seconds|second|Seconds",
        "h": "hours|hour|hr|hrs|std",
        "min": "minutes|mins|Min",
        "S": "ohm-1|Ohm-1|Ω-1|1/ohm|1/Ohm|1/Ω|mho",
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


#: Quantities that are given per area, too.
_PER_AREA = {"real": "ohm*m^2", "imaginary": "ohm*m^2", "modulus": "ohm*m^2", "current": "A/m^2"}


@dataclass(frozen=True)
class Meaning:
    """What the head of a column says.

    `unit` is None where it names none, `rank` orders names of one quantity, and `electrode` is ``"cell"``,
    ``"working"`` or ``"counter"`` where the head says so.
    """

    quantity: str
    unit: str | None
    negated: bool
    rank: int
    electrode: str = ""


def _pint(unit: str) -> str:
    """Return a unit in pint's spelling."""
    text = unit.strip()
    if text in _SPELLINGS:
        return _SPELLINGS[text]
    text = re.sub(r"[Ω\u2126]|[Oo]hms?", "ohm", text).replace("²", "^2").replace("^(2)", "^2")
    text = re.sub(r"^(k|M|m|G|u|µ|μ)\s+ohm", r"\1ohm", text)
    return re.sub(r"[·⋅.]|(?<=ohm)\s+(?=c?m)|(?<=ohm)-(?=cm)", "*", text)


def convert(quantity: str, unit: str) -> tuple[float, float, bool] | None:
    """Return (factor, offset, per area) from a unit to SI, or None where it is none of this quantity.

    Examples
    --------
    >>> convert("current", "mA"), convert("real", "ohm*cm^2"), convert("time", "mV")
    ((0.001, 0.0, False), (0.0001, 0.0, True), None)
    """
    if not unit or not SI[quantity]:
        return None
    if quantity == "time" and unit.strip() == "S":  # else the siemens
        unit = "s"
    for number, target in enumerate([SI[quantity], *filter(None, [_PER_AREA.get(quantity)])]):
        try:
            found = conversion(_pint(unit), target)
        except QuantityError:
            continue
        return found.multiplier / found.divisor, found.offset, number == 1
    return None


def to_si(value: float, unit: str, target: str) -> float | None:
    """Return a number in the unit `target`, its unit spelt as in the heads of columns; None if it is no such unit.

    Examples
    --------
    >>> to_si(60, "C", "K"), to_si(1, "s", "K")
    (333.15, None)
    """
    try:
        found = conversion(_pint(unit), target) if unit else None
    except QuantityError:
        return None
    return value * found.multiplier / found.divisor + found.offset if found else None


def known_unit(text: str) -> bool:
    """Tell whether a text is the unit of some quantity that columns hold."""
    return any(convert(quantity, text) for quantity in SI)


#: Look-alikes of the signs in headers.
_LOOKS: dict[str, str | int | None] = {"′": "'", "’": "'", "`": "'", "´": "'", "″": "''", '"': "''", "−": "-", "–": "-"}


_TRACE = re.compile(r"^(?:trace|tr)\s*[0-9]+\s*[:.\-]?\s+|^(?:trace|tr)\s*[0-9]+\s*[:.]\s*", re.IGNORECASE)


def understand(label: str, unit: str | None = None, *, immittance: bool = False) -> Meaning | None:
    """Return the meaning of the head of a column, or None if it says nothing known.

    Parameters
    ----------
    label : str
        Text above the column: a word or symbol, perhaps with its unit and a minus sign.
    unit : str, optional
        Unit from a line of units below the heads.
    immittance : bool
        Understand what stands for an impedance, too: admittances, capacitances, permittivities.

    Examples
    --------
    >>> understand("-Im(Z)/Ohm")
    Meaning(quantity='imaginary', unit='Ohm', negated=True, rank=1, electrode='')
    >>> understand("Cs/uF") is None
    True
    """
    text = _TRACE.sub("", label.translate(str.maketrans(_LOOKS)).strip()).strip("'" if label.startswith("'") else " ")
    negated = bool(_NEGATIVE.match(text))
    text = _NEGATIVE.sub("", text, count=1)
    if negated and text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    whole = _named(text, unit, negated, immittance)
    if whole:
        return whole
    for pattern in _WITH_UNIT:
        parts = pattern.match(text)
        if parts:
            body, own = parts["body"].rstrip(" .,"), parts["unit"].strip()
            found = _named(body, own or unit, negated, immittance, needs_unit=True)
            if found:
                return found
    return None


def _named(body: str, unit: str | None, negated: bool, immittance: bool, *, needs_unit: bool = False) -> Meaning | None:
    """Return the meaning of a bare name, if its unit (when there is one) suits it."""
    key = re.sub(r"[\s_]+", "", body).casefold().rstrip(".:")
    if key.endswith("(neg)") or key.endswith("(neg.)"):
        key, negated = key.rpartition("(")[0], True
    electrode = _ELECTRODES.get(key, "")
    if not electrode and (of := re.search(r"z(?:we-ce|we|ce)(?=[)|]|$)", key)):
        key, electrode = key.replace(of[0], "z"), _ELECTRODES[of[0]]
    for quantity in (q for q, names in _NAMES.items() if key in names and (immittance or q not in IMMITTANCE)):
        meaning = Meaning(quantity, unit, negated, _NAMES[quantity].index(key), electrode)
        if not unit and not needs_unit:
            if key == "t":  # either time or temperature: only time is written without its unit
                return replace(meaning, quantity="time", unit=None, rank=_NAMES["time"].index("t"))
            return replace(meaning, unit=_UNIT_NAMES.get(key))
        if quantity == "time" and unit and _CLOCK.fullmatch(unit):
            return replace(meaning, unit=None)
        if unit and (convert(quantity, unit) or (not SI[quantity] and unit in ("#", "1"))):
            return meaning
    return None
