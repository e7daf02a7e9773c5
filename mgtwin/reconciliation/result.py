"""What came out of `reconcile`: conflicts with their proofs, corrections, what the others say of each row."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .. import yamlfile
from ..analysis.metrics import shown
from ..cells import Cell

__all__ = ["Aged", "Answer", "Candidate", "Conflict", "Correction", "LeftOut", "Reconciled", "RowSaid", "named"]


def named(alternative: Mapping[str, str]) -> str:
    """Return a choice of alternatives in words."""
    return ", ".join(f"{key} {value}" for key, value in alternative.items()) or "as printed"


@dataclass(frozen=True)
class RowSaid:
    """A row as it was observed.

    Attributes
    ----------
    name, quantity : str
    low, high : float
        What counts as agreement [SI].
    unit : str
    confidence : str
    data : tuple of str
        The printed numbers that it is made of.
    linear : bool
        Whether its number has a linear form, so that something can be proved of it.
    value : float
        At the best witness, read as the campaign reads it; NaN where there is none.
    """

    name: str
    quantity: str
    low: float
    high: float
    unit: str
    confidence: str
    data: tuple[str, ...]
    linear: bool
    value: float = math.nan

    @property
    def inside(self) -> bool:
        """Whether the value of the witness lies in the interval."""
        return self.low * (1 - 1e-9) <= self.value <= self.high * (1 + 1e-9)


@dataclass(frozen=True)
class Conflict:
    """Rows that cannot hold together although all but any one of them can.

    Attributes
    ----------
    rows : tuple of str
    proved : bool
        Whether there is a certificate; otherwise no parameters were found.
    proof : str
        For every row the bound that the others put on it, with the numbers.
    move : mapping of str to float
        By which factor a row's interval must be widened at both ends for the others to hold with it; inf where no
        interval helps.
    multipliers : mapping of str to float
        Of the inequalities: their sum with these says that 0 is at least a positive number (Farkas).
    """

    rows: tuple[str, ...]
    proved: bool
    proof: str
    move: Mapping[str, float]
    multipliers: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        word = "cannot hold together (proved)" if self.proved else "no parameters found"
        return f"{word}: {', '.join(self.rows)}\n{self.proof}"


@dataclass(frozen=True)
class Correction:
    """Rows without which the others can hold together; none fewer would do.

    Attributes
    ----------
    rows : tuple of str
    size : int
    odds : float
        Logarithm of the odds that just these rows are wrong, by their confidence (2, 10, 30 % for high, medium, low):
        it ranks corrections of one size and is no probability.
    starts : int
        From how many starts parameters that satisfy the rest were sought in vain; 0 where they were found, or not
        sought.
    """

    rows: tuple[str, ...]
    size: int
    odds: float = 0.0
    starts: int = 0

    def __str__(self) -> str:
        vain = f" (no parameters found for the rest, {self.starts} starts)" if self.starts else ""
        return f"{{{', '.join(self.rows)}}}{vain}"


@dataclass(frozen=True)
class LeftOut:
    """What all other rows (of other printed numbers) say of one.

    Attributes
    ----------
    row : str
    low, high : float
        Between which its number lies for all parameters that satisfy the others [SI].
    verdict : str
        ``predicted`` (the whole range agrees), ``contradicted`` (none of it does), ``own parameter`` (nothing else
        says anything of it: not testable), or ``open`` (the range goes beyond what was observed: not testable).
    """

    row: str
    low: float
    high: float
    verdict: str

    def said(self, unit: str) -> str:
        """Return verdict and range in words."""
        left = f"{shown(self.low, unit)} {'and more' if self.high == math.inf else f'to {shown(self.high, unit)}'}"
        match self.verdict:
            case "own parameter" | "open":
                return f"not testable ({self.verdict}): left-out range covers {left}"
        return f"{self.verdict}: left-out range {left}"


@dataclass(frozen=True)
class Candidate:
    """A measurement that would tell what is left apart.

    Attributes
    ----------
    measurement : str
    predicted : mapping of str to float
        By what is left [SI]: each answer, or the ends of what the best one leaves open.
    separation : float
        How many times as far apart the closest two are as such a measurement is good.
    """

    measurement: str
    predicted: Mapping[str, float]
    separation: float

    def __str__(self) -> str:
        values = ", ".join(f"{name}: {value:.3g}" for name, value in self.predicted.items())
        return f"{self.measurement} ({values}; {self.separation:.0f} resolutions apart)"


@dataclass(frozen=True)
class Aged:
    """What rows come to with one explanation of ageing: those of experiments that try it.

    Attributes
    ----------
    ageing : str
        Overlay, ``""`` for none.
    values : mapping of str to float
        Of the rows, read off the simulation [SI].
    outside : tuple of str
        Rows that it does not satisfy.
    """

    ageing: str
    values: Mapping[str, float]
    outside: tuple[str, ...]

    def __str__(self) -> str:
        held = sum(name not in self.outside for name in self.values)
        but = f"; outside: {', '.join(self.outside)}" if self.outside else ""
        count = len({*self.values, *self.outside})
        return f"{self.ageing or 'no ageing'}: {held} of {count} rows hold{but}"


@dataclass(frozen=True)
class Answer:
    """What one choice of alternatives leaves.

    Attributes
    ----------
    alternative : mapping of str to str
        Which reading of each damaged text.
    rows : tuple of RowSaid
    conflicts : tuple of Conflict
    corrections : tuple of Correction
        The fewest rows that have to go, every such choice; those first for which parameters were found, and the
        likeliest by confidence. One without rows: all can hold together.
    left_out : tuple of LeftOut
    complete : bool
        Whether all minimal conflicts were found before the budget was spent.
    cells : mapping of str to Cell
        The witness: cells by name and state that satisfy every row but those of the first correction; empty where none
        was found.
    parameters : mapping of str to float
        Its free parameters [SI].
    outside : tuple of str
        Rows that the simulated witness does not satisfy all the same; empty where it satisfies all.
    unread : mapping of str to str
        Those among them of which the simulation gives no number, and why.
    starts : int
        From how many starts a witness was sought.
    ageing : tuple of Aged
        What rows on cells that age come to with each explanation, that with the fewest outside first: `cells`, `rows`
        and `outside` are with it.
    """

    alternative: Mapping[str, str]
    rows: tuple[RowSaid, ...]
    conflicts: tuple[Conflict, ...]
    corrections: tuple[Correction, ...]
    left_out: tuple[LeftOut, ...]
    complete: bool
    cells: Mapping[str, Cell] = field(default_factory=dict)
    parameters: Mapping[str, float] = field(default_factory=dict)
    outside: tuple[str, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)
    starts: int = 0
    ageing: tuple[Aged, ...] = ()

    @property
    def name(self) -> str:
        """The choice in words."""
        return named(self.alternative)

    @property
    def wrong(self) -> int:
        """How many rows have to be wrong at least."""
        return min((item.size for item in self.corrections), default=0)

    @property
    def predictions(self) -> int:
        """How many printed numbers follow from the others; one that is used in several rows counts once."""
        data = {row.name: row.data for row in self.rows}
        return len({data[item.row] for item in self.left_out if item.verdict == "predicted"})

    def plain(self) -> dict[str, object]:
        """Return it as plain data; its cells as their YAML."""
        listed = {
            key: [asdict(item) for item in vars(self)[key]]
            for key in ("rows", "conflicts", "corrections", "left_out", "ageing")
        }
        return {**vars(self), **listed, "cells": {name: cell.to_yaml() for name, cell in self.cells.items()}}

    def __str__(self) -> str:
        rows = {row.name: row for row in self.rows}
        tested = sum(row.linear for row in self.rows)
        verdict = f"at least {self.wrong} of them wrong" if self.wrong else "all can hold together"
        if not tested:
            verdict = "nothing can be proved of them"
        if not self.corrections:
            verdict = "whether they can hold together is not decided"
        lines = [
            f"{self.name}: {tested} of {len(self.rows)} rows have a linear form; {verdict}; printed numbers that the "
            f"others predict: {self.predictions}"
        ]
        lines += [f"  {line}" for conflict in self.conflicts for line in str(conflict).splitlines()]
        if self.wrong:
            choices = " or ".join(map(str, self.corrections))
            lines.append(f"  fewest wrong: {choices} (which of them is not decided by these rows)")
        if not self.complete:
            lines.append("  the budget ended before all conflicts were found: there may be more")
        if self.cells:
            read = {row.name for row in self.rows if not math.isnan(row.value)} | set(self.outside)
            but = f"; outside: {', '.join(self.outside)}" if self.outside else ""
            aged = f" with {self.ageing[0].ageing}" if self.ageing and self.ageing[0].ageing else ""
            lines.append(
                f"  parameters found and simulated{aged}: {len(read) - len(self.outside)} of {len(read)} "
                f"{'other ' * (self.wrong > 0)}rows hold{but}"
            )
            lines += [f"    {name}: no number: {why}" for name, why in self.unread.items()]
            lines += [f"    {one}" for one in self.ageing]
        elif self.starts:
            lines.append(f"  no parameters found ({self.starts} starts)")
        lines += [f"  {item.row}: {item.said(rows[item.row].unit)}" for item in self.left_out]
        return "\n".join(lines)


@dataclass(frozen=True)
class Reconciled:
    """Answers by how few rows they need to be wrong; what follows speaks of the first, `best`.

    Attributes
    ----------
    answers : tuple of Answer
    next_measurement : tuple of Candidate
        What would tell the answers apart, the best first.
    interrupted : bool
        Whether the budget or Ctrl-C ended it.
    seconds : float
    """

    answers: tuple[Answer, ...]
    next_measurement: tuple[Candidate, ...] = ()
    interrupted: bool = False
    seconds: float = 0.0

    @property
    def best(self) -> Answer:
        """The answer with the fewest wrong rows."""
        return self.answers[0]

    @property
    def rows(self) -> tuple[RowSaid, ...]:
        """Of the best answer."""
        return self.best.rows

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """Of the best answer."""
        return self.best.conflicts

    @property
    def corrections(self) -> tuple[Correction, ...]:
        """Of the best answer."""
        return self.best.corrections

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Of the best answer."""
        return self.best.left_out

    def __str__(self) -> str:
        parts = [str(answer) for answer in self.answers]
        if self.next_measurement:
            parts.append("\n".join(["next measurement:", *(f"  {item}" for item in self.next_measurement)]))
        if self.interrupted:
            parts.append("Stopped before the end: what is said stands, but there may be more.")
        return "\n\n".join(parts)

    def save(self, path: str | Path) -> Path:
        """Write everything into a YAML file.

        Returns
        -------
        Path
        """
        plain = {"answers": [answer.plain() for answer in self.answers]}
        plain["next_measurement"] = [asdict(item) for item in self.next_measurement]
        file = Path(path).expanduser()
        file.write_text(yamlfile.dumps(_listed(plain)), encoding="utf-8")
        return file


def _listed(node: object) -> object:
    """Plain data as YAML has them: lists for tuples, texts for what is not finite."""
    match node:
        case Mapping():
            return {str(key): _listed(item) for key, item in node.items()}
        case str() | bool() | int():
            return node
        case float():
            return float(node) if math.isfinite(node) else str(float(node))
        case Sequence():
            return [_listed(item) for item in node]
    return node
