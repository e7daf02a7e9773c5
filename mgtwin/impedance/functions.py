"""What is compiled of a discretised cell for its small signals: once for all cells that differ in numbers alone."""

from __future__ import annotations

from collections.abc import Sequence

import casadi
import numpy as np
import pybamm

from ..cells import Cell
from ..models import controlled, names
from ..models.controlled import ControlledStack
from ..models.scalars import jacobian_in_scalars
from ..routes import Route
from .banded import BandedOrder
from .links import Array

__all__ = ["Numbered", "StackFunctions"]

#: A spectrum costs little, so that its mesh can be fine enough for 1e-4 over ten decades of frequency.
REFINEMENT = 1.5


class StackFunctions:
    """A discretised structure, with residual, outputs and their derivatives as functions of the state and of numbers.

    Parameters
    ----------
    cell : Cell
        One of those that it serves, with their `numbers_of`.
    f_max : float
        Highest frequency [Hz].
    inputs : sequence of str or tuple of str
        Dotted paths that may change from call to call.
    layers : Route, optional
        How layers are discretised.
    shared : bool
        Whether they serve every cell that the model `fits`; else numbers other than the inputs are those of this cell.

    Attributes
    ----------
    model : ControlledStack
    built : pybamm.BaseModel
        Discretised.
    layout : (list of str, ndarray)
        Of the state vector, as `state_layout` gives it.
    input_names : list of str
        What drives the numbers at `inputs`.
    compiled : dict
        CasADi functions of the state (but for ``initial``), the inputs, and the numbers of a cell.
    """

    def __init__(
        self,
        cell: Cell,
        *,
        f_max: float,
        inputs: Sequence[str | tuple[str, ...]] = (),
        layers: Route | None = None,
        shared: bool = False,
    ):
        # no window, so no ladder of RC branches in place of a constant-phase element: that is right within 1 % in
        # time, but here (i omega)^n itself is to be had, for a power per row
        self.model = ControlledStack(
            cell,
            inputs,
            f_max=f_max,
            dielectric=True,
            cpe_window=None,
            refinement=REFINEMENT,
            ages=False,
            layers=layers,
            shared=shared,
        )
        self.built, mesh = controlled.discretise(self.model)
        self.layout = controlled.state_layout(self.built, mesh)
        self.input_names = sorted(set(self.model.input_paths.values()))
        own = list(self.model.numbers_of(cell))
        y, numbers = casadi.MX.sym("y", self.built.len_rhs_and_alg), casadi.MX.sym("numbers", len(own))
        #: Symbols that stand for the inputs.
        self.free = [casadi.MX.sym(f"p{k}") for k in range(len(self.input_names))]
        self._inputs = dict(zip(self.input_names, self.free, strict=True))
        self._inputs |= {name: numbers[k] for k, name in enumerate(own)}
        # they fix the current or the voltage, in an equation that is left out here
        self._inputs |= {name: casadi.MX(0) for name in controlled.INPUTS}
        self.compiled = self._compile(y, [*self.free, numbers])
        self._forward: dict[str, casadi.Function] = {}
        #: Found with the first matrix, whose pattern is that of all.
        self.order: BandedOrder | None = None

    def _compile(self, y: casadi.MX, given: list[casadi.MX]) -> dict[str, casadi.Function]:
        def translated(symbol: pybamm.Symbol) -> casadi.MX:
            return symbol.to_casadi(t=casadi.MX(0), y=y, inputs=self._inputs)

        def output(name: str) -> casadi.MX:
            return translated(self.built.get_processed_variable(name))

        parts = [translated(self.built.concatenated_rhs), translated(self.built.concatenated_algebraic)]
        residual = casadi.vertcat(*[part for part in parts if part.numel()])
        half = names.NEGATIVE_VOLTAGE in self.model.variables
        outputs = casadi.vertcat(
            output(names.VOLTAGE), output(names.CURRENT), output(names.NEGATIVE_VOLTAGE) if half else casadi.MX(0)
        )
        charges = [names.stored_charge(layer.name) for layer in self.model.storing_layers]
        stored = casadi.vertcat(casadi.MX(0, 1), *map(output, charges))
        initial = casadi.densify(translated(self.built.concatenated_initial_conditions))
        mixed = [layer.name for layer in self.model.mixed_layers]
        inside = [output(name(layer)) for layer in mixed for name in (names.local_potential, names.stored_charge)]
        #: Of every local potential and stored charge, one after the other in ``interior``.
        self.sizes = [part.numel() for part in inside]

        def slopes(expression: casadi.MX) -> casadi.MX:
            # by numbers that are inputs CasADi's own derivative of vectors has tens of thousands of nodes
            found = jacobian_in_scalars(expression, y)
            return casadi.jacobian(expression, y) if found is None else found

        whole = {
            "residual": ([y, *given], [residual]),
            "outputs": ([y, *given], [outputs]),
            "stored": ([y, *given], [stored, casadi.jacobian(stored, y)]),
            "matrices": ([y, *given], [slopes(residual), casadi.jacobian(outputs, y)]),
            "interior": ([y, *given], [casadi.vertcat(casadi.MX(0, 1), *inside)]),
            "initial": (given, [initial]),
            "initial_slopes": (given, [casadi.jacobian(initial, casadi.vertcat(*self.free))]),
        }
        return {name: casadi.Function(name, symbols, results) for name, (symbols, results) in whole.items()}

    def of(self, name: str, numbers: Sequence[float]) -> Numbered:
        """One of the functions with the numbers of a cell."""
        return Numbered(self, name, casadi.DM(list(numbers)))

    def forward(self, name: str) -> casadi.Function:
        """Its directional derivative, made once."""
        if name not in self._forward:
            self._forward[name] = self.compiled[name].forward(1)
        return self._forward[name]


class Numbered:
    """A function of a structure with the numbers of one cell: of the state and the inputs, which are left."""

    def __init__(self, functions: StackFunctions, name: str, numbers: casadi.DM) -> None:
        self._functions, self._name, self._numbers = functions, name, numbers
        self._function = functions.compiled[name]

    def __call__(self, *given: Array) -> Array:
        """Its value, or several."""
        return self._function(*given, self._numbers)

    def along(self, state: Array, values: Sequence[float], moved: Array, k: int) -> list[Array]:
        """Derivatives of all its values by input k along with a movement of the state."""
        values_there = self._function.call([state, *values, self._numbers])
        seeds = [moved, *np.eye(len(values))[k], 0 * self._numbers]
        # forward mode: the values are whole matrices, and reverse mode would take one sweep for every entry of theirs
        forward = self._functions.forward(self._name)
        return list(forward.call([state, *values, self._numbers, *values_there, *seeds]))
