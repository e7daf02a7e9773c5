"""Watching a folder: finished files, half-written ones, damaged ones, across restarts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import xarray as xr

import mgtwin as mt
from mgtwin.twin.evidence import Evidence, Moment, content_hash, moment_of
from mgtwin.twin.store import FolderStore
from mgtwin.twin.watch import Folder, Outcome, Reading, take, taken_before, watch

ROWS = [f"{f:.6e},{100 + 50 / (1 + f * f):.6e},{50 * f / (1 + f * f):.6e}" for f in np.logspace(3, -2, 11)]
HEAD = "freq/Hz,Re Z/Ohm,-Im Z/Ohm"
READING = Reading("loop_*.csv", moments=mt.ByCycle("loop_{}."))


class Answer(NamedTuple):
    decision: str


class Keeping:
    """Stands for a twin: it keeps what it is given, and estimates nothing."""

    def __init__(self, path: Path) -> None:
        self.store = FolderStore(path)

    def update(
        self, what: xr.Dataset, *, at: Moment | None = None, noise: float | None = None, name: str = ""
    ) -> Answer:
        if float(what["impedance"].real.min()) < 1:
            raise mt.InputError(f"{name}: that is no cell.")
        self.store.put(Evidence(content_hash(what), name, moment_of(what, at, name), "spectrum", what, noise))
        return Answer("assimilated")

    def held(self) -> list[tuple[float | None, int]]:
        return sorted((e.moment.cycle, e.dataset.sizes["frequency"]) for e in self.store.evidence())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
def twin(tmp_path: Path) -> Keeping:
    return Keeping(tmp_path / "cell7.twin")


def write(folder: Path, cycle: int, rows: int = len(ROWS), *, scale: float = 1.0, end: str = "\n") -> Path:
    file = folder / f"loop_{cycle}.csv"
    grown = scale * (1 + cycle / 100)  # the same numbers at two moments are refused
    found = [row.replace(row.split(",")[1], f"{grown * float(row.split(',')[1]):.6e}") for row in ROWS[:rows]]
    file.write_text("\n".join([HEAD, *found]) + end)
    return file


def polls(twin: Keeping, folder: Path, number: int = 3) -> list[Outcome]:
    return [one for taken in watch(twin, folder, READING, every=0.0, polls=number) for one in taken]


def test_a_file_is_taken_once_it_has_stood_still_for_two_polls(folder: Path) -> None:
    files = Folder(folder, "loop_*.csv")
    found = []
    for k in range(8):
        if k < 4:  # grows at the first four polls
            write(folder, 1, rows=2 + k)
        found.append([path.name for path in files.settled()])
    assert found == [[], [], [], [], [], ["loop_1.csv"], [], []]
    write(folder, 1)
    assert [len(files.settled()) for _ in range(4)] == [0, 0, 1, 0]


def test_a_touched_file_of_the_same_bytes_changes_nothing(twin: Keeping, folder: Path) -> None:
    file = write(folder, 3)
    polls(twin, folder)
    file.touch()
    assert [one.decision for one in polls(twin, folder)] == ["read"]
    assert twin.held() == [(3, 11)]


def test_half_written_files_that_parse_are_replaced_by_the_whole_one(twin: Keeping, folder: Path) -> None:
    for rows in (4, 7, 11):
        write(folder, 5, rows)
        polls(twin, folder)
    assert twin.held() == [(5, 11)]
    write(folder, 5, 6)  # copied anew, and seen before the copy was whole
    polls(twin, folder)
    assert twin.held() == [(5, 11)]


def test_a_last_line_without_its_end_is_waited_for(twin: Keeping, folder: Path) -> None:
    write(folder, 5, end="")
    (outcome,) = polls(twin, folder)
    assert outcome.decision == "refused"
    assert "may still be written" in outcome.reason
    write(folder, 5)
    assert [one.decision for one in polls(twin, folder)] == ["read"]
    whole = Reading("loop_*.csv", moments=READING.moments, complete=True)
    write(folder, 6, end="")
    assert take(twin, whole, [folder / "loop_6.csv"])[0].decision == "read"
    write(folder, 7)
    take(twin, Reading("*", moments=READING.moments, noise="2 %"), [folder / "loop_7.csv"])
    assert {e.moment.cycle: e.noise for e in twin.store.evidence()} == {5: None, 6: None, 7: 0.02}
    assert twin.held() == [(5, 11), (6, 11), (7, 11)]


def test_a_correction_supersedes(twin: Keeping, folder: Path) -> None:
    write(folder, 5)
    polls(twin, folder)
    write(folder, 5, scale=1.01)
    polls(twin, folder)
    ((_, rows),) = twin.held()
    assert rows == 11
    assert len([record for record in twin.store.records() if record.kind == "evidence"]) == 2


@pytest.mark.parametrize(
    "damage", [b"", b"\x00\xff" * 900, b"freq/Hz,Re Z/Ohm,-Im Z/Ohm\n", b"1,2\n", b"PK\x03\x04 no zip"]
)
def test_a_damaged_file_stops_no_other_and_is_tried_again_when_it_changes(
    twin: Keeping, folder: Path, damage: bytes
) -> None:
    (folder / "loop_1.csv").write_bytes(damage)
    write(folder, 2)
    write(folder, 3, scale=1e-3)  # read, but the twin refuses it
    (folder / "loop_4.csv").mkdir()
    (folder / "notes.txt").write_text("not of the pattern")
    assert [(one.file, one.decision) for one in polls(twin, folder)] == [
        ("loop_1.csv", "refused"), ("loop_2.csv", "read"), ("loop_3.csv", "refused"),
    ]  # fmt: skip
    assert polls(twin, folder) == []  # also by another process: the journal knows
    assert set(taken_before(twin.store)) == {"loop_1.csv", "loop_2.csv", "loop_3.csv"}
    write(folder, 1)
    assert [(one.file, one.decision) for one in polls(twin, folder)] == [("loop_1.csv", "read")]
    assert twin.held() == [(1, 11), (2, 11)]


def test_files_come_in_any_order(tmp_path: Path, folder: Path) -> None:
    for cycle in (4, 1, 3, 2):
        write(folder, cycle)
    one, other = Keeping(tmp_path / "one.twin"), Keeping(tmp_path / "other.twin")
    files = sorted(folder.iterdir())
    take(one, READING, files)
    take(other, READING, files[::-1])
    assert {e.sha for e in one.store.evidence()} == {e.sha for e in other.store.evidence()}


def test_a_file_that_vanishes_is_no_fault(twin: Keeping, folder: Path) -> None:
    assert take(twin, READING, [folder / "loop_9.csv"]) == []


def test_no_folder(twin: Keeping, tmp_path: Path) -> None:
    with pytest.raises(mt.InputError, match="there is no folder"):
        next(watch(twin, tmp_path / "nowhere"))


def test_nobody_else_writes_while_it_watches(twin: Keeping, folder: Path) -> None:
    watching: Iterator[list[Outcome]] = watch(twin, folder, READING, every=0.0)
    next(watching)
    second = Keeping(twin.store.path)
    with pytest.raises(mt.InputError, match="is being written by another process"):
        next(watch(second, folder, READING))
