"""File formats are kinds: an incomplete one is refused, and the documentation lists what the classes say."""

from __future__ import annotations

from pathlib import Path

import pytest

from mgtwin.data import FILE_FORMATS, file_format
from mgtwin.errors import InputError

ROOT = Path(__file__).parents[2]


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
