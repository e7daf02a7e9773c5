"""The wheel holds everything that an installed mgtwin needs: its smoke tests pass on what is in it, away from here.

The environment is this one's (docs/release.md has the clean one): what is tried is what was packed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_wheel_works_away_from_the_repository(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "installed")
    shutil.copy(ROOT / "tests/smoke/test_installed.py", tmp_path)
    (tmp_path / "test_place.py").write_text(
        "import mgtwin\n\n\ndef test_it_is_the_packed_one():\n"
        f"    assert mgtwin.__file__.startswith({str(tmp_path)!r})\n"
    )
    trial = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--import-mode=importlib", "-p", "no:cacheprovider", "."],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
        capture_output=True,
        text=True,
    )
    assert trial.returncode == 0, trial.stdout
    assert "skipped" not in trial.stdout
