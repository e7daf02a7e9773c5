r"""Runs in time as evidence: half cycles, cycling, polarizations, rests, each by a few numbers.

Of every stretch under one current the voltage at its end counts, and where the current jumps the ohmic step,
:math:`R = \Delta V/\Delta I` between the samples before and after: a whole trace would repeat one error of the model as
often as there are samples. Under an imposed voltage the current at the end counts. Runs begin from rest, and all cells
that a smoother asks for are integrated side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..analysis.salt import depletion
from ..errors import InputError, MgtwinError
from ..kinds.carriers import Carrier
from ..protocols import Segment
from ..protocols.segments import CurrentRamp, VoltageRamp
from ..routes import MODELLED, Task, choose
from ..simulation import checks
from ..simulation.transient import window_of
from .alarms.runs import RunForeseen
from .alarms.spectra import foreseen_spectra
from .evidence import Evidence
from .observing import EvidenceKind, Observation, States, evidence_kind

if TYPE_CHECKING:
    import xarray as xr

    from ..batch.stacks import ParameterSets
    from ..cells import Cell

__all__ = ["Record", "Run", "Runs", "record"]

Reals = NDArray[np.float64]

#: Change of the current relative to the largest one from which a new stretch begins.
JUMP = 0.02
#: The same of what is held within a stretch.
HELD = 0.01
#: Tolerances of the states: they leave 2e-6 of a voltage.
RTOL, ATOL = 1e-5, 1e-8
#: Step of differences, on one sequence of steps.
STEP = 1e-5
#: Digits of a duration that count: runs that differ by less are integrated together.
DIGITS = 4
#: First sample after a jump, relative to the stretch, at the earliest: before it a model is not asked.
SOONEST = 1e-6
#: What a voltage is read to at best [V], and the relative noise of a voltage at which it begins to matter.
FLOOR, RESOLVED = 1e-5, 0.01


@dataclass(frozen=True)
class Record:
    """A run as the numbers that count of it.

    Attributes
    ----------
    segments : tuple of Segment
        What was done, in stretches under one current or one voltage; their times are the beginning, the first sample
        after it and the end.
    first : tuple of int
        Which of its times the first sample has: 0 where it shows the beginning itself.
    data : ndarray
        The voltage or current at the end of each stretch, then the ohmic step at each jump of an imposed current.
    scale : ndarray
        What the noise is relative to.
    """

    segments: tuple[Segment, ...]
    first: tuple[int, ...]
    data: Reals
    scale: Reals

    @property
    def jumps(self) -> tuple[int, ...]:
        """Stretches that begin with a jump of an imposed current."""
        imposed = [segment.control.imposes_voltage for segment in self.segments]
        return tuple(k for k in range(1, len(imposed)) if not (imposed[k - 1] or imposed[k]))

    @property
    def alike(self) -> object:
        """Runs that are equal in this are integrated side by side."""
        return self.first, tuple((segment.times, segment.control.imposes_voltage) for segment in self.segments)

    def numbers(self, voltage: Reals, current: Reals) -> Reals:
        """The numbers that count, of traces (stretches, (beginning, first sample, end), ...)."""
        ends = [(current if s.control.imposes_voltage else voltage)[k, 2] for k, s in enumerate(self.segments)]
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
        Neither current nor voltage is held, or there are no two samples.
    """
    traces = [np.asarray(dataset[key].values, dtype=float).ravel() for key in ("time", "voltage", "current")]
    time, voltage, current = (trace[np.isfinite(traces).all(axis=0)] for trace in traces)
    largest = float(np.max(np.abs(current), initial=0.0))
    begun, found, samples = float(time[0]) if time.size else 0.0, list[Segment](), list[tuple[int, int]]()
    firsts = list[int]()
    cuts = np.flatnonzero(np.abs(np.diff(current)) > JUMP * largest) + 1
    held = np.ptp(voltage) <= HELD * np.max(np.abs(voltage), initial=0.0)
    edges = [0, *([] if held else cuts), time.size]
    for first, stop in pairwise(edges):
        duration = float(f"{time[stop - 1] - begun:.{DIGITS}g}")
        if duration <= 0:
            continue
        i, v = current[first:stop], voltage[first:stop]
        control: CurrentRamp | VoltageRamp
        if i.size > 1 and np.ptp(i) <= HELD * largest:
            control = CurrentRamp(float(np.mean(i)))
        elif i.size > 1 and np.ptp(v) <= HELD * np.max(np.abs(v)):
            control = VoltageRamp(float(np.mean(v)))
        else:
            raise InputError(
                f"{name}: neither current nor voltage is held between {begun:.4g} and {time[stop - 1]:.4g} s: a twin "
                f"takes half cycles, steps of voltage and rests; other runs are for mt.fit."
            )
        soon = min(max(float(f"{time[first] - begun:.{DIGITS}g}"), SOONEST * duration), 0.5 * duration)
        firsts.append(int(time[first] > begun))
        found.append(Segment(control, duration, (0.0, soon, duration), step=len(found)))
        samples.append((first, stop - 1))
        begun = float(time[stop - 1])
    if not found:
        raise InputError(f"{name}: a run in time needs two samples at least.")
    at = np.array([(first, first, last) for first, last in samples])
    made = Record(tuple(found), tuple(firsts), np.zeros(0), np.zeros(0))
    data = made.numbers(voltage[at], current[at])
    steps = [abs(float(np.ptp(current[at[k - 1 : k + 1, 1:]]))) for k in made.jumps]
    floors = [
        FLOOR * (largest / max(np.max(np.abs(voltage)), FLOOR) if s.control.imposes_voltage else 1.0) for s in found
    ]
    scale = np.hypot(data, np.array([*floors, *(FLOOR / step for step in steps)]) / RESOLVED)
    return replace(made, data=data, scale=scale)


