"""CC-CV of a cell that leaks: a discharge's current passes 0 on its way to the one that makes up for the leak."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.batch.runs import side_by_side

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
