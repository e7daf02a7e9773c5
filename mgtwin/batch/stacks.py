"""Many parameter sets of one stack in time: the model is discretised once, with what differs as its inputs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType, SimpleNamespace
from typing import Any

import casadi
import numpy as np
from numpy.typing import NDArray

from ..cells import Cell
from ..cells.paths import Key, expand, parts_of
from ..cells.rest import rest_diffusivity, rest_potentials
from ..impedance.parameters import reader_of
from ..kinds.carriers import has_electrons
from ..models import controlled, names
from ..models.controlled import ControlledStack
from ..models.modes import DECADES, decades_for, length_for
from ..models.stack import DEFAULT_WINDOW
from ..protocols import Limits, Segment
from ..routes import Route
from ..simulation.integrator import Integrator, SegmentSolution
from ..simulation.outputs import Outputs, mapped
from .equations import Equations
from .radau import Trajectories, march

__all__ = ["ParameterSets", "decades_of"]

Reals = NDArray[np.float64]

#: Tolerances of the states. The error of a step is estimated to third order and the solution is of fifth: what they
#: leave in a voltage is a thousandth of them.
RTOL, ATOL = 1e-6, 1e-10
#: Modes and meshes are made for multiples of so many decades of time, so that cells that are much alike share them.
STEP = 5


class InputStack(ControlledStack):
    """A stack for many sets of its numbers, of which the potentials at rest follow: they are inputs, too.

    Parameters
    ----------
    cell, inputs, **options
        As of :class:`mgtwin.models.controlled.ControlledStack`.
    decades : mapping
        Layer to the decades of :math:`L^2/(D t)` that it is made for (`decades_of`); by default those of the cell.
    """

    def __init__(self, cell: Cell, inputs: Sequence[Key], *, decades: Mapping[str, int], **options: Any) -> None:
        self._decades = decades
        super().__init__(cell, inputs, **options)

    def diffusion_length(self, layer: str, cell: Cell, f_max: float) -> float:
        """sqrt(D/(2 pi f_max)) of a layer at rest, relative to its thickness, by the decades that are asked for."""
        if layer not in self._decades:
            return super().diffusion_length(layer, cell, f_max)
        return length_for(self._decades[layer])

    def _rest_symbols(self, *, as_inputs: bool) -> SimpleNamespace:
        return super()._rest_symbols(as_inputs=True)


class ParameterSets:
    """A cell whose numbers have several values each, integrated side by side.

    Parameters
    ----------
    cell : Cell
    keys : sequence of str or tuple of str
        Dotted paths of the numbers that differ between the sets; those of a tuple or wildcard have one value.
    f_max, dielectric, cpe_window, layers
        As of :class:`mgtwin.models.stack.StackModel`.
    decades : mapping, optional
        As of `InputStack`.
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
        layers: Route | None = None,
        decades: Mapping[str, int] = MappingProxyType({}),
        rtol: float = RTOL,
        atol: float = ATOL,
    ) -> None:
        self.cell, self.rtol, self.atol = cell, rtol, atol
        self.names = tuple(", ".join(parts_of(key)) for key in keys)
        self.places = {name: expand(cell, key) for name, key in zip(self.names, keys, strict=True)}
        options = {"f_max": f_max, "dielectric": dielectric, "cpe_window": cpe_window, "layers": layers}
        self.model = InputStack(cell, list(keys), decades=decades, **options)
        built, self._mesh = controlled.discretise(self.model)
        self.layout = controlled.state_layout(built, self._mesh)
        # of both electrodes and of every layer
        places = ("negative", "positive", *(layer.name for layer in cell.layers))
        numbers = [*self.names, *map(names.at_rest, places)]
        self._equations = Equations.of(built, [*numbers, *controlled.INPUTS])
        y, p = casadi.MX.sym("y", built.len_rhs_and_alg), casadi.MX.sym("p", len(numbers))
        given: dict[str, Any] = {"t": casadi.MX(0), "inputs": {name: p[k] for k, name in enumerate(numbers)}}
        outputs = self.model, built, self._mesh, [y, p], given["inputs"]
        signals = (names.VOLTAGE, names.CURRENT, names.NEGATIVE_VOLTAGE)
        self._outputs = Outputs(*outputs)
        self._signals = Outputs(*outputs, [name for name in signals if name in self.model.variables])
        rest = casadi.densify(built.concatenated_initial_conditions.to_casadi(y=casadi.MX(0), **given))
        self._rest = casadi.Function("rest", [p], [rest])

    # -- states -------------------------------------------------------------------------------------------------------
    def numbers(self, values: Reals) -> Reals:
        """The model's inputs for values of shape (keys, sets): these, and the potentials at rest that follow."""
        reader, _ = reader_of(self.cell, {paths: values[k] for k, paths in enumerate(self.places.values())})
        rest = rest_potentials(self.cell, reader)
        found = [0.0 if value is None else value for value in (rest.negative, rest.positive, *rest.layers)]
        return np.vstack([values, *(np.broadcast_to(np.ravel(value), values.shape[1]) for value in found)])

    def at_rest(self, values: Reals) -> Reals:
        """States of rest, shape (unknowns, sets), of values of shape (keys, sets)."""
        return mapped(self._rest, self.numbers(values))

    def step(self, y: Reals, values: Reals, segment: Segment) -> Reals:
        """States at the end of a segment, from states of shape (unknowns, sets); NaN for sets that fail.

        Nothing is kept between two calls: a filter may exchange states, numbers and sets as it likes.
        """
        return self.integrate(y, values, [segment] * values.shape[1]).final

    def integrate(self, y: Reals, values: Reals, segments: Sequence[Segment]) -> Trajectories:
        """All sets through a segment of equal times, with a control and limits for each."""
        given = [Integrator.inputs(self, segment) for segment in segments]  # type: ignore[arg-type]
        # by name: in another order each would be taken for its neighbour
        control = np.array([[inputs[name] for inputs in given] for name in controlled.INPUTS])
        bounded = any(segment.limits != Limits() for segment in segments) or len(self._equations.names) > len(
            controlled.LIMITED
        )
        sets = self._equations.for_sets(np.vstack([self.numbers(values), control]), events=bounded)
        return march(sets, y, segments[0].times, self.rtol, self.atol)

    # -- results ------------------------------------------------------------------------------------------------------
    def evaluate(self, states: Reals, numbers: Reals) -> dict[str, Reals]:
        """Outputs of one set, whose `numbers` have the shape (inputs,), at states of shape (unknowns, times)."""
        return self._outputs.at(states, numbers)

    def signals(self, states: Reals, numbers: Reals) -> Reals:
        """Voltage [V] and PyBaMM's current [A] of states (times, unknowns, sets), shape (2, times, sets).

        With a reference a third row has its voltage against the negative electrode.
        """
        times, unknowns, sets = states.shape
        # all sets and times in one call, one column each
        found = self._signals.at(states.transpose(1, 0, 2).reshape(unknowns, -1), np.tile(numbers, times))
        return np.stack([*found.values()]).reshape(-1, times, sets)

    def solution(self, found: Trajectories, k: int, numbers: Reals, segment: Segment) -> SegmentSolution:
        """The result of a segment for one set; where an event ended it, that moment is the last sample."""
        times, states, end = np.asarray(segment.times), found.states[:, :, k].T, found.ends[k]
        if found.ended_by[k] != "time":
            kept = times < end
            times, states = np.append(times[kept], end), np.hstack([states[:, kept], found.final[:, k : k + 1]])
        return SegmentSolution(times, self.evaluate(states, numbers), found.final[:, k], found.ended_by[k])

    def nodes(self, output: str) -> Reals:
        """Positions (0-1 in the layer) at which an output is given; empty where there is none of this name."""
        return controlled.nodes_of(self.model, self._mesh, output)


