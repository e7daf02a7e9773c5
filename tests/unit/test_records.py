"""Records of many samples: one solve with its corners told, or a recursion where the cell is linear."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mgtwin as mt
import mgtwin.routes.base as routes
from mgtwin.protocols.replay import recorded

SAMPLES = 60


def noisy(*, by_voltage: bool, jumps: bool = False, samples: int = SAMPLES) -> Any:
    """A record with noise; with `jumps` some times occur twice, with two values."""
    noise = np.random.default_rng(3)
    t = np.linspace(0.0, 120.0, samples)
    values = np.sign(np.sin(2 * np.pi * (t + 0.5) / 50)) + 0.05 * noise.standard_normal(samples)
    if jumps:
        t[20], t[41] = t[19], t[40]
    return recorded(t, values * (5e-3 if by_voltage else 1e-6), by_voltage=by_voltage)


def one_by_one(cell: Any, protocol: Any, **options: Any) -> Any:
    """Every stretch a solve of its own, as many as there are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(routes, "MANY", 10**6)
        return mt.simulate(cell, protocol, **options)


@pytest.mark.parametrize("by_voltage", [False, True])
@pytest.mark.parametrize("jumps", [False, True])
def test_one_solve_is_as_good_as_one_per_stretch(by_voltage: bool, jumps: bool) -> None:
    cell, protocol = mt.cell("trilayer"), noisy(by_voltage=by_voltage, jumps=jumps)
    together, apart = mt.simulate(cell, protocol), one_by_one(cell, protocol)
    assert together.sizes == apart.sizes
    for name in ("time", "step", "voltage", "current", "overpotential"):
        scale = np.max(np.abs(apart[name].values))
        np.testing.assert_allclose(together[name].values, apart[name].values, rtol=0, atol=1e-5 * scale)


@pytest.mark.parametrize("cell", ["trilayer", "au_mg3asn_au"])
def test_a_run_goes_on_from_any_stretch(cell: str) -> None:
    """The states kept at the ends of all stretches are those of the model, the current among them."""
    item, protocol = mt.cell(cell), noisy(by_voltage=False)
    together, apart = mt.simulate(item, protocol), one_by_one(item, protocol)
    assert set(together["state_variable"].values) == set(apart["state_variable"].values)
    np.testing.assert_allclose(together["segment_time"], apart["segment_time"], rtol=1e-12)
    for time in (None, float(together["segment_time"][30])):
        after = [mt.simulate(item, mt.Rest("1 min", points=6), run, start_time=time) for run in (together, apart)]
        scale = float(np.max(np.abs(together["voltage"])))
        np.testing.assert_allclose(after[0]["voltage"], after[1]["voltage"], rtol=0, atol=2e-5 * scale)


def test_a_run_that_would_keep_too_much_keeps_its_last_state(monkeypatch: pytest.MonkeyPatch) -> None:
    from mgtwin.simulation import transient

    monkeypatch.setattr(transient, "MOST_KEPT", 100)
    for cell in ("trilayer", "au_mg3asn_au"):
        run = mt.simulate(mt.cell(cell), noisy(by_voltage=False))
        assert run.sizes["segment"] == 1 and float(run["segment_time"][0]) == pytest.approx(120.0)


def test_salt_that_is_used_up_ends_a_record() -> None:
    cell = mt.cell("trilayer", "salt_depletion").with_(
        {"layers.buffer_*.thickness": "20 um", "layers.buffer_*.material.concentration": "1 mmol/L"}
    )
    t = np.linspace(0.0, 4000.0, 101)
    protocol = recorded(t, -2e-5 * (1 + 0.01 * np.sin(t)), by_voltage=False)
    together, apart = mt.simulate(cell, protocol), one_by_one(cell, protocol)
    assert any("ends with the salt" in text for text in together.attrs["warnings"])
    assert float(together["time"][-1]) == pytest.approx(float(apart["time"][-1]), rel=1e-3)
    assert together.sizes["time"] == apart.sizes["time"]


def test_the_closed_form_says_what_its_sums_miss() -> None:
    run = mt.simulate(mt.cell("au_mg3asn_au"), noisy(by_voltage=False))
    assert "exponentials within" in run.attrs["route"] and run.attrs["route"].startswith("exact in time")


@pytest.mark.parametrize(
    "protocol",
    [
        mt.Polarization(["10 mV", "-10 mV"] * 13, "10 min", per_decade=4),
        mt.Voltammetry("-50 mV", "50 mV", "1 mV/s", cycles=15, points=20),
    ],
)
def test_sums_reach_down_to_the_first_sample_and_say_their_error(protocol: Any) -> None:
    """Samples a microsecond after each of many steps, 6e-11 of the whole: ions charge the double layers in 10 us."""
    gold = mt.Blocking("10 uF/cm^2", electronic_resistance=np.inf)
    cell = mt.Cell("ions", gold, [mt.Layer("ion", mt.IonConductor("1 mS/cm"), "0.1 mm")], mt.Blocking("1 uF/cm^2"))
    together, apart = mt.simulate(cell, protocol), one_by_one(cell, protocol, route=mt.Laplace(points=32))
    said = float(together.attrs["route"].rpartition(" ")[2].rstrip(")"))
    missed = max(
        float(np.max(np.abs(together[name] - apart[name])) / np.max(np.abs(apart[name])))
        for name in ("current", "overpotential")
    )
    assert missed < 1e-8 and missed < said < 1e-5


def test_a_long_record_agrees_with_stock_pybamm() -> None:
    """tests/cases/27_replay_noisy_current, shortened: `pybamm.step.current` of the same samples on the same model."""
    import pybamm

    t = np.arange(0.0, 200.0)
    current = 1e-5 * np.sign(np.sin(2 * np.pi * (t + 0.5) / 40)) + 1e-7 * np.random.default_rng(1).standard_normal(200)
    run = mt.simulate(mt.cell("trilayer"), recorded(t, current, by_voltage=False), route=mt.Mesh())
    model = mt.StackModel(mt.cell("trilayer"), f_max=1 / (2 * np.pi), layers=mt.Mesh())
    step = pybamm.step.current(np.column_stack([t, -current]), duration=199.0, period=1.0)
    solver = pybamm.IDAKLUSolver(rtol=1e-7, atol=1e-10)
    stock = pybamm.Simulation(model, experiment=pybamm.Experiment([step]), solver=solver).solve()
    theirs = np.interp(t, stock["Time [s]"].entries, stock["Voltage [V]"].entries)
    ours = run["voltage"].values[run["time"].searchsorted(t, side="right") - 1]
    # 68 mV; stock PyBaMM does not tell its solver where the corners are, which costs 1e-6 V where the current turns
    np.testing.assert_allclose(ours[1:], theirs[1:], rtol=0, atol=2e-6)
    apart = one_by_one(mt.cell("trilayer"), recorded(t, current, by_voltage=False), route=mt.Mesh())
    np.testing.assert_allclose(run["voltage"], apart["voltage"], rtol=0, atol=2e-7)