class Runs(Observation):
    """Runs of one cell from rest, those that are alike side by side.

    Parameters
    ----------
    evidence : sequence of Evidence
    states : States
    """

    def __init__(self, evidence: Sequence[Evidence], states: States) -> None:
        self._states = states
        self._records = [record(item.dataset, item.name) for item in evidence]
        self.data = tuple(one.data for one in self._records)
        self.deviations = tuple(
            float(item.noise or np.nan) * one.scale for item, one in zip(evidence, self._records, strict=True)
        )
        self._names = [item.name for item in evidence]
        # each run at its own temperature: only where one differs does the temperature vary
        own = float(states.cell.temperature)
        self._temperatures = np.array([float(item.dataset.attrs.get("temperature", own)) for item in evidence])
        varied = not np.all(self._temperatures == own) and "temperature" not in states.paths
        self._paths = (*states.paths, *(["temperature"] if varied else []))
        self._groups: dict[object, list[int]] = {}
        for k, one in enumerate(self._records):
            self._groups.setdefault(one.alike, []).append(k)
        self._models: dict[object, ParameterSets] = {}

    def predicted(self, states: Reals) -> list[Reals]:
        """Numbers at states (k, n)."""
        return [found[:, 0] for found in self._around(states[:, np.newaxis])]

    def linearised(self, states: Reals) -> list[tuple[Reals, Reals]]:
        """The same with their derivatives, as differences of sets that take the same steps."""
        steps = STEP * np.eye(states.shape[1])
        around = np.concatenate([states[:, np.newaxis], states[:, np.newaxis] + steps], axis=1)
        return [(found[:, 0], (found[:, 1:] - found[:, :1]) / STEP) for found in self._around(around)]

    def foreseen(self, states: Reals) -> list[RunForeseen]:
        """What faults would do to the runs at states (k, n)."""
        numbers = self.predicted(states)
        values = dict(zip(self._states.paths, self._states.values(states).T, strict=True))
        found = []
        for k, one in enumerate(self._records):
            ends = [s.control.start for s in one.segments]
            by_voltage = np.array([s.control.imposes_voltage for s in one.segments] + [False] * len(one.jumps))
            imposed = np.array([*ends, *np.ones(len(one.jumps))])
            since = [*(s.duration for s in one.segments), *(one.segments[j].times[1] for j in one.jumps)]
            at = {path: numbers_of[k : k + 1] for path, numbers_of in values.items()}
            (spectrum,) = foreseen_spectra(self._states.cell, at, 1 / (2 * np.pi * np.array([since])))
            found.append(RunForeseen(numbers[k], imposed, by_voltage, spectrum))
        return found

    def _around(self, states: Reals) -> list[Reals]:
        """Numbers of each record at states (k, sets, n): (numbers, sets)."""
        result: list[Reals] = [np.empty(0)] * len(states)
        for alike, members in self._groups.items():
            sets = states.shape[1]
            values = self._states.values(states[members].reshape(-1, states.shape[2])).T
            if len(self._paths) > len(values):
                values = np.vstack([values, np.repeat(self._temperatures[members], sets)])
            model = self._model(alike, self._records[members[0]].segments, values)
            numbers, state = model.numbers(values), model.at_rest(values)
            traces = []
            for number in range(len(self._records[members[0]].segments)):
                segments = [self._records[k].segments[number] for k in members for _ in range(sets)]
                reached = model.integrate(state, values, segments)
                if reached.failures:
                    which, why = next(iter(reached.failures.items()))
                    raise MgtwinError(
                        f"{self._names[members[which // sets]]}: a state of the cell cannot do what was done ({why}). "
                        f"Where salt, ions or metal run out V jumps, and no state can be found from it: leave this run "
                        f"out, and hold it against mt.simulate."
                    )
                traces.append(model.signals(reached.states, numbers)[:2])
                state = reached.final
            # PyBaMM's current has the other sign
            voltage, current = np.stack(traces, axis=1) * np.array([1.0, -1.0])[:, np.newaxis, np.newaxis, np.newaxis]
            for row, k in enumerate(members):
                own = slice(row * sets, (row + 1) * sets)
                result[k] = self._records[k].numbers(voltage[..., own], current[..., own])
        return result

    def _model(self, alike: object, segments: tuple[Segment, ...], values: Reals) -> ParameterSets:
        """The model for runs that are alike, made for the slowest of these cells."""
        from ..batch.stacks import ParameterSets, decades_of  # PyBaMM takes seconds, and most twins never need it

        cell, paths = self._states.cell, self._paths
        dielectric = checks.check_feasible(cell, segments)
        f_max = 1 / (2 * np.pi * checks.first_output(segments))
        needed = decades_of(cell, dict(zip(paths, values, strict=True)), f_max)
        decades = {layer: int(np.max(given)) for layer, given in needed.items()}
        key = alike, tuple(decades.items())
        if key not in self._models:
            self._models[key] = ParameterSets(
                cell,
                paths,
                f_max=f_max,
                dielectric=dielectric,
                cpe_window=window_of(segments),
                layers=choose(Task(cell, segments), MODELLED),
                decades=decades,
                rtol=RTOL,
                atol=ATOL,
            )
        return self._models[key]


