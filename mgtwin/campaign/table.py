"""The results of a campaign and their tables: Markdown, CSV, JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import combinations
from pathlib import Path

from .judge import Row
from .ledger import Ledger
from .verdicts import VERDICTS, Contradicts

__all__ = ["Results"]

_DETAILS = ("quantity", "cell, state, reading", "observed", "simulated", "verdict", "reason", "where")
_LEGEND = """\
*agrees*: inside what counts as agreement, and independent of the parameters. *calibrated*: it agrees, but
was put into the parameters or is built in, so it proves nothing. *contradicts*: outside, also where it was
put in. Every interval is stated with its row.
"""


@dataclass(frozen=True)
class Results:
    """What a campaign found.

    Attributes
    ----------
    rows : tuple of Row
    folder : Path
        Where everything was written.
    datasets, figures, tables : tuple of Path
    failures : mapping of str to str
        Runs that failed, and why.
    warnings : mapping of str to tuple of str
        What the results of runs warn of.
    interrupted : bool
        Whether it was stopped before the end; what had been done is there.
    seconds : float
    title : str
    ledgers : tuple of Ledger
        What each reading comes to with its best choice of ageing and unclear values, the best first.
    conclusion : str
        What the folder of experiments concludes from that; ``""`` after a part of them, or failures.
    """

    rows: tuple[Row, ...]
    folder: Path
    datasets: tuple[Path, ...] = ()
    figures: tuple[Path, ...] = ()
    tables: tuple[Path, ...] = ()
    failures: Mapping[str, str] = field(default_factory=dict)
    warnings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    interrupted: bool = False
    seconds: float = 0.0
    title: str = ""
    ledgers: tuple[Ledger, ...] = ()
    conclusion: str = ""

    def counts(self, reading: str | None = None) -> dict[str, int]:
        """Return how many rows have which verdict, of all readings or of one."""
        labels = [row.verdict.label for row in self.rows if reading in (None, row.reading)]
        return {kind.label: labels.count(kind.label) for kind in VERDICTS}

    def readings(self) -> tuple[str, ...]:
        """Return the readings that occur, by name; ``""`` is where a cell has none."""
        return tuple(sorted({row.reading for row in self.rows}, key=lambda name: (not name, name)))

    def row(
        self, observation: str, reading: str, state: tuple[str, ...] | None = None, ageing: str | None = None
    ) -> Row:
        """Return the row of an observation in a reading (and state, and ageing).

        Raises
        ------
        KeyError
            If there is none.
        """
        for row in self.rows:
            named = (row.observation, row.reading) == (observation, reading)
            if named and state in (None, row.state) and ageing in (None, row.ageing):
                return row
        raise KeyError(f"no row {observation!r} in the reading {reading!r}")

    def matrix(self) -> list[tuple[Row, dict[str, Row]]]:
        """Return the rows with the readings beside each other: (any row of the line, {reading: row})."""
        lines: dict[tuple[object, ...], dict[str, Row]] = {}
        for row in self.rows:
            lines.setdefault((row.experiment, row.observation, row.cell, row.state, row.ageing), {})[row.reading] = row
        return [(next(iter(line.values())), line) for line in lines.values()]

    def verdicts(self) -> str:
        """Return the bare verdicts, readings beside each other, as a Markdown table without numbers."""
        lines = [
            (
                f"`{row.observation}`",
                ", ".join(row.state),
                row.ageing,
                *self._across(line, lambda one: one.verdict.word),
            )
            for row, line in self.matrix()
        ]
        return _table(("observation", "state", "ageing", *self.readings()), lines)

    def separation(self) -> tuple[str, float, dict[str, Row]] | None:
        """What tells the readings that nothing contradicts apart best.

        Of everything with a resolution, that whose two closest readings are furthest apart, measured by it.

        Returns
        -------
        (str, float, dict) or None
            The quantity, how many resolutions the closest two are apart, and the rows by reading; None where fewer
            than two readings stand or nothing has a resolution.
        """
        found = []
        for row, line in self.matrix():
            # what is contradicted needs no further measurement to be told apart
            standing = {name: one for name, one in line.items() if name in self.standing()}
            if row.resolution and len(standing) > 1:
                # The closest two decide: readings are told apart only if no two of them are alike.
                pairs = combinations([one for one in standing.values() if one.values], 2)
                found.append((row.quantity, min(a.apart(b) for a, b in pairs) / row.resolution, standing))
        return max(found, key=lambda item: item[1], default=None)

    def standing(self) -> tuple[str, ...]:
        """Return the readings that no row contradicts."""
        # One contradiction is enough: agreements elsewhere do not outvote it.
        fallen = {row.reading for row in self.rows if type(row.verdict) is Contradicts}
        return tuple(name for name in self.readings() if name not in fallen)

    def summary(self) -> str:
        """Say which readings are contradicted and what would tell the others apart; ``""`` where nothing would."""
        best = self.separation()
        if best is None:
            return ""
        quantity, apart, line = best
        fallen = [name for name in self.readings() if name not in self.standing()]
        values = ", ".join(f"{name} {row.bare}" for name, row in line.items())
        resolution = next(iter(line.values())).resolution or math.nan
        parts = [f"Contradicted by what was observed: {', '.join(fallen)}."] if fallen else []
        parts += [
            f"Not contradicted: {', '.join(line)}.",
            f"What tells these apart best is the {quantity}: {values}. The closest two are {apart:.0f} times as far "
            f"apart as such a measurement is good ({resolution:.0%}).",
        ]
        return " ".join(parts)

    def _across(self, line: Mapping[str, Row], cell: Callable[[Row], str]) -> list[str]:
        return [cell(line[name]) if name in line else "" for name in self.readings()]

    def to_markdown(self) -> str:
        """Return the table as Markdown: verdicts side by side, then every row with its reason."""
        head = ("experiment", "observed", "state", "ageing", *(name or "(no reading)" for name in self.readings()))
        lines = [
            (
                row.experiment,
                row.quantity,
                ", ".join(row.state),
                row.ageing,
                *self._across(line, Row.brief),
            )
            for row, line in self.matrix()
        ]
        parts = [f"# {self.title}\n", _LEGEND, *self._counted(), ""]
        parts += [f"{text}\n" for text in (self.conclusion, self.summary()) if text]
        if self.ledgers:
            parts += ["## What each reading comes to\n", *(item.to_markdown() for item in self.ledgers)]
        parts += ["## Verdicts by reading of the data\n", _table(head, lines), "\n## Every row with its reason\n"]
        for experiment in dict.fromkeys(row.experiment for row in self.rows):
            members = [row for row in self.rows if row.experiment == experiment]
            parts += [f"\n### {experiment}\n", _table(_DETAILS, [row.details() for row in members])]
        if self.failures:
            parts.append("\n## Simulations that failed\n")
            parts += [f"- `{key}`: {text}" for key, text in self.failures.items()]
        return "\n".join(parts) + "\n"

    def _counted(self) -> list[str]:
        lines = ["All rows, those of every ageing and of every unclear value:\n"]
        for name in self.readings():
            counts = ", ".join(f"{number} {label}" for label, number in self.counts(name).items() if number)
            lines.append(f"- {name or '(no reading)'}: {counts}")
        if self.interrupted:
            lines.append("\n**Interrupted: this is only what had been done until then.**")
        return lines

    def to_csv(self) -> str:
        """Return all rows as comma-separated values with a header; values are SI, lists separated by spaces."""
        text = io.StringIO()
        rows = [{key: _in_cell(item) for key, item in _plain(row).items()} for row in self.rows]
        writer = csv.DictWriter(text, rows[0] if rows else [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue()

    def to_json(self) -> str:
        """Return everything as JSON (strict: what is not finite becomes a text)."""
        from .. import __version__

        data = {
            "mgtwin_version": __version__,
            "seconds": round(self.seconds, 2),
            "interrupted": self.interrupted,
            "summary": self.summary(),
            "conclusion": self.conclusion,
            "ledgers": [item.plain() for item in self.ledgers],
            "counts": {name or "(no reading)": self.counts(name) for name in self.readings()},
            "rows": [_plain(row) for row in self.rows],
            "failures": dict(self.failures),
            "warnings": {key: list(texts) for key, texts in self.warnings.items()},
            "datasets": [path.name for path in self.datasets],
            "figures": [path.name for path in self.figures],
        }
        return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False)

    def write(self) -> None:
        """Write the tables into the folder."""
        # All are made before the first is written: a fault in one must not leave tables of two campaigns.
        texts = {"table.md": self.to_markdown(), "table.csv": self.to_csv(), "table.json": self.to_json()}
        for name, text in texts.items():
            (self.folder / name).write_text(text, encoding="utf-8")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = (head, ["---"] * len(head), *rows)
    # A bar or a line break inside a cell would end it, and shift every column behind.
    safe = ([cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in safe)


def _plain(row: Row) -> dict[str, object]:
    """A row as plain data."""
    return {
        **asdict(row), "state": list(row.state), "verdict": row.verdict.label, "reason": row.verdict.reason,
        "values": [_finite(value) for value in row.values], "temperatures": list(row.temperatures),
        "interval": None if row.interval is None else [_finite(end) for end in row.interval],
        "numbers": {name: _finite(value) for name, value in row.numbers.items()},
    }  # fmt: skip


def _finite(value: float) -> float | str:
    # JSON knows neither NaN nor infinity, and strict readers refuse the file for one.
    return float(value) if math.isfinite(value) else str(float(value))


def _in_cell(item: object) -> object:
    match item:
        case dict():
            return " ".join(f"{key}={_in_cell(value)}" for key, value in item.items())
        case list():
            return " ".join(str(_in_cell(part)) for part in item)
        case float():
            return f"{item:.8g}"
    return item
