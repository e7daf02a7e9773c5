"""One table of a file as it is printed: heads, rows of text (or numbers of a binary file) and where they stand."""

from __future__ import annotations

from array import array as compact
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from mgtwin.data import dates
from mgtwin.data.hints import Column, Hints
from mgtwin.data.labels import understand
from mgtwin.data.numbers import clock, decimal_of, is_blank, is_clock, is_number, loss, number, odd
from mgtwin.data.text import Bulk, Lazy, TextFile
from mgtwin.errors import FileError, did_you_mean

__all__ = ["Table", "no_rows", "rows_of"]

Row = tuple[str, ...]
#: No instrument measures anything smaller than this but zero, nor anything larger than its inverse.
_TINY = 1e-25
#: A last number that may have lost less than this part of it at the end of a file is kept, with a warning.
_FRAYED = 1e-3
#: Numbers of longer tables are not compared with each other.
_MANY = 200_000


@dataclass(frozen=True)
class Table:
    """Columns with their heads.

    `rows` holds text, or `array` the numbers of a binary file, shape (rows, columns). `lines` are the lines of the
    file in which the rows stand, counted from 1. `cut` tells that the very last number may have lost digits. `notes`
    and `warnings` say what was done when cutting the table out.
    """

    file: str
    labels: Row
    units: tuple[str | None, ...]
    lines: Sequence[int] = ()
    rows: Sequence[Row] = ()
    array: np.ndarray | None = None
    decimal: str = "."
    headless: bool = False
    cut: bool = False
    #: Reads a column of a large file at once; None where it holds more than numbers.
    quick: Callable[[int], np.ndarray | None] | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, file: str, columns: Mapping[str, ArrayLike]) -> Table:
        """Return the table of columns that are numbers already, by their heads.

        Examples
        --------
        >>> import numpy as np
        >>> len(Table.of("a.dat", {"t/s": np.arange(3), "U/V": np.zeros(3), "I/mA": np.ones(3)}))
        3
        """
        array = np.column_stack([np.asarray(values, dtype=float) for values in columns.values()])
        return cls(file, tuple(columns), (None,) * len(columns), array=array)

    @property
    def seen(self) -> str:
        """A sentence that lists the heads and what they were taken for."""
        if self.headless:
            return f"The file has {len(self.labels)} columns without heads."
        shown = []
        for label, unit in zip(self.labels, self.units, strict=True):
            meaning = understand(label, unit)
            text = f"{label} [{unit}]" if unit else label
            shown.append(f"{text} ({meaning.quantity.replace('_', ' ')})" if meaning else f"{text or '?'}")
        return f"Columns seen: {', '.join(shown)}."

    def index_of(self, quantity: str, column: Column) -> int:
        """Return which column a user means.

        Raises
        ------
        FileError
            There is no such column, or several have this head.
        """
        count = len(self.labels)
        if column.number is not None:
            if column.number > count:
                raise FileError(f"columns: {quantity}: there is no column {column.number}, only {count}.", self.file)
            return column.number - 1
        name = str(column.name)
        matches = [k for k, label in enumerate(self.labels) if label == name]
        matches = matches or [k for k, label in enumerate(self.labels) if label.casefold() == name.casefold().strip()]
        if len(matches) == 1:
            return matches[0]
        what = "stands above several columns: give its number" if matches else "is no head of a column"
        raise FileError(
            f"columns: {quantity}: {name!r} {what}.{did_you_mean(name, self.labels)} {self.seen}", self.file
        )

    @classmethod
    def of_spectrum(cls, file: str, frequency: np.ndarray, impedance: np.ndarray) -> Table:
        """Return the table of a spectrum [Hz, ohm] that a library has read."""
        z = np.asarray(impedance, dtype=complex)
        return cls.of(file, {"freq/Hz": frequency, "Re(Z)/Ohm": z.real, "Im(Z)/Ohm": z.imag})

    def __len__(self) -> int:
        return len(self.rows) if self.array is None else len(self.array)

    def numbers(self, column: int) -> np.ndarray:
        """Return a column as floats; NaN where the instrument read nothing.

        Raises
        ------
        FileError
            Something else than a number stands there.
        """
        if self.array is not None:
            return self._checked(self.array[:, column], column)
        quick = self.quick(column) if self.quick else None
        return quick if quick is not None else self._converted(column, lambda token: number(token, self.decimal))

    def is_zero(self, column: int) -> bool:
        """Tell whether a column holds nothing but zeros."""
        if self.array is not None:
            return not np.any(self.array[:, column])
        return all(
            is_number(row[column]) and not number(row[column], "," if "," in row[column] else ".") for row in self.rows
        )

    def words(self, column: int) -> list[str]:
        """Return a column as text; empty for a binary file."""
        once: dict[str, str] = {}  # each word a single time in memory, however many rows have it
        return [once.setdefault(row[column], row[column]) for row in self.rows]

    def odd(self, *columns: int) -> list[str]:
        """Return a warning of numbers that are printed unlike all others of their column."""
        if len(self.rows) > _MANY:
            return []
        found = [(self.lines[k], self.rows[k][column]) for column in columns for k in odd(self.words(column))]
        shown = ", ".join(f"{token} (line {line})" for line, token in found[:3]) + (", ..." if len(found) > 3 else "")
        return [f"printed unlike all other numbers of the column, so perhaps damaged: {shown}."] if found else []

    def kind(self, column: int) -> Literal["number", "clock", "date"]:
        """Tell how a column of times is written, by its first entry."""
        first = next((row[column] for row in self.rows if not is_blank(row[column])), "")
        return "clock" if is_clock(first) else "date" if dates.is_date(first) else "number"

    def seconds(self, column: int) -> np.ndarray:
        """Return a column of hours:minutes:seconds, or of dates, in seconds; dates are counted from the first.

        Raises
        ------
        FileError
            Something else stands there, or whether dates have the day or the month first cannot be told.
        """
        if self.kind(column) == "clock":
            return self._converted(column, clock)
        try:
            found = dates.seconds(row[column] for row in self.rows)
        except ValueError as error:
            raise FileError(
                f"column {self.labels[column]!r}: {error}. Give another column: columns={{'time': ...}}.", self.file
            ) from None
        for k, value in enumerate(found):
            if value is None and not is_blank(self.rows[k][column]):
                raise self._no_number(k, column)
        return np.array([np.nan if value is None else value for value in found])

    def _converted(self, column: int, convert: Callable[[str], float]) -> np.ndarray:
        values = np.full(len(self.rows), np.nan)
        for k, row in enumerate(self.rows):
            token = row[column]
            try:
                values[k] = convert(token)
            except ValueError:
                if not is_blank(token):
                    raise self._no_number(k, column) from None
        return values

    def _checked(self, values: np.ndarray, column: int) -> np.ndarray:
        """Return a column of a binary file; damage there shows as exponents that no instrument measures."""
        size = np.abs(values[np.isfinite(values) & (values != 0)])
        if size.size and (size.min() < _TINY or size.max() > 1 / _TINY):
            wrong = size.min() if size.min() < _TINY else size.max()
            raise FileError(
                f"column {self.labels[column]} holds {wrong:.2g}: the file is damaged. Copy it again.", self.file
            )
        return np.asarray(values, dtype=float)

    def _no_number(self, row: int, column: int) -> FileError:
        token = self.rows[row][column]
        other = "." if self.decimal == "," else ","
        hint = (
            f" Give decimal='{other}'." if is_number(token) else " The file is damaged there, or it is another column."
        )
        head = f" ({self.labels[column]})" if self.labels[column] else ""
        text = f"column {column + 1}{head} should hold numbers, but {token!r} is none.{hint}"
        return FileError(text, self.file, int(self.lines[row]), None, "  ".join(self.rows[row])[:160])

    def noted(self, *notes: str, warnings: Sequence[str] = ()) -> Table:
        """Return a table with further notes and warnings."""
        return replace(self, notes=(*self.notes, *notes), warnings=(*self.warnings, *warnings))

    def relabelled(self, labels: Sequence[str], units: Sequence[str | None] | None = None) -> Table:
        """Return a table with other heads."""
        return replace(self, labels=tuple(labels), units=self.units if units is None else tuple(units))

    def with_column(self, label: str, tokens: Sequence[str]) -> Table:
        """Return a table of text with a column more in front."""
        rows = tuple((token, *row) for row, token in zip(self.rows, tokens, strict=True))
        return replace(self, labels=(label, *self.labels), units=(None, *self.units), rows=rows)

    def below(self, other: Table) -> Table:
        """Return this table with the rows of another one of the same heads below it."""
        return replace(self, rows=(*self.rows, *other.rows), lines=(*self.lines, *other.lines), cut=other.cut,
                       notes=self.notes + other.notes, warnings=self.warnings + other.warnings)  # fmt: skip


