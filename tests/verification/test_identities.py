"""Identities that hold for any cell (theory.md §6, form 12), in time and on the mesh; the exact route has its own."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from mgtwin.cells import (
    Blocking,
    Cell,
    DefectCapacitance,
    DefectElectrons,
    IonConductor,
    Junction,
    Layer,
    MixedConductor,
    Plating,
)
from mgtwin.impedance.linearise import LinearisedStack
from mgtwin.models import names
from mgtwin.protocols import EIS, Galvanostatic, Polarization, ReplayedSignal, Rest, Sequence, Signal, Voltage
from mgtwin.simulation import simulate

from .oracles import FARADAY, GAS_CONSTANT, VACUUM_PERMITTIVITY

T = 298.15
F_RT = FARADAY / (GAS_CONSTANT * T)
THERMAL = 1 / F_RT

N, P, CONSTANT = 2e-3, 1e-6, 3e-4  # S/m
STORE, N_MOBILITY, P_MOBILITY = 4e5, 1e-8, 1e-10  # F/m3, m2/Vs
DEFECTS = MixedConductor(0.05, DefectElectrons(N, P, CONSTANT), DefectCapacitance(STORE, N_MOBILITY, P_MOBILITY))
MG = Plating(5.0, transfer_coefficient=0.35, double_layer=0.1, electronic_resistance=3e-3)
GOLD = Blocking(0.2, electronic_resistance=5e-3)
#: As nonlinear and as lopsided as a cell gets.
NONLINEAR = Cell("nonlinear", MG, [Layer("mixed", DEFECTS, 2e-4)], GOLD, area=1.0, series_resistance=1e-3)
#: All kinds of elements: a slow dielectric, junctions with and without capacitance, two mixed conductors in contact.
MANY = Cell(
    "many",
    Plating(2.0, 0.6, double_layer=0.05),
    [
        Layer("ions", IonConductor(0.02, relative_permittivity=1e8), 1e-4),
        Layer("a", MixedConductor(0.05, 0.002, 2e6), 2e-4, area=1.5),
        Layer("b", DEFECTS, 1e-4),
    ],
    MG,
    {"ions-a": Junction(2e-3), "a-b": Junction(3e-3, 0.02, electronic_resistance=0.01)},
    area=1.0,
    series_resistance=1e-3,
)
CELLS = {"nonlinear": NONLINEAR, "many": MANY}


@lru_cache(maxsize=2)
def polarised(name: str) -> list[Any]:
    """A hold at 0.2 V and the open circuit after it, with dense output from early on."""
    hold = Polarization("0.2 V", 100.0, first_time="0.1 ms", per_decade=40)
    after = Galvanostatic(0.0, 1000.0, first_time="0.1 ms", points=280)
    tree = simulate(CELLS[name], Sequence([hold, after]))
    return [node.to_dataset() for node in tree.leaves]


# -- reversed stack -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", CELLS)
def test_a_reversed_stack_answers_with_the_opposite_sign(name: str) -> None:
    """V_rev(I) = -V(-I), and the drops of the elements with it."""
    cell = CELLS[name]
    protocols = [Galvanostatic(20.0, 5.0, first_time="0.1 s", points=20), Polarization(0.15, 50.0, first_time="0.1 s")]
    mirrored = [Galvanostatic(-20.0, 5.0, first_time="0.1 s", points=20), Polarization(-0.15, 50.0, first_time="0.1 s")]
    for protocol, mirror in zip(protocols, mirrored, strict=True):
        one, other = simulate(cell, protocol), simulate(cell.reversed(), mirror)
        if protocol is protocols[0]:
            forward = one["voltage"].values
        # both runs are good to 1e-7 per step of the integrator, which takes other steps in the mirror
        np.testing.assert_allclose(other["voltage"], -one["voltage"], rtol=1e-5)
        np.testing.assert_allclose(other["current"], -one["current"], rtol=1e-5)
        swap = {"negative": "positive", "positive": "negative"}
        for element in one["element"].values:
            turned = swap.get(element, "-".join(reversed(element.split("-"))))
            np.testing.assert_allclose(
                other["overpotential"].sel(element=turned),
                -one["overpotential"].sel(element=element),
                rtol=1e-4,
                atol=1e-8,
            )
    # not symmetric by itself: the identity says something
    backward = simulate(cell, mirrored[0])["voltage"].values
    assert np.max(np.abs(forward + backward)) > 1e-3


# -- split layer ----------------------------------------------------------------------------------------------------
def split(cell: Cell, name: str, share: float) -> Cell:
    """The same cell with a layer cut in two, joined by a contact that passes everything."""
    layers: list[Layer] = []
    renamed: dict[str, tuple[str, str]] = {layer.name: (layer.name, layer.name) for layer in cell.layers}
    for layer in cell.layers:
        if layer.name != name:
            layers.append(layer)
            continue
        renamed[name] = (f"{name}1", f"{name}2")
        layers += [
            Layer(f"{name}1", layer.material, share * layer.thickness, layer.area),
            Layer(f"{name}2", layer.material, (1 - share) * layer.thickness, layer.area),
        ]
    junctions = {}
    for key, junction in cell.interfaces.items():
        left, right = key.split("-")
        junctions[f"{renamed[left][1]}-{renamed[right][0]}"] = junction
    return cell.with_({"layers": tuple(layers), "interfaces": junctions})


BACK_AND_FORTH = Polarization([0.15, -0.02], 20.0, first_time="50 ms", per_decade=5)


@lru_cache(maxsize=2)
def whole_run(name: str) -> Any:
    """What the cells without a cut do."""
    return simulate(CELLS[name], BACK_AND_FORTH)


@pytest.mark.parametrize(("name", "layer"), [("nonlinear", "mixed"), ("many", "ions"), ("many", "a"), ("many", "b")])
def test_an_ideal_cut_changes_nothing(name: str, layer: str) -> None:
    whole, cut = CELLS[name], split(CELLS[name], layer, 0.3)
    assert len(cut.layers) == len(whole.layers) + 1
    one, other = whole_run(name), simulate(cut, BACK_AND_FORTH)
    # each half has a mesh of its own, graded to the cut as well: growth^2/12 = 2e-4 on both sides
    np.testing.assert_allclose(other["current"], one["current"], rtol=5e-4, atol=1e-6)
    frequencies = np.geomspace(1e4, 1e-3, 15)
    z = [LinearisedStack(cell, f_max=1e4).impedance(frequencies) for cell in (whole, cut)]
    assert np.max(np.abs(z[1] / z[0] - 1)) < 5e-4


def test_a_cut_with_a_slow_dielectric_changes_nothing() -> None:
    """The local form of the displacement (§2.4); one lumped capacitor per layer would fail here."""
    material = MixedConductor(1e-6, 1e-7, 1e4, relative_permittivity=50.0)
    gold = Blocking(1e-3, electronic_resistance=1.0)
    whole = Cell("slow", gold, [Layer("mixed", material, 1e-5)], gold, area=1.0, series_resistance=0.1)
    protocol = Polarization(0.05, 10.0, first_time="10 us", per_decade=5)
    one, other = simulate(whole, protocol), simulate(split(whole, "mixed", 0.3), protocol)
    assert any("ionic field" in variable for variable in one["state_variable"].values)
    np.testing.assert_allclose(other["current"], one["current"], rtol=5e-4)  # the two meshes


# -- scaling with area ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", CELLS)
def test_current_scales_with_area(name: str) -> None:
    cell = CELLS[name]
    areas = {f"layers.{layer.name}.area": 3e-4 * layer.area for layer in cell.layers if layer.area is not None}
    small = cell.with_({"area": 3e-4, **areas})
    # the same equations per area; integrator tolerance
    np.testing.assert_allclose(
        simulate(small, BACK_AND_FORTH)["current"], 3e-4 * whole_run(name)["current"], rtol=1e-6, atol=1e-12
    )
    frequencies = np.geomspace(1e4, 1e-3, 8)
    z = [LinearisedStack(c, f_max=1e4).impedance(frequencies) for c in (cell, small)]
    np.testing.assert_allclose(z[1] * 3e-4, z[0], rtol=1e-9)  # linear algebra


def test_a_wider_layer_is_one_with_more_of_everything() -> None:
    """Twice the area = twice the conductivities and the capacitance."""
    wide = NONLINEAR.with_({"layers.mixed.area": 2.0})
    material = MixedConductor(
        0.1, DefectElectrons(2 * N, 2 * P, 2 * CONSTANT), DefectCapacitance(2 * STORE, N_MOBILITY, P_MOBILITY)
    )
    rich = NONLINEAR.with_({"layers.mixed.material": material})
    protocol = Polarization(0.15, 50.0, first_time="50 ms", per_decade=5)
    np.testing.assert_allclose(simulate(wide, protocol)["current"], simulate(rich, protocol)["current"], rtol=1e-6)


# -- impedance = small sine -----------------------------------------------------------------------------------------
CORNERS, PERIODS, FINE = 12, 3, 16


def by_sine(cell: Cell, frequency: float, offset: float, size: float, *, by_voltage: bool, start: Any) -> complex:
    """Z [ohm] as an instrument finds it: Fourier coefficients of voltage and current over the last period.

    The sine is drawn with straight lines between 12 corners per period; its harmonics are a fraction 1/11^2 and do not
    enter the ratio of the first coefficients. A linear drift of what has not died out is subtracted.
    """
    corners = np.arange(CORNERS * PERIODS + 1) / (CORNERS * frequency)
    times = np.linspace(0, corners[-1], CORNERS * PERIODS * FINE + 1)
    values = offset + np.interp(times, corners, size * np.sin(2 * np.pi * frequency * corners))
    run = simulate(cell, ReplayedSignal(Signal(times, values), by_voltage=by_voltage), start=start)
    last = run["time"].values >= (PERIODS - 1 - 1e-9) / frequency
    t = run["time"].values[last]

    def coefficient(name: str) -> complex:
        y = run[name].values[last]
        y = y - y[0] - (y[-1] - y[0]) * (t - t[0]) / (t[-1] - t[0])
        return complex(np.trapezoid(y * np.exp(-2j * np.pi * frequency * t), t))

    return coefficient("voltage") / coefficient("current")


FREQUENCIES = np.array([0.05, 10.0])


@pytest.mark.parametrize("bias", [0.0, 0.25])
def test_impedance_is_the_answer_to_a_small_sine(bias: float) -> None:
    """At rest, and under a bias at which the profile of sigma_eon(E) spans a factor of ten in the layer."""
    start = simulate(NONLINEAR, Polarization(bias, 1e6, first_time="1 s", per_decade=1)) if bias else None
    expected = simulate(NONLINEAR, EIS.at(FREQUENCIES), start=start)["impedance"].values
    if bias:
        at_rest = simulate(NONLINEAR, EIS.at(FREQUENCIES))["impedance"].values
        assert np.max(np.abs(expected / at_rest - 1)) > 0.3  # the bias matters
    for frequency, z in zip(FREQUENCIES, expected, strict=True):
        # 1 % of kT/e; the square of that, the mesh (2e-4) and the sampling (pi/192)^2 stay below 1e-3
        found = by_sine(NONLINEAR, float(frequency), bias, 0.01 * THERMAL, by_voltage=True, start=start)
        print(f"bias {bias} V, {frequency} Hz: {abs(found / z - 1):.1e}")
        assert abs(found / z - 1) < 1e-3


def test_impedance_under_direct_current_is_the_answer_to_a_small_sine_of_current() -> None:
    """Direct current through Mg | ... | Mg with Butler-Volmer far from its linear range."""
    layers = [Layer("ions", IonConductor(0.02), 1e-4), Layer("mixed", DEFECTS, 2e-4)]
    mg = Plating(1.0, 0.3, double_layer=0.1)
    cell = Cell("driven", mg, layers, mg, {"ions-mixed": Junction(2e-3, 0.05)}, area=1.0)
    start = simulate(cell, Galvanostatic(10.0, 1e5))
    expected = simulate(cell, EIS.at([1.0, 30.0]), start=start)["impedance"].values
    at_rest = simulate(cell, EIS.at([1.0, 30.0]))["impedance"].values
    assert np.all(np.abs(expected / at_rest - 1) > 0.3)  # charge transfer is several times faster under current
    for frequency, z in zip((1.0, 30.0), expected, strict=True):
        found = by_sine(cell, frequency, 10.0, 0.01 * THERMAL / abs(z), by_voltage=False, start=start)
        assert abs(found / z - 1) < 1e-3  # as above


def test_a_bias_given_to_eis_is_the_state_after_a_long_hold() -> None:
    hold = simulate(NONLINEAR, Polarization(0.2, 1e6, first_time="1 s", per_decade=1))
    from_hold = simulate(NONLINEAR, EIS.at(FREQUENCIES), start=hold)["impedance"]
    from_bias = simulate(NONLINEAR, EIS.at(FREQUENCIES, bias=Voltage(0.2)))["impedance"]
    # the same steady state on two meshes (the hold's is graded to 1 s), interpolated onto that of the spectrum
    assert np.max(np.abs(from_bias.values / from_hold.values - 1)) < 2e-4


def test_impedance_at_zero_frequency_is_the_slope_of_the_steady_current() -> None:
    """dV/dI between two neighbouring holds, under bias."""
    step = 1e-4
    run = simulate(NONLINEAR, Polarization([0.2 - step, 0.2 + step], 1e6, first_time="1 s", per_decade=1))
    currents = [run["current"].values[run["step"].values == k][-1] for k in (0, 1)]
    z = simulate(NONLINEAR, EIS.at([1e-9], bias=Voltage(0.2)))["impedance"].values[0]
    # curvature: (F step/RT)^2/6 = 2e-6
    assert z.real == pytest.approx(2 * step / (currents[1] - currents[0]), rel=1e-5)
    assert abs(z.imag / z.real) < 1e-4


# -- conservation ---------------------------------------------------------------------------------------------------
def stored_charge(E: Any) -> Any:
    """Integral of c_chem of DEFECTS from 0 to E [C/m3], typed from theory.md §2.2."""
    return STORE * E + N / N_MOBILITY * -np.expm1(-F_RT * E) + P / P_MOBILITY * np.expm1(F_RT * E)


def stored_energy(E: Any) -> Any:
    """Integral of c_chem E of DEFECTS from 0 to E [J/m3]."""
    x = F_RT * E
    exponentials = N / N_MOBILITY * (1 - (1 + x) * np.exp(-x)) + P / P_MOBILITY * (1 - (1 - x) * np.exp(x))
    return STORE * E**2 / 2 + THERMAL * exponentials


def sigma(E: Any) -> Any:
    """Electronic conductivity of DEFECTS [S/m]."""
    return N * np.exp(-F_RT * E) + P * np.exp(F_RT * E) + CONSTANT


#: Per mixed layer: stored charge, stored energy, sigma_eon of E, sigma_ion and layer area over electrode area.
LAWS: dict[str, Any] = {
    "a": (lambda E: 2e6 * E, lambda E: 1e6 * E**2, lambda E: 0.002 + 0 * E, 0.05, 1.5),
    "b": (stored_charge, stored_energy, sigma, 0.05, 1.0),
    "mixed": (stored_charge, stored_energy, sigma, 0.05, 1.0),
}


def profile(cell: Cell, run: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    """E(t, x) of a layer and the widths of the finite volumes around its nodes."""
    inside = run["layer"].values == name
    left = sum(float(layer.thickness) for layer in cell.layers[: [item.name for item in cell.layers].index(name)])
    nodes = run["x"].values[inside] - left
    edges = [0.0]
    for node in nodes:
        edges.append(2 * node - edges[-1])  # nodes are the middles of the volumes
    assert edges[-1] == pytest.approx(float(cell.layers[[item.name for item in cell.layers].index(name)].thickness))
    return run["local_potential"].values[:, inside], np.diff(edges)


def neighbours(cell: Cell, name: str) -> tuple[str, str]:
    """The interfaces at the left and right face of a layer."""
    order = [layer.name for layer in cell.layers]
    k = order.index(name)
    left = "negative" if k == 0 else f"{order[k - 1]}-{name}"
    return left, "positive" if k == len(order) - 1 else f"{name}-{order[k + 1]}"


def integral(y: np.ndarray, t: np.ndarray) -> float:
    """Integral over log-spaced times by a cubic spline; from 0 to the first time y is taken as constant."""
    logarithm = np.log(t)
    return float(CubicSpline(logarithm, y * t).integrate(logarithm[0], logarithm[-1]) + y[0] * t[0])


@pytest.mark.parametrize("name", CELLS)
def test_neutral_component_is_conserved(name: str) -> None:
    """What a mixed conductor has stored is the electronic current that entered minus the one that left."""
    cell = CELLS[name]
    hold, after = polarised(name)
    names_of_mixed = [layer.name for layer in cell.layers if isinstance(layer.material, MixedConductor)]
    for layer in names_of_mixed:
        charge, _, _, _, ratio = LAWS[layer]
        before: Any = 0.0
        for run in (hold, after):
            E, width = profile(cell, run, layer)
            i_left, i_right = (-run["electronic_current"].sel(interface=key).values for key in neighbours(cell, layer))
            stored = ratio * charge(E) @ width
            passed = integral(i_left - i_right, run["time"].values)
            moved = integral(np.abs(i_left) + np.abs(i_right), run["time"].values)
            # the spline over 40 times per decade; the volumes themselves conserve exactly (see below)
            assert stored[-1] - before == pytest.approx(passed, abs=1e-5 * moved)
            before = stored[-1]


def butler_volmer(eta: np.ndarray, electrode: Plating, anodic: float) -> np.ndarray:
    f = 2 * F_RT
    return electrode.exchange_current_density * (np.exp(anodic * f * eta) - np.exp(-(1 - anodic) * f * eta))


def balance(cell: Cell, run: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Electrical power in, dissipated power [W/m2], stored energy [J/m2] over time, and the faradaic charge terms.

    Everything along +x, i.e. with the signs of theory.md §1: i = -I/A, drops = -contributions to V.
    """
    area = float(cell.area)
    i = -run["current"].values / area
    drop = {str(key): -run["overpotential"].sel(element=key).values for key in run["element"].values}
    electrons = {
        str(key): -run["electronic_current"].sel(interface=key).values / area for key in run["interface"].values
    }
    power = run["current"].values * run["voltage"].values / area
    loss = float(cell.series_resistance) * i**2
    stored = np.zeros_like(i)
    for side, sign in (("negative", 1), ("positive", -1)):
        electrode, eta, i_eon = getattr(cell, side), drop[side], electrons[side]
        if isinstance(electrode, Plating):
            alpha = float(electrode.transfer_coefficient)
            loss = loss + butler_volmer(eta, electrode, alpha if sign == 1 else 1 - alpha) * eta
        if np.isfinite(electrode.electronic_resistance):
            loss = loss + float(electrode.electronic_resistance) * i_eon**2
        stored = stored + float(electrode.double_layer.c) * eta**2 / 2
    for key, junction in cell.interfaces.items():
        loss = loss + drop[key] ** 2 / float(junction.resistance)
        if np.isfinite(junction.electronic_resistance):
            loss = loss + float(junction.electronic_resistance) * electrons[key] ** 2
        if junction.capacitance is not None:
            stored = stored + float(junction.capacitance.c) * drop[key] ** 2 / 2
    for layer in cell.layers:
        if isinstance(layer.material, IonConductor):
            conductance = float(layer.material.ionic_conductivity) / float(layer.thickness)
            capacitance = VACUUM_PERMITTIVITY * float(layer.material.relative_permittivity) / float(layer.thickness)
            loss = loss + conductance * drop[layer.name] ** 2
            stored = stored + capacitance * drop[layer.name] ** 2 / 2
            continue
        _, energy, sigma_eon, sigma_ion, ratio = LAWS[layer.name]
        E, width = profile(cell, run, layer.name)
        stored = stored + ratio * energy(E) @ width
        left, right = (electrons[key] for key in neighbours(cell, layer.name))
        loss = loss + ratio * dissipation(E, width, i / ratio, left / ratio, right / ratio, sigma_eon, sigma_ion)
    return power, loss, stored, i


