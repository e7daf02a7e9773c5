r"""A run in time as the numbers that count of it, and cut into stretches under one current or one voltage.

Of every stretch under one current the voltage at its end counts, and where the current jumps the ohmic step,
:math:`R = \Delta V/\Delta I` between the samples before and after: a whole trace would repeat one error of the model as
often as there are samples. Under an imposed voltage the current at the end counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..protocols import Segment
from ..protocols.segments import CurrentRamp, VoltageRamp, amperes
from .evidence import Moment, Usage, moment_of
from .intake import NO_CURRENT

if TYPE_CHECKING:
    import xarray as xr

    from ..cells import Cell

__all__ = ["Record", "Traces", "record", "stretches_of"]

Reals = NDArray[np.float64]

#: Change of the current relative to the largest one from which a new stretch begins.
JUMP = 0.02
#: The same of what is held within a stretch.
HELD = 0.01
#: Digits of a duration that count: runs that differ by less are integrated together.
DIGITS = 4
#: First sample after a jump, relative to the stretch, at the earliest: before it a model is not asked, nor after half.
SOONEST = 1e-6
#: What a run is made of.
KEYS = ("time", "voltage", "current")
#: What a voltage is read to at best [V], and the relative noise of a voltage at which it begins to matter.
FLOOR, RESOLVED = 1e-5, 0.01


#: Attributes of a part of a run: from which time on its numbers count [s], earlier ones being what went before; and the
#: current of the whole beside which another one is none [A].
COUNTED_FROM, LARGEST = "counted_from", "largest_current"
#: Part of the current of a cycle beside which noise is told from a current, and around one for a wrong unit.
BESIDE, UNIT = 0.1, 0.1


@dataclass(frozen=True)
class Traces:
    """Samples of a run that are numbers, which `rows` they are, and the current that others are held against [A]."""

    time: Reals
    voltage: Reals
    current: Reals
    rows: NDArray[np.intp]
    largest: float

    @classmethod
    def of(cls, dataset: xr.Dataset, name: str, largest: float = 0.0) -> Traces:
        """Those of a Dataset.

        Raises
        ------
        InputError
            Time goes back, or does not pass.
        """
        if "current" not in dataset:
            raise InputError(
                f"{name} has no current, and a voltage alone says nothing: mt.read(..., current='-10 uA') where it "
                f"is one and the same, or ds.assign(current=('time', ...)) [A]."
            )
        traces = np.array([np.asarray(dataset[key].values, dtype=float).ravel() for key in KEYS])
        rows = np.flatnonzero(np.isfinite(traces).all(axis=0))
        time, voltage, current = traces[:, rows]
        back = np.flatnonzero(np.diff(time) < 0)
        if back.size:
            raise InputError(
                f"{name}: its time goes back from {time[back[0]]:g} to {time[back[0] + 1]:g} s, at sample "
                f"{rows[back[0] + 1] + 1}. Give what was measured one after the other one by one."
            )
        if time.size < 2 or time[-1] == time[0]:
            raise InputError(
                f"{name}: a run in time needs two samples at least, at two times, and of its {traces.shape[1]} samples "
                f"{time.size} have a time, a voltage and a current that are numbers."
            )
        most = max(np.max(np.abs(current)), largest, float(dataset.attrs.get(LARGEST, 0.0)))
        return cls(time, voltage, current, rows, float(most))

    @property
    def stretches(self) -> list[tuple[int, int]]:
        """First sample of each stretch under one current or one voltage, and the first one after it."""
        i, v = self.current, self.voltage
        cuts = np.flatnonzero(np.abs(np.diff(i)) > JUMP * self.largest) + 1
        held = np.ptp(v) <= HELD * np.max(np.abs(v))
        found = [*pairwise([0, *([] if held else cuts), self.time.size])]
        # what was stopped just after it had switched says nothing of what it switched to
        found = found[:-1] if len(found) > 1 and found[-1][0] == self.time.size - 1 else found
        before = [self.time[0], *(self.time[stop - 1] for _, stop in found)]
        return [
            (first, stop) for (first, stop), begun in zip(found, before, strict=False) if self.time[stop - 1] > begun
        ]


@dataclass(frozen=True)
class Record:
    """A run as the numbers that count of it.

    Attributes
    ----------
    segments : tuple of Segment
        What was done, in stretches under one current or one voltage; their times are the beginning, the first sample
        after it and the end.
    first : tuple of int
        Which of its times the first sample has: 0 where it shows the beginning itself, -1 where it has none of them.
    counted : int
        The first stretch whose numbers count; those before it are what went before.
    data : ndarray
        The voltage or current at the end of each stretch, then the ohmic step at each jump of an imposed current.
    scale : ndarray
        What the noise is relative to.
    """

    segments: tuple[Segment, ...]
    first: tuple[int, ...]
    counted: int
    data: Reals
    scale: Reals

    @property
    def ends(self) -> tuple[int, ...]:
        """Stretches whose end counts."""
        return tuple(range(self.counted, len(self.segments)))

    @property
    def jumps(self) -> tuple[int, ...]:
        """Stretches that begin with a jump of an imposed current, and were read when a model can be asked.

        Not the first one that counts: what lies before it is of another moment, and the cell may have broken between.
        """
        imposed = [segment.control.imposes_voltage for segment in self.segments]
        found = range(self.counted + 1, len(imposed))
        return tuple(k for k in found if self.first[k] >= 0 and not (imposed[k - 1] or imposed[k]))

    @property
    def alike(self) -> object:
        """Runs that are equal in this are integrated side by side."""
        return self.first, tuple((segment.times, segment.control.imposes_voltage) for segment in self.segments)

    def numbers(self, voltage: Reals, current: Reals) -> Reals:
        """The numbers that count, of traces (stretches, (beginning, first sample, end), ...)."""
        ends = [(current if self.segments[k].control.imposes_voltage else voltage)[k, 2] for k in self.ends]
        steps = [
            (voltage[k, first] - voltage[k - 1, 2]) / (current[k, first] - current[k - 1, 2])
            for k, first in ((k, self.first[k]) for k in self.jumps)
        ]
        return np.array([*ends, *steps])


def record(dataset: xr.Dataset, name: str) -> Record:
    """Cut a run where what is imposed jumps.

    Raises
    ------
    InputError
        Neither current nor voltage is held, time goes back, or there are no two samples.
    """
    traces = Traces.of(dataset, name)
    time, voltage, current, largest = traces.time, traces.voltage, traces.current, traces.largest
    begun, found, samples = float(time[0]), list[Segment](), list[tuple[int, int]]()
    firsts, counted = list[int](), 0
    for first, stop in traces.stretches:
        duration = float(f"{time[stop - 1] - begun:.{DIGITS}g}")
        i, v = current[first:stop], voltage[first:stop]
        control: CurrentRamp | VoltageRamp
        if i.size > 1 and np.ptp(i) <= HELD * largest:
            control = CurrentRamp(float(np.mean(i)) * (abs(np.mean(i)) > NO_CURRENT * largest))
        elif i.size > 1 and np.ptp(v) <= HELD * np.max(np.abs(v)):
            control = VoltageRamp(float(np.mean(v)))
        else:
            raise InputError(
                f"{name}: neither current nor voltage is held between {begun:.4g} and {time[stop - 1]:.4g} s: a twin "
                f"takes half cycles, steps of voltage and rests; other runs are for mt.fit."
            )
        gap = float(f"{time[first] - begun:.{DIGITS}g}")
        soon = min(max(gap, SOONEST * duration), 0.5 * duration)
        firsts.append(0 if gap == 0 else 1 if soon == gap else -1)
        counted += bool(time[first] < dataset.attrs.get(COUNTED_FROM, -np.inf))
        found.append(Segment(control, duration, (0.0, soon, duration), step=len(found)))
        samples.append((first, stop - 1))
        begun = float(time[stop - 1])
    at = np.array([(first, first, last) for first, last in samples])
    made = Record(tuple(found), tuple(firsts), counted, np.zeros(0), np.zeros(0))
    data = made.numbers(voltage[at], current[at])
    steps = [abs(float(np.ptp(current[at[k - 1 : k + 1, 1:]]))) for k in made.jumps]
    floors = [
        FLOOR * (largest / max(np.max(np.abs(voltage)), FLOOR) if found[k].control.imposes_voltage else 1.0)
        for k in made.ends
    ]
    scale = np.hypot(data, np.array([*floors, *(FLOOR / step for step in steps)]) / RESOLVED)
    return replace(made, data=data, scale=scale)


def stretches_of(
    dataset: xr.Dataset, name: str, at: Moment | None, usage: Usage, cell: Cell
) -> list[tuple[xr.Dataset, str, Moment]]:
    """Cut a run into its stretches, each with the one before it, and say when each ended.

    The voltage of an older cell is not that of a younger one: each stretch has a moment of its own. `at` is when all of
    it ended; the charge says how many cycles, or which part of one, a stretch ended before that.

    Raises
    ------
    InputError
        Nobody says when it was measured; its charge or its current is not what the usage of the cell can have been.
    """
    current, cycle = 0.0, np.inf
    if usage.cycling is not None:
        current = abs(amperes(usage.cycling.current, cell))
        cycle = 2 * current * float(usage.cycling.half_cycle)
    traces, done = Traces.of(dataset, name, BESIDE * current), moment_of(dataset, at, name)
    whole = dataset.assign_attrs({LARGEST: traces.largest})
    record(whole, name)  # what nothing is held in is said first
    time, stretches = traces.time, traces.stretches
    most = float(np.max(np.abs(traces.current)))
    ratio = most / current if current else 1.0
    if most and abs(abs(np.log10(ratio)) - 3) < UNIT:
        raise InputError(
            f"{name}: {most:.3g} A flow, {'1000 times' if ratio > 1 else '1/1000 of'} the current of a cycle of this "
            f"twin ({current:.3g} A): one of the two is in another unit. For a file: mt.read(..., "
            f"columns={{'current': 'I:mA'}})."
        )
    # a file says when it began
    ended = None if done.time is None else float(done.time) + (float(time[-1]) if at is None else 0.0)
    charge = np.concatenate([[0.0], np.cumsum(np.diff(time) * np.abs(traces.current[1:]))])
    left = np.round((charge[-1] - charge) / cycle, 9)
    if done.cycle is not None and len(stretches) > 1 and left[0] > done.cycle + 1:
        raise InputError(
            f"{name} moves the charge of {left[0]:.3g} cycles, but is said to have ended after {done.cycle:g}: at= is "
            f"when a run ended, use= what a cycle is."
        )
    found = []
    for k, (first, stop) in enumerate(stretches):
        part, label = whole, name
        if len(stretches) > 1:
            begin = traces.rows[stretches[max(k - 1, 0)][0]]
            part = whole[["voltage", "current"]].isel(time=slice(begin, traces.rows[stop - 1] + 1))
            part, label = part.assign_attrs({COUNTED_FROM: float(time[first])}), f"{name} ({k + 1} of {len(stretches)})"
        moment = Moment(
            cycle=None if done.cycle is None else max(round(done.cycle - float(left[stop - 1]), 9), 0.0),
            time=None if ended is None else max(ended - float(time[-1] - time[stop - 1]), 0.0),
        )
        found.append((part, label, moment))
    return found
