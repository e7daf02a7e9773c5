"""Full cells over their life: charge over a hundred cycles, energy, published designs, GITT, leakage, bias."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.integrate import trapezoid

import mgtwin as mt
from mgtwin.kinds.numbers import FARADAY, GAS_CONSTANT

from .test_insertion import ACTIVE, CAPACITY, CONCENTRATION, F_, RADIUS, SLOPING, SURFACE, THICKNESS, D, T, full_cell
from .test_insertion import inside as profile


def held(run: Any) -> float:
    """Charge [C] in particles and double layer at the end, over what was there at y = 0.3."""
    filling, volume = profile(run)
    drop = run["state"].values[-1][run["state_variable"].values == "positive through-contact drop [V]"][0]
    return float(CAPACITY * (filling @ volume - 0.3) + 0.1 * (drop + float(SLOPING(0.3, T))))


@pytest.mark.slow
def test_charge_over_a_hundred_cycles() -> None:
    """Inserted and double layer less what was passed, over all that was passed: 1e-10, the double layer left in."""
    current = CAPACITY / 7200
    run = mt.simulate(full_cell(), mt.Cycling(-current, "30 min", cycles=100, limits=(0.9, 1.4), points=2))
    passed = run["half_cycle_capacity"].values
    assert passed.size == 200
    assert abs(held(run) + passed.sum()) < 1e-10 * np.abs(passed).sum()


@pytest.mark.slow
def test_energy_of_a_discharge() -> None:
    """int V i dt + dissipation = Q (int int U dy), where ions diffuse in the particles included: 1e-4."""
    U = mt.RegularSolution(1.2, 1.0)
    cell, i = full_cell(U, 0.2, double_layer=None), CAPACITY / 7200
    steps = np.diff(np.r_[0.0, np.geomspace(0.05, 3600.0, 60)])
    run = mt.simulate(cell, mt.Sequence([mt.Galvanostatic(-i, float(step), points=2) for step in steps]))

    def free_energy(y: Any) -> Any:
        thermal = 1 / F_
        return 1.2 * y - thermal * (y * np.log(y) + (1 - y) * np.log(1 - y) + (y * y - y) / 2)

    flux = i * RADIUS / (3 * CAPACITY)  # of filling into a sphere [m/s]
    time, given, lost = [0.0], [0.0], [0.0]
    for node in run.leaves:
        ds = node.to_dataset()
        y, volume = profile(ds)
        edges = np.cbrt(np.cumsum(volume))[:-1]
        nodes = ds["state_position"].values[ds["state_variable"].values == "positive surface inside"]
        odds = ds["state"].values[-1][ds["state_variable"].values == "positive surface"][0]
        surface = 1 / (1 + np.exp(-odds))
        # power per capacity: 3/R of the flux through a face times what U falls by there
        inner = 3 * D / RADIUS**2 * edges**2 * np.diff(y) / np.diff(nodes) * -np.diff(U(y, T))
        lost.append(inner.sum() + 3 / RADIUS * flux * (U(y[-1], T) - U(surface, T)))
        overpotential = U(surface, T) - ds["voltage"].values[-1] - i * (5e-3 + 1e-3 + 1e-6)
        exchange = 0.2 * np.sqrt(surface * (1 - surface)) * SURFACE
        assert overpotential == pytest.approx(2 / F_ * np.arcsinh(i / 2 / exchange) + i / (1e6 * F_), rel=1e-4)
        given.append(float(U(surface, T)) * i)
        time.append(time[-1] + float(ds["time"].values[-1]))
    given[0], lost[0] = float(U(0.2, T)) * i, 0.0
    stored = CAPACITY * (volume @ free_energy(y) - free_energy(0.2))
    assert trapezoid(given, time) + CAPACITY * trapezoid(lost, time) == pytest.approx(stored, rel=1e-4)
    assert CAPACITY * trapezoid(lost, time) > 1e-3 * stored  # the diffusion is not left out by being nothing


@pytest.mark.parametrize(
    ("temperature", "expected"), [("60 degC", (0.977, 0.927, 0.827)), ("25 degC", (0.876, 0.762, 0.644))]
)
def test_filling_of_ti2s4_at_c_over_5(temperature: str, expected: tuple[float, ...]) -> None:
    """Published design: R_p 0.5, 1, 2 um to 0.6 V; D(y) log-linear through 1e-12 cm2/s at 0.8, constant from 0.85."""
    cell = mt.cell("mg_polymer_ti2s4").with_(
        {
            "layers": [mt.Layer("ions", mt.IonConductor(10.0), "1 um")], "negative": mt.Plating(1e5),
            "series_resistance": 0.0, "positive.ionic_conductivity": 1e3, "temperature": temperature,
            "positive.diffusivity_factor": mt.Tabulated([0.0, 0.85], [1.0, 5e-5 ** (0.85 / 0.8)]),
        }
    )  # fmt: skip
    discharge = mt.Galvanostatic(-float(cell.positive.capacity) * float(cell.area) / 18000, "5 h",
                                 limits=("0.6 V", "1.7 V"), points=4)  # fmt: skip
    for radius, y_end in zip(("0.5 um", "1 um", "2 um"), expected, strict=True):
        run = mt.simulate(cell.with_({"positive.radius": radius}), discharge)
        assert mt.analysis.stoichiometry(run) == pytest.approx(y_end, abs=2.5e-3)
        assert mt.analysis.utilisation(run) == pytest.approx(y_end - 0.02, abs=3e-3)  # and the double layer


@pytest.mark.parametrize("route", [None, mt.Mesh()])
def test_a_bias_fills_the_host_until_its_potential_is_that(route: Any) -> None:
    """The steady state under a voltage: U(y) = V, and the spectrum of a host of that filling."""
    y = 0.45
    spectrum = mt.simulate(
        full_cell(resolution=None), mt.EIS(1e4, 1e-2, points=8, bias=mt.Voltage(float(SLOPING(y, T))))
    )
    expected = mt.impedance.exact(full_cell(filling=y, resolution=None), spectrum["frequency"].values)
    np.testing.assert_allclose(spectrum["impedance"].values, expected, rtol=1e-4)


# -- GITT ----------------------------------------------------------------------------------------------------------
def test_formula_of_weppner_and_huggins_has_its_validity() -> None:
    """D_WH/D = 4 tau/(pi h^2): (1 + 0.886 sqrt(tau))^-2 for short pulses, 5 % low at 8.2e-4, 46 % at 0.1."""
    assert mt.analysis.gitt_bias(8.2e-4) == pytest.approx(0.95, abs=1e-3)
    assert mt.analysis.gitt_bias(3.4e-3) == pytest.approx(0.90, abs=1e-3)
    assert mt.analysis.gitt_bias(0.1) == pytest.approx(0.54, abs=5e-3)
    tau = np.array([1e-6, 9.99e-6, 1.001e-5, 1e-4, 1e-3])
    np.testing.assert_allclose(mt.analysis.gitt_bias(tau), (1 + np.sqrt(np.pi * tau) / 2) ** -2, rtol=3e-3)
    assert mt.analysis.pulse_response(10.0) == pytest.approx(30.2, rel=1e-12)


@pytest.mark.parametrize(("length", "warns"), [(2.0, False), (600.0, True)])
def test_gitt_finds_the_diffusivity_of_the_cell(length: float, warns: bool) -> None:
    cell, i = full_cell(double_layer=None), CAPACITY / 72000
    pulse = mt.Galvanostatic(-i, length, points=200, first_time=length / 1000)
    tree = mt.simulate(cell, mt.Sequence([pulse, mt.Rest("12 h", points=4)]))
    first, rest = (node.to_dataset() for node in tree.leaves)
    found = mt.analysis.gitt(float(SLOPING(0.3, T)), first, rest, RADIUS, first=length / 100)
    assert found.diffusivity == pytest.approx(D, rel=0.02) and found.tau == pytest.approx(
        D * length / RADIUS**2, rel=0.02
    )
    assert bool(found.warnings) is warns
    if warns:
        assert found.weppner_huggins < 0.9 * D


# -- self-discharge ------------------------------------------------------------------------------------------------
def leaking(electrons: Any, thickness: float = 0.655e-3, filling: float = 0.05, **changes: Any) -> mt.Cell:
    layer = mt.Layer("pellet", mt.MixedConductor(0.05, electrons, "1 F/cm^3"), thickness)
    return full_cell(filling=filling).with_({"layers": [layer], "temperature": T, **changes})


def test_leakage_is_the_closed_form_of_defect_electrons() -> None:
    """i L = (RT/F){s_n [1 - exp(-fU)] + s_p [exp(fU) - 1]} + s_0 U, for s_eon << s_ion; holes at U have a warning."""
    n, p, constant, curve = 5e-6, 5e-21, 1e-7, mt.TabulatedPotential([0.0, 1.0], [1.0, 0.8])
    found = mt.analysis.self_discharge(leaking(mt.DefectElectrons(n, p, constant), **{"positive.potential": curve}))
    f, U = FARADAY / (GAS_CONSTANT * T), float(curve(0.05))
    current = ((n * (1 - np.exp(-f * U)) + p * (np.exp(f * U) - 1)) / f + constant * U) / 0.655e-3
    assert found.voltage == pytest.approx(U) and found.current == pytest.approx(current, rel=2e-4)
    assert "where none has been measured" in found.warnings[0]
    layer = mt.Layer("ions", mt.IonConductor(0.1), 1e-4)
    blocked = leaking(n).with_({"layers": [*leaking(n).layers, layer]})
    assert mt.analysis.self_discharge(blocked).current == 0.0


@pytest.mark.slow
def test_leakage_is_the_steady_current_of_a_polarization() -> None:
    """The same electrons cross a pellet between Mg and Au held at this voltage."""
    electrons = mt.DefectElectrons(5e-6, 5e-15, 1e-8)
    curve = mt.TabulatedPotential([0.0, 1.0], [0.35, 0.25])
    cell = leaking(electrons).with_({"positive.potential": curve})
    gold = cell.with_({"positive": mt.Blocking(0.1)})
    run = mt.simulate(gold, mt.Polarization(float(curve(0.05)), "1e9 s"))
    assert mt.analysis.self_discharge(cell).current == pytest.approx(abs(run["current"].values[-1]), rel=1e-3)


def test_a_straight_potential_decays_with_one_time_constant() -> None:
    """V = V_0 exp(-t/(R C)) with C = Q/(U(0) - U(1)); 1.01 Mohm at 1.2 V: 1.19 uA, 842 h per mAh."""
    sigma, area = 1e-6, 1e-4
    length = 1.01e6 * area / (1 / (1 / sigma + 1 / 0.05)) ** -1
    cell = leaking(
        sigma, length, 0.5, area=area, **{"positive.potential": mt.TabulatedPotential([0.0, 1.0], [2.4, 0.0])}
    )
    found = mt.analysis.self_discharge(cell)
    assert found.voltage == pytest.approx(1.2) and found.resistance == pytest.approx(1.01e6, rel=1e-4)
    assert found.current == pytest.approx(1.19e-6, rel=2e-3) and found.hours_per_mAh == pytest.approx(842, abs=1)
    constant = 1.01e6 * CAPACITY * area / 2.4
    voltage = np.interp([0.3 * constant, constant], found.time, found.voltages)
    np.testing.assert_allclose(voltage, 1.2 * np.exp([-0.3, -1.0]), rtol=1e-3)
    assert found.after(constant) == pytest.approx(CAPACITY * area / 2 * (1 - np.exp(-1)), rel=1e-3)
    assert pytest.approx(CAPACITY) == ACTIVE * THICKNESS * CONCENTRATION * 2 * FARADAY


def test_what_a_stack_delivers_per_volume_and_mass() -> None:
    cell = full_cell(filling=0.1)
    run = mt.simulate(cell, mt.Galvanostatic(-CAPACITY / 18000, "1 h", points=50))
    energy = mt.analysis.delivered_energy(run)
    assert mt.analysis.energy_density(run) == pytest.approx(energy / (5e-5 + THICKNESS), rel=1e-12)
    mass = 5e-5 * 1200 + THICKNESS * 2500
    densities = {"ions": "1.2 g/cm^3", "positive": "2.5 g/cm^3"}
    assert mt.analysis.specific_energy(run, densities) == pytest.approx(energy / mass, rel=1e-12)
    with pytest.raises(mt.InputError, match="give the density of positive"):
        mt.analysis.specific_energy(run, {"ions": 1200.0})
