"""Galvanostatic cycling: what is done in every cycle, what is kept of it, and which cycles are skipped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from ..errors import InputError
from ..kinds.noun import noun
from .base import CurrentValue, Duration, Runner, Temperature, TransientProtocol, Written, protocol
from .eis import EIS
from .limits import VoltageLimits, limits_of
from .segments import CurrentRamp, Segment, amperes, mixed_times

if TYPE_CHECKING:
    import xarray as xr

    from ..cells import Cell

#: Output points of a rest.
REST_POINTS = 6
#: Output points that a run keeps unless it is told which cycles to keep: 90 cycles of 20 points per half cycle.
MOST_POINTS = 5000


@noun
class Every(Written):
    """Every n-th cycle, from cycle 0 on, and the last one.

    Parameters
    ----------
    number : int

    Examples
    --------
    >>> Every(10).among(range(25))
    (0, 10, 20, 24)
    """

    number: int = Field(ge=1)
    type: Literal["every"] = Field(default="every", kw_only=True, repr=False)

    def among(self, cycles: range) -> tuple[int, ...]:
        """The cycles chosen of those that a run goes through."""
        # The last one too: what a run ended with is what is asked for most.
        return tuple(n for n in cycles if n % self.number == 0 or n == cycles[-1])


@noun
class CycleSkipping(Written):
    """Cycles are left out where the ageing states change so evenly that their sum over many cycles is known.

    From increments per cycle, measured in a few cycles that are resolved, the ageing states are carried over the cycles
    between them: a multirate Heun scheme whose embedded error estimate chooses how many to skip (theory.md §7).
    Nothing is skipped while a voltage limit ends half cycles, and in a cell without ageing all that is skipped is time.

    Parameters
    ----------
    rtol : float
        Error of the ageing states allowed per jump, relative to each state.
    longest : int
        Most cycles left out in one jump.

    Examples
    --------
    >>> CycleSkipping(rtol=1e-4).longest
    1000
    """

    rtol: float = Field(default=1e-3, gt=0, lt=1)
    longest: int = Field(default=1000, ge=1)
    type: Literal["cycle_skipping"] = Field(default="cycle_skipping", kw_only=True, repr=False)


@protocol
class Cycling(TransientProtocol):
    """Galvanostatic cycling with equal half cycles.

    The result summarises every cycle, over the dimension ``cycle``, and keeps traces over ``time`` of the cycles that
    `traces` names. Cycles are numbered from `first_cycle`, times from 0. A run that was interrupted goes on with what
    is left of it, ``simulate(cell, protocol.after(run), start=run)``, to the same result as in one go.

    Parameters
    ----------
    current : float or str
        Current of the first half cycle in the laboratory's sign ([A] or a current density): negative deposits at the
        working electrode, positive strips it. The second half cycle has the opposite sign.
    half_cycle : float or str
        Duration of a half cycle [s].
    cycles : int
    rest : float or str, optional
        Rest after each half cycle [s].
    limits : (low, high), optional
        Voltages [V] that end a half cycle early.
    points : int
        Output points per half cycle.
    temperature : float or str, optional
        [K]
    traces : Every or tuple of int, optional
        Cycles whose traces are kept, ``()`` for none. By default all, or where they would make more than 5000 points
        every n-th and the last one, so that memory does not grow with the number of cycles.
    probe : EIS, optional
        Spectrum taken at the end of every `every`-th cycle, of the state held as it is.
    every : int
        Cycles between spectra: taken when this many, twice as many, ... cycles are done.
    probe_rest : float or str, optional
        Rest before each spectrum [s]. It belongs to the run: the next cycle starts from the rested cell. (The spectrum
        itself changes nothing.)
    skipping : CycleSkipping, optional
        Leave cycles out where ageing allows; by default every cycle is resolved.
    first_cycle : int
        Number of the first cycle: how many were done before.

    Examples
    --------
    >>> Cycling("-10 uA", "1 h", cycles=90).cycles
    90
    >>> Cycling("-10 uA", "1 h", cycles=1000, traces=Every(100), probe=EIS(1e6, 0.1), every=50).traced()[:3]
    (0, 100, 200)
    """

    current: CurrentValue
    half_cycle: Duration
    cycles: int = Field(ge=1)
    rest: Duration | None = None
    limits: VoltageLimits | None = None
    points: int = Field(default=20, ge=2)
    temperature: Temperature | None = None
    traces: Every | tuple[int, ...] | None = Field(default=None, kw_only=True)
    probe: EIS | None = Field(default=None, kw_only=True)
    every: int = Field(default=10, ge=1, kw_only=True)
    probe_rest: Duration | None = Field(default=None, kw_only=True)
    skipping: CycleSkipping | None = Field(default=None, kw_only=True)
    first_cycle: int = Field(default=0, ge=0, kw_only=True)
    drawn: ClassVar = "cycles"
    imposed: ClassVar = "current"

    @field_validator("traces", mode="before")
    @classmethod
    def _listed(cls, raw: object) -> object:
        """Any kind of list, also a range."""
        match raw:
            case str() | Mapping():
                return raw
            case Iterable():
                return tuple(int(n) for n in raw)
        return raw

    @model_validator(mode="after")
    def _sensible(self) -> Cycling:
        if self.current == 0:
            raise InputError("the current of a cycle must not be zero: use Rest.")
        absent = [n for n in self.traced() if n not in self.numbers]
        if absent:
            raise InputError(
                f"traces: there is no cycle {absent[0]}; cycles are numbered {self.numbers[0]} to {self.numbers[-1]}."
            )
        if self.probe is None and self.probe_rest is not None:
            raise InputError("probe_rest is the rest before a spectrum: give probe=EIS(...), too, or use rest.")
        # what is left of an interrupted run may end before the next spectrum; a whole one that takes none is a mistake
        if self.probe is not None and not self.first_cycle and self.every > self.cycles:
            raise InputError(
                f"probe: a spectrum after every {self.every} cycles is none in {self.cycles}: give every=1, or at most "
                f"every={self.cycles}."
            )
        if self.probe is not None and (self.probe.bias is not None or self.probe.temperature is not None):
            raise InputError("the probe takes the state as it is: leave bias and temperature of its EIS out.")
        return self

    @property
    def numbers(self) -> range:
        """Numbers of the cycles."""
        return range(self.first_cycle, self.first_cycle + self.cycles)

    def traced(self) -> tuple[int, ...]:
        """Numbers of the cycles whose traces are kept."""
        match self.traces:
            case tuple():
                return tuple(sorted(set(self.traces)))
            case None:
                # Every half cycle has its first output time, too.
                points = 2 * (self.points + 1 + (0 if self.rest is None else REST_POINTS + 1))
                return Every(max(int(np.ceil(self.cycles * points / MOST_POINTS)), 1)).among(self.numbers)
            case every:
                return every.among(self.numbers)

    def probed(self, number: int) -> bool:
        """Whether a spectrum is taken at the end of a cycle."""
        return self.probe is not None and (number + 1) % self.every == 0

    def one_cycle(self, cell: Cell, number: int = 0) -> tuple[Segment, ...]:
        """The two stretches of a cycle, or four with rests."""
        # Times are made once and shared by both halves: that they are equal is what lets cycles be compared.
        current, half, limits = amperes(self.current, cell), float(self.half_cycle), limits_of(self.limits)
        times = mixed_times(half, self.points)
        result: list[Segment] = []
        per_cycle = 2 if self.rest is None else 4
        for k, sign in enumerate((1, -1)):
            # Numbered through all cycles, so that a step is found without its cycle.
            step = per_cycle * number + len(result)
            result.append(Segment(CurrentRamp(sign * current), half, times, number, step, limits, 2 * number + k))
            if self.rest is not None:
                pause = float(self.rest)
                result.append(Segment(CurrentRamp(0.0), pause, mixed_times(pause, REST_POINTS), number, step + 1))
        return tuple(result)

    def distinct_segments(self, cell: Cell) -> tuple[Segment, ...]:
        """Those of one cycle: the others are like them."""
        return self.one_cycle(cell)

    def segments(self, cell: Cell) -> tuple[Segment, ...]:
        """Two stretches per cycle, or four with rests."""
        return tuple(segment for number in self.numbers for segment in self.one_cycle(cell, number))

    def after(self, run: xr.Dataset) -> Cycling:
        """What is left of this protocol after a run of it that was interrupted or failed.

        Raises
        ------
        InputError
            The run summarises no cycles, or all of them are done.
        """
        if "cycle" not in run.dims:
            raise InputError("after: this Dataset has no dimension 'cycle': give the run of a Cycling protocol.")
        # Numbers go on from those of the run, which may itself have gone on from another.
        done = int(run["cycle"].values[-1]) + 1
        if done not in self.numbers:
            raise InputError(
                f"after: {done} cycles are done, and the protocol goes from cycle {self.numbers[0]} to "
                f"{self.numbers[-1]}: nothing is left of it."
            )
        # Chosen cycles that are behind would be refused as cycles that do not exist.
        traces = tuple(n for n in self.traces if n >= done) if type(self.traces) is tuple else self.traces
        return replace(self, cycles=self.first_cycle + self.cycles - done, first_cycle=done, traces=traces)

    def rest_before(self) -> float | None:
        """That before the probe, or between half cycles."""
        return float(self.probe_rest or self.rest or 0.0)

    def run_by(self, runner: Runner) -> object:
        """Ask for a run with a summary of every cycle."""
        return runner.cycling(self)
