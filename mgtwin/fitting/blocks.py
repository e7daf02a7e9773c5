"""The parts of a fit's residuals: spectra of cells, runs in time, circuits and priors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..cells import Cell
from ..circuits import Circuit, CircuitBlock
from ..regression import Block, Weighting
from .halves import HalfBlock
from .measurements import Measurement
from .parameters import Parameter
from .spectra import spectra_blocks

__all__ = ["Block", "blocks_of"]

_Maker = Callable[[list[int], Sequence[Measurement], Sequence[Parameter], Sequence[Weighting]], list[Block]]


def blocks_of(
    measurements: Sequence[Measurement], parameters: Sequence[Parameter], weightings: Sequence[Weighting]
) -> list[Block]:
    """The blocks of all Datasets; those that can be evaluated together share one."""
    found: list[Block] = []
    for subject, maker in _MAKERS.items():
        numbers = [number for number, item in enumerate(measurements) if type(item.cell) is subject]
        found += maker(numbers, measurements, parameters, weightings)
    return found


def _of_cells(
    numbers: list[int],
    measurements: Sequence[Measurement],
    parameters: Sequence[Parameter],
    weightings: Sequence[Weighting],
) -> list[Block]:
    at_rest = [k for k in numbers if measurements[k].is_spectrum and measurements[k].protocol is None]
    rest = [k for k in at_rest if not measurements[k].half]
    blocks: list[Block] = list(
        spectra_blocks(rest, [measurements[k] for k in rest], parameters, [weightings[k] for k in rest])
    )
    blocks += [HalfBlock(k, measurements[k], parameters, weightings[k]) for k in at_rest if k not in rest]
    for k in (number for number in numbers if number not in at_rest):
        from .transients import BiasedBlock, TransientBlock  # they import PyBaMM, which takes seconds

        kind = BiasedBlock if measurements[k].is_spectrum else TransientBlock
        blocks.append(kind(k, measurements[k], parameters, weightings[k]))
    return blocks


def _of_circuits(
    numbers: list[int],
    measurements: Sequence[Measurement],
    parameters: Sequence[Parameter],
    weightings: Sequence[Weighting],
) -> list[Block]:
    blocks: list[Block] = []
    for number in numbers:
        item = measurements[number]
        circuit: Circuit = item.model.subject
        assert item.frequency is not None and item.impedance is not None
        unknown = {path: k for k, p in enumerate(parameters) for path in p.targets.get(number, ())}
        sources = [unknown.get(path, -1) for path in circuit.paths()]
        weight = 1 / weightings[number].interleaved(item.impedance)
        blocks.append(CircuitBlock(number, circuit, sources, len(parameters), item.frequency, item.impedance, weight))
    return blocks


_MAKERS: dict[type, _Maker] = {Cell: _of_cells, Circuit: _of_circuits}
