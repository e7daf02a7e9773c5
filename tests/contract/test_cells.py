"""What every shipped cell must do, alone and with every combination of overlays that applies to it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from mgtwin.cells import Blocking, Cell, Layer, MixedConductor, Plating
from mgtwin.cells.files import applicable_overlays, cell, list_cells
from mgtwin.cells.rest import rest_potentials
from mgtwin.errors import InputError
from mgtwin.impedance.exact import exact, exact_laplace
from mgtwin.impedance.linearise import LinearisedStack
from mgtwin.laws import evaluate
from mgtwin.protocols import Cycling, Galvanostatic, Polarization, ReplayedSignal, Signal
from mgtwin.simulation import simulate

FARADAY, GAS_CONSTANT = 96485.33212, 8.314462618

NAMES = [entry.name for entry in list_cells()]
CASES = [(name, overlays) for name in NAMES for overlays in [(), *applicable_overlays(name)]]
IDS = ["+".join((name, *overlays)) for name, overlays in CASES]
#: Alone and with one overlay: enough for runs in time, for the others only combine their numbers.
FEW = [(name, overlays) for name, overlays in CASES if len(overlays) <= 1]
FEW_IDS = ["+".join((name, *overlays)) for name, overlays in FEW]

#: Full cells have a voltage of their own, and a host that fills; a foreign metal runs out of what was plated on it:
#: tests of steady currents and of 0 V are not for them (they have their own in tests/verification).
FULL = {
    name
    for name in NAMES
    if (rest_potentials(cell(name)).positive != 0 and not isinstance(cell(name).positive, Blocking))
    or type(cell(name).positive).memories
}
FEW, FEW_IDS = [case for case in FEW if case[0] not in FULL], [i for i in FEW_IDS if i.split("+")[0] not in FULL]

every_case = pytest.mark.parametrize(("name", "overlays"), CASES, ids=IDS)
every_cell = pytest.mark.parametrize("name", NAMES)
every_cell_at_zero = pytest.mark.parametrize("name", [name for name in NAMES if name not in FULL])

#: What an instrument covers and three decades more on both sides [Hz].
WIDE = np.logspace(-6, 9, 61)
#: For the mesh, whose cost grows with the highest frequency.
ON_MESH = np.logspace(5, -3, 9)


def relative(found: Any, expected: Any) -> float:
    return float(np.max(np.abs(np.asarray(found) / np.asarray(expected) - 1)))


def conducts(item: Cell) -> bool:
    """Whether some carrier takes a direct current from end to end."""
    return bool(np.isfinite(exact_laplace(item, 0)))


def test_there_are_cells() -> None:
    assert len(NAMES) >= 8 and len(CASES) > 100
    assert {overlay for _, overlays in CASES for overlay in overlays} >= {
        "annealed",
        "as_printed",
        "infiltrated",
        "contact_limited",
        "exponent_9",
    }


# -- as an object ---------------------------------------------------------------------------------------------------
@every_case
def test_survives_yaml(name: str, overlays: tuple[str, ...]) -> None:
    item = cell(name, *overlays)
    again = Cell.from_yaml(item.to_yaml())
    assert again == item and again.identical(item)
    assert set(again.overlays) == set(overlays)
    assert again.diff(item) == {}


@every_case
def test_twice_reversed_is_the_same(name: str, overlays: tuple[str, ...]) -> None:
    item = cell(name, *overlays)
    assert item.reversed().reversed().identical(item)


# -- impedance at rest ----------------------------------------------------------------------------------------------
def cut(item: Cell, number: int, share: float) -> Cell:
    """The cell with a layer cut in two that are joined by a perfect contact."""
    layers = list(item.layers)
    whole = layers[number]
    names = (f"{whole.name}_left", f"{whole.name}_right")
    layers[number : number + 1] = [
        Layer(names[0], whole.material, share * whole.thickness, whole.area),
        Layer(names[1], whole.material, (1 - share) * whole.thickness, whole.area),
    ]
    junctions = {}
    for before, after in pairwise(item.layers):
        junction = item.interfaces.get(f"{before.name}-{after.name}")
        if junction is not None:
            left = names[1] if before is whole else before.name
            right = names[0] if after is whole else after.name
            junctions[f"{left}-{right}"] = junction
    return item.with_({"layers": tuple(layers), "interfaces": junctions})


@every_case
def test_identities_of_the_spectrum(name: str, overlays: tuple[str, ...]) -> None:
    """Split, reversed, scaled: the same equations, so only rounding differs (exact.py promises 1e-12)."""
    item = cell(name, *overlays)
    z = exact(item, WIDE)
    for number in range(len(item.layers)):
        assert relative(exact(cut(item, number, 0.37), WIDE), z) < 1e-11
    assert relative(exact(item.reversed(), WIDE), z) < 1e-11
    areas = {f"layers.{layer.name}.area": 3 * layer.area for layer in item.layers if layer.area is not None}
    assert relative(3 * exact(item.with_({"area": 3 * item.area, **areas}), WIDE), z) < 1e-11


@every_case
def test_passive_and_causal(name: str, overlays: tuple[str, ...]) -> None:
    item = cell(name, *overlays)
    z = exact(item, WIDE)
    assert np.all(z.real >= 0)
    assert np.all(z.imag <= 0)  # capacitors and resistors only, no inductance
    rng = np.random.default_rng(0)
    s = 10 ** rng.uniform(-6, 9, 40) * np.exp(1j * rng.uniform(-0.5, 0.5, 40) * np.pi * 0.999)
    right = exact_laplace(item, s)
    # a real signal has a real answer, and Re Z(s) >= 0 in the whole right half plane is passivity itself
    assert relative(exact_laplace(item, s.conj()), right.conj()) < 1e-12
    assert np.all(right.real >= 0)
    # no singularity there (causality): the mean over a circle is the value in its centre. 64 points on a circle of half
    # the distance to the imaginary axis integrate a function analytic in it to 2^-64
    circle = np.exp(2j * np.pi * np.arange(64) / 64)
    means = exact_laplace(item, s[:, None] + 0.5 * s.real[:, None] * circle).mean(axis=1)
    assert relative(means, right) < 1e-10


@every_case
def test_kramers_kronig(name: str, overlays: tuple[str, ...]) -> None:
    """Bode's form of the Kramers-Kronig relations: the phase follows from the slope of ln|Z| over all frequencies."""
    item = cell(name, *overlays)
    step = 0.05
    u = step * np.arange(-500, 501)  # 11 decades to both sides, where the kernel has fallen to 1e-11
    nodes, weights = np.polynomial.legendre.leggauss(8)
    kernel = np.log(1 / np.tanh(np.abs(u[:, None] + step / 2 * nodes) / 2)) @ weights / 2  # mean over each bin
    kernel[u == 0] = np.log(4 / step) + 1  # ln(2/|u|), singular but integrable
    edges = np.append(u - step / 2, u[-1] + step / 2)
    for frequency in (1e-3, 1.0, 1e4):
        slope = np.diff(np.log(np.abs(exact(item, frequency * np.exp(edges)))))
        phase = float(kernel @ slope) / np.pi
        # the slope is taken as constant in a bin: step^2/24 = 1e-4
        assert phase == pytest.approx(np.angle(exact(item, frequency)), abs=1e-3)


