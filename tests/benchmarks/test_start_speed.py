"""What stands around the numerics: stamping a result with its cell, writing YAML, starting the command line.

Run with ``pytest -m benchmark -s`` to see the ratios that docs/performance.md reports.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import mgtwin as mt
from mgtwin.cells.plain import to_plain
from mgtwin.yamlfile import dumps

from .ratios import cpu_seconds, ratio, report

pytestmark = pytest.mark.benchmark

NOISE = 2 / 3
EIS = mt.EIS(1e6, 0.1, points=100)


def test_a_spectrum_of_a_new_cell_against_one_of_an_old_cell() -> None:
    cell = mt.cell("trilayer")
    new = (cell.with_({"layers.antiperovskite.thickness": 1e-3 + 1e-7 * k}) for k in itertools.count())
    mt.simulate(cell, EIS), mt.simulate(next(new), EIS)
    ratios = []
    for changed in itertools.islice(new, 21):
        first, again = (cpu_seconds(partial(mt.simulate, changed, EIS)) for _ in range(2))
        ratios.append(first / again)
    report("simulate(EIS) of a changed cell, the first time / again", float(np.median(ratios)), "<= 3")
    assert np.median(ratios) <= 3 / NOISE


def test_writing_yaml_against_the_emitter_of_pyyaml() -> None:
    plain = to_plain(mt.cell("trilayer"))
    dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    assert yaml.safe_load(dumps(plain)) == plain
    found = ratio(lambda: yaml.dump(plain, Dumper=dumper, sort_keys=False), lambda: dumps(plain), repeat=5)
    report("PyYAML / dumps, the plain data of a cell", found, ">= 5")
    assert found >= 5 * NOISE


def start(*arguments: str) -> None:
    """Run Python in a new process, with the bytecode that pip leaves beside what it installs."""
    env = {**os.environ, "PYTHONPATH": str(Path(mt.__file__).parents[1])}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # else a checkout is compiled at every start, and NumPy is not
    subprocess.run([sys.executable, *arguments], check=True, env=env, capture_output=True)


def test_the_command_line_against_importing_numpy(tmp_path: Path) -> None:
    spectrum = ("--protocol", "{type: eis, f_max: 1 MHz, f_min: 0.1 Hz}", "-o", str(tmp_path / "spectrum.nc"))
    commands = {
        "mgtwin list / import numpy": (("list",), 3.0),
        "mgtwin run of a spectrum, saved / import numpy": (("run", "--cell", "trilayer", *spectrum), 10.0),
    }
    numpy = partial(start, "-c", "import numpy")
    for name, (arguments, most) in commands.items():
        found = ratio(partial(start, "-m", "mgtwin", *arguments), numpy, rounds=5)
        report(name, found, f"<= {most:g}")
        assert found <= most / NOISE
