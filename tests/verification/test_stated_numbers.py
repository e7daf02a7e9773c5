"""Limits and numbers that the specification of full cells, salts and fixtures states, each at its tolerance."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.impedance import exact
from mgtwin.impedance.linearise import LinearisedStack
from mgtwin.kinds.memories import Sphere
from mgtwin.simulation.resolving import uniform_warnings

from .test_insertion import ACTIVE, CAPACITY, CONCENTRATION, F_, FARADAY, RADIUS, D, T, full_cell, inside

AVOGADRO = 6.02214076e23


# -- insertion electrodes ----------------------------------------------------------------------------------------------
def test_a_large_sphere_is_a_planar_warburg() -> None:
    """g(s) = 1/s + 1/s^2 + ...: to 1e-13 where 1/s^2 is below that."""
    s = 1e7 * np.exp(0.25j * np.pi)
    assert Sphere("radius").resistance(s) == pytest.approx(1 / s + 1 / s**2, rel=1e-13)


def test_one_reaction_is_the_limit_of_the_line() -> None:
    """nu -> 0: 1/Y + (R_i + R_e)/3, relative to all of it, at 1e-9."""
    Y = 1e-8 + 3e-8j
    assert 1 / Y + mt.Resolved.added(Y, ions=0.2, electrons=0.1) == pytest.approx(1 / Y + 0.1, rel=1e-9)


@pytest.mark.slow
def test_shells_are_of_second_order() -> None:
    """The sphere of the mesh against tanh s/(s - tanh s), (omega R^2/D from 1e-3 to 1e4), two and four times finer."""
    f = np.array([1e-3, 1.0, 1e2, 1e4]) * D / RADIUS**2 / (2 * np.pi)
    cell = full_cell(double_layer=None, resolution=mt.Uniform())
    closed, errors = exact(cell, f), []
    for refinement in (1.0, 2.0, 4.0):
        found = LinearisedStack(cell, f_max=float(f.max()), layers=mt.Mesh(refinement)).impedance(f)
        errors.append(np.max(np.abs(found / closed - 1)))
    assert np.all(np.log2(np.array(errors[:-1]) / errors[1:]) > 1.8) and errors[0] < 1e-3


@pytest.mark.parametrize("g", [-3.0, 0.0, 4.0])
def test_sites_and_regular_solution_have_one_slope_in_the_middle(g: float) -> None:
    """At y = 1/2 for w = 1 + g/4."""
    curves = (mt.RegularSolution(1.2, g), mt.Sites([(1.0, 1.2, 1 + g / 4)]))
    slopes = [(curve(0.5 + 1e-5, T) - curve(0.5 - 1e-5, T)) / 2e-5 for curve in curves]
    assert slopes[0] == pytest.approx(slopes[1], rel=1e-8)
    assert slopes[0] == pytest.approx(-4 / F_ * (1 + g / 4), rel=1e-8)


@pytest.mark.parametrize(("name", "molar_mass", "ions", "capacity", "volume"), [
    ("mg_polymer_ti2s4", 2 * 47.867 + 4 * 32.06, 1, 239.33, 9.75**3 / 8),
    ("mg_trilayer_mo6s8", 6 * 95.95 + 8 * 32.06, 2, 128.83, 265.0 / 2),
])  # fmt: skip
def test_capacities_of_the_hosts(name: str, molar_mass: float, ions: int, capacity: float, volume: float) -> None:
    """zF x_max/3.6 M [mAh/g], and sites per volume from the cell of the crystal [A^3 per Mg]: 0.4 % of rounding."""
    assert 2 * FARADAY * ions / (3.6 * molar_mass) == pytest.approx(capacity, abs=0.05)
    host = mt.cell(name).positive
    assert float(host.concentration) == pytest.approx(1e30 / (AVOGADRO * volume), rel=4e-3)
    expected = 2 * FARADAY * host.concentration * host.active_fraction * host.thickness
    assert host.capacity == pytest.approx(expected, rel=1e-6)


def test_where_one_reaction_ends_in_a_spectrum() -> None:
    """omega = 1/(a theta C L^2 (1/s_i + 1/s_e)) is 2.6 Hz for 1.2e6 1/m, 0.2 F/m2, 50 um and 0.1 mS/cm."""
    area, length = 1.2e6, 5e-5
    host = mt.Insertion(mt.RegularSolution(1.2), 0.2, 1e-14, 3 * 0.4 / area, 2e4, 0.4, length, 0.01, 1e4, 0.3,
                        double_layer=area * 0.2 * length, resolution=mt.Uniform())  # fmt: skip
    cell = mt.Cell("c", mt.Plating(1e6), [mt.Layer("ions", mt.IonConductor(0.01), 5e-5)], host)
    (said,) = uniform_warnings(cell, 1e3)
    assert "above about 2.6" in said


def test_surface_of_the_particles_over_their_mean() -> None:
    """Phi = i R_p/(5 D a L zF c_max) once a constant flux has lasted for R^2/D."""
    current = CAPACITY / 36000
    cell = full_cell(mt.RegularSolution(1.2), 0.3, double_layer=None)
    run = mt.simulate(cell, mt.Galvanostatic(-current, "10000 s", points=3))
    odds = float(run["state"].values[-1][run["state_variable"].values == "positive surface"][0])
    filling, volume = inside(run)
    found = mt.analysis.particle_uniformity(cell, current)["positive"]
    assert 1 / (1 + np.exp(-odds)) - filling @ volume == pytest.approx(found, rel=2e-3)
    assert found == pytest.approx(current * RADIUS / (5 * D * 3 * ACTIVE / RADIUS * 3e-5 * 2 * FARADAY * CONCENTRATION))


# -- self-discharge ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("resistance", "current", "hours"), [(1.01e6, 1.19e-6, 842.0), (32.9e3, 36.5e-6, 27.4)])
def test_leakage_of_the_pellets(resistance: float, current: float, hours: float) -> None:
    """At 1.2 V; the hot-pressed one loses 1 mAh in 27 h."""
    length, area = 0.655e-3, 1e-4
    sigma = length / (resistance * area)
    flat, layer = mt.TabulatedPotential([0.0, 1.0], [1.2001, 1.1999]), mt.MixedConductor(0.05, sigma, 1e3)
    cell = full_cell(flat, 0.1).with_({"layers": [mt.Layer("pellet", layer, length)], "area": area})
    found = mt.analysis.self_discharge(cell)
    # ions, which are ten thousand times as fast, take a part of the way: 1e-3 of it in the worse pellet
    assert found.current == pytest.approx(current, rel=5e-3) and found.hours_per_mAh == pytest.approx(hours, rel=5e-3)
    f = FARADAY / (8.314462618 * 298.15)
    assert np.expm1(f * 1.2) / (f * 1.2) == pytest.approx(4e18, rel=0.03)  # holes from below 0.5 V, beyond it


# -- salt under voltage ------------------------------------------------------------------------------------------------
def test_peak_of_a_voltammogram() -> None:
    """1 mV/s, L^2/D = 400 s, t_+ 0.3 and 1 mS/cm: 1.037 i_lim at 0.14 V on the way up, and the plateau at both ends."""
    solution = mt.BinaryElectrolyte(100.0, 0.1, 1e-10, 0.3)
    cell = mt.Cell("salt", mt.Plating(1e9), [mt.Layer("salt", solution, 2e-4)], mt.Plating(1e9), area=1.0)
    run = mt.simulate(cell, mt.Voltammetry(-1.5, 1.5, 1e-3))
    current, voltage = run["current"].values * 0.7 * 2e-4 / (4 * FARADAY * 1e-10 * 100.0), run["voltage"].values
    highest = int(np.argmax(current))
    assert current[highest] == pytest.approx(1.037, abs=1e-3) and voltage[highest] == pytest.approx(0.14, abs=0.01)
    assert [current[np.argmax(sign * voltage)] for sign in (1, -1)] == pytest.approx([1.0, -1.0], abs=1e-6)


# -- fixture -----------------------------------------------------------------------------------------------------------
def test_what_leads_and_stray_capacitance_do_at_1_MHz() -> None:
    """0.5 uH is 3.1 ohm, 20 pF is 8.0 kohm, and beside the 45 pF of a pellet it turns 25 into 36."""
    omega = 2 * np.pi * 1e6
    assert omega * 0.5e-6 == pytest.approx(3.14, abs=0.01) and 1 / (omega * 20e-12) == pytest.approx(7958, rel=1e-3)
    area, length = 1.327e-4, 0.655e-3
    own = 8.8541878128e-12 * 25 * area / length
    assert own == pytest.approx(45e-12, rel=0.01)
    blocked = mt.Blocking(1e6)
    pellet = mt.IonConductor(1e-9, relative_permittivity=25.0)
    cell = mt.Cell("pellet", blocked, [mt.Layer("pellet", pellet, length)], blocked, area=area,
                   fixture=mt.Fixture("0.5 uH", "20 pF"))  # fmt: skip
    Z = exact(cell, [1e6])[0]
    bare = exact(cell.with_({"fixture": mt.Fixture()}), [1e6])[0]
    assert pytest.approx(1 / (1 / (bare + 1j * omega * 0.5e-6) + 1j * omega * 20e-12), rel=1e-12) == Z
    seen = (1 / (Z - 0)).imag / omega * length / (8.8541878128e-12 * area)
    assert seen == pytest.approx(36, abs=0.2)
