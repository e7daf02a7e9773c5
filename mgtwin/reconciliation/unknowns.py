r"""Runs whose resistivities are unknown: what readouts ask for becomes sums of unknowns, and what always holds of them.

The electrons' path is a series of layers and faces. Each of its parts is asked of the cell at both bounds of every free
parameter: what moves it names the unknown. What no free parameter moves is a number. Bounds of conductivities and
contact resistances, which say where to search and were observed by nobody, prove nothing and bound no unknown; those of
thickness and area do. So every row is exact or a relaxation.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..analysis.linear import Sum
from ..cells import Cell
from ..cells.carriers import Carrier
from ..cells.questions import BETWEEN, contact_resistance, electronic_conductivity, faces, ionic_conductivity, passes
from ..errors import InputError
from ..experiments import Run
from ..impedance.parameters import reader_of
from .program import Always
from .sharing import UNSAID, Free, Parameter

__all__ = ["SymbolicRun", "Unknowns"]

Reals = NDArray[np.float64]


@dataclass
class Unknowns:
    """The unknowns of all runs, each under one name, and what always holds of them.

    Parameters
    ----------
    free : Free
    """

    free: Free
    always: list[Always] = field(default_factory=list)
    #: (cell, overlays) -> name of the row that claims a plateau, and the time [s] from which on
    plateaus: dict[tuple[str, frozenset[str]], tuple[str, float]] = field(default_factory=dict)
    #: Pairs of parameters to the most that the first is over the second.
    ratios: dict[tuple[tuple[str, tuple[str, ...]], ...], float] = field(default_factory=dict)
    _names: dict[tuple[object, ...], str] = field(default_factory=dict)
    _runs: dict[Run, SymbolicRun] = field(default_factory=dict)
    _steady: dict[tuple[object, ...], dict[float, Sum]] = field(default_factory=dict)

    def run(self, run: Run) -> SymbolicRun:
        """Return a run, in which everything that the free parameters move is unknown."""
        if run not in self._runs:
            self._runs[run] = SymbolicRun(self, run, run.build())
        return self._runs[run]

    def check(self, runs: Iterable[Run]) -> None:
        """Refuse names of states and paths that are of nothing here."""
        every = list(runs)
        alike = {(run.cell, run.overlays): run for run in every}
        self.free.check(every, [self.run(run).cell for run in alike.values()])
        known = [(run, self.run(run).cell, self.run(run).asked[0]) for run in every] if self.free.relations else []
        for relation in self.free.relations:
            for low, high, factor in relation.pairs(known):
                self._relate(low, high, factor, str(relation))

    def _relate(self, low: Parameter, high: Parameter, factor: float, why: str) -> None:
        """Note what low <= factor high says of the unknowns that one of them alone makes."""
        self.ratios[low.key, high.key] = min(factor, self.ratios.get((low.key, high.key), math.inf))
        mine, its = ([one for run in self._runs.values() for one in run.alone(item)] for item in (low, high))
        for (a, power, (a_low, a_high)), (b, other, (b_low, b_high)) in product(mine, its):
            if power == other:
                negative = a * (1 / a_high) - factor / b_low * b if power > 0 else a_low * b - factor * b_high * a
                self.hold(negative, why)

    def claim(self, runs: Sequence[Run], row: str, time: float | None) -> None:
        """Note that a row claims a plateau of its runs from a time [s] on; None: it claims none."""
        if time is not None:
            self.plateaus |= {(run.cell, frozenset(run.overlays)): (row, time) for run in runs}

    def unknown(self, words: str, key: tuple[object, ...] = ()) -> Sum:
        """Return an unknown, the same for the same words and key."""
        if (words, *key) not in self._names:
            alike = sum(name.partition(" #")[0] == words for name in self._names.values())
            self._names[words, *key] = f"{words} #{alike + 1}" if alike else words
        return Sum.of(self._names[words, *key])

    def hold(self, negative: Sum, why: str, row: str = "") -> None:
        """Note that a sum is never positive; where a row claims it, only together with that row."""
        if (said := Always(negative, why, row)) not in self.always:
            self.always.append(said)

    def in_order(self, key: tuple[object, ...], temperature: float, steady: Sum) -> Sum:
        """Note that what a direct current meets falls with temperature, as activated conduction does."""
        known = self._steady.setdefault(key, {})
        if temperature not in known:
            for other, sum_ in known.items():
                warm, cool = (steady, sum_) if temperature > other else (sum_, steady)
                self.always.append(Always(warm - cool, "resistances fall with temperature"))
            known[temperature] = steady
        return steady


@dataclass
class SymbolicRun:
    """A run of which readouts ask resistivities, and get sums of unknowns; see `Resistances`.

    Parameters
    ----------
    unknowns : Unknowns
    run : Run
    cell : Cell
    """

    unknowns: Unknowns
    run: Run
    cell: Cell

    @cached_property
    def asked(self) -> tuple[tuple[Parameter, ...], dict[str, float]]:
        """What is free in its cell, and what its factors fix."""
        return self.unknowns.free.of(self.run, self.cell)

    @cached_property
    def _key(self) -> tuple[str, frozenset[str]]:
        return self.run.cell, frozenset(self.run.overlays)

    @cached_property
    def _ions_pass(self) -> bool:
        return passes(self.cell, Carrier.IONS)

    def _probed(self, values: Mapping[str, Reals]) -> dict[str, Reals]:
        """Parts of the electrons' path for arrays of the free parameters: layers over the thickness, and contacts."""
        given: dict[str | tuple[str, ...], ArrayLike] = dict(self.asked[1].items())
        given.update(values.items())
        reader, shape = reader_of(self.cell, given)
        grains, _ = reader_of(self._grains, {path: item for path, item in given.items() if BETWEEN not in path})
        area, names = reader.number("area"), [layer.name for layer in self.cell.layers]
        conducting = passes(self.cell, Carrier.ELECTRONS)
        thickness = sum(reader.number(f"layers.{name}.thickness") for name in names)
        found: dict[str, object] = {"thickness": thickness, "area": area}
        for name in names if conducting else ():
            # a single layer is its resistivity, whatever its thickness
            share = reader.number(f"layers.{name}.thickness") / thickness if len(names) > 1 else 1.0
            electrons = electronic_conductivity(self.cell, name, reader)
            inside = electronic_conductivity(self._grains, name, grains)
            found[name] = share / inside
            found[f"grain boundaries of {name}"] = share * (1 / electrons - 1 / inside)
            found[f"plateau of {name}"] = share / (electrons + ionic_conductivity(self.cell, name, reader))
        for face in faces(self.cell) if conducting else ():
            found[f"contact {face}"] = contact_resistance(self.cell, face, Carrier.ELECTRONS, reader)
        # one number for each set of parameters, also where there is a single one
        return {
            name: np.atleast_1d(np.broadcast_to(np.asarray(item, float), (*shape, 1))[..., 0])
            for name, item in found.items()
        }

    @cached_property
    def _parts(self) -> dict[str, _Part]:
        free = self.asked[0]
        middle = np.array([math.sqrt(item.low * item.high) if item.low > 0 else item.high / 2 for item in free])
        points = np.tile(middle, (2 * len(free) + 1, 1))
        for k, item in enumerate(free):
            points[2 * k + 1 : 2 * k + 3, k] = item.low, item.high
        found = {}
        for name, values in self._probed({item.path: points[:, k] for k, item in enumerate(free)}).items():
            spread = [np.ptp(values[[0, 2 * k + 1, 2 * k + 2]]) for k in range(len(free))]
            moved = [k for k, width in enumerate(spread) if width > 1e-9 * abs(values[0])]
            corners = np.tile(middle, (2 ** len(moved), 1))
            if moved:
                corners[:, moved] = list(product(*((free[k].low, free[k].high) for k in moved)))
            ends = self._probed({item.path: corners[:, k] for k, item in enumerate(free)})[name]
            alike = tuple(float(f"{value:.8g}") if abs(value) > 1e-9 * ends.max() else 0.0 for value in ends)
            found[name] = _Part(tuple(free[k] for k in moved), float(ends.min()), float(ends.max()), alike)
        return found

    @cached_property
    def _grains(self) -> Cell:
        """The cell without resistances of grain boundaries to electrons."""
        between = {path.partition(BETWEEN)[0] + BETWEEN for path in self.cell.paths() if BETWEEN in path}
        return self.cell.with_(dict.fromkeys(between)) if between else self.cell

    def _sum(self, prefix: str = "") -> Sum:
        """The insides of the layers, their grain boundaries, or their plateaus."""
        found, area = Sum(), float(self.cell.area)
        for layer in self.cell.layers:
            found += self._one(f"{prefix}{layer.name}", area / float(layer.area or area))
        return found

    def _contacts(self) -> Sum:
        found, thickness = Sum(), self._parts["thickness"]
        for face in faces(self.cell):
            part = self._parts[f"contact {face}"]
            if part.high > 0:
                found += self._one(f"contact {face}", 1.0 if thickness.parameters else 1 / thickness.low, thickness)
        return found

    def _one(self, name: str, factor: float, over: _Part | None = None) -> Sum:
        """A part times a factor, over a number that varies, too: a number, or an unknown where a parameter moves it."""
        part = self._parts[name] if over is None else self._parts[name].over(over)
        if not part.parameters:
            return Sum(factor * part.low)
        return factor * self.unknowns.unknown(f"{name}{part.said()}", (part.parameters, part.alike))

    def alone(self, item: Parameter) -> Iterator[tuple[Sum, int, tuple[float, float]]]:
        """Unknowns that a parameter alone makes: k times it, or its inverse (power -1), with the bounds of k."""
        mine = next((one for one in self.asked[0] if one.key == item.key), None)
        over = self._parts["thickness"]
        for name, part in self._parts.items() if mine is not None else ():
            if part.parameters != (mine,) or name in ("thickness", "area"):
                continue
            assert mine is not None
            middle = math.sqrt(max(mine.low, 1e-9 * mine.high) * mine.high)
            ends = np.array([middle, mine.high])
            values = self._probed({mine.path: ends})[name]
            contact = name.startswith("contact ")
            for power in (1, -1):
                if math.isclose(values[0] / ends[0] ** power, values[1] / ends[1] ** power, rel_tol=1e-9):
                    k = float(values[1] / ends[1] ** power)
                    one = (
                        self._one(name, 1.0 if over.parameters else 1 / over.low, over)
                        if contact
                        else self._one(name, 1.0)
                    )
                    yield one, power, (k / over.high, k / over.low) if contact else (k, k)

    def electronic(self, without: Collection[str] = ()) -> Sum:
        """Of the electrons' path.

        Raises
        ------
        InputError
            No electrons get from electrode to electrode.
        """
        if not passes(self.cell, Carrier.ELECTRONS):
            raise InputError(f"no electrons get through {self.cell.name}.")
        found = self._sum()
        if "grain_boundaries" not in without:
            found += self._sum("grain boundaries of ")
        return found if "contacts" in without else found + self._contacts()

    def steady(self) -> Sum:
        """To direct current: ions beside electrons can only lower it."""
        if not self._ions_pass:
            return self.electronic()
        found = self.unknowns.unknown(f"direct current through {self.name}")
        if passes(self.cell, Carrier.ELECTRONS):
            self.unknowns.hold(found - self.electronic(), "ions beside electrons lower a resistance")
        return self.unknowns.in_order(self._key, float(self.run.temperature), found)

    def stepped(self, time: float, plateau: bool) -> Sum:
        """A time after a step; on a plateau it is contacts and layers side by side with their ions."""
        if plateau and not self._ions_pass:
            layers = self._sum("plateau of ")
            self.unknowns.hold(layers - self.electronic(("contacts",)), "ions beside electrons lower a resistance")
            return layers + self._contacts()
        found = self.unknowns.unknown(f"V/i of {self.name} after {time:g} s")
        self.unknowns.hold(found - self.steady(), "the current falls while a step of voltage lasts")
        return found

    def magnitude(self, frequency: float) -> Sum:
        """Of the impedance: never above direct current, nor below a plateau that is claimed for shorter times."""
        found = self.unknowns.unknown(f"|Z| of {self.name} at {frequency:g} Hz")
        self.unknowns.hold(found - self.steady(), "|Z| is below the resistance to direct current")
        row, time = self.unknowns.plateaus.get(self._key, ("", math.inf))
        if 2 * math.pi * frequency * time <= 1:
            self.unknowns.hold(self.stepped(time, True) - found, f"{row} plateau", row)
        return found

    def length_per_area(self) -> tuple[float, float]:
        """Bounds of the thickness over the area [1/m]."""
        thickness, area = self._parts["thickness"], self._parts["area"]
        return thickness.low / area.high, thickness.high / area.low

    def relative_to(self, other: SymbolicRun) -> tuple[float, float]:
        """Bounds of its length per area over that of another; what both have in common drops out."""
        low = high = 1.0
        for name, power in (("thickness", 1), ("area", -1)):
            mine, its = self._parts[name], other._parts[name]
            if mine != its:
                ends = [mine.low / its.high, mine.high / its.low]
                if len(self.cell.layers) == len(other.cell.layers) == 1:
                    keys = [[item.key for item in part.parameters] for part in (mine, its)]
                    if len(keys[0]) == len(keys[1]) == 1:
                        least = self.unknowns.ratios.get((keys[1][0], keys[0][0]), math.inf)
                        ends[0] = max(ends[0], 1 / least)
                        ends[1] = min(ends[1], self.unknowns.ratios.get((keys[0][0], keys[1][0]), math.inf))
                below, above = ends if power > 0 else (1 / ends[1], 1 / ends[0])
                low, high = low * below, high * above
        return low, high

    @property
    def name(self) -> str:
        """Cell, overlays and temperature."""
        celsius = float(self.run.temperature) - 273.15
        return f"{', '.join((self.run.cell, *self.run.overlays))} at {celsius:.5g} degC"


@dataclass(frozen=True)
class _Part:
    """The parameters that move a number, its bounds, and its values at their corners, which tell it from others."""

    parameters: tuple[Parameter, ...]
    low: float
    high: float
    alike: tuple[float, ...]

    def over(self, other: _Part) -> _Part:
        """Return it over another number, which may vary on its own."""
        if not other.parameters:
            return self
        parameters = tuple(dict.fromkeys((*self.parameters, *other.parameters)))
        return _Part(parameters, self.low / other.high, self.high / other.low, (*self.alike, *other.alike))

    def said(self) -> str:
        """The factors of its parameters, in brackets."""
        factors = dict.fromkeys(value for item in self.parameters for value in item.factors if value != UNSAID)
        return f" ({', '.join(factors)})" if factors else ""