@evidence_kind
class Run(EvidenceKind):
    """A run in time: a half cycle, cycling, a polarization, a rest."""

    @staticmethod
    def recognises(dataset: xr.Dataset) -> bool:
        """Whether it has voltage and current over time."""
        return {"voltage", "current"} <= set(dataset.data_vars) and dataset["voltage"].dims == ("time",)

    @staticmethod
    def check(dataset: xr.Dataset, name: str, cells: Iterable[Cell]) -> None:
        """What is done has to be known, possible, and far from where salt runs out: there V jumps with the state."""
        segments = record(dataset, name).segments
        for cell in cells:
            checks.check_feasible(cell, segments, at_rest=False)
            driven, last = 0.0, 0.0
            for segment in segments if any(Carrier.ANIONS in layer.material.carriers for layer in cell.layers) else ():
                current = 0.0 if segment.control.imposes_voltage else segment.control.start
                driven = segment.duration + (driven if current * last > 0 else 0.0)
                last = current
                if current and depletion(cell, current).time < driven:
                    raise InputError(
                        f"{name}: {current:.3g} A for {driven:.4g} s uses up the salt of {cell.name}. There V jumps "
                        f"with the state, and a twin takes only runs in which it does not: leave this one out, and "
                        f"hold it against mt.simulate."
                    )

    @staticmethod
    def observation(evidence: Sequence[Evidence], states: States) -> Runs:
        """All of them, side by side where they are alike."""
        return Runs(evidence, states)
