"""The results of the comparison of explanations, and their table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..quantities import format_value
from .explanations import MEASUREMENTS, Explained, Measurement, discriminating, shape

if TYPE_CHECKING:
    from ..experiments import Experiment

__all__ = ["AgeingResults", "number"]

#: What the paper saw, by the name of the observation: heading, and how it is read off an explanation.
_OBSERVED = {
    "first_half_difference": ("half-difference, first cycle", lambda item: float(item.first["half_difference"][0])),
    "first_half_sum": ("half-sum, first cycle", lambda item: float(item.first["half_sum"][0])),
    "late_deposition": ("deposition, last cycle", lambda item: float(item.life["deposition_voltage"][-1])),
    "late_dissolution": ("dissolution, last cycle", lambda item: float(item.life["dissolution_voltage"][-1])),
}


def number(value: float, unit: str) -> str:
    """A value in a laboratory unit, in words where there is none."""
    if math.isnan(value):
        return "nothing grows"
    return f"{value:.3g}" if unit == "1" else format_value(float(f"{value:.3g}"), unit)


@dataclass(frozen=True)
class AgeingResults:
    """What the explanations predict.

    Attributes
    ----------
    explained : tuple of Explained
    observed : Experiment
        What the paper saw.
    folder : Path
    failures : mapping of str to str
    interrupted : bool
    seconds : float
    """

    explained: tuple[Explained, ...]
    observed: Experiment
    folder: Path
    failures: Mapping[str, str] = field(default_factory=dict)
    interrupted: bool = False
    seconds: float = 0.0

    @property
    def best(self) -> Measurement | None:
        """The measurement that tells all explanations apart best; None with fewer than two of them."""
        return discriminating(self.explained)[0] if len(self.explained) > 1 else None

    @property
    def tables(self) -> tuple[tuple[str, Sequence[Sequence[str]]], ...]:
        """(title, rows) of the tables, the first row of each being its head."""
        return (
            ("What each explanation says of what was observed", self._against_the_paper()),
            ("What each explanation predicts", self._shapes()),
            ("What each measurement would read", self._measurements()),
        )

    def verdict(self) -> str:
        """In words: which explanations the cycling refutes, and which measurement decides between the others."""
        standing = [item.name for item in self.explained if self._grows(item)]
        fallen = [item.name for item in self.explained if not self._grows(item)]
        parts = []
        if fallen:
            verb = "does" if len(fallen) == 1 else "do"
            parts.append(f"{' and '.join(fallen)} {verb} not reach the observed growth, with the numbers assumed.")
        if len(standing) > 1:
            parts.append(f"The cycling curve alone leaves {', '.join(standing)}: each was calibrated to its end.")
        among = [item for item in self.explained if self._grows(item)] if len(standing) > 1 else self.explained
        if len(among) > 1:
            best, apart = discriminating(among)
            values = ", ".join(f"{item.name} {number(best.read(item), best.unit)}" for item in among)
            parts.append(
                f"What tells them apart best is the {best.name}: {values}. The closest two are {apart:.0f} times as "
                f"far apart as such a measurement is good ({best.resolution:.0%})."
            )
        return " ".join(parts)

    def _grows(self, item: Explained) -> bool:
        """Whether the voltages after the last cycle lie within those observed."""
        return all(self._inside(name, item) for name in ("late_deposition", "late_dissolution"))

    def _inside(self, name: str, item: Explained) -> bool:
        value = self._value(name)
        return bool(value.low <= _OBSERVED[name][1](item) <= value.high)

    def _value(self, name: str) -> Any:
        return next(observation.value for observation in self.observed.observed if observation.name == name)

    def _against_the_paper(self) -> list[list[str]]:
        rows = [["", "observed", *(item.name for item in self.explained)]]
        for name, (heading, read) in _OBSERVED.items():
            row = [heading, format_value(float(self._value(name)), "V")]
            for item in self.explained:
                mark = "" if self._inside(name, item) else " ✗"
                row.append(number(read(item), "V") + mark)
            rows.append(row)
        return rows

    def _shapes(self) -> list[list[str]]:
        head = ["", "growth", "half-sum, last cycle", "R(1 kHz), cycle 1 → last", "R(10 mHz), cycle 1 → last"]
        rows = [head]
        for item in self.explained:
            pairs = [[number(item.resistance(f, aged=aged), "ohm") for aged in (False, True)] for f in (1e3, 1e-2)]
            half_sum = number(float(item.life["half_sum"][-1]), "V")
            rows.append([item.name, shape(item), half_sum, *(" → ".join(pair) for pair in pairs)])
        return rows

    def _measurements(self) -> list[list[str]]:
        rows = [["", *(item.name for item in self.explained)]]
        for measurement in MEASUREMENTS:
            values = [number(measurement.read(item), measurement.unit) for item in self.explained]
            rows.append([measurement.name, *values])
        return rows

    def write(self) -> None:
        """Write ``ageing.md`` into the folder."""
        parts = ["# Why does the overpotential of the trilayer grow?", self.verdict()]
        for title, rows in self.tables:
            parts += [f"## {title}", _markdown(rows)]
        parts += [f"- **{name}** failed: {text}" for name, text in self.failures.items()]
        parts.append("✗: outside the range of what was observed.")
        (self.folder / "ageing.md").write_text("\n\n".join(filter(None, parts)) + "\n", encoding="utf-8")


def _markdown(rows: Iterable[Sequence[str]]) -> str:
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
