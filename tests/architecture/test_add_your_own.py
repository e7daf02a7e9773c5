"""docs/extend.md: each kind is one file outside the package, and everything knows it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"# (\w+\.py)\n")
LONGEST = 50


class Example(NamedTuple):
    """The file of a kind, what is done with it, and what that prints."""

    text: str
    use: str
    output: str


def examples() -> dict[str, Example]:
    """File name -> example: a block that begins with its file name, the next block of Python, and text below that."""
    found = {}
    blocks = [*FENCE.findall((ROOT / "docs" / "extend.md").read_text(encoding="utf-8")), ("", "")]
    for k, (language, text) in enumerate(blocks):
        named = NAME.match(text)
        if language == "python" and named:
            shown = blocks[k + 2][1] if blocks[k + 2][0] == "text" else ""
            found[named[1]] = Example(text, blocks[k + 1][1], shown)
    return found


EXAMPLES = examples()


def run(code: list[str], folder: Path) -> str:
    """What Python prints in a folder; the package under test is found, and the folder itself."""
    paths = os.pathsep.join([str(folder), str(ROOT)])
    done = subprocess.run(
        [sys.executable, *code],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": paths, "MPLBACKEND": "agg", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize("file", EXAMPLES)
def test_one_file_is_enough(file: str, tmp_path: Path) -> None:
    example = EXAMPLES[file]
    assert len(example.text.splitlines()) <= LONGEST
    (tmp_path / file).write_text(example.text, encoding="utf-8")
    assert run(["-c", example.use], tmp_path).split() == example.output.split()


def test_an_installed_package_is_known_to_the_command_line(tmp_path: Path) -> None:
    """Its entry point is all that it takes; without the package nobody knows the law."""
    (tmp_path / "power_law.py").write_text(EXAMPLES["power_law.py"].text, encoding="utf-8")
    described = tmp_path / "my_kinds-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: my_kinds\nVersion: 1.0\n", encoding="utf-8")
    points = described / "entry_points.txt"
    points.write_text("[mgtwin.kinds]\nmy_kinds = power_law\n", encoding="utf-8")
    assert "exponent" in run(["-m", "mgtwin", "schema", "power_law"], tmp_path)
    points.unlink()
    with pytest.raises(AssertionError):
        run(["-m", "mgtwin", "schema", "power_law"], tmp_path)