class _Rows(Lazy[Row]):
    """Rows of a large file, cut into fields when they are asked for."""

    def __init__(self, lines: Sequence[str], numbers: Sequence[int], cut: Callable[[str], Row]) -> None:
        self._lines, self._numbers, self._cut = lines, numbers, cut

    def __len__(self) -> int:
        return len(self._numbers)

    def item(self, number: int) -> Row:
        """Cut a row."""
        return self._cut(self._lines[self._numbers[number] - 1])

    def __iter__(self) -> Iterator[Row]:
        return (self._cut(self._lines[number - 1]) for number in self._numbers)


def rows_of(
    file: TextFile,
    start: int,
    stop: int,
    split: Callable[[str], list[str]],
    labels: Sequence[str],
    hints: Hints,
    *,
    units: Sequence[str | None] | None = None,
    declared: int | None = None,
    aborted: bool = False,
) -> Table:
    """Cut a table out of the lines `start` to `stop` (counted from 0, the last one excluded); blank lines are skipped.

    Parameters
    ----------
    split : callable
        Takes a line to its fields.
    labels : sequence of str
        Heads; every row must have as many fields.
    declared : int, optional
        Number of rows that the file announces.
    aborted : bool
        The file says itself that it stops early.

    Raises
    ------
    FileError
        A row has another number of fields than there are heads, or the decimal sign cannot be told.
    """
    width = len(labels)

    def cut(line: str) -> Row:
        fields = tuple(token.strip() for token in split(line))
        return fields[:-1] if len(fields) == width + 1 and not fields[-1] else fields  # a delimiter at the end

    grid = _Grid.of(file, start, stop, split, width)
    lines, warnings = (range(start + 1, stop + 1), []) if grid else _lines_of_rows(
        file, start, stop, cut, labels, aborted
    )  # fmt: skip
    kept = _Rows(file.lines, lines, cut)
    rows = kept if file.bulk else tuple(kept)
    ends = bool(rows) and not file.ended and lines[-1] == len(file.lines)
    missing = loss([row[-1] for row in rows]) if ends and not hints.complete else 0.0
    if 0 < missing <= _FRAYED:
        warnings.append(
            f"line {lines[-1]} has no line break: its last number, {rows[-1][-1]}, may have lost digits, less than "
            f"{missing:.0e} of it. If the file is complete, give complete=True."
        )
    if declared is not None and len(rows) != declared:
        warnings.append(f"the file announces {declared} points, but has {len(rows)}.")
    decimal, why = hints.decimal or ("." if grid and grid.certain else None), ""
    if decimal is None:
        decimal, why = decimal_of(token for row in rows for token in row if is_number(token))
    if decimal is None:
        raise file.error(f"{why}. Say which: decimal=',' or decimal='.'.", lines[0])
    heads = tuple(units) if units is not None else (None,) * width
    return Table(
        file.name, tuple(labels), heads, lines, rows, decimal=decimal, cut=missing > _FRAYED,
        quick=grid.column if grid and decimal == "." else None,
        notes=("decimal comma",) if decimal == "," else (), warnings=tuple(warnings),
    )  # fmt: skip


