"""Stores: idempotent, in any order, corrections, files that grow, one writer at a time, kill -9 at any point."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import random
import signal
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import mgtwin as mt
from mgtwin.dataset import spectrum
from mgtwin.errors import FileError
from mgtwin.twin.evidence import Evidence, Moment, content_hash
from mgtwin.twin.journal import Record
from mgtwin.twin.store import FolderStore, MemoryStore, Store


def evidence(cycle: float, seed: int = 0, rows: int = 7) -> Evidence:
    frequency = np.logspace(6, 0, 7)[:rows]
    z = 100 + 50 / (1 + 1j * frequency / (100 + cycle)) + 0.1 * seed
    ds = spectrum(frequency, z, attrs={"instrument": "a test"})
    return Evidence(content_hash(ds), f"loop_{cycle:g}.csv", Moment(cycle=cycle), "spectrum", ds, noise=0.1 + 0.2)


@pytest.fixture(params=["memory", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else FolderStore(tmp_path / "cell7.twin")


def present(store: Store) -> list[tuple[float | None, int]]:
    return sorted((e.moment.cycle, e.dataset.sizes["frequency"]) for e in store.evidence())


def test_what_is_put_comes_back_to_the_last_bit(store: Store, tmp_path: Path) -> None:
    given = evidence(3)
    store.put(given)
    again = FolderStore(store.path) if isinstance(store, FolderStore) else store
    (found,) = again.evidence()
    assert (found.sha, found.name, found.moment, found.kind) == (given.sha, given.name, given.moment, given.kind)
    assert found.noise == given.noise
    xr.testing.assert_identical(found.dataset, given.dataset)
    assert content_hash(found.dataset) == given.sha


def test_the_same_twice_changes_nothing(store: Store) -> None:
    for k in (1, 2, 1, 2, 1):
        store.put(evidence(k))
    assert len(store.records()) == 2


def test_any_order_gives_the_same_set() -> None:
    sets = set()
    for order in itertools.permutations([evidence(1), evidence(2), evidence(5), evidence(5, rows=4)]):
        store = MemoryStore()
        for one in order:
            store.put(one)
        sets.add(frozenset(e.sha for e in store.evidence()))
        assert present(store) == [(1, 7), (2, 7), (5, 7)]
    assert len(sets) == 1


def test_the_later_correction_supersedes_and_both_stay_in_the_journal(store: Store) -> None:
    first, second = evidence(5), evidence(5, seed=1)
    for one in (first, second, first):  # the old file again is known, and no correction of the correction
        store.put(one)
    assert [e.sha for e in store.evidence()] == [second.sha]
    assert [record.body["sha"] for record in store.records()] == [first.sha, second.sha]


def test_a_file_that_grows_is_one_measurement(store: Store) -> None:
    for rows in (3, 5, 4, 7, 2):
        store.put(evidence(8, rows=rows))
    assert present(store) == [(8, 7)]


def test_another_kind_at_the_same_moment_is_beside_it(store: Store) -> None:
    one, other = evidence(5), evidence(5, seed=1)
    store.put(one)
    store.put(Evidence(other.sha, other.name, other.moment, "polarization", other.dataset))
    assert len(store.evidence()) == 2


def test_the_same_numbers_at_two_moments_are_refused(store: Store) -> None:
    one = evidence(5)
    store.put(one)
    with pytest.raises(mt.InputError, match=r"same numbers as loop_5\.csv, but is said to be of cycle 6"):
        store.put(Evidence(one.sha, "loop_6.csv", Moment(cycle=6), "spectrum", one.dataset))


def test_states_come_back_and_old_ones_are_forgotten(store: Store) -> None:
    for k in range(12):
        store.cache(f"key{k}", {"mean": np.array([0.1, k])})
    np.testing.assert_array_equal(store.cached("key11")["mean"], [0.1, 11])  # type: ignore[index]
    assert store.cached("key0") is None


def test_a_damaged_state_is_computed_again(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "cell7.twin")
    store.cache("key", {"mean": np.arange(100.0)})
    file = tmp_path / "cell7.twin" / "state" / "key.npz"
    raw = bytearray(file.read_bytes())
    for place in range(0, len(raw), 37):
        file.write_bytes(raw[:place])
        assert store.cached("key") is None
        damaged = raw.copy()
        damaged[place] ^= 0xFF
        file.write_bytes(damaged)
        assert store.cached("key") is None
    file.write_bytes(raw)
    np.testing.assert_array_equal(store.cached("key")["mean"], np.arange(100.0))  # type: ignore[index]


def test_damaged_evidence_is_said(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "cell7.twin")
    store.put(evidence(1))
    (file,) = (tmp_path / "cell7.twin" / "evidence").iterdir()
    file.write_bytes(file.read_bytes()[:-400])
    with pytest.raises(FileError):
        FolderStore(store.path).evidence()


def test_another_folder_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(mt.InputError, match="is not the store of a twin"):
        FolderStore(tmp_path)
    with pytest.raises(mt.InputError, match="create it first"):
        FolderStore(tmp_path / "a" / "b.twin")


def in_child(work: Callable[[], None]) -> int:
    """Run something in a copy of this process, and return how that ended."""
    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    child.join()
    return child.exitcode or 0


def test_two_writers_exclude_each_other(tmp_path: Path) -> None:
    path = tmp_path / "cell7.twin"

    def other() -> None:
        try:
            FolderStore(path).put(evidence(2))
        except mt.InputError as error:
            os._exit(7 if f"pid {parent}, since" in str(error) else 1)

    parent = os.getpid()
    store = FolderStore(path)
    with store.locked():
        store.put(evidence(1))
        assert in_child(other) == 7
        assert present(FolderStore(path)) == [(1, 7)]  # reading needs no lock
    assert in_child(other) == 0
    assert present(store) == [(1, 7), (2, 7)]


def killed_at(point: int, path: Path, work: Callable[[Store], None]) -> bool:
    """Let a process work on a store and kill it with SIGKILL at its nth contact with the disk: was it."""

    def run() -> None:
        left = point
        real = {name: getattr(os, name) for name in ("fsync", "replace", "truncate", "unlink")}

        def counted(name: str) -> Callable[..., object]:
            def call(*arguments: object) -> object:
                nonlocal left
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real[name](*arguments)

            return call

        for name in real:
            setattr(os, name, counted(name))
        warnings.simplefilter("ignore")
        work(FolderStore(path))

    return in_child(run) == -signal.SIGKILL


def bits(store: FolderStore) -> bytes:
    return (store.path / "journal.bin").read_bytes()


def test_killed_at_20_random_points_it_ends_with_the_same_bits(tmp_path: Path) -> None:
    generator = random.Random(16)
    lives = [evidence(k, rows=rows) for k in range(8) for rows in (4, 7)]

    def work(store: Store) -> None:
        for one in lives:
            with store.locked():
                store.put(one)
                decision = Record("decision", {"sha": one.sha, "decision": "assimilated", "reason": ""})
                if one.sha not in store.decisions():
                    store.append(decision)
                store.cache(one.sha, {"mean": one.dataset["impedance"].values})

    calm = FolderStore(tmp_path / "calm.twin")
    work(calm)
    path = tmp_path / "killed.twin"
    kills = sum(killed_at(generator.randrange(1, 9), path, work) for _ in range(20))
    assert kills == 20
    store = FolderStore(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        work(store)
    assert bits(store) == bits(calm)
    assert [e.sha for e in FolderStore(path).evidence()] == [e.sha for e in calm.evidence()]
