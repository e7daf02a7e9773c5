"""All minimal sets of rows that cannot hold together, and all maximal sets that can.

MARCO (Liffiton, Previti, Malik, Marques-Silva, doi 10.1007/s10601-015-9183-0) with a map that hands out the largest
set not yet decided: what can hold together then comes by falling size, so that the first says which rows are fewest
wrong. The map is a small 0-1 program of coverings (HiGHS); resistivities never enter it, and no "big M" does.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .program import Program
from .result import Correction

__all__ = ["Consistent", "Inconsistent", "explore", "ranked", "shrunk"]

#: Of how many corrections of one size it is asked how far their rows lie from the ends of their intervals.
COMPARED = 24
#: Rows -> multipliers that prove that they cannot hold together, empty where they can.
Oracle = Callable[[Collection[str]], Mapping[str, float]]


@dataclass(frozen=True)
class Inconsistent:
    """A set of rows that cannot hold together, though all but any one of them can; with its proof."""

    rows: tuple[str, ...]
    multipliers: Mapping[str, float]


@dataclass(frozen=True)
class Consistent:
    """A set of rows that can hold together, with which no further one can; and the others."""

    rows: tuple[str, ...]
    without: tuple[str, ...]


def shrunk(oracle: Oracle, names: Iterable[str], proof: Mapping[str, float]) -> Inconsistent:
    """Return a minimal conflicting set within an inconsistent one (deletion filter)."""
    kept = _used(names, proof)
    for name in tuple(kept):
        if name in kept and (shorter := oracle([other for other in kept if other != name])):
            kept, proof = _used([other for other in kept if other != name], shorter), shorter
    return Inconsistent(tuple(kept), proof)


def _used(names: Iterable[str], proof: Mapping[str, float]) -> list[str]:
    """The rows that a proof needs."""
    needed = {label.rpartition(" ")[0] for label in proof}
    return [name for name in names if name in needed]


def explore(
    oracle: Oracle, names: Sequence[str], until: float = float("inf"), most_without: int | None = None
) -> Iterator[Inconsistent | Consistent]:
    """Find all minimal conflicting sets and all maximal consistent ones, the largest of these first.

    Parameters
    ----------
    oracle : callable
    names : sequence of str
    until : float
        Time (``time.monotonic``) at which to stop.
    most_without : int, optional
        Stop where consistent sets would leave out more rows than this.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    if not names:
        yield Consistent((), ())
        return
    ordered = sorted(names)  # what is found must not depend on the order in which a paper was typed in
    place = {name: k for k, name in enumerate(ordered)}
    lines: list[np.ndarray] = []
    lows: list[float] = []
    while time.monotonic() < until:
        constraints = [LinearConstraint(np.array(lines), np.array(lows))] if lines else []
        found = milp(
            -np.ones(len(ordered)), integrality=np.ones(len(ordered)), bounds=Bounds(0, 1), constraints=constraints
        )
        if found.x is None:
            return
        seed = [name for name, value in zip(ordered, found.x, strict=True) if value > 0.5]
        if most_without is not None and len(ordered) - len(seed) > most_without:
            return
        line = np.zeros(len(ordered))
        if proof := oracle(seed):
            conflict = shrunk(oracle, seed, proof)
            line[[place[name] for name in conflict.rows]] = -1.0
            lows.append(1.0 - len(conflict.rows))
            yield conflict
        else:
            without = tuple(name for name in ordered if name not in set(seed))
            yield Consistent(tuple(seed), without)
            if not without:
                return
            line[[place[name] for name in without]] = 1.0
            lows.append(1.0)
        lines.append(line)


def ranked(program: Program, chances: Mapping[str, float], sets: Sequence[tuple[str, ...]]) -> tuple[Correction, ...]:
    """Return the smallest of some sets of rows without which the others can hold together, the likeliest first.

    Where the chances do not decide, those come first that leave the others furthest from the ends of their intervals:
    what is true lies inside, a wrong explanation is squeezed in.

    Parameters
    ----------
    program : Program
    chances : mapping
        Of every row, that it is wrong.
    sets : sequence of tuple of str
    """
    fewest = min(map(len, sets), default=0)
    found = []
    for rows in sets:
        if len(rows) == fewest:
            odds = sum(math.log(chances[name] / (1 - chances[name])) for name in rows)
            found.append(Correction(rows, fewest, odds))
    rooms = {}
    for one in found[:COMPARED] if len(found) > 1 else ():
        kept, low, high = [row.name for row in program.rows if row.name not in one.rows], 0.0, 1.0
        for _ in range(7):
            middle = (low + high) / 2
            low, high = (low, middle) if program.narrowed(middle).contradiction(kept) else (middle, high)
        rooms[one.rows] = low
    return tuple(sorted(found, key=lambda one: (-one.odds, -rooms.get(one.rows, 0.0), one.rows)))
