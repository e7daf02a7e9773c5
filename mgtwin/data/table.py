"""One table of a file as it is printed: heads, rows of text (or numbers of a binary file) and where they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mgtwin.data.hints import Hints
from mgtwin.data.numbers import clock, decimal_of, is_blank, is_number, number, same_shape
from mgtwin.data.text import TextFile
from mgtwin.errors import FileError

__all__ = ["Table", "rows_of"]

#: No instrument measures anything smaller than this but zero, nor anything larger than its inverse.
_TINY = 1e-25


@dataclass(frozen=True)
class Table:
    """Columns with their heads.

    `rows` holds text, or `array` the numbers of a binary file, shape (rows, columns). `lines` are the lines of the
    file in which the rows stand, counted from 1. `cut` tells that the very last number may have lost digits. `notes`
    and `warnings` say what was done when cutting the table out.
    """

    file: str
    labels: tuple[str, ...]
    units: tuple[str | None, ...]
    lines: tuple[int, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    array: np.ndarray | None = None
    decimal: str = "."
    headless: bool = False
    cut: bool = False
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

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
            return self._checked(column)
        return self._converted(column, lambda token: number(token, self.decimal))

    def is_clock(self, column: int) -> bool:
        """Tell whether a column holds hours:minutes:seconds."""
        return bool(self.rows) and ":" in self.rows[0][column]

    def seconds(self, column: int) -> np.ndarray:
        """Return a column of hours:minutes:seconds in seconds."""
        return self._converted(column, clock)

    def _converted(self, column: int, convert: Callable[[str], float]) -> np.ndarray:
        values = np.full(len(self.rows), np.nan)
        for k, row in enumerate(self.rows):
            token = row[column]
            try:
                values[k] = convert(token)
            except ValueError:
                if not is_blank(token):
                    raise self._no_number(token, k, column) from None
        return values

    def _checked(self, column: int) -> np.ndarray:
        """Return a column of a binary file; damage there shows as exponents that no instrument measures."""
        assert self.array is not None
        values = np.asarray(self.array[:, column], dtype=float)
        size = np.abs(values[np.isfinite(values) & (values != 0)])
        if size.size and (size.min() < _TINY or size.max() > 1 / _TINY):
            wrong = size.min() if size.min() < _TINY else size.max()
            raise FileError(
                f"column {self.labels[column]} holds {wrong:.2g}: the file is damaged. Copy it again.", self.file
            )
        return values

    def _no_number(self, token: str, row: int, column: int) -> FileError:
        other = "." if self.decimal == "," else ","
        hint = (
            f" Give decimal='{other}'." if is_number(token) else " The file is damaged there, or it is another column."
        )
        head = f" ({self.labels[column]})" if self.labels[column] else ""
        text = f"column {column + 1}{head} should hold numbers, but {token!r} is none.{hint}"
        return FileError(text, self.file, self.lines[row], None, "  ".join(self.rows[row])[:160])

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
        return replace(self, rows=self.rows + other.rows, lines=self.lines + other.lines, cut=other.cut,
                       notes=self.notes + other.notes, warnings=self.warnings + other.warnings)  # fmt: skip


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
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    warnings: list[str] = []
    last = max((k for k in range(start, stop) if file.lines[k].strip()), default=-1)
    for k in range(start, stop):
        if not file.lines[k].strip():
            continue
        fields = tuple(token.strip() for token in split(file.lines[k]))
        if len(fields) == len(labels) + 1 and not fields[-1]:  # a delimiter at the end of the row
            fields = fields[:-1]
        at_the_end = k == len(file.lines) - 1 and not file.ended
        if len(fields) != len(labels):
            if at_the_end or (k == last and aborted and len(fields) < len(labels)):
                warnings.append(f"line {k + 1} is cut short and was left out: the file is not complete.")
                continue
            raise file.error(_ragged(fields, labels), k + 1)
        rows.append(fields)
        lines.append(k + 1)
    cut = bool(rows) and not file.ended and lines[-1] == len(file.lines) and not _whole(rows, hints)
    if declared is not None and len(rows) != declared:
        warnings.append(f"the file announces {declared} points, but has {len(rows)}.")
    decimal = _decimal(file, rows, lines, hints)
    heads = tuple(units) if units is not None else (None,) * len(labels)
    notes = ("decimal comma",) if decimal == "," else ()
    return Table(file.name, tuple(labels), heads, tuple(lines), tuple(rows), decimal=decimal, cut=cut,
                 notes=notes, warnings=tuple(warnings))  # fmt: skip


def _ragged(fields: Sequence[str], labels: Sequence[str]) -> str:
    shown = ", ".join(label or "?" for label in labels[:8]) + (", ..." if len(labels) > 8 else "")
    reason = (
        "a column has lost its head, or a comma marks decimals as well as columns"
        if len(fields) > len(labels)
        else "a value or a separator is missing"
    )
    return f"has {len(fields)} values, but the header names {len(labels)} columns ({shown}): {reason}. Mend the file."


def _whole(rows: Sequence[tuple[str, ...]], hints: Hints) -> bool:
    """Tell whether the last field of the last row is surely complete: all above are printed in one fixed format."""
    return hints.complete or same_shape([row[-1] for row in rows]) or not (rows[-1][-1] and is_number(rows[-1][-1]))


def _decimal(file: TextFile, rows: Sequence[tuple[str, ...]], lines: Sequence[int], hints: Hints) -> str:
    if hints.decimal:
        return hints.decimal
    found, why = decimal_of(token for row in rows for token in row if is_number(token))
    if found is None:
        raise file.error(f"{why}. Say which: decimal=',' or decimal='.'.", lines[0])
    return found
