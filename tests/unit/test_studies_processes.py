"""Studies that die, lose their workers, or are large: each in processes of its own."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mgtwin as mt

pytestmark = pytest.mark.slow
pytest.importorskip("zarr")
pytest.importorskip("distributed")

SCRIPT = Path(__file__).with_name("study_process.py")


def start(*arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(mt.__file__).parents[1]), *sys.path])}
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(*arguments: str) -> str:
    process = start(*arguments)
    printed, problem = process.communicate(timeout=300)
    assert process.returncode == 0, problem
    return printed


def test_a_study_killed_ten_times_equals_one_that_was_not(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir(), killed.mkdir()
    finish("kill", str(whole))
    moments, grew = random.Random(20251), []
    for number in range(10):
        process = start("kill", str(killed))
        assert process.stdout is not None
        if number % 2:  # while it reads, lays out or opens the store
            time.sleep(moments.uniform(0.0, 1.0))
        else:  # while chunks are computed and written
            process.stdout.readline(), process.stdout.readline()
            time.sleep(moments.uniform(0.0, 0.3))
        process.kill()
        process.communicate()
        journal = killed / "study.zarr" / "finished.jsonl"
        grew.append(journal.read_text().count("\n") if journal.exists() else 0)
    print(f"\nchunks finished after each kill: {grew} of 40")
    assert grew == sorted(grew)
    assert 0 < grew[-1] < 40, "the last one has nothing, or all, to do"
    finish("kill", str(killed))
    a, b = mt.open_study(whole / "study.zarr"), mt.open_study(killed / "study.zarr")
    assert a.identical(b.assign_attrs(created=a.attrs["created"]))
    for name in ("slow_resistance", "area_specific_resistance"):
        assert a[name].values.tobytes() == b[name].values.tobytes()
    assert sorted(set(a["failure"].values.ravel())) == ["", "slow_resistance: ValueError: too large"]


def test_memory_does_not_grow_with_the_study(tmp_path: Path) -> None:
    small, large = (float(finish("memory", str(_made(tmp_path / str(n))), str(n))) for n in (10_000, 100_000))
    print(f"\nmemory above the imports: {small:.1f} MiB for 10 000 points, {large:.1f} MiB for 100 000")
    assert large <= 1.5 * small


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """A cluster of two worker processes on loopback."""
    from dask.distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster,
        Client(cluster) as connected,
    ):
        yield connected


def transients() -> tuple[Any, ...]:
    axes = {
        "layers.buffer_*.thickness": ["0.2 mm", "0.4 mm", "0.6 mm"],
        "temperature": ["25 degC", "40 degC", "60 degC"],
    }
    return (
        mt.cell("trilayer"),
        mt.Galvanostatic(current="7.5 uA/cm^2", duration="1 h"),
        axes,
        [mt.analysis.overpotential],
    )


def test_a_cluster_gives_identical_numbers(client: Any, tmp_path: Path) -> None:
    spectra = (mt.cell("trilayer"), mt.EIS(1e6, 0.1), {"area": np.linspace(1e-4, 2e-4, 5000)},
               [mt.analysis.area_specific_resistance])  # fmt: skip
    for number, study in enumerate((spectra, transients())):
        here = mt.sweep(*study)
        there = mt.sweep(*study, client=client)
        kept = mt.sweep(*study, client=client, store=tmp_path / f"{number}.zarr")
        for other in (there, kept):
            assert other.equals(here)  # equals compares bit for bit


def test_a_worker_that_is_killed_loses_nothing(client: Any) -> None:
    victims = list(client.run(os.getpid).values())
    told: list[float] = []
    cell, protocol, axes, metrics = transients()
    # several chunks of a hundred runs side by side
    study = (cell, protocol, axes | {"layers.buffer_*.thickness": np.linspace(2e-4, 6e-4, 90)}, metrics)

    def kill_one(fraction: float, text: str) -> None:
        told.append(fraction)
        if len(told) == 2:
            os.kill(victims[0], signal.SIGKILL)

    there = mt.sweep(*study, client=client, progress=kill_one)
    assert victims[0] not in client.run(os.getpid).values()
    assert there.equals(mt.sweep(*study))
    assert told[-1] == 1.0


def test_a_point_that_kills_every_worker_is_nan(client: Any) -> None:
    import dask

    def fatal(run: Any) -> float:
        if run.attrs["area"] > 1.5e-4:
            os.kill(os.getpid(), signal.SIGKILL)
        return 1.0

    cells = {
        "small": mt.cell("trilayer").with_({"area": "1 cm^2"}),
        "large": mt.cell("trilayer").with_({"area": "2 cm^2"}),
    }
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        study = mt.sweep(cells, mt.EIS(1e3, 1.0), {"temperature": [300.0]}, {"fatal": fatal}, client=client)
    np.testing.assert_array_equal(study["fatal"].values.ravel(), [1.0, np.nan])
    assert study["failure"].values.ravel().tolist() == ["", "the workers that computed this chunk died every time"]
