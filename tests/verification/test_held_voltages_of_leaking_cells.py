"""CC-CV and cycles of a cell that leaks: currents that pass 0 on their way to the leak, and what is lost meanwhile."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.batch.runs import side_by_side

from .test_insertion import CAPACITY
from .test_leaking_cells import PELLET, STRAIGHT, bridged, leaking

LEAKY = leaking(STRAIGHT, **{"positive.resolution": mt.Uniform(), "positive.filling": 0.3})
LEAK = 0.9 * 4.9e-6 / PELLET  # A/m2 at 0.9 V, of 1 m2


@pytest.mark.parametrize("until", [1e-3, 1e-9])
def test_a_discharge_ends_on_its_way_through_zero(until: float) -> None:
    """However small `until` is against what a step of the integrator changes; the leak is never reached."""
    run = mt.simulate(LEAKY, mt.CCCV(-1.0, 0.9, until, "3e5 s", points=10))
    assert run.attrs["warnings"][-1].startswith("step 1: event: least current")
    assert run["current"].values[-1] == pytest.approx(-until, abs=1e-9)
    assert np.all(run["current"].values[1:] < LEAK / 10) and run["time"].values[-1] < 1e5


def test_side_by_side_each_ends_on_its_way() -> None:
    cell, path, values = bridged(STRAIGHT, 1e-3), "positive.thickness", np.array([2e-5, 3e-5, 4e-5])
    cells = [cell.with_({path: value}) for value in values]
    runs = side_by_side(cell, cells, {path: values}, mt.CCCV(-1.0, 0.9, 1e-6, "3e5 s", points=4)).datasets
    assert len(runs) == 3
    for run in runs.values():
        assert run["current"].values[-1] == pytest.approx(-1e-6, abs=1e-7)


def test_cycles_lose_what_leaks() -> None:
    """From its assembly, as much comes out as goes in; the host is left with what leaked, U and leak being linear."""
    cycles = mt.Cycling(-1.0, "1 h", cycles=5, points=2)
    run = mt.simulate(LEAKY, cycles)
    assert sum(run["half_cycle_capacity"].values) == pytest.approx(0.0, abs=1e-9)
    assert any("no state of rest: the run begins with the cell as assembled" in text for text in run.attrs["warnings"])
    gained = CAPACITY * (mt.analysis.stoichiometry(run) - 0.3)
    # half of the charge of a half cycle fuller on average, U lies lower by that
    lower = 0.2 * 1800.0 / CAPACITY / 0.94
    assert gained == pytest.approx(mt.analysis.self_discharge(LEAKY).after("10 h") * (1 - lower), rel=2e-3)


def test_what_a_leaking_cell_says_of_its_first_moment() -> None:
    """The jump from E = 0 to the host at 0 s is no supersaturation; leads are over, the leak or a shunt beside them."""
    for cell in (LEAKY, bridged(STRAIGHT, 1.0)):
        led = cell.with_({"fixture": mt.Fixture("1 uH", "100 pF"), "positive.resolution": mt.Uniform()})
        run = mt.simulate(led, mt.Rest("1 h", points=3))
        said = " ".join(run.attrs["warnings"])
        assert "the fixture is left out of this run in time: L/R" in said and "supersaturated" not in said
