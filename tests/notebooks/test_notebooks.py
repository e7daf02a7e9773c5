"""Every notebook runs from top to bottom; its last cell asserts its headline number."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"


@pytest.mark.notebook
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebook_runs_and_its_assertion_holds(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert "assert" in notebook.cells[-1].source, "the last cell of a notebook asserts its headline number"
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()


def test_there_are_notebooks() -> None:
    assert list(FOLDER.glob("*.ipynb"))
