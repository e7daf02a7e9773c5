"""Each behaviour of PyBaMM that the models rely on, by itself: after an upgrade the failing test says what changed.

Where a test shows a defect that mgtwin works around, its name says so; when it fails, the workaround may go.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import casadi
import numpy as np
import pybamm
import pytest

import mgtwin

EDGES = np.array([0.0, 0.1, 0.3, 0.35, 0.7, 1.0])
NODES = (EDGES[1:] + EDGES[:-1]) / 2


class OwnSubMesh(pybamm.SubMesh1D):
    """A mesh with given edges, made like mgtwin's graded one."""

    def __init__(self, lims: Any, npts: Any, shift: float = 0.0):
        variable, _, tabs = self.read_lims(lims)
        assert npts[variable.name] == len(NODES)
        super().__init__(EDGES, variable.coord_sys, tabs)


def discretisation(domain: str = "layer") -> tuple[pybamm.Discretisation, Any, Any]:
    """A discretisation on OwnSubMesh, its coordinate, and the coordinate on edges."""
    x = pybamm.SpatialVariable(f"x_{domain}", domain=[domain], coord_sys="cartesian")
    edge = pybamm.SpatialVariableEdge(f"x_{domain}", domain=[domain], coord_sys="cartesian")
    geometry = pybamm.Geometry({domain: {x: {"min": 0, "max": 1}}})
    types = {domain: pybamm.MeshGenerator(OwnSubMesh, {"shift": 0.0})}
    mesh = pybamm.Mesh(geometry, types, {x: len(NODES)})  # keyed by the object: string keys only know battery names
    return pybamm.Discretisation(mesh, {domain: pybamm.FiniteVolume()}), x, edge


def value(disc: pybamm.Discretisation, symbol: Any, variable: Any = None, y: Any = None) -> np.ndarray:
    """A symbol discretised and evaluated for a state."""
    if variable is not None:
        disc.set_variable_slices([variable])
    return np.asarray(disc.process_symbol(symbol).evaluate(0, None if y is None else np.reshape(y, (-1, 1)))).ravel()


def test_the_version_is_in_the_pinned_range() -> None:
    major, minor, patch = (int(part) for part in pybamm.__version__.split(".")[:3])
    assert (major, minor) == (26, 10) and patch >= 1  # pyproject.toml: >=26.10.1,<26.11


# -- finite volumes -------------------------------------------------------------------------------------------------
def test_a_user_supplied_mesh_keeps_its_edges_and_nodes() -> None:
    disc, x, edge = discretisation()
    np.testing.assert_allclose(disc.mesh["layer"].edges, EDGES)
    np.testing.assert_allclose(value(disc, x), NODES)
    np.testing.assert_allclose(value(disc, edge), EDGES)


def test_boundary_value_of_order_constant_is_the_first_or_last_node() -> None:
    disc, x, _ = discretisation()
    u = pybamm.Variable("u", domain=["layer"])
    y = np.array([3.0, 1.0, 4.0, 1.5, 9.0])
    for side, k in (("left", 0), ("right", -1)):
        assert value(disc, pybamm.BoundaryValue(u, side, order="constant"), u, y) == [y[k]]
        assert value(disc, pybamm.BoundaryValue(x, side, order="constant")) == [NODES[k]]
        assert value(disc, pybamm.BoundaryValue(np.exp(u), side, order="constant"), u, y) == [np.exp(y[k])]


WIDTHS = np.diff(EDGES)


def interpolated(y: np.ndarray) -> np.ndarray:
    """What PyBaMM calls the arithmetic mean: straight lines between the nodes, read at the inner edges."""
    return np.interp(EDGES[1:-1], NODES, y)


def test_a_broadcast_to_edges_interpolates_linearly() -> None:
    disc, _, _ = discretisation()
    u = pybamm.Variable("u", domain=["layer"])
    y = np.array([1.0, 2.0, 5.0, 3.0, 8.0])
    on_edges = value(disc, pybamm.PrimaryBroadcastToEdges(1, ["layer"]) * u, u, y)
    assert on_edges.shape == EDGES.shape
    np.testing.assert_allclose(on_edges[1:-1], interpolated(y))
    scaled = value(disc, pybamm.PrimaryBroadcastToEdges(1, ["layer"]) * (3 * u + 2), u, y)
    np.testing.assert_allclose(
        scaled[1:-1], 3 * interpolated(y) + 2
    )  # linear, so that the means of two conductivities add up


