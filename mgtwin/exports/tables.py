"""What is exported, whatever it was: tables of columns with units, and where they come from."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from mgtwin.errors import InputError, MgtwinWarning

__all__ = ["Column", "Table"]


@dataclass(frozen=True, eq=False)
class Column:
    """A column of numbers or texts.

    Attributes
    ----------
    name, unit : str
        The unit is empty for texts and pure numbers.
    values : numpy.ndarray, shape (n,)
        Floats, integers or texts; complex numbers are two columns or more, see `impedance_columns`.
    """

    name: str
    unit: str
    values: np.ndarray

    @property
    def texts(self) -> list[str]:
        """The entries as text: numbers with all their digits, nothing where there is none (NaN)."""
        if self.values.dtype.kind == "f":
            return ["" if value != value else repr(value) for value in self.values.tolist()]
        return [str(value) for value in self.values.tolist()]

    def rounded(self, digits: int | None) -> list[str]:
        """The entries as text, numbers to so many significant digits; all of them for None."""
        if digits is None or self.values.dtype.kind != "f":
            return self.texts
        return ["" if value != value else f"{value:.{digits}g}" for value in self.values.tolist()]

    @property
    def head(self) -> str:
        """Name and unit in one, as ``frequency / Hz``."""
        return f"{self.name} / {self.unit}" if self.unit else self.name


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of one length.

    Attributes
    ----------
    name : str
        What tells it from other tables of the same thing.
    columns : tuple of Column
    about : mapping of str to str
        What it is and what to beware of, in lines.
    origin : mapping of str to str
        What it was made from, whole: texts of many lines, for files that have room for them.

    Examples
    --------
    >>> table = Table("", (Column("time", "s", np.array([0.0, 1.0])),))
    >>> table.rows, table["time"].head
    (2, 'time / s')
    """

    name: str
    columns: tuple[Column, ...]
    about: Mapping[str, str] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict)

    @property
    def about_lines(self) -> tuple[str, ...]:
        """What is said about it, as ``key: text`` in single lines."""
        return tuple(f"{key}: {line}" for key, text in self.about.items() for line in text.splitlines() if line.strip())

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.columns[0].values)

    def __getitem__(self, name: str) -> Column:
        found = next((column for column in self.columns if column.name == name), None)
        if found is None:
            raise InputError(f"there is no column {name!r}: there are {', '.join(c.name for c in self.columns)}.")
        return found

    def __contains__(self, name: str) -> bool:
        return any(column.name == name for column in self.columns)

    def taken(self, rows: np.ndarray) -> Table:
        """Return some of the rows, by their numbers."""
        return replace(self, columns=tuple(replace(one, values=one.values[rows]) for one in self.columns))

    def warn_of_all_but(self, kept: Collection[str], ending: str) -> None:
        """Warn of the columns that a kind of file has no place for.

        Warns
        -----
        MgtwinWarning
            With their names.
        """
        lost = [column.name for column in self.columns if column.name not in kept]
        if lost:
            several = ", ".join(lost[:4]) + (f" and {len(lost) - 4} more" if len(lost) > 4 else "")
            warnings.warn(f"a {ending} file has no place for {several}: left out.", MgtwinWarning, stacklevel=4)

    def named(self, name: str) -> Table:
        """Return the same table under another name."""
        return replace(self, name=name)
