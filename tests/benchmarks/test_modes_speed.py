"""Runs in time with uniform layers as modes against the same runs on a mesh.

Run with ``pytest -m benchmark -s`` to see the numbers that docs/performance.md reports. Processor times of one process,
the two routes in turn; asserted is two thirds of what is aimed at, for a shared machine is noisy.
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import numpy as np
import pytest

import mgtwin as mt

from .ratios import cpu_seconds, report

pytestmark = pytest.mark.benchmark

NOISE = 2 / 3
ROUNDS = 3
#: Cell, protocol, what is compared, and the least ratio of a mesh to modes.
RUNS: dict[str, tuple[Any, Any, str, float]] = {
    "trilayer, 10 uA, 1 h": (mt.cell("trilayer"), mt.Galvanostatic("10 uA", "1 h"), "voltage", 2.0),
    "trilayer, 0.1 V, 1 h": (mt.cell("trilayer"), mt.Polarization("0.1 V", "1 h"), "current", 4.0),
    "Au cell, 10 mV, 3 h": (mt.cell("au_mg3asn_au"), mt.Polarization("10 mV", "3 h"), "current", 4.0),
    "Au cell, voltammetry": (mt.cell("au_mg3asn_au"), mt.Voltammetry("-0.1 V", "0.1 V", "1 mV/s"), "current", 1.5),
    "90 cycles of the ageing trilayer": (
        mt.cell("trilayer", "contact_loss"),
        mt.Cycling("-10 uA", "1 h", cycles=90),
        "deposition_voltage",
        1.5,
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_mesh_over_modes(name: str) -> None:
    cell, protocol, quantity, least = RUNS[name]
    modes, mesh = (partial(mt.simulate, cell, protocol, route=route) for route in (mt.Modes(), mt.Mesh()))
    one, other = (run()[quantity].values for run in (modes, mesh))
    # agreement before speed: the mesh's own error is 1.5e-4
    assert np.max(np.abs(one - other)) < 5e-4 * np.max(np.abs(other))
    ratios = [cpu_seconds(mesh) / cpu_seconds(modes) for _ in range(ROUNDS)]
    report(f"{name}: mesh / modes", float(np.median(ratios)), f">= {least}")
    assert np.median(ratios) >= NOISE * least


@pytest.mark.parametrize(
    ("protocol", "target"),
    [(mt.Galvanostatic("10 uA", "1 h"), 12.0), (mt.Polarization("0.1 V", "1 h"), 15.0)],
    ids=["current", "voltage"],
)
def test_a_changed_cell_against_a_mesh_built_anew(
    protocol: Any, target: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything of `simulate`, on a trilayer of which one number was changed; 0.1.0 built its mesh for each."""
    new = (mt.cell("trilayer").with_({"layers.antiperovskite.thickness": 6e-4 + 1e-8 * k}) for k in itertools.count())

    def anew() -> None:
        with monkeypatch.context() as patched:
            patched.setenv("MGTWIN_CACHE", "0")
            mt.simulate(next(new), protocol, route=mt.Mesh())

    def kept() -> None:
        for _ in range(4):
            mt.simulate(next(new), protocol)

    anew(), kept()
    ratios = [cpu_seconds(anew) / (cpu_seconds(kept) / 4) for _ in range(7)]
    report(f"a changed trilayer, {protocol.type}: mesh built anew / now", float(np.median(ratios)), f">= {target:g}")
    assert np.median(ratios) >= NOISE * target