def test_means_of_a_quotient_are_not_what_is_written() -> None:
    """``1_edges * (a/u)`` is rearranged to ``a/(1_edges u)``: mgtwin takes means of conductivities only."""
    disc, _, _ = discretisation()
    u = pybamm.Variable("u", domain=["layer"])
    y = np.array([1.0, 2.0, 5.0, 3.0, 8.0])
    found = value(disc, pybamm.PrimaryBroadcastToEdges(1, ["layer"]) * (3.0 / u), u, y)[1:-1]
    np.testing.assert_allclose(found, 3.0 / interpolated(y))
    assert not np.allclose(found, interpolated(3.0 / y))


def test_a_factor_in_front_of_a_gradient_takes_harmonic_means() -> None:
    """The reason for `_on_edges` in models/layers.py."""
    disc, _, _ = discretisation()
    u = pybamm.Variable("u", domain=["layer"])
    zero = (pybamm.Scalar(0), "Neumann")
    disc.set_variable_slices([u])
    disc.bcs = {u: {"left": zero, "right": zero}}
    y = np.array([1.0, 2.0, 5.0, 3.0, 8.0])
    slope = value(disc, pybamm.grad(u), u, y)[1:-1]
    np.testing.assert_allclose(slope, np.diff(y) / np.diff(NODES))
    mean = value(disc, u * pybamm.grad(u), u, y)[1:-1] / slope
    near, far = WIDTHS[:-1] / (WIDTHS[:-1] + WIDTHS[1:]), WIDTHS[1:] / (WIDTHS[:-1] + WIDTHS[1:])
    np.testing.assert_allclose(mean, 1 / (near / y[:-1] + far / y[1:]))


def test_inner_takes_a_flux_from_edges_to_nodes_by_arithmetic_means() -> None:
    disc, _, edge = discretisation()
    flux = edge * edge + pybamm.PrimaryBroadcastToEdges(1, ["layer"])
    at_nodes = value(disc, pybamm.inner(pybamm.PrimaryBroadcastToEdges(1, ["layer"]), flux))
    np.testing.assert_allclose(at_nodes, (EDGES[1:] ** 2 + EDGES[:-1] ** 2) / 2 + 1)


