"""A soft short from metal to metal: i = i_cell + G V in every route, and what follows from it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pybamm
import pytest

import mgtwin as mt
from mgtwin.batch.runs import side_by_side
from mgtwin.dataset import transient
from mgtwin.impedance import dc_resistance, exact, exact_jacobian
from mgtwin.impedance.adjoint import adjoint_jacobian
from mgtwin.impedance.linearise import LinearisedStack
from mgtwin.simulation import built

F = np.geomspace(1e5, 1e-4, 8)
AREA, LEADS, G = 1e-4, 1e-3, 100.0
MIXED = mt.MixedConductor(0.05, 0.005, 1e5, relative_permittivity=25.0)
METAL = mt.Plating("1 mA/cm^2", double_layer="5 uF/cm^2")
GOLD = mt.Blocking("10 uF/cm^2", electronic_resistance="5 ohm*cm^2")


def cell(conductance: Any = G, electrode: Any = METAL, **fields: Any) -> mt.Cell:
    """Two mixed conductors with an ionic one between them, leads, and a reference."""
    layers = [mt.Layer("a", MIXED, 1e-4), mt.Layer("b", mt.IonConductor(0.26), 3e-4), mt.Layer("c", MIXED, 3e-4)]
    shunt = None if conductance is None else mt.Shunt(conductance)
    given = {"series_resistance": LEADS, "reference": mt.Reference(at="a|b", kind=mt.IonProbe()), "shunt": shunt}
    junctions = {"b-c": mt.Junction("10 ohm*cm^2", "1 uF/cm^2")}
    return mt.Cell("shunted", electrode, layers, electrode, junctions, **(given | fields))


def ohmic(conductance: float, resistance: float = 1e-2) -> mt.Cell:
    """Mg | ionic conductor of 10 mohm m2 | Mg, with little else."""
    metal = mt.Plating(1e8)
    layer = mt.Layer("layer", mt.IonConductor(1.0), resistance)
    return mt.Cell("ohmic", metal, [layer], metal, shunt=mt.Shunt(conductance))


def follows(run: Any) -> None:
    """Ohm's law of the shunt, behind the leads."""
    inside = run["voltage"] - LEADS / AREA * run["current"]
    np.testing.assert_allclose(run["shunt_current"], G * AREA * inside, rtol=1e-9, atol=1e-17)


# -- closed forms ------------------------------------------------------------------------------------------------------
def test_impedance_of_a_shunted_stack() -> None:
    alone = exact(cell(None, series_resistance=0.0), F)
    np.testing.assert_allclose(exact(cell(), F), LEADS / AREA + 1 / (1 / alone + G * AREA), rtol=1e-13)


def test_the_direct_resistance_falls_by_half_where_shunt_and_cell_are_alike() -> None:
    alone = dc_resistance(ohmic(0.0))
    assert dc_resistance(ohmic(1 / (alone * AREA))) == pytest.approx(alone / 2, rel=1e-12)
    part = 1 - dc_resistance(ohmic(7.0)) / alone
    assert part == pytest.approx(1 / (1 + 1 / (7.0 * alone * AREA)), rel=1e-12)
    assert dc_resistance(cell(electrode=GOLD)) == pytest.approx(LEADS / AREA + 1 / (G * AREA), rel=1e-12)  # ions stop


def test_without_conductance_nothing_changes_to_the_bit() -> None:
    np.testing.assert_array_equal(exact(cell(0.0), F), exact(cell(None), F))
    protocol = mt.Galvanostatic("1 uA", "10 min", points=4)
    for route in (mt.Modes(), mt.Mesh()):
        none, zero = (mt.simulate(cell(value), protocol, route=route) for value in (None, 0.0))
        np.testing.assert_array_equal(zero["voltage"], none["voltage"])
        assert "shunt_current" not in zero


def test_the_shunt_moves_no_ion() -> None:
    """Of the charge of a half cycle the part 1/(1 + G R) moves Mg; leakage says the rest."""
    shunted = ohmic(50.0)
    run = mt.simulate(shunted, mt.Cycling("1 uA", "10 min", cycles=2))
    follow = 1 / (1 + 50.0 * dc_resistance(ohmic(0.0)) * AREA)
    moved = 1 - run["shunt_current"] / run["current"]
    np.testing.assert_allclose(moved[np.abs(run["current"].values) > 0], follow, rtol=1e-6)
    steady = mt.simulate(shunted, mt.Galvanostatic("1 uA", "1 h", points=3))
    assert mt.analysis.leakage_fraction(steady) == pytest.approx(1 - follow, rel=1e-6)


