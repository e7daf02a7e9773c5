"""A stack whose current is an unknown, so that one discretised model serves current and voltage control alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np
import pybamm

from ..cells import Cell
from ..kinds.numbers import Number, saturating_exp
from ..kinds.salt import DEPLETED, Surface
from ..routes import Route
from . import names
from .stack import DEFAULT_WINDOW, StackModel

#: Names of the control inputs.
BY_VOLTAGE = "control by voltage"
CURRENT_START, CURRENT_RATE = "control current start [A]", "control current rate [A.s-1]"
VOLTAGE_START, VOLTAGE_RATE = "control voltage start [V]", "control voltage rate [V.s-1]"
LOW, HIGH = "control lowest voltage [V]", "control highest voltage [V]"
#: Size of the current at which a stretch ends, and the direction in which it flows before: 1, -1, or 0 for no end.
LEAST, FORWARD = "control least current [A]", "control direction of the current"
#: Part of the reference's voltage against the negative electrode that is taken from the cell's: 0 or 1.
AGAINST = "control against the reference"
#: All of them, in the order in which `Integrator.inputs` gives them.
INPUTS = (BY_VOLTAGE, CURRENT_START, CURRENT_RATE, VOLTAGE_START, VOLTAGE_RATE, LOW, HIGH, LEAST, FORWARD, AGAINST)
#: Events by which a limit ends a stretch.
LOWEST, HIGHEST, FALLEN = LIMITED = "lowest voltage", "highest voltage", "least current"
#: A voltage that nothing reaches, whatever is asked of a cell: stands for "no limit" in an event.
UNLIMITED = 1e150


class ControlledStack(StackModel):
    """A :class:`StackModel` driven by inputs instead of by a current function.

    The current through the layers is an algebraic unknown, fixed by ``I = start + rate t`` or ``V = start + rate t`` at
    the terminals, or against the reference, according to the inputs ``control by voltage`` and ``control against the
    reference`` (0 or 1). The state vector is the same under both
    controls and passes from one stretch to the next unchanged. Time runs from 0 in every stretch.
    """

    counts = False
    has_unknown_currents = True

    def __init__(
        self,
        cell: Cell,
        inputs: Sequence[str | tuple[str, ...]] = (),
        *,
        f_max: float | None = None,
        dielectric: bool | Collection[str] = False,
        cpe_window: tuple[float, float] | None = DEFAULT_WINDOW,
        refinement: float | None = None,
        ages: bool = True,
        layers: Route | None = None,
        shared: bool = False,
    ):
        super().__init__(
            cell,
            inputs,
            f_max=f_max,
            dielectric=dielectric,
            cpe_window=cpe_window,
            refinement=refinement,
            ages=ages,
            layers=layers,
            shared=shared,
        )
        get = pybamm.InputParameter
        wanted_current = get(CURRENT_START) + get(CURRENT_RATE) * pybamm.t
        wanted_voltage = get(VOLTAGE_START) + get(VOLTAGE_RATE) * pybamm.t
        controlled = self.voltage
        if cell.reference is not None:
            controlled = controlled - get(AGAINST) * self.variables[names.NEGATIVE_VOLTAGE]
        self.algebraic[self.cell_current] = get(BY_VOLTAGE) * (controlled - wanted_voltage) + (1 - get(BY_VOLTAGE)) * (
            (self.current - wanted_current) / self._current_scale
        )
        self.initial_conditions[self.cell_current] = pybamm.Scalar(0)
        self.events += [
            pybamm.Event(LOWEST, controlled - get(LOW)),
            pybamm.Event(HIGHEST, get(HIGH) - controlled),
            # of a cell that leaks the current passes 0: its size alone would be small for a part of a step only
            pybamm.Event(FALLEN, (get(FORWARD) * self.current - get(LEAST)) / self._current_scale),
        ]

    def surface(self, layer: str, side: str, relative: Number) -> Surface:
        """The salt at a face that only the ion passes, by the logarithm of c/c_0 as an unknown.

        At an imposed voltage it falls as far as the voltage asks, to exp(-100) and less, and the current stays at what
        diffusion brings; the difference of two numbers near 1 would end at 1e-16.
        """
        name = names.log_concentration(layer, side)
        if name not in self.variables:
            self.balances(self.unknown(name, 0.0), relative - saturating_exp(self.variables[name]))
        logarithm = self.variables[name]
        return Surface(saturating_exp(logarithm), logarithm)

    def empties(self, store: Number, least: Number, drawn: Number) -> None:
        """End a run under current control: at an imposed voltage the current ceases by itself."""
        by_current = 1 - pybamm.InputParameter(BY_VOLTAGE)
        super().empties(store, least, drawn * by_current)

    def depletes(self, event: str, surface: Surface) -> None:
        """End a run under current control: an imposed voltage draws what current there is, for ever."""
        unknown = any(surface.logarithm is variable for variable in self.algebraic)
        spared = pybamm.InputParameter(BY_VOLTAGE) if unknown else 0
        self.events.append(pybamm.Event(event, surface.relative - DEPLETED + spared))

    def _current(self) -> pybamm.Symbol:
        # in uA/cm2 or so, that one absolute tolerance suits it and voltages
        self._current_scale = self.decide(lambda cell, f_max: names.current_scale(cell.area))
        return pybamm.Variable(names.CURRENT_VARIABLE, scale=self._current_scale)


def discretise(model: StackModel) -> tuple[pybamm.BaseModel, pybamm.Mesh]:
    """The model with its default parameters, mesh and spatial methods, ready for a solver, and that mesh."""
    parameters = model.default_parameter_values
    geometry = model.default_geometry
    parameters.process_geometry(geometry)
    mesh = pybamm.Mesh(geometry, model.default_submesh_types, model.default_var_pts)
    processed = parameters.process_model(model, inplace=False)
    return pybamm.Discretisation(mesh, model.default_spatial_methods).process_model(processed), mesh


def nodes_of(model: StackModel, mesh: pybamm.Mesh, output: str) -> np.ndarray:
    """Positions (0-1 in the layer) at which an output is given; empty where there is none of this name."""
    found = model.variables.get(output)
    return np.empty(0) if found is None else np.asarray(mesh[found.domain[0]].nodes)


def moves_with_rest(labels: Iterable[str], layer: str) -> np.ndarray:
    """Where the entries of a state are the local potential of a layer at rest: everywhere, or the mean of its modes."""
    plain = [names.local_potential(layer), *(names.face_potential(layer, side) for side in ("left", "right"))]
    modal = [k for k, label in enumerate(labels) if (found := names.modes_of(label)) and found[0] == plain[0]]
    result = np.isin(list(labels), plain)
    result[modal[:1]] = True
    return result


def state_layout(model: pybamm.BaseModel, mesh: pybamm.Mesh) -> tuple[list[str], np.ndarray]:
    """Name of the variable and position in its layer (0-1; NaN for scalars) of every entry of the state vector."""
    size = model.len_rhs_and_alg
    labels = [""] * size
    positions = np.full(size, np.nan)
    for variable, slices in model.y_slices.items():
        for part in slices:
            labels[part] = [variable.name] * (part.stop - part.start)
            if variable.domain:
                positions[part] = mesh[variable.domain[0]].nodes
    return labels, positions