@every_case
def test_mesh_agrees_with_exact(name: str, overlays: tuple[str, ...]) -> None:
    item = cell(name, *overlays)
    z = LinearisedStack(item, f_max=ON_MESH.max()).impedance(ON_MESH)
    assert relative(z, exact(item, ON_MESH)) < 1e-3  # the mesh's promise (mesh.py); measured: 2e-4 or better


@every_cell
@pytest.mark.parametrize("f_max", [1e6, 1e1, 1e-3])
def test_mesh_agrees_with_exact_whatever_it_is_graded_to(name: str, f_max: float) -> None:
    item = cell(name)
    frequencies = f_max * np.logspace(0, -6, 13)
    z = LinearisedStack(item, f_max=f_max).impedance(frequencies)
    assert relative(z, exact(item, frequencies)) < 1e-3


# -- in time --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "overlays"), FEW, ids=FEW_IDS)
def test_steady_current_is_the_voltage_over_z_at_zero_frequency(name: str, overlays: tuple[str, ...]) -> None:
    check_direct_current(cell(name, *overlays))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "overlays"), [case for case in CASES if case not in FEW and case[0] not in FULL])
def test_steady_current_with_more_overlays(name: str, overlays: tuple[str, ...]) -> None:
    check_direct_current(cell(name, *overlays))


