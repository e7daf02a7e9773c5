"""Salt solutions under an imposed voltage, through the limiting current and back, and properties that follow c."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

import mgtwin as mt
from mgtwin.kinds.numbers import FARADAY, GAS_CONSTANT

CONCENTRATION, CONDUCTIVITY, DIFFUSIVITY, THICKNESS, IONS = 100.0, 0.1, 1e-10, 2e-4, 0.1
LIMIT = 4 * FARADAY * DIFFUSIVITY * CONCENTRATION / ((1 - IONS) * THICKNESS)  # A/m2, z = 2
VOLTS = 1.5 * GAS_CONSTANT * 298.15 / FARADAY * (1 - IONS)  # 3RT/2F (1 - t_+)
TIME = THICKNESS**2 / DIFFUSIVITY
IDEAL = mt.Plating(1e9)
REAL = mt.Plating(5.0, 0.4, double_layer=0.1)


def between(electrode: Any = IDEAL, **factors: Any) -> mt.Cell:
    """1 m2 of a solution between two equal electrodes."""
    solution = mt.BinaryElectrolyte(CONCENTRATION, CONDUCTIVITY, DIFFUSIVITY, IONS, **factors)
    return mt.Cell("salt", electrode, [mt.Layer("salt", solution, THICKNESS)], electrode, area=1.0)


def share_at(voltage: float) -> float:
    """i/i_lim of ``V = iL/kappa + v ln[(1 + s)/(1 - s)]``, 1 where that is 1 to rounding."""

    def excess(s: float) -> float:
        return s * LIMIT * THICKNESS / CONDUCTIVITY + VOLTS * np.log((1 + s) / (1 - s)) - voltage

    highest = 1 - 1e-16
    return float(brentq(excess, 0.0, highest, xtol=1e-16)) if excess(highest) > 0 else 1.0


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("voltage", [0.02, 0.1, 0.5, 2.0, 5.0])
def test_steady_current(voltage: float, sign: int) -> None:
    """The closed form below the plateau, i_lim on it, whatever the voltage; salt is conserved."""
    run = mt.simulate(between(), mt.Polarization(sign * voltage, 50 * TIME, first_time=1e-2))
    assert not run.attrs["warnings"]
    # rtol 1e-7 per step of the integrator, at a state that does not move any more
    assert sign * run["current"].values[-1] / LIMIT == pytest.approx(share_at(voltage), rel=1e-8)
    widths, left = [], 0.0
    for node in run["salt_x"].values:  # the middle of its finite volume
        widths.append(2 * (node - left))
        left += widths[-1]
    held = run["concentration"].values @ np.array(widths)
    np.testing.assert_allclose(held, CONCENTRATION * THICKNESS, rtol=1e-10)
    assert run["concentration"].values.min() > 0


def test_cottrell() -> None:
    """Early, and where the voltage is far from ohmic control, ``i = zF c_0 sqrt(D/pi t)/(1 - t_+)``."""
    run = mt.simulate(between(), mt.Polarization(-5.0, 1e-2 * TIME, first_time=1e-2))
    time = run["time"].values
    cottrell = 2 * FARADAY * CONCENTRATION * np.sqrt(DIFFUSIVITY / np.pi / np.maximum(time, 1e-9)) / (1 - IONS)
    diffusive = (time > 0) & (6 * cottrell < 5.0 * CONDUCTIVITY / THICKNESS)
    assert diffusive.sum() > 10 and time[diffusive].max() == pytest.approx(1e-2 * TIME)
    # what the resistance delays: (i R/V)^2 of the current, below 1 % at a ratio of 6 and falling with t
    np.testing.assert_allclose(-run["current"].values[diffusive], cottrell[diffusive], rtol=1.2e-2)
    late = diffusive & (time > 1.0)
    np.testing.assert_allclose(-run["current"].values[late], cottrell[late], rtol=1e-3)


@pytest.mark.parametrize("electrode", [IDEAL, REAL], ids=["ideal", "Butler-Volmer"])
def test_voltammogram_through_both_plateaus(electrode: Any) -> None:
    """Beyond depletion and back, both signs, no stop, and the plateau is i_lim."""
    run = mt.simulate(between(electrode), mt.Voltammetry(-1.5, 1.5, "0.2 mV/s"))
    assert not run.attrs["warnings"] and run["time"].values[-1] == pytest.approx(6.0 / 2e-4)
    found = mt.analysis.limiting_current(run)
    assert (found.deposition, found.dissolution) == (pytest.approx(LIMIT, rel=1e-6), pytest.approx(LIMIT, rel=1e-6))
    assert found.density == found.value and abs(run["current"].values[-1]) < 0.1 * LIMIT


def test_linear_sweep_reads_the_limiting_current() -> None:
    run = mt.simulate(between(REAL), mt.LinearSweep("-1 V", "0.2 mV/s"))
    found = mt.analysis.limiting_current(run)
    assert found.deposition == pytest.approx(mt.analysis.limiting_current(between(REAL)).value, rel=1e-4)  # issue
    assert np.isnan(found.dissolution) and found.value == found.deposition
    assert found.deposition == pytest.approx(LIMIT, rel=1e-4)
    short = mt.simulate(between(REAL), mt.LinearSweep("-0.1 V", "0.2 mV/s"))
    with pytest.raises(mt.InputError, match=r"no plateau: the current changes by .* Sweep further"):
        mt.analysis.limiting_current(short)


def test_kinetics_on_the_plateau() -> None:
    """Half the electrode's overpotential, half the salt's: ``i = i_0 (c/c_0)^a_a exp(-a_c f eta)`` at i_lim."""
    run = mt.simulate(between(REAL), mt.Polarization(-3.0, 50 * TIME, first_time=1e-2))
    eta = float(run["overpotential"].sel(element="positive")[-1])
    salt = float(run["overpotential"].sel(element="salt")[-1])
    f = 2 * FARADAY / (GAS_CONSTANT * 298.15)
    log_left = np.log(2.0)
    log_right = log_left - (abs(salt) - float(np.abs(run["current"][-1])) * THICKNESS / CONDUCTIVITY) / VOLTS
    tafel = np.log(5.0) + 0.4 * log_right + 0.6 * f * abs(eta)
    assert tafel == pytest.approx(np.log(LIMIT), abs=1e-6) and log_right < -30


def test_wet_pores() -> None:
    """The same in the pores of an insulator, with D_eff, where the electrode's kinetics see the solid."""
    solution = mt.BinaryElectrolyte(CONCENTRATION, CONDUCTIVITY, DIFFUSIVITY, IONS)
    wet = mt.Porous(mt.Insulator(), 0.5, mt.PoreExponent("liquid", 1.5), solution, 1.0)
    cell = mt.Cell("wet", REAL, [mt.Layer("wet", wet, THICKNESS)], REAL, area=1.0)
    run = mt.simulate(cell, mt.LinearSweep("1 V", "50 uV/s"))
    assert not run.attrs["warnings"]
    assert mt.analysis.limiting_current(run).dissolution == pytest.approx(0.5**1.5 * LIMIT, rel=1e-4)


