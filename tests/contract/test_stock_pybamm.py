"""Every shipped cell in PyBaMM as it comes: Simulation, Experiment, EISSimulation, entry points; answers like ours."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

import numpy as np
import pybamm
import pytest

from mgtwin.cells import Cell, DefectElectrons, MixedConductor, Uniform
from mgtwin.cells.files import cell, list_cells
from mgtwin.impedance.exact import exact, exact_laplace
from mgtwin.impedance.functions import REFINEMENT
from mgtwin.impedance.linearise import LinearisedStack
from mgtwin.models.stack import StackModel
from mgtwin.protocols import EIS, Galvanostatic, Polarization, Rest, Sequence
from mgtwin.simulation import simulate

NAMES = [entry.name for entry in list_cells()]
every_cell = pytest.mark.parametrize("name", NAMES)
#: Output at 1, 10 and 100 s, when stock PyBaMM with a period of 1 s has output too; both meshes are graded to 10 ms.
TIMES: dict[str, Any] = {"first_time": "10 ms"}
GRADED_TO = 1 / (2 * np.pi * 0.01)
FREQUENCIES = np.logspace(5, -2, 8)


def conducts(item: Cell) -> bool:
    return bool(np.isfinite(exact_laplace(item, 0)))


def nonlinear(item: Cell) -> Cell:
    """The cell with electrons whose conductivity depends on E, which adds algebraic unknowns."""
    changes = {
        f"layers.{layer.name}.material.electronic_conductivity": DefectElectrons(1e-5, 1e-8)
        for layer in item.layers
        if isinstance(layer.material, MixedConductor)
    }
    return item.with_(changes)


def of_one_reaction(item: Cell) -> Cell:
    """The cell with one reaction over the thickness of its electrodes: no current chooses a resolution for PyBaMM."""
    return item.with_({f"{side}.resolution": Uniform() for side in item.reaction_uniformity(0.0)})


def compare(item: Cell) -> None:
    """Current, voltage and rest steps: PyBaMM's Experiment, whose positive current is our negative one."""
    item = of_one_reaction(item)
    experiment = ["Hold at 0.05 V for 100 seconds", "Rest for 100 seconds"]
    protocols: list[Any] = [Polarization("50 mV", "100 s", per_decade=1, **TIMES), Rest("100 s", points=100)]
    back = 2.0
    if type(item.positive).memories:  # what has been plated on a foreign metal can be used up: half of it is stripped
        back, experiment, protocols = 0.5, experiment[1:], protocols[1:]
    if conducts(item):
        experiment = [
            "Discharge at 0.001 mA for 100 seconds",
            f"Charge at {back / 1000} mA for 100 seconds",
            *experiment,
        ]
        protocols = [
            Galvanostatic("-1 uA", "100 s", points=4, **TIMES),
            Galvanostatic(f"{back} uA", "100 s", points=4, **TIMES),
            *protocols,
        ]
    solution = pybamm.Simulation(
        StackModel(item, f_max=GRADED_TO), experiment=pybamm.Experiment(experiment, period="1 second")
    ).solve()
    ours = [node.to_dataset() for node in simulate(item, Sequence(protocols)).leaves]
    assert len(solution.cycles) == len(ours)
    for cycle, run in zip(solution.cycles, ours, strict=True):
        theirs = cycle.steps[0]
        times = run["time"].values
        wanted = times[(times > 0.5) & (np.abs(times - np.round(times)) < 1e-9)]  # where both have output
        assert wanted.size >= 3
        index = np.array([int(np.argmin(np.abs(theirs.t - theirs.t[0] - time))) for time in wanted])
        np.testing.assert_allclose(theirs.t[index] - theirs.t[0], wanted, rtol=1e-6)
        pick = np.isin(times, wanted)
        # default_solver's tolerance is 1e-6 per step, which makes 1.3e-4 of the first run of a linear cell: that one is
        # exact here, and no error is shared; the runs of a Sequence pass their profiles from mesh to mesh
        for stock, mine in (("Voltage [V]", run["voltage"]), ("Current [A]", -run["current"])):
            scale = float(np.max(np.abs(mine)))
            np.testing.assert_allclose(
                theirs[stock].entries[index], mine.values[pick], rtol=0, atol=2e-4 * scale + 1e-15
            )


@every_cell
def test_experiment_agrees_with_simulate(name: str) -> None:
    compare(cell(name))


@pytest.mark.parametrize("name", ["au_mg3asn_mg"])
def test_experiment_agrees_with_simulate_where_electrons_depend_on_the_potential(name: str) -> None:
    compare(nonlinear(cell(name)))


#: Salt that polarises within the 100 s of `compare`, in a buffer of two solutions.
SALT = cell("trilayer", "salt_depletion").with_(
    {"layers.buffer_*.thickness": "20 um", "layers.buffer_*.material.concentration": "1 mmol/L"}
)


def test_experiment_agrees_with_simulate_where_salt_polarises() -> None:
    compare(SALT)
    run = simulate(SALT, Galvanostatic("-1 uA", "100 s"))
    assert np.ptp(run["concentration"].values[-1]) > 0.2


def test_salt_depletion_ends_a_stock_simulation() -> None:
    experiment = pybamm.Experiment(["Discharge at 0.02 mA for 1 hour"])
    solution = pybamm.Simulation(StackModel(SALT), experiment=experiment).solve()
    ours = simulate(SALT, Galvanostatic("-20 uA", "1 h"))
    assert "salt depleted in buffer_" in solution.termination and "at the right face" in solution.termination
    assert solution.t[-1] == pytest.approx(float(ours["time"][-1]), rel=1e-3)