def test_a_law_of_temperature() -> None:
    law = mt.Arrhenius(reference=50.0, activation_energy=0.5, reference_temperature=298.15)
    warm = ohmic(1.0).with_({"shunt": mt.Shunt(law), "temperature": 333.15})
    assert dc_resistance(warm) == pytest.approx(
        dc_resistance(warm.with_({"shunt.conductance": law(333.15)})), rel=1e-12
    )
    paths = ["shunt.conductance.activation_energy", "temperature"]
    found = exact_jacobian(warm, [1.0], paths)[0]
    for slope, path in zip(found, paths, strict=True):
        value = float(warm.get(path))
        up, down = (exact(warm.with_({path: value * (1 + h)}), [1.0])[0] for h in (1e-5, -1e-5))
        assert slope == pytest.approx((up - down) / (2e-5 * value), rel=1e-6)


# -- routes ------------------------------------------------------------------------------------------------------------
def test_spectra_of_the_mesh() -> None:
    closed, mesh = (mt.simulate(cell(), mt.EIS.at(F), route=route) for route in (mt.Laplace(), mt.Mesh()))
    for name in ("impedance", "impedance_negative", "impedance_positive"):
        assert float(np.abs((closed[name] - mesh[name]) / closed["impedance"]).max()) < 1e-5


def test_derivatives_in_closed_form_and_of_the_mesh() -> None:
    paths = ["shunt.conductance", "layers.c.thickness", "area", "series_resistance", "positive.double_layer.c"]
    found, reference = exact_jacobian(cell(), F, paths), cell()
    for k, path in enumerate(paths):
        value = float(reference.get(path))
        step = 1e-5 * value
        up, down = (exact(reference, F, {path: value + h}) for h in (step, -step))
        scale = np.abs(exact(reference, F)).max() / value
        assert np.abs(found[:, k] - (up - down) / (2 * step)).max() < 1e-8 * scale
    stack = LinearisedStack(reference, f_max=float(F.max()), inputs=paths[:4])
    _, mesh = adjoint_jacobian(stack, F)
    columns = [paths.index(name) for name in stack.input_names]
    scale = np.abs(found[:, columns]).max(axis=0)
    assert np.max(np.abs(mesh - found[:, columns]) / scale) < 1e-4


@pytest.mark.parametrize(
    "protocol", [mt.Polarization("10 mV", "1 h", per_decade=2), mt.Galvanostatic("1 uA", "1 h", points=6)]
)
def test_runs_in_time_by_all_routes(protocol: Any) -> None:
    runs = [mt.simulate(cell(electrode=GOLD), protocol, route=route) for route in (mt.Laplace(), mt.Modes(), mt.Mesh())]
    for run in runs:
        follows(run)
        for name in ("current", "voltage", "voltage_negative", "shunt_current"):
            scale = float(np.abs(runs[0][name]).max())
            np.testing.assert_allclose(run[name], runs[0][name], atol=1e-3 * scale)


def test_other_runs_in_time() -> None:
    """Cycles in one solve, a record of a current in one solve, and a nonlinear cell."""
    times = np.linspace(0.0, 100.0, 40)
    record = mt.Replay(transient(times, 0 * times, 1e-6 * np.sin(times / 10)))
    for protocol in (mt.Cycling("1 uA", "10 min", cycles=2), record, mt.Galvanostatic("1 uA", "1 h", points=4)):
        run = mt.simulate(cell(), protocol)
        follows(run)
        assert float(np.abs(run["shunt_current"]).max()) > 0.1 * float(np.abs(run["current"]).max())


