"""The state of one explanation: free numbers in the coordinates in which they are fitted, then what has aged."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..cells import Cell
from ..cells.constriction import untouched_fraction
from ..cells.paths import Key
from ..errors import InputError
from ..fitting.free import FreeLike
from ..fitting.measurements import Measurement
from ..fitting.parameters import free_parameters
from ..impedance.compiled import CompiledSpectra, PlannedReader
from ..impedance.parameters import reader_of
from ..kinds.numbers import Number
from ..quantities import Value
from .ageing_states import Ageing, without_ageing
from .beside_shunt import BesideShunt, unknown_beside
from .considered import considered_numbers
from .evidence import Moment, Usage
from .model_error import ModelError

__all__ = ["Coordinates"]

Reals = NDArray[np.float64]

#: Where nothing is said of a free number: a factor by which it may differ from the cell's, or part of its size.
WIDE = math.log(10.0)
#: Step of differences, relative to the scale of a coordinate.
STEP = 1e-5
#: Cycles that one step of the ageing laws may take: contact changes by a few per cent in each.
CYCLES_PER_STEP = 4.0
NO_LIMITS = (-math.inf, math.inf)
#: The smallest film whose change matters [ohm m2].
THIN = 1e-4


class Coordinates:
    """Coordinates of one explanation; see the module.

    Parameters
    ----------
    cell : Cell
        When new, with its ageing laws.
    free : mapping
        What is free and what drifts; keys that this cell does not have are left out.
    usage : Usage
    considered : sequence of str, optional
        Paths or wildcards of numbers whose printed standard deviation counts although they are not free; None: all.

    Raises
    ------
    UnknownNameError, InputError
        As :func:`mgtwin.fit` does; and where one free number stands for several that differ in the cell.
    """

    #: From when on they describe the cell; None: since it was new.
    since: Moment | None = None
    #: What was measured before that says of the error of the model: logarithm of the density, by the error.
    error_odds: Mapping[ModelError, float] = MappingProxyType({})

    def __init__(
        self, cell: Cell, free: Mapping[Key, FreeLike], usage: Usage, considered: Sequence[str] | None = ()
    ) -> None:
        self.original, self.free, self.usage, self.considered = cell, dict(free), usage, considered
        item = Measurement(cell, cell.name, None, float(cell.temperature), xr.Dataset())
        self.parameters = free_parameters([item], {key: what.single for key, what in free.items()}) if free else ()
        for parameter in self.parameters:
            # one value for numbers that differ would be another cell, whose error the twin would take for the model's
            own = {path: float(cell.get(path)) for path in parameter.targets[0]}
            if not np.allclose([*own.values()], parameter.start, rtol=1e-9, atol=0.0):
                listed = ", ".join(f"{path} = {value:g}" for path, value in own.items())
                raise InputError(
                    f"{cell.name}: {parameter.name} would be one number, but the cell's differ ({listed}, in SI). Free "
                    "each by its own path, or make them equal first with cell.with_({...})."
                )
        #: Variance by which each free number wanders, per cycle and per second.
        self.wander = np.array([free[p.key].wander for p in self.parameters]).reshape(-1, 2)
        targets = [(path, k) for k, p in enumerate(self.parameters) for path in p.targets[0]]
        self.ageing = Ageing(cell, usage, [path for path, _ in targets])
        self.cell = without_ageing(cell)
        self.names = (*(p.name for p in self.parameters), *(state.name for state in self.ageing.states))
        self.size, self._count = len(self.names), len(self.parameters)
        self._reader = PlannedReader(reader_of(cell, {})[0], [path for path, _ in targets])
        start = [float(p.to_internal(p.start)) for p in self.parameters] + [0.0] * len(self.ageing.states)
        self.start = np.array(start)
        self._targets, self._spectra = targets, dict[tuple[str, ...], CompiledSpectra]()
        #: Paths of the numbers of `cell` that ageing moves.
        self.placed = tuple(self._placed(self.start))
        #: Limits of the free numbers (2, parameters); of what ages it is the aged state that keeps within them.
        limits = [p.internal_bounds if {*p.targets[0]}.isdisjoint(self.placed) else NO_LIMITS for p in self.parameters]
        self._limits = np.array(limits).reshape(-1, 2).T
        self.paths = (*(p for p, _ in targets if ".ageing." not in p and p not in self.placed), *self.placed)
        shunted = self.cell.shunt is not None and bool(self.ageing.by_charge) and usage.cycling is not None
        # where that is not known, as after a short of a full cell, it ages as if all of the charge crossed its layers
        self._beside = BesideShunt(self.cell, self.paths) if shunted and not unknown_beside(self.cell) else None
        #: Coordinates on which what has aged depends: those of what laws of ageing read, and its own; beside a shunt
        #: also what resists, for the charge depends on it.
        read = [shunted or any(map(self.ageing.reads, p.targets[0])) for p in self.parameters]
        self.active = (*np.flatnonzero(read).tolist(), *range(self._count, self.size))

    # -- the start ----------------------------------------------------------------------------------------------------
    @cached_property
    def prior(self) -> tuple[Reals, Reals]:
        """Mean (n,) of the coordinates when the cell is new and a factor (n, parameters) of their covariance."""
        mean, factor = self.start.copy(), np.zeros((self.size, self._count))
        for k, parameter in enumerate(self.parameters):
            u, deviation = mean[k], WIDE if parameter.log else parameter.size(parameter.start)
            if parameter.prior is not None:
                # Newton's method finds the middle of any prior, at once where it is normal in this coordinate
                for _ in range(20):
                    value = float(parameter.to_value(u))
                    deviation = 1 / (parameter.prior.slope(value) * parameter.slope(value))
                    u -= parameter.prior.deviation(value) * deviation
            mean[k], factor[k, k] = u, deviation
        return mean, factor

    def likely(self, error: ModelError) -> ModelError:
        """The most probable error of the model before any evidence; the smallest where none is known."""
        return max(error.candidates(), key=lambda one: self.error_odds.get(one, 0.0))

    @cached_property
    def wide(self) -> Coordinates:
        """Coordinates in which the considered numbers are free, too."""
        taken = {path for path, _ in self._targets}
        return Coordinates(
            self.original, {**self.free, **considered_numbers(self.original, taken, self.considered)}, self.usage
        )

    @property
    def leaning(self) -> Reals:
        """Derivatives of the mean of `prior` by the numbers that only `wide` has, (n, numbers)."""
        return np.zeros((self.size, self.wide.size - self.size))

    # -- numbers of the cell at states --------------------------------------------------------------------------------
    def given(self, states: Reals) -> dict[str, Number]:
        """Values [SI] of the free numbers at states (..., n), by path, (...)."""
        # of a single state plain numbers, which formulas take faster than arrays without dimensions
        columns = np.moveaxis(states, -1, 0)
        return {path: self.parameters[k].to_value(columns[k]) for path, k in self._targets}

    def using(self, usage: Usage) -> Coordinates:
        """The same coordinates for a cell of which something else is done."""
        return Coordinates(self.original, self.free, usage)

    def reader(self, states: Reals) -> PlannedReader:
        """What reads the cell, when new, with the free numbers of states (..., n)."""
        self._reader.give(self.given(states))
        return self._reader

    def aged(self, states: Reals) -> list[Number]:
        """The coordinates of what has aged, (...) each."""
        return list(np.moveaxis(states, -1, 0)[self._count :])

    def _placed(self, states: Reals) -> dict[str, Number]:
        return self.ageing.placed(self.reader(states), self.aged(states))

    def values(self, states: Reals) -> Reals:
        """Numbers [SI] of `cell` at states (k, n), by `paths`: (k, paths)."""
        found = {**self.given(states), **self._placed(states)}
        return np.stack([np.broadcast_to(found[path], states.shape[:-1]) for path in self.paths], axis=-1)

    def spectra(self, varied: tuple[str, ...]) -> CompiledSpectra:
        """Spectra of `cell` in which these numbers vary, to be taken `at` frequencies; prepared once."""
        if varied not in self._spectra:
            # somewhere within what can be: always at the same state, so that no result depends on what came first
            state = self.start.copy()
            state[self._count :] += 0.1 * self.scales(state[np.newaxis])[0, self._count :]
            known = dict(zip(self.paths, self.values(state[np.newaxis])[0].tolist(), strict=True))
            values = {path: known.get(path, float(self.cell.numbers[path])) for path in varied}
            self._spectra[varied] = CompiledSpectra(self.cell, [1.0], varied).noted(values)
        return self._spectra[varied]

    def slopes(self, states: Reals) -> Reals:
        """Their derivatives by the coordinates, (k, paths, n)."""
        result = np.zeros((len(states), len(self.paths), self.size))
        for path, k in self._targets:
            if path in self.paths and path not in self.placed:
                parameter = self.parameters[k]
                value = parameter.to_value(states[:, k])
                result[:, self.paths.index(path), k] = value if parameter.log else 1.0
        if self.active:
            moved, steps = self.around(states)
            found = self._placed(moved)
            for path, values in found.items():
                row = np.broadcast_to(values, moved.shape[:-1])
                result[:, self.paths.index(path), self.active] = (row[:, 0::2] - row[:, 1::2]) / (2 * steps)
        return result

    def around(self, states: Reals) -> tuple[Reals, Reals]:
        """States with every active coordinate a step up and down, (k, 2 active, n), and the steps (k, active)."""
        active = list(self.active)
        steps = STEP * self.scales(states)[:, active]
        moved = np.repeat(states[:, np.newaxis], 2 * len(active), axis=1)
        for i, k in enumerate(active):
            moved[:, 2 * i, k] += steps[:, i]
            moved[:, 2 * i + 1, k] -= steps[:, i]
        return moved, steps

    def scales(self, states: Reals) -> Reals:
        """How far a coordinate has to go to change something by its own size, (k, n)."""
        found = np.ones_like(states)
        for k, parameter in enumerate(self.parameters):
            if not parameter.log:
                found[:, k] = parameter.size(parameter.start)
        for k, state in enumerate(self.ageing.states, self._count):
            if state.frame(self._reader).limit is None:
                found[:, k] = np.maximum(np.abs(states[:, k]), THIN)
        return found

    def inside(self, states: Reals) -> Reals:
        """States (members, n) that a normal distribution may have put outside of what can be, put back."""
        result = states.copy()
        result[:, : self._count] = np.clip(states[:, : self._count], *self._limits)
        for k, least in enumerate(self.ageing.lowest(self.reader(states)), self._count):
            result[:, k] = np.maximum(result[:, k], least)
        return result

    def acting(self, states: Reals) -> Reals:
        """States (..., n) with free numbers as the laws take them: within their limits, also a difference away."""
        sizes = [1.0 if parameter.log else parameter.size(parameter.start) for parameter in self.parameters]
        low, high = self._limits + 2 * STEP * np.outer([1.0, -1.0], sizes)
        result = states.copy()
        result[..., : self._count] = np.clip(states[..., : self._count], low, high)
        return result

    def ionic(self, states: Reals) -> Callable[[Reals, Sequence[Number]], Reals] | None:
        """What ages a cell at states (..., n) of a current density at its terminals, by coordinates of what has aged.

        None: all of it.
        """
        shunt, reader = self._beside, self.reader(states)
        if shunt is None:
            return None
        given, lowest = self.given(states), self.ageing.lowest(reader)

        def crossing(density: Reals, coordinates: Sequence[Number]) -> Reals:
            # a step of a difference may leave what a cell can be, which a resistance has to be of
            aged = [np.maximum(y, least) for y, least in zip(coordinates, lowest, strict=True)]
            fractions = {side: untouched_fraction(reader, side) for side in ("negative", "positive")}
            for interface in self.ageing.interfaces:
                fractions[interface.path] = interface.reached(reader, aged)[0]
            return shunt.through(density, {**given, **self.ageing.placed(reader, aged)}, fractions, reader)

        return crossing

    def check(self, states: Reals) -> None:
        """Refuse states (k, n) that no cell can have.

        Raises
        ------
        InputError
            A number beyond its limits, more contact than the whole area, a film of less than nothing.
        """
        free, (low, high) = states[:, : self._count], self._limits
        beyond = np.any((free < low) | (free > high), axis=0)
        if beyond.any():
            raise InputError(f"{self.names[int(beyond.argmax())]}: a number of this kind cannot be what was tried.")
        aged = states[:, self._count :]
        for k, least in enumerate(self.ageing.lowest(self.reader(states))):
            # derivatives at a bound step over it by as much
            if np.any(aged[:, k] < least - STEP / 2 * self.scales(states)[:, self._count + k]):
                raise InputError(f"{self.ageing.states[k].name}: {aged[:, k].min():g} is less than there can be.")

    def reached(self, states: Reals) -> dict[str, tuple[Reals, Reals]]:
        """Contact fraction and film resistance [ohm m2] of every interface that ages at states (..., n)."""
        reader, shape = self.reader(states), states.shape[:-1]
        found = {}
        for interface in self.ageing.interfaces:
            contact, film = interface.reached(reader, self.aged(states))
            # a normal distribution goes further, but no contact is more than whole, and no film less than none
            bounded = np.minimum(contact, 1.0), np.maximum(film, 0.0)
            found[interface.path] = np.broadcast_to(bounded[0], shape), np.broadcast_to(bounded[1], shape)
        return found

    def cell_at(self, state: Reals, deviations: Mapping[str, float] | None = None) -> Cell:
        """The cell of the explanation, ageing laws included, as it is at a state (n,)."""
        spread, changes = deviations or {}, dict[str, object]()
        found = {path: float(value) for path, value in self.given(state).items()}
        for interface in self.ageing.interfaces:
            found |= interface.carried_on(self.reader(state), self.aged(state))
        for path, value in found.items():
            known = self.original.get(path)
            unit = known.unit if isinstance(known, Value) else None
            changes[path] = Value(value, unit=unit, std=spread.get(path), kind="assimilated", note="by mgtwin.Twin")
        return self.original.with_({path: changes[path] for path in found})
