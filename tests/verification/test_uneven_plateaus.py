"""One reaction over the thickness of a host with two plateaus, without a restoring force: within 0.7 of the spread."""

from __future__ import annotations

import numpy as np
import pytest

import mgtwin as mt

from .test_insertion import PLATEAUS
from .test_insertion_resolved import full_cell


@pytest.mark.slow
def test_the_error_of_one_reaction_is_bounded_by_the_spread() -> None:
    """i/2 max(R_i, R_e)^2/(R_i + R_e) = 7.7 mV, of which 0.5 mV are seen, six times as much as on a slope."""
    cell, spread = full_cell(filling=0.05, potential=PLATEAUS), 7.7e-3
    current = 2 * spread * 4.5e-3 / 3e-3**2
    runs = []
    for way in (mt.Uniform(), mt.Resolved(8)):
        protocol = mt.Galvanostatic(-current, "3 h", limits=(0.75, 2.0), points=120)
        runs.append(mt.simulate(cell.with_({"positive.resolution": way}), protocol))
    shared = np.linspace(60.0, 0.98 * min(float(run["time"][-1]) for run in runs), 400)
    apart = np.abs(np.subtract(*(np.interp(shared, run["time"], run["voltage"]) for run in runs)))
    assert 1e-4 < apart.max() < 0.7 * spread
