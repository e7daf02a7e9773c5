"""Insertion electrodes and full cells: closed forms, limits, charge, an independent solver of another package."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq

import mgtwin as mt
from mgtwin.kinds.memories import Sphere
from mgtwin.kinds.numbers import FARADAY, GAS_CONSTANT

SLOPING = mt.Sites([(0.5, 1.25, 4.0), (0.5, 0.95, 5.0)])
PLATEAUS = mt.Sites([(0.5, 1.25, 1.0), (0.5, 1.05, 1.0)])
T = 333.15
F_ = 2 * FARADAY / (GAS_CONSTANT * T)
RADIUS, D, CONCENTRATION, ACTIVE, THICKNESS = 1e-6, 2e-16, 14300.0, 0.4, 3e-5
CAPACITY = 2 * FARADAY * CONCENTRATION * ACTIVE * THICKNESS  # C/m2
SURFACE = 3 * ACTIVE / RADIUS * THICKNESS  # of particles per electrode area


def full_cell(potential: Any = SLOPING, filling: float = 0.3, **fields: Any) -> mt.Cell:
    """1 m2 of reversible Mg, an ion conductor and a host."""
    given = {"double_layer": 0.1, "resolution": mt.Uniform()} | fields  # resolved: test_insertion_resolved.py
    cathode = mt.Insertion(
        potential, 0.2, D, RADIUS, CONCENTRATION, ACTIVE, THICKNESS, 0.01, 10.0, filling, **given
    )  # fmt: skip
    layers = [mt.Layer("ions", mt.IonConductor(0.01), 5e-5)]
    return mt.Cell("full", mt.Plating(1e6), layers, cathode, area=1.0, temperature=T)


def slope(potential: Any, y: float) -> float:
    """dU/dy."""
    h = 1e-5
    return float((potential(y + h, T) - potential(y - h, T)) / (2 * h))


def inside(run: Any, segment: int = -1) -> tuple[np.ndarray, np.ndarray]:
    """Filling of every shell of the particles at the end of a segment, and their parts of the volume."""
    here = run["state_variable"].values == "positive surface inside"
    edges = [0.0]
    for node in run["state_position"].values[here]:  # in the middle of its shell
        edges.append(2 * node - edges[-1])
    return run["state"].values[segment][here], np.diff(np.array(edges) ** 3)


# -- the sphere, small signal --------------------------------------------------------------------------------------
def test_sphere() -> None:
    """g(s) = tanh s/(s - tanh s): 3/s^2 + 1/5 for small s, 1/s + 1/s^2 for large (planar Warburg)."""
    g = Sphere("radius").resistance
    small, large = 1e-4 * np.exp(0.25j * np.pi), 60 * np.exp(0.25j * np.pi)
    assert g(small) == pytest.approx(3 / small**2 + 0.2, rel=1e-9)
    assert g(large) == pytest.approx(1 / large + 1 / large**2, rel=1e-3)  # and 1/s^3
    assert g(0.0999 + 0j) == pytest.approx(g(0.1001 + 0j), rel=5e-3)  # the series meets the closed form


@pytest.mark.parametrize("potential", [SLOPING, PLATEAUS, mt.RegularSolution(1.2, -2.0)])
def test_impedance_is_the_closed_form(potential: Any) -> None:
    """L/sigma + R_ct(Mg) + (L/3)(1/s_i + 1/s_e) + 1/(i w C + 1/(R_ct + Z_p)), for w from 1e-6 to 1e6."""
    cell = full_cell(potential)
    omega = 2 * np.pi * np.geomspace(1e-6, 1e6, 30)
    s = RADIUS * np.sqrt(1j * omega / D)
    g = np.tanh(s) / (s - np.tanh(s))
    per_filling = RADIUS / D / (2 * FARADAY * CONCENTRATION)  # theta cancels: the sphere sees the mean flux
    sphere = -slope(potential, 0.3) * per_filling * g / SURFACE
    transfer = 1 / (F_ * 0.2 * np.sqrt(0.3 * 0.7) * SURFACE)
    electrode = 1 / (0.1j * omega + 1 / (transfer + sphere))
    expected = 5e-5 / 0.01 + 1 / (1e6 * F_) + THICKNESS / 3 * (1 / 0.01 + 1 / 10.0) + electrode
    found = mt.impedance.exact(cell, omega / (2 * np.pi))
    small = np.abs(s) > 0.1  # below, the difference in the formula above has no digits
    np.testing.assert_allclose(found[small], expected[small], rtol=1e-7)
    # low frequency: C_int = zF c_max eps L/(-dU/dy), and R = R_ct + (-U_c) R_p/(5 zF D a L) + ohmic
    low = found[0]
    assert -1 / (omega[0] * low.imag) == pytest.approx(CAPACITY / -slope(potential, 0.3) + 0.1, rel=1e-4)
    resistance = 5e-5 / 0.01 + 1 / (1e6 * F_) + THICKNESS / 3 * 100.1 + transfer
    assert low.real == pytest.approx(resistance - slope(potential, 0.3) * per_filling / 5 / SURFACE, rel=1e-4)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("factor", [None, mt.Tabulated([0.0, 0.8], [1.0, 1e-2])])
def test_mesh_is_exact_at_rest(factor: Any, turned: bool) -> None:
    cell = full_cell(diffusivity_factor=factor, particle_contact=0.7)
    cell = cell.reversed() if turned else cell
    protocol = mt.EIS(1e4, 1e-5, points=15)
    exact, mesh = (mt.simulate(cell, protocol, route=route)["impedance"].values for route in (None, mt.Mesh()))
    np.testing.assert_allclose(mesh, exact, rtol=1e-4)


def test_contact_scales_kinetics_not_the_sphere() -> None:
    whole, half = full_cell(), full_cell(particle_contact=0.5)
    slow = [mt.impedance.exact(cell, [1e-7])[0] for cell in (whole, half)]
    assert slow[1].imag == pytest.approx(slow[0].imag, rel=1e-9)
    transfer = 1 / (F_ * 0.2 * np.sqrt(0.3 * 0.7) * SURFACE)
    assert slow[1].real - slow[0].real == pytest.approx(transfer, rel=1e-5)


# -- rest, slow, constant flux -------------------------------------------------------------------------------------
@pytest.mark.parametrize("filling", [0.02, 0.3, 0.97])
@pytest.mark.parametrize("potential", [SLOPING, PLATEAUS, mt.TabulatedPotential([0.0, 0.4, 1.0], [1.5, 1.2, 0.8])])
def test_rest_voltage(potential: Any, filling: float) -> None:
    cell = full_cell(potential, filling)
    run = mt.simulate(cell, mt.Rest("1 h", points=3))
    np.testing.assert_allclose(run["voltage"], potential(filling, T), atol=1e-9)
    assert mt.simulate(cell.reversed(), mt.Rest("1 h", points=3))["voltage"].values[-1] == pytest.approx(
        -potential(filling, T), abs=1e-9
    )


def test_sites_are_the_explicit_form() -> None:
    y = np.linspace(1e-3, 0.999, 500)
    U = PLATEAUS(y, T)
    np.testing.assert_allclose(sum(0.5 / (1 + np.exp(F_ * (U - k))) for k in (1.25, 1.05)), y, atol=1e-12)
    # one kind of sites of width 1 + g/4 is a regular solution at half filling, in value and slope
    one, regular = mt.Sites([(1.0, 1.1, 0.75)]), mt.RegularSolution(1.1, -1.0)
    assert slope(one, 0.5) == pytest.approx(slope(regular, 0.5), rel=1e-6)


def test_slow_discharge_follows_the_potential() -> None:
    """i -> 0: V -> U of the mean filling; C/2000."""
    current = CAPACITY / (2000 * 3600)
    run = mt.simulate(full_cell(filling=0.2, double_layer=None), mt.Galvanostatic(-current, "1200 h", points=7))
    y = 0.2 + current * run["time"].values[1:] / CAPACITY
    np.testing.assert_allclose(run["voltage"].values[1:], SLOPING(y, T), atol=3e-4)


def test_constant_flux() -> None:
    """y_s - y_0 = (N R/D)[3 tau + 1/5 - 2 sum exp(-a_n^2 tau)/a_n^2], tan a = a."""
    roots = np.array(
        [brentq(lambda a: np.tan(a) - a, (n + 0.5) * np.pi - 1.0, (n + 0.5) * np.pi - 1e-9) for n in range(1, 200)]
    )
    current = CAPACITY / 36000
    flux = current / (SURFACE * 2 * FARADAY * CONCENTRATION)
    cell = full_cell(mt.RegularSolution(1.2), 0.3, double_layer=None)
    times = [20.0, 200.0, 2000.0, 10000.0]
    steps = mt.Sequence([mt.Galvanostatic(-current, length, points=3) for length in np.diff([0.0, *times])])
    run = mt.simulate(cell, steps)
    for time, node in zip(times, run.leaves, strict=True):
        tau = D * time / RADIUS**2
        series = 3 * tau + 0.2 - 2 * np.sum(np.exp(-(roots**2) * tau) / roots**2)
        state = node.to_dataset()
        odds = float(state["state"].values[-1][state["state_variable"].values == "positive surface"][0])
        found = 1 / (1 + np.exp(-odds)) - 0.3
        assert found == pytest.approx(flux * RADIUS / D * series, rel=2e-3)  # mesh of 40 shells or more


# -- charge, energy ------------------------------------------------------------------------------------------------
@lru_cache(maxsize=1)
def cycled() -> Any:
    cell = full_cell(filling=0.05, diffusivity_factor=mt.Tabulated([0.0, 0.8], [1.0, 0.1]))
    current = CAPACITY / (5 * 3600)
    return cell, mt.simulate(cell, mt.Cycling(-current, "5 h", cycles=3, limits=(0.7, 1.5)))


def test_charge_is_conserved() -> None:
    """What is in the particles and the double layer is what was passed, in every half cycle."""
    _, run = cycled()
    passed = 0.0
    drop = run["state_variable"].values == "positive through-contact drop [V]"
    began = -float(SLOPING(0.05, T))  # eta in +x at the positive electrode
    assert np.all(run["limited"])
    for segment, charge in enumerate(run["half_cycle_capacity"].values):
        passed += charge  # negative: the ion goes in
        filling, volume = inside(run, segment)
        held = CAPACITY * (filling @ volume - 0.05) + 0.1 * (run["state"].values[segment][drop][0] - began)
        assert held == pytest.approx(-passed, abs=1e-10 * CAPACITY * (segment + 1))
    assert np.abs(run["half_cycle_capacity"].values).min() > 0.3 * CAPACITY


def test_energy_efficiency_and_capacity() -> None:
    cell, run = cycled()
    assert np.all(run["energy_efficiency"].values < 1) and np.all(run["energy_efficiency"].values > 0.8)
    single = mt.simulate(cell, mt.Galvanostatic(-CAPACITY / 18000, "5 h", limits=(0.7, 2.0), points=400))
    charge = mt.analysis.delivered_capacity(single)
    assert charge == pytest.approx(CAPACITY / 18000 * float(single["time"][-1]), rel=1e-9)
    assert 0.7 * charge < mt.analysis.delivered_energy(single) < 1.5 * charge


def test_capacity_falls_with_rate_and_thickness() -> None:
    def delivered(hours: float, thickness: float) -> float:
        cell = full_cell(filling=0.02).with_({"positive.thickness": thickness})
        capacity = float(cell.positive.capacity)
        run = mt.simulate(
            cell, mt.Galvanostatic(-capacity / (3600 * hours), f"{hours} h", limits=(0.7, 2.0), points=20)
        )
        return float(mt.analysis.delivered_capacity(run)) / capacity

    by_rate = [delivered(hours, THICKNESS) for hours in (50.0, 5.0, 1.0)]
    assert by_rate[0] > by_rate[1] > by_rate[2] and by_rate[0] > 0.9
    assert delivered(5.0, 3 * THICKNESS) < by_rate[1]


# -- another package -----------------------------------------------------------------------------------------------
def test_one_electron_is_the_single_particle_model_of_pybamm() -> None:
    """z = 1: the half-cell SPM of PyBaMM with the numbers of Xu et al. 2019, whose charge number is fixed at 1."""
    import pybamm

    values = pybamm.ParameterValues("Xu2019")
    model = pybamm.lithium_ion.SPM({"working electrode": "positive"})
    mesh = {"r_p": 150}
    current = 2e-3
    hours = 0.6
    values["Current function [A]"] = current
    simulation = pybamm.Simulation(model, parameter_values=values, var_pts={**model.default_var_pts, **mesh})
    times = np.linspace(0, 3600 * hours, 61)
    solution = simulation.solve(times)
    area = values["Electrode height [m]"] * values["Electrode width [m]"]
    full = values["Maximum concentration in positive electrode [mol.m-3]"]
    y = np.linspace(0.05, 0.99, 600)
    curve = [float(values["Positive electrode OCP [V]"](pybamm.Scalar(k)).evaluate()) for k in y]
    began = values["Initial concentration in positive electrode [mol.m-3]"] / full

    def exchange(at: float) -> float:
        function = values["Positive electrode exchange-current density [A.m-2]"]
        symbol = function(pybamm.Scalar(1000.0), pybamm.Scalar(at * full), pybamm.Scalar(full), pybamm.Scalar(298.15))
        return float(values.evaluate(symbol))

    lithium = values["Exchange-current density for lithium metal electrode [A.m-2]"]
    plating = float(values.evaluate(lithium(pybamm.Scalar(1000.0), pybamm.Scalar(7.69e4), pybamm.Scalar(298.15))))
    cathode = mt.Insertion(
        mt.TabulatedPotential(y.tolist(), curve),
        2 * exchange(0.5),
        values["Positive particle diffusivity [m2.s-1]"],
        values["Positive particle radius [m]"],
        full,
        values["Positive electrode active material volume fraction"],
        values["Positive electrode thickness [m]"],
        1e6, 1e6, began,
    )  # fmt: skip
    layers = [mt.Layer("ions", mt.IonConductor(1e6), 1e-6)]
    cell = mt.Cell("half", mt.Plating(plating), layers, cathode, area=area, ion=mt.Ion("Li", 1, 1.3e-5))
    run = mt.simulate(cell, mt.Galvanostatic(-current, 3600 * hours, points=241))
    found = np.interp(times, run["time"].values, run["voltage"].values)
    expected = solution["Voltage [V]"](times)
    late = times > 200  # PyBaMM's uniform shells are coarse before
    np.testing.assert_allclose(found[late], expected[late], rtol=1e-3)
    odds = run["state"].values[-1][run["state_variable"].values == "positive surface"][0]
    surface = solution["Positive particle surface stoichiometry"].entries
    assert 1 / (1 + np.exp(-odds)) == pytest.approx(float(np.ravel(surface[..., -1])[0]), rel=1e-3)


# -- what is said and refused --------------------------------------------------------------------------------------
def test_uniformity_is_said() -> None:
    cell = full_cell(filling=0.1)
    spread = 1.0 * THICKNESS / 2 * (10 / 0.01) / 10.01  # i L/2 (s_e/s_i)/(s_i + s_e) at 1 A/m2
    assert mt.analysis.reaction_uniformity(cell, "1 A/m^2") == {"positive": pytest.approx(spread, rel=1e-12)}
    for current, words in ((1.0, ""), (5.0, "differs by 7.4"), (8.0, "too much for one reaction")):
        run = mt.simulate(cell, mt.Galvanostatic(-current, "10 s", points=2))
        assert (words in " ".join(run.attrs["warnings"])) if words else not run.attrs["warnings"]


def test_a_full_host_ends_the_run() -> None:
    run = mt.simulate(full_cell(filling=0.9), mt.Galvanostatic(-CAPACITY / 3600, "1 h", points=5))
    assert "the host is full or empty (voltage limits end a run before) after" in run.attrs["warnings"][-1]
    assert run["time"].values[-1] < 3600 and run["voltage"].values[-1] < 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: mt.Sites([(0.5, 1.2, 1.0), (0.4, 1.0, 1.0)]), "must add up to 1, not 0.9"),
        (lambda: mt.RegularSolution(1.2, -4.0), "must be greater than -4"),
        (lambda: mt.TabulatedPotential([0.0, 0.5, 1.0], [1.2, 1.3, 1.0]), "must fall with the filling"),
        (lambda: mt.TabulatedPotential([0.0, 1.1], [1.2, 1.0]), "at most 1"),
        (lambda: full_cell(filling=1.0), "less than 1"),
        (lambda: full_cell().with_({"positive.diffusivity": 0.0}), "greater than 0"),
        (lambda: mt.Tabulated([0.0, 1.0], [1.0, 0.0]), "greater than 0"),
    ],
)
def test_bad_input(make: Any, message: str) -> None:
    with pytest.raises(mt.InputError, match=message):
        make()


def test_cut_offs_that_the_rest_violates() -> None:
    cell = full_cell(filling=0.02)
    with pytest.raises(mt.InputError, match=r"at rest the cell stands at 1\.4.* V, outside the voltage limits"):
        mt.simulate(cell, mt.Galvanostatic(-1.0, "1 h", limits=(0.5, 1.2)))
    with pytest.raises(mt.InputError, match="outside the voltage limits"):
        mt.simulate(cell, mt.Cycling(-1.0, "1 h", cycles=2, limits=(0.5, 1.2)))


@pytest.mark.parametrize("name", ["mg_polymer_ti2s4", "mg_trilayer_mo6s8"])
def test_shipped_full_cells(name: str) -> None:
    """They discharge between their plateaus, and say where their numbers come from."""
    cell = mt.cell(name)
    assert "positive.diffusivity.reference" in cell.paths() and mt.Cell.from_yaml(cell.to_yaml()).identical(cell)
    capacity = float(cell.positive.capacity * cell.area)
    run = mt.simulate(cell, mt.Galvanostatic(-capacity / 360000, "100 h", limits=("0.6 V", "1.7 V"), points=30))
    assert 0.9 * capacity < mt.analysis.delivered_capacity(run) < capacity
    assert 1.0 < mt.analysis.delivered_energy(run) / mt.analysis.delivered_capacity(run) < 1.25
