"""How runs of `simulate` fail, are interrupted, end at limits, and go on from where others ended."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from mgtwin.cells import Blocking, Cell, IonConductor, Layer, MixedConductor, Plating
from mgtwin.cells.files import cell
from mgtwin.dataset import problems
from mgtwin.errors import InputError, SimulationError
from mgtwin.protocols import EIS, Cycling, Galvanostatic, Polarization, Rest, Sequence
from mgtwin.simulation import simulate
from mgtwin.simulation.integrator import Integrator, SegmentSolution

GOLD = Blocking(0.1)
MG = Plating(5.0, double_layer=0.1)
SEALED = Blocking(0.1, electronic_resistance=np.inf)
ION = IonConductor(0.05)
MIXED = MixedConductor(0.05, 0.01, 1e6)


def single(negative: Any, material: Any, positive: Any, **fields: Any) -> Cell:
    """One layer of 0.1 mm between two electrodes of 1 cm2."""
    return Cell("made_up", negative, [Layer("layer", material, 1e-4)], positive, **fields)


#: Mg | ions | Mg: small, fast, with double layers.
SIMPLE = single(MG, ION, MG)
#: Four stretches of 10 s.
STAIRS = Polarization(["1 mV", "-1 mV", "1 mV", "-1 mV"], "10 s", first_time="1 s", per_decade=3)
#: Mg | mixed | Au with a profile of E.
DIFFUSING = single(MG, MIXED, GOLD)


# -- failures -------------------------------------------------------------------------------------------------------
def failing_at(number: int, failure: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let stretch `number` of every integrator fail."""
    original = Integrator.run

    def run(self: Integrator, segment: Any, state: np.ndarray) -> SegmentSolution:
        self.calls = getattr(self, "calls", 0) + 1  # type: ignore[attr-defined]
        if self.calls == number:  # type: ignore[attr-defined]
            raise failure
        return original(self, segment, state)

    monkeypatch.setattr(Integrator, "run", run)


