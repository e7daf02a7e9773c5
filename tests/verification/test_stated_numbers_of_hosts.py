"""What the specification states of hosts, films and salts and no other file checks: numbers, identities, limits."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

import mgtwin as mt
from mgtwin.cells.constriction import spreading_length
from mgtwin.impedance import dc_resistance, exact
from mgtwin.kinds.memories import Sphere

from .test_films import foil, symmetric
from .test_insertion import CAPACITY, F_, FARADAY, GAS_CONSTANT, SLOPING, SURFACE, T, full_cell, inside
from .test_insertion_resolved import full_cell as thick_cell

F = np.geomspace(1e4, 1e-4, 7)


def end(run: Any, variable: str) -> np.ndarray:
    """What a run kept of a variable at its end."""
    return np.asarray(run["state"].values[-1][run["state_variable"].values == variable])


def spread(value: Any) -> tuple[float, float]:
    """Range of an assumed number."""
    return value.low, value.high


# -- §7: hosts -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("size", [1e-4, 0.05, 0.0999, 0.1001, 1.0, 30.0])
def test_the_sphere_at_forty_digits(size: float) -> None:
    """g(s) = tanh s/(s - tanh s) on both sides of where the series ends."""
    with mpmath.workdps(40):
        for angle in (0.0, 0.25, 0.5):
            s = mpmath.mpc(size * np.exp(1j * np.pi * angle / 1.01))
            expected = complex(mpmath.tanh(s) / (s - mpmath.tanh(s)))
            assert Sphere("radius").resistance(complex(s)) == pytest.approx(expected, rel=2e-12)


@pytest.mark.parametrize(("square", "least", "most"), [(0.3, 0.0017, 0.0021), (1.0, 0.015, 0.021), (3.0, 0.08, 0.13)])
def test_what_one_reaction_makes_of_the_line(square: float, least: float, most: float) -> None:
    """|nu|^2 = 0.3, 1, 3: 0.2, 1.5 to 2.1 and 8 to 13 % off, and 24 % and more at 1 without the series resistance."""
    for angle in np.linspace(0, np.pi / 2, 5):  # from a resistance to a capacitance
        Y = square * np.exp(1j * angle)  # R_i + R_e = 1, all of it in the ions
        Z = 1 / Y + mt.Resolved.added(Y, ions=1.0, electrons=1e-12)
        assert least < abs((1 / Y + 1 / 3) / Z - 1) < most
        assert square != 1.0 or 0.235 < abs(1 / Y / Z - 1) < 0.32


def test_direct_current_into_a_thick_host() -> None:
    """w -> 0 of (7.6), theta = 0.5: C_int and R_ct/(a theta L) + (-U_c)R_p/(5zFDaL) + (L/3)(1/s_i + 1/s_e)."""
    cell, omega = thick_cell(particle_contact=0.5, double_layer=None), 1e-7
    Z = exact(cell, [omega / (2 * np.pi)])[0]
    dU = -(float(SLOPING(0.30001, T)) - float(SLOPING(0.29999, T))) / 2e-5
    assert -1 / (omega * Z.imag) == pytest.approx(CAPACITY / dU, rel=1e-4)
    transfer, sphere = 2 / (F_ * 0.2 * np.sqrt(0.21) * SURFACE), dU * 1e-6 / 2e-16 / (2 * FARADAY * 14300.0) / SURFACE
    expected = 5e-5 / 0.01 + 1 / (1e6 * F_) + transfer + sphere / 5 + 3e-5 / 3 * (1 / 0.01 + 1 / 0.02)
    assert Z.real == pytest.approx(expected, rel=1e-4)


def test_numbers_of_the_shipped_hosts() -> None:
    """D 2e-8 to 1e-12 cm2/s at 60 degC, 0.110 of that at 25 degC (0.079-0.152); R^2/D 0.13 and 2500 s at 0.5 um."""
    ti2s4, mo6s8 = (mt.cell(name).positive for name in ("mg_polymer_ti2s4", "mg_trilayer_mo6s8"))
    D = [float(ti2s4.diffusivity("60 degC") * ti2s4.diffusivity_factor(y)) for y in (0.0, 0.8, 0.9)]
    np.testing.assert_allclose(D, [2e-12, 1e-16, 1e-16], rtol=1e-12)
    assert 0.25e-12 / np.array(D[:2]) == pytest.approx([0.125, 2500.0], rel=1e-12)
    ratios = [float(mt.Arrhenius(1.0, "60 degC", energy)("25 degC")) for energy in ("0.54 eV", "0.62 eV", "0.46 eV")]
    assert ratios == pytest.approx([0.110, 0.079, 0.152], abs=5e-4)
    assert float(ti2s4.diffusivity("25 degC") / ti2s4.diffusivity("60 degC")) == pytest.approx(ratios[0], rel=1e-12)
    for host, sites in ((ti2s4, ((1.25, 4.0), (0.95, 5.0))), (mo6s8, ((1.25, 1.0), (1.05, 1.0)))):
        assert [(site.potential, site.width) for site in host.potential.sites] == list(sites)
        assert host.potential.sites[0].share == 0.5 and host.potential.sites[1].share is None
        assert spread(host.exchange_current_density.reference) == pytest.approx((0.05, 1.0))
        assert host.radius.kind == "assumed"
    assert spread(ti2s4.radius) == pytest.approx((0.5e-6, 2e-6)) and spread(mo6s8.radius) == pytest.approx((2e-7, 2e-6))
    assert spread(mo6s8.diffusivity.reference) == pytest.approx((1e-17, 1e-13))
    assert spread(mo6s8.diffusivity.activation_energy) == pytest.approx((0.3, 0.6))
    assert spread(ti2s4.diffusivity.activation_energy) == pytest.approx((0.46, 0.62))
    # the assumed curve lies 3 % below the 1.20 V that 230 Wh/kg at 80 % of 239.33 mAh/g mean
    y = np.linspace(1e-3, 0.8, 2001)
    assert np.trapezoid(ti2s4.potential(y, T), y) / y[-1] == pytest.approx(1.17, abs=0.01)


def test_the_charge_of_the_double_layer_counts() -> None:
    """Some 1e-6 of the charge of an hour, ten thousand times what the balance is asked for: left out, it would fail."""
    run = mt.simulate(full_cell(filling=0.05), mt.Galvanostatic(-CAPACITY / 18000, "1 h", points=2))
    filling, volume = inside(run)
    inserted, passed = CAPACITY * (filling @ volume - 0.05), CAPACITY / 5
    drop = float(end(run, "positive through-contact drop [V]")[0]) + float(SLOPING(0.05, T))
    assert abs(inserted / passed - 1) > 1e-6
    assert inserted + 0.1 * drop == pytest.approx(passed, rel=1e-10)


def test_a_step_of_temperature_keeps_what_is_in_particles_salt_and_contact() -> None:
    """Filling, concentration and contact, at once; and all that is in them to rounding, on a mesh for 1 ms."""
    solution = mt.BinaryElectrolyte(100.0, 0.1, 1e-10, 0.3)
    host = full_cell(double_layer=None).positive
    wear = mt.Plating(10.0, contact=mt.Contact(0.8, 1e-6), ageing=[mt.FatigueContactLoss(1e-3, 0.1)])
    cell = mt.Cell("wet", wear, [mt.Layer("salt", solution, 2e-4)], host, area=1.0, temperature=T)
    steps = [mt.Galvanostatic(-5.0, "30 s", points=2), mt.Rest("1 ms", points=2, temperature="20 degC")]
    before, after = (node.to_dataset() for node in mt.simulate(cell, mt.Sequence(steps)).leaves)
    (filling, volume), (kept, finer) = inside(before), inside(after)
    assert np.ptp(filling) > 1e-3 and kept.size > filling.size
    assert kept @ finer == pytest.approx(filling @ volume, rel=1e-14)
    at = [
        run["state_position"].values[run["state_variable"].values == "positive surface inside"]
        for run in (before, after)
    ]
    np.testing.assert_allclose(np.interp(at[0], at[1], kept), filling, rtol=2e-4)
    c = [np.interp(before["salt_x"], run["salt_x"], run["concentration"].values[-1]) for run in (before, after)]
    assert np.ptp(c[0]) > 1.0
    np.testing.assert_allclose(c[1], c[0], rtol=1e-3)
    contact = after["contact_fraction"].sel(interface="negative").values
    np.testing.assert_allclose(contact, before["contact_fraction"].sel(interface="negative").values[-1], rtol=1e-9)
    assert contact[0] < 0.8 - 1e-3


@pytest.mark.parametrize("resolution", [mt.Uniform(), pytest.param(mt.Resolved(4), marks=pytest.mark.slow)])
def test_a_mesh_for_another_time_holds_as_much(resolution: Any) -> None:
    """From seconds to microseconds and back: interpolation alone made 6e-6 of what was there."""
    cell = thick_cell(resolution, double_layer=None)
    steps = [mt.Galvanostatic(-5.0, "300 s", points=3), mt.Rest("1 ms", points=2), mt.Rest("30 s", points=2)]
    filled = [mt.analysis.stoichiometry(node.to_dataset()) for node in mt.simulate(cell, mt.Sequence(steps)).leaves]
    assert filled == pytest.approx([0.3 + 5.0 * 300 / CAPACITY] * 3, rel=1e-12)


TABLE = mt.TabulatedPotential([0.1, 0.5, 0.8], [1.3, 1.1, 0.9])


@pytest.mark.parametrize(
    ("filling", "protocol"),
    [
        (0.05, mt.EIS.at(F)),
        (0.3, mt.EIS.at(F, bias=mt.Voltage(0.85))),
        (0.3, mt.Galvanostatic(-CAPACITY / 3600, "35 min", points=2)),
        (0.3, mt.Cycling(-CAPACITY / 3600, "35 min", cycles=1, points=2)),
    ],
)
def test_beyond_the_rows_of_a_table_results_say_so(filling: float, protocol: Any) -> None:
    """U goes straight on there: at rest, under a bias, at the end of a run or of a half cycle."""

    def said(cell: mt.Cell, what: Any) -> list[str]:
        return [text for text in mt.simulate(cell, what).attrs["warnings"] if "U is known from 0.1 to 0.8" in text]

    assert len(said(full_cell(TABLE, filling), protocol)) == 1
    assert not said(full_cell(SLOPING, filling), protocol)
    assert not said(full_cell(TABLE, 0.3), mt.Galvanostatic(-CAPACITY / 3600, "10 min", points=2))


# -- §7.1: a host on a salt --------------------------------------------------------------------------------------------
ALPHA = 0.3


LIMIT = 4 * FARADAY * 1e-9 * 100.0 / (0.7 * 2e-4)


def wet(**fields: Any) -> mt.Cell:
    """Fast particles of a host that hardly fills, on a salt whose limiting current is `LIMIT` and L^2/D 40 s."""
    solution = mt.BinaryElectrolyte(100.0, 0.1, 1e-9, 0.3)
    numbers = vars(full_cell(mt.RegularSolution(1.2), 0.3, double_layer=None).positive)
    fast = {"concentration": 1e7, "diffusivity": 1e-9, "exchange_current_density": 2.0, "transfer_coefficient": ALPHA}
    host = mt.Insertion(**numbers | fast | fields)
    return mt.Cell("wet", mt.Plating(1e9), [mt.Layer("salt", solution, 2e-4)], host, area=1.0, temperature=T)


@pytest.mark.parametrize("share", [0.5, -0.9])
def test_kinetics_of_a_host_on_a_salt(share: float) -> None:
    """j = a L i_00 y^(1-a) (1-y)^a (c/c_0)^a [exp(a f eta) - exp(-(1-a) f eta)], c/c_0 = 1 + i/i_lim at the face."""
    current = share * LIMIT
    run = mt.simulate(wet(), mt.Galvanostatic(current, 800.0, points=3))
    y, c = 1 / (1 + np.exp(-end(run, "positive surface")[0])), 1 + share
    drop = float(run["overpotential"].sel(element="positive")[-1]) - current * 3e-5 / 3 * 100.1
    eta = drop - float(mt.RegularSolution(1.2)(y, T))
    exchange = SURFACE * 2.0 * y ** (1 - ALPHA) * (1 - y) ** ALPHA * c**ALPHA
    found = exchange * (np.exp(ALPHA * F_ * eta) - np.exp(-(1 - ALPHA) * F_ * eta))
    assert found == pytest.approx(current, rel=1e-4)
    assert abs(c**ALPHA - 1) > 0.1


def test_salt_and_host_are_conserved_together() -> None:
    """Cycles near the limiting current: the salt stays, and what left the host is what was passed, to 1e-10."""
    current, half = 0.8 * LIMIT, 60.0
    run = mt.simulate(wet(), mt.Cycling(-current, half, cycles=3, points=3))
    widths, left = [], 0.0
    for node in run["salt_x"].values:
        widths.append(2 * (node - left))
        left += widths[-1]
    np.testing.assert_allclose(run["concentration"].values @ np.array(widths), 100.0 * 2e-4, rtol=1e-10)
    assert run["concentration"].values.min() < 60.0
    filling, volume = inside(run)
    assert (filling @ volume - 0.3) * float(wet().positive.capacity) == pytest.approx(0, abs=1e-10 * 6 * current * half)
    filling, volume = inside(run, 0)
    assert (filling @ volume - 0.3) * float(wet().positive.capacity) == pytest.approx(current * half, rel=1e-10)


@pytest.mark.parametrize("bias", [None, mt.Voltage(1.15)])
def test_routes_agree_on_a_host_on_a_salt(bias: Any) -> None:
    cell = wet(concentration=14300.0, double_layer=0.1)
    exact_, mesh = (mt.simulate(cell, mt.EIS.at(F, bias=bias), route=route)["impedance"] for route in (None, mt.Mesh()))
    np.testing.assert_allclose(mesh, exact_, rtol=5e-4)


# -- identities --------------------------------------------------------------------------------------------------------
EIS = mt.EIS.at(F)


def outcome(cell: mt.Cell) -> list[np.ndarray]:
    run = mt.simulate(cell, mt.Galvanostatic(-CAPACITY / 18000, "10 min", points=3))
    return [mt.simulate(cell, EIS)["impedance"].values, run["voltage"].values]


def test_laws_without_an_activation_energy_and_whole_contact_are_todays_host() -> None:
    """E_a = 0 and theta = 1 change no bit; theta -> 1 is continuous."""
    cell = full_cell()
    fields = ("exchange_current_density", "diffusivity", "ionic_conductivity", "electronic_conductivity")
    flat = {f"positive.{name}": mt.Arrhenius(float(cell.get(f"positive.{name}")), "25 degC", 0.0) for name in fields}
    expected = outcome(cell)
    for one in (cell.with_(flat), cell.with_({"positive.particle_contact": 1.0})):
        for found, known in zip(outcome(one), expected, strict=True):
            np.testing.assert_array_equal(found, known)
    nearly = exact(cell.with_({"positive.particle_contact": 1 - 1e-9}), F)
    np.testing.assert_allclose(nearly, expected[0], rtol=1e-8)


def test_one_electron_doubles_what_two_need() -> None:
    """z = 1: the overpotentials of Butler and Volmer at the same j/i_0 double, and R_ct with them."""
    two = symmetric(mt.Plating(5.0, 0.3), mt.Plating(1e9))
    one = two.with_({"ion": mt.Ion("X", 1, 1e-5), "layers.ions.material.ionic_conductivity": 0.025})
    step = mt.Galvanostatic(20.0, "1 s", points=2)
    volts = [float(mt.simulate(cell, step)["voltage"][-1]) for cell in (one, two)]
    assert volts[0] == pytest.approx(2 * volts[1], rel=1e-9)
    assert dc_resistance(one) == pytest.approx(2 * dc_resistance(two), rel=1e-12)


def test_a_fixture_of_nothing_is_none() -> None:
    """L_s = C_p = 0, to the bit, in spectra and in time."""
    bare = mt.cell("trilayer")
    nothing = bare.with_({"fixture": mt.Fixture("0 H", "0 F")})
    np.testing.assert_array_equal(exact(nothing, F), exact(bare, F))
    runs = [mt.simulate(cell, mt.Polarization("10 mV", "10 s", per_decade=2)) for cell in (bare, nothing)]
    np.testing.assert_array_equal(runs[1]["current"], runs[0]["current"])
    assert runs[0].attrs["warnings"] == runs[1].attrs["warnings"]


# -- §8: films ---------------------------------------------------------------------------------------------------------
def test_printed_numbers_of_films() -> None:
    """A rate of 0.6 eV is 109 times as fast at 100 as at 25 degC, a film 10.5 times as thick; 290 ohm cm2; 2e11."""
    rate = float(mt.Arrhenius(1.0, "25 degC", "0.6 eV")("100 degC"))
    assert rate == pytest.approx(109, abs=0.5) and np.sqrt(rate) == pytest.approx(10.5, abs=0.05)
    assert spreading_length(1e-4, 1e-5) / 0.027 * 1e4 == pytest.approx(290, rel=0.015)  # bare 1e-4 of 10 um at 60 degC
    assert np.exp(FARADAY * 0.75 / (GAS_CONSTANT * T)) == pytest.approx(2e11, rel=0.15)


def test_a_rested_film_over_a_hot_week() -> None:
    """R = sqrt((R_0 + R_1)^2 + r t) - R_1 with the rate of the temperature: the ratio 10.5 of thick films."""
    law = mt.FilmGrowth(0.0, mt.Arrhenius(1e-4, "25 degC", "0.6 eV"), 1e-6)
    ends = []
    for temperature in ("25 degC", "100 degC"):
        cell = symmetric(foil(law, film_resistance=1e-6), temperature=temperature)
        run = mt.simulate(cell, mt.Rest("7 d", points=2))
        ends.append(float(run["film_resistance"].sel(interface="positive")[-1]))
    assert ends[1] / ends[0] == pytest.approx(10.45, rel=1e-3)


# -- §11, §14: salts ---------------------------------------------------------------------------------------------------
BATH = mt.BinaryElectrolyte(100.0, 0.1, 1e-10, 0.3)


def test_the_printed_ratios_to_cottrell() -> None:
    """5 V on 0.1 M, t_+ 0.3: 1.016 at 0.1 s, then t_0/2t, 3.3 ms late; at 10 ms the resistance limits the current."""
    cell = mt.Cell("s", mt.Plating(1e9), [mt.Layer("s", BATH, 2e-4)], mt.Plating(1e9), area=1.0)
    run = mt.simulate(cell, mt.Polarization(-5.0, 10.0, first_time=1e-2, per_decade=20))
    time, current = run["time"].values[1:], -run["current"].values[1:]
    ratio = current / (2 * FARADAY * 100.0 * np.sqrt(1e-10 / (np.pi * time)) / 0.7)
    at = {t: float(np.interp(np.log(t), np.log(time), ratio)) for t in (0.1, 1.0, 10.0)}
    assert at[0.1] == pytest.approx(1.016, abs=1.5e-3)
    assert at[1.0] - 1 == pytest.approx((at[0.1] - 1) / 10, abs=5e-4) and at[10.0] == pytest.approx(1.0, abs=5e-4)
    assert 1.2 < ratio.max() < 1.43  # at 11 ms


@pytest.mark.parametrize("ions", [0.3, -0.5])
def test_the_number_of_newman_is_the_diffusive_resistance(ions: float) -> None:
    """Ne = kappa Z_diff(0)/L."""
    salt = mt.BinaryElectrolyte(100.0, 0.1, 1e-10, ions, 1.3)
    cell = mt.Cell("s", mt.Plating(1e12), [mt.Layer("s", salt, 2e-4)], mt.Plating(1e12), area=1.0)
    assert dc_resistance(cell) * 0.1 / 2e-4 - 1 == pytest.approx(mt.analysis.newman_number(cell, "s"), rel=1e-7)


def test_readings_of_the_wrong_cell_are_refused() -> None:
    """Mg | MIEC | Mg has no electronic slope, and neither it nor a salt or an ion conductor a (I_0 - I_s)/I_0."""
    metal, short = mt.Plating(10.0), mt.Polarization("10 mV", "10 s", per_decade=2)
    for material in (mt.MixedConductor(0.05, 5e-6, 1e4), BATH, mt.IonConductor(0.1)):
        run = mt.simulate(mt.Cell("m", metal, [mt.Layer("m", material, 1e-3)], metal), short)
        for reading in (mt.analysis.electronic_conductivity, mt.analysis.transport_number):
            with pytest.raises(mt.InputError, match="both electrodes of m pass the ion"):
                reading(run)


def test_one_blocking_face_is_enough_for_a_constant_conductivity() -> None:
    """The specification asks for two; ions stand still behind one, and all of the steady current is electrons."""
    layer = mt.Layer("m", mt.MixedConductor(0.05, 5e-6, 1e4), 1e-3)
    cell = mt.Cell("m", mt.Plating(10.0), [layer], mt.Blocking(0.1))
    run = mt.simulate(cell, mt.Polarization("10 mV", "1000 h", first_time="1 h", per_decade=8))
    assert mt.analysis.electronic_conductivity(run).value == pytest.approx(5e-6, rel=1e-4)
