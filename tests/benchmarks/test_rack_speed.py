"""Two workers keep a rack of cells 1.6 times as fast as one."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import psutil
import pytest

import mgtwin as mt
from mgtwin.twin.rack import load_rack

CELLS, CYCLES = 20, (0, 4, 8)
LEAST = 1.6 / 1.2  # the goal, less noise: 1.5 to 2.0 were measured
#: Part of the processor that others may take while it is measured: a rate beside their work is theirs, too.
OTHERS = 0.1
TWIN = """\
cell: trilayer
explanations: {contact: [contact_loss]}
free: {interfaces.*.ageing.fatigue_contact_loss.rate: {type: drifting, std: 5 %}}
use: {type: cycling, current: -10 uA, half_cycle: 1 h, cycles: 1}
reading: {pattern: "loop_*.csv", moments: {type: by_cycle, in_name: "loop_{}."}}
"""


def write_rack(folder: Path) -> Path:
    """A rack whose cells have a few spectra each, one of them a damaged file more."""
    random, new, eis = np.random.default_rng(0), mt.cell("trilayer", "contact_loss"), mt.EIS(1e6, 0.1, points=29)
    for number in range(CELLS):
        cell = folder / "data" / f"cell_{number:02}"
        cell.mkdir(parents=True)
        for cycle in CYCLES:
            touching = float(np.exp(-0.05 * cycle * random.uniform(0.8, 1.2)))
            ds = mt.simulate(new.with_({"interfaces.*.contact.fraction": touching}), eis)
            z = ds["impedance"].values * (1 + 0.005 * random.standard_normal(ds.sizes["frequency"]))
            rows = [f"{f:.9e},{z.real:.9e},{-z.imag:.9e}" for f, z in zip(ds["frequency"].values, z, strict=True)]
            (cell / f"loop_{cycle}.csv").write_text("\n".join(["freq/Hz,Re Z/Ohm,-Im Z/Ohm", *rows, ""]))
    (folder / "data" / "cell_07" / "loop_99.csv").write_bytes(b"\x00\x01" * 500)
    (folder / "twin.yaml").write_text(TWIN)
    return folder / "data"


def in_use() -> float:
    """Time that all cores together have worked so far [s]."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system)


def by_us() -> dict[int, float]:
    """The same of this process and of each of its workers, by their numbers."""
    here = psutil.Process()
    return {one.pid: sum(one.cpu_times()[:2]) for one in [here, *here.children(recursive=True)]}


@pytest.mark.benchmark
def test_two_workers_keep_a_rack_faster_than_one(tmp_path: Path) -> None:
    from dask.distributed import Client, LocalCluster

    data, seconds, others = write_rack(tmp_path), {}, {}
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)
    with cluster, Client(cluster) as client:
        for workers in (2, 1):  # the one that stays has seen as much as the other
            (tmp_path / "rack.yaml").write_text(f'twin: twin.yaml\nstores: twins_{workers}\ncells: "*/"\n')
            rack = load_rack(tmp_path / "rack.yaml", data)
            client.retire_workers([*client.scheduler_info()["workers"]][workers:])
            rack.poll(client)  # every worker imports what it needs; the files have to stand still for two more
            rack.poll(client)
            begun, busy, own = time.perf_counter(), in_use(), by_us()
            rows = rack.poll(client)
            seconds[workers] = time.perf_counter() - begun
            # a worker that was sent away has ended by now, and takes its time with it
            ours = sum(time_now - own.get(pid, 0.0) for pid, time_now in by_us().items())
            others[workers] = (in_use() - busy - ours) / (seconds[workers] * psutil.cpu_count())
            assert len(rows) == CELLS
            assert [row.problem for row in rows] == [""] * CELLS
            assert {row.cycle for row in rows} == {float(CYCLES[-1])}
            refused = [row.cell for row in rows for one in row.outcomes if one.decision == "refused"]
            assert refused == ["cell_07"]
    said = (
        f"{', '.join(f'{workers}: {CELLS / took:.2f} cells/s' for workers, took in seconds.items())}; others {others}"
    )
    print(said)
    if max(others.values()) > OTHERS:
        pytest.skip(f"others were at work on this machine: {said}")
    assert seconds[1] / seconds[2] >= LEAST, said
