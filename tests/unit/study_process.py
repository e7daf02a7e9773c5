"""A study that a test runs in a process of its own: ``python study_process.py kill|memory FOLDER [POINTS]``."""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import numpy as np
import xarray as xr

import mgtwin as mt

SPECTRUM = mt.EIS(1e6, 0.1, points=25)
SERIES = "series_resistance"
ANTIPEROVSKITE = "layers.antiperovskite.thickness"


def slow_resistance(eis: xr.Dataset) -> float:
    """A metric that takes its time, and fails at some points."""
    time.sleep(0.02)
    if eis.attrs["area"] > 1.9e-4:
        raise ValueError("too large")
    return float(eis["impedance"].real[-1])


def many_chunks(store: Path) -> xr.Dataset:
    """A study of 40 chunks: several cells are never joined in one."""
    cell = mt.cell("trilayer")
    cells = {f"cell {k}": cell.with_({SERIES: 1e-4 * k}) for k in range(40)}
    axes = {"area": ["1 cm^2", "1.5 cm^2", "2 cm^2"]}
    metrics = [slow_resistance, mt.analysis.area_specific_resistance]
    return mt.sweep(cells, SPECTRUM, axes, metrics, store=store, progress=lambda _, text: print(text, flush=True))


def many_points(points: int, store: Path) -> float:
    """A sweep of spectra over four paths, and the memory [MiB] that it takes above what importing takes."""
    import pybamm  # noqa: F401 (so that no import counts as memory of the study)
    import zarr  # noqa: F401

    cell = mt.cell("trilayer")
    few = {path: float(cell.get(path)) * np.linspace(0.9, 1.1, 10) for path in (ANTIPEROVSKITE, "temperature", SERIES)}
    mt.sweep(cell, SPECTRUM, {"area": [1e-4]}, [mt.analysis.area_specific_resistance])  # lazy imports
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    axes = {"area": np.linspace(1e-4, 2e-4, points // 1000), **few}
    study = mt.sweep(cell, SPECTRUM, axes, [mt.analysis.area_specific_resistance], store=store)
    assert study["area_specific_resistance"].size == points
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    if sys.argv[1] == "kill":
        many_chunks(folder / "study.zarr")
    else:
        print(many_points(int(sys.argv[3]), folder / "study.zarr"))
