"""Runs of many cycles: one solve per stretch, the summary, traces, spectra, interruptions, going on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import mgtwin as mt
from mgtwin import CPE
from mgtwin.cells import (
    Cell,
    Contact,
    DefectElectrons,
    FatigueContactLoss,
    FilmGrowth,
    IonConductor,
    Layer,
    MixedConductor,
    Plating,
)
from mgtwin.dataset import has_gaps, problems
from mgtwin.errors import InputError, SimulationError
from mgtwin.protocols import EIS, Cycling, Every, Replay, Rest, Sequence, from_data
from mgtwin.simulation import cycling_run, simulate
from mgtwin.simulation.cycle_integrator import CycleIntegrator, quadrature

CONTACT = Contact(1.0, "20 um")
AGEING = Plating(5.0, double_layer=0.1, contact=CONTACT, ageing=[FatigueContactLoss("1e-3 m^2/C", 0.02)])
GROWTH = FilmGrowth("1e-6 ohm*m^4/C", onset_resistance=1e-3)
FILMED = Plating(5.0, double_layer=0.1, film_resistance=1e-4, contact=CONTACT, ageing=[GROWTH])
ION = IonConductor(0.05)
MIXED = MixedConductor(0.05, 0.01, 1e6)


def single(negative: Any, material: Any, positive: Any, **fields: Any) -> Cell:
    return Cell("made_up", negative, [Layer("layer", material, 1e-4)], positive, **fields)


#: Small, with one electrode that loses its contact: 0.9 after 26 cycles of 120 s at 0.1 A/m2, 0.2 A/m2.
SIMPLE = single(AGEING, ION, Plating(5.0, double_layer=0.1))
PROTOCOL = Cycling("-20 uA", "60 s", cycles=25, points=6)

CELLS = {
    "ODE": SIMPLE,
    "film (an algebraic unknown)": single(FILMED, ION, AGEING),
    "mixed conductor": single(AGEING, MIXED, AGEING),
    "nonlinear faces": single(AGEING, MixedConductor(0.05, DefectElectrons(1e-5, 1e-4), 1e6), AGEING),
    "constant-phase element": single(Plating(5.0, double_layer=CPE(0.1, 0.9)), ION, AGEING),
    "no double layer": single(Plating(5.0), ION, AGEING),
}


def same(first: xr.Dataset, second: xr.Dataset, **tolerance: float) -> None:
    assert set(first.data_vars) == set(second.data_vars)
    for name in first.data_vars:
        if first[name].dtype.kind == "U":
            assert list(first[name].values.ravel()) == list(second[name].values.ravel())
        else:
            np.testing.assert_allclose(second[name].values, first[name].values, err_msg=str(name), **tolerance)


def joined(first: xr.Dataset, second: xr.Dataset) -> dict[str, np.ndarray]:
    """Summaries of two runs, one after the other."""
    names = [name for name in first.data_vars if first[name].dims[:1] == ("cycle",) and name != "cycle_end_time"]
    return {str(name): np.concatenate([first[name].values, second[name].values]) for name in names}


# -- one solve per stretch --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("rest", [None, "7 s"])
def test_many_cycles_in_one_solve_are_the_cycles_one_by_one(name: str, rest: Any) -> None:
    """Two routes: switches known to the solver within a solve, and a solve of its own for each half cycle."""
    cell, protocol = CELLS[name], Cycling("-20 uA", "60 s", cycles=4, rest=rest, points=6)
    integrator = CycleIntegrator(cell, limited=False, f_max=1.0, dielectric=False)
    cycles = [protocol.one_cycle(cell, number) for number in protocol.numbers]
    together, limited = integrator._together(cycles, integrator.rest_state, lambda number: True)
    singly = list(integrator.cycles(cycles, integrator.rest_state, lambda number: True, one_by_one=True))
    assert len(together) == len(singly) == 4 and not limited
    for one, other in zip((p for c in together for p in c), (p for c in singly for p in c), strict=True):
        np.testing.assert_array_equal(one.solution.times, other.solution.times)
        for output in ("Voltage [V]", "Current [A]"):
            # the integrator's tolerance is 1e-6 per step; the first sample is taken 1e-11 of the stretch later
            scale = float(np.max(np.abs(other.solution.outputs[output])))
            np.testing.assert_allclose(one.solution.outputs[output], other.solution.outputs[output], atol=1e-5 * scale)
        np.testing.assert_allclose([one.put_in, one.delivered], [other.put_in, other.delivered], rtol=1e-5, atol=1e-12)
        np.testing.assert_allclose(one.solution.state, other.solution.state, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("tau", np.geomspace(1e-5, 10, 13))
def test_the_quadrature_resolves_a_decay_of_any_speed(tau: float) -> None:
    times, weights = quadrature(2.0)
    exact = tau * (1 - np.exp(-2.0 / tau))
    assert weights @ np.exp(-times / tau) == pytest.approx(exact, abs=2 * 5e-7)


def test_energies_of_the_summary_are_those_of_dense_traces() -> None:
    run = simulate(SIMPLE, Cycling("-20 uA", "60 s", cycles=3, points=2000, traces=Every(1)))
    power = (run["voltage"] * run["current"]).values
    for cycle in range(3):
        here = run["cycle_number"].values == cycle
        dense = np.trapezoid(power[here], run["time"].values[here])  # 1000 equal steps: 1e-6
        assert float(run["energy_put_in"][cycle]) == pytest.approx(dense, rel=1e-4)
    np.testing.assert_array_equal(run["energy_delivered"], 0.0)


# -- the summary ------------------------------------------------------------------------------------------------------
def test_the_summary_is_the_same_whatever_traces_are_kept() -> None:
    runs = [
        simulate(SIMPLE, Cycling("-20 uA", "60 s", cycles=25, points=6, traces=kept)) for kept in (None, (), (3, 4))
    ]
    for run in runs[1:]:
        assert problems(run) == []
        summary = mt.analysis.cycle_summary(run)
        assert summary.sizes["cycle"] == 25 and problems(summary) == []
        # points at which outputs are wanted do not move the solver's steps
        same(mt.analysis.cycle_summary(runs[0]), summary, rtol=1e-12)
    assert "time" not in runs[1].dims and set(runs[2]["cycle_number"].values) == {3, 4}
    assert [has_gaps(run) for run in runs] == [False, True, True]


def test_the_summary_agrees_with_what_the_traces_show() -> None:
    run = simulate(SIMPLE, PROTOCOL)
    kept = mt.analysis.cycle_summary(run)
    traces = run.drop_vars([name for name in run.variables if "cycle" in run[name].dims or name == "cycle"])
    traces = mt.analysis.cycle_summary(traces.rename(cycle_number="cycle"))
    for name in ("deposition_voltage", "dissolution_voltage", "half_sum", "half_difference", "deposition_capacity"):
        np.testing.assert_allclose(kept[name], traces[name], rtol=1e-12)
    last = run.isel(time=-1)
    np.testing.assert_allclose(run["dissolution_overpotential"][-1], last["overpotential"], rtol=1e-12)
    np.testing.assert_allclose(run["final_contact_fraction"][-1], last["contact_fraction"], rtol=1e-12)


def test_charges_are_exact() -> None:
    run = simulate(SIMPLE, PROTOCOL)
    np.testing.assert_allclose(run["half_cycle_capacity"], np.tile([-1.2e-3, 1.2e-3], 25), rtol=1e-15)
    np.testing.assert_allclose(run["deposition_capacity"], 1.2e-3, rtol=1e-15)


def test_contact_is_lost_as_the_closed_form_says() -> None:
    """Form 10: a = a_min + (1 - a_min) exp(-k |j| t) at constant |j|; the double layer takes 1e-4 of the charge."""
    run = simulate(SIMPLE, PROTOCOL)
    charge = 2 * 1.2e-3 / 1e-4 * np.arange(1, 26)
    a = 0.02 + 0.98 * np.exp(-1e-3 * charge)
    np.testing.assert_allclose(run["final_contact_fraction"].sel(interface="negative"), a, rtol=1e-3)


def test_traces_are_bounded_by_default() -> None:
    assert PROTOCOL.traced() == tuple(range(25))
    protocol = Cycling("-20 uA", "60 s", cycles=1000)
    assert len(protocol.traced()) * 42 <= 5000 + 42 and {0, 999} <= set(protocol.traced())
    assert Every(10).among(range(5, 32)) == (10, 20, 30, 31)


def test_a_run_with_everything_survives_the_file(tmp_path: Path) -> None:
    spectra: dict[str, Any] = {"probe": EIS.at([1e3, 1.0]), "every": 2, "probe_rest": "9 s"}
    protocol = Cycling("-20 uA", "60 s", cycles=4, rest="5 s", points=3, traces=Every(2), **spectra)
    run = simulate(SIMPLE, protocol)
    opened = mt.open(mt.save(run, tmp_path / "run.nc"))
    xr.testing.assert_identical(opened, run)
    assert from_data(protocol.to_data()) == protocol
    assert run["step"].values[run["cycle_number"].values == 2].min() == 8


# -- limits -----------------------------------------------------------------------------------------------------------
def test_cycles_before_a_limit_share_a_solve_and_the_rest_goes_half_cycle_by_half_cycle() -> None:
    free = simulate(SIMPLE, PROTOCOL)
    bound = 1.00001 * float(abs(free["dissolution_voltage"][14]))  # reached in cycle 15: contact is lost all the time
    run = simulate(SIMPLE, Cycling("-20 uA", "60 s", cycles=25, points=6, limits=(-bound, bound)))
    assert list(run["limited"].values) == [0] * 15 + [1] * 10
    np.testing.assert_allclose(run["half_difference"][:15], free["half_difference"][:15], rtol=1e-6)
    np.testing.assert_allclose(abs(run["deposition_voltage"][15:]), bound, atol=1e-7)
    assert np.all(run["deposition_capacity"].values[15:] < 1.2e-3)
    assert "lowest voltage ended half cycles of cycle 15-24" in run.attrs["warnings"]
    assert problems(run) == []


# -- spectra along life -----------------------------------------------------------------------------------------------
def test_spectra_along_life_are_those_of_the_states_and_disturb_nothing() -> None:
    probe = EIS.at([1e4, 1.0, 1e-2])
    run = simulate(SIMPLE, Cycling("-20 uA", "60 s", cycles=25, points=6, probe=probe, every=10))
    assert list(np.flatnonzero(np.isfinite(run["impedance"].values.real).all(axis=1))) == [9, 19]
    plain = simulate(SIMPLE, PROTOCOL)
    np.testing.assert_array_equal(run["voltage"], plain["voltage"])
    for cycle in (9, 19):
        ended = float(run["cycle_end_time"][cycle])
        again = simulate(SIMPLE, probe, start=plain, start_time=ended)
        np.testing.assert_allclose(run["impedance"].sel(cycle=cycle), again["impedance"], rtol=1e-9)
    late, early = (abs(complex(run["impedance"].sel(cycle=n)[0])) for n in (19, 9))
    assert late > 1.01 * early  # the spectrum is that of the aged cell


def test_the_rest_before_a_spectrum_belongs_to_the_run() -> None:
    probe = EIS.at([1e3, 1.0])
    run = simulate(SIMPLE, Cycling("-20 uA", "60 s", cycles=2, points=6, probe=probe, every=1, probe_rest="1 h"))
    assert float(run["cycle_end_time"][-1]) == pytest.approx(2 * (120 + 3600))
    assert abs(float(run["voltage"][-1])) < 1e-9 and float(run["current"][-1]) == 0.0
    alone = simulate(SIMPLE, probe, start=run)
    np.testing.assert_allclose(run["impedance"][-1], alone["impedance"], rtol=1e-9)


# -- going on ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", CELLS)
def test_an_interrupted_run_goes_on_to_the_same_bits(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = simulate(CELLS[name], PROTOCOL)
    original = CycleIntegrator.cycles

    def interrupted(self: CycleIntegrator, cycles: Any, *args: Any, **kwargs: Any) -> Any:
        if cycles[0][0].cycle == 20:
            raise KeyboardInterrupt
        return original(self, cycles, *args, **kwargs)

    monkeypatch.setattr(CycleIntegrator, "cycles", interrupted)
    first = simulate(CELLS[name], PROTOCOL)
    monkeypatch.undo()
    assert first.attrs["interrupted"] and "interrupted after 20 of 25 cycles" in first.attrs["warnings"][-1]
    assert problems(first) == [] and first.sizes["cycle"] == 20
    rest = simulate(CELLS[name], PROTOCOL.after(first), start=first)
    assert list(rest["cycle"].values) == [20, 21, 22, 23, 24]
    for variable, values in joined(first, rest).items():
        np.testing.assert_array_equal(values, whole[variable].values, err_msg=variable)
    np.testing.assert_array_equal(np.concatenate([first["voltage"], rest["voltage"]]), whole["voltage"])
    np.testing.assert_array_equal(rest["state"][-1], whole["state"][-1])


def test_a_run_goes_on_while_limits_bite(monkeypatch: pytest.MonkeyPatch) -> None:
    """It knows from the run before that cycles are integrated one half cycle at a time."""
    protocol = Cycling("-20 uA", "60 s", cycles=6, points=6, limits=("-8 mV", "8 mV"))
    cell = SIMPLE.with_({"negative.contact.fraction": 0.05})
    whole = simulate(cell, protocol)
    assert whole["limited"].values.all()
    monkeypatch.setattr(cycling_run.CyclingRun, "left", property(lambda self: 3 - self.reached.cycles))
    first = simulate(cell, protocol)
    monkeypatch.undo()
    rest = simulate(cell, protocol.after(first), start=first)
    for variable, values in joined(first, rest).items():
        np.testing.assert_array_equal(values, whole[variable].values, err_msg=variable)


def test_a_failure_keeps_every_finished_cycle(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver that gives up in cycle 13, in the one solve of its stretch as on its own."""
    import pybamm

    whole = simulate(SIMPLE, PROTOCOL)
    original = CycleIntegrator._solve

    def giving_up(self: CycleIntegrator, stops: np.ndarray, times: np.ndarray, inputs: Any, state: np.ndarray) -> Any:
        self.solved = getattr(self, "solved", 0) + 1  # type: ignore[attr-defined]
        if self.solved == 2 or self.solved >= 9:  # type: ignore[attr-defined]
            raise pybamm.SolverError("IDA_CONV_FAIL")
        return original(self, stops, times, inputs, state)

    monkeypatch.setattr(CycleIntegrator, "_solve", giving_up)
    with pytest.raises(
        SimulationError, match="the integration failed in cycle 13, 1560 s after the start: the solver"
    ) as caught:
        simulate(SIMPLE, PROTOCOL)
    monkeypatch.undo()
    partial = caught.value.partial
    assert caught.value.time == pytest.approx(13 * 120.0)
    assert partial is not None and problems(partial) == [] and partial.sizes["cycle"] == 13
    rest = simulate(SIMPLE, PROTOCOL.after(partial), start=partial)
    for variable, values in joined(partial, rest).items():
        # cycles 10-12 were integrated singly: another choice of steps within the tolerance
        np.testing.assert_allclose(values, whole[variable].values, rtol=1e-6, atol=1e-12, err_msg=variable)


