"""Which column of a table holds which quantity, and its values in SI."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mgtwin.data.hints import Hints
from mgtwin.data.labels import SI, convert, understand
from mgtwin.data.table import Table
from mgtwin.errors import FileError, did_you_mean

__all__ = ["CUT", "Columns", "Found", "assign", "heads"]

#: Units that a header without them is taken to mean; nobody gives the others otherwise than in SI.
_TAKEN = {"frequency": "Hz", "angular_frequency": "rad/s", "real": "ohm", "imaginary": "ohm", "modulus": "ohm",
          "voltage": "V"}  # fmt: skip
#: What is said when the last line is left out.
CUT = (
    "the last line has no line break, so that its last number may be cut short: it was left out. If the file is "
    "complete, give "
    "complete=True."
)
_SPECTRUM = ("frequency", "angular_frequency", "real", "imaginary", "modulus", "phase")


@dataclass(frozen=True)
class Found:
    """A column: its index, its head, unit as read, whether its sign is turned and whether it is per area."""

    index: int
    label: str
    unit: str | None
    negate: bool
    told: bool = False


@dataclass(frozen=True)
class Columns:
    """The columns of a table by quantity."""

    table: Table
    found: Mapping[str, Found]
    notes: tuple[str, ...]

    def __contains__(self, name: str) -> bool:
        return name in self.found

    def has(self, *names: str) -> bool:
        """Tell whether all these quantities are there."""
        return all(name in self.found for name in names)

    def whole(self, *names: str) -> np.ndarray:
        """Return which rows surely have these quantities in full: all, or all but the last where the file is cut."""
        rows = np.ones(len(self.table), dtype=bool)
        last = len(self.table.labels) - 1
        for name in names:
            if self.table.cut and name in self.found and self.found[name].index == last:
                # a counter that stays the same is whole
                same = (
                    name in ("cycle", "step")
                    and len(rows) > 1
                    and self.table.rows[-1][last] == self.table.rows[-2][last]
                )
                rows[-1] &= same
        return rows

    def values(self, name: str, hints: Hints) -> np.ndarray:
        """Return a quantity in SI with the laboratory's sign.

        Raises
        ------
        FileError
            Its unit is missing and cannot be taken for granted, it is per area and the area is unknown, or something
            else than a number stands there.
        """
        column = self.found[name]
        if name == "time" and self.table.is_clock(column.index):
            return self.table.seconds(column.index)
        raw = self.table.numbers(column.index)
        factor, offset = self._conversion(name, column, hints)
        values = raw * factor + offset
        return -values if column.negate else values

    def _conversion(self, name: str, column: Found, hints: Hints) -> tuple[float, float]:
        unit = column.unit or _TAKEN.get(name)
        if not SI[name]:
            return 1.0, 0.0
        if unit is None:
            example = {"current": "mA", "time": "h", "phase": "deg"}.get(name, SI[name])
            raise FileError(
                f"the head {column.label!r} gives no unit of the {name}. Say it: "
                f"columns={{'{name}': mt.Column({column.label or column.index + 1!r}, unit='{example}')}}.",
                self.table.file,
            )
        found = convert(name, unit)
        assert found is not None
        factor, offset, per_area = found
        if not per_area:
            return factor, offset
        if hints.area is None:
            raise FileError(
                f"{column.label!r} is per area ({unit}): give the area of the electrode, for example area='1 cm^2'.",
                self.table.file,
            )
        return (factor * hints.area if name == "current" else factor / hints.area), offset


def assign(table: Table, hints: Hints) -> Columns:
    """Find the columns by their heads, those of `hints` first.

    Raises
    ------
    FileError
        A column of `hints` does not exist, or two columns claim the same quantity.
    """
    found: dict[str, Found] = {}
    for name, column in hints.columns.items():
        index = _index(table, name, column.name)
        meaning = understand(table.labels[index], table.units[index])
        unit = column.unit or (meaning.unit if meaning and meaning.quantity == name else table.units[index])
        found[name] = Found(
            index, table.labels[index], unit if unit and convert(name, unit) else None, column.negate, True
        )
    claims: dict[str, list[tuple[int, Found]]] = {}
    taken = {column.index for column in found.values()}
    for index, (label, unit) in enumerate(zip(table.labels, table.units, strict=True)):
        meaning = understand(label, unit)
        if meaning and meaning.quantity not in found and index not in taken:
            claim = Found(index, label, meaning.unit, meaning.negated)
            claims.setdefault(meaning.quantity, []).append((meaning.rank, claim))
    notes = [_choose(table, name, options, found) for name, options in claims.items()]
    notes += _units_taken(found)
    return Columns(table, found, tuple(note for note in notes if note))


def _choose(table: Table, name: str, options: list[tuple[int, Found]], found: dict[str, Found]) -> str:
    """Keep the best claim of a quantity; say so if there were others, refuse if there is no best one."""
    options.sort(key=lambda option: option[0])
    best = options[0]
    rivals = [column for rank, column in options[1:] if rank == best[0]]
    if rivals:
        labels = " and ".join(repr(column.label) for column in (best[1], *rivals))
        number = best[1].index + 1
        raise FileError(
            f"columns {labels} may both be the {name}. Say which by its number: columns={{'{name}': {number}}}.",
            table.file,
        )
    found[name] = best[1]
    others = ", ".join(repr(column.label) for _, column in options[1:])
    return f"{name.replace('_', ' ')} is {best[1].label!r}, not {others}" if others else ""


def _units_taken(found: Mapping[str, Found]) -> list[str]:
    bare = [name for name, column in found.items() if column.unit is None and name in _TAKEN]
    spectrum = any(name in found for name in ("frequency", "angular_frequency"))
    shown = [name for name in bare if (name in _SPECTRUM) == spectrum]
    return [f"no unit in the header: {', '.join(f'{name} taken as {_TAKEN[name]}' for name in shown)}"] if shown else []


def _index(table: Table, quantity: str, name: str | int) -> int:
    if isinstance(name, int):
        if name > len(table.labels):
            raise FileError(f"columns: {quantity}: there is no column {name}, only {len(table.labels)}.", table.file)
        return name - 1
    matches = [k for k, label in enumerate(table.labels) if label == name]
    matches = matches or [k for k, label in enumerate(table.labels) if label.casefold() == name.casefold().strip()]
    if len(matches) == 1:
        return matches[0]
    what = "stands above several columns: give its number" if matches else "is no head of a column"
    raise FileError(
        f"columns: {quantity}: {name!r} {what}.{did_you_mean(name, table.labels)} {heads(table)}", table.file
    )


def heads(table: Table) -> str:
    """Return a sentence that lists the heads of a table and what they were taken for."""
    if table.headless:
        return f"The file has {len(table.labels)} columns without heads."
    shown = []
    for label, unit in zip(table.labels, table.units, strict=True):
        meaning = understand(label, unit)
        text = f"{label} [{unit}]" if unit else label
        shown.append(f"{text} ({meaning.quantity.replace('_', ' ')})" if meaning else f"{text or '?'}")
    return f"Columns seen: {', '.join(shown)}."
