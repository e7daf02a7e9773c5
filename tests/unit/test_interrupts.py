"""Ctrl-C during every kind of long run: a real signal to a process of its own, which has to stop within 2 s."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import mgtwin as mt

SCRIPT = Path(__file__).with_name("interrupted_process.py")
RUNS = ["transient", "cycling", "fit", "fit_in_time", "sweep", "optimise"]
#: Until a run is well under way: modules read, equations discretised.
UNDER_WAY = 8.0


@pytest.mark.slow
@pytest.mark.parametrize("run", RUNS)
def test_every_run_stops_within_two_seconds(run: str) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(mt.__file__).parents[1]), *sys.path])}
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), run],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None and process.stdout.readline().strip() == "running"
    time.sleep(UNDER_WAY)
    assert process.poll() is None, f"{run} ended by itself: {process.communicate()}"
    os.killpg(process.pid, signal.SIGINT)
    printed, problem = process.communicate(timeout=60)
    assert float(printed) < 2.0, problem