def dissipation(
    E: np.ndarray,
    width: np.ndarray,
    i: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    sigma_eon: Any,
    sigma_ion: float,
) -> np.ndarray:
    """``int (i_ion^2/sigma_ion + i_eon^2/sigma_eon) dx`` from (2.1) between the nodes and the given faces."""
    distance = (width[1:] + width[:-1]) / 2
    middle = (E[:, 1:] + E[:, :-1]) / 2
    total = sigma_ion + sigma_eon(middle)
    i_eon = (sigma_eon(middle) * i[:, None] - sigma_ion * sigma_eon(middle) * np.diff(E) / distance) / total
    inner = ((i[:, None] - i_eon) ** 2 / sigma_ion + i_eon**2 / sigma_eon(middle)) @ distance
    outer = sum(
        ((i - face) ** 2 / sigma_ion + face**2 / sigma_eon(E[:, k])) * width[k] / 2
        for k, face in ((0, left), (-1, right))
    )
    return np.asarray(inner + outer)


@pytest.mark.parametrize("name", CELLS)
def test_energy_balance(name: str) -> None:
    """``int i V dt = int dissipation dt + gain of stored energy``, while it charges and while it discharges itself."""
    cell = CELLS[name]
    before = 0.0
    for run in polarised(name):
        power, loss, stored, _ = balance(cell, run)
        time = run["time"].values
        put_in, lost = integral(power, time), integral(loss, time)
        gained = stored[-1] - before
        turnover = max(abs(put_in), lost, abs(gained))
        print(
            f"{name}: in {put_in:.6g}, lost {lost:.6g}, gained {gained:.6g}: {(put_in - lost - gained) / turnover:.1e}"
        )
        assert np.all(loss >= 0)
        # the mesh: the dissipation is the square of fluxes that are right to 2e-4 where profiles are steep
        assert put_in - lost == pytest.approx(gained, abs=1e-4 * turnover)
        before = stored[-1]


