"""What users of stock PyBaMM and PyBOP expect of a model, and that nothing they ask for is passed over in silence."""

from __future__ import annotations

import pickle
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pybamm
import pytest

import mgtwin as mt
from mgtwin.errors import MgtwinWarning

CELL = mt.cell("trilayer")
STEPS = ["Discharge at 0.01 mA for 30 minutes"]


def solved(steps: list, values: pybamm.ParameterValues | None = None, **options: object) -> pybamm.Solution:
    experiment = pybamm.Experiment(steps, **options)
    return pybamm.Simulation(mt.StackModel(CELL), experiment=experiment, parameter_values=values).solve()


def at_60_degrees() -> float:
    run = mt.simulate(CELL.with_({"temperature": "60 degC"}), mt.Galvanostatic("-10 uA", "30 min"))
    return float(run["voltage"].values[-1])


def test_the_temperature_of_a_step_an_experiment_and_the_ambient_is_that_of_the_cell() -> None:
    expected = at_60_degrees()
    values = mt.StackModel(CELL).default_parameter_values
    values["Ambient temperature [K]"] = 333.15
    runs = {
        "step": solved([pybamm.step.current(1e-5, duration=1800, temperature=333.15)]),
        "experiment": solved(STEPS, temperature="60oC"),
        "ambient": solved(STEPS, values),
    }
    values = mt.StackModel(CELL).default_parameter_values
    values["temperature"] = 333.15
    runs["the cell's own number"] = solved(STEPS, values)
    for name, run in runs.items():
        assert run["Voltage [V]"].entries[-1] == pytest.approx(expected, rel=1e-4), name
    cold = solved(STEPS)["Voltage [V]"].entries[-1]
    assert abs(cold) > 2 * abs(expected)  # else nothing would have been tested


def test_one_model_for_all_steps_has_the_temperature_of_each() -> None:
    steps = [pybamm.step.current(1e-5, duration=1800, temperature=T) for T in (298.15, 333.15)]
    values = {"experiment": pybamm.Experiment(steps), "experiment_model_mode": "unified"}
    run = pybamm.Simulation(mt.StackModel(CELL), **values).solve()
    assert run["Voltage [V]"].entries[-1] == pytest.approx(at_60_degrees(), rel=1e-2)  # the layer was polarised before


def test_a_temperature_as_input_gives_way_to_that_of_a_step() -> None:
    model = mt.StackModel(CELL, inputs=["temperature"])
    run = pybamm.Simulation(model, experiment=pybamm.Experiment(STEPS)).solve(inputs={"temperature": 333.15})
    assert run["Voltage [V]"].entries[-1] == pytest.approx(at_60_degrees(), rel=1e-4)


def test_a_c_rate_needs_a_capacity() -> None:
    """No cell here has one of its own: current per 10 uAh would be a made-up number."""
    with pytest.raises(mt.InputError, match=r"C-rate needs the capacity.*Nominal cell capacity"):
        solved(["Discharge at C/10 for 1 minute"])
    values = mt.StackModel(CELL).default_parameter_values
    values["Nominal cell capacity [A.h]"] = 1e-4
    assert solved(["Discharge at C/10 for 1 minute"], values)["Current [A]"].entries[-1] == pytest.approx(1e-5)


def test_impedance_of_a_model_for_transients_is_warned_of() -> None:
    with pytest.warns(MgtwinWarning, match=r"meshes are made for times .* f_max=1e6"):
        pybamm.EISSimulation(mt.StackModel(CELL))
    with pytest.warns(MgtwinWarning, match="no dielectric charge"):
        pybamm.EISSimulation(mt.StackModel(CELL, f_max=1e6))
    frequencies = np.geomspace(1e6, 0.1, 15)
    simulation = pybamm.EISSimulation(mt.StackModel(CELL, f_max=1e6, dielectric=True))  # warnings are errors here
    found = np.asarray(simulation.solve(frequencies).impedance)
    np.testing.assert_allclose(found, mt.impedance.exact(CELL, frequencies), rtol=3e-4)  # the mesh


def test_a_constant_phase_element_is_right_up_to_the_highest_frequency() -> None:
    electrode = mt.Blocking(mt.CPE("1e-5 S*s^0.8/cm^2", 0.8))
    cell = mt.Cell("cpe", electrode, [mt.Layer("ions", mt.IonConductor("1 mS/cm"), "0.5 mm")], electrode)
    frequencies = np.geomspace(1e5, 0.1, 13)
    found = pybamm.EISSimulation(mt.StackModel(cell, f_max=1e5)).solve(frequencies).impedance
    np.testing.assert_allclose(np.asarray(found), mt.impedance.exact(cell, frequencies), rtol=0.01)  # a ladder's


