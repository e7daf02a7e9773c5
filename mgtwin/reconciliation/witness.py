r"""Parameters that satisfy rows: sought with the closed forms of the whole cell, believed only when simulated.

A run of which readouts ask numbers instead of unknowns answers from the exact impedance: :math:`V/i(t)` of a step from
the inverse of :math:`Y(s)/s`, at the end of the protocol's duration, too, so that nothing is called steady that is not.
Residuals are the decades by which a row misses its interval, narrowed by a hundredth so that the end lies inside.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..analysis.metrics import Measure
from ..campaign.judge import FAULTS, Simulated, read, told
from ..campaign.spread import propagate
from ..cells import Cell
from ..errors import InputError
from ..experiments import Run
from ..regression import least_squares
from ..simulation import simulate
from .numeric import NumericRun
from .result import Aged
from .rows import ObservedRow
from .sharing import Free, Parameter
from .unknowns import Unknowns

__all__ = ["Search", "Witness", "sought", "vain"]

Reals = NDArray[np.float64]
#: Results by run and the numbers of its free parameters; what went wrong where it could not be simulated.
Known: TypeAlias = dict[tuple[Run, tuple[float, ...]], Simulated | str]
#: Share of an interval that a witness keeps from either end, in the logarithm.
INSIDE = 0.01
#: Lower end of what may be zero, over its upper end: logarithms need one.
SMALL = 1e-9
#: Decades by which a relation may be missed: two searched numbers are never the same to the last digit.
EQUAL = 1e-6
#: Drawn points of which the best are starts.
DRAWN = 64


@dataclass(frozen=True)
class Witness:
    """Parameters that satisfy rows.

    Attributes
    ----------
    parameters : mapping of str to float
        [SI]
    cells : mapping of str to Cell
        By cell, overlays and temperature.
    values : mapping of str to float
        Of the rows, each as the campaign reads it off a simulation; of several temperatures the one that misses most.
    outside : tuple of str
        Rows that the simulation does not satisfy.
    unread : mapping of str to str
        Those among them of which no number was got, and why.
    aged : tuple of Aged
        What the rows say that are read on cells that age, with each ageing; the first satisfies most of them, and what
        is said above is with it.
    complete : bool
        Whether time was left to simulate everything.
    search : Search
    point : ndarray
        Logarithms of the parameters.
    """

    parameters: Mapping[str, float]
    cells: Mapping[str, Cell]
    values: Mapping[str, float]
    outside: tuple[str, ...]
    unread: Mapping[str, str]
    aged: tuple[Aged, ...]
    complete: bool
    search: Search
    point: Reals


class Search:
    """Seeks parameters that satisfy rows.

    Parameters
    ----------
    free : Free
    rows : sequence of ObservedRow
        Those with a closed form that a free parameter moves are sought; the others stay as the cells have them.
    ageings : sequence of str
        Overlays of ageing, ``""`` for none, with each of which the rows are simulated whose experiments try it.
    """

    def __init__(self, free: Free, rows: Sequence[ObservedRow], ageings: Sequence[str] = ("",)) -> None:
        unknowns = Unknowns(free)
        fresh = [row for row in rows if not row.ageings]
        aged = {name: [older for row in rows if row.ageings and (older := row.aged(name))] for name in ageings}
        #: Rows on cells that do not age, and with each ageing those of experiments that try it.
        self.rows, self.aged = fresh, {name: some for name, some in aged.items() if some}
        rows = [*fresh, *(row for some in aged.values() for row in some)]
        self.runs: dict[Run, NumericRun] = {}
        self.places: dict[Run, dict[str, int]] = {}
        self.start: dict[tuple[str, tuple[str, ...]], float] = {}
        bounds: dict[tuple[str, tuple[str, ...]], tuple[float, float]] = {}
        for run in dict.fromkeys(run for row in rows for run in (*row.runs, *row.references)):
            self.runs[run] = NumericRun(unknowns, run, run.build())
            self.places[run] = {}
            for item in self.runs[run].asked[0]:
                self.start.setdefault((item.path, item.factors), float(self.runs[run].cell.get(item.path)))
                low, high = bounds.get((item.path, item.factors), (0.0, math.inf))
                bounds[item.path, item.factors] = max(low, item.low), min(high, item.high)
                self.places[run][item.path] = list(bounds).index((item.path, item.factors))
        self.parameters = [Parameter(*key, *ends) for key, ends in bounds.items()]
        for item in self.parameters:
            if not item.low < item.high:
                raise InputError(f"{item}: the cells that share it have ranges that do not meet; give bounds.")
        #: The numbers that the cells have: what no row moves stays there.
        self.own = np.log10([max(value, SMALL) for value in self.start.values()])
        self.low = np.log10([max(item.low, SMALL * item.high) for item in self.parameters])
        self.high = np.log10([item.high for item in self.parameters])
        self.forms = [
            row
            for row in fresh
            if row.observation.measure and row.observation.measure.declaration.linear
            if any(self.places[run] for run in row.runs)
        ]
        known = [(run, one.cell, one.asked[0]) for run, one in self.runs.items()]
        place = {key: k for k, key in enumerate(bounds)}
        #: Pairs of places of which the first is at most the second times ten to the third.
        self.related = [
            (place[one.key], place[other.key], math.log10(factor))
            for relation in free.relations
            for one, other, factor in relation.pairs(known)
        ]
        #: Names of rows that a free parameter moves, and parameters that move nothing with a closed form.
        self.moved = {row.name for row in rows for run in (*row.runs, *row.references) if self.places[run]}
        seen = {k for row in self.forms for run in (*row.runs, *row.references) for k in self.places[run].values()}
        seen.update(k for one, other, _ in self.related for k in (one, other))
        self.idle = [k for k in range(len(self.parameters)) if k not in seen]

    def at(self, points: Reals) -> dict[Run, NumericRun]:
        """Return the runs at points side by side."""
        known: dict[tuple[str, str, float], Reals] = {}
        shared: dict[tuple[str, str], dict[str, Reals]] = {}
        found = {}
        for run, base in self.runs.items():
            values = {path: 10 ** points[:, k] for path, k in self.places[run].items()}
            found[run] = NumericRun(base.unknowns, run, base.cell, values, known, shared)
            vars(found[run])["asked"] = base.asked
        return found

    def residuals(self, points: Reals) -> Reals:
        """Decades by which the rows with a closed form miss their intervals, for points side by side."""
        at = self.at(points)
        missed = [_decades_outside(one, *row.interval) for row in self.forms for one in self.values(row, at)]
        missed += [
            np.maximum(points[:, one] - points[:, other] - decades - EQUAL, 0.0) for one, other, decades in self.related
        ]
        missed += [run.unsteady() for run in at.values() if run.duration is not None]
        return np.column_stack(missed or [np.zeros((len(points), 0))])

    def values(self, row: ObservedRow, at: Mapping[Run, NumericRun]) -> list[Reals]:
        """Return the numbers of a row in closed form: over temperatures, and over the window of sampling times."""
        measure, found = row.observation.measure, []
        assert measure is not None and measure.declaration.linear is not None
        given = {key: item for key, item in measure.arguments.items() if not key.startswith("to_")}
        times: list[dict[str, float]] = [{}]
        if row.plateau is not None:  # inside over the whole window of sampling times, and not at one of them
            width = 10 ** (float(row.observation.window or 0.0) / 2)
            times += [{"sampled_at": row.plateau * factor} for factor in (1 / width, width)]
        for k, run in enumerate(row.runs):
            other = at[row.references[k]] if row.references else None
            for changed in times:
                form = measure.declaration.linear(at[run], other, False, **{**given, **changed})
                value = np.asarray(form.numerator.constant) / np.asarray(form.denominator.constant)
                found.append(form.factor[0] * value)
        return found

    def found(self, points: Reals, until: float) -> Reals | None:
        """Return a point at which all rows with a closed form hold, None where none was found from these."""
        missed = (self.residuals(points) ** 2).sum(axis=1)
        for k in np.argsort(missed):
            if missed[k] == 0:  # nothing to seek, also where no row has a closed form
                return np.asarray(points[k])
            if time.monotonic() > until:
                return None
            try:
                bounds = self.low, self.high
                end = least_squares(self._at, self._jacobian, points[k], bounds, max_evaluations=60).x
            except FloatingPointError:
                continue
            if not self.residuals(end[None])[0].any():
                return np.asarray(end)
        return None

    def _at(self, x: Reals) -> Reals:
        return np.asarray(self.residuals(x[None])[0])

    def _jacobian(self, x: Reals) -> Reals:
        step = 1e-5
        points = np.clip(x + np.vstack([np.zeros(x.size), step * np.eye(x.size)]), self.low, self.high + step)
        values = self.residuals(points)
        return np.asarray((values[1:] - values[0]).T / step)

    def simulated(self, point: Reals, until: float = math.inf, known: Known | None = None) -> Witness:
        """Simulate every run at a point, and read every row as the campaign does.

        Parameters
        ----------
        point : ndarray
        until : float
            Time (``time.monotonic``) after which no simulation begins.
        known : dict, optional
            What was simulated before; what is simulated is added.
        """
        known = {} if known is None else known
        cells, unread = dict[Run, Cell](), dict[str, str]()
        values, outside = self._read(self.rows, point, until, known, cells, unread)
        aged = [
            (Aged(name, *self._read(some, point, until, known, mine, unread)), mine)
            for name, some in self.aged.items()
            for mine in [dict[Run, Cell]()]
        ]
        aged.sort(key=lambda item: (len(item[0].outside), -len(item[0].values)))
        for best, mine in aged[:1]:
            values, outside, cells = {**values, **best.values}, (*outside, *best.outside), {**cells, **mine}
        named = {str(item): float(10**value) for item, value in zip(self.parameters, point, strict=True)}
        complete = time.monotonic() < until
        built = {self.runs[run].name: cell for run, cell in cells.items()}
        return Witness(named, built, values, outside, unread, tuple(item for item, _ in aged), complete, self, point)

    def _simulate(self, run: Run, point: Reals, until: float, known: Known) -> tuple[Cell, Simulated | str | None]:
        """Return the cell of a run, and its result or what went wrong; None where there was no time."""
        base = self.runs[run]
        changes = dict[str | tuple[str, ...], float](base.asked[1].items())
        changes.update({path: float(10 ** point[k]) for path, k in self.places[run].items()})
        cell, key = base.cell.with_(changes), (run, tuple(changes.values()))
        if key not in known and time.monotonic() < until:
            try:
                known[key] = Simulated(run, simulate(cell, run.protocol))
            except FAULTS as error:  # a cell that cannot be simulated shows nothing of what was observed
                known[key] = told(error)
        return cell, known.get(key)

    def _read(
        self,
        rows: Sequence[ObservedRow],
        point: Reals,
        until: float,
        known: Known,
        cells: dict[Run, Cell],
        unread: dict[str, str],
    ) -> tuple[dict[str, float], tuple[str, ...]]:
        """Return the numbers of rows and those outside; what there was no time to simulate is in neither."""
        values, outside, data = dict[str, float](), list[str](), dict[Run, Simulated]()
        failed: dict[Run, str] = {}
        for run in dict.fromkeys(run for row in rows for run in (*row.runs, *row.references)):
            cells[run], result = self._simulate(run, point, until, known)
            match result:
                case Simulated():
                    data[run] = result
                case str():
                    failed[run] = result
        for row in rows:
            asked = (*row.runs, *row.references)
            broken = next((failed[run] for run in asked if run in failed), None)
            if broken is None and not data.keys() >= set(asked):
                continue
            try:
                if broken is not None:
                    raise InputError(broken)
                numbers, decades = self._numbers(row, data, cells)
            except FAULTS as error:
                outside.append(row.name)
                unread[row.name] = str(error)
                continue
            missed = [float(_decades_outside(np.array([one]), *row.interval, 0.0)[0]) for one in numbers]
            values[row.name] = numbers[int(np.argmax(missed))]
            if max(missed) > 0 or decades < float(row.observation.window or 0.0):
                outside.append(row.name)
        return values, tuple(outside)

    @staticmethod
    def _numbers(
        row: ObservedRow, data: Mapping[Run, Simulated], cells: Mapping[Run, Cell]
    ) -> tuple[list[float], float]:
        """The numbers of a row, and over how many decades of sampling times they stay."""
        measure = row.observation.measure
        assert measure is not None
        # the row knows what it is compared with, so that nobody has to look for it by overlays
        own = Measure(measure.name, {key: one for key, one in measure.arguments.items() if key[:3] != "to_"})
        others = [Simulated(run, data[other].data) for run, other in zip(row.runs, row.references, strict=False)]
        found = read(row.observation, own, [data[run] for run in row.runs], others)
        numbers = list(map(float, found))
        for k, run in enumerate(row.runs if row.observation.propagate else ()):
            # what the stated uncertainties of numbers that are not free reach, the nearest to what was observed
            reached = propagate(own, cells[run], found[k].numbers, row.observation.propagate)
            numbers[k] = float(np.clip(np.clip(numbers[k], *row.interval), reached.low, reached.high))
        return numbers, min(one.numbers.get("decades", math.inf) for one in found)


def _decades_outside(value: Reals, low: float, high: float, inside: float = INSIDE) -> Reals:
    """How far numbers lie outside an interval, in decades where its ends have a sign; NaN is far outside."""
    if high <= 0 and low < 0:  # between negative numbers, as between their sizes
        value, low, high = -value, -high, -low
    if low > 0 and high < math.inf:
        keep = (high / low) ** inside
        low, high = low * keep, high / keep
    size = np.log10(np.maximum(value, 1e-30))
    below = np.log10(low) - size if low > 0 else np.zeros_like(size)
    above = size - np.log10(high) if 0 < high < math.inf else np.zeros_like(size)
    if low <= 0 and np.isfinite(low):
        below = np.maximum(low - value, 0.0) if low < 0 else np.maximum(-value, 0.0)
    return np.where(np.isnan(value), 30.0, np.maximum(np.maximum(below, above), 0.0))


def vain(free: Free, rows: Sequence[ObservedRow], near: Witness, until: float) -> int:
    """Seek parameters that satisfy rows from those of the cells and from a witness of others, without simulating.

    Returns
    -------
    int
        From how many starts they were sought in vain; 0 where they were found, or time ended.
    """
    search = Search(free, rows)
    known = dict(zip((item.key for item in near.search.parameters), near.point, strict=True))
    other = [known.get(item.key, own) for item, own in zip(search.parameters, search.own, strict=True)]
    points = np.clip(np.vstack([search.own, other]), search.low, search.high)
    return 0 if search.found(points, until) is not None or time.monotonic() > until else len(points)


def sought(
    free: Free,
    rows: Sequence[ObservedRow],
    until: float,
    seed: int,
    tries: int = 3,
    ageings: Sequence[str] = ("",),
    known: Known | None = None,
) -> tuple[Witness | None, int]:
    """Seek parameters that satisfy rows, and simulate them, with each ageing where experiments try it.

    Returns
    -------
    (Witness or None, int)
        That with the fewest rows outside, None where none was found; and from how many starts it was sought.
    """
    from scipy.stats import qmc

    search, starts, known = Search(free, rows, ageings), 0, {} if known is None else known
    best: Witness | None = None
    draw = qmc.Sobol(max(len(search.parameters), 1), seed=seed)
    for attempt in range(tries):
        points = search.low + (search.high - search.low) * draw.random(DRAWN)[:, : len(search.parameters)]
        points[:, search.idle] = np.clip(search.own, search.low, search.high)[search.idle]
        if attempt == 0:
            points = np.clip(search.own, search.low, search.high)[None]
        starts += len(points)
        point = search.found(points, until)
        if point is not None:
            witness = search.simulated(point, until, known)
            if best is None or len(witness.outside) < len(best.outside):
                best = witness
            if not search.moved & set(best.outside):  # what no parameter moves no other start would satisfy
                break
        if time.monotonic() > until:
            break
    return best, starts