@pytest.mark.parametrize("name", CELLS)
def test_energy_balance_sees_every_term(name: str) -> None:
    """Each part of the balance is larger than the tolerance that the balance is closed to."""
    hold, after = polarised(name)
    power, loss, stored, _ = balance(CELLS[name], hold)
    time = hold["time"].values
    # fifty times the tolerance
    assert stored[-1] > 5e-3 * integral(power, time)
    assert integral(loss, time) > 5e-3 * integral(power, time)
    released = stored[-1] - balance(CELLS[name], after)[2][-1]
    assert released > 5e-3 * stored[-1]


@pytest.mark.parametrize("name", CELLS)
def test_the_discretised_equations_conserve_exactly(name: str) -> None:
    """At a random state the volumes of a layer together gain exactly what crosses its faces."""
    cell = CELLS[name]
    stack = LinearisedStack(cell, f_max=10.0)
    rng = np.random.default_rng(1)
    y = rng.uniform(-0.05, 0.15, stack.rest_state().size)
    labels, _ = stack.layout
    rate = np.asarray(stack.residual(y)).ravel()

    def value(variable: str) -> float:
        symbol = stack.built.get_processed_variable(variable)
        return float(np.asarray(symbol.evaluate(t=0, y=y[:, None], inputs=None)).item())

    for layer in cell.layers:
        if not isinstance(layer.material, MixedConductor):
            continue
        mine = np.array(labels) == names.local_potential(layer.name)
        positions = stack.layout[1][mine]
        edges = [0.0]
        for node in positions:
            edges.append(2 * node - edges[-1])
        E, slope = y[mine], rate[mine]
        step = 1e-6
        _, _, _, _, ratio = LAWS[layer.name]
        charge = LAWS[layer.name][0]
        capacitance = ratio * (charge(E + step) - charge(E - step)) / (2 * step)
        gain = float(capacitance * slope @ np.diff(edges)) * float(layer.thickness)
        left, right = (value(names.electronic_current_density(key)) for key in neighbours(cell, layer.name))
        scale = float(capacitance * np.abs(slope) @ np.diff(edges)) * float(layer.thickness)
        # rounding of the sum, and of the central difference for c_chem, 1e-9; nothing else
        assert gain == pytest.approx(left - right, abs=1e-8 * scale)


