"""Many parameter sets of one stack in time: the model is discretised once, with what differs as its inputs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import casadi
import numpy as np
from numpy.typing import NDArray

from ..cells import Cell
from ..cells.paths import Key, expand, parts_of
from ..cells.rest import rest_potentials
from ..impedance.parameters import reader_of
from ..models import controlled, names
from ..models.controlled import ControlledStack
from ..models.stack import DEFAULT_WINDOW
from ..protocols import Segment
from ..simulation.integrator import Integrator, SegmentSolution, mapped
from .equations import Equations
from .radau import Trajectories, march

__all__ = ["ParameterSets"]

Reals = NDArray[np.float64]

#: Tolerances of the states. The error of a step is estimated to third order and the solution is of fifth: what they
#: leave in a voltage is a thousandth of them.
RTOL, ATOL = 1e-6, 1e-9
_CONTROL = (
    controlled.BY_VOLTAGE,
    controlled.CURRENT_START,
    controlled.CURRENT_RATE,
    controlled.VOLTAGE_START,
    controlled.VOLTAGE_RATE,
    controlled.LOW,
    controlled.HIGH,
)


class ParameterSets:
    """A cell whose numbers have several values each, integrated side by side.

    Parameters
    ----------
    cell : Cell
    keys : sequence of str or tuple of str
        Dotted paths of the numbers that differ between the sets; those of a tuple or wildcard have one value.
    f_max, dielectric, cpe_window
        As of :class:`mgtwin.models.stack.StackModel`.
    rtol, atol : float
        Relative and absolute tolerance of the states.

    Examples
    --------
    >>> import mgtwin as mt
    >>> cell, path = mt.cell("trilayer"), "positive.double_layer.c"
    >>> sets = ParameterSets(cell, [path], f_max=1.0)
    >>> values = np.array([[0.01, 0.02]])
    >>> y = sets.at_rest(values)
    >>> (segment,) = mt.Galvanostatic("10 uA", "1 s", points=4).segments(cell)
    >>> sets.step(y, values, segment).shape == y.shape
    True
    """

    def __init__(
        self,
        cell: Cell,
        keys: Sequence[Key],
        *,
        f_max: float,
        dielectric: bool | Collection[str] = False,
        cpe_window: tuple[float, float] = DEFAULT_WINDOW,
        rtol: float = RTOL,
        atol: float = ATOL,
    ) -> None:
        self.cell, self.rtol, self.atol = cell, rtol, atol
        self.names = tuple(", ".join(parts_of(key)) for key in keys)
        self.places = {name: expand(cell, key) for name, key in zip(self.names, keys, strict=True)}
        self.model = ControlledStack(cell, list(keys), f_max=f_max, dielectric=dielectric, cpe_window=cpe_window)
        built, self._mesh = controlled.discretise(self.model)
        self.layout = controlled.state_layout(built, self._mesh)
        self._equations = Equations.of(built, [*self.names, *_CONTROL])
        y, p = casadi.MX.sym("y", built.len_rhs_and_alg), casadi.MX.sym("p", len(self.names))
        given: dict[str, Any] = {"t": casadi.MX(0), "inputs": {name: p[k] for k, name in enumerate(self.names)}}
        self.output_names = [name for name in self.model.variables if name not in (names.TIME, names.BATTERY_VOLTAGE)]
        parts = [
            casadi.densify(built.get_processed_variable(name).to_casadi(y=y, **given)) for name in self.output_names
        ]
        self._edges = np.cumsum([part.numel() for part in parts])
        self._outputs = casadi.Function("outputs", [y, p], [casadi.vertcat(*parts)])
        rest = casadi.densify(built.concatenated_initial_conditions.to_casadi(y=casadi.MX(0), **given))
        self._rest = casadi.Function("rest", [p], [rest])

    # -- states -------------------------------------------------------------------------------------------------------
    def at_rest(self, values: Reals) -> Reals:
        """States of rest, shape (unknowns, sets), of values of shape (keys, sets)."""
        state = np.array(mapped(self._rest, values)) if self.names else np.array(self._rest([])).repeat(1, axis=1)
        overrides: dict[Key, Reals] = {paths: values[k] for k, paths in enumerate(self.places.values())}
        reader, _ = reader_of(self.cell, overrides)
        rest = rest_potentials(self.cell, reader)
        labels = np.asarray(self.layout[0])
        found = [
            (labels == names.potential_drop("negative"), rest.negative),
            (labels == names.potential_drop("positive"), rest.positive),
        ]
        for layer, potential in zip(self.cell.layers, rest.layers, strict=True):
            found.append((controlled.moves_with_rest(labels, layer.name), potential))
        for where, value in found:
            if value is not None:
                state[where] = np.broadcast_to(np.ravel(value), values.shape[1])
        return state

    def step(self, y: Reals, values: Reals, segment: Segment) -> Reals:
        """States at the end of a segment, from states of shape (unknowns, sets); NaN for sets that fail.

        Nothing is kept between two calls: a filter may exchange states, numbers and sets as it likes.
        """
        return self.integrate(y, values, [segment] * values.shape[1]).final

    def integrate(self, y: Reals, values: Reals, segments: Sequence[Segment]) -> Trajectories:
        """All sets through a segment of equal times, with a control and limits for each."""
        control = np.array([[*Integrator.inputs(self, segment).values()] for segment in segments]).T  # type: ignore[arg-type]
        sets = self._equations.for_sets(np.vstack([values, control]))
        return march(sets, y, segments[0].times, self.rtol, self.atol)

    # -- results ------------------------------------------------------------------------------------------------------
    def evaluate(self, states: Reals, values: Reals) -> dict[str, Reals]:
        """Outputs of one set at states of shape (unknowns, times), each of shape (size, times) or (times,)."""
        given = np.repeat(values[:, np.newaxis], states.shape[1], axis=1)
        blocks = np.split(mapped(self._outputs, states, given), self._edges[:-1])
        return {
            name: block[0] if len(block) == 1 else block for name, block in zip(self.output_names, blocks, strict=True)
        }

    def solutions(self, found: Trajectories, values: Reals, segments: Sequence[Segment]) -> list[SegmentSolution | str]:
        """The result of a segment for every set, or why it has none."""
        made: list[SegmentSolution | str] = []
        for k, segment in enumerate(segments):
            if k in found.failures:
                made.append(found.failures[k])
                continue
            times, states = np.asarray(segment.times), found.states[:, :, k].T
            if found.ended_by[k] != "time":
                kept = times < found.ends[k]
                times = np.append(times[kept], found.ends[k])
                states = np.hstack([states[:, kept], found.final[:, k : k + 1]])
            outputs = self.evaluate(states, values[:, k])
            made.append(SegmentSolution(times, outputs, found.final[:, k], found.ended_by[k]))
        return made

    @property
    def kept_layout(self) -> tuple[list[str], Reals]:
        """What the components of the states are that a result keeps."""
        return self.layout

    def kept_state(self, solution: SegmentSolution) -> Reals:
        """State at the end of a segment, as a result keeps it."""
        return solution.state

    def nodes(self, output: str) -> Reals:
        """Positions (0-1 in the layer) at which an output is given; empty where there is none of this name."""
        return controlled.nodes_of(self.model, self._mesh, output)
