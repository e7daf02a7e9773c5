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
LONGEST = 50


class Section(NamedTuple):
    """The file of a kind, what is done with it, and what that prints."""

    file: str
    text: str
    use: str
    output: str


def sections() -> dict[str, Section]:
    """Sections of the page that add a kind, by their title."""
    page = (ROOT / "docs" / "extend.md").read_text(encoding="utf-8")
    found = {}
    for part in page.split("\n## ")[1:]:
        title, _, body = part.partition("\n")
        if title.startswith("Add "):
            blocks = FENCE.findall(body)
            python = [text for language, text in blocks if language == "python"]
            file = python[0].splitlines()[0].removeprefix("# ")
            shown = "".join(text for language, text in blocks if language == "text")
            found[title.removeprefix("Add a").removeprefix("n ").strip()] = Section(
                file, python[0], "\n".join(python[1:]), shown
            )
    return found


SECTIONS = sections()


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


@pytest.mark.parametrize("title", SECTIONS)
def test_one_file_is_enough(title: str, tmp_path: Path) -> None:
    section = SECTIONS[title]
    assert section.file.endswith(".py")
    assert len(section.text.splitlines()) <= LONGEST
    (tmp_path / section.file).write_text(section.text, encoding="utf-8")
    assert run(["-c", section.use], tmp_path).split() == section.output.split()


def test_an_installed_package_is_known_to_the_command_line(tmp_path: Path) -> None:
    """Its entry point is all that it takes; without the package nobody knows the law."""
    section = SECTIONS["law of temperature"]
    (tmp_path / section.file).write_text(section.text, encoding="utf-8")
    described = tmp_path / "my_kinds-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: my_kinds\nVersion: 1.0\n", encoding="utf-8")
    points = described / "entry_points.txt"
    points.write_text("[mgtwin.kinds]\nmy_kinds = power_law\n", encoding="utf-8")
    assert "exponent" in run(["-m", "mgtwin", "schema", "power_law"], tmp_path)
    points.unlink()
    with pytest.raises(AssertionError):
        run(["-m", "mgtwin", "schema", "power_law"], tmp_path)
