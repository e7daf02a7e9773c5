"""A file format is one file, also outside the package; nothing else lists formats."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mgtwin.data import FILE_FORMATS, file_format
from mgtwin.errors import InputError

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "extend" / "format.md"


def test_a_format_in_an_empty_folder(tmp_path: Path) -> None:
    """The example of the documentation, as a user would write it: a file beside his own, and nothing else."""
    declared, used, printed = re.findall(r"```(?:python|text)\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert declared.count("\n") <= 50
    (tmp_path / "probe_station.py").write_text(declared)
    (tmp_path / "use.py").write_text("import probe_station\n" + used)
    command = [sys.executable, "use.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == printed, done.stderr


@pytest.mark.parametrize("lacking", ["name", "recognises", "parse", "docstring"])
def test_an_incomplete_format_is_refused_when_its_class_is_made(lacking: str) -> None:
    members = {
        "name": "incomplete",
        "__doc__": "A format.",
        "recognises": staticmethod(lambda file: False),
        "parse": staticmethod(lambda file, hints: None),
    }
    del members[{"docstring": "__doc__"}.get(lacking, lacking)]
    with pytest.raises(InputError, match=f"the file format Incomplete lacks .*{lacking}"):
        file_format(type("Incomplete", (), members))
    assert "incomplete" not in FILE_FORMATS


def test_the_documentation_lists_every_format() -> None:
    """The table of docs/files.md says what the classes say."""
    page = (ROOT / "docs" / "files.md").read_text()
    for kind in FILE_FORMATS.values():
        docs = [part.__doc__.split("\n")[0].rstrip(".") for part in (kind, kind.recognises) if part.__doc__]
        assert f"| {docs[0]} | {docs[1]} |" in page, kind.name
