"""Numbers as instruments print them, and which sign their decimals have."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

__all__ = [
    "amount",
    "clock",
    "decimal_of",
    "exact",
    "is_blank",
    "is_clock",
    "is_number",
    "loss",
    "number",
    "odd",
    "shape",
]

_PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*|,[0-9]+)?|[.,][0-9]+)(?:[eEdD][+-]?[0-9]{1,3})?")
#: What instruments print where they read nothing.
_BLANK = frozenset(
    (
        "", "nan", "-nan", "nan(ind)", "-nan(ind)", "inf", "-inf", "+inf", "n/a", "na", "null", "none", "-", "--",
        "---", "overload", "ovld", "-1.#ind", "1.#qnan", "1.#inf", "-1.#inf", "#n/a", "#num!", "#value!", "#div/0!",
    )
)  # fmt: skip
_CLOCK = re.compile(r"(?:([0-9]+)\s*(?:d|days?)?[\s,]+)?([0-9]+):([0-5][0-9]):([0-5][0-9](?:[.,][0-9]+)?)")
#: Numbers have a fixed format if so many of a column, and so many at least, have it.
_ALIKE, _FEWEST = 0.9, 8
#: Significant digits that a float has at most, and some that programs add.
_MOST_DIGITS = 20
_GROUPED = re.compile(r"[+-]?[0-9]{1,3},[0-9]{3}")


def exact(values: np.ndarray) -> np.ndarray:
    """Return single precision as the shortest decimal that means it: 359.24146 rather than 359.24145507.

    Examples
    --------
    >>> import numpy as np
    >>> float(exact(np.array([359.24146], dtype="f4"))[0])
    359.24146
    """
    # NumPy prints the shortest text that is read back as the same float; in single precision, what was meant.
    return values.astype("U32").astype(float) if values.dtype == np.float32 else values.astype(float)


def is_number(token: str) -> bool:
    """Tell whether a token is one number, with either decimal sign."""
    return bool(_PLAIN.fullmatch(token))


def is_blank(token: str) -> bool:
    """Tell whether a token says that there is no value."""
    return token.casefold() in _BLANK


def is_clock(token: str) -> bool:
    """Tell whether a token is a time written as hours:minutes:seconds."""
    return bool(_CLOCK.fullmatch(token))


def number(token: str, decimal: str) -> float:
    """Return the value of a token.

    Raises
    ------
    ValueError
        It is no number with this decimal sign.

    Examples
    --------
    >>> number("1,5E-3", ","), number("2.", ".")
    (0.0015, 2.0)
    """
    other = "." if decimal == "," else ","
    if other in token or not _PLAIN.fullmatch(token):
        raise ValueError(token)
    # Fortran writes exponents of double precision with a D.
    return float(token.replace(",", ".").replace("d", "e").replace("D", "e"))


def amount(token: str, decimal: str) -> tuple[float | None, str]:
    """Return the value of a number in text beside a table whose decimal sign is known, or None and why it is unclear.

    Examples
    --------
    >>> amount("1,250", "."), amount("0,75", "."), amount("1,250.5", ".")
    ((None, 'the comma may mark decimals or thousands'), (0.75, ''), (1250.5, ''))
    """
    signs = [sign for sign in token if sign in ".,"]
    if not signs:
        return float(token), ""
    last = signs[-1]
    if len(set(signs)) == 2 and signs.count(last) == 1:  # thousands, then decimals
        return float(token.replace("." if last == "," else ",", "").replace(",", ".")), ""
    # Three digits behind a comma may be thousands; any other number of them, or the sign of the table, cannot.
    if len(signs) == 1 and (last == decimal or not _GROUPED.fullmatch(token.replace(".", ","))):
        return float(token.replace(",", ".")), ""
    return None, f"the {'comma' if last == ',' else 'point'} may mark decimals or thousands"


def clock(token: str) -> float:
    """Return the seconds of a time written as hours:minutes:seconds, perhaps with days in front.

    Raises
    ------
    ValueError
        It is none.

    Examples
    --------
    >>> clock("01:00:30.5"), clock("1d 00:00:01")
    (3630.5, 86401.0)
    """
    found = _CLOCK.fullmatch(token)
    if not found:
        raise ValueError(token)
    days, hours, minutes, seconds = found.groups()
    return ((float(days or 0) * 24 + float(hours)) * 60 + float(minutes)) * 60 + float(seconds.replace(",", "."))


def decimal_of(tokens: Iterable[str]) -> tuple[str | None, str]:
    """Return the decimal sign of numbers, or None and why it cannot be told.

    Examples
    --------
    >>> decimal_of(["1,5", "2"]), decimal_of(["1", "2"])
    ((',', ''), ('.', ''))
    >>> decimal_of(["1,234", "5,678"])[0] is None
    True
    """
    commas: list[str] = []
    points = ""
    for token in tokens:
        if "," in token:
            commas.append(token)
        elif "." in token:
            points = token
    if not commas:
        return ".", ""
    if points:
        return None, f"some numbers have a decimal point ({points}) and others a comma ({commas[0]})"
    # One comma that is not followed by exactly three digits settles the question for the whole column.
    if all(_GROUPED.fullmatch(token) for token in commas):
        return None, f"the comma of {commas[0]} and all others may mark decimals or thousands"
    return ",", ""


def shape(token: str) -> str:
    """Return how a number is printed, every digit as 0: equal for all numbers of a fixed format.

    Examples
    --------
    >>> shape("-1.25E+03"), shape("4.00E-11")
    ('0.00E+00', '0.00E+00')
    """
    return re.sub(r"[0-9]", "0", re.sub(r"[eE][+-]", "E+", token.lstrip("+-")))


def odd(tokens: Sequence[str]) -> list[int]:
    """Return which entries of a column are printed unlike nearly all others: digits were lost or came in.

    Nearly all must have the same number of decimals and of digits of the exponent; a bare zero fits everywhere. No
    instrument prints more significant digits than a float has.

    Examples
    --------
    >>> odd(["1.25", "12.50", "100.75", "99.001", "0"] * 1 + ["3.75"] * 40)
    [3]
    """
    forms: list[tuple[int, int] | None] = []
    for token in tokens:
        # Decimals and digits of the exponent; what is no number, and a bare zero, have no form.
        mantissa, _, exponent = token.casefold().replace("d", "e").partition("e")
        known = is_number(token) and token.strip("+-0")
        forms.append((len(re.split("[.,]", mantissa + ".")[1]), len(exponent.lstrip("+-"))) if known else None)
    common, count = Counter(form for form in forms if form is not None).most_common(1)[0] if any(forms) else (None, 0)
    fixed = count >= max(_ALIKE * sum(form is not None for form in forms), _FEWEST)
    return [
        k for k, form in enumerate(forms)
        if form is not None and ((fixed and form != common) or _digits(tokens[k].lstrip("+-")) > _MOST_DIGITS)
    ]  # fmt: skip


def loss(tokens: Sequence[str]) -> float:
    """Return which part of the last of a column's entries may be missing, where the file ends behind it.

    Nothing is, if it is no number, if all are printed in one fixed format, or if it has as many significant digits as
    the others have at most and most have: whoever prints seven digits, or all that a float has, has none left to lose.
    Behind a decimal sign less than one unit of the last digit can be missing; else anything (infinity).

    Examples
    --------
    >>> loss(["1.25", "3.75", "12"]), loss(["1.234567", "12.34567", "123.4567"]), loss(["1.234567", "12.34567", "0.25"])
    (inf, 0.0, 0.04)
    """
    last = tokens[-1]
    if not is_number(last):
        return 0.0 if last else float("inf")
    shapes = {shape(token) for token in tokens}
    # A fixed format with few digits is met by chance, e.g. 1.5 and 2.5: then it says nothing.
    if len(tokens) > 2 and len(shapes) == 1 and next(iter(shapes)).count("0") >= 4:
        return 0.0
    parts = re.split("[.,]", last)
    # A cut exponent changes the number by powers of ten, and so does a cut integer part.
    if any(sign in token for token in tokens for sign in "eEdD") or len(parts) != 2:
        return float("inf")
    counts = [_digits(token) for token in tokens[:-1] if is_number(token)]
    most = max(counts, default=0)
    fixed = len({len(re.split("[.,]", token)[-1]) for token in tokens[:-1]}) == 1  # decimals, not significant digits
    if not fixed and most >= 5 and counts.count(most) >= len(counts) / 2 and _digits(last) >= most:
        return 0.0
    value = abs(float(last.replace(",", ".")))
    return float(10.0 ** -len(parts[1]) / value) if value else float("inf")


def _digits(token: str) -> int:
    """Number of significant digits; all of a shape, whose digits are zeros."""
    mantissa = re.split("[eEdD]", token)[0]
    digits = re.sub(r"[^0-9]", "", mantissa)
    return len(digits.lstrip("0")) or len(digits)
