"""A run that takes minutes, in a process of its own, which says how long it took to stop; see test_interrupts.py."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

import mgtwin as mt

CELL = mt.cell("au_mg3asn_au")
THICKNESS = "layers.antiperovskite.thickness"


def last_voltage(run: Any) -> float:
    return float(run["voltage"].values[-1])


def transient() -> object:
    # few samples: a result of a gigabyte of profiles takes longer to be put together than its run to stop
    return mt.simulate(mt.cell("trilayer"), mt.Voltammetry("-0.5 V", "0.5 V", "1 mV/s", cycles=100_000, points=20))


def cycling() -> object:
    return mt.simulate(mt.cell("trilayer"), mt.Cycling("1 uA", "1 h", cycles=1_000_000))


def fit() -> object:
    data = mt.simulate(mt.cell("trilayer"), mt.EIS(1e6, 0.1, points=50))
    free = [path for path in mt.cell("trilayer").paths() if path.endswith(("thickness", "reference"))]
    return mt.fit(mt.cell("trilayer"), data, free, starts=10_000)


def fit_in_time() -> object:
    data = mt.simulate(CELL, mt.Polarization("50 mV", "1000 s"))
    return mt.fit(CELL, data, [THICKNESS, "*.double_layer.c"], starts=10_000)


def sweep() -> object:
    thickness = np.linspace(1e-4, 1e-3, 100_000)
    return mt.sweep(CELL, mt.Galvanostatic("1 uA", "1000 s"), {THICKNESS: thickness}, {"last": last_voltage})


def optimise() -> object:
    goal = mt.Minimise(last_voltage, mt.Galvanostatic("1 uA", "1000 s"))
    method = mt.Evolution(population=40, generations=10_000)
    return mt.optimise(CELL, {THICKNESS: ("0.1 mm", "1 mm")}, goal, method=method)


def main(run: Callable[[], object]) -> None:
    received: list[float] = []

    def interrupted(*_: object) -> None:
        received.append(time.monotonic())
        signal.default_int_handler(signal.SIGINT, None)

    # started from a shell's background job a process would ignore the signal
    signal.signal(signal.SIGINT, interrupted)
    print("running", flush=True)
    with suppress(KeyboardInterrupt):
        run()
    print(time.monotonic() - received[0] if received else "never", flush=True)


if __name__ == "__main__":
    main(globals()[sys.argv[1]])
