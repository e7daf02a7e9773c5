"""Runs in time as evidence: half cycles, cycling, polarizations, rests, each by a few numbers.

See `mgtwin.twin.records` for these. Runs begin from rest, and all cells that a smoother asks for are integrated side by
side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..analysis.salt import depletion
from ..cells.questions import equilibrium
from ..errors import InputError, MgtwinError
from ..kinds.carriers import Carrier
from ..routes import MODELLED, Task, choose
from ..simulation import checks
from ..simulation.transient import window_of
from .alarms.runs import RunForeseen
from .alarms.spectra import foreseen_spectra
from .evidence import Evidence
from .model_error import RUNS, ErrorBasis
from .observing import EvidenceKind, Observation, States, evidence_kind
from .records import Record, record, stretches_of

if TYPE_CHECKING:
    import xarray as xr

    from ..batch.stacks import ParameterSets
    from ..cells import Cell
    from ..protocols import Segment

__all__ = ["Record", "Run", "Runs", "record"]

Reals = NDArray[np.float64]

#: Tolerances of the states: they leave 2e-6 of a voltage.
RTOL, ATOL = 1e-5, 1e-8
#: Step of differences, on one sequence of steps.
STEP = 1e-5


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

    @property
    def frequencies(self) -> tuple[Reals, ...]:
        """None: 0 Hz."""
        return tuple(np.zeros(1) for _ in self.data)

    def error_directions(self, basis: ErrorBasis) -> list[Reals]:
        """Errors are relative to what was measured."""
        found = []
        for one in self._records:
            ends = [RUNS[int(segment.control.start > 0)] for segment in one.segments[one.counted :]]
            found.append(basis.of_runs([*ends, *(RUNS[2] for _ in one.jumps)]) * np.abs(one.data)[:, np.newaxis])
        return found

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
            counted = one.segments[one.counted :]
            by_voltage = np.array([s.control.imposes_voltage for s in counted] + [False] * len(one.jumps))
            imposed = np.array([*(s.control.start for s in counted), *np.ones(len(one.jumps))])
            since = [*(s.duration for s in counted), *(one.segments[j].times[1] for j in one.jumps)]
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
        """Whether it has a voltage over time."""
        return "voltage" in dataset and dataset["voltage"].dims == ("time",)

    @staticmethod
    def check(dataset: xr.Dataset, name: str, cells: Iterable[Cell]) -> None:
        """What is done has to be known, possible, and far from where salt runs out: there V jumps with the state."""
        one = record(dataset, name)
        currents = [0.0 if s.control.imposes_voltage else s.control.start for s in one.segments]
        signs = {float(np.sign(v * i)) for v, i in zip(one.data, currents[one.counted :], strict=False) if i}
        for cell in cells:
            checks.check_feasible(cell, one.segments, at_rest=False)
            at_rest = {equilibrium(cell, side) for side in ("negative", "positive")}
            if signs == {-1.0} and len(at_rest) == 1 and None not in at_rest:
                raise InputError(
                    f"{name}: voltage and current have opposite signs, but {cell.name} has no voltage at rest: one of "
                    f"the two columns has the other sign. ds.assign(current=-ds['current']) turns it."
                )
            driven, last = 0.0, 0.0
            for segment, current in zip(one.segments, currents, strict=True):
                driven = segment.duration + (driven if current * last > 0 else 0.0)
                last = current
                if not (current and any(Carrier.ANIONS in layer.material.carriers for layer in cell.layers)):
                    continue
                if depletion(cell, current).time < driven:
                    raise InputError(
                        f"{name}: {current:.3g} A for {driven:.4g} s uses up the salt of {cell.name}. There V jumps "
                        f"with the state, and a twin takes only runs in which it does not: leave this one out, and "
                        f"hold it against mt.simulate."
                    )

    #: Its stretches, each with the one before it.
    parts = staticmethod(stretches_of)

    @staticmethod
    def observation(evidence: Sequence[Evidence], states: States) -> Runs:
        """All of them, side by side where they are alike."""
        return Runs(evidence, states)
