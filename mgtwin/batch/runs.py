"""Runs of one protocol on many cells that differ in numbers only, side by side: a Dataset for each, as `simulate`'s."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..cells import Cell
from ..errors import InputError
from ..kinds.carriers import Carrier
from ..protocols import Protocol, Segment, TransientProtocol
from ..routes import Mesh
from ..simulation import checks
from ..simulation.dispatch import stamp
from ..simulation.transient import assemble, window_of

if TYPE_CHECKING:
    import xarray as xr

    from ..simulation.integrator import SegmentSolution
    from .stacks import ParameterSets

__all__ = ["FEWEST", "SideBySide", "suits"]

Reals = NDArray[np.float64]
#: What became of a cell: its Dataset, why it has none, or None where it is to be simulated alone.
Found: TypeAlias = "xr.Dataset | str | None"

#: A step costs as much for this many cells as for one: fewer are simulated one by one.
FEWEST = 8
#: Numbers that decide which equations a model has: a cell with one of them has a model of its own.
DECISIVE = (0.0, 1.0, np.inf)


def suits(cell: Cell, protocol: Protocol) -> bool:
    """Whether runs of a protocol on cells like this one can go side by side."""
    salt = any(Carrier.ANIONS in layer.material.carriers for layer in cell.layers)
    return bool(protocol.run_by(_Asked())) and not salt


class _Asked:
    """Answers which way of running a protocol is: only single stretches of time go side by side."""

    def spectrum(self, protocol: Protocol) -> bool:
        """Spectra have a route of their own."""
        return False

    def transient(self, protocol: TransientProtocol) -> bool:
        """Records are integrated in one solve each."""
        return not protocol.recorded

    def cycling(self, protocol: Protocol) -> bool:
        """Cycles end and are skipped cell by cell."""
        return False

    def sequence(self, protocol: Protocol) -> bool:
        """Steps hand on states, cell by cell."""
        return False


@dataclass(frozen=True)
class SideBySide:
    """Cells that differ in numbers only, under one protocol.

    Attributes
    ----------
    base : Cell
        What they are but for these numbers; its own decide on the mesh, so that this is the same for a whole study.
    cells : sequence of Cell
    values : mapping
        Path to the number [SI] of every cell, for all numbers in which they differ.
    """

    base: Cell
    cells: Sequence[Cell]
    values: Mapping[str, Reals]

    def run(self, protocol: TransientProtocol) -> list[Found]:
        """The Dataset of every cell, why it has none, or None where it has to be simulated alone."""
        found: list[Found] = [None] * len(self.cells)
        groups: dict[Any, list[int]] = {}
        plans: dict[int, tuple[Segment, ...]] = {}
        for k, cell in enumerate(self.cells):
            try:
                plans[k] = protocol.segments(cell)
                dielectric = checks.check_feasible(cell, plans[k])
            except InputError as error:
                found[k] = " ".join(str(error).split())
                continue
            if not any(values[k] in DECISIVE for values in self.values.values()):
                groups.setdefault((dielectric, tuple(segment.times for segment in plans[k])), []).append(k)
        for (dielectric, _), members in groups.items():
            if len(members) >= FEWEST:
                results = self._integrated(protocol, dielectric, members, [plans[k] for k in members])
                for k, result in zip(members, results, strict=True):
                    found[k] = result
        return found

    def _integrated(
        self,
        protocol: TransientProtocol,
        dielectric: tuple[str, ...],
        members: Sequence[int],
        plans: Sequence[tuple[Segment, ...]],
    ) -> list[Found]:
        """Datasets of cells with one model and equal times."""
        cells = [self.cells[k] for k in members]
        values = np.array([[given[k] for k in members] for given in self.values.values()])
        first = checks.first_output(plans[0])
        sets = _built(self.base.to_yaml(), tuple(self.values), 1 / (2 * np.pi * first), dielectric, window_of(plans[0]))
        state = sets.at_rest(values)
        done: list[list[SegmentSolution]] = [[] for _ in cells]
        failures: dict[int, str] = {}
        for number in range(len(plans[0])):
            left = np.array([k for k in range(len(cells)) if k not in failures], dtype=np.intp)
            if not left.size:
                break
            segments = [plans[k][number] for k in left]
            reached = sets.integrate(state[:, left], values[:, left], segments)
            for k, solution in zip(left, sets.solutions(reached, values[:, left], segments), strict=True):
                match solution:
                    case str():
                        step = plans[k][number].step
                        failures[int(k)] = f"{cells[k].name}: the integration failed in step {step}: {solution}"
                    case _:
                        done[k].append(solution)
            state[:, left] = reached.final
        attrs = stamp(cells[0], protocol)
        return [failures.get(k) or self._dataset(cell, plans[k], done[k], sets, attrs) for k, cell in enumerate(cells)]

    def _dataset(
        self,
        cell: Cell,
        segments: tuple[Segment, ...],
        solutions: list[SegmentSolution],
        sets: ParameterSets,
        attrs: Mapping[str, Any],
    ) -> xr.Dataset:
        own = {
            "cell": cell.to_yaml(),
            "temperature": float(cell.temperature),
            "area": float(cell.area),
            "warnings": [
                *checks.validity_warnings(cell),
                *checks.fixture_warnings(cell, segments),
                *(
                    f"step {segment.step}: {solution.ended_by} after {solution.times[-1]:.4g} s"
                    for segment, solution in zip(segments, solutions, strict=True)
                    if solution.ended_by != "time"
                ),
            ],
        }
        run = assemble(cell, segments, solutions, sets, {**attrs, **own}, Mesh())  # type: ignore[arg-type]
        return run.assign_attrs(route=f"{run.attrs['route']}, side by side ({sets.rtol:g} of the states per step)")


@lru_cache(maxsize=16)
def _built(cell: str, paths: tuple[str, ...], f_max: float, dielectric: tuple[str, ...], window: Any) -> ParameterSets:
    """The model of a cell (YAML), with the numbers at these paths as inputs, kept for the next cells of a study."""
    from .stacks import ParameterSets

    return ParameterSets(Cell.from_yaml(cell), paths, f_max=f_max, dielectric=dielectric, cpe_window=window)
