"""What to measure next: what the witnesses of several answers predict differently, by how well it can be measured."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from ..analysis.linear import Quotient
from .program import LinearRow, Program
from .result import Candidate
from .rows import ObservedRow
from .unknowns import Unknowns
from .witness import Witness

__all__ = ["ranked_candidates"]

#: Candidates that are told.
MOST = 5


def ranked_candidates(
    surviving: Mapping[str, Witness],
    rows: Mapping[str, Sequence[ObservedRow]],
    best: tuple[Program, Unknowns, Sequence[ObservedRow]] | None = None,
) -> tuple[Candidate, ...]:
    """Return measurements by how far apart the closest two answers lie, in the widths of such a measurement.

    Candidates are the readouts that were used, in every state of their cell in which they were not, what a damaged
    text says under each of its readings, and pellets of two thicknesses, by how much the best answer leaves open.

    Parameters
    ----------
    surviving : mapping
        Name of an answer to its witness.
    rows : mapping
        All rows of the answers, those too that have to be wrong.
    best : (Program, Unknowns, sequence of ObservedRow), optional
        Of the best answer, with the rows that can hold together.
    """
    found: list[Candidate] = []
    for title, resolution, predicted in (*_unread(rows), *_unmeasured(surviving)) if len(surviving) > 1 else ():
        numbers = [value for value in predicted.values() if value > 0]
        if len(numbers) == len(surviving):
            apart = min(abs(math.log(a / b)) for a, b in combinations(numbers, 2))
            found.append(Candidate(title, predicted, apart / resolution))
    if best is not None:
        found += _thicknesses(*best)
    found = [item for item in found if item.separation > 1]
    return tuple(sorted(found, key=lambda item: (-item.separation, item.measurement))[:MOST])


def _thicknesses(program: Program, unknowns: Unknowns, rows: Sequence[ObservedRow]) -> Iterator[Candidate]:
    """What contacts hide does not grow with the thickness, what lies between grains does: pellets twice as thick.

    The number is the conductivity of the thicker one over that of the other, between 1 (no contacts) and 2.
    """
    read = [row for row in rows if row.observation.unit == "S/m"]
    best = {(row.runs[0].cell, row.runs[0].overlays): row for row in sorted(read, key=_width, reverse=True)}
    for (cell, overlays), row in best.items():
        run = row.runs[0]
        whole, inside = (unknowns.run(run).electronic(without) for without in ((), ("contacts",)))
        title = f"a pellet twice as thick: conductivity over that of {', '.join((cell, *overlays))}"
        twice = LinearRow(title, (Quotient(whole, 0.5 * (whole + inside)),), 0.0, math.inf)
        left = Program([*program.rows, twice], program.always).range(title, [one.name for one in rows])
        if 0 < left.low < left.high < math.inf:
            apart = math.log(left.high / left.low) / (math.sqrt(2) * _width(row))  # both are measured
            yield Candidate(title, {"lowest": left.low, "highest": left.high}, apart)


def _width(row: ObservedRow) -> float:
    """Half the width of an interval in the logarithm: how well such a thing is measured."""
    low, high = row.interval
    if row.observation.resolution is not None:
        return float(row.observation.resolution)
    return math.log(high / low) / 2 if 0 < low < high < math.inf else math.inf


def _unread(rows: Mapping[str, Sequence[ObservedRow]]) -> list[tuple[str, float, Mapping[str, float]]]:
    """Numbers of damaged texts, which somebody has to read again: no experiment."""
    found: dict[str, dict[str, float]] = {}
    widths: dict[str, float] = {}
    for name, all_rows in rows.items():
        for row in all_rows:
            if row.observation.alternative and row.observation.value is not None:
                found.setdefault(row.observation.where, {})[name] = float(row.observation.value)
                widths[row.observation.where] = _width(row)
    return [(f"read {where} of the source again", widths[where], values) for where, values in found.items()]


def _unmeasured(surviving: Mapping[str, Witness]) -> list[tuple[str, float, Mapping[str, float]]]:
    """Readouts in states in which nobody has used them."""
    searches = [witness.search for witness in surviving.values()]
    runs = {(run.cell, run.overlays): run for run in searches[0].runs}
    done = [(row.observation.measure, run.cell, run.overlays) for row in searches[0].forms for run in row.runs]
    found: list[tuple[str, float, Mapping[str, float]]] = []
    for row in searches[0].forms:
        measure = row.observation.measure
        if measure is None or row.references:
            continue
        for (cell, overlays), run in runs.items():
            known = all(run in search.runs for search in searches)
            if known and cell == row.runs[0].cell and (measure, cell, overlays) not in done and len(row.runs) == 1:
                done.append((measure, cell, overlays))
                other = replace(row, runs=(run,))
                predicted = {
                    name: float(one.search.values(other, one.search.at(one.point[None]))[0][0])
                    for name, one in surviving.items()
                }
                found.append((f"{measure.name} of {cell} ({', '.join(overlays)})", _width(row), predicted))
    return found
