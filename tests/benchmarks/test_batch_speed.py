"""Studies and fits of runs in time against the mesh route point by point; side by side in one process.

Run with ``pytest -m benchmark -s tests/benchmarks/test_batch_speed.py`` to see the ratios of docs/performance.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.batch.derivatives import DifferenceRun
from mgtwin.cells.paths import expand
from mgtwin.simulation.sensitivities import SensitiveRun

from .ratios import cpu_seconds, report

pytestmark = pytest.mark.benchmark

POINTS = 100
MIXED = "layers.antiperovskite"
#: What is asserted of a target: the machine may be busy with other things.
NOISE = 2 / 3


def signal(run: Any) -> float:
    return float(run["voltage"][-1]) + float(run["current"][-1])


def per_point(
    cell: Any, protocol: Any, paths: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, rounds: int = 3
) -> float:
    """Time of one run on the mesh, built anew as in 0.1.0, over the time per point of a sweep; median of rounds."""
    rng = np.random.default_rng(0)
    base = {path: float(cell.get(expand(cell, path)[0])) for path in paths}
    spread = {path: 0.02 if path == "temperature" else 0.2 for path in paths}
    values = {path: base[path] * (1 + spread[path] * rng.uniform(-1, 1, POINTS)) for path in paths}

    def alone(k: int) -> None:
        point = {path: float(column[k]) for path, column in values.items()}
        with monkeypatch.context() as patched:
            patched.setenv("MGTWIN_CACHE", "0")
            signal(mt.simulate(cell.with_(point), protocol, route=mt.Mesh()))

    def study() -> None:
        assert np.isfinite(mt.sweep(cell, protocol, mt.Paired(values), [signal])["signal"]).all()

    alone(0), study()
    found = []
    for k in range(rounds):
        slow = cpu_seconds(lambda: alone(k + 1))  # noqa: B023
        found.append(slow / (cpu_seconds(study) / POINTS))
    return float(np.median(found))


PATHS = (f"{MIXED}.thickness", "temperature", f"{MIXED}.material.ionic_conductivity.reference")
#: Beside the first two, what moves interfaces: three buffers, double layers and kinetics.
FIVE = (*PATHS[:2], "layers.buffer_*.thickness", "*.double_layer.c", "*.exchange_current_density.reference")
CASES = {
    "galvanostatic 1 h, trilayer": ("trilayer", mt.Galvanostatic("10 uA", "1 h"), PATHS, 40, 40),
    "galvanostatic 1 h, trilayer, five numbers": ("trilayer", mt.Galvanostatic("10 uA", "1 h"), FIVE, 40, 40),
    "polarization 0.1 V, 1 h, trilayer": ("trilayer", mt.Polarization("0.1 V", "1 h"), PATHS, 25, 25),
    "voltammetry of a mixed conductor between Mg": (
        "mg_mg3asn_mg",
        mt.Voltammetry("-0.1 V", "0.1 V", "1 mV/s"),
        ("layers.*.thickness", "temperature", "positive.double_layer.c"),
        25,
        25,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_point_of_a_study_of_runs_in_time(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cell, protocol, paths, least, target = CASES[name]
    measured = per_point(mt.cell(cell), protocol, paths, monkeypatch)
    report(f"one run on the mesh / a point of a sweep of {POINTS}, {name}", measured, f">= {target}")
    assert measured >= NOISE * least


FREE = (
    f"{MIXED}.material.ionic_conductivity.reference",
    f"{MIXED}.material.chemical_capacitance",
    f"{MIXED}.material.electronic_conductivity.reference",
    "positive.exchange_current_density.reference",
    "negative.exchange_current_density.reference",
)


@pytest.mark.parametrize(
    ("name", "protocol", "target"),
    [
        ("polarization", mt.Polarization("0.1 V", "1 h"), 10),
        ("galvanostatic run", mt.Galvanostatic("10 uA", "1 h", first_time="1 ms"), 6),
    ],
    ids=["voltage", "current"],
)
def test_an_iteration_of_a_fit_of_five_parameters(
    name: str, protocol: Any, target: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = mt.cell("trilayer")
    segments = protocol.segments(cell)
    values = {path: float(cell.get(path)) for path in FREE}
    new = DifferenceRun(cell, segments, FREE)
    with monkeypatch.context() as patched:
        # as in 0.1.0, but for a Jacobian that is three times faster now: against 0.1.0 itself the ratios are 30 and 11
        patched.setattr("mgtwin.models.stack.LAYERS", mt.Mesh())
        old = SensitiveRun(cell, segments, FREE)

    def mesh() -> None:
        old.run(values)
        old.derivatives(values)

    new.derivatives(values)
    ratios = [cpu_seconds(mesh) / cpu_seconds(lambda: new.derivatives(values)) for _ in range(3)]
    measured = float(np.median(ratios))
    report(f"iteration of a fit of five parameters to a {name}, mesh / side by side", measured, f">= {target}")
    assert measured >= NOISE * target
