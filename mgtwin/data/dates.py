"""Dates with a time of day, as instruments write them, in seconds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from itertools import pairwise

__all__ = ["is_date", "seconds"]

_DATE = re.compile(
    r"(?P<a>[0-9]{1,4})(?P<sign>[-/.])(?P<b>[0-9]{1,2}|[A-Za-z]{3})(?P=sign)(?P<c>[0-9]{2,4})"
    r"[ T,]+(?P<h>[0-9]{1,2}):(?P<m>[0-9]{2})(?::(?P<s>[0-9]{2})(?P<f>[.,:][0-9]+)?)?"
    r"\s*(?P<half>[AaPp][Mm])?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def is_date(token: str) -> bool:
    """Tell whether a token is a date with a time of day.

    Examples
    --------
    >>> is_date("11/20/2024 23:59:50.000"), is_date("23-Nov-23 3:56:11 PM"), is_date("23:59:50")
    (True, True, False)
    """
    return bool(_DATE.fullmatch(token.strip()))


def seconds(tokens: Iterable[str]) -> list[float | None]:
    """Return each date as seconds since the first; None for what is no date.

    ``01/02/2024`` may be January or February: the order is the one in which all dates exist, then the one in which
    none goes back.

    Raises
    ------
    ValueError
        Both orders are possible, and give different times.

    Examples
    --------
    >>> seconds(["11/20/2024 23:59:59", "11/21/2024 00:00:01.5"])
    [0.0, 2.5]
    """
    listed = list(tokens)
    read = []
    for month_first in (True, False):
        found: list[float | None] = []
        for token in listed:
            parts = _DATE.fullmatch(token.strip())
            day = _day(parts["a"], parts["sign"], parts["b"].casefold(), parts["c"], month_first) if parts else None
            hour = int(parts["h"]) if parts else 0
            if parts and parts["half"]:
                hour = hour % 12 + 12 * (parts["half"].casefold() == "pm")
            if parts is None or day is None or hour > 23:
                found.append(None)
                continue
            fraction = float(f"0.{parts['f'][1:]}") if parts["f"] else 0.0
            found.append(day + hour * 3600.0 + int(parts["m"]) * 60 + int(parts["s"] or 0) + fraction)
        known = [value for value in found if value is not None]
        rising = all(later >= before for before, later in pairwise(known))
        read.append((len(known), rising, [None if value is None else value - known[0] for value in found]))
    # a day above 12 is no month, and a wrong order makes the time jump back: the right one has the fewest of both
    best = max(read, key=lambda item: item[:2])
    if read[0][:2] == read[1][:2] and read[0][2] != read[1][2]:
        raise ValueError(f"whether {listed[0]!r} has the day or the month first cannot be told")
    return best[2]


@lru_cache(maxsize=4096)
def _day(a: str, sign: str, b: str, c: str, month_first: bool) -> float | None:
    """Seconds until the beginning of a day; years have two digits or four."""
    if len(a) == 4:
        year, month, day = int(a), b, int(c)
    elif b in _MONTHS or sign == "." or not month_first:
        year, month, day = int(c), b, int(a)
    else:
        year, month, day = int(c), a, int(b)
    number = _MONTHS.index(month) + 1 if month in _MONTHS else int(month) if month.isdecimal() else 0
    try:
        return float((datetime(year + 2000 * (year < 100), number, day) - datetime(2000, 1, 1)).total_seconds())
    except ValueError:
        return None
