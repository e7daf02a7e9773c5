"""StackModel: any cell of layers and interfaces as an ordinary PyBaMM model."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from functools import cached_property, partial
from types import SimpleNamespace
from typing import Any, TypeAlias, TypeVar

import casadi
import numpy as np
import pybamm

from ..cells import Cell, Layer
from ..cells.reader import Reader
from ..cells.rest import FARADAY, GAS_CONSTANT
from ..kinds.carriers import ANIONS, ELECTRONS, IONS_ONLY, has_electrons
from ..kinds.laws import Law
from ..kinds.memories import Body
from ..kinds.numbers import Number
from ..kinds.salt import DEPLETED, Surface, continued_log
from ..routes import LAYERS, ON_MESH, Route
from . import mesh, names
from .equations import equations_of
from .grid import Space
from .inputs import check_materials, function_of, input_paths, is_phase_fraction, rest_values
from .interfaces import ElectrodeInterface, JunctionInterface
from .mesh import SHARED_STEP, length_at_rest, penetration
from .particles import Particle
from .scalars import jacobian_in_scalars
from .stock import Numbers, StockModel
from .storage import ConstantPhaseElement
from .terminals import cell_current, name_variables, writers

#: Window of constant-phase elements in time where nothing else is asked for: from months to a millisecond [rad/s].
DEFAULT_WINDOW = (1e-7, 1e3)
_SIDES = ("negative", "positive")
_Answer = TypeVar("_Answer", bound=Hashable)
#: What is asked of a cell and the highest frequency [Hz].
Question: TypeAlias = Callable[[Cell, float], Hashable]


class StackModel(StockModel):
    """A cell as a PyBaMM model: one parabolic equation per mixed conductor or salt solution, else circuit elements.

    It runs unmodified in ``pybamm.Simulation``, with ``pybamm.Experiment`` (current, voltage, rest steps) and in
    ``pybamm.EISSimulation``. Inside, PyBaMM's sign holds: positive current flows along +x and deposits at the positive
    (right) electrode. :func:`mgtwin.simulate` gives the laboratory's sign.

    Parameters
    ----------
    cell : Cell
        What is modelled, but for its fixture, which :func:`mgtwin.simulate` adds to spectra.
    inputs : sequence of str or tuple of str
        Dotted paths (tuples and wildcards move together) that become PyBaMM input parameters, so that they can change
        without a rebuild: any number of the cell, thickness and temperature included. Their names are the keys as
        given (a tuple's joined by ``", "``).
    f_max : float, optional
        Highest frequency [Hz] that must be resolved: the meshes are graded to the diffusion length
        ``sqrt(D/(2 pi f_max))`` at every face. By default 1 Hz, right for cycling.
    dielectric : bool or collection of str
        Whether layers with a relative permittivity store charge (§2.4), or the names of those that do. They relax
        within 1e-9 to 1e-4 s: leave it off in transients that do not resolve those times, and on for impedance.
    cpe_window : (float, float) or None
        Angular frequencies [rad/s] between which constant-phase elements are right within 1 %, as ladders of RC
        branches. None makes a model for the frequency domain only, in which they are exact.
    refinement : float, optional
        Factor on the number of mesh points, at most 40; the error falls with its square. Without `layers` it asks for a
        mesh.
    ages : bool
        Whether the ageing laws act. False keeps their states, and what they have done, as they are (§3.5).
    layers : Route, optional
        ``mt.Modes()`` (default) gives mixed conductors whose properties depend on neither x nor E as a few dozen modes
        (§7), ``mt.Mesh()`` gives all layers as finite volumes.
    shared : bool
        Whether every number that decides on no equation is an input, too, by its path, and so are the potentials at
        rest: one discretised model then serves all cells that `fits` accepts, with their `numbers_of`.

    Raises
    ------
    InputError
        Where no current of any kind can cross an interface, or an input names no number of the cell.

    Examples
    --------
    >>> import mgtwin as mt, pybamm
    >>> model = mt.StackModel(mt.cell("trilayer"), inputs=["layers.antiperovskite.thickness"])
    >>> sim = pybamm.Simulation(model, experiment=pybamm.Experiment(["Discharge at 0.01 mA for 1 minute"]))
    >>> solution = sim.solve(inputs={"layers.antiperovskite.thickness": 4e-4})
    """

    has_unknown_currents = False

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
        super().__init__(name=f"mgtwin stack {cell.name}")
        self._made_with = {"inputs": inputs, "f_max": f_max, "dielectric": dielectric, "cpe_window": cpe_window,
                           "refinement": refinement, "ages": ages, "layers": layers}  # fmt: skip
        self.cell = cell
        self.f_max = 1.0 if f_max is None else float(f_max)
        self.input_paths = input_paths(cell, inputs)
        check_materials(cell, self.input_paths)
        #: What decided on the equations: questions to a cell at a highest frequency, and what this one answered.
        self.decisions: list[tuple[Question, Hashable]] = []
        self._fixed: set[str] = set()
        # what percolates in a mixture is a matter of its numbers
        self.decide(lambda cell, f_max: tuple((part.material.carriers, part.material.graded) for part in cell.layers))
        # for a spectrum ladders have to reach as high as it does
        top = 0.0 if f_max is None or cpe_window is not DEFAULT_WINDOW else 20 * np.pi * self.f_max
        self.cpe_window = None if cpe_window is None else (cpe_window[0], max(cpe_window[1], top))
        #: How layers are discretised: who asks for a finer mesh, and for nothing else, asks for a mesh.
        self.route: Route = layers or (LAYERS if refinement is None else ON_MESH)
        self.refinement = self.route.refinement * (1.0 if refinement is None else refinement)
        self.ages = ages
        #: State variable -> path of the exponent of the constant-phase element that charges it.
        self.exponents: dict[str, str] = {}
        #: The same where it is a ladder of branches in time.
        self.ladders: dict[str, str] = {}
        #: States of ageing laws, which are frozen wherever the cell is linearised.
        self.ageing_states: set[str] = set()
        #: Bodies into which something diffuses from the interfaces, each with a mesh of its own.
        self.particles: list[Particle] = []
        self._dielectric = {layer.name for layer in cell.layers} if dielectric is True else dielectric or ()
        self._values: dict[str, Number] = {}
        self.reader = Reader(cell, self._parameter, call=function_of, varies=self._varies)
        self.temperature = self.reader.number("temperature")
        self.inverse_thermal_voltage = FARADAY / GAS_CONSTANT / self.temperature
        self.ion_charge = self.reader.number("ion.charge")
        self.area = self.reader.number("area")
        self.rest = self._rest_symbols(as_inputs=shared)
        self.current = self._current()
        #: Through the layers: another one than at the terminals where a shunt passes them by.
        self.cell_current = cell_current(self, self.current)
        self.current_density = self.cell_current / self.area
        self._assemble()
        name_variables(self)
        self.offer(-(self.rest.electrodes["negative"] + self.rest.electrodes["positive"]))
        #: Numbers that are inputs where the model is shared, by their paths.
        # a profile of inputs has no shape where nothing else has one: numbers of graded layers stay numbers
        graded = any(layer.material.graded for layer in cell.layers)
        self.free_numbers = self._numbers_that_decide_nothing() if shared and not graded else ()
        self._shared = shared

    # -- parameters ------------------------------------------------------------------------------------------------
    def _parameter(self, path: str, value: float) -> pybamm.Parameter:
        self._values[path] = value
        return pybamm.Parameter(path)

    def is_fixed_at(self, path: str, value: float) -> bool:
        """Whether a number has this value for good, i.e. is not an input: it may then change the equations."""
        if any(given == path or given.startswith(f"{path}.") for given in self.input_paths):
            return False

        def holds(cell: Cell, f_max: float) -> bool:
            match cell.get(path):
                case Law() as law:
                    return law.always(value)
                case number:
                    return bool(number == value)

        return self.decide(holds)

    def _varies(self, path: str) -> bool:
        """Whether equations must not depend on the value of a number; where they do, it is fixed for good."""
        if path not in self.input_paths:
            self._fixed.add(path)
            # a field that may be empty decides by that, too
            self.decide(lambda cell, f_max: cell.get(path))
        return path in self.input_paths

    def decide(self, question: Callable[[Cell, float], _Answer]) -> _Answer:
        """The answer of the cell, at the highest frequency, to a question that decides on equations or mesh."""
        answer = question(self.cell, self.f_max)
        self.decisions.append((question, answer))
        return answer

    def _numbers_that_decide_nothing(self) -> tuple[str, ...]:
        """Those that no decision fixed. Where a number is 0 or infinite, terms are left out; fractions have a sum."""
        fixed = {path for path in self._values if is_phase_fraction(path)} | self._fixed
        for path in fixed - self._fixed:
            self._varies(path)
        free = [path for path in self._values if path in self.cell.numbers.keys() - self.input_paths.keys() - fixed]
        left_out = self.decide(
            lambda cell, f_max: frozenset(path for path in free if cell.numbers[path] in (0.0, np.inf, -np.inf))
        )
        return tuple(path for path in free if path not in left_out)

    def fits(self, cell: Cell, f_max: float) -> bool:
        """Whether a cell of the same structure (`mgtwin.cells.plain.structure`) has these equations and meshes."""
        check_materials(cell, self.input_paths)
        return all(question(cell, f_max) == answer for question, answer in self.decisions)

    def numbers_of(self, cell: Cell) -> dict[str, float]:
        """The inputs by which a shared model becomes that of a cell."""
        return {path: float(cell.numbers[path]) for path in self.free_numbers} | rest_values(cell)

    def electronic_resistance(self, path: str) -> Number | None:
        """Electronic contact resistance [ohm m2], or None where electrons are blocked (``inf``)."""
        return None if self.is_fixed_at(path, np.inf) else self.reader.property(path, self.temperature)

    def area_ratio(self, layer: Layer) -> Number:
        """Layer area over electrode area: turns a layer's properties into ones per electrode area."""
        return 1 if layer.area is None else self.reader.number(f"layers.{layer.name}.area") / self.area

    def _current(self) -> pybamm.Symbol:
        """The cell current [A]: given in time here; a controlled model makes it an unknown."""
        return pybamm.FunctionParameter(names.CURRENT_FUNCTION, {names.TIME: pybamm.t})

    def _rest_symbols(self, *, as_inputs: bool) -> SimpleNamespace:
        """E0 of every layer, eta of both electrodes (§3.1), as symbols."""
        at = {
            name: pybamm.InputParameter(name) if as_inputs else pybamm.Scalar(value)
            for name, value in rest_values(self.cell).items()
        }
        layers = {layer.name: at[names.at_rest(layer.name)] for layer in self.cell.layers}
        return SimpleNamespace(layers=layers, electrodes={side: at[names.at_rest(side)] for side in _SIDES})

    def diffusion_length(self, layer: str, cell: Cell, f_max: float) -> float:
        """sqrt(D/(2 pi f_max)) of a layer of a cell at rest, relative to its thickness."""
        return length_at_rest(layer, cell, f_max)

    def _stores(self, layer: Layer) -> bool:
        return layer.name in self._dielectric

    # -- what memories write ---------------------------------------------------------------------------------------
    def unknown(self, name: str, start: Number) -> pybamm.Variable:
        """A scalar unknown with its initial condition."""
        variable = pybamm.Variable(name)
        self.initial_conditions[variable] = start * pybamm.Scalar(1)
        self.variables[name] = variable
        return variable

    def evolves(self, unknown: Number, rate: Number) -> None:
        """Give an unknown the equation ``dx/dt = rate``."""
        self.rhs[unknown] = rate * pybamm.Scalar(1)

    def ages_by(self, unknown: Number, rate: Number) -> None:
        """Give an unknown the equation ``dx/dt = rate`` in time, and hold it wherever the cell is linearised."""
        self.ageing_states.add(unknown.name)
        self.rhs[unknown] = rate * pybamm.Scalar(1 if self.ages else 0)

    def balances(self, unknown: Number, residual: Number) -> None:
        """Give an unknown the equation ``residual = 0``."""
        self.algebraic[unknown] = residual

    def fractional(self, unknown: Number, order: Number, order_path: str, rate: Number) -> None:
        """Give an unknown the equation ``d^n x/dt^n = rate``, exact in frequency, a ladder in time."""
        ConstantPhaseElement(1.0, order, order_path).charge(self, unknown, rate)

    def diffuses(self, surface: Number, start: Number, body: Body, flux: Number) -> None:
        """Make `surface` the surface value of a body into which `flux` diffuses."""
        particle = Particle(surface.name.replace(" ", "_").replace("-", "_"), body)
        particle.write(self, surface, start, flux)
        self.particles.append(particle)

    # -- what solutions write --------------------------------------------------------------------------------------
    def surface(self, layer: str, side: str, relative: Number) -> Surface:
        """The salt at a face that only the ion passes: the current is given, so c/c_0 follows."""
        return Surface(relative, continued_log(relative))

    def empties(self, store: Number, least: Number, drawn: Number) -> None:
        """End a run where a store is used up, unless the current fills it."""
        self.events.append(pybamm.Event(names.used_up(store.name), store / least - 1 + 2 * (drawn <= 0)))

    def depletes(self, event: str, surface: Surface) -> None:
        """End a run where the salt at a face is used up."""
        self.events.append(pybamm.Event(event, surface.relative - DEPLETED))

    # -- equations -------------------------------------------------------------------------------------------------
    def _assemble(self) -> None:
        cell = self.cell
        keys = [f"{a.name}-{b.name}" for a, b in zip(cell.layers, cell.layers[1:], strict=False)]
        electrons = [has_electrons(layer.material) for layer in cell.layers]
        # whether electrons cross the interface left of each layer, and the one behind the last
        crossed = [
            left and right and self._passes_electrons(path)
            for path, left, right in zip(
                ["negative", *(f"interfaces.{key}" for key in keys), "positive"],
                [True, *electrons],
                [*electrons, True],
                strict=True,
            )
        ]
        seen = writers(self, crossed)
        across, along = seen[::2], seen[1::2]
        layers = [
            equations_of(self, layer, self.route)(
                along[k], layer, self._stores(layer), isolated=not (crossed[k] or crossed[k + 1])
            )
            for k, layer in enumerate(cell.layers)
        ]
        left_faces = [layer.face("left") if crossed[k] else None for k, layer in enumerate(layers)]
        right_faces = [layer.face("right") if crossed[k + 1] else None for k, layer in enumerate(layers)]
        negative = ElectrodeInterface(across[0], "negative", left_faces[0], layers[0])
        junctions = [
            JunctionInterface(across[k + 1], key, (right_faces[k], left_faces[k + 1]), (layers[k], layers[k + 1]))
            for k, key in enumerate(keys)
        ]
        positive = ElectrodeInterface(across[-1], "positive", right_faces[-1], layers[-1])
        interfaces: list[ElectrodeInterface | JunctionInterface] = [negative, *junctions, positive]
        self.electrodes = (negative, positive)
        for model, layer, left, right in zip(along, layers, interfaces, interfaces[1:], strict=False):
            layer.complete(model, left, right)
        self.elements: list[Any] = [part for pair in zip(interfaces, layers, strict=False) for part in pair] + [
            interfaces[-1]
        ]
        self.interfaces = interfaces
        carried = {layer.name: layer.material.carriers for layer in cell.layers}
        self.mixed_layers = [layer for layer in layers if carried[layer.name] >= ELECTRONS]
        self.salt_layers = [layer for layer in layers if carried[layer.name] >= ANIONS]
        #: Layers with profiles, each on a grid of its own.
        self.resolved_layers = [layer for layer in layers if layer.grid is not None]
        #: Those of them that are sums of modes.
        self.modal_layers = [layer for layer in self.resolved_layers if not layer.grid.is_graded]
        #: Those of them that store something between the faces.
        self.storing_layers = [layer for layer in self.resolved_layers if carried[layer.name] != IONS_ONLY]

    def _passes_electrons(self, interface: str) -> bool:
        """Whether an interface lets electrons through; a missing junction does."""
        if interface.removeprefix("interfaces.") in self.cell.interfaces or not interface.startswith("interfaces."):
            return self.electronic_resistance(f"{interface}.electronic_resistance") is not None
        return True

    # -- what PyBaMM asks of a model -------------------------------------------------------------------------------
    @property
    def default_parameter_values(self) -> pybamm.ParameterValues:
        """Every number of the cell under its dotted path, the inputs as PyBaMM inputs, and no current."""
        values: dict[str, Number] = dict(self._values)
        values |= {path: pybamm.InputParameter(key) for path, key in self.input_paths.items() if path in values}
        values |= {path: pybamm.InputParameter(path) for path in self.free_numbers}
        # The temperature of an experiment, or of one of its steps, is that of the cell; its own where none is given.
        ambient = {names.AMBIENT_TEMPERATURE: values["temperature"]}
        values |= ambient | {"temperature": pybamm.Parameter(names.AMBIENT_TEMPERATURE), names.CURRENT_FUNCTION: 0.0}
        return Numbers(values)

    @property
    def default_geometry(self) -> pybamm.Geometry:
        """Every layer with a profile on its own unit interval, so that thickness is an ordinary parameter."""
        return pybamm.Geometry({space.domain[0]: {space.x: {"min": 0, "max": 1}} for space in self._spaces})

    @property
    def default_submesh_types(self) -> dict[str, pybamm.MeshGenerator]:
        """Meshes graded to the diffusion length of the highest frequency; as many points as modes where there are."""
        return {
            space.domain[0]: space.mesh(stretching, self.refinement)[0] for space, stretching in self._spaces.items()
        }

    @property
    def default_var_pts(self) -> dict[pybamm.SpatialVariable, int]:
        """Enough points for a smooth grading, keyed by the SpatialVariable."""
        return {space.x: space.mesh(stretching, self.refinement)[1] for space, stretching in self._spaces.items()}

    @property
    def default_spatial_methods(self) -> dict[str, pybamm.SpatialMethod]:
        """Finite volumes, or sums over modes."""
        return {space.domain[0]: space.method for space in self._spaces}

    def build_casadi_jacobian(self, expression: casadi.MX, y: casadi.MX) -> casadi.MX:
        """What PyBaMM asks for: the Jacobian of its equations, from their form in scalars where there is one."""
        found = jacobian_in_scalars(expression, y)
        return super().build_casadi_jacobian(expression, y) if found is None else found

    @cached_property
    def _spaces(self) -> dict[Space, float]:
        """Every domain with the stretching of its mesh."""
        # Who shares a mesh shares its stretching: in steps, lest every other number make another mesh. Spectra are
        # exact but for their mesh, which therefore is that of the cell itself.
        step = SHARED_STEP if self._shared and self.cpe_window is not None else 0.0

        def stretching(length: Callable[[Cell, float], float]) -> float:
            return self.decide(lambda cell, f_max: mesh.stretching(length(cell, f_max), step))

        found: dict[Space, float] = {
            particle: stretching(partial(penetration, particle.body)) for particle in self.particles
        }
        for layer in self.resolved_layers:
            # nothing decays from the faces of a layer that stores nothing, and modes are graded by themselves
            decays = layer in self.storing_layers and layer.grid.is_graded
            beta = stretching(partial(self.diffusion_length, layer.name)) if decays else mesh.SMOOTH
            found |= dict.fromkeys(layer.grid.spaces, beta)
        return found
