"""Uniform layers as modes: tables of pure numbers, then models of them, against closed forms, Laplace and meshes."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path
from typing import Any

import numpy as np
import pybamm
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator

import mgtwin as mt
from mgtwin.cells import CPE, Blocking, Cell, DefectElectrons, Junction, Layer, MixedConductor, Plating
from mgtwin.impedance.exact import exact
from mgtwin.impedance.linearise import LinearisedStack
from mgtwin.models.modes import DECADES, DENSITIES, modal_table
from mgtwin.models.stack import StackModel
from mgtwin.simulation import simulate
from mgtwin.simulation.integrator import Integrator
from mgtwin.simulation.start_state import kept, transfer

from . import oracles
from .simple_cells import (
    DIFFUSION_TIME,
    ELECTRONIC,
    FORMS,
    IONIC,
    MIXED,
    NUMBERS,
    STORAGE,
    ion_blocker,
    single,
)
from .stacks import decades
from .test_identities import split
from .test_transients import SLOW, reference

NAMES = [entry.name for entry in mt.list_cells()]
MIXED_CELLS = [name for name in NAMES if any(layer.material.has_modes for layer in mt.cell(name).layers)]
every_mixed_cell = pytest.mark.parametrize("name", MIXED_CELLS)
FINE, DEFAULT = mt.Modes(density=3), mt.Modes()


def worst(found: Any, expected: Any) -> float:
    """Largest deviation, relative to the largest value."""
    expected = np.asarray(expected)
    return float(np.max(np.abs(np.asarray(found) - expected)) / np.max(np.abs(expected)))


# -- tables ----------------------------------------------------------------------------------------------------------
def builder() -> Any:
    """The script that makes the tables, in high precision."""
    path = Path(__file__).parents[2] / "docs" / "make_modes.py"
    spec = importlib.util.spec_from_file_location("make_modes", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("density", DENSITIES)
def test_rates_are_not_negative_and_weights_are_positive(density: float) -> None:
    """Whatever numbers a layer has, its part of the cell is then passive and stable."""
    for number in DECADES:
        table = modal_table(density, number)
        assert table.rates[0] == 0 and np.all(table.rates[1:] > 0) and np.all(table.weights > 0)
        # a steady current: the straight line is in the span, and so is what a uniform source makes
        assert table.static[1::2].sum() == pytest.approx(1 / 4, rel=1e-14)
        assert table.static[0::2].sum() == pytest.approx(1 / 12, rel=1e-14)
        # a face sees its own current only
        assert table.static[-1] == pytest.approx(table.static[-2], rel=1e-15)


def test_slow_modes_are_those_of_the_layer() -> None:
    """Those of cosines, (pi k)^2."""
    for density, error in ((0.5, 2e-5), (0.75, 2e-7)):
        assert builder().table(9, density)["rates"][1] == pytest.approx(math.pi**2, rel=error)
    for density in DENSITIES:
        rates = modal_table(density, 9).rates[1:4]
        np.testing.assert_allclose(rates, (math.pi * np.arange(1, 4)) ** 2, rtol=1e-7)


def test_the_tables_are_what_the_script_makes() -> None:
    made, shipped = builder().table(4, 1.5), modal_table(1.5, 4)
    np.testing.assert_allclose(shipped.rates, made["rates"], rtol=1e-14)
    np.testing.assert_allclose(shipped.weights, made["weights"], rtol=1e-14)
    np.testing.assert_array_equal(shipped.shapes[: len(made["shapes"])], made["shapes"])


@pytest.mark.parametrize("density", DENSITIES)
def test_amplitudes_give_back_a_profile(density: float) -> None:
    table = modal_table(density, 9)
    edges = np.linspace(0, 1, 400) ** 2
    edges = np.concatenate([edges / 2, 1 - edges[-2::-1] / 2])

    def profile(x: Any) -> Any:
        return 0.4 + 1e-2 * np.cosh(30 * (x - 0.4)) / np.cosh(18)

    upto = 0.4 * edges + 1e-2 * np.sinh(30 * (edges - 0.4)) / 30 / np.cosh(18)
    means = np.diff(upto) / np.diff(edges)
    found = table.averages(edges)[:, : table.states] @ table.amplitudes(profile, upto[-1] - upto[0])
    assert np.diff(edges) @ found == pytest.approx(upto[-1] - upto[0], rel=1e-14)
    # the static pair is missing: it adds r_k times the slope at the face
    static = 2 * table.static[-1] * 30 * 1e-2
    assert np.max(np.abs(found - means)) < 1.5 * static + 1e-6 * 1e-2


# -- spectra ---------------------------------------------------------------------------------------------------------
SPECTRUM = np.logspace(6, -4, 31)


@every_mixed_cell
def test_spectra_of_shipped_cells(name: str) -> None:
    cell = mt.cell(name)
    # a spectrum knows the thickness of an electrode exactly, a model of PyBaMM one reaction for all of it
    cell = cell.with_({f"{side}.resolution": mt.Uniform() for side in cell.reaction_uniformity(0.0)})
    expected = exact(cell, SPECTRUM)
    for density, error in ((2.0, 1e-3), (3.0, 1e-5)):
        found = LinearisedStack(cell, f_max=1e6, layers=mt.Modes(density=density)).impedance(SPECTRUM)
        assert np.max(np.abs(found / expected - 1)) < error
        model = StackModel(cell, dielectric=True, f_max=1e6, layers=mt.Modes(density=density))
        stock = np.asarray(pybamm.EISSimulation(model).solve(SPECTRUM).impedance)
        assert np.max(np.abs(stock / expected - 1)) < error
    # and what stock PyBaMM gets by default
    stock = pybamm.EISSimulation(StackModel(cell, dielectric=True, f_max=1e6)).solve(SPECTRUM).impedance
    assert np.max(np.abs(np.asarray(stock) / expected - 1)) < 1e-4


def test_a_dispersive_bulk() -> None:
    """A constant-phase permittivity has its ladder, and in frequency its power, for every mode."""
    material = MixedConductor(1e-6, 1e-7, 1e4, relative_permittivity=CPE(1e-9, 0.9))
    gold = Blocking(1e-3, electronic_resistance=1.0)
    cell = Cell("dispersive", gold, [Layer("mixed", material, 1e-5)], gold, area=1.0, series_resistance=0.1)
    f = np.logspace(6, -3, 19)
    found = LinearisedStack(cell, f_max=1e6, layers=FINE).impedance(f)
    assert np.max(np.abs(found / exact(cell, f) - 1)) < 1e-5
    one, other = (
        simulate(cell, mt.Polarization("1 mV", "1 s", first_time="1 us", per_decade=3), route=route)
        for route in (FINE, mt.Mesh())
    )
    np.testing.assert_allclose(one["current"], other["current"], rtol=3e-4)  # the mesh


layers_of_any_size = st.lists(
    st.tuples(decades(-6, 0), decades(-6, 0), decades(2, 8), decades(-5, -3)), min_size=1, max_size=5
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(layers_of_any_size, st.sampled_from([0.0, 1e-3, math.inf]), st.booleans())
def test_random_stacks_are_passive_and_stable(numbers: Any, contact: float, electrons_pass: bool) -> None:
    """1 to 5 layers, conductivities and capacitances over six decades."""
    layers = [Layer(f"m{k}", MixedConductor(*three), L) for k, (*three, L) in enumerate(numbers)]
    end = Blocking(1e-3, electronic_resistance=1e-2) if electrons_pass else Plating(1.0, double_layer=1e-2)
    between = {f"m{k}-m{k + 1}": Junction(1e-3, electronic_resistance=contact) for k in range(len(layers) - 1)}
    stack = LinearisedStack(Cell("random", end, layers, end, between, area=1.0), f_max=1e5, layers=mt.Modes(density=2))
    f = np.logspace(5, -6, 23)
    z = stack.impedance(f)
    assert np.all(z.real >= -1e-9 * np.abs(z))
    # every relaxation dies out: the eigenvalues of what is left when algebraic unknowns follow
    labels = np.asarray(stack.layout[0])
    jacobian = stack.jacobian(stack.rest_state(), stack.values(None)).toarray()[np.ix_(stack.others, stack.others)]
    moves, follows = stack.mass > 0, stack.mass == 0
    reduced = jacobian[np.ix_(moves, moves)]
    if follows.any():
        inner = np.linalg.solve(jacobian[np.ix_(follows, follows)], jacobian[np.ix_(follows, moves)])
        reduced = reduced - jacobian[np.ix_(moves, follows)] @ inner
    assert labels.size == jacobian.shape[0] + 1
    eigenvalues = np.linalg.eigvals(reduced)
    assert np.max(eigenvalues.real) <= 1e-9 * np.max(np.abs(eigenvalues))


# -- in time ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", FORMS)
def test_step_responses_of_one_layer(name: str) -> None:
    """Six decades around the time of diffusion: short times follow sqrt(t), long ones the Hebb-Wagner state."""
    cell, form, resistance = FORMS[name]
    times: dict[str, Any] = {"first_time": 1e-5 * DIFFUSION_TIME}
    run = simulate(cell, mt.Polarization("10 mV", 10 * DIFFUSION_TIME, per_decade=4, **times), route=FINE)
    expected = oracles.step_response_voltage(lambda s: form(s, *NUMBERS), 0.01, run["time"].values)
    np.testing.assert_allclose(run["current"], expected, rtol=2e-5)
    assert run["current"].values[-1] == pytest.approx(0.01 / resistance, rel=1e-8)
    run = simulate(cell, mt.Galvanostatic("0.1 A", 10 * DIFFUSION_TIME, points=24, **times), route=FINE)
    expected = oracles.step_response_current(lambda s: form(s, *NUMBERS), 0.1, run["time"].values)
    np.testing.assert_allclose(run["voltage"], expected, rtol=2e-5)


def test_short_and_long_times_in_closed_form() -> None:
    """E at a face that ions do not pass: 2 g sqrt(t/(pi c sigma_a)); later a straight line."""
    cell, current = single(ion_blocker(), ion_blocker()), 0.1
    protocol = mt.Galvanostatic(current, 10 * DIFFUSION_TIME, first_time=1e-5 * DIFFUSION_TIME, points=24)
    run = simulate(cell, protocol, route=FINE)
    ambipolar = IONIC * ELECTRONIC / (IONIC + ELECTRONIC)
    pushed = current * IONIC / (IONIC + ELECTRONIC)
    E, t, x = run["local_potential"].values, run["time"].values, run["x"].values
    # current of the laboratory: E falls at the left face, and in the middle of the first volume a little less
    early = 2 * pushed * np.sqrt(t[1] / (math.pi * STORAGE * ambipolar)) - pushed / ambipolar * x[0]
    assert abs(E[1, 0]) == pytest.approx(early, rel=1e-4)
    line = np.polyfit(x, E[-1], 1)
    assert abs(line[0]) == pytest.approx(pushed / ambipolar, rel=1e-7)
    np.testing.assert_allclose(E[-1], np.polyval(line, x), atol=5e-6 * np.ptp(E[-1]))  # interpolation


@pytest.mark.parametrize("control", ["voltage", "current"])
def test_a_resolved_dielectric(control: str) -> None:
    if control == "voltage":
        run = simulate(SLOW, mt.Polarization("0.1 mV", 1e3, first_time="1 us", per_decade=2), route=FINE)
        expected = oracles.step_response_voltage(reference(SLOW), 1e-4, run["time"].values)
        assert worst(run["current"], expected) < 1e-5
        return
    run = simulate(SLOW, mt.Galvanostatic(1e-8, 1e3, first_time="1 us", points=18), route=FINE)
    expected = oracles.step_response_current(reference(SLOW), 1e-8, run["time"].values)
    assert worst(run["voltage"], expected) < 1e-5


def test_charge_is_conserved_to_the_last_digits() -> None:
    """int c (E - E0) dx = int (j_l - j_r) dt, both as states of one solve."""
    cell = mt.cell("au_mg3asn_mg")
    model = StackModel(cell)
    (layer,) = model.mixed_layers
    entered = pybamm.Variable("entered charge [C.m-2]")
    left, right = model.interfaces
    model.rhs[entered] = left.electronic_current - right.electronic_current
    model.initial_conditions[entered] = pybamm.Scalar(0)
    model.variables[entered.name] = entered
    steps = ["Charge at 1e-6 mA for 1 hour", "Discharge at 2e-6 mA for 30 minutes", "Rest for 1 hour"]
    solution = pybamm.Simulation(model, experiment=pybamm.Experiment(steps)).solve()
    stored = solution[f"{layer.name} stored charge density [C.m-3]"].entries * float(cell.layers[0].thickness)
    passed = solution[entered.name].entries
    assert np.ptp(passed) > 0
    # E itself is 1 V: its last digit is 1e-16 V times c L
    rounding = (
        1e-15 * float(cell.get("layers.antiperovskite.material.chemical_capacitance")) * float(cell.layers[0].thickness)
    )
    np.testing.assert_allclose(stored, passed, rtol=0, atol=1e-12 * np.max(np.abs(passed)) + 10 * rounding)


TWO = Cell(
    "two",
    Plating(5.0, 0.35, double_layer=0.1, electronic_resistance=3e-3),
    [Layer("a", MIXED, 4e-4), Layer("b", MixedConductor(0.01, 0.004, 7e5), 3e-4)],
    Blocking(0.2, electronic_resistance=5e-3),
    {"a-b": Junction(2e-3, 0.05, electronic_resistance=0.03)},
    area=1.0,
)
STEP = mt.Polarization([0.1, -0.02], 1e3, first_time="1 ms", per_decade=4)


@pytest.mark.parametrize("layer", ["a", "b"])
def test_a_cut_changes_nothing(layer: str) -> None:
    one, other = (simulate(cell, STEP, route=FINE) for cell in (TWO, split(TWO, layer, 0.3)))
    assert worst(other["current"], one["current"]) < 2 * 5e-6


def test_a_mirrored_cell_gives_the_mirrored_answer() -> None:
    one = simulate(TWO, STEP, route=DEFAULT)
    mirrored = mt.Polarization([-0.1, 0.02], 1e3, first_time="1 ms", per_decade=4)
    other = simulate(TWO.reversed(), mirrored, route=DEFAULT)
    # the equations mirror to the last bits; the integrator's steps do not, whose sums run in another order
    assert worst(-other["current"], one["current"]) < 1e-6
    f = np.logspace(4, -4, 17)
    z = [LinearisedStack(cell, f_max=1e4, layers=DEFAULT).impedance(f) for cell in (TWO, TWO.reversed())]
    assert np.max(np.abs(z[1] / z[0] - 1)) < 1e-12


def test_profiles_are_those_of_the_mesh() -> None:
    protocol = mt.Polarization([0.1, -0.02], 1e3, first_time="1 ms", per_decade=4)
    one, other = (simulate(TWO, protocol, route=route) for route in (DEFAULT, mt.Mesh()))
    late = one["time"].values % 1e3 > 1.0  # the fronts are wider than the resolution of either
    whole = np.ptp(other["local_potential"].values)
    for layer in ("a", "b"):
        mine, meshed = (run["local_potential"].values[:, run["layer"].values == layer] for run in (one, other))
        x, nodes = (run["x"].values[run["layer"].values == layer] for run in (one, other))
        E = PchipInterpolator(nodes, meshed, axis=1, extrapolate=True)(x)
        assert np.max(np.abs(mine - E)) < 1e-3 * whole
        assert np.max(np.abs(mine - E)[late]) < 1e-4 * whole
    for name in ("overpotential", "electronic_current"):
        for element in one[name][one[name].dims[1]].values:
            found, wanted = (run[name].sel({one[name].dims[1]: element}).values for run in (one, other))
            assert np.max(np.abs(found - wanted)) < 5e-4 * np.max(np.abs(other[name].values))


# -- from one to the other -------------------------------------------------------------------------------------------
ROUTES = {"mesh": mt.Mesh(), "modes": mt.Modes(), "other modes": mt.Modes(density=3)}


@pytest.mark.parametrize("before", ROUTES)
@pytest.mark.parametrize("after", ROUTES)
def test_a_run_goes_on_in_other_unknowns(before: str, after: str) -> None:
    """The charge of every layer passes exactly, and what follows is what would have followed."""
    start = simulate(TWO, mt.Polarization("0.1 V", 10.0, first_time="1 ms", per_decade=2), route=ROUTES[before])
    more = mt.Galvanostatic(0.2, 1e3, first_time="0.1 s", points=20)
    run = simulate(TWO, more, start=start, route=ROUTES[after])
    expected = simulate(TWO, more, start=start, route=ROUTES[before])
    assert worst(run["voltage"], expected["voltage"]) < 5e-4  # the mesh, and interpolation of its profile

    here = Integrator(TWO, f_max=1.0, dielectric=False, layers=ROUTES[after])
    there = Integrator(TWO, f_max=1 / (2 * math.pi * 1e-3), dielectric=False, layers=ROUTES[before])
    state = kept(start)
    carried, _ = transfer(state, TWO, here.layout, here.rest_state)
    for layer in ("a", "b"):
        name = f"{layer} stored charge density [C.m-3]"
        old, new = there.evaluate(state.values[:, None])[name][0], here.evaluate(carried[:, None])[name][0]
        if before != "mesh" or after != "mesh":  # from mesh to mesh profiles are interpolated
            assert new == pytest.approx(old, rel=1e-12)


def test_a_field_goes_on_in_other_unknowns() -> None:
    """A resolved dielectric half way through its relaxation."""
    more = mt.Galvanostatic(1e-8, "1 s", first_time="100 us", points=12)
    runs = []
    for before in ROUTES.values():
        start = simulate(SLOW, mt.Polarization("0.1 mV", "2 ms", first_time="1 us", per_decade=2), route=before)
        runs += [simulate(SLOW, more, start=start, route=after)["voltage"].values for after in ROUTES.values()]
    for run in runs[1:]:
        assert worst(run, runs[0]) < 1e-4


# -- three oracles ---------------------------------------------------------------------------------------------------
TRANSIENTS: dict[str, tuple[Any, str]] = {
    "step": (mt.Polarization("10 mV", "1 h", first_time="10 ms", per_decade=4), "current"),
    "current": (mt.Galvanostatic("10 nA", "1 h", first_time="10 ms", points=24), "voltage"),
}


@every_mixed_cell
@pytest.mark.parametrize("kind", TRANSIENTS)
def test_three_routes_on_shipped_cells(name: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Integrator, "rtol", 1e-8)
    cell, (protocol, quantity) = mt.cell(name), TRANSIENTS[kind]
    modes = simulate(cell, protocol, route=FINE)[quantity].values
    one, two = (simulate(cell, protocol, route=mt.Mesh(refinement=n))[quantity].values for n in (1, 2))
    assert worst(modes, (4 * two - one) / 3) < 3e-5
    laplace = mt.Laplace(points=32)
    if not laplace.refusal(mt.routes.Task(cell, protocol.segments(cell))):
        assert worst(modes, simulate(cell, protocol, route=laplace)[quantity].values) < 2e-5


def test_what_is_not_linear_stays_on_the_mesh() -> None:
    """The choice is the layer's: of two mixed conductors in a stack only the linear one has modes."""
    cell = TWO.with_({"layers.b.material.electronic_conductivity": DefectElectrons(2e-3, 1e-6, 3e-4)})
    runs = [simulate(cell, STEP, route=route) for route in (DEFAULT, mt.Mesh())]
    assert [sum("modes" in label for label in run["state_variable"].values) > 0 for run in runs] == [True, False]
    assert "b local electrode potential [V]" in runs[0]["state_variable"].values
    assert worst(runs[0]["current"], runs[1]["current"]) < 5e-4
    assert "no layer" in DEFAULT.refusal(mt.routes.Task(mt.cell("mg_polymer_mg")))
