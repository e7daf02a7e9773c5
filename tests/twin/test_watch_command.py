"""``mgtwin watch`` as it is typed: what a folder makes it say, and its exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import mgtwin as mt

from .lives import Event, Life

TWIN = """\
cell: trilayer
explanations: {contact: [contact_loss]}
free: {interfaces.*.ageing.fatigue_contact_loss.rate: {type: drifting, std: 5 %}}
use: {type: cycling, current: -10 uA, half_cycle: 1 h, cycles: 1}
model_error: {size: 0.03 %, memory: 5}
reading: {pattern: "loop_*.csv", moments: {type: by_cycle, in_name: "loop_{}."}, noise: 0.5 %}
"""
LIFE = Life(mt.cell("trilayer", "contact_loss"), spectra=9, seed=3, events=[Event(14, short=1.0)])


def write(folder: Path, numbers: range) -> None:
    for k in numbers:
        points = zip(LIFE.frequencies, LIFE.impedance[k], strict=True)
        rows = [f"{f:.9e},{z.real:.9e},{-z.imag:.9e}" for f, z in points]
        (folder / f"loop_{LIFE.moments[k]}.csv").write_text("\n".join(["freq/Hz,Re Z/Ohm,-Im Z/Ohm", *rows, ""]))


@pytest.mark.slow
def test_exit_codes_of_one_look(tmp_path: Path) -> None:
    """0 while all is well, 2 after a file that is refused, 3 while an alarm stands; the command of an alarm runs."""
    data = tmp_path / "data"
    data.mkdir()
    (tmp_path / "twin.yaml").write_text(TWIN)
    told = "print(__import__('os').environ['MGTWIN_ALARM_MECHANISM'], file=open('alarms.txt', 'a'))"

    def watch() -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "mgtwin", "watch", "data", "--twin", "twin.yaml", "--once", "--every", "0.05 s"]
        words += ["--on-alarm", f'{sys.executable} -c "{told}"']
        return subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=300)

    write(data, range(7))
    done = watch()
    assert done.returncode == 0, done.stderr
    assert "loop_12.csv: assimilated" in done.stdout and "cycle 12, 7 measurements" in done.stdout
    (data / "loop_99.csv").write_bytes(b"\x00\x01" * 500)
    done = watch()
    assert done.returncode == 2
    assert "loop_99.csv" in done.stderr and "Traceback" not in done.stderr
    write(data, range(7, 9))
    done = watch()
    assert done.returncode == 3, done.stdout + done.stderr
    assert "alarm" in done.stderr
    assert "short" in (tmp_path / "alarms.txt").read_text()
