"""Area, thickness, temperature and date from the text above a table, by the rules of its columns."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from mgtwin.data.labels import known_unit, to_si
from mgtwin.data.numbers import amount
from mgtwin.data.report import About

__all__ = ["facts", "is_units", "pairs", "sample"]

_WORDS = {
    "area": r"(?:electrode |sample |cell |active |surface )*(?:surface )?area",
    "diameter": r"(?:sample |pellet )?diameter",
    "thickness": r"(?:sample |pellet )?thickness",
    "temperature": r"(?:cell |sample |set )?temp(?:erature|\.)?",
}
_UNIT = {"area": "m^2", "diameter": "m", "thickness": "m", "temperature": "K"}
_NUMBER = r"[+-]?[0-9]+(?:[.,][0-9]+)*(?:[eE][+-]?[0-9]+)?"
#: What makes a number one end of a range, and what gives its uncertainty.
_RANGE, _PLUS_MINUS = re.compile(r"\s*(?:-|–|\.\.\.?|…|to|bis|/)\s*[0-9]"), re.compile(rf"\s*(?:±|\+/?-)\s*{_NUMBER}")
_DATE = re.compile(
    r"\b(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{4})\b"
    r"(?:[ ,T]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)?"
)
_PATTERNS = {
    name: re.compile(
        rf"(?:^[#%~!\"]?\s*|\s{{2,}}|[\t;,]\s*)(?P<all>{words}\s*(?:\[(?P<a>[^\]]+)\]|\((?P<b>[^)]+)\))?"
        rf"(?P<sign>\s*[:=,;\t]\s*|\s+)(?P<n>{_NUMBER})(?P<rest>[^;\t\"]*))",
        re.IGNORECASE,
    )
    for name, words in _WORDS.items()
}


def facts(about: About, lines: Iterable[str], decimal: str = ".") -> About:
    """Return `about` with what the text above a table says about the sample; what it says unclearly is noted, not used.

    Parameters
    ----------
    decimal : str
        Decimal sign of the table: ``1,250 um`` above numbers with decimal points may be 1.25 or 1250.

    Examples
    --------
    >>> found = facts(About("text", "a.csv"), ["Temperature: 60 C", "Thickness: 1,250 um"])
    >>> round(found.temperature, 2), found.thickness, found.notes
    (333.15, None, ("'Thickness: 1,250 um' is not used: the comma may mark decimals or thousands",))
    """
    found: dict[str, float] = {}
    notes: list[str] = []
    texts = list(lines)
    dates = (seen[0] for line in texts if (seen := _DATE.search(line)))
    date = about.date if about.date is not None else next(dates, None)
    for name, match in ((n, m) for line in texts for n, pattern in _PATTERNS.items() for m in pattern.finditer(line)):
        unit, rest = match["a"] or match["b"], match["rest"]
        number, why = amount(match["n"], decimal)
        if _RANGE.match(rest):
            why = "it is a range"
        rest = rest[spread.end() :] if (spread := _PLUS_MINUS.match(rest)) else rest
        behind = re.split(r"\s{2,}|,", rest.strip())[0]
        if unit and behind and not rest[:1].isspace():
            why = why or "something follows the number"
        units = [unit] if unit else [behind, behind.split(" ")[0]]
        read = [to_si(number, text, _UNIT[name]) for text in units] if number is not None and not why else []
        value = next((si for si in read if si is not None), None)
        if not why and value is None:
            why = f"{unit or behind!r} is no unit of it" if unit or behind else "it has no unit"
        elif not why and value is not None and value <= 0:
            why = "it is not positive"
        if why and not match["sign"].strip(" "):  # without a sign it may be a sentence
            continue
        if not why and found.get(name, value) != value:
            why = f"the head gives two values of the {name}"
            # neither of the two is taken, for nobody knows which one is right
            del found[name]
        if why:
            notes.append(f"{match['all'].strip()!r} is not used: {why}")
        elif value is not None and not any(f"of the {name}" in note for note in notes):
            found[name] = value
    if "diameter" in found and "area" not in found:
        found["area"] = math.pi / 4 * found["diameter"] ** 2
        notes.append(f"area computed from the diameter of {found['diameter'] * 1e3:g} mm")
    found.pop("diameter", None)
    return about.noted(*notes).with_(date=date, **found)


def sample(about: About, name: str, text: str, decimal: str, *, unless: float, program: str) -> About:
    """Return `about` with a quantity that a program's own head gives, like ``"0.785 cm²"``.

    Parameters
    ----------
    unless : float
        What the program writes without being told [SI]: not used, which is noted.

    Examples
    --------
    >>> sample(About("text", "a.mpt"), "area", "0.001 cm²", ".", unless=1e-7, program="EC-Lab").notes
    ('area of 0.001 cm² in the file is what EC-Lab writes without being told: not used',)
    """
    parts = re.fullmatch(rf"({_NUMBER})\s*(.*)", text.strip())
    if not parts:
        return about.noted(*([f"{name} {text!r} is not understood: not used"] if text.strip() else []))
    value, why = amount(parts[1], decimal)
    unit = parts[2].replace("�", "²").strip()  # the superscript is often lost between encodings
    si = None if value is None else to_si(value, unit, _UNIT[name])
    if si is None or not si > 0:
        return about.noted(f"{name} {text!r} is not used: {why or 'it is not understood or not positive'}")
    if abs(si / unless - 1) < 1e-9:
        shown = f"{value:g} {unit}".replace("cm^2", "cm²")
        return about.noted(f"{name} of {shown} in the file is what {program} writes without being told: not used")
    return about.with_(**{name: si})


def pairs(lines: Iterable[str], sign: str = ":") -> dict[str, str]:
    """Return the ``name : value`` lines of a head as a mapping, the first of each name.

    Examples
    --------
    >>> pairs(["Device : SP-150", "no pair", "User :"])
    {'Device': 'SP-150', 'User': ''}
    """
    found: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(sign)
        if colon and name.strip():
            found.setdefault(name.strip(), value.strip())
    return found


def is_units(fields: Iterable[str]) -> bool:
    """Tell whether all fields are units, signs of numbering, or empty; at least two are units."""
    texts = [text.strip("[]() ") for text in fields]
    units = [known_unit(text) for text in texts]
    return sum(units) >= 2 and all(unit or text in ("", "#", "-", "1") for unit, text in zip(units, texts, strict=True))
