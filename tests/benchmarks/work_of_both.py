"""What `test_before_speed.py` times in a process of its own, with the mgtwin that the path leads to."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import mgtwin as mt

AP = "layers.antiperovskite.material"
FREE = [
    f"{AP}.ionic_conductivity.reference", "interfaces.*.resistance.reference", "*.exchange_current_density.reference",
    "*.double_layer.c", f"{AP}.relative_permittivity",
]  # fmt: skip
#: 0.1.0 has no routes: it takes the mesh.
ON_MESH: dict[str, Any] = {"route": mt.Mesh()} if "Mesh" in mt.__all__ else {}


def on_the_mesh() -> Callable[[], object]:
    """A trilayer of which one number changes each time."""
    cells = (mt.cell("trilayer").with_({"layers.antiperovskite.thickness": 3e-4 + 1e-7 * k}) for k in range(100))
    return lambda: mt.simulate(next(cells), mt.Galvanostatic("-10 uA", "1 h"), **ON_MESH)


def polarization() -> Callable[[], object]:
    """A linear cell in whichever way it is computed."""
    return lambda: mt.simulate(mt.cell("au_mg3asn_au"), mt.Polarization("10 mV", "3 h"))


def joint() -> Callable[[], object]:
    """Five numbers of the trilayer from a spectrum, a polarization and two cycles."""
    cell, rng = mt.cell("trilayer"), np.random.default_rng(3)

    def noisy(protocol: Any, name: str, std: float) -> Any:
        run = mt.simulate(cell, protocol)
        values = run[name].values
        noise = np.abs(values).max() * rng.normal(size=values.size)
        if np.iscomplexobj(values):
            noise = np.abs(values) * (rng.normal(size=values.size) + 1j * rng.normal(size=values.size))
        return run.assign({name: (run[name].dims, values + std * noise, run[name].attrs)}).drop_vars(
            "overpotential", errors="ignore"
        )

    data = [
        noisy(mt.EIS("1 MHz", "0.1 Hz", points=60), "impedance", 0.005),
        noisy(mt.Polarization("50 mV", "10 min", first_time="10 ms", per_decade=6), "current", 0.002),
        noisy(mt.Cycling("-10 uA", "1 h", cycles=2, points=20), "voltage", 0.002),
    ]
    start = cell.with_({FREE[0]: 0.03, FREE[2]: 0.1, FREE[3]: 0.05})
    return lambda: mt.fit(start, data, FREE)


JOBS: dict[str, Callable[[], Callable[[], object]]] = {
    "mesh": on_the_mesh,
    "polarization": polarization,
    "joint": joint,
}

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    work, times = JOBS[sys.argv[1]](), []
    work()
    for _ in range(int(sys.argv[2])):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    print(np.median(times))