@dataclass(frozen=True)
class _Grid:
    """The rows of a large file, all of the same number of fields between the same delimiters."""

    bulk: Bulk
    start: int
    stop: int
    delimiter: str

    @classmethod
    def of(cls, file: TextFile, start: int, stop: int, split: Callable[[str], list[str]], width: int) -> _Grid | None:
        """The rows of a large file as a grid; None where they are none."""
        delimiter = getattr(split, "delimiter", None)
        if file.bulk is None or delimiter is None or not file.bulk.is_grid(start, stop, delimiter, width):
            return None
        return cls(file.bulk, start, stop, delimiter)

    @property
    def certain(self) -> bool:
        """Whether no comma can mark decimals."""
        return self.delimiter == "," or not self.bulk.holds(",", self.start)

    def column(self, index: int) -> np.ndarray | None:
        """A column of numbers; None where it holds anything else."""
        return self.bulk.numbers(self.start, self.stop, self.delimiter, index)


def _lines_of_rows(
    file: TextFile, start: int, stop: int, cut: Callable[[str], Row], labels: Sequence[str], aborted: bool
) -> tuple[Sequence[int], list[str]]:
    """Numbers of the lines (from 1) that hold rows, and a warning if the last one is cut short."""
    # eight bytes for each of perhaps millions of lines
    numbers = compact("q")
    short = None  # a row of another length, which only the end of what was written may be
    for k in range(start, stop):
        if not file.lines[k].strip():
            continue
        if short is not None:
            raise file.error(_ragged(cut(file.lines[short]), labels), short + 1)
        if len(cut(file.lines[k])) == len(labels):
            numbers.append(k + 1)
        else:
            short = k
    if short is None:
        return numbers, []
    fields = cut(file.lines[short])
    if not (short == len(file.lines) - 1 and not file.ended) and not (aborted and len(fields) < len(labels)):
        raise file.error(_ragged(fields, labels), short + 1)
    return numbers, [f"line {short + 1} is cut short and was left out: the file is not complete."]


def no_rows(file: TextFile, lines: range, split: Callable[[str], list[str]], width: int) -> None:
    """Refuse a row of the table that stands above or below it, perhaps with a field more or less.

    Raises
    ------
    FileError
        A line has about `width` fields, and half of them are numbers.
    """
    for k in lines:
        fields = [token.strip() for token in split(file.lines[k])]
        if abs(len(fields) - width) <= 1 and sum(map(is_number, fields)) >= max(3, 0.5 * width):
            raise file.error("stands outside the table, but is a row of it: the file is damaged. Mend it.", k + 1)


def _ragged(fields: Sequence[str], labels: Sequence[str]) -> str:
    shown = ", ".join(label or "?" for label in labels[:8]) + (", ..." if len(labels) > 8 else "")
    reason = (
        "a column has lost its head, or a comma marks decimals as well as columns"
        if len(fields) > len(labels)
        else "a value or a separator is missing"
    )
    return f"has {len(fields)} values, but the header names {len(labels)} columns ({shown}): {reason}. Mend the file."
