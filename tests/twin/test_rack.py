"""A rack: which cell has which files, and that nothing one cell does stops another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import mgtwin as mt
from mgtwin.errors import FileError
from mgtwin.twin import rack as room
from mgtwin.twin.rack import Rack, Row, load_rack
from mgtwin.twin.settings import TwinFile, template

from .test_watch import Keeping, write


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of two cells, whose twins only keep what they are given."""
    (tmp_path / "twin.yaml").write_text(template("trilayer"))
    for name in ("cell_1", "cell_2"):
        (tmp_path / "data" / name).mkdir(parents=True)
    monkeypatch.setattr(room, "twin_of", lambda told: Keeping(told.store))
    monkeypatch.setattr(room, "summary", lambda twin, name, protocol, until: Row(name, cycle=float(len(twin.held()))))
    return tmp_path / "data"


def loaded(folder: Path, text: str) -> Rack:
    file = folder.parent / "rack.yaml"
    file.write_text(text)
    return load_rack(file, folder)


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ('"*/"', {"cell_1": ("cell_1", "*"), "cell_2": ("cell_2", "*")}),
        ("{a: cell_1, b: {data: cell_2/}}", {"a": ("cell_1", "*"), "b": ("cell_2", "*")}),
        ('{a: "a_*.csv", b: "cell_2/b_*.csv"}', {"a": ("", "a_*.csv"), "b": ("cell_2", "b_*.csv")}),
    ],
)
def test_cells_are_folders_or_patterns(folder: Path, cells: str, found: dict[str, tuple[str, str]]) -> None:
    rack = loaded(folder, f"twin: twin.yaml\nstores: twins\ncells: {cells}\n")
    assert {place.name: (place.folder, place.told.reading.pattern) for place in rack.places} == {
        name: (folder / where, pattern) for name, (where, pattern) in found.items()
    }
    assert all(place.told.store == folder.parent / "twins" / f"{place.name}.twin" for place in rack.places)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cells: {a: cell_1}\n", "a has no twin"),
        ('twin: twin.yaml\ncells: "cells_*/"\n', "there is no cell"),
        ("twin: twins.yaml\ncells: {a: cell_1}\n", r"twins\.yaml: there is no such file"),
        ("twin: twin.yaml\ncels: {a: cell_1}\n", "Did you mean 'cells'"),
    ],
)
def test_what_is_wrong_is_said(folder: Path, text: str, said: str) -> None:
    with pytest.raises(FileError, match=said):
        loaded(folder, text)


def polled(rack: Rack, times: int = 3) -> dict[str, Row]:
    for _ in range(times):
        rack.poll()
    return rack.rows


def test_damaged_files_of_one_cell_stop_no_other(folder: Path) -> None:
    rack = loaded(folder, "twin: twin.yaml\ncells: {a: cell_1, b: cell_2, c: cell_3}\n")
    write(folder / "cell_1", 1)
    write(folder / "cell_2", 1)
    (folder / "cell_2" / "loop_2.csv").write_bytes(b"\x00\x01" * 500)
    rows = polled(rack)
    assert (rows["a"].cycle, rows["b"].cycle) == (1.0, 1.0)
    assert [one.decision for one in rows["b"].outcomes] == ["read", "refused"]
    assert "there is no folder" in rows["c"].problem
    (folder.parent / "b.twin" / "journal.bin").write_bytes(b"damaged beyond repair")
    (folder / "cell_3").mkdir()
    write(folder / "cell_3", 4)
    write(folder / "cell_2", 5)
    assert polled(rack)["c"].cycle == 1.0
    assert "no journal of a twin" in rack.rows["b"].problem
    again = polled(loaded(folder, "twin: twin.yaml\ncells: {a: cell_1, b: cell_2, c: cell_3}\n"))
    assert ("no journal" in again["b"].problem, again["a"].cycle, again["c"].cycle) == (True, 1.0, 1.0)


@pytest.mark.parametrize("fails", [RuntimeError("a fault of ours"), mt.InputError("another process writes there")])
def test_a_cell_that_fails_is_tried_again_and_stops_no_other(
    folder: Path, monkeypatch: pytest.MonkeyPatch, fails: Exception
) -> None:
    rack = loaded(folder, "twin: twin.yaml\ncells: {a: cell_1, b: cell_2}\n")
    for name in ("cell_1", "cell_2"):
        write(folder / name, 1)
    working: Callable[[TwinFile], Keeping] = lambda told: Keeping(told.store)  # noqa: E731

    def failing(told: TwinFile) -> Keeping:
        if told.store.stem == "a":
            raise fails
        return working(told)

    monkeypatch.setattr(room, "twin_of", failing)
    rows = polled(rack)
    assert str(fails) in rows["a"].problem
    assert rows["b"].cycle == 1.0
    monkeypatch.setattr(room, "twin_of", working)
    assert polled(rack)["a"].cycle == 1.0
    assert rack.poll() == []  # nothing new, nothing to do