def decades_of(cell: Cell, values: Mapping[Any, Reals], f_max: float) -> dict[str, NDArray[np.intp]]:
    """Decades of L^2/(D t) that each layer of cells needs down to a time of 1/(2 pi f_max), in whole `STEP`.

    So the modes, or the mesh, of a cell depend on its own numbers alone, and cells that are much alike share them.

    Parameters
    ----------
    cell : Cell
    values : mapping
        Path, or paths of one number, to the number [SI] of every cell.
    f_max : float
        [Hz]
    """
    reader, _ = reader_of(cell, values)
    number = max((len(given) for given in values.values()), default=1)
    found = {}
    for layer, potential in zip(cell.layers, rest_potentials(cell, reader).layers, strict=True):
        if has_electrons(layer.material):
            diffusivity = rest_diffusivity(reader, f"layers.{layer.name}.material", potential)
            length = np.sqrt(diffusivity / (2 * np.pi * f_max)) / reader.number(f"layers.{layer.name}.thickness")
            needed = np.ravel(decades_for(length))
            # beyond the last table a layer is on a mesh, which is made for no more than it has to be
            whole = np.where(needed > max(DECADES), needed, np.minimum(STEP * np.ceil(needed / STEP), max(DECADES)))
            found[layer.name] = np.broadcast_to(whole, number).astype(np.intp)
    return found
