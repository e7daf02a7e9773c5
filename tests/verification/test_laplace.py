"""Linear cells in time by their exact impedance: closed forms, conservation, symmetry, and the mesh as oracle."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mgtwin as mt
import mgtwin.routes.base as routes
from mgtwin.cells.questions import nonlinearity
from mgtwin.impedance.response import UnitCurrent
from mgtwin.impedance.talbot import Inversion
from mgtwin.protocols.replay import recorded

SIGMA_ION, SIGMA_EON, STORAGE, THICKNESS, AREA = 0.05, 1e-4, 1e7, 1e-4, 1e-4
AMBIPOLAR = SIGMA_ION * SIGMA_EON / (SIGMA_ION + SIGMA_EON)
#: L^2/D [s]
DIFFUSION = THICKNESS**2 * STORAGE / AMBIPOLAR
MIXED = mt.MixedConductor(SIGMA_ION, SIGMA_EON, STORAGE)
ORACLE = mt.Laplace(points=32)
LINEAR = [entry.name for entry in mt.list_cells() if not nonlinearity(mt.cell(entry.name))]
#: Only electrons pass its electrodes.
ELECTRONS_ONLY = mt.Blocking(None)


def single(material: Any = MIXED, **fields: Any) -> mt.Cell:
    return mt.Cell("one", ELECTRONS_ONLY, [mt.Layer("mixed", material, THICKNESS)], ELECTRONS_ONLY, area=AREA, **fields)


def relative(found: Any, wanted: Any) -> float:
    """Largest deviation over the largest value."""
    return float(np.max(np.abs(np.asarray(found) - np.asarray(wanted))) / np.max(np.abs(np.asarray(wanted))))


# -- the inversion -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("points", "error"), [(16, 3e-8), (20, 1e-9), (24, 3e-11), (32, 2e-12)])
def test_the_contour_inverts_any_decay(points: int, error: float) -> None:
    """Decays of all rates and what they charge, each over its largest value, over twelve decades of time."""
    times = np.geomspace(1e-6, 1e6, 301)
    inversion = Inversion(times, points)
    for rate in np.geomspace(1e-9, 1e9, 37):
        decay = inversion.invert(1 / (inversion.s + rate))
        assert np.max(np.abs(decay - np.exp(-rate * times))) < error
        charged = inversion.invert(1 / (inversion.s + rate) / inversion.s)
        assert np.all(np.abs(charged + np.expm1(-rate * times) / rate) < error * np.minimum(times, 1 / rate) * 5)


# -- closed forms --------------------------------------------------------------------------------------------------
def test_short_times_follow_the_root_of_time() -> None:
    """E at a face that a flux g enters is ``2 g sqrt(t/(pi c sigma_amb))`` (Crank 1975, eq. 3.4) until it is across."""
    current = 1e-8
    run = mt.simulate(single(), mt.Galvanostatic(current, 1e-3 * DIFFUSION, first_time=1e-6 * DIFFUSION))
    # all of the current enters as electrons, of which the fraction t_eon passes without storage
    flux = current / AREA * SIGMA_ION / (SIGMA_ION + SIGMA_EON)
    face = run["overpotential"].sel(element="positive") + run["overpotential"].sel(element="negative")
    wanted = 2 * 2 * flux * np.sqrt(run["time"] / (np.pi * STORAGE * AMBIPOLAR))
    assert relative(abs(face), wanted) < 1e-9


def test_long_times_reach_the_line_of_hebb_and_wagner() -> None:
    """Where ions are blocked electrons carry all in the end: E is a line, and the voltage ``i L/sigma_eon``."""
    current = 1e-8
    run = mt.simulate(single(), mt.Galvanostatic(current, 100 * DIFFUSION, first_time=0.01 * DIFFUSION))
    drop = current / AREA * THICKNESS / SIGMA_EON
    assert float(run["voltage"][-1]) == pytest.approx(drop, rel=1e-10)
    E, x = run["local_potential"].values[-1], run["x"].values
    assert relative(E, drop * (x / THICKNESS - 0.5) * np.sign(E[-1])) < 1e-10
    assert np.all(np.abs(run["electronic_current"].values[:, -1] - current) < 1e-10 * current)


def test_what_enters_is_what_is_stored() -> None:
    """Electrons enter on the left and none leave: what the double layer on the right has counted is in the layer."""
    counter = mt.Blocking(0.1, electronic_resistance=np.inf)
    cell = mt.Cell("fills", ELECTRONS_ONLY, [mt.Layer("mixed", MIXED, THICKNESS)], counter, area=AREA)
    run = mt.simulate(cell, mt.Polarization(1e-3, 100 * DIFFUSION, first_time=1.0), route=ORACLE)
    counted = 0.1 * AREA * float(run["overpotential"].sel(element="positive")[-1])
    E = run["local_potential"].values[-1]
    assert np.ptp(E) < 1e-10 * abs(E[0])
    assert abs(STORAGE * THICKNESS * AREA * E[0]) == pytest.approx(abs(counted), rel=1e-9)


@pytest.mark.parametrize("exponent", [-8, -4, -2, 0])
def test_the_profile_holds_what_the_currents_leave_behind(exponent: int) -> None:
    """``int c s E dx`` by quadrature of the profile against the currents through both faces, on the whole contour."""
    cell = mt.Cell("one", mt.Blocking(0.1), [mt.Layer("m", MIXED, THICKNESS)], mt.Blocking(0.3, 1e-3), area=AREA)
    s = Inversion(np.array([10.0**-exponent]), 24).s * 1e3 / DIFFUSION
    points, weights = np.polynomial.legendre.leggauss(200)
    unit = UnitCurrent(cell, s)
    outputs = unit.outputs({"m": (1 + points) / 2})
    stored = STORAGE * THICKNESS * s * (weights / 2 @ outputs["m local electrode potential [V]"])
    entering = [outputs[f"{side} electronic current density [A.m-2]"] for side in ("negative", "positive")]
    assert np.max(np.abs(stored - (entering[0] - entering[1]))) < 1e-12 * np.max(np.abs(entering))
    charge = outputs["m stored charge density [C.m-3]"] * s * THICKNESS
    assert np.max(np.abs(stored - charge)) < 1e-12 * np.max(np.abs(entering))


# -- what linearity means ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("by_voltage", [False, True])
def test_responses_add_up_and_shift_in_time(by_voltage: bool) -> None:
    cell, t = mt.cell("au_mg3asn_au"), np.array([0.0, 100.0, 100.0, 400.0, 1000.0])
    one, two = np.array([0.0, 1.0, 3.0, 3.0, 0.0]), np.array([1.0, 1.0, 0.0, -2.0, -2.0])

    def run(values: np.ndarray) -> Any:
        return mt.simulate(cell, recorded(t, 1e-8 * values, by_voltage=by_voltage))

    answer = "current" if by_voltage else "voltage"
    apart = 2 * run(one)[answer] - 3 * run(two)[answer]
    assert relative(run(2 * one - 3 * two)[answer], apart) < 1e-9


def test_amplitude_does_not_matter() -> None:
    cell = mt.cell("au_mg3asn_au")
    small, large = (mt.simulate(cell, mt.Polarization(v, "1 h"))["current"] for v in (1e-6, 1.0))
    assert relative(large * 1e-6, small) < 1e-12


def test_a_mirrored_cell_gives_the_mirrored_result() -> None:
    left = mt.Cell(
        "left",
        mt.Blocking(0.2),
        [mt.Layer("a", MIXED, 1e-4), mt.Layer("b", mt.IonConductor(0.1), 2e-4)],
        mt.Blocking(0.1),
    )
    right = mt.Cell("right", left.positive, left.layers[::-1], left.negative)
    protocol = mt.Polarization("10 mV", "1 h")
    one, other = (mt.simulate(item, protocol) for item in (left, right))
    assert relative(other["current"], one["current"]) < 1e-12
    names = {"negative": "positive", "positive": "negative", "a-b": "b-a"}
    for element in one["element"].values:
        twin = other["overpotential"].sel(element=names.get(element, element))
        assert np.max(np.abs(twin.values - one["overpotential"].sel(element=element).values)) < 1e-12
    assert np.max(np.abs(other["local_potential"].values[:, ::-1] + one["local_potential"].values)) < 1e-12


@settings(max_examples=25, deadline=None)
@given(cut=st.floats(0.05, 0.95), ratio=st.floats(-4.0, 4.0), storage=st.floats(4.0, 8.0))
def test_cutting_a_layer_in_two_changes_nothing(cut: float, ratio: float, storage: float) -> None:
    material = mt.MixedConductor(SIGMA_ION, SIGMA_ION * 10.0**ratio, 10.0**storage)
    whole = mt.Cell("whole", mt.Blocking(0.1), [mt.Layer("a", material, 1e-4)], mt.Blocking(0.3))
    parts = [mt.Layer("a", material, cut * 1e-4), mt.Layer("b", material, (1 - cut) * 1e-4)]
    protocol = mt.Polarization("10 mV", "1 h", per_decade=3)
    one, two = (mt.simulate(item, protocol) for item in (whole, replace(whole, layers=parts)))
    assert relative(two["current"], one["current"]) < 1e-9


# -- other routes --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", LINEAR)
def test_default_points_against_many(name: str) -> None:
    cell, protocol = mt.cell(name), mt.Polarization("10 mV", "3 h")
    few, many = mt.simulate(cell, protocol), mt.simulate(cell, protocol, route=ORACLE)
    assert few.attrs["route"] == "exact in time (Laplace, N = 24)"
    for quantity in ("current", "overpotential", "electronic_current", "local_potential"):
        if quantity in many and np.any(many[quantity]):
            assert relative(few[quantity], many[quantity]) < 1e-9


@pytest.mark.parametrize("name", LINEAR)
@pytest.mark.parametrize("control", ["voltage", "current"])
def test_the_mesh_approaches_it(name: str, control: str) -> None:
    """Finite volumes of two sizes, extrapolated, on every shipped linear cell: another model, another integrator."""
    cell = mt.cell(name)
    protocol: Any = mt.Polarization(["10 mV", "-5 mV"], "10 min", per_decade=8)
    if control == "current":
        if mt.impedance.exact_laplace(cell, 0).real == np.inf:
            pytest.skip("no lasting current can pass it")
        protocol = mt.Galvanostatic("10 nA", "1 h", points=60)
    exact = mt.simulate(cell, protocol, route=ORACLE)
    coarse, fine = (mt.simulate(cell, protocol, route=mt.Mesh(refinement=r)) for r in (1, 2))
    assert set(exact.variables) == set(coarse.variables)
    for quantity in ("voltage", "current", "overpotential", "electronic_current"):
        limit = (4 * fine[quantity] - coarse[quantity]) / 3
        if np.any(limit):
            # electrons cross an ideal contact by the drop over half an outermost cell, here 2e-12 V at 10 nA,
            # which the integrator's absolute tolerance of 1e-10 V does not resolve
            noisy = quantity == "electronic_current" and control == "current"
            assert relative(exact[quantity], limit) < (2e-3 if noisy else 3e-5)


def _stacks() -> dict[str, mt.Cell]:
    gold, au = mt.Blocking("10 uF/cm^2"), mt.Blocking("10 uF/cm^2", contact=mt.Contact(0.3, "10 um"))
    cpe, sealed = mt.Blocking(mt.CPE("1e-5 S*s^0.8/cm^2", 0.8)), mt.Blocking("10 uF/cm^2", electronic_resistance=np.inf)

    def mixed(**fields: Any) -> mt.MixedConductor:
        return mt.MixedConductor("0.554 mS/cm", "4.9e-6 S/cm", "10 F/cm^3", **fields)

    grains, plain = mt.GrainBoundary("1 ohm*cm^2", "1 uF/cm^2", "1 um"), mt.GrainBoundary("1 ohm*cm^2", None, "1 um")
    pair = [mt.Layer("a", mixed(), "0.1 mm"), mt.Layer("b", mixed(), "0.2 mm")]
    buffered = [mt.Layer("a", mixed(grain_boundary=plain), "0.1 mm")]
    buffered += [mt.Layer("i", mt.IonConductor("1 mS/cm", grain_boundary=grains), "0.2 mm")]
    slow = [mt.Layer("a", mixed(relative_permittivity=1e4), "0.1 mm")]
    slow += [mt.Layer("i", mt.IonConductor("1e-6 S/cm", relative_permittivity=30.0), "0.2 mm")]
    shares = [mt.Layer("a", mixed(rest_potential="0.4 V"), "0.1 mm"), mt.Layer("b", mixed(), "0.2 mm")]
    passing = mt.Junction(
        "30 ohm*cm^2", "1 uF/cm^2", electronic_resistance="100 ohm*cm^2", contact=mt.Contact(0.5, "9 um")
    )
    return {
        "two compositions": mt.Cell("c", gold, shares, gold),
        "spots": mt.Cell("c", au, pair, gold, interfaces={"a-b": passing}),
        "no ions": mt.Cell("c", ELECTRONS_ONLY, pair, ELECTRONS_ONLY),
        "ions blocked inside": mt.Cell(
            "c", gold, pair, gold, interfaces={"a-b": mt.Junction(np.inf, electronic_resistance="100 ohm*cm^2")}
        ),
        "short": mt.Cell(
            "c", gold, pair, gold, interfaces={"a-b": mt.Junction(0.0, electronic_resistance="10 ohm*cm^2")}
        ),
        "electrons blocked inside": mt.Cell("c", gold, pair, gold, interfaces={"a-b": mt.Junction("10 ohm*cm^2")}),
        "buffer": mt.Cell("c", gold, buffered, gold, interfaces={"a-i": mt.Junction("30 ohm*cm^2", "1 uF/cm^2")}),
        "resistance": mt.Cell("c", cpe, buffered, gold, interfaces={"a-i": mt.Junction("30 ohm*cm^2")}),
        "grains": mt.Cell(
            "c", sealed, [mt.Layer("a", mixed(grain_boundary=grains), "0.1 mm")], sealed, series_resistance="1 ohm*cm^2"
        ),
        "dielectric": mt.Cell("c", gold, slow, gold, series_resistance="1 ohm*cm^2"),
    }


@pytest.mark.parametrize("name", _stacks())
def test_a_run_goes_on_from_its_state(name: str) -> None:
    """The kept state is that of the model, name by name, whatever the cell is made of: the mesh goes on from either."""
    cell = _stacks()[name]
    first, second = (mt.Polarization(v, "2 min", first_time="1 us", per_decade=4) for v in ("10 mV", "-5 mV"))
    exact, mesh = (mt.simulate(cell, first, route=route) for route in (ORACLE, mt.Mesh(refinement=2)))
    assert exact.attrs["route"].startswith("exact in time")
    assert set(exact["state_variable"].values) == set(mesh["state_variable"].values)
    # the mesh errs by 1e-5 and more in the first microsecond; ladders of constant-phase elements by 1e-3
    limit = 2e-3 if name == "resistance" else 5e-5
    for quantity in ("current", "overpotential"):
        assert relative(exact[quantity], mesh[quantity]) < limit
    ours, theirs = (mt.simulate(cell, second, start=run, route=mt.Mesh()) for run in (exact, mesh))
    for quantity in ("current", "overpotential"):
        assert relative(ours[quantity], theirs[quantity]) < limit


# -- many kinks ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("by_voltage", [False, True])
@pytest.mark.parametrize("length", [10.0, 3600.0])
def test_sums_of_exponentials_against_superposed_kinks(by_voltage: bool, length: float) -> None:
    cell, noise = mt.cell("au_mg3asn_au"), np.random.default_rng(7)
    t = np.sort(np.append(noise.uniform(0.0, length, 98), [0.0, length]))
    values = np.cumsum(noise.standard_normal(t.size)) * (1e-3 if by_voltage else 1e-9)
    protocol = recorded(np.repeat(t, 2)[1:], np.repeat(values, 2)[:-1], by_voltage=False) if not by_voltage else None
    protocol = protocol or recorded(t, values, by_voltage=True)
    with pytest.MonkeyPatch.context() as patch:
        sums = mt.simulate(cell, protocol)
        patch.setattr(routes, "MANY", 10**6)
        superposed = mt.simulate(cell, protocol, route=ORACLE)
    assert "exponentials" in sums.attrs["route"] and "exponentials" not in superposed.attrs["route"]
    for quantity in ("voltage", "current", "overpotential", "electronic_current", "local_potential"):
        assert relative(sums[quantity], superposed[quantity]) < 1e-6
    assert relative(sums["state"][-1], superposed["state"][-1]) < 1e-6


# -- batches -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("step", [mt.Voltage("10 mV"), mt.Current("10 nA")])
def test_a_batch_of_steps_is_that_of_single_runs(step: Any) -> None:
    cell, times = mt.cell("au_mg3asn_au"), np.geomspace(1e-3, 1e4, 30)
    path, values = "layers.antiperovskite.thickness", np.array([2e-4, 5e-4, 1e-3])
    found = mt.impedance.step_response(cell, times, step, {path: values})
    assert found.shape == (3, 30)
    for row, value in zip(found, values, strict=True):
        control = step.control(cell)
        signal = recorded([0.0, *times], np.full(31, control.start), by_voltage=control.imposes_voltage)
        run = mt.simulate(cell.with_({path: value}), signal)
        answer = run["current" if control.imposes_voltage else "voltage"].values[1:]
        # a run leaves out dielectrics that are over before its first sample, here 1 ms after the step
        assert relative(row, answer) < 1e-6


def test_a_small_step_on_a_nonlinear_cell_is_its_limit() -> None:
    """Butler and Volmer bend by (z F eta/RT)^2/24 at alpha = 1/2: 2e-6 at 1 uV over the whole cell, and far less."""
    cell, times = mt.cell("trilayer"), np.geomspace(1.0, 1e3, 7)
    found = mt.impedance.step_response(cell, times, mt.Voltage(1e-5))
    run = mt.simulate(cell, mt.Polarization(1e-5, 1e3, first_time=1.0, per_decade=2), route=mt.Mesh(refinement=2))
    assert relative(found, run["current"].values) < 1e-4


def test_times_before_the_step_are_refused() -> None:
    with pytest.raises(mt.InputError, match="positive"):
        mt.impedance.step_response(mt.cell("trilayer"), [0.0, 1.0], mt.Voltage(1e-3))
