"""mgtwin against 0.1.0 itself, in processes of their own, in turn; README.md says where to get it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import mgtwin as mt

from .ratios import report

BEFORE = os.environ.get("MGTWIN_0_1_0", "")
pytestmark = [
    pytest.mark.benchmark,
    # without a name Path is this folder, and that would be us against ourselves
    pytest.mark.skipif(
        not BEFORE or not Path(BEFORE, "mgtwin").is_dir(), reason="needs 0.1.0: see tests/benchmarks/README.md"
    ),
]
WORK = Path(__file__).with_name("work_of_both.py")


def seconds(root: str | Path, job: str, repeats: int) -> float:
    """Processor time of one call, the median of some after a first."""
    command = [sys.executable, str(WORK), job, str(repeats)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, check=True)
    return float(done.stdout.split()[-1])


@pytest.mark.parametrize(
    ("job", "repeats", "rounds", "least"),
    [("mesh", 5, 5, 1 / 1.05), ("polarization", 5, 5, 100.0), ("joint", 1, 1, 10.0)],
    ids=["the mesh where it is forced", "a polarization of a linear cell", "a joint fit"],
)
def test_against_the_first_version(job: str, repeats: int, rounds: int, least: float) -> None:
    now = Path(mt.__file__).parents[1]
    ratios = [seconds(BEFORE, job, repeats) / seconds(now, job, repeats) for _ in range(rounds)]
    report(f"{job}: 0.1.0 / now", float(np.median(ratios)), f">= {least:.3g}")
    assert np.median(ratios) >= least * 2 / 3