INTERRUPTED = """
import signal, sys
import mgtwin as mt
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background inherits "ignore"
cell = mt.Cell.from_yaml(open(sys.argv[1]).read())
def report(fraction, text):
    print(text, flush=True)
run = mt.simulate(cell, mt.Cycling("-20 uA", "60 s", cycles=100_000, points=6, traces=()), progress=report)
mt.save(run, sys.argv[2])
"""


def test_a_real_interrupt_leaves_a_valid_dataset(tmp_path: Path) -> None:
    SIMPLE.save(tmp_path / "cell.yaml")
    target = tmp_path / "run.nc"
    root = str(Path(mt.__file__).parents[1])
    environment = os.environ | {"PYTHONPATH": root}
    command = [sys.executable, "-c", INTERRUPTED, str(tmp_path / "cell.yaml"), str(target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        for _ in range(3):  # three stretches are done
            assert process.stdout.readline().startswith("cycle")
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.wait(timeout=60) == 0
    run = mt.open(target)
    assert isinstance(run, xr.Dataset) and problems(run) == [] and run.attrs["interrupted"]
    done = run.sizes["cycle"]
    assert done >= 30 and done % cycling_run.CYCLES_PER_SOLVE == 0
    rest = simulate(SIMPLE, Cycling("-20 uA", "60 s", cycles=10, points=6, first_cycle=done, traces=()), start=run)
    whole = simulate(SIMPLE, Cycling("-20 uA", "60 s", cycles=done + 10, points=6, traces=()))
    for variable, values in joined(run, rest).items():
        np.testing.assert_allclose(values, whole[variable].values, rtol=1e-6, atol=1e-12, err_msg=variable)


def test_nothing_is_left_of_a_finished_run() -> None:
    run = simulate(SIMPLE, Cycling("-20 uA", "60 s", cycles=2, points=2))
    with pytest.raises(InputError, match="2 cycles are done, and the protocol goes from cycle 0 to 1: nothing is left"):
        Cycling("-20 uA", "60 s", cycles=2, points=2).after(run)
    with pytest.raises(InputError, match="no dimension 'cycle'"):
        PROTOCOL.after(simulate(SIMPLE, Rest("1 s", points=2)))


# -- other protocols --------------------------------------------------------------------------------------------------
def test_cycles_in_a_sequence_and_replayed() -> None:
    tree = simulate(SIMPLE, Sequence([Cycling("-20 uA", "60 s", 2, points=3), EIS.at([1.0]), Rest("10 s", points=2)]))
    assert list(tree.children) == ["00_cycling", "01_eis", "02_rest"]
    run = tree["00_cycling"].to_dataset()
    assert Replay(run).type == "replay"
    thin = simulate(SIMPLE, Cycling("-20 uA", "60 s", 3, points=3, traces=(0,), probe=EIS.at([1.0]), every=1))
    again = simulate(SIMPLE, Replay(thin))  # its signal has gaps: the protocol itself
    same(thin, again, rtol=0, atol=0)
    with pytest.raises(InputError, match="keeps the traces of some cycles only"):
        Replay(thin, by_voltage=True)


def test_progress_tells_the_contact() -> None:
    seen: list[tuple[float, str]] = []
    simulate(SIMPLE, PROTOCOL, progress=lambda part, text: seen.append((part, text)))
    assert [part for part, _ in seen] == pytest.approx([0.4, 0.8, 1.0])
    assert seen[-1][1] == "cycle 25, contact 0.558 at negative"