def test_edge_coordinates_pick_out_the_faces_exactly() -> None:
    """``x_edge <= 0`` and ``x_edge >= 1`` are 1 at one face each; the divergence then sees the currents put there."""
    disc, _, edge = discretisation()
    left, right = edge <= 0, edge >= 1
    np.testing.assert_array_equal(value(disc, left), [1, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(value(disc, right), [0, 0, 0, 0, 0, 1])
    broadcast = pybamm.PrimaryBroadcastToEdges
    flux = (1 - left - right) * broadcast(2.0, ["layer"]) + left * broadcast(5.0, ["layer"])
    flux = flux + right * broadcast(7.0, ["layer"])
    found = value(disc, pybamm.div(flux))
    np.testing.assert_allclose(found * np.diff(EDGES), [-3, 0, 0, 0, 5])


def test_integral_weighs_with_the_widths() -> None:
    disc, x, _ = discretisation()
    u = pybamm.Variable("u", domain=["layer"])
    y = np.array([1.0, 2.0, 5.0, 3.0, 8.0])
    assert value(disc, pybamm.Integral(u, x), u, y)[0] == pytest.approx(y @ np.diff(EDGES))


# -- expressions ----------------------------------------------------------------------------------------------------
def test_numpy_functions_work_on_symbols() -> None:
    """Laws are written once, with NumPy's names (theory.md §7)."""
    u = pybamm.StateVector(slice(0, 1))
    y = np.array([[0.7]])
    for function in (np.exp, np.log, np.sqrt, np.tanh, np.sinh, np.sin):
        assert function(u).evaluate(0, y).item() == pytest.approx(function(0.7))
    assert np.minimum(u, 0.5).evaluate(0, y).item() == 0.5
    assert np.maximum(u, 0.5).evaluate(0, y).item() == 0.7


def test_scalars_of_mgtwin_are_numbers_to_pybamm() -> None:
    from mgtwin.quantities import Value

    assert (pybamm.Scalar(2) * Value(3.0, unit="V")).evaluate() == 6.0


def test_a_parameter_becomes_an_input_by_its_value() -> None:
    """Any parameter, a thickness included, changes without a rebuild."""
    values = pybamm.ParameterValues({"layers.a.thickness": pybamm.InputParameter("thick")})
    symbol = values.process_symbol(2 * pybamm.Parameter("layers.a.thickness"))
    assert np.asarray(symbol.evaluate(inputs={"thick": 4.0})).item() == 8.0


def test_casadi_takes_inputs_by_name() -> None:
    symbol = pybamm.InputParameter("a") - 2 * pybamm.InputParameter("b")
    a, b = casadi.MX.sym("a"), casadi.MX.sym("b")
    f = casadi.Function("f", [a, b], [symbol.to_casadi(t=casadi.MX(0), y=casadi.MX(0), inputs={"b": b, "a": a})])
    assert float(f(5.0, 1.0)) == 3.0


# -- models and solvers ---------------------------------------------------------------------------------------------
def relaxation() -> pybamm.BaseModel:
    """dy/dt = -rate y with an algebraic copy of twice its value, an event, an input and PyBaMM's compulsory names."""
    model = pybamm.BaseModel("relaxation")
    y, z = pybamm.Variable("y"), pybamm.Variable("z")
    model.rhs = {y: -pybamm.InputParameter("rate") * y}
    model.algebraic = {z: z - 2 * y}
    model.initial_conditions = {y: pybamm.Scalar(1), z: pybamm.Scalar(0)}
    model.variables = {"y": y, "z": z, "Time [s]": pybamm.t}
    model.events = [pybamm.Event("lowest y", y - pybamm.InputParameter("low"))]
    return model


def built() -> pybamm.BaseModel:
    return pybamm.Discretisation().process_model(relaxation())


def solve(model: pybamm.BaseModel, solver: Any, end: float = 1.0, times: Any = None, **inputs: float) -> Any:
    return solver.solve(
        model,
        t_eval=np.array([0.0, end]),
        t_interp=np.linspace(0, end, 5) if times is None else np.asarray(times),
        inputs={"rate": 1.0, "low": -1.0, **inputs},
    )


def test_the_solver_picks_up_new_initial_conditions() -> None:
    """`Integrator.run` puts each stretch's start into `concatenated_initial_conditions`, after the first solve too."""
    model, solver = built(), pybamm.IDAKLUSolver(rtol=1e-9, atol=1e-12)
    assert solve(model, solver)["y"].entries[-1] == pytest.approx(np.exp(-1), rel=1e-6)
    for start in (3.0, 0.5):
        model.concatenated_initial_conditions = pybamm.Vector(np.array([start, 0.0]))
        again = solve(model, solver)
        assert again["y"].entries[0] == pytest.approx(start)
        assert again["y"].entries[-1] == pytest.approx(start * np.exp(-1), rel=1e-6)


def test_the_solver_makes_the_start_consistent_and_keeps_the_differential_unknowns() -> None:
    model, solver = built(), pybamm.IDAKLUSolver(rtol=1e-9, atol=1e-12)
    model.concatenated_initial_conditions = pybamm.Vector(np.array([3.0, -7.0]))
    start = solve(model, solver).y[:, 0]
    np.testing.assert_allclose(np.asarray(start).ravel(), [3.0, 6.0], rtol=1e-9)


def test_inputs_change_between_solves_whatever_their_order() -> None:
    model, solver = built(), pybamm.IDAKLUSolver(rtol=1e-9, atol=1e-12)
    for rate in (1.0, 2.0, 0.5):
        first = solver.solve(model, [0, 1], t_interp=[0, 1], inputs={"rate": rate, "low": -1.0})
        second = solver.solve(model, [0, 1], t_interp=[0, 1], inputs={"low": -1.0, "rate": rate})
        for found in (first, second):
            assert found["y"].entries[-1] == pytest.approx(np.exp(-rate), rel=1e-6)


def test_output_times_are_the_ones_asked_for() -> None:
    """`t_interp` with two points in `t_eval`: exactly these times, interpolated at the solver's own order."""
    model, solver = built(), pybamm.IDAKLUSolver(rtol=1e-9, atol=1e-12)
    times = np.concatenate([[0.0], np.geomspace(1e-6, 1.0, 13)])
    solution = solve(model, solver, times=times)
    np.testing.assert_allclose(solution.t, times, rtol=0, atol=0)
    np.testing.assert_allclose(np.asarray(solution.y)[0], np.exp(-times), rtol=1e-6)


def test_an_event_ends_a_solve_and_says_so() -> None:
    """`ended_by` and the warning in a result are made from this text."""
    model, solver = built(), pybamm.IDAKLUSolver(rtol=1e-9, atol=1e-12)
    solution = solve(model, solver, end=5.0, low=0.25)
    assert solution.termination == "event: lowest y"
    assert solution.t[-1] == pytest.approx(np.log(4), rel=1e-6)
    assert np.asarray(solution.y)[0, -1] == pytest.approx(0.25, rel=1e-6)
    assert solve(model, solver).termination == "final time"


def test_the_state_vector_holds_differential_before_algebraic_unknowns() -> None:
    """LinearisedStack and `state_layout` read positions from `y_slices` and time derivatives from the mass matrix."""
    model = built()
    slices = {variable.name: parts[0] for variable, parts in model.y_slices.items()}
    assert (slices["y"].start, slices["z"].start) == (0, 1)
    np.testing.assert_array_equal(model.mass_matrix.entries.toarray(), np.diag([1.0, 0.0]))
    assert (model.len_rhs, model.len_rhs_and_alg) == (1, 2)


def test_a_failed_solve_raises_solver_error() -> None:
    """`Integrator.run` turns this class into SimulationError."""
    model = pybamm.BaseModel("explodes")
    y = pybamm.Variable("y")
    model.rhs, model.initial_conditions = {y: y**2}, {y: pybamm.Scalar(1)}
    pybamm.Discretisation().process_model(model)
    solver = pybamm.IDAKLUSolver(options={"max_num_steps": 200})
    with pytest.raises(pybamm.SolverError):
        solver.solve(model, [0, 2], t_interp=[0, 2])


def test_solver_options_of_ours_exist() -> None:
    from mgtwin.simulation.integrator import SOLVER_OPTIONS

    assert set(SOLVER_OPTIONS) <= set(pybamm.IDAKLUSolver().options)


# -- what Simulation, Experiment and EISSimulation ask of a model ---------------------------------------------------
class Circuit(pybamm.BaseModel):
    """R_1 in series with R_2 parallel C, with everything that PyBaMM asks for behind its public interface."""

    def __init__(self) -> None:
        super().__init__(name="circuit")
        current = pybamm.FunctionParameter("Current function [A]", {"Time [s]": pybamm.t})
        u = pybamm.Variable("u")
        self.rhs = {u: (current - u / pybamm.InputParameter("R2")) / 1e-3}
        self.initial_conditions = {u: pybamm.Scalar(0)}
        voltage = -(pybamm.InputParameter("R1") * current + u)
        self.variables = {
            "Time [s]": pybamm.t,
            "Voltage [V]": voltage,
            "Battery voltage [V]": voltage,
            "Current [A]": current,
            "Current variable [A]": current,
        }
        self.param: Any = SimpleNamespace(Q=pybamm.Scalar(1e-5), A_cc=pybamm.Scalar(1.0))
        self.options: Any = {"surface form": "differential"}
        self.summary_variables: Any = []

    @property
    def default_parameter_values(self) -> pybamm.ParameterValues:
        return pybamm.ParameterValues(
            {
                "Current function [A]": 0.0,
                "Nominal cell capacity [A.h]": 1e-5,
                "R1": pybamm.InputParameter("R1"),
                "R2": pybamm.InputParameter("R2"),
            }
        )


RESISTANCES = {"R1": 20.0, "R2": 300.0}
STEPS = ["Discharge at 0.01 mA for 1 second", "Hold at 0.01 V for 1 second", "Rest for 1 second"]


def impedance(frequency: float) -> complex:
    return 20.0 + 1 / (1 / 300.0 + 2j * np.pi * frequency * 1e-3)


def test_a_model_with_these_attributes_runs_in_an_experiment() -> None:
    solution = pybamm.Simulation(Circuit(), experiment=pybamm.Experiment(STEPS)).solve(inputs=RESISTANCES)
    first, hold, rest = (cycle.steps[0] for cycle in solution.cycles)
    # PyBaMM's sign: a positive current discharges, V = -I R
    expected = -1e-5 * (20 + 300 * (1 - np.exp(-1 / 0.3)))
    assert first["Voltage [V]"].entries[-1] == pytest.approx(expected, rel=1e-3)  # PyBaMM's default tolerance
    assert hold["Current [A]"].entries[-1] == pytest.approx(-0.01 / 320, rel=1e-3)
    assert rest["Current [A]"].entries[-1] == 0


@pytest.mark.parametrize("missing", ["param", "summary_variables"])
def test_workaround_an_experiment_needs_hidden_attributes(missing: str) -> None:
    model = Circuit()
    if missing == "param":
        model.param = None
    else:
        del model.summary_variables
    with pytest.raises(AttributeError):
        pybamm.Simulation(model, experiment=pybamm.Experiment(STEPS)).solve(inputs=RESISTANCES)


def test_workaround_a_voltage_step_needs_the_current_variable() -> None:
    model = Circuit()
    del model.variables["Current variable [A]"]
    with pytest.raises(pybamm.ModelError, match="Current variable"):
        pybamm.Simulation(model, experiment=pybamm.Experiment(STEPS)).solve(inputs=RESISTANCES)


def test_eis_accepts_our_surface_form_and_has_our_sign() -> None:
    frequencies = [0.1, 1.0, 10.0]
    found = pybamm.EISSimulation(Circuit()).solve(frequencies, inputs=RESISTANCES).impedance
    np.testing.assert_allclose(found, [impedance(f) for f in frequencies], rtol=1e-9)
    model = Circuit()
    model.options = {"surface form": "false"}
    with pytest.raises(ValueError, match="surface form"):
        pybamm.EISSimulation(model)


def test_workaround_eis_takes_inputs_by_position() -> None:
    """A later call in another order swaps the parameters without a word: mgtwin's docs say "sorted", and it sorts."""
    simulation = pybamm.EISSimulation(Circuit())
    right = simulation.solve([1.0], inputs={"R1": 20.0, "R2": 300.0}).impedance[0]
    swapped = simulation.solve([1.0], inputs={"R2": 300.0, "R1": 20.0}).impedance[0]
    assert right == pytest.approx(impedance(1.0))
    assert swapped != pytest.approx(right, rel=1e-3)


def test_mgtwin_does_not_depend_on_the_order_of_inputs() -> None:
    from mgtwin.cells.files import cell
    from mgtwin.impedance.linearise import LinearisedStack

    item = cell("trilayer")
    values = {"layers.buffer_left.thickness": 1e-4, "layers.antiperovskite.thickness": 9e-4, "temperature": 320.0}
    stack = LinearisedStack(item, f_max=1e3, inputs=list(values))
    one = stack.impedance([1e3, 1.0], inputs=values)
    other = stack.impedance([1e3, 1.0], inputs=dict(reversed(values.items())))
    np.testing.assert_array_equal(one, other)


def test_workaround_areal_and_micro_units_are_not_read() -> None:
    """The reason why mgtwin has its own protocols, and why its docs write 0.01 mA for stock experiments."""
    for step in ("Discharge at 10 uA for 1 second", "Discharge at 0.1 mA/cm2 for 1 second"):
        with pytest.raises(ValueError):
            pybamm.Experiment([step])


# -- the process ----------------------------------------------------------------------------------------------------
def test_telemetry_is_off_with_the_environment_variable() -> None:
    code = "import pybamm; print(pybamm.config.check_opt_out(), type(pybamm.telemetry._posthog).__name__)"
    environment = {**os.environ, "PYBAMM_DISABLE_TELEMETRY": "true"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "MockTelemetry"]


def test_importing_mgtwin_first_switches_telemetry_off() -> None:
    code = "import mgtwin, pybamm; print(pybamm.telemetry._posthog.disabled)"
    environment = {key: text for key, text in os.environ.items() if key != "PYBAMM_DISABLE_TELEMETRY"}
    environment["PYTHONPATH"] = str(Path(mgtwin.__file__).parents[1])
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "True"