def test_charge_passed_is_found_again() -> None:
    """Blocking cell under a constant current: the double layers and the electrons account for every coulomb."""
    run = simulate(NONLINEAR, Galvanostatic(3.0, 10.0, first_time="10 us", points=240))
    gold = run["overpotential"].sel(element="positive").values
    ionic = 0.2 * gold[-1]  # 0.2 F/m2 on 1 m2; the gold passes no ions
    electrons = integral(run["electronic_current"].sel(interface="positive").values, run["time"].values)
    assert electrons > 1.0 and ionic > 0.01  # [C], both matter
    assert ionic + electrons == pytest.approx(30.0, rel=1e-5)  # the spline
    # a constant current over the output times, the first of which is 10 us
    assert float(run["half_cycle_capacity"][0]) == pytest.approx(30.0, rel=2e-6)


def test_rest_stays_at_rest() -> None:
    """No current, no bias: nothing moves, although E0 and the electrodes' charges are not zero."""
    material = MixedConductor(0.05, DefectElectrons(N, P, CONSTANT), 1e6, rest_potential=0.12)
    cell = Cell("resting", Blocking(0.1, 2e-3), [Layer("mixed", material, 1e-4)], GOLD, area=1.0)
    run = simulate(cell, Rest(1e5, points=10))
    np.testing.assert_allclose(run["local_potential"], 0.12, rtol=1e-9)
    np.testing.assert_allclose(run["voltage"], 0.0, atol=1e-9)
    # Mg | mixed | gold: the gold sits at E0 = 0 of the composition that Mg fixes
    half = cell.with_({"negative": MG})
    np.testing.assert_allclose(simulate(half, Rest(1e5, points=10))["voltage"], 0.0, atol=1e-9)


def test_open_circuit_voltage_of_an_isolated_composition() -> None:
    """Mg, electrons blocked | mixed (E0) | gold: V at rest is E0 (theory.md §3.1), and it stays there."""
    material = MixedConductor(0.05, 0.01, 1e6, rest_potential=0.12)
    mg = Plating(5.0, double_layer=0.1, electronic_resistance=math.inf)
    cell = Cell("isolated", mg, [Layer("mixed", material, 1e-4)], GOLD, area=1.0)
    np.testing.assert_allclose(simulate(cell, Rest(1e5, points=10))["voltage"], 0.12, rtol=1e-8)
