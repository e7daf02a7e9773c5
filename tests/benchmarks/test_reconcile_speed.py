"""Time of `reconcile`: its linear programs alone, and the whole of it beside the campaign of the same paper.

Run with ``pytest -m benchmark -s`` to see the numbers that docs/performance.md reports. Both commands run as a user has
them, in fresh processes one after the other; their processor times are compared, for the campaign uses all cores.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

import mgtwin as mt

from .ratios import cpu_seconds, report

pytestmark = pytest.mark.benchmark


def command(*arguments: str) -> float:
    """Processor time [s] of a command, that of its own processes included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "mgtwin", *arguments], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_proofs_take_seconds() -> None:
    observed = mt.observations("paper")
    mt.reconcile(observed, states="paper", witness=False)  # reads files, imports SciPy
    taken = cpu_seconds(lambda: mt.reconcile(observed, states="paper", witness=False))
    report("conflicts, corrections and predictions of the paper, both exponents [s]", taken, "5")
    assert taken < 5


def test_whole_run_costs_no_more_than_the_campaign(tmp_path: Path) -> None:
    reconciled = command("reconcile", "paper", "--budget", "600s", "--output", str(tmp_path / "r.yaml"))
    campaign = command("run", "paper", "--output", str(tmp_path / "paper"))
    report("mgtwin reconcile paper over mgtwin run paper, processor time", reconciled / campaign, "1.5")
    assert reconciled / campaign < 1.5