@pytest.mark.parametrize("bias", [mt.Voltage("0.2 V"), mt.Current("5 uA")])
def test_a_spectrum_under_bias(bias: Any) -> None:
    """At the lowest frequency the slope of i_cell(V) + G V, of the Hebb-Wagner curve (form 5)."""
    n, p, constant, length = 5e-6, 5e-12, 1e-7, 1e-3
    material = mt.MixedConductor(0.05, mt.DefectElectrons(n, p, constant), 1e4)
    given = {"area": 1.0, "shunt": mt.Shunt(1e-4)}
    one = mt.Cell("hw", mt.Plating(1e6), [mt.Layer("m", material, length)], mt.Blocking(None), **given)
    found = mt.simulate(one, mt.EIS.at([1e-10], bias=bias))["impedance"].values[0].real
    f = 96485.33212 / (8.314462618 * 298.15)

    def current(V: float) -> float:
        return ((n * -np.expm1(-f * V) + p * np.expm1(f * V)) / f + constant * V) / length + 1e-4 * V

    from scipy.optimize import brentq

    V = 0.2 if bias.type == "voltage" else brentq(lambda V: current(V) - 5e-6, 0, 0.5, xtol=1e-15)
    sigma = n * np.exp(-f * V) + p * np.exp(f * V) + constant
    assert found == pytest.approx(1 / (sigma / length + 1e-4), rel=1e-4)


def test_a_kept_model_gives_the_bits_of_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    protocol = mt.Polarization("10 mV", "1 h", per_decade=1)

    def alone(conductance: float) -> bytes:
        monkeypatch.setattr(built, "_KEPT", type(built._KEPT)())
        return mt.simulate(cell(conductance), protocol)["current"].values.tobytes()

    expected = [alone(value) for value in (1.0, 30.0)]
    mt.simulate(cell(7.0), protocol)
    kept = [mt.simulate(cell(value), protocol)["current"].values.tobytes() for value in (1.0, 30.0)]
    assert kept == expected and expected[0] != expected[1]


@pytest.mark.slow
def test_side_by_side() -> None:
    values, protocol = np.array([10.0, 50.0, 200.0]), mt.Galvanostatic("1 uA", "1 h", points=4)
    cells = [cell(value) for value in values]
    runs = side_by_side(cell(), cells, {"shunt.conductance": values}, protocol).datasets
    assert len(runs) == 3
    for number, run in runs.items():
        np.testing.assert_allclose(run["voltage"], mt.simulate(cells[number], protocol)["voltage"], rtol=1e-3)


def test_a_state_that_a_run_left() -> None:
    """What is linearised there is the current through the layers, whichever integrator kept it."""
    bare = mt.Plating("1 uA/cm^2")  # without a double layer its overpotential follows the current at once
    one = cell(1.0, bare)
    steady = mt.simulate(one, mt.Galvanostatic("30 uA", "100 h", points=3))
    held = mt.simulate(one, mt.EIS.at([1e-9]), start=steady)["impedance"].values[0]
    biased = mt.simulate(one, mt.EIS.at([1e-9], bias=mt.Current("30 uA")))["impedance"].values[0]
    assert held == pytest.approx(biased, rel=1e-5)
    assert abs(held / exact(one, [1e-9])[0] - 1) > 0.05


def test_in_stock_pybamm() -> None:
    model = mt.StackModel(ohmic(50.0))
    solution = pybamm.Simulation(model, experiment=pybamm.Experiment(["Discharge at 0.001 mA for 1 minute"])).solve()
    expected = -1e-6 * dc_resistance(ohmic(50.0))
    assert float(solution["Voltage [V]"].entries[-1]) == pytest.approx(expected, rel=1e-6)


def test_what_reads_conductivities_refuses_a_shunt() -> None:
    layer = mt.Layer("m", MIXED, 1e-3)
    blocked = mt.Cell("b", GOLD, [layer], GOLD, shunt=mt.Shunt(1.0))
    with pytest.raises(mt.InputError, match="has a shunt beside its layers"):
        mt.analysis.electronic_conductivity(mt.simulate(blocked, mt.Polarization("10 mV", "1 h", per_decade=2)))
    with pytest.raises(mt.InputError, match="has a shunt beside its layers"):
        mt.impedance.plateaus(blocked)
    host = mt.cell("mg_polymer_ti2s4").with_({"shunt": mt.Shunt(1e-3)})
    assert mt.simulate(host, mt.EIS.at([1.0])).attrs["route"] == "exact, at rest"
    with pytest.raises(mt.InputError, match="adds to a spectrum is not known beside a shunt"):
        LinearisedStack(host, f_max=1.0)
    with pytest.raises(mt.InputError, match="conductance"):
        mt.Shunt(-1.0)