def test_spectrum_on_the_plateau() -> None:
    """At a bias beyond depletion the cell answers with no direct current: dI/dV = 0 on the plateau."""
    spectra = [
        mt.simulate(between(), mt.EIS.at([1e-4 / TIME, 1e5 / TIME], bias=mt.Voltage(f"{-v} V"))) for v in (0.05, 1.0)
    ]
    slow = [float(np.abs(spectrum["impedance"].values[0])) for spectrum in spectra]
    s = share_at(0.05)
    expected = THICKNESS / CONDUCTIVITY + VOLTS / LIMIT * 2 / (1 - s * s)  # dV/di of the closed form
    assert slow[0] == pytest.approx(expected, rel=1e-4) and slow[1] > 1e6 * slow[0]


# -- properties that follow the concentration ----------------------------------------------------------------------
FACTORS = {
    "conductivity_factor": mt.Polynomial(root=0.5),
    "diffusivity_factor": mt.Polynomial(linear=-0.2, root=0.1),
    "anion_factor": mt.Polynomial(linear=0.2, root=0.1),
}


def steady(current: float) -> tuple[float, float]:
    """Voltage of the steady state, and c/c_0 at the right face, by integrating its equations from the left."""
    of_kappa, of_D, of_anions = FACTORS.values()

    def along(x: float, y: np.ndarray) -> list[float]:
        u = max(y[0], 1e-9)
        slope = -(1 - IONS) * of_anions(u) * current / (2 * FARADAY * DIFFUSIVITY * CONCENTRATION * of_D(u))
        return [slope, y[0], current / (CONDUCTIVITY * of_kappa(u)) - VOLTS * of_anions(u) * slope / u]

    def end(left: float, unknowns: int) -> np.ndarray:
        start = [left, 0.0, 0.0][:unknowns]
        found = solve_ivp(lambda x, y: along(x, y)[:unknowns], (0, THICKNESS), start, rtol=1e-11, atol=1e-14)
        return np.asarray(found.y[:, -1])

    left = brentq(lambda u: end(u, 2)[1] / THICKNESS - 1, 1.0, 3.0, xtol=1e-14)
    return float(end(left, 3)[2]), float(end(left, 2)[0])


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_properties_follow_the_concentration(share: float) -> None:
    cell = between(**FACTORS)
    limit = mt.analysis.limiting_current(cell).value
    assert limit != pytest.approx(LIMIT, rel=0.05)
    run = mt.simulate(cell, mt.Galvanostatic(-share * limit, 50 * TIME, points=2))
    voltage, _ = steady(share * limit)
    # the mean of a property over a face of the mesh: second order
    assert -run["voltage"].values[-1] == pytest.approx(voltage, rel=1e-4)
    held = mt.simulate(cell, mt.Polarization(-2.0, 50 * TIME, first_time=1e-2))
    assert -held["current"].values[-1] == pytest.approx(limit, rel=1e-4)
    assert steady(0.999 * limit)[1] == pytest.approx(0.0, abs=3e-3)


