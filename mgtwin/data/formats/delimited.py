"""Tables in plain text: CSV and TSV of any dialect, and the exports that are nothing else."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mgtwin.data.facts import facts, is_units
from mgtwin.data.formats import Parsed
from mgtwin.data.hints import Hints
from mgtwin.data.labels import understand
from mgtwin.data.numbers import is_blank, is_number
from mgtwin.data.report import About
from mgtwin.data.table import Table, rows_of
from mgtwin.data.text import TextFile

__all__ = ["columns_of", "parse", "splitter"]

Split = Callable[[str], list[str]]
_COMMENT = ("#", "%", "!", "//")
#: Text after the table that is quoted in a warning.
_SHOWN = 60
#: Heads stand within this many lines above the numbers: units and comments may follow them.
_HEAD_LINES = 4
#: Lines of a long file from which the delimiter is told.
_SAMPLE = 400


def splitter(delimiter: str | None) -> Split:
    """Return what cuts a line into fields: at a delimiter outside quotes, or at blanks (None)."""
    if delimiter is None:
        return lambda line: [token[1:-1] if token[:1] == token[-1:] == '"' else token for token in line.split()]

    def split(line: str) -> list[str]:
        body = line.strip(" ")
        if '"' not in body:
            return [token.strip() for token in body.split(delimiter)]
        return [token.strip() for token in next(csv.reader([body], delimiter=delimiter, skipinitialspace=True))]

    return split


#: In the order of preference where several cut a file equally well.
_SPLITTERS: tuple[Split, ...] = (splitter("\t"), splitter(";"), splitter(","), splitter(None))


@dataclass(frozen=True)
class _Body:
    """Where the rows of numbers stand: lines `start` to `stop` (counted from 0, the last excluded).

    `score` is the number of rows times the share of fields that are numbers.
    """

    split: Split
    start: int
    stop: int
    width: int
    score: float


def parse(file: TextFile, hints: Hints) -> Parsed:
    """Return the table of a text file.

    Raises
    ------
    FileError
        There is no table of numbers in it, it is interrupted, or its header does not fit it.
    """
    about = About("delimited text", file.name)
    body = _body(file)
    width = _used_width(file, body)
    labels, units, head = columns_of(file, body.split, body.start, width)
    headless = labels is None
    names = labels if labels is not None else [""] * width
    table = rows_of(file, body.start, body.stop, body.split, names, hints, units=units)
    rest = [line.strip() for line in file.lines[body.stop :] if line.strip()]
    if rest:
        table = table.noted(warnings=[f"text below the table was left out: {rest[0][:_SHOWN]!r}."])
    if headless:
        table = Table(**{**table.__dict__, "headless": True})
    return Parsed(facts(about, file.lines[:head]), [table])


def _body(file: TextFile) -> _Body:
    """Find the longest run of rows of numbers, under the delimiter that gives the longest one."""
    best = _best(TextFile(file.path, file.lines[:_SAMPLE], True), _SPLITTERS)
    # the first lines of a long file tell the delimiter
    sure = len(file.lines) > _SAMPLE and best is not None and best.score > _SAMPLE / 10
    best = _best(file, (best.split,) if best is not None and sure else _SPLITTERS)
    if best is None:
        begin = next((line.strip() for line in file.lines if line.strip()), "")[:_SHOWN]
        raise file.error(f"has no table of numbers (two columns or more, two rows or more). It begins: {begin!r}.")
    for k in (*range(best.start), *range(best.stop, len(file.lines))):
        fields = best.split(file.lines[k])
        if len(fields) == best.width and _row(file.lines[k], fields):
            first, last = (k, best.start) if k < best.start else (best.stop - 1, k)
            raise file.error(_interrupted(first, last), _first_gap(file, best.split, first, last))
    return best


def _used_width(file: TextFile, body: _Body) -> int:
    """Number of columns without the empty one that a delimiter at the end of every row makes."""
    lines = [line for line in file.lines[body.start : body.stop] if line.strip()]
    trailing = all(body.split(line)[-1] == "" for line in lines)
    return body.width - 1 if trailing else body.width


def _best(file: TextFile, splitters: Sequence[Split]) -> _Body | None:
    found = [body for split in splitters if (body := _longest(file, split))]
    return max(found, key=lambda body: body.score, default=None)


def _interrupted(first: int, last: int) -> str:
    return (
        f"is no row of numbers, although lines {first + 1} and {last + 1} are: the file is damaged here, or has "
        f"several "
        "tables. Put each into a file of its own."
    )


def _first_gap(file: TextFile, split: Split, first: int, last: int) -> int:
    between = range(first + 1, last)
    gap = next(
        (k for k in between if file.lines[k].strip() and not _row(file.lines[k], split(file.lines[k]))), first + 1
    )
    return gap + 1


def _longest(file: TextFile, split: Split) -> _Body | None:
    """Longest run of rows of numbers; rows of another length inside belong to it (and are refused later)."""
    best: tuple[int, int] | None = None
    start: int | None = None
    widths: list[int] = []
    for k, line in enumerate((*file.lines, "end")):
        if start is not None and k < len(file.lines) and not line.strip():
            continue
        fields = split(line)
        row = _row(line, fields)
        gap = start is not None and len(fields) == widths[0] > 1 and all(is_number(f) or is_blank(f) for f in fields)
        if gap or (row and (start is None or len(fields) == widths[-1] or len(widths) > 1)):
            start = k if start is None else start
            widths.append(len(fields))
            continue
        if start is not None and (best is None or k - start > best[1] - best[0]):
            best = (start, k)
        start, widths = (k, [len(fields)]) if row else (None, [])
    if best is None or best[1] - best[0] < 2:
        return None
    rows = [split(line) for line in file.lines[best[0] : best[1]] if line.strip()]
    counts = [len(fields) for fields in rows]
    numbers = sum(is_number(token) or is_blank(token) for fields in rows for token in fields)
    score = len(rows) * numbers / sum(counts)
    return _Body(split, best[0], best[1], max(set(counts), key=counts.count), score)


def _row(line: str, fields: Sequence[str]) -> bool:
    """Tell whether fields are those of a row of numbers, of which a minority may be text."""
    if len(fields) < 2 or line.lstrip().startswith(_COMMENT):
        return False
    numbers = sum(map(is_number, fields))
    return numbers >= 2 and numbers + sum(map(is_blank, fields)) >= 0.5 * len(fields)


def columns_of(
    file: TextFile, split: Split, start: int, width: int
) -> tuple[list[str] | None, list[str | None] | None, int]:
    """Return the heads above a table (None without), units from a line of their own, and where the head begins."""
    above = [k for k in range(start) if file.lines[k].strip()]
    if not above:
        return None, None, 0
    units: list[str | None] | None = None
    for k in reversed(above[-_HEAD_LINES:]):
        fields = _head_fields(file.lines[k], split, width)
        if len(fields) == width and is_units(fields):
            units = [text.strip("[]() ") or None for text in fields]
        elif len(fields) == width and sum(map(bool, map(understand, fields))) > 1:
            return fields, units, k
    fields = _head_fields(file.lines[above[-1]], split, width)
    if len(fields) == width or any(understand(text) for text in fields):
        return fields, None, above[-1]
    return None, None, start


def _head_fields(line: str, split: Split, width: int) -> list[str]:
    """Fields of a line of heads; blanks inside heads are told from those between them by the number of columns."""
    text = line.strip(" ")
    for sign in _COMMENT:
        text = text.removeprefix(sign).strip(" ")
    ways = (split, _at_wide_gaps, splitter(","), splitter("\t"), splitter(None), _with_units_joined)
    for way in ways:
        fields = [token.strip().strip('"').strip() if token.count('"') != 1 else token.strip() for token in way(text)]
        for given in (fields, _trimmed(fields)):
            if len(given) == width:
                return given
    return _trimmed([token.strip() for token in split(text)])


def _at_wide_gaps(line: str) -> list[str]:
    return re.split(r"\t+|\s{2,}", line.strip())


def _with_units_joined(line: str) -> list[str]:
    """At blanks, but not before a unit in brackets."""
    return re.split(r"\s+(?![\[(])", line.strip())


def _trimmed(fields: list[str]) -> list[str]:
    """Fields without an empty one at the end, behind a last delimiter."""
    return fields[:-1] if len(fields) > 1 and not fields[-1] else fields