def test_a_failure_says_when_and_keeps_what_was_done(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = simulate(SIMPLE, STAIRS)
    failing_at(3, SimulationError("the corrector did not converge", time=0.0), monkeypatch)
    with pytest.raises(SimulationError) as caught:
        simulate(SIMPLE, STAIRS)
    error = caught.value
    assert error.time == pytest.approx(20.0)
    assert "the integration failed in step 2 (cycle 0" in str(error) and "20 s after the start" in str(error)
    assert "the corrector did not converge" in str(error)
    partial = error.partial
    assert partial is not None and problems(partial) == []
    assert set(partial["step"].values) == {0, 1}
    np.testing.assert_array_equal(partial["voltage"], whole["voltage"][whole["step"] < 2])
    assert any("the integration failed" in text for text in partial.attrs["warnings"])
    # and the run can go on from there
    monkeypatch.undo()
    rest = simulate(SIMPLE, dataclasses.replace(STAIRS, voltage=STAIRS.voltage[2:]), start=partial)
    np.testing.assert_allclose(rest["current"], whole["current"][whole["step"] >= 2], rtol=1e-6, atol=1e-12)


def test_a_failure_in_the_first_stretch_has_nothing_to_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    failing_at(1, SimulationError("no", time=0.0), monkeypatch)
    with pytest.raises(SimulationError) as caught:
        simulate(SIMPLE, Rest("1 s", points=2))
    assert caught.value.partial is None and caught.value.time == 0.0


def test_a_solver_that_gives_up_is_a_simulation_error(monkeypatch: pytest.MonkeyPatch) -> None:
    import pybamm

    def gives_up(*args: Any, **kwargs: Any) -> None:
        raise pybamm.SolverError("IDA_CONV_FAIL at t = 12")

    monkeypatch.setattr(pybamm.IDAKLUSolver, "solve", gives_up)
    with pytest.raises(SimulationError, match=r"made_up: the integration failed in step 0 .*the solver finds no step"):
        simulate(DIFFUSING, Polarization(0.1, "1 h"))


def test_a_failure_in_a_sequence_keeps_the_finished_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    protocol = Sequence([EIS.at([1.0]), STAIRS, Rest("1 s", points=2)])
    failing_at(2, SimulationError("no", time=0.0), monkeypatch)
    with pytest.raises(SimulationError, match="step 01_polarization: made_up: the integration failed") as caught:
        simulate(SIMPLE, protocol)
    assert list(caught.value.partial.children) == ["00_eis", "01_polarization"]
    assert set(caught.value.partial["01_polarization"]["step"].values) == {0}


def test_an_interruption_returns_what_was_done(monkeypatch: pytest.MonkeyPatch) -> None:
    failing_at(3, KeyboardInterrupt(), monkeypatch)
    run = simulate(SIMPLE, STAIRS)
    assert set(run["step"].values) == {0, 1} and problems(run) == []
    assert "interrupted after 2 of 4 steps: the rest was not simulated" in run.attrs["warnings"]


def test_an_interruption_before_anything_was_done_goes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    failing_at(1, KeyboardInterrupt(), monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        simulate(SIMPLE, Rest("1 s", points=2))


def test_an_interrupted_sequence_returns_the_finished_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    failing_at(2, KeyboardInterrupt(), monkeypatch)
    steps = [EIS.at([1.0]), STAIRS, Rest("1 s", points=2)]
    tree = simulate(SIMPLE, Sequence(steps))
    assert list(tree.children) == ["00_eis", "01_polarization"]
    assert any("interrupted in step 01_polarization" in text for text in tree.attrs["warnings"])
    monkeypatch.undo()
    failing_at(2, KeyboardInterrupt(), monkeypatch)
    outer = simulate(SIMPLE, Sequence([Sequence(steps), Rest("1 s", points=2)]))
    assert list(outer.children) == ["00_sequence"]  # the outer one stops as well


# -- limits ---------------------------------------------------------------------------------------------------------
def test_a_limit_ends_a_half_cycle_and_is_noted() -> None:
    item = single(MG, ION, Plating(1e-3, double_layer=0.1))  # (RT/F) asinh(0.2/2e-3) = 0.14 V at the right electrode
    run = simulate(item, Cycling("-20 uA", "60 s", cycles=2, limits=("-0.1 V", "0.1 V"), points=5))
    assert float(run["time"][-1]) < 120
    for step in range(4):
        half = run.isel(time=np.flatnonzero(run["step"].values == step))
        assert abs(float(half["voltage"][-1])) == pytest.approx(0.1, abs=1e-6)
    for side in ("lowest", "highest"):
        assert f"{side} voltage ended half cycles of cycle 0-1" in run.attrs["warnings"]
    assert list(run["limited"].values) == [1, 1]
    capacity = run["half_cycle_capacity"].values
    assert np.all(np.abs(capacity) < 60 * 20e-6) and list(np.sign(capacity)) == [-1, 1, -1, 1]
    assert problems(run) == []


def test_a_limit_that_is_passed_at_once_is_a_result_too() -> None:
    """A dying cell: its ohmic drop alone is beyond the limit. No crash, one sample, no time, no charge."""
    item = SIMPLE.with_({"series_resistance": 1.0})
    run = simulate(item, Cycling("-1 mA", "60 s", cycles=1, rest="1 s", limits=("-0.1 V", "0.1 V"), points=5))
    assert run.attrs["warnings"] == [f"{side} voltage ended half cycles of cycle 0" for side in ("lowest", "highest")]
    first = run.isel(time=np.flatnonzero(run["step"].values == 0))
    assert first.sizes["time"] == 1 and float(first["voltage"][0]) < -1.0  # what the instrument reads
    assert float(first["current"][0]) == pytest.approx(-1e-3)
    np.testing.assert_array_equal(run["half_cycle_capacity"], [0.0, 0.0])
    assert float(run["time"][-1]) == pytest.approx(2.0)  # the two rests
    assert problems(run) == []
    alone = simulate(item, Galvanostatic("1 mA", "60 s", limits=("-0.1 V", "0.1 V")))
    assert alone.attrs["warnings"] == ["step 0: event: highest voltage after 0 s"]


# -- start ----------------------------------------------------------------------------------------------------------
def test_two_half_runs_are_one_run() -> None:
    for item in (SIMPLE, DIFFUSING, cell("trilayer")):
        one = simulate(item, Polarization("20 mV", "100 s", first_time="1 s", per_decade=5))
        half = simulate(item, Polarization("20 mV", "50 s", first_time="1 s", per_decade=5))
        rest = simulate(item, Polarization("20 mV", "50 s", first_time="1 s", per_decade=5), start=half)
        # to the integrator's tolerance of 1e-7, for the meshes are equal
        assert float(rest["current"][-1]) == pytest.approx(float(one["current"][-1]), rel=1e-6)
        for name in ("overpotential", "electronic_current"):
            np.testing.assert_allclose(rest[name][..., -1], one[name][..., -1], rtol=1e-5, atol=1e-12)


def test_start_works_across_meshes() -> None:
    """The first half on a mesh for 1 us, the second on one for 1 s."""
    one = simulate(DIFFUSING, Polarization("20 mV", "100 s", first_time="1 s", per_decade=5))
    half = simulate(DIFFUSING, Polarization("20 mV", "50 s", first_time="1 us", per_decade=2))
    rest = simulate(DIFFUSING, Polarization("20 mV", "50 s", first_time="1 s", per_decade=5), start=half)
    assert half.sizes["x"] != rest.sizes["x"]
    assert float(rest["current"][-1]) == pytest.approx(float(one["current"][-1]), rel=1e-4)  # mesh


def test_start_time_chooses_an_earlier_state() -> None:
    run = simulate(SIMPLE, Cycling("1 uA", "10 s", cycles=2, points=4))
    again = simulate(SIMPLE, Cycling("1 uA", "10 s", cycles=1, points=4), start=run, start_time="20 s")
    late = run["step"].values >= 2
    np.testing.assert_allclose(again["voltage"], run["voltage"][late], rtol=1e-6, atol=1e-12)
    with pytest.raises(InputError, match="keeps no state at 15 s, only at the ends of its stretches: 10, 20, 30, 40 s"):
        simulate(SIMPLE, Rest("1 s"), start=run, start_time=15.0)


def test_a_start_from_elsewhere_is_refused() -> None:
    run = simulate(SIMPLE, Rest("1 s", points=2))
    with pytest.raises(InputError, match=r"start belongs to another cell than made_up: they do not share .*potential"):
        simulate(DIFFUSING, Rest("1 s"), start=run)
    with pytest.raises(InputError, match="start belongs to another cell"):
        simulate(DIFFUSING, EIS.at([1.0]), start=run)
    spectrum = simulate(SIMPLE, EIS.at([1.0]))
    with pytest.raises(InputError, match="this Dataset keeps no state"):
        simulate(SIMPLE, Rest("1 s"), start=spectrum)
    with pytest.raises(InputError, match="no step of this Sequence keeps a state"):
        simulate(SIMPLE, Rest("1 s"), start=simulate(SIMPLE, Sequence([EIS.at([1.0])])))


def test_a_spectrum_of_a_run_at_rest_is_the_one_at_rest() -> None:
    """The two routes meet: a run that changed nothing, linearised on the mesh, and the mesh-free solution."""
    frequencies = np.logspace(4, -2, 7)
    run = simulate(DIFFUSING, Rest("1 s", points=2))
    kept = simulate(DIFFUSING, EIS.at(frequencies), start=run)
    free = simulate(DIFFUSING, EIS.at(frequencies))
    np.testing.assert_allclose(kept["impedance"], free["impedance"], rtol=2e-4)  # mesh
    assert "exact" in free.attrs["route"] and "mesh" in kept.attrs["route"]
    assert free.attrs["warnings"] == [] and kept.attrs["warnings"] == []


def test_a_spectrum_of_a_drifting_state_says_so() -> None:
    run = simulate(DIFFUSING, Polarization("0.3 V", "1 s", first_time="1 ms", per_decade=2))
    moving = simulate(DIFFUSING, EIS.at([1e3, 1e-4]), start=run)
    assert any("the state is not stationary" in text for text in moving.attrs["warnings"])
