"""Cycles left out: the multirate scheme against full runs, its error estimate, and where it must not skip."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.cells import Cell, Contact, CrackGrowth, FatigueContactLoss, FilmGrowth, IonConductor, Layer, Plating
from mgtwin.dataset import problems
from mgtwin.errors import InputError, SimulationError
from mgtwin.protocols import EIS, CycleSkipping, Cycling, from_data
from mgtwin.simulation import simulate
from mgtwin.simulation.cycle_integrator import CycleIntegrator

#: a = 0.02 + 0.98 exp(-k |j| t) is 0.5 after 1000 cycles of 24 C/m2.
RATE = float(np.log(0.98 / 0.48) / 24000)
CONTACT = Contact(1.0, "20 um")
PERIOD: dict[str, Any] = {"current": "-20 uA", "half_cycle": "60 s", "points": 4}


def aged(*laws: Any, **fields: Any) -> Cell:
    electrode = Plating(5.0, double_layer=0.1, contact=CONTACT, ageing=laws, **fields)
    layers = [Layer("layer", IonConductor(0.05), 1e-4)]
    return Cell("made_up", electrode, layers, Plating(5.0, double_layer=0.1))


FATIGUE = aged(FatigueContactLoss(RATE, 0.02))
CASES = {
    "fatigue": (FATIGUE, "final_contact_fraction"),
    "film from nothing": (aged(FilmGrowth(1e-7, 1e-10)), "final_film_resistance"),
    "crack": (aged(CrackGrowth("5 um", "12 C/m^2", "0.1 mm", "6 mm", 0.02, 2.0, "1 MPa")), "final_contact_fraction"),
    "film and fatigue": (aged(FatigueContactLoss(RATE, 0.02), FilmGrowth(1e-7, 1e-10)), "final_film_resistance"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_skipped_life_is_the_full_one_within_the_tolerance(name: str) -> None:
    cell, quantity = CASES[name]
    full = simulate(cell, Cycling(cycles=400, traces=(), **PERIOD))
    for rtol in (1e-2, 1e-4):
        run = simulate(cell, Cycling(cycles=400, traces=(), skipping=CycleSkipping(rtol), **PERIOD))
        assert problems(run) == []
        one, other = (ds[quantity].sel(interface="negative").values for ds in (run, full))
        # rtol per jump, the jumps of a life adding up to a few of them
        np.testing.assert_allclose(one, other, rtol=4 * rtol)
        np.testing.assert_allclose(run["half_difference"], full["half_difference"], rtol=4 * rtol)
        np.testing.assert_allclose(run["cycle_end_time"], full["cycle_end_time"], rtol=1e-12)
        np.testing.assert_allclose(run["half_cycle_capacity"], full["half_cycle_capacity"], rtol=1e-12)
        assert run["resolved"].values.sum() < 300 and run["resolved"].values[-1] == 1


def test_a_tighter_tolerance_resolves_more_cycles() -> None:
    """The error estimate falls with the cube of a jump: jumps shrink with the third root of the tolerance."""
    counts = [
        int(simulate(FATIGUE, Cycling(cycles=2000, skipping=CycleSkipping(rtol), **PERIOD))["resolved"].sum())
        for rtol in (1e-2, 1e-4)
    ]
    assert 2 < counts[1] / counts[0] < 8  # 4.6 for jumps of one length


def test_a_life_follows_the_closed_form_at_little_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    solved = []
    original = CycleIntegrator.cycles

    def counted(self: CycleIntegrator, cycles: Any, *args: Any, **kwargs: Any) -> Any:
        solved.append(len(cycles))
        return original(self, cycles, *args, **kwargs)

    monkeypatch.setattr(CycleIntegrator, "cycles", counted)
    run = simulate(FATIGUE, Cycling(cycles=10_000, skipping=CycleSkipping(), **PERIOD))
    a = 0.02 + 0.98 * np.exp(-RATE * 24 * np.arange(1, 10_001))
    found = run["final_contact_fraction"].sel(interface="negative").values
    np.testing.assert_allclose(found, a, rtol=5e-3)  # the tolerance of a few jumps; double layers take 1e-3
    assert found[999] == pytest.approx(0.5, rel=3e-3)
    assert sum(solved) < 0.02 * 10_000  # rejected jumps included
    assert f"{int(run['resolved'].sum())} of 10000 cycles resolved" in run.attrs["route"]
    assert run.sizes["time"] <= 5000


def test_spectra_fall_on_resolved_cycles() -> None:
    probe = EIS.at([1e3, 1.0])
    run = simulate(FATIGUE, Cycling(cycles=300, skipping=CycleSkipping(), probe=probe, every=100, **PERIOD))
    taken = np.flatnonzero(np.isfinite(run["impedance"].values.real).all(axis=1))
    assert list(taken) == [99, 199, 299] and run["resolved"].values[taken].all()
    full = simulate(FATIGUE, Cycling(cycles=100, probe=probe, every=100, **PERIOD))
    np.testing.assert_allclose(run["impedance"][99], full["impedance"][99], rtol=2e-3)


def test_nothing_is_skipped_while_a_limit_bites() -> None:
    free = simulate(FATIGUE, Cycling(cycles=200, traces=(), **PERIOD))
    bound = 1.00001 * float(free["half_difference"][100])
    limited: dict[str, Any] = {"limits": (-bound, bound), "cycles": 200, "traces": (), **PERIOD}
    run = simulate(FATIGUE, Cycling(skipping=CycleSkipping(), **limited))
    first = int(np.flatnonzero(run["limited"].values)[0])
    assert abs(first - 101) <= 2  # where the full run is cut short, within the tolerance of a
    assert run["resolved"].values[first:].all() and not run["resolved"].values[:first].all()


def test_a_failure_after_a_jump_shortens_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver that fails wherever a jump lands leaves a full run."""
    original = CycleIntegrator.cycles
    last = [-1]

    def failing(self: CycleIntegrator, cycles: Any, *args: Any, **kwargs: Any) -> Any:
        if cycles[0][0].cycle > last[0] + 1:
            raise SimulationError("no", time=0.0)
        last[0] = cycles[-1][0].cycle
        return original(self, cycles, *args, **kwargs)

    monkeypatch.setattr(CycleIntegrator, "cycles", failing)
    run = simulate(FATIGUE, Cycling(cycles=20, skipping=CycleSkipping(), **PERIOD))
    assert run["resolved"].values.all() and run.sizes["cycle"] == 20


