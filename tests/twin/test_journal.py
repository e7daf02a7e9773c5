"""The journal: a process that dies at any moment loses the record that it was writing, and nothing else."""

from __future__ import annotations

import random
import warnings
from pathlib import Path

import pytest

from mgtwin.errors import FileError, MgtwinWarning
from mgtwin.twin.journal import Journal, Record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.bin"


RECORDS = [Record("evidence", {"sha": f"{k:064x}", "noise": 0.1 / (k + 1), "text": "µ\n" * k}) for k in range(4)]


def _written(path: Path) -> bytes:
    journal = Journal(path)
    for record in RECORDS:
        journal.append(record)
    return path.read_bytes()


def test_cut_at_every_byte_it_holds_what_was_finished(path: Path) -> None:
    whole = _written(path)
    ends = []
    for cut in range(0, len(whole), 3):
        path.write_bytes(whole[:cut])
        read = Journal(path).records()
        assert list(read) == RECORDS[: len(read)]
        ends.append(len(read))
    assert ends == sorted(ends)
    assert set(ends) == {0, 1, 2, 3}


@pytest.mark.parametrize("seed", range(6))
def test_what_a_kill_left_is_cut_and_the_same_bytes_come_again(path: Path, seed: int) -> None:
    whole = _written(path)
    path.write_bytes(whole[: random.Random(seed).randrange(len(whole) - 1)])
    journal = Journal(path)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", MgtwinWarning)
        for record in RECORDS[len(journal.records()) :]:
            journal.append(record)
    assert path.read_bytes() == whole
    assert ["did not finish" in str(one.message) for one in said] == [True]


def test_a_tail_of_zeros_is_no_record(path: Path) -> None:
    whole = _written(path)
    path.write_bytes(whole + bytes(4096))
    assert list(Journal(path).records()) == RECORDS


@pytest.mark.parametrize("place", [25, 120, 200])
def test_damage_before_the_end_is_refused_and_nothing_is_cut(path: Path, place: int) -> None:
    damaged = bytearray(_written(path))
    damaged[place] ^= 0x10
    path.write_bytes(damaged)
    with pytest.raises(FileError, match="is damaged at byte"):
        Journal(path).append(RECORDS[0])
    assert path.read_bytes() == damaged


def test_another_file_is_left_as_it_is(path: Path) -> None:
    path.write_text("my thesis")
    with pytest.raises(FileError, match="no journal"):
        Journal(path).append(RECORDS[0])
    assert path.read_text() == "my thesis"


def test_a_reader_sees_what_another_writes(path: Path) -> None:
    writer, reader = Journal(path), Journal(path)
    for n, record in enumerate(RECORDS):
        writer.append(record)
        assert len(reader.records()) == n + 1


def test_what_json_has_not_is_refused_before_anything_is_written(path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        Journal(path).append(Record("alarm", {"size": float("nan")}))
    assert not path.exists()