def as_made(item: Cell) -> Cell:
    """The cell without its ageing, which would go on for as long as a steady current takes to settle."""
    places = ("negative", "positive", *(f"interfaces.{key}" for key in item.interfaces))
    return item.with_({f"{place}.ageing": () for place in places if getattr(item.get(place), "ageing", ())})


def check_direct_current(item: Cell) -> None:
    item, voltage = as_made(item), 1e-4
    run = simulate(item, Polarization(voltage, 1e12, first_time="1 s", per_decade=1))
    current = run["current"].values
    if conducts(item):
        # Butler-Volmer bends by (zF eta/RT)^2/24 = 2e-6 at 0.1 mV, and by (alpha_a - alpha_c) zF eta/2RT where its
        # barrier is not symmetric; the integrator adds 1e-7
        electrodes = (end for end in (item.negative, item.positive) if isinstance(end, Plating))
        skew = max((abs(2 * float(end.transfer_coefficient) - 1) for end in electrodes), default=0.0)
        bend = skew * item.ion.charge * FARADAY * voltage / (2 * GAS_CONSTANT * float(item.temperature))
        assert current[-1] == pytest.approx(voltage / exact_laplace(item, 0).real, rel=1e-5 + bend)
    # the largest current that the cell can draw; without a path for any carrier nothing is left of it
    largest = voltage / exact(item, 1e9).real
    if not conducts(item):
        assert abs(current[-1]) < 1e-12 * largest
    # passive and without inductance: the current only falls (to the integrator's tolerance)
    assert np.all(np.diff(current) <= 1e-7 * current[:-1] + 1e-12 * largest)


def taken_by_electrode(item: Cell, side: str, run: Any) -> np.ndarray:
    """Ionic current [A], +x, that an electrode passes by charge transfer: Butler-Volmer behind a film (§3.1)."""
    electrode = getattr(item, side)
    drop = -run["overpotential"].sel(element=side).values
    if not isinstance(electrode, Plating):
        return np.zeros_like(drop)
    T = float(item.temperature)
    exchange, film = (evaluate(x, T) for x in (electrode.exchange_current_density, electrode.film_resistance))
    alpha = float(electrode.transfer_coefficient)
    anodic, cathodic = (alpha, 1 - alpha) if side == "negative" else (1 - alpha, alpha)
    f = item.ion.charge * FARADAY / (GAS_CONSTANT * T)

    def current(eta: np.ndarray) -> np.ndarray:
        return exchange * (np.exp(anodic * f * eta) - np.exp(-cathodic * f * eta))

    low, high = np.minimum(drop, 0), np.maximum(drop, 0)
    for _ in range(100):  # bisection: eta_ct + R j(eta_ct) grows with eta_ct
        middle = (low + high) / 2
        over = middle + film * current(middle) > drop
        low, high = np.where(over, low, middle), np.where(over, middle, high)
    return float(item.area) * current((low + high) / 2)


def charge(current: np.ndarray, time: np.ndarray) -> float:
    """Integral over log-spaced times; constant before the first."""
    logarithm = np.log(time)
    return float(CubicSpline(logarithm, current * time).integrate(logarithm[0], logarithm[-1]) + current[0] * time[0])


def stored(item: Cell, layer: Layer, run: Any) -> float:
    """Charge [C] of the neutral component that a mixed conductor has taken up by the end of a run from rest."""
    position = [other.name for other in item.layers].index(layer.name)
    left = sum(float(other.thickness) for other in item.layers[:position])
    inside = run["layer"].values == layer.name
    edges = [0.0]
    for node in run["x"].values[inside] - left:
        edges.append(2 * node - edges[-1])  # nodes are the middles of the volumes
    E = run["local_potential"].values[-1, inside]
    area = float(item.area if layer.area is None else layer.area)
    density = evaluate(layer.material.chemical_capacitance, float(item.temperature))
    return float(density * area * (E - rest(item, layer)) @ np.diff(edges))