@pytest.mark.parametrize("item", [*map(cell, NAMES), SALT], ids=[*NAMES, "salt"])
def test_eis_agrees_with_simulate(item: Cell) -> None:
    name, item = item.name, of_one_reaction(item)
    model = StackModel(item, dielectric=True, f_max=float(FREQUENCIES.max()), refinement=REFINEMENT)
    stock = np.asarray(pybamm.EISSimulation(model).solve(FREQUENCIES).impedance)
    # the same equations on the same mesh: two linear solvers
    mesh = LinearisedStack(item, f_max=float(FREQUENCIES.max())).impedance(FREQUENCIES)
    assert np.max(np.abs(stock / mesh - 1)) < 1e-6
    # mt.simulate has no mesh at rest: what is left is the mesh's error, growth^2/12 = 1e-4 with this refinement
    ours = simulate(item, EIS.at(FREQUENCIES))["impedance"].values
    deviation = np.max(np.abs(stock / ours - 1))
    print(f"{name}: EISSimulation against mt.simulate {deviation:.1e}")
    assert deviation < 2e-4


def test_eis_approaches_simulate_at_second_order() -> None:
    """The remaining difference is the mesh: it falls to a quarter with twice the points."""
    item = cell("au_mg3asn_au")
    ours = simulate(item, EIS.at(FREQUENCIES))["impedance"].values
    deviation = []
    for refinement in (1.0, 2.0):
        model = StackModel(item, dielectric=True, f_max=1e5, refinement=refinement)
        stock = np.asarray(pybamm.EISSimulation(model).solve(FREQUENCIES).impedance)
        deviation.append(np.max(np.abs(stock / ours - 1)))
    assert deviation[0] / deviation[1] == pytest.approx(4, rel=0.1)  # 2^1.86 to 2^2.14


def test_inputs_in_stock_eis() -> None:
    """Inputs work in EISSimulation when given in the order of their names (PyBaMM takes them by position)."""
    item = cell("trilayer")
    paths = ["interfaces.buffer_left-antiperovskite.capacitance.c", "layers.antiperovskite.thickness", "temperature"]
    paths = sorted(path for path in paths if path in item.paths())
    values = {path: float(item.get(path)) * 1.1 for path in paths}
    simulation = pybamm.EISSimulation(StackModel(item, inputs=paths, dielectric=True, f_max=1e5))
    found = np.asarray(simulation.solve(FREQUENCIES, inputs=values).impedance)
    expected = exact(item.with_(values), FREQUENCIES)
    assert len(paths) >= 2 and np.max(np.abs(found / expected - 1)) < 2e-4  # the mesh


def test_inputs_in_stock_simulation() -> None:
    """A thickness and a temperature change without a rebuild."""
    item = cell("trilayer")
    paths = ["layers.antiperovskite.thickness", "temperature"]
    simulation = pybamm.Simulation(
        StackModel(item, inputs=paths), experiment=pybamm.Experiment(["Discharge at 0.001 mA for 100 seconds"])
    )
    for factor in (1.0, 1.2):
        values = {path: float(item.get(path)) * factor for path in paths}
        solution = simulation.solve(inputs=values)
        ours = simulate(item.with_(values), Galvanostatic("-1 uA", "100 s", points=2))
        assert solution["Voltage [V]"].entries[-1] == pytest.approx(float(ours["voltage"][-1]), rel=1e-4)


def test_voltage_limits_in_stock_experiments() -> None:
    """Terminations by voltage, which ask for PyBaMM's "Battery voltage [V]"."""
    item = cell("au_mofsse_au")
    steps = ["Charge at 0.001 mA until 0.2 V", "Discharge at 0.001 mA until -0.2 V"]
    solution = pybamm.Simulation(StackModel(item), experiment=pybamm.Experiment(steps)).solve()
    assert solution.cycles[0].steps[0]["Voltage [V]"].entries[-1] == pytest.approx(0.2, abs=1e-5)
    assert solution.cycles[1].steps[0]["Voltage [V]"].entries[-1] == pytest.approx(-0.2, abs=1e-5)


def test_entry_points() -> None:
    """``pybamm.Model("MgStack")`` and ``pybamm.ParameterValues("MgTrilayer")`` of an installed package, or the same
    objects straight from the table of entry points in pyproject.toml."""
    from mgtwin.models import registry

    declared = {
        point.name: point.value
        for group in ("pybamm_models", "pybamm_parameter_sets")
        for point in entry_points(group=group)
    }
    if "MgStack" in declared:  # installed
        assert pybamm.Model("MgStack").cell.name == "trilayer"
        assert pybamm.ParameterValues("MgTrilayer")["Ambient temperature [K]"] == float(cell("trilayer").temperature)
    assert registry.MgStack("au_mg3asn_au").cell.name == "au_mg3asn_au"
    values = pybamm.ParameterValues(registry.trilayer_parameter_values())
    assert values.evaluate(values["temperature"]) == float(cell("trilayer").temperature)
    assert values["layers.antiperovskite.thickness"] == float(cell("trilayer").get("layers.antiperovskite.thickness"))


@every_cell
def test_all_defaults_are_there(name: str) -> None:
    """A model of PyBaMM's zoo has every ``default_*``; the quick plot's variables exist."""
    model = StackModel(cell(name))
    for attribute in (
        "default_parameter_values",
        "default_geometry",
        "default_submesh_types",
        "default_var_pts",
        "default_spatial_methods",
        "default_solver",
        "default_quick_plot_variables",
    ):
        assert getattr(model, attribute) is not None
    assert set(model.default_quick_plot_variables) <= set(model.variables)
    model.check_well_posedness()
