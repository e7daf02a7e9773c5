"""Plating on a foreign metal (theory.md §3.8): spikes, spreading, exhaustion, Coulombic efficiency, balances."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.batch.runs import side_by_side
from mgtwin.cells import Reader
from mgtwin.kinds.kind import Bound
from mgtwin.kinds.response import admittance_at

from .test_kept_models import alone, bits, number_built

#: The first deposition of the specification: 10 uA/cm2 on 2 uF/cm2 with i_0 = 10 uA/cm2 and q_1 = 2 mC/cm2.
FIRST = {
    "exchange_current_density": 0.1,
    "metal_charge": 1e-2,
    "area_fraction": 1e-9,
    "spreading_charge": 20.0,
    "double_layer": 0.02,
}
DENSITY, HOUR = 0.1, 3600.0
#: zF/RT at 25 degC.
F = 2 * 96485.33212 / (8.314462618 * 298.15)


def anode_free(**fields: Any) -> mt.Cell:
    """Mg | ions | copper of 1 m2; the counter electrode and the layer take 1 nV."""
    copper = mt.PlatingOnSubstrate(**FIRST | fields)
    layers = [mt.Layer("ions", mt.IonConductor(100.0), 1e-6)]
    return mt.Cell("anode-free", mt.Plating(1e6), layers, copper, area=1.0)


def overpotential(density: Any, area: Any) -> Any:
    return 2 / F * np.arcsinh(density / (2 * area * 0.1))


def state(run: Any, name: str) -> np.ndarray:
    return run["state"].values[:, run["state_variable"].values == f"positive {name}"][:, 0]


# -- the first deposition -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("fields", "spike"),
    [({}, 0.32), ({"nucleation_rate": 1e6, "area_fraction": 1e-30}, 0.24), ({"nucleation_rate": 1e6}, 0.24)],
    ids=["seeds", "nucleation alone", "both"],
)
def test_spike_and_plateau_of_the_first_deposition(fields: Any, spike: float) -> None:
    """0.32 V from seeds, 0.24 V from nucleation (k_N 1e6/s, 1 V), within 0.1 s; then asinh, 12.4 mV, to 1e-4."""
    run = mt.simulate(anode_free(**fields), mt.Galvanostatic(-DENSITY, HOUR, points=300, first_time=1e-3))
    time, voltage = run["time"].values, run["voltage"].values
    assert -voltage.min() == pytest.approx(spike, abs=0.005)
    assert 0.04 < time[voltage.argmin()] < 0.1
    assert -voltage[-1] == pytest.approx(overpotential(DENSITY, 1.0), rel=1e-4)
    assert -voltage[-1] == pytest.approx(0.0124, abs=5e-5)
    # who samples every 0.9 s misses more than half of it
    assert -np.interp(0.9, time, voltage) == pytest.approx(0.14, abs=0.005)


def test_the_spike_comes_back_where_the_metal_went() -> None:
    """Stripped to 0.3 V and plated again it is nearly there; plated for longer it is not."""
    plate = mt.Galvanostatic(-DENSITY, 600.0, points=200, first_time=1e-3)
    once = mt.simulate(anode_free(), plate)
    stripped = mt.simulate(anode_free(), mt.Galvanostatic(DENSITY, HOUR, limits=(-1.0, 0.3)), start=once)
    first, again, on = (
        -mt.simulate(anode_free(), plate, start=start)["voltage"].values.min() for start in (None, stripped, once)
    )
    assert 0.2 < again < first and on == pytest.approx(overpotential(DENSITY, 0.95), rel=0.01)


# -- closed forms ---------------------------------------------------------------------------------------------------
def test_metal_spreads_with_the_charge_that_is_plated() -> None:
    """``A = 1 - (1 - A_0) exp(-q/q_1)`` without nucleation, read off the overpotential."""
    run = mt.simulate(anode_free(area_fraction=1e-3, double_layer=None), mt.Galvanostatic(-DENSITY, 1000.0, points=40))
    area = 1 - (1 - 1e-3) * np.exp(-DENSITY * run["time"].values / 20.0)
    np.testing.assert_allclose(-run["voltage"].values[1:], overpotential(DENSITY, area)[1:], rtol=1e-5)


def test_stripping_shrinks_the_area_with_the_metal() -> None:
    """``A = A_0 q/q_0``: the overpotential diverges as a logarithm, and the metal is used up at q_0/j."""
    made = anode_free(metal_charge=100.0, area_fraction=0.5, double_layer=None)
    run = mt.simulate(made, mt.Galvanostatic(DENSITY, HOUR, points=60))
    time, end = run["time"].values, run["time"].values[-1]
    left = 1 - DENSITY * time / 100.0
    inside = left > 1e-3
    expected = overpotential(DENSITY, 0.5 * left[inside])
    np.testing.assert_allclose(run["voltage"].values[inside], expected, rtol=2e-5)
    assert end == pytest.approx(100.0 / DENSITY, rel=1e-6)
    assert any("positive deposit used up" in text for text in run.attrs["warnings"])


def test_at_an_imposed_voltage_the_current_ceases_and_the_run_goes_on() -> None:
    """``q = q_0 exp(-k t)`` with k = A_0/q_0 j_BV: no event, no stall; deposition afterwards nucleates again."""
    made = anode_free(metal_charge=10.0, area_fraction=0.5, double_layer=None, nucleation_rate=1e6)
    steps = mt.Sequence([mt.Polarization(0.02, 1000.0, per_decade=10), mt.Polarization(-0.1, 100.0, per_decade=10)])
    strip, plate = (node.to_dataset() for node in mt.simulate(made, steps).leaves)
    rate = 0.5 / 10.0 * 0.1 * 2 * np.sinh(F * 0.02 / 2)
    time, current = strip["time"].values, strip["current"].values
    seen = (time > 0) & (rate * time < 12)
    np.testing.assert_allclose(current[seen], 10.0 * rate * np.exp(-rate * time[seen]), rtol=2e-4)
    assert time[-1] == pytest.approx(1000.0) and abs(current[-1]) < 1e-4
    assert plate["current"].values[-1] == pytest.approx(-0.2 * np.sinh(F * 0.1 / 2), rel=1e-3)


def test_coulombic_efficiency_is_what_does_not_die() -> None:
    """1 - delta where the metal is stripped to its end; the first cycle also strips what was there at the start."""
    dead, plated = 0.02, DENSITY * HOUR
    for limits in (None, (-1.0, 0.5)):
        made = anode_free(nucleation_rate=1e6, dead_fraction=dead)
        run = mt.simulate(made, mt.Cycling(-DENSITY, HOUR, cycles=4, points=4, limits=limits))
        found = [float(mt.analysis.coulombic_efficiency(run, k)) for k in range(4)]
        # double layers hold 1e-2 C/m2 of 360
        assert found[0] == pytest.approx(1 - dead + 1e-2 / plated, abs=4e-5)
        np.testing.assert_allclose(found[1:], 1 - dead, atol=4e-5)
    blocked = mt.dataset.transient([0.0, 1.0], [0.1, 0.1], [1e-3, 1e-3], cycle=[0, 0])
    assert np.isnan(mt.analysis.coulombic_efficiency(blocked))


def test_the_shipped_anode_free_cell() -> None:
    cell = mt.cell("mg_polymer_cu")
    first = mt.simulate(cell, mt.Galvanostatic("-10 uA/cm^2", "10 min", points=100, first_time="1 ms"))
    assert first["voltage"].values.min() == pytest.approx(-0.25, abs=0.01)
    run = mt.simulate(cell, mt.Cycling("-10 uA/cm^2", "1 h", cycles=2, points=2, limits=("-1 V", "0.5 V")))
    assert mt.analysis.coulombic_efficiency(run) == pytest.approx(0.98, abs=1e-4)


def test_all_metal_is_a_magnesium_electrode() -> None:
    """A = 1 and metal without end: Butler-Volmer as `Plating` has it, to the tolerance of the integrator."""
    plain = mt.Plating(0.1, 0.4, double_layer=0.02)
    made = anode_free(metal_charge=1e9, area_fraction=1.0, transfer_coefficient=0.4)
    protocol = mt.Cycling(-DENSITY, "10 min", cycles=2, points=6)
    expected = mt.simulate(made.with_({"positive": plain}), protocol)["voltage"].values
    np.testing.assert_allclose(mt.simulate(made, protocol)["voltage"].values, expected, rtol=1e-5, atol=1e-9)
    f = np.geomspace(1e4, 1e-3, 9)
    same = [mt.simulate(one, mt.EIS.at(f))["impedance"].values for one in (made, made.with_({"positive": plain}))]
    np.testing.assert_allclose(*same, rtol=1e-13)


# -- small signal ---------------------------------------------------------------------------------------------------
def test_spectra_under_a_bias_are_those_of_the_formula_at_the_metal_there_is() -> None:
    """Exact (K3) against the mesh, metal and area held: at rest, under a current, and of a cell that was plated."""
    made, f = anode_free(metal_charge=50.0, area_fraction=0.03), np.geomspace(1e4, 1e-2, 9)
    bound, s = Bound(type(made.positive), "positive", Reader(made), salt=1.0), 2j * np.pi * f
    plated = mt.simulate(made, mt.Galvanostatic(-DENSITY, 100.0))
    after = {"deposit": state(plated, "deposit")[-1], "log_area": state(plated, "log_area")[-1]}
    assert after["deposit"] == pytest.approx(60.0, rel=1e-3) and np.exp(after["log_area"]) > 0.3
    new = {"deposit": 50.0, "log_area": np.log(0.03)}
    cases = [
        (mt.EIS.at(f), None, new, 0.0),
        (mt.EIS.at(f, bias=mt.Current(-DENSITY)), None, new, -overpotential(DENSITY, 0.03)),
        (mt.EIS.at(f), plated, after, -overpotential(DENSITY, np.exp(after["log_area"]))),
    ]
    for protocol, start, memories, eta in cases:
        found = mt.simulate(made, protocol, start=start)["impedance"].values
        expected = 1 / (0.02 * s + admittance_at(bound, eta, memories, s))
        # the layer and the counter electrode are 2e-8 ohm m2
        np.testing.assert_allclose(found, expected, rtol=1e-4 if start is plated else 2e-6, atol=5e-8)


# -- routes ---------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_another_integrator_finds_the_same_spike_and_the_same_end() -> None:
    """Radau IIA side by side against BDF alone: 1e-5 V, also where the metal is used up."""
    first = anode_free(nucleation_rate=1e6), "positive.area_fraction", [1e-9, 1e-6, 1e-3]
    last = anode_free(area_fraction=0.5), "positive.metal_charge", [10.0, 20.0, 30.0]
    plate = mt.Galvanostatic(-DENSITY, 600.0, points=100, first_time=1e-3)
    strip = mt.Galvanostatic(DENSITY, HOUR, points=50)
    for (base, path, values), protocol in ((first, plate), (last, strip)):
        cells = [base.with_({path: value}) for value in values]
        runs = side_by_side(base, cells, {path: np.array(values)}, protocol)
        for k, one in enumerate(cells):
            alone_run, beside = mt.simulate(one, protocol), runs.datasets[k]
            assert beside["time"].values[-1] == pytest.approx(alone_run["time"].values[-1], rel=1e-6)
            np.testing.assert_allclose(beside["voltage"].values, alone_run["voltage"].values, atol=1e-5)
            assert beside.attrs["warnings"] == alone_run.attrs["warnings"]


# -- balances -------------------------------------------------------------------------------------------------------
def test_magnesium_is_conserved_over_a_hundred_cycles() -> None:
    """Deposit and double layer have what passed, to 1e-10 of the throughput, whatever the area does meanwhile."""
    made = anode_free(metal_charge=1000.0, area_fraction=0.5, nucleation_rate=1e6)
    current, half = 1.0, 600.0
    run = mt.simulate(made, mt.Cycling(-current, half, cycles=100, points=2, traces=(99,)))
    before, after = (state(run, "deposit")[k] for k in (0, -1))
    eta = [run["voltage"].values[np.flatnonzero(run["step"].values == k)[-1]] for k in (198, 199)]
    # half cycle 198 ends with what half a cycle has plated; 199 with what there was at the start, but for eta
    assert after + 0.02 * -eta[1] == pytest.approx(1000.0, abs=1e-10 * 200 * current * half)
    assert before + 0.02 * -eta[0] == pytest.approx(1000.0 + current * half, abs=1e-10 * 200 * current * half)


def test_energy_over_a_hundred_cycles() -> None:
    r"""``\oint iV dt`` is the heat of the reaction, ``\int i eta(A(q)) dq``, in every cycle, to 1e-4."""
    made = anode_free(metal_charge=1000.0, area_fraction=1.0, double_layer=None)
    run = mt.simulate(made, mt.Cycling(-1.0, 600.0, cycles=100, points=60, traces=(0, 99)))
    power, time = run["current"].values * run["voltage"].values, run["time"].values
    area = 1.0  # plating on all of the area leaves it whole; stripping takes it in proportion, plating spreads again
    expected, found = [], []
    for k in range(200):
        t = np.linspace(0.0, 600.0, 4001)
        course = 1 - (1 - area) * np.exp(-t / 20.0) if k % 2 == 0 else area * (1600.0 - t) / 1600.0
        area = course[-1]
        if k in (0, 1, 198, 199):
            expected.append(np.trapezoid(overpotential(1.0, course), t))
            here = run["step"].values == k
            found.append(np.trapezoid(power[here], time[here]))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_kept_models_answer_with_the_numbers_of_the_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model kept from another cell (hit) gives the bits of a new one (miss), for every number of the electrode."""
    made = anode_free(area_fraction=0.1, metal_charge=5.0, nucleation_rate=1e6, dead_fraction=0.1)
    paths = [path for path in made.numbers if path.startswith("positive.")]
    assert len(paths) >= 8
    changed = [made.with_({path: 0.9 * float(made.numbers[path])}) for path in paths if float(made.numbers[path])]
    protocol = mt.Cycling(-DENSITY, "5 min", cycles=1, points=4, limits=(-1.0, 0.2))
    expected = [alone(one, protocol, monkeypatch) for one in changed]
    kept = number_built(monkeypatch)
    mt.simulate(made, protocol)
    assert [bits(one, protocol) for one in changed] == expected and len(kept) == 1


# -- what is refused ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"metal_charge": 0.0}, "metal_charge"),
        ({"area_fraction": 0.0}, "area_fraction"),
        ({"area_fraction": 1.5}, "area_fraction"),
        ({"spreading_charge": 0.0}, "spreading_charge"),
        ({"nucleation_rate": -1.0}, "nucleation_rate"),
        ({"nucleation_overpotential": 0.0}, "nucleation_overpotential"),
        ({"dead_fraction": 1.0}, "dead_fraction"),
    ],
)
def test_bad_input(fields: Any, message: str) -> None:
    with pytest.raises(mt.MgtwinError, match=message):
        anode_free(**fields)