def rest(item: Cell, layer: Layer) -> float:
    """E0 of the shipped cells: 0 where Mg touches the electrons, else the material's own."""
    ends = [item.negative, item.positive]
    touched = len(item.layers) == 1 and any(
        isinstance(end, Plating) and np.isfinite(end.electronic_resistance) for end in ends
    )
    return 0.0 if touched else float(layer.material.rest_potential)


@every_cell_at_zero
def test_charge_and_mg_are_conserved(name: str) -> None:
    """Galvanostatic: every coulomb crosses each electrode as ions, electrons or charge of its double layer."""
    item = cell(name)
    limits = None if conducts(item) else (-1.0, 1.0)
    run = simulate(item, Galvanostatic("-2 uA/cm^2", "100 s", first_time="1 us", points=640, limits=limits))
    time, current = run["time"].values, run["current"].values
    area, total = float(item.area), -2e-2 * float(item.area) * run["time"].values[-1]
    np.testing.assert_allclose(current, -2e-2 * area, rtol=1e-9)
    assert float(run["half_cycle_capacity"][0]) == pytest.approx(total, rel=1e-6)
    electrons = {str(key): run["electronic_current"].sel(interface=key).values for key in run["interface"].values}
    for side in ("negative", "positive"):
        double_layer = getattr(item, side).double_layer
        eta = run["overpotential"].sel(element=side).values
        parts = [charge(-taken_by_electrode(item, side, run), time), charge(electrons[side], time)]
        parts.append(area * float(double_layer.c) * eta[-1] if double_layer is not None else 0.0)
        assert sum(parts) == pytest.approx(total, rel=1e-4)  # the spline and the integrator's noise
    keys = ["negative", *(f"{a.name}-{b.name}" for a, b in pairwise(item.layers)), "positive"]
    for k, layer in enumerate(item.layers):
        if isinstance(layer.material, MixedConductor):
            left, right = (-charge(electrons[key], time) for key in keys[k : k + 2])
            assert stored(item, layer, run) == pytest.approx(left - right, abs=1e-4 * abs(total))


@every_cell_at_zero
def test_a_cell_that_stops_both_carriers_refuses_a_current_without_limits(name: str) -> None:
    item = cell(name)
    protocol = Galvanostatic("2 uA/cm^2", "10 s")
    if conducts(item):
        assert simulate(item, protocol)["time"].values[-1] == pytest.approx(10.0)
        return
    with pytest.raises(InputError, match="no single carrier conducts from electrode to electrode"):
        simulate(item, protocol)
    run = simulate(item, Galvanostatic("2 uA/cm^2", "1 h", limits=("-0.5 V", "0.5 V")))
    assert run["time"].values[-1] < 3600 and run["voltage"].values[-1] == pytest.approx(0.5, abs=1e-6)
    assert any("highest voltage" in text for text in run.attrs["warnings"])


@every_cell_at_zero
def test_cycling(name: str) -> None:
    check_cycling(cell(name))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "overlays"), [case for case in CASES if case[0] not in FULL])
def test_cycling_with_overlays(name: str, overlays: tuple[str, ...]) -> None:
    check_cycling(cell(name, *overlays))


