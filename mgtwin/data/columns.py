"""Which column of a table holds which quantity, and its values in SI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mgtwin.data.hints import Hints
from mgtwin.data.labels import SI, Meaning, convert, understand
from mgtwin.data.table import Table
from mgtwin.errors import FileError

__all__ = ["CUT", "Columns", "Found", "assign"]

#: Units that a header without them is taken to mean; nobody gives the others otherwise than in SI.
_TAKEN = {"frequency": "Hz", "angular_frequency": "rad/s", "real": "ohm", "imaginary": "ohm", "modulus": "ohm",
          "voltage": "V", "counter_voltage": "V", "direct_voltage": "V"}  # fmt: skip
#: What is said when the last line is left out.
CUT = (
    "the last line has no line break, so that its last number may be cut short: it was left out. If the file is "
    "complete, give complete=True."
)
_SPECTRUM = ("frequency", "angular_frequency", "real", "imaginary", "modulus", "phase")
_IMPEDANCE = ("real", "imaginary", "modulus", "phase")
#: Which electrodes' impedance goes before which: that of the cell is what a Dataset holds.
_PREFERRED = ("cell", "", "working")


@dataclass(frozen=True)
class Found:
    """A column: its index, its head, unit as read, whether its sign is turned, and of which electrode it is.

    `rivals` are further columns that claim the same quantity as well; it is refused when the quantity is used.
    """

    index: int
    label: str
    unit: str | None
    negate: bool
    electrode: str = ""
    rivals: tuple[str, ...] = ()


@dataclass(frozen=True)
class Columns:
    """The columns of a table by quantity."""

    table: Table
    found: Mapping[str, Found]
    hints: Hints
    notes: tuple[str, ...] = ()
    #: Columns whose words may say the direction of the current.
    directions: tuple[int, ...] = ()

    def __contains__(self, name: str) -> bool:
        return name in self.found

    def is_turned(self, name: str) -> bool:
        """Tell whether a quantity is there with the opposite sign."""
        return name in self.found and self.found[name].negate

    def has(self, *names: str) -> bool:
        """Tell whether all these quantities are there."""
        return all(name in self.found for name in names)

    def told(self, *names: str) -> bool:
        """Tell whether the user said where one of these quantities stands."""
        return any(name in self.hints.columns for name in names)

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

    def values(self, name: str) -> np.ndarray:
        """Return a quantity in SI with the laboratory's sign; a time is counted in seconds even from dates.

        Raises
        ------
        FileError
            Two columns claim it, its unit is missing and cannot be taken for granted, it is per area and the area is
            unknown, or something else than a number stands there.
        """
        column = self.found[name]
        if column.rivals:
            labels = " and ".join(map(repr, (column.label, *column.rivals)))
            raise FileError(
                f"columns {labels} may both be the {name}. Say which by its number: "
                f"columns={{'{name}': {column.index + 1}}}.",
                self.table.file,
            )
        if name == "time" and self.table.kind(column.index) != "number":
            return self.table.seconds(column.index)
        factor, offset = self._conversion(name, column)
        values = self.table.numbers(column.index) * factor + offset
        return -values if column.negate else values

    @property
    def has_frequency(self) -> bool:
        """Whether there is a frequency, angular or not."""
        return "frequency" in self or "angular_frequency" in self

    def frequency(self) -> np.ndarray:
        """Return the frequency [Hz]."""
        if "frequency" in self:
            return self.values("frequency")
        return self.values("angular_frequency") / (2 * np.pi)

    def optional(self, name: str) -> tuple[np.ndarray | None, str]:
        """Return a quantity that is good to have, or None; and a note where its column is there but cannot be used.

        A column of zeros is none: instruments write zeros into columns of what they did not measure.
        """
        if name not in self.found:
            return None, ""
        try:
            values = self.values(name)
        except FileError as error:
            return None, f"{name.replace('_', ' ')} is not used: {error.message.rstrip('.')}"
        zero = SI[name] and not np.any(self.table.numbers(self.found[name].index)) if name != "time" else False
        return (None, "") if zero or not np.isfinite(values).any() else (values, "")

    def odd(self, *names: str) -> list[str]:
        """Return a warning of numbers of these quantities that are printed unlike all others."""
        return self.table.odd(*(self.found[name].index for name in names if name in self.found))

    def empty(self, name: str) -> bool:
        """Tell whether a column holds nothing but zeros (of a file whose other columns may hold the same quantity)."""
        return name in self.found and bool(len(self.table)) and self.table.is_zero(self.found[name].index)

    def without(self, *names: str) -> Columns:
        """Return the columns without some of them."""
        kept = {name: column for name, column in self.found.items() if name not in names}
        return Columns(self.table, kept, self.hints, self.notes, self.directions)

    def measured(self) -> Columns:
        """Return the columns without those of zeros beside others that hold the same: written, but not measured."""
        found = self
        pairs = (("real", "imaginary"), ("modulus", "phase"))
        for pair, others in (pairs, pairs[::-1]):
            if found.has(*pair, *others) and all(map(found.empty, pair)):
                found = found.without(*pair)
        return found

    @property
    def is_half(self) -> bool:
        """Whether a part of a spectrum is there: the table is no signal then, even if it holds times and currents."""
        if any(name in self and not self.empty(name) for name in ("frequency", "angular_frequency")):
            return True
        return self.has("real", "imaginary") and not (self.empty("real") and self.empty("imaginary"))

    def counter(self, name: str, rows: np.ndarray) -> np.ndarray | None:
        """Return cycle or step numbers from 0, as in every Dataset; None where there are none or not for every row."""
        values = self.optional(name)[0]
        if values is None:
            return None
        values = values[rows]
        if not np.isfinite(values).all() or (values != np.round(values)).any():
            return None
        # Instruments count from 1, some from 0, and a file may begin in the middle of an experiment.
        return (values - values.min()).astype(int)

    def electrode(self, *names: str) -> dict[str, str]:
        """Return the attribute that says of which electrode these quantities are, where it is against a reference."""
        working = any(name in self.found and self.found[name].electrode == "working" for name in names)
        return {"electrode": "working"} if working else {}

    def moment(self, rows: np.ndarray) -> dict[str, float]:
        """Return when the first and the last of the rows were measured [s], where the file has the time."""
        time = self.optional("time")[0]
        if time is None or not np.isfinite(time[rows][[0, -1]]).all():
            return {}
        return {"start_time": float(time[rows][0]), "end_time": float(time[rows][-1])}

    def lacking(self) -> str:
        """Say what is missing for a spectrum or a signal."""
        seen = self.table.seen
        if self.has_frequency:
            if "modulus" in self or "phase" in self:
                missing = "the phase" if "modulus" in self else "|Z|"
                return (
                    f"the file has a frequency but no column of {missing}. {seen} If one of them is it, give "
                    "columns={'modulus': ..., 'phase': mt.Column('...', unit='deg')}."
                )
            missing = "Im Z" if "real" in self else "Re Z" if "imaginary" in self else "the impedance"
            return (
                f"the file has a frequency but no column of {missing} (nor |Z| with the phase). {seen} If one of them "
                "is it, give columns={'real': ..., 'imaginary': ...}."
            )
        if "real" in self or "imaginary" in self or "modulus" in self:
            return (
                f"the file has an impedance but no column of the frequency. {seen} If one of them is it, give "
                "columns={'frequency': ...}."
            )
        if self.has("time", "voltage"):
            return (
                f"the file has time and voltage but no column of the current. {seen} If one of them is it, give "
                "columns={'current': ...}; if it was constant, give it: current='0.4 mA'."
            )
        absent = [name for name in ("time", "voltage", "current") if name not in self]
        return (
            f"the file is neither a spectrum nor a signal in time: no column of {', '.join(absent)}, nor of frequency "
            f"and impedance. {seen} Say which is which: columns={{'time': 1, 'voltage': 2, 'current': "
            "mt.Column(3, unit='mA')}."
        )

    def _conversion(self, name: str, column: Found) -> tuple[float, float]:
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
        area = self.hints.area
        if area is None:
            raise FileError(
                f"{column.label!r} is per area ({unit}): give the area of the electrode, for example area='1 cm^2'.",
                self.table.file,
            )
        return (factor * area if name == "current" else factor / area), offset


def assign(table: Table, hints: Hints, *, immittance: bool = False, electrodes: Sequence[str] = _PREFERRED) -> Columns:
    """Find the columns by their heads, those of `hints` first; of several impedances that of the first of `electrodes`.

    Raises
    ------
    FileError
        A column of `hints` does not exist.
    """
    found: dict[str, Found] = {}
    for name, column in hints.columns.items():
        index = table.index_of(name, column)
        meaning = understand(table.labels[index], table.units[index], immittance=True)
        unit = column.unit or (meaning.unit if meaning and meaning.quantity == name else table.units[index])
        found[name] = Found(index, table.labels[index], unit if unit and convert(name, unit) else None, column.negate)
    claims: dict[str, list[tuple[Meaning, Found]]] = {}
    taken = {column.index for column in found.values()}
    directions = [found["direction"].index] if "direction" in found else []
    for index, (label, unit) in enumerate(zip(table.labels, table.units, strict=True)):
        meaning = understand(label, unit, immittance=immittance)
        if meaning is None or meaning.quantity in found or index in taken:
            continue
        if meaning.quantity == "direction":  # several may be: which one speaks is told by its words
            directions.append(index)
            continue
        claim = Found(index, label, meaning.unit, meaning.negated, meaning.electrode)
        claims.setdefault(meaning.quantity, []).append((meaning, claim))
    notes = _of_one_electrode(claims, electrodes)
    for name, options in claims.items():
        # The best claim; columns that hold only zeros come last.
        ranks = [
            (len(options) > 1 and table.is_zero(claim.index), meaning.rank, meaning.unit is None)
            for meaning, claim in options
        ]
        (first, best), *others = sorted(
            zip(ranks, (claim for _, claim in options), strict=True), key=lambda one: one[0]
        )
        rivals = tuple(claim.label for rank, claim in others if rank == first)
        found[name] = replace(best, rivals=rivals)
        if others and not rivals:
            labels = ", ".join(repr(claim.label) for _, claim in others)
            notes.append(f"{name.replace('_', ' ')} is {best.label!r}, not {labels}")
    spectrum = "frequency" in found or "angular_frequency" in found
    bare = [name for name, column in found.items() if column.unit is None and name in _TAKEN]
    shown = [f"{name} taken as {_TAKEN[name]}" for name in bare if (name in _SPECTRUM) == spectrum]
    notes += [f"no unit in the header: {', '.join(shown)}"] if shown else []
    return Columns(table, found, hints, tuple(notes), tuple(directions))


def _of_one_electrode(claims: dict[str, list[tuple[Meaning, Found]]], preferred: Sequence[str]) -> list[str]:
    """Keep the impedance of one electrode, so that Re Z and Im Z never come from two; say which, and what is left."""
    options = [claim for name in _IMPEDANCE for _, claim in claims.get(name, [])]
    electrodes = {claim.electrode for claim in options}
    if electrodes <= {""}:
        return []

    def complete(electrode: str) -> bool:
        held = {name for name in _IMPEDANCE for _, claim in claims.get(name, []) if claim.electrode == electrode}
        return {"real", "imaginary"} <= held or {"modulus", "phase"} <= held

    # complete pairs only: Re Z of one electrode with Im Z of another would be a spectrum of nothing
    chosen = next((electrode for electrode in preferred if complete(electrode)), "")
    for name in _IMPEDANCE:
        claims[name] = [option for option in claims.get(name, []) if option[1].electrode == chosen]
        if not claims[name]:
            del claims[name]
    left = ", ".join(claim.label for claim in options if claim.electrode != chosen)
    which = "the cell" if chosen == "cell" else "the working electrode against the reference"
    return [f"the impedance is that of {which}; left out: {left}"]
