"""Linear cells in closed form, and records in one solve, against the mesh, stretch by stretch, as 0.1.0 took them.

Run with ``pytest -m benchmark -s`` to see the ratios that docs/performance.md reports.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mgtwin as mt
import mgtwin.routes.base as routes
from mgtwin.protocols.replay import recorded

from .ratios import cpu_seconds, report

pytestmark = pytest.mark.benchmark

NOISE = 2 / 3
SAMPLES, FEW = 10_000, 120


def record(samples: int, *, amplitude: float) -> Any:
    """The beginning of an hour of noisy current at SAMPLES."""
    noise = np.random.default_rng(1).standard_normal(SAMPLES + 1)[: samples + 1]
    return recorded(
        np.linspace(0.0, 3600.0 * samples / SAMPLES, samples + 1), amplitude * (1 + 0.1 * noise), by_voltage=False
    )


def per_sample(cell: Any, protocol: Any, samples: int, **options: Any) -> float:
    return cpu_seconds(lambda: mt.simulate(cell, protocol, **options)) / samples


def test_a_polarization_in_closed_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """Au | Mg3AsN | Au, 10 mV, 3 h: everything of `simulate`, Dataset and attributes included."""
    cell, protocol = mt.cell("au_mg3asn_au"), mt.Polarization("10 mV", "3 h")

    def mesh() -> Any:
        return mt.simulate(cell, protocol, route=mt.Mesh())

    monkeypatch.setenv("MGTWIN_CACHE", "0")  # 0.1.0 built its model anew, and took twice as long on it
    mesh(), mt.simulate(cell, protocol)
    rounds = [
        cpu_seconds(mesh) / (cpu_seconds(lambda: [mt.simulate(cell, protocol) for _ in range(10)]) / 10)
        for _ in range(3)
    ]
    report("polarization of a linear cell: mesh / closed form", float(np.median(rounds)), ">= 50")
    found, many = mt.simulate(cell, protocol), mt.simulate(cell, protocol, route=mt.Laplace(points=32))
    error = float(np.max(np.abs(found["current"] - many["current"])) / np.max(np.abs(many["current"])))
    report("its error against N = 32", error, "<= 1e-9")
    assert np.median(rounds) >= 50 * NOISE
    assert error <= 1e-9


@pytest.mark.parametrize(
    ("name", "amplitude", "route", "target"),
    [("au_mg3asn_au", 1e-8, None, 200.0), ("trilayer", 1e-6, mt.Modes(), 15.0)],
    ids=["linear", "nonlinear"],
)
def test_a_noisy_record(name: str, amplitude: float, route: Any, target: float, monkeypatch: Any) -> None:
    """Per sample; the mesh, one solve per stretch, is timed on the beginning of the record, without its model."""
    cell = mt.cell(name)
    long, short, shorter = (record(n, amplitude=amplitude) for n in (SAMPLES, FEW, FEW // 3))
    mt.simulate(cell, shorter, route=route)
    ratios = []
    for _ in range(3):
        monkeypatch.setattr(routes, "MANY", 10**9)
        before = [cpu_seconds(lambda p=p: mt.simulate(cell, p, route=mt.Mesh())) for p in (short, shorter)]  # type: ignore[misc]
        monkeypatch.undo()
        now = per_sample(cell, record(SAMPLES, amplitude=amplitude), SAMPLES, route=route)
        ratios.append((before[0] - before[1]) / (FEW - FEW // 3) / now)
    report(f"noisy record, {name}: stretch by stretch / together", float(np.median(ratios)), f">= {target:g}")
    assert long.signal.times[-1] == 3600.0
    assert np.median(ratios) >= target * NOISE


def test_a_batch_of_steps() -> None:
    """100 parameter sets, 100 times each, against a run of each in closed form."""
    cell, times = mt.cell("au_mg3asn_au"), np.geomspace(1e-6, 1e4, 100)
    path, values = "layers.antiperovskite.thickness", np.linspace(2e-4, 1e-3, 100)
    protocol = mt.Polarization("10 mV", 1e4, per_decade=10)
    cells = [cell.with_({path: value}) for value in values[:5]]

    def together() -> Any:
        return mt.impedance.step_response(cell, times, mt.Voltage("10 mV"), {path: values})

    together()
    alone = [cpu_seconds(lambda c=c: mt.simulate(c, protocol)) for c in cells]  # type: ignore[misc]
    each = float(np.median([cpu_seconds(together) / 100 for _ in range(5)]))
    report("a transient in closed form: simulate / in a batch of 100 steps", float(np.median(alone)) / each, ">= 20")
    assert np.median(alone) / each >= 20 * NOISE
