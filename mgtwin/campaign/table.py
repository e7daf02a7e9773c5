"""The results of the campaign and their tables: Markdown, CSV, JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .compare import Row

__all__ = ["PaperResults"]

_MARK = {
    "agrees": "agrees",
    "contradicts": "**contradicts**",
    "calibrated (not independent)": "calibrated",
    "not comparable": "not comparable",
    "failed": "**failed**",
}
_DETAILS = ("quantity", "cell, state, reading", "observed", "simulated", "verdict", "reason", "where")
_COLUMNS = (
    "experiment", "observation", "quantity", "cell", "state", "reading", "observed", "simulated", "verdict", "reason",
    "unit", "values", "temperatures_K", "interval_low", "interval_high", "where", "confidence",
)  # fmt: skip


@dataclass(frozen=True)
class PaperResults:
    """What the campaign found.

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

    def counts(self, reading: str | None = None) -> dict[str, int]:
        """Return how many rows have which verdict, of all readings or of one."""
        found = dict.fromkeys(_MARK, 0)
        for row in self.rows:
            if reading is None or row.reading == reading:
                found[row.verdict.label] += 1
        return found

    def readings(self) -> tuple[str, ...]:
        """Return the readings that occur, those of the base files first."""
        found = dict.fromkeys(row.reading for row in self.rows)
        return tuple(sorted(found, key=lambda name: (name != "as_printed", name)))

    def row(self, observation: str, reading: str, state: tuple[str, ...] | None = None) -> Row:
        """Return the row of an observation in a reading (and state).

        Raises
        ------
        KeyError
            If there is none.
        """
        for row in self.rows:
            if (row.observation, row.reading) == (observation, reading) and state in (None, row.state):
                return row
        raise KeyError(f"no row {observation!r} in the reading {reading!r}")

    def matrix(self) -> list[tuple[Row, dict[str, Row]]]:
        """Return the rows with the readings beside each other: (any row of the line, {reading: row})."""
        lines: dict[tuple[str, str, str, tuple[str, ...]], dict[str, Row]] = {}
        for row in self.rows:
            lines.setdefault((row.experiment, row.observation, row.cell, row.state), {})[row.reading] = row
        return [(next(iter(line.values())), line) for line in lines.values()]

    def verdicts(self) -> str:
        """Return the bare verdicts, readings beside each other, as a Markdown table without numbers."""
        readings = self.readings()
        parts = [_line("observation", "state", *readings), _line(*["---"] * (2 + len(readings)))]
        for any_row, line in self.matrix():
            cells = [line[name].verdict.label.partition(" (")[0] if name in line else "" for name in readings]
            parts.append(_line(f"`{any_row.observation}`", ", ".join(any_row.state), *cells))
        return "\n".join(parts)

    def to_markdown(self) -> str:
        """Return the table as Markdown: verdicts side by side, then every row with its reason."""
        readings = self.readings()
        parts = ["# The paper against its digital twin\n", _legend(self), "## Verdicts by reading of the data\n"]
        parts.append(_line("experiment", "observed", "state", *(name or "(no reading)" for name in readings)))
        parts.append(_line(*["---"] * (3 + len(readings))))
        for any_row, line in self.matrix():
            cells = [_brief(line[name]) if name in line else "" for name in readings]
            parts.append(_line(any_row.experiment, any_row.quantity, ", ".join(any_row.state), *cells))
        parts.append("\n## Every row with its reason\n")
        for experiment in dict.fromkeys(row.experiment for row in self.rows):
            parts.append(f"\n### {experiment}\n")
            parts += [_line(*_DETAILS), _line(*["---"] * len(_DETAILS))]
            for row in self.rows:
                if row.experiment == experiment:
                    which = ", ".join(filter(None, [row.cell, *row.state, row.reading]))
                    parts.append(
                        _line(row.quantity, which, row.observed, row.simulated, _MARK[row.verdict.label],
                              row.verdict.reason, row.where)
                    )  # fmt: skip
        if self.failures:
            parts.append("\n## Simulations that failed\n")
            parts += [f"- `{key}`: {text}" for key, text in self.failures.items()]
        return "\n".join(parts) + "\n"

    def to_csv(self) -> str:
        """Return all rows as comma-separated values with a header; values are SI."""
        text = io.StringIO()
        writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        for row in self.rows:
            low, high = row.interval or (None, None)
            writer.writerow(
                {
                    **{name: getattr(row, name) for name in _COLUMNS if hasattr(row, name)},
                    "state": " ".join(row.state),
                    "verdict": row.verdict.label,
                    "reason": row.verdict.reason,
                    "values": " ".join(f"{value:.8g}" for value in row.values),
                    "temperatures_K": " ".join(f"{value:.8g}" for value in row.temperatures),
                    "interval_low": low,
                    "interval_high": high,
                }
            )
        return text.getvalue()

    def to_json(self) -> str:
        """Return everything as JSON (strict: what is not finite becomes a text)."""
        from importlib.metadata import PackageNotFoundError, version

        try:
            made_by = version("mgtwin")
        except PackageNotFoundError:
            made_by = "unknown"
        data = {
            "mgtwin_version": made_by,
            "seconds": round(self.seconds, 2),
            "interrupted": self.interrupted,
            "counts": {name or "(no reading)": self.counts(name) for name in self.readings()},
            "rows": [_as_data(row) for row in self.rows],
            "failures": dict(self.failures),
            "warnings": {key: list(texts) for key, texts in self.warnings.items()},
            "datasets": [path.name for path in self.datasets],
            "figures": [path.name for path in self.figures],
        }
        return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False)

    def write(self) -> tuple[Path, ...]:
        """Write the tables into the folder and return their paths."""
        texts = {"table.md": self.to_markdown(), "table.csv": self.to_csv(), "table.json": self.to_json()}
        for name, text in texts.items():
            (self.folder / name).write_text(text, encoding="utf-8")
        return tuple(self.folder / name for name in texts)


def _legend(results: PaperResults) -> str:
    lines = [
        "*agrees*: inside what counts as agreement, and independent of the parameters. *calibrated*: it agrees, but",
        "was put into the parameters or is built in, so it proves nothing. *contradicts*: outside, also where it was",
        "put in. Every interval is stated with its row.\n",
    ]
    for name in results.readings():
        counts = ", ".join(f"{number} {label}" for label, number in results.counts(name).items() if number)
        lines.append(f"- {name or '(no reading)'}: {counts}")
    if results.interrupted:
        lines.append("\n**Interrupted: this is only what had been done until then.**")
    return "\n".join(lines) + "\n"


def _brief(row: Row) -> str:
    """Verdict with the bare value, for a cell of the matrix."""
    return f"{_MARK[row.verdict.label]}: {row.simulated.partition(' (')[0]}"


def _line(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _as_data(row: Row) -> dict[str, Any]:
    return {
        "experiment": row.experiment,
        "observation": row.observation,
        "quantity": row.quantity,
        "cell": row.cell,
        "state": list(row.state),
        "reading": row.reading,
        "observed": row.observed,
        "simulated": row.simulated,
        "verdict": row.verdict.label,
        "reason": row.verdict.reason,
        "unit": row.unit,
        "values": [_finite(value) for value in row.values],
        "temperatures": list(row.temperatures),
        "interval": None if row.interval is None else [_finite(end) for end in row.interval],
        "where": row.where,
        "confidence": row.confidence,
        "numbers": {name: _finite(value) for name, value in row.numbers.items()},
    }


def _finite(value: float) -> float | str:
    return float(value) if math.isfinite(value) else str(float(value))