@pytest.mark.parametrize("cell", [CELL, mt.cell("au_mg3asn_au", "infiltrated")], ids=["trilayer", "mixture"])
def test_models_solutions_and_simulations_are_pickled_and_saved(cell: mt.Cell, tmp_path: Path) -> None:
    simulation = pybamm.Simulation(mt.StackModel(cell), experiment=pybamm.Experiment(["Hold at 10 mV for 30 minutes"]))
    solution = simulation.solve()
    expected = solution["Current [A]"].entries
    again = pickle.loads(pickle.dumps(mt.StackModel(cell)))
    assert again.default_var_pts == mt.StackModel(cell).default_var_pts
    solution.save(str(tmp_path / "solution.pkl"))
    np.testing.assert_array_equal(pybamm.load(str(tmp_path / "solution.pkl"))["Current [A]"].entries, expected)
    simulation.save(str(tmp_path / "simulation.pkl"))
    reloaded = pybamm.load_sim(str(tmp_path / "simulation.pkl")).solve()
    np.testing.assert_allclose(reloaded["Current [A]"].entries, expected, rtol=1e-9)


def test_what_every_user_of_pybamm_plots_is_there() -> None:
    """Charge, energy and time against their definitions: 10 uA for half an hour, then back for a quarter."""
    run = solved([*STEPS, "Charge at 0.01 mA for 15 minutes"])
    last = {name: float(run[name].entries[-1]) for name in ("Discharge capacity [A.h]", "Throughput capacity [A.h]",
            "Discharge energy [W.h]", "Throughput energy [W.h]", "Time [h]", "Time [min]", "Time [s]")}  # fmt: skip
    assert last["Discharge capacity [A.h]"] == pytest.approx(2.5e-6)
    assert last["Throughput capacity [A.h]"] == pytest.approx(7.5e-6)
    assert last["Time [h]"] == pytest.approx(0.75) and last["Time [min]"] == pytest.approx(last["Time [s]"] / 60)
    t, power = run["Time [h]"].entries, run["Power [W]"].entries
    np.testing.assert_allclose(power, run["Current [A]"].entries * run["Terminal voltage [V]"].entries)
    assert last["Discharge energy [W.h]"] == pytest.approx(np.trapezoid(power, t), rel=0.01)  # 60 s between samples
    assert last["Throughput energy [W.h]"] >= abs(last["Discharge energy [W.h]"])


def test_summary_variables_of_every_cycle() -> None:
    """Two full cycles pass no net charge and four half cycles of throughput; contact that ages is told per cycle."""
    cell = aged()
    steps = [("Discharge at 0.01 mA for 30 minutes", "Charge at 0.01 mA for 30 minutes")] * 2
    run = pybamm.Simulation(mt.StackModel(cell), experiment=pybamm.Experiment(steps)).solve()
    summary = run.summary_variables
    np.testing.assert_allclose(summary["Discharge capacity [A.h]"], 0, atol=1e-10)
    np.testing.assert_allclose(summary["Throughput capacity [A.h]"], [1e-5, 2e-5], rtol=1e-6)
    contact = summary["Positive contact fraction"]
    assert len(contact) == 2 and contact[1] < contact[0] < 0.9


def aged() -> mt.Cell:
    loss = mt.FatigueContactLoss("1e-3 m^2/C", 0.02)
    electrode = mt.Plating("1 mA/cm^2", double_layer="10 uF/cm^2", contact=mt.Contact(0.9, "20 um"), ageing=[loss])
    return mt.Cell("aged", electrode, [mt.Layer("ions", mt.IonConductor("1 mS/cm"), "0.5 mm")], electrode)


@pytest.mark.parametrize("cell", [CELL, aged()], ids=["trilayer", "aged"])
def test_pybop_finds_what_its_simulators_ask_for(cell: mt.Cell) -> None:
    """PyBOP's and pybammeis' EIS need ``model.param`` with Q, A_cc and ocv_init, the voltage without current."""
    model = mt.StackModel(cell)
    assert isinstance(model.param, SimpleNamespace)
    values = model.default_parameter_values
    rest = solved_at_rest(cell)
    assert values.evaluate(model.param.ocv_init) == pytest.approx(rest, abs=1e-9)
    assert values.evaluate(model.param.A_cc) == float(cell.area) and values.evaluate(model.param.Q) > 0


def solved_at_rest(cell: mt.Cell) -> float:
    return float(mt.simulate(cell, mt.Rest("1 s"))["voltage"].values[0])