def test_a_cell_that_does_not_age_repeats_itself() -> None:
    cell = Cell("plain", Plating(5.0, double_layer=0.1), [Layer("layer", IonConductor(0.05), 1e-4)], Plating(5.0))
    run = simulate(cell, Cycling(cycles=1000, skipping=CycleSkipping(), **PERIOD))
    assert int(run["resolved"].sum()) < 30
    np.testing.assert_allclose(run["half_difference"], float(run["half_difference"][-1]), rtol=1e-4)


def test_the_setting_is_a_noun() -> None:
    protocol = Cycling(cycles=10, skipping=CycleSkipping(1e-2, longest=50), **PERIOD)
    assert from_data(protocol.to_data()) == protocol
    with pytest.raises(InputError, match=r"rtol: .*greater than 0"):
        CycleSkipping(0.0)
    with pytest.raises(InputError, match=r"longest: .*greater than or equal to 1"):
        CycleSkipping(longest=0)
    assert mt.CycleSkipping is CycleSkipping


def test_what_settles_slowly_is_predicted_like_what_ages() -> None:
    """A junction whose R C is 500 cycles: 0.1.0 froze its voltage, and the half-sum was 48 mV instead of 7 mV."""
    slow = mt.Junction("0.05 ohm*m^2", 500 * 120.0 / 0.05)
    layers = [Layer("a", IonConductor(0.05), 1e-4), Layer("b", IonConductor(0.05), 1e-4)]
    electrode = Plating(5.0, double_layer=0.1, contact=CONTACT, ageing=FatigueContactLoss(RATE, 0.02))
    cell = Cell("made_up", electrode, layers, Plating(5.0, double_layer=0.1), {"a-b": slow})
    # each half cycle begins with the same sign: the junction keeps a mean voltage that takes 500 cycles to go
    full, run = (
        simulate(cell, Cycling(cycles=600, traces=(), skipping=skipping, **PERIOD))
        for skipping in (None, CycleSkipping(1e-3))
    )
    for name in ("half_sum", "half_difference"):
        scale = float(abs(full["half_difference"]).max())
        np.testing.assert_allclose(run[name], full[name], atol=4e-3 * scale)
    assert run["resolved"].values.sum() < 400
