"""Stacks side by side against IDAKLU on the same model, and their differences against its forward sensitivities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pybamm
import pytest

import mgtwin as mt
from mgtwin.batch.stacks import ParameterSets
from mgtwin.models import names
from mgtwin.simulation import checks
from mgtwin.simulation.integrator import SOLVER_OPTIONS
from mgtwin.simulation.sensitivities import SensitiveRun

PATHS = (
    "layers.antiperovskite.thickness",
    "layers.antiperovskite.material.ionic_conductivity.reference",
    "positive.exchange_current_density.reference",
    "layers.buffer_left.thickness",
    "temperature",
)


def sets_of(cell: Any, segments: Any, keys: Any) -> ParameterSets:
    first, length = checks.first_output(segments), sum(segment.duration for segment in segments)
    dielectric = checks.check_feasible(cell, segments)
    return ParameterSets(
        cell, keys, f_max=1 / (2 * np.pi * first), dielectric=dielectric, cpe_window=(0.1 / length, 10 / first)
    )


def signals(sets: ParameterSets, segments: Any, values: np.ndarray) -> np.ndarray:
    """Voltage and PyBaMM's current at all output times, shape (2, times, sets)."""
    state, parts = sets.at_rest(values), []
    for segment in segments:
        found = sets.integrate(state, values, [segment] * values.shape[1])
        assert not found.failures
        numbers = sets.numbers(values).T
        read = [sets.evaluate(found.states[:, :, k].T, numbers[k]) for k in range(values.shape[1])]
        parts.append(np.array([[one[name] for one in read] for name in (names.VOLTAGE, names.CURRENT)]))
        state = found.final
    return np.concatenate(parts, axis=2).transpose(0, 2, 1)


def own(cell: Any, keys: Any) -> np.ndarray:
    return np.array([float(cell.get(key)) for key in keys])


@pytest.mark.parametrize(
    ("protocol", "tolerance"),
    [
        (mt.Galvanostatic("10 uA", "1 h", points=20), 1e-9),
        (mt.Cycling("10 uA", "1 h", cycles=1, points=10), 1e-9),
        (mt.Polarization("0.2 V", "1 h", first_time="1 s", per_decade=5), 1e-6),
        (mt.Voltammetry("-0.1 V", "0.1 V", "1 mV/s", points=10), 4e-6),
    ],
    ids=["current", "cycle", "step of the voltage", "triangle of the voltage"],
)
def test_sets_agree_with_idaklu_on_the_same_model(
    protocol: Any, tolerance: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MGTWIN_CACHE", "0")  # the model is changed below
    cell = mt.cell("trilayer")
    segments = protocol.segments(cell)
    base = own(cell, PATHS)
    values = base[:, np.newaxis] * np.array([1.0, 0.9, 1.1, 1.2])
    values[-1] = 298.15 + np.array([0.0, 5.0, -5.0, 10.0])
    run = SensitiveRun(cell, segments, PATHS)
    # at the tolerances of runs IDAKLU itself is 1e-8 of the voltage off
    tight = pybamm.IDAKLUSolver(rtol=1e-10, atol=1e-13, options=SOLVER_OPTIONS)
    run._models.plain.solver = tight
    found = signals(sets_of(cell, segments, PATHS), segments, values)
    for k in range(values.shape[1]):
        voltage, current = run.run(dict(zip(run.names, values[:, k], strict=True)))
        assert found[0, :, k] == pytest.approx(voltage, abs=tolerance * np.abs(voltage).max())
        assert -found[1, :, k] == pytest.approx(current, abs=tolerance * np.abs(current).max())


def test_differences_are_forward_sensitivities() -> None:
    cell = mt.cell("trilayer")
    segments = mt.Galvanostatic("10 uA", "1 h", points=20).segments(cell)
    base, step = own(cell, PATHS), 1e-6
    values = base[:, np.newaxis] * (1 + step * np.eye(len(PATHS), len(PATHS) + 1, k=1))
    found = signals(sets_of(cell, segments, PATHS), segments, values)[0]
    slopes = (found[:, 1:] - found[:, :1]) / (step * base)
    run = SensitiveRun(cell, segments, PATHS)
    _, _, known = run.derivatives(dict(zip(run.names, base, strict=True)))
    largest = np.abs(known[0]).max(axis=0)
    # what is left is half the second derivative times the step
    assert np.abs(slopes - known[0]).max(axis=0) == pytest.approx(np.zeros(len(PATHS)), abs=2e-6 * largest.max())
    assert np.all(np.abs(slopes - known[0]).max(axis=0) < 2e-5 * largest)


def test_a_limit_ends_every_set_where_simulate_ends_it() -> None:
    cell, key = mt.cell("trilayer"), "positive.exchange_current_density.reference"
    protocol = mt.Galvanostatic("10 uA", "1 h", limits=("-1 V", "0.0674 V"), first_time="1 ms", points=30)
    (segment,) = protocol.segments(cell)
    values = own(cell, [key]) * np.array([[0.7, 0.9, 1.1, 1.3]])
    sets = sets_of(cell, (segment,), [key])
    found = sets.integrate(sets.at_rest(values), values, [segment] * 4)
    assert len(set(found.ended_by)) == 2
    for k, value in enumerate(values[0]):
        run = mt.simulate(cell.with_({key: float(value)}), protocol, route=mt.Mesh())
        assert found.ends[k] == pytest.approx(float(run["time"][-1]), rel=1e-5)
        reached = sets.solution(found, k, sets.numbers(values)[:, k], segment)
        assert reached.outputs[names.VOLTAGE][-1] == pytest.approx(float(run["voltage"][-1]), abs=1e-8)
        assert reached.times.size == run["time"].size


def test_members_of_an_ensemble_step_on_from_any_state() -> None:
    cell, key = mt.cell("trilayer"), "temperature"
    half = mt.Galvanostatic("10 uA", "30 min", points=4).segments(cell)[0]
    whole = mt.Galvanostatic("10 uA", "1 h", points=4).segments(cell)[0]
    values = np.array([[298.15, 303.15, 308.15]])
    sets = sets_of(cell, (half,), [key])
    rest = sets.at_rest(values)
    once = sets.step(rest, values, whole)
    twice = sets.step(sets.step(rest, values, half), values, half)
    assert twice == pytest.approx(once, abs=1e-7 * np.abs(once).max())
    # members change places with their numbers
    order = np.array([2, 0, 1])
    assert sets.step(rest[:, order], values[:, order], whole) == pytest.approx(once[:, order], rel=1e-9, abs=1e-12)


def test_a_member_without_a_state_is_masked() -> None:
    cell, key = mt.cell("trilayer"), "temperature"
    (segment,) = mt.Galvanostatic("10 uA", "1 h", points=4).segments(cell)
    values = np.array([[298.15, 303.15]])
    sets = sets_of(cell, (segment,), [key])
    rest = sets.at_rest(values)
    broken = rest.copy()
    broken[:, 1] = np.nan
    found = sets.step(broken, values, segment)
    assert np.isnan(found[:, 1]).all()
    assert found[:, 0] == pytest.approx(sets.step(rest, values, segment)[:, 0], rel=1e-6, abs=1e-8)
