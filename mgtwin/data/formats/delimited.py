"""Tables in plain text: CSV and TSV of any dialect, and the exports that are nothing else."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from mgtwin.data.facts import facts, is_units
from mgtwin.data.fileformat import Parsed, file_format
from mgtwin.data.hints import Hints
from mgtwin.data.labels import understand
from mgtwin.data.numbers import is_blank, is_number
from mgtwin.data.report import About
from mgtwin.data.source import File
from mgtwin.data.table import rows_of
from mgtwin.data.text import TextFile

__all__ = ["Delimited", "columns_of", "splitter"]

Split = Callable[[str], list[str]]
_COMMENT = ("#", "%", "!", "//", "~")
_WIDE_GAP, _BEFORE_NO_UNIT = re.compile(r"\t+|\s{2,}"), re.compile(r"\s+(?![\[(])")
#: Text beside the table that is quoted in a warning.
_SHOWN = 60
#: Heads stand within this many lines above the numbers: units and comments may follow them.
_HEAD_LINES = 4
#: Lines of a long file from which the delimiter is told, and in which its table begins.
_LATEST = 2000


@dataclass(frozen=True)
class splitter:
    """What cuts a line into fields: at a delimiter outside quotes, or at blanks (None)."""

    delimiter: str | None

    def __call__(self, line: str) -> list[str]:
        """Return the fields of a line."""
        if self.delimiter is None:
            return [token[1:-1] if token[:1] == token[-1:] == '"' else token for token in line.split()]
        body = line.strip(" ")
        if '"' not in body:
            return [token.strip() for token in body.split(self.delimiter)]
        return [token.strip() for token in next(csv.reader([body], delimiter=self.delimiter, skipinitialspace=True))]


#: In the order of preference where several cut a file equally well.
_SPLITTERS: tuple[splitter, ...] = (splitter("\t"), splitter(";"), splitter(","), splitter(None))


@dataclass(frozen=True)
class _Body:
    """Where the rows of numbers stand: lines `start` to `stop` (counted from 0, the last excluded).

    `score` is the number of rows times the share of fields that are numbers.
    """

    split: splitter
    start: int
    stop: int
    width: int
    score: float

    @classmethod
    def of(cls, text: TextFile) -> _Body:
        """Return the longest run of rows of numbers, under the delimiter that gives the longest one."""
        count = len(text.lines)
        best = _best(TextFile(text.path, text.lines[:_LATEST], True), _SPLITTERS)
        if best is None:
            first = next((line.strip() for line in text.lines[:_LATEST] if line.strip()), "")[:_SHOWN]
            within = f" within its first {_LATEST} lines" if count > _LATEST else ""
            raise text.error(
                f"has no table of numbers (two columns or more, two rows or more){within}. It begins: {first!r}."
            )
        if count > _LATEST:  # the first lines of a long file tell the delimiter
            best = best.to_the_end(text) or _best(text, (best.split,)) or best
        best = best.from_first_row(text)
        for k in (*range(best.start), *range(best.stop, count)):
            fields = best.split(text.lines[k])
            if len(fields) == best.width and _row(text.lines[k], fields):
                first_line, last = (k, best.start) if k < best.start else (best.stop - 1, k)
                between = ((n, text.lines[n]) for n in range(first_line + 1, last))
                gaps = (n for n, line in between if line.strip() and not _row(line, best.split(line)))
                raise text.error(
                    f"is no row of numbers, although lines {first_line + 1} and {last + 1} are: the file is damaged "
                    "here, or has several tables. Put each into a file of its own.",
                    next(gaps, first_line + 1) + 1,
                )
        return best

    @classmethod
    def longest(cls, text: TextFile, split: splitter) -> _Body | None:
        """Return the longest run of rows of numbers; rows of another length inside belong to it (refused later)."""
        best: _Body | None = None
        start, first, last, numbers = 0, 0, 0, 0
        widths: Counter[int] = Counter()
        for k, line in enumerate(chain(text.lines, ["end"])):
            if widths and k < len(text.lines) and not line.strip():
                continue
            fields = split(line)
            valued = sum(is_number(field) or is_blank(field) for field in fields)
            row = _row(line, fields)
            rows = widths.total()
            # a row of blanks (an overload, say) as wide as the first row does not end the run; a row of another length
            # does behind a single row, which was then none of the table but numbers above it
            gap = rows and len(fields) == first > 1 and valued == len(fields)
            if not gap and not (row and (not rows or len(fields) == last or rows > 1)):
                if rows > 1 and (best is None or k - start > best.stop - best.start):
                    score = rows * numbers / sum(width * count for width, count in widths.items())
                    best = cls(split, start, k, widths.most_common(1)[0][0], score)
                widths, numbers = Counter(), 0
                if not row:
                    continue
            if not widths:
                start, first = k, len(fields)
            last = len(fields)
            widths[last] += 1
            numbers += valued
        return best

    def to_the_end(self, text: TextFile) -> _Body | None:
        """Return the same rows down to the end of a large file if all its lines have as many fields; None if not."""
        if text.bulk is None or self.split.delimiter is None:
            return None
        stop = next(k + 1 for k in range(len(text.lines) - 1, -1, -1) if text.lines[k].strip())
        even = text.bulk.is_grid(self.start, stop, self.split.delimiter, self.width)
        return replace(self, stop=stop) if even else None

    def from_first_row(self, text: TextFile) -> _Body:
        """Return the run with the rows above it that hold little but blanks (an overload, say): they belong to it."""
        start = self.start
        while start:
            fields = self.split(text.lines[start - 1])
            if len(fields) != self.width or not all(is_number(field) or is_blank(field) for field in fields):
                break
            if not any(map(is_number, fields)):
                break
            start -= 1
        return replace(self, start=start)

    def used_width(self, text: TextFile) -> int:
        """Return the number of columns without the empty one that a delimiter at the end of every row makes."""
        rows = (text.lines[k] for k in range(self.start, self.stop))
        return self.width - 1 if all(self.split(row)[-1] == "" for row in rows if row.strip()) else self.width


@file_format
class Delimited:
    """Parstat, PowerSuite, Novocontrol, LCR meters, Arbin, Landt, any CSV or TSV."""

    name = "delimited text"

    @staticmethod
    def recognises(file: File) -> bool:
        """A table of numbers below heads that are understood, in a text that no other format recognises."""
        return file.is_text

    @staticmethod
    def parse(file: File, hints: Hints) -> Parsed:
        """Return the table of a text file.

        Raises
        ------
        FileError
            There is no table of numbers in it, it is interrupted, or its header does not fit it.
        """
        return parse_text(file.text, hints)


def parse_text(text: TextFile, hints: Hints, format_name: str = Delimited.name) -> Parsed:
    """Return the one table of a text, and the facts above it; see `Delimited`."""
    body = _Body.of(text)
    width = body.used_width(text)
    labels, units, head = columns_of(text, body.split, body.start, width)
    warnings = []
    # Lines between the heads and the first row that are neither units nor comments; one may be a damaged row.
    for k in range(head + 1, body.start) if labels is not None else ():
        line = text.lines[k].strip()
        fields = body.split(line)
        if not line or line.startswith(_COMMENT) or is_units(_head_fields(line, body.split, len(labels or ()))):
            continue
        if len(fields) > 1 and any(map(is_number, fields)):
            raise text.error(
                "stands between the heads and the rows, but is no row: the file is damaged here. Mend it.", k + 1
            )
        warnings.append(f"line {k + 1} between the heads and the rows was left out: {line[:_SHOWN]!r}.")
    names = labels if labels is not None else [""] * width
    table = rows_of(text, body.start, body.stop, body.split, names, hints, units=units)
    rest = next((line.strip() for line in text.lines[body.stop : body.stop + _LATEST] if line.strip()), "")
    warnings += [f"text below the table was left out: {rest[:_SHOWN]!r}."] if rest else []
    about = facts(About(format_name, text.name), text.lines[:head], table.decimal)
    return Parsed(about, [replace(table.noted(warnings=warnings), headless=labels is None)])


def _best(text: TextFile, splitters: Sequence[splitter]) -> _Body | None:
    found = [body for split in splitters if (body := _Body.longest(text, split))]
    return max(found, key=lambda body: body.score, default=None)


def _row(line: str, fields: Sequence[str]) -> bool:
    """Tell whether fields are those of a row of numbers, of which a minority may be text."""
    if len(fields) < 2 or line.lstrip().startswith(_COMMENT):
        return False
    numbers = sum(map(is_number, fields))
    return numbers >= 2 and numbers + sum(map(is_blank, fields)) >= 0.5 * len(fields)


def columns_of(
    text: TextFile, split: Split, start: int, width: int
) -> tuple[list[str] | None, list[str | None] | None, int]:
    """Return the heads above a table (None without), units from a line of their own, and where the head begins."""
    above = [k for k in range(start) if text.lines[k].strip()]
    if not above:
        return None, None, 0
    units: list[str | None] | None = None
    for k in reversed(above[-_HEAD_LINES:]):
        fields = _head_fields(text.lines[k], split, width)
        if len(fields) == width and is_units(fields):
            units = [field.strip("[]() ") or None for field in fields]
        elif len(fields) == width and sum(map(bool, map(understand, fields))) > 1:
            return fields, units, k
    fields = _head_fields(text.lines[above[-1]], split, width)
    if len(fields) == width or any(understand(field) for field in fields):
        return fields, None, above[-1]
    return None, None, start


def _head_fields(line: str, split: Split, width: int) -> list[str]:
    """Fields of a line of heads; blanks inside heads are told from those between them by the number of columns."""
    text = line.strip(" ")
    for sign in _COMMENT:
        text = text.removeprefix(sign).strip(" ")
    # at wide gaps, so that heads may hold blanks; at last at blanks, but not before a unit in brackets
    ways = (split, _WIDE_GAP.split, splitter(","), splitter("\t"), splitter(None), _BEFORE_NO_UNIT.split)
    for way in ways:
        fields = [token.strip().strip('"').strip() if token.count('"') != 1 else token.strip() for token in way(text)]
        for given in (fields, _trimmed(fields)):
            if len(given) == width:
                return given
    return _trimmed([token.strip() for token in split(text)])


def _trimmed(fields: list[str]) -> list[str]:
    """Fields without an empty one at the end, behind a last delimiter."""
    return fields[:-1] if len(fields) > 1 and not fields[-1] else fields
