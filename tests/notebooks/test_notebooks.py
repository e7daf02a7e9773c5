"""Every notebook runs from top to bottom; its last cell asserts its headline number."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"
#: Where those that ran are kept, for the site (docs/make_site.py).
KEPT = os.environ.get("MGTWIN_NOTEBOOKS")


@pytest.mark.notebook
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebook_runs_and_its_assertion_holds(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MPLBACKEND", raising=False)  # figures are shown as to whoever opens it, and kept for the site
    notebook = nbformat.read(path, as_version=4)
    needs = notebook.metadata.get("mgtwin", {}).get("needs")
    if needs and needs not in os.environ:
        pytest.skip(f"it reads files of others from the folder {needs}")
    assert "assert" in notebook.cells[-1].source, "the last cell of a notebook asserts its headline number"
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    if KEPT:
        nbformat.write(notebook, Path(KEPT) / path.name)


def test_there_are_notebooks() -> None:
    assert list(FOLDER.glob("*.ipynb"))


@pytest.mark.notebook
def test_a_notebook_shows_every_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its backend makes itself interactive when it is loaded, which the look of our plots must not undo."""
    monkeypatch.delenv("MPLBACKEND", raising=False)
    notebook = nbformat.v4.new_notebook()
    data = (
        "import mgtwin as mt\nfrom mgtwin.dataset import spectrum\neis = spectrum([1e3, 1e2, 1e1], [1 - 1j, 2 - 1j, 3])"
    )
    notebook.cells = [nbformat.v4.new_code_cell(text) for text in (data, *["mt.plot.nyquist(eis);"] * 2)]
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    assert [[item.output_type for item in cell.outputs] for cell in notebook.cells] == [[], *[["display_data"]] * 2]
