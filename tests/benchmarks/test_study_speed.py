"""What a study costs beside its simulations, and what a second process brings; side by side in one run.

Run with ``pytest -m benchmark -s`` to see the ratios that docs/performance.md reports.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mgtwin as mt

from .ratios import ratio, report, seconds

pytestmark = pytest.mark.benchmark

FREQUENCIES = np.geomspace(1e6, 0.1, 100)
PATHS = (
    "layers.antiperovskite.thickness",
    "layers.antiperovskite.material.ionic_conductivity.reference",
    "layers.antiperovskite.material.electronic_conductivity.reference",
    "layers.buffer_*.thickness",
)
NOISE = 2 / 3


@pytest.fixture(scope="module")
def spectra() -> tuple[Any, ...]:
    """Cell, protocol and axes of 10 000 spectra over 4 paths, and the batches of 1000 in which the engine does them."""
    cell = mt.cell("trilayer")
    axes = {path: float(cell.get(path.replace("*", "left"))) * np.linspace(0.8, 1.2, 10) for path in PATHS}
    flat = dict(zip(axes, (item.reshape(10, 1000) for item in np.meshgrid(*axes.values(), indexing="ij")), strict=True))
    batches = [{path: values[k] for path, values in flat.items()} for k in range(10)]
    return cell, mt.EIS.at(FREQUENCIES), axes, batches


def test_a_sweep_of_spectra_costs_little_more_than_the_engine(spectra: Any, tmp_path: Path) -> None:
    cell, protocol, axes, batches = spectra
    metrics = [mt.analysis.area_specific_resistance]
    new = itertools.count()

    def engine() -> None:
        for batch in batches:
            mt.impedance.exact(cell, FREQUENCIES, batch)

    def kept() -> None:
        mt.sweep(cell, protocol, axes, metrics, store=tmp_path / f"{next(new)}.zarr")

    measured = ratio(lambda: mt.sweep(cell, protocol, axes, metrics), engine, rounds=5)
    report("sweep of 10 000 spectra / engine", measured, "<= 1.5")
    stored = ratio(kept, engine, rounds=5)
    report("the same into a new store / engine", stored, "<= 2.25, most of it making the store")
    assert measured <= 1.5
    assert stored <= 1.5 / NOISE


@pytest.fixture(scope="module")
def clusters() -> Iterator[tuple[Any, Any]]:
    """Clients of one and of two worker processes, every one with one thread."""
    from dask.distributed import Client, LocalCluster

    given = {"threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": None}
    with (
        LocalCluster(n_workers=1, **given) as single,
        LocalCluster(n_workers=2, **given) as double,
        Client(single) as one,
        Client(double) as two,
    ):
        yield one, two


def test_two_workers_are_faster_than_one(clusters: Any) -> None:
    one, two = clusters
    cell = mt.cell("trilayer")
    cycles, duration = 50, 0.0
    while duration < 0.6:  # the runs of the comparison take at least half a second each, on whatever machine
        cycles *= 2
        protocol = mt.Cycling(current="10 uA", half_cycle="1 h", cycles=cycles, traces=())
        duration = min(seconds(lambda: mt.simulate(cell, protocol)) for _ in range(2))  # noqa: B023

    def study(client: Any, points: int) -> Any:
        axes = {"layers.buffer_*.thickness": np.linspace(2e-4, 6e-4, points)}
        return lambda: mt.sweep(cell, protocol, axes, [mt.analysis.cycles_until], client=client)

    study(one, 1)(), study(two, 2)()  # workers import what they need
    measured = seconds(study(one, 4)) / seconds(study(two, 4))
    report(f"cycling runs of {duration:.2g} s, one worker / two workers", measured, ">= 1.4")
    assert measured >= 1.4