def check_cycling(item: Cell) -> None:
    """Two cycles: signs, charges, energy and labels of the laboratory."""
    limits = None if conducts(item) else ("-2 V", "2 V")
    run = simulate(item, Cycling("-2 uA/cm^2", "60 s", cycles=2, rest="10 s", limits=limits, points=10))
    size = 2e-2 * float(item.area)
    ended_early = bool(run["limited"].any())
    assert ended_early == (not conducts(item))
    capacity = run["half_cycle_capacity"].values
    assert list(np.sign(capacity)) == [-1, 1, -1, 1]  # deposition at the working electrode first
    if not ended_early:
        np.testing.assert_allclose(capacity, [-60 * size, 60 * size, -60 * size, 60 * size], rtol=1e-9)
        assert run["time"].values[-1] == pytest.approx(280)
    assert sorted(set(run["cycle_number"].values)) == [0, 1] and sorted(set(run["step"].values)) == list(range(8))
    resting = run["step"].values % 2 == 1
    np.testing.assert_allclose(run["current"].values[resting], 0, atol=1e-9 * size)
    assert np.all(run["current"].values[run["step"].values == 0] < 0)
    power = run["voltage"].values * run["current"].values
    assert np.trapezoid(power, run["time"].values) > 0  # a passive cell only takes energy
    deposited = run["step"].values == 0
    assert np.all(run["voltage"].values[deposited][1:] < 0)
    # IR drop at once: at least the high-frequency resistance
    first = run["voltage"].values[deposited][-1] / run["current"].values[deposited][-1]
    assert exact(item, 1e9).real < first
    # and at most that to direct current, unless the cell ages or an unsymmetric barrier bends upwards (Tafel)
    straight = as_made(item) == item and all(
        float(end.transfer_coefficient) == 0.5 for end in (item.negative, item.positive) if isinstance(end, Plating)
    )
    assert not (conducts(item) and straight) or first <= exact_laplace(item, 0).real * (1 + 1e-6)


@every_cell_at_zero
def test_a_hold_at_half_a_volt(name: str) -> None:
    """A voltage far beyond the linear range: held, and made up of the contributions of the elements."""
    item = cell(name)
    run = simulate(item, Polarization(0.5, "1 h", first_time="1 ms", per_decade=4))
    np.testing.assert_allclose(run["overpotential"].sum("element"), run["voltage"], rtol=1e-12)
    # an equation of the model, met to the integrator's tolerance of 1e-7 per step, a little more between its steps
    np.testing.assert_allclose(run["voltage"], 0.5, rtol=1e-6)
    assert np.all(run["current"].values > -1e-12 * 0.5 / exact(item, 1e9).real)
    assert set(run["element"].values) == {
        "negative",
        "positive",
        "series",
        *(layer.name for layer in item.layers),
        *(f"{a.name}-{b.name}" for a, b in pairwise(item.layers)),
    }


@every_cell_at_zero
def test_impedance_is_the_answer_to_a_small_sine(name: str) -> None:
    """The spectrum at rest and a sine of 1 % of kT/e in time, from the last of four periods.

    At the frequency whose phase is closest to 45 degrees: there resistance and capacitance count alike. The sine has 12
    corners per period. It is one of current, for a corner of the current leaves a smooth voltage; a cell that stops
    both carriers would refuse it.
    """
    item, corners, periods = cell(name), 12, 4
    frequencies = np.logspace(-2, 4, 61)
    z = exact(item, frequencies)
    best = int(np.argmin(np.abs(np.angle(z, deg=True) + 45)))
    frequency = float(frequencies[best])
    by_voltage = not conducts(item)
    size = 0.01 * GAS_CONSTANT * float(item.temperature) / FARADAY / (1.0 if by_voltage else abs(z[best]))
    kinks = np.arange(periods * corners + 1) / (corners * frequency)
    times = np.linspace(0, kinks[-1], periods * corners * 16 + 1)
    values = np.interp(times, kinks, size * np.cos(2 * np.pi * frequency * kinks))
    run = simulate(item, ReplayedSignal(Signal(times, values), by_voltage=by_voltage))
    last = run["time"].values >= (periods - 1 - 1e-9) / frequency
    t = run["time"].values[last]

    def coefficient(variable: str) -> complex:
        y = run[variable].values[last]
        y = y - y[0] - (y[-1] - y[0]) * (t - t[0]) / (t[-1] - t[0])  # what has not died out drifts
        return complex(np.trapezoid(y * np.exp(-2j * np.pi * frequency * t), t))

    # trapezoids at 192 times per period 3e-4, mesh 2e-4, harmonics of the voltage (1 %)^2
    assert abs(coefficient("voltage") / coefficient("current") / z[best] - 1) < 1e-3