def test_no_factor_and_a_flat_one_are_the_same() -> None:
    flat = {name: mt.Polynomial() for name in FACTORS}
    protocol = mt.Polarization([-0.1, -2.0], TIME, first_time=1e-2)
    one, other = mt.simulate(between(REAL), protocol), mt.simulate(between(REAL, **flat), protocol)
    np.testing.assert_allclose(other["current"], one["current"], rtol=1e-5)
    spectrum = mt.EIS(1e4, 1e-3, points=10)
    same = [mt.simulate(between(REAL, **given), spectrum)["impedance"].values for given in ({}, flat)]
    np.testing.assert_array_equal(*same)  # at rest c is c_0


def test_a_tabulated_diffusivity_and_its_file() -> None:
    cell = between(diffusivity_factor=mt.Tabulated([0.0, 1.0, 2.0], [3.0, 1.0, 0.5]))
    assert mt.Cell.from_yaml(cell.to_yaml()).identical(cell)
    run = mt.simulate(cell, mt.Polarization(-2.0, 50 * TIME, first_time=1e-2))
    assert -run["current"].values[-1] == pytest.approx(mt.analysis.limiting_current(cell).value, rel=1e-4)


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        (
            {"diffusivity_factor": mt.Polynomial(linear=0.6, quadratic=0.6)},
            r"must be positive from 0 to 2, but is -0.2",
        ),
        ({"conductivity_factor": mt.Tabulated([0, 2], [1, 2])}, r"must be 1 at c/c_0 = 1"),
        ({"anion_factor": mt.Tabulated([0, 2], [1, 1])}, r"no integral in ln c"),
    ],
)
def test_bad_factors(factors: Any, message: str) -> None:
    with pytest.raises(mt.InputError, match=message):
        between(**factors)


def test_factors_beside_a_conducting_solid_are_refused() -> None:
    solution = mt.BinaryElectrolyte(CONCENTRATION, CONDUCTIVITY, DIFFUSIVITY, IONS, **FACTORS)
    with pytest.raises(mt.InputError, match="leave them out"):
        mt.Porous(mt.IonConductor("0.1 mS/cm"), 0.5, mt.PoreExponent("liquid", 1.5), solution, 1.0)


def test_an_input_of_a_factor_moves_the_model() -> None:
    """Its numbers have paths like any other: `with_`, and the derivative of a transient."""
    cell = between(**FACTORS)
    path = "layers.salt.material.diffusivity_factor.linear"
    changed = cell.with_({path: -0.1})
    assert mt.analysis.limiting_current(changed).value != mt.analysis.limiting_current(cell).value
    run = mt.simulate(cell.with_({path: -0.15}), mt.Polarization(-0.1, TIME, first_time=1.0, per_decade=5))
    fit = mt.fit(cell, run, [path])
    assert fit.values[path] == pytest.approx(-0.15, abs=1e-3)
