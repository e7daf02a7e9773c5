"""What a step of vanishing size says of a cell, on every shipped cell: the impedance, and the mesh of a small run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.cells.questions import nonlinearity
from mgtwin.cells.rest import rest_potentials
from mgtwin.impedance import exact_laplace, step_response
from mgtwin.simulation.integrator import Integrator


def shipped(name: str) -> Any:
    """A shipped cell; thick electrodes react as one, in runs as in spectra."""
    cell = mt.cell(name)
    return cell.with_({f"{side}.resolution": mt.Uniform() for side in cell.reaction_uniformity(0.0)})


NAMES = [entry.name for entry in mt.list_cells()]
#: Those that have other oracles: linear cells in test_laplace.py, those with modes in test_modes.py.
ELSEWHERE = [
    name for name in NAMES if not nonlinearity(mt.cell(name)) or any(x.material.has_modes for x in mt.cell(name).layers)
]
#: Volts after a quarter of an hour, small against RT/zF: what is cubic in it is a few millionths.
SMALL = 5e-5


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("per_decade", [200, 400])
def test_the_response_to_a_step_transforms_into_the_impedance(name: str, per_decade: int) -> None:
    """``Z(s) = int V'(t) exp(-s t) dt / I`` by quadrature, V a line between times: of second order."""
    cell, s = shipped(name), np.array([1e-3, 1.0, 1e3])
    t = np.geomspace(1e-9, 1e5, 14 * per_decade)
    V = step_response(cell, t, mt.Current(1.0))
    decays = np.exp(-s[:, None] * t)
    found = V[0] + (np.diff(V) / np.diff(t)) @ ((decays[:, :-1] - decays[:, 1:]) / s[:, None]).T
    np.testing.assert_allclose(found, exact_laplace(cell, s).real, rtol=0.6 / per_decade**2)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ELSEWHERE])
def test_small_runs_on_the_mesh_are_the_closed_form(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finite volumes of two sizes against 32 points of the contour; half the difference of both signs is odd in I."""
    monkeypatch.setattr(Integrator, "rtol", 1e-8)
    cell = shipped(name)
    size = SMALL / exact_laplace(cell, 1e-3).real
    steps = [mt.Galvanostatic(sign * size, "1 h", first_time="10 ms", points=24) for sign in (1, -1)]
    one, two = (
        np.subtract(*(mt.simulate(cell, step, route=mt.Mesh(refinement=n))["voltage"].values for step in steps)) / 2
        for n in (1, 2)
    )
    t = mt.simulate(cell, steps[0])["time"].values
    closed = step_response(cell, t[t > 0], mt.Current(size), points=32)
    mesh = ((4 * two - one) / 3)[t > 0]
    rest = rest_potentials(cell)
    tolerance = 2e-7 * abs(rest.negative + rest.positive)  # SUNDIALS sees the whole voltage of a cell with a host
    assert np.max(np.abs(mesh - closed)) < 3e-5 * np.max(np.abs(closed)) + tolerance


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_memory_is_flat_over_a_thousand_calls() -> None:
    """What is kept of cells (texts, questions) is bounded, and nearly full after five hundred of them."""
    cell, run = mt.cell("trilayer"), mt.Galvanostatic("-10 uA", "1 h", points=20)
    resident = []
    for k in range(1000):
        mt.simulate(cell.with_({"layers.antiperovskite.thickness": 3e-4 + 1e-7 * k}), run)
        if k in (500, 999):
            resident.append(int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20)
    assert resident[1] - resident[0] < 10  # MiB: a result has 0.03, a model several
