"""Area, thickness, temperature and date from the free text above a table."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from mgtwin.data.labels import known_unit
from mgtwin.data.numbers import number
from mgtwin.data.report import About
from mgtwin.errors import QuantityError
from mgtwin.quantities import parse

__all__ = ["facts", "pairs", "quantity"]

_WORDS = {
    "area": r"(?:electrode |sample |cell |active |surface )*(?:surface )?area",
    "diameter": r"(?:sample |pellet |electrode )?diameter",
    "thickness": r"(?:sample |pellet )?thickness",
    "temperature": r"(?:cell |sample |set )?temp(?:erature|\.)?",
}
_UNIT = {"area": "m^2", "diameter": "m", "thickness": "m", "temperature": "K"}
_NUMBER = r"[+-]?[0-9]+(?:[.,][0-9]+)?(?:[eE][+-]?[0-9]+)?"
_DATE = re.compile(
    r"\b(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{4})\b"
    r"(?:[ ,T]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)?"
)


def _pattern(words: str) -> re.Pattern[str]:
    start = r"(?:^[#%\"]?\s*|\s{2,}|[\t;,]\s*)"
    return re.compile(
        rf"{start}{words}\s*(?:\[(?P<a>[^\]]+)\]|\((?P<b>[^)]+)\))?\s*[:=,;\t]\s*(?P<n>{_NUMBER})(?P<gap>\s*)(?P<c>[^\s;,\"]*)",
        re.I,
    )


_PATTERNS = {name: _pattern(words) for name, words in _WORDS.items()}


def quantity(text: str, unit: str) -> float | None:
    """Return a quantity like ``"0.5 cm²"`` in SI, None if it is none."""
    tidy = text.replace("²", "^2").replace("°C", "degC").replace("\ufffd", "^2").strip()
    try:
        return float(parse(tidy, unit))
    except QuantityError:
        return None


def facts(about: About, lines: Iterable[str]) -> About:
    """Return `about` with what the text above a table says about the sample, where it says it with a unit."""
    from dataclasses import replace

    found: dict[str, float] = {}
    date = about.date
    for line in lines:
        for name, pattern in _PATTERNS.items():
            match = pattern.search(line)
            if match and name not in found:
                bracketed = match["a"] or match["b"]
                damaged = bracketed and match["c"] and not match["gap"]
                unit = None if damaged else bracketed or match["c"]
                value = number(match["n"], "," if "," in match["n"] else ".")
                si = quantity(f"{value!r} {unit}", _UNIT[name]) if unit else None
                if si is not None and si > 0:
                    found[name] = si
        if date is None and (seen := _DATE.search(line)):
            date = seen[0]
    notes = []
    if "diameter" in found and "area" not in found:
        found["area"] = math.pi / 4 * found["diameter"] ** 2
        notes.append(f"area computed from the diameter of {found['diameter'] * 1e3:g} mm")
    kept = {name: found.get(name, getattr(about, name)) for name in ("area", "thickness", "temperature")}
    return replace(about.noted(*notes), date=date, **kept)


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
