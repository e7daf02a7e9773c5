"""Two things timed in turn, so that a ratio holds while the machine's speed drifts."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

import numpy as np


def seconds(work: Callable[[], Any]) -> float:
    """Wall time of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def ratio(slow: Callable[[], Any], fast: Callable[[], Any], rounds: int = 9, repeat: int = 1) -> float:
    """Median over rounds of the time of `slow` over the time of `fast`, one after the other in every round.

    `fast` is called `repeat` times per round and its mean taken, for work of less than a millisecond.
    """
    slow(), fast()  # warm up both

    def many() -> None:
        for _ in range(repeat):
            fast()

    return float(np.median([seconds(slow) / (seconds(many) / repeat) for _ in range(rounds)]))


def cpu_seconds(work: Callable[[], Any]) -> float:
    """Processor time of one call: what else runs on the machine hardly counts."""
    gc.collect()  # what other tests have left behind is none of its business
    gc.freeze()  # and is not looked at again: with PyBaMM in memory that takes longer than most of what is measured
    gc.disable()
    started = time.process_time()
    try:
        work()
        return time.process_time() - started
    finally:
        gc.enable()


def report(name: str, value: float, target: str) -> None:
    """One line for docs/performance.md."""
    print(f"\n{name}: {value:.3g} (target {target})")
