"""Steps of microvolts of a cell that stands at a volt, which the relative tolerance of the integrator limits."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.impedance import exact_laplace, step_response
from mgtwin.simulation.integrator import Integrator

from .test_small_signal import SMALL, shipped


@pytest.mark.parametrize("name", ["mg_polymer_ti2s4"])
@pytest.mark.parametrize(("tolerance", "error"), [(1e-8, 3e-3), (1e-11, 3e-6)])
def test_the_mesh_is_the_closed_form(
    name: str, tolerance: float, error: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the signal itself, without Richardson's extrapolation: in proportion to the tolerance."""
    monkeypatch.setenv("MGTWIN_CACHE", "0")  # a kept model has the tolerance that it was made with
    monkeypatch.setattr(Integrator, "rtol", tolerance)
    monkeypatch.setattr(Integrator, "atol", 1e-2 * tolerance)
    cell = shipped(name)
    size = SMALL / exact_laplace(cell, 1e-3).real
    steps = [mt.Galvanostatic(sign * size, "1 h", first_time="10 ms", points=24) for sign in (1, -1)]
    up, down = (mt.simulate(cell, step, route=mt.Mesh()) for step in steps)
    t = up["time"].values
    closed = step_response(cell, t[t > 0], mt.Current(size), points=32)
    found = ((up["voltage"] - down["voltage"]) / 2).values[t > 0]
    assert np.max(np.abs(found - closed)) < error * np.max(np.abs(closed))
