"""Stores of studies: resume, refusal of other studies, damage on disk."""

from __future__ import annotations

import contextlib
import errno
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import mgtwin as mt
from mgtwin.errors import FileError
from mgtwin.studies import store as stores

pytest.importorskip("zarr")

BUFFERS = "layers.buffer_*.thickness"
SPECTRUM = mt.EIS(1e6, 0.1, points=13)
ASR = mt.analysis.area_specific_resistance
AXES = {BUFFERS: ["0.2 mm", "0.5 mm", "0.8 mm"], "temperature": ["25 degC", "60 degC"]}


@pytest.fixture(scope="module")
def cell() -> Any:
    return mt.cell("trilayer")


@pytest.fixture(scope="module")
def cells(cell: Any) -> Any:
    """Six cells: several cells are never joined in a chunk, so the study has six chunks of one or more points."""
    return {f"cell {k}": cell.with_({"series_resistance": 1e-4 * k}) for k in range(6)}


counted: list[float] = []


def counting(eis: xr.Dataset) -> float:
    """A metric that notes when it is called."""
    counted.append(1.0)
    return float(eis["impedance"].real[-1])


def study(cells: Any, path: Path, **changes: Any) -> xr.Dataset:
    given = {"cell": cells, "protocol": SPECTRUM, "axes": AXES, "metrics": [ASR, counting], "store": path} | changes
    return mt.sweep(**given)


def interrupted(cells: Any, path: Path, after: int) -> None:
    """Run a study and stop it after some chunks."""

    def stop(fraction: float, text: str) -> None:
        if fraction >= after / 6 - 1e-9:
            raise KeyboardInterrupt

    assert study(cells, path, progress=stop).attrs["interrupted"]


def test_a_store_gives_the_numbers_of_a_study_in_memory(cells: Any, tmp_path: Path) -> None:
    kept = study(cells, tmp_path / "study.zarr")
    again = study(cells, tmp_path / "study.zarr", store=None)
    assert kept.equals(again)
    assert mt.open_study(tmp_path / "study.zarr").equals(again)
    assert set(kept.indexes) == set(again.indexes) == {"cell", BUFFERS, "temperature", "buffer_thickness"}
    assert float(kept["counting"].sel({BUFFERS: 5e-4, "temperature": 333.15}, method="nearest")[0]) > 0
    assert kept.where(kept["counting"] > 0)["failure"].dtype == object
    assert kept.attrs["study"] == again.attrs["study"]
    assert mt.cell_at(kept.isel(cell=2, temperature=1).sel({BUFFERS: 2e-4})).get("series_resistance") == 2e-4


def test_other_programs_can_read_a_store(cells: Any, tmp_path: Path) -> None:
    kept = study(cells, tmp_path / "study.zarr")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plain = xr.open_zarr(tmp_path / "study.zarr", chunks=None)
    np.testing.assert_array_equal(plain["area_specific_resistance"], kept["area_specific_resistance"])
    assert plain["area_specific_resistance"].attrs["units"] == "ohm*m^2"


def test_finished_points_are_not_computed_again(cells: Any, tmp_path: Path) -> None:
    path = tmp_path / "study.zarr"
    interrupted(cells, path, after=2)
    half = mt.open_study(path)
    assert np.isfinite(half["counting"].values).reshape(6, -1).all(axis=1).tolist() == [True] * 2 + [False] * 4
    counted.clear()
    whole = study(cells, path)
    assert len(counted) == 4 * 6
    assert whole.equals(study(cells, path, store=None))
    counted.clear()
    study(cells, path)
    assert counted == []
    assert "interrupted" not in whole.attrs


def test_a_line_that_was_cut_off_is_passed_over(cells: Any, tmp_path: Path) -> None:
    path = tmp_path / "study.zarr"
    interrupted(cells, path, after=3)
    journal = path / "finished.jsonl"
    journal.write_text(journal.read_text()[:-20])
    counted.clear()
    assert study(cells, path).equals(study(cells, path, store=None))
    assert [json.loads(line)["chunk"] for line in journal.read_text().split("\n") if _whole(line)] == [0, 1, 2, 3, 4, 5]
    assert len(counted) == 4 * 6 + 6 * 6  # and those of the study in memory


def _whole(line: str) -> bool:
    return line.endswith("}") and line.startswith("{")


@pytest.mark.parametrize("how", ["flip", "cut", "remove", "other"])
def test_a_damaged_chunk_is_named_and_computed_again(cells: Any, tmp_path: Path, how: str) -> None:
    path = tmp_path / "study.zarr"
    before = study(cells, path).load()
    chunk = path / "area_specific_resistance" / "c" / "4" / "0" / "0"
    raw = bytearray(chunk.read_bytes())
    if how == "flip":
        raw[len(raw) // 2] ^= 1
        chunk.write_bytes(raw)
    elif how == "cut":
        chunk.write_bytes(raw[:-5])
    elif how == "remove":
        chunk.unlink()
    else:  # a whole and valid chunk, but of other points: only the journal knows
        shutil.copy(chunk.parents[2] / "3" / "0" / "0", chunk)
    counted.clear()
    with pytest.warns(
        mt.MgtwinWarning, match=r"chunk 4 \(cell 4\.\.4, .*\) was damaged on disk: study\.zarr/area.*/c/4/0/0"
    ):
        again = study(cells, path)
    assert len(counted) == 6
    assert again.equals(before)
    assert any("chunk 4" in text for text in again.attrs["warnings"])
    counted.clear()
    assert study(cells, path).equals(before)
    assert counted == []


def test_reasons_are_kept_in_the_store(cell: Any, tmp_path: Path) -> None:
    def picky(eis: xr.Dataset) -> float:
        if float(mt.analysis.stack_thickness(eis)) > 1.5e-3:
            raise ValueError("too thick: µm")
        return 1.0

    kept = mt.sweep(cell, SPECTRUM, {BUFFERS: ["0.2 mm", "0.5 mm"]}, [picky], store=tmp_path / "study.zarr")
    assert kept["failure"].values.tolist() == ["", "picky: ValueError: too thick: µm"]
    assert mt.open(mt.save(kept, tmp_path / "study.nc")).equals(kept.load())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"protocol": mt.EIS(1e6, 0.1, points=14)}, "protocol 'eis' differs: points: 14 is new"),
        ({"axes": {**AXES, "temperature": ["25 degC", "61 degC"]}}, "axis 'temperature' differs: its values"),
        ({"axes": {BUFFERS: AXES[BUFFERS], "area": ["1 cm^2"]}}, "axis 'temperature' is in the store only"),
        ({"axes": dict(reversed(AXES.items()))}, "the axes are in another order"),
        ({"metrics": [ASR]}, "metric 'counting' is in the store only"),
        ({"metrics": [functools.partial(ASR, at="1 kHz"), counting]}, "metric 'area_specific_resistance' differs"),
    ],
)
def test_the_store_of_another_study_is_refused(cells: Any, tmp_path: Path, changes: Any, said: str) -> None:
    path = tmp_path / "study.zarr"
    interrupted(cells, path, after=1)
    with pytest.raises(mt.InputError, match="is the store of another study") as error:
        study(cells, path, **changes)
    assert said in str(error.value)


def test_a_changed_cell_is_refused_and_the_change_named(cell: Any, tmp_path: Path) -> None:
    path = tmp_path / "study.zarr"
    mt.sweep(cell, SPECTRUM, AXES, [ASR], store=path)
    with pytest.raises(mt.InputError) as error:
        mt.sweep(cell.with_({"layers.antiperovskite.thickness": "0.6 mm"}), SPECTRUM, AXES, [ASR], store=path)
    assert "layers.antiperovskite.thickness is 0.6 mm, in the store 0.655 mm" in str(error.value)


def test_what_is_no_store_is_refused(cell: Any, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    for path in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(mt.InputError, match="is not the store of a study"):
            mt.sweep(cell, SPECTRUM, AXES, [ASR], store=path)
    with pytest.raises(mt.InputError, match="does not exist: create it first"):
        mt.sweep(cell, SPECTRUM, AXES, [ASR], store=tmp_path / "nowhere" / "study.zarr")
    with pytest.raises(mt.InputError, match="is not the store of a study"):
        mt.open_study(tmp_path / "nothing.zarr")
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_store_that_cannot_be_made_leaves_nothing(cell: Any, tmp_path: Path, monkeypatch: Any) -> None:
    def broken(*_: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(stores, "coordinates", broken)
    with pytest.raises(FileError, match=r"study\.zarr: cannot be written: no space left"):
        mt.sweep(cell, SPECTRUM, AXES, [ASR], store=tmp_path / "study.zarr")
    assert list(tmp_path.iterdir()) == []


# several processes, and their ends ------------------------------------------------------------------------------------


def test_two_sweeps_never_write_to_one_store(cell: Any, tmp_path: Path) -> None:
    """The second one is told at once, even while the first still lays the store out; its lock leaves no file."""
    path = tmp_path / "study.zarr"
    refused: list[str] = []

    def second(fraction: float, text: str) -> None:
        with pytest.raises(mt.InputError, match="is being computed by another process") as error:
            mt.sweep(cell, SPECTRUM, AXES, [ASR], store=path)
        refused.append(str(error.value))

    mt.sweep(cell, SPECTRUM, AXES, [ASR], store=path, progress=second)
    assert refused and [item.name for item in tmp_path.iterdir()] == ["study.zarr"]
    mt.sweep(cell, SPECTRUM, AXES, [ASR], store=path)


def test_sweeps_that_start_together_make_one_store(tmp_path: Path) -> None:
    code = (
        "import mgtwin as mt, sys\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "mt.sweep(mt.cell('trilayer'), mt.EIS(1e5, 1.0, points=3), {'area': ['1 cm^2', '2 cm^2']},"
        " [mt.analysis.area_specific_resistance], store='study.zarr')"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(mt.__file__).parents[1]), *sys.path])}
    both = [
        subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=environment, text=True,
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]  # fmt: skip
    for process in both:
        assert process.stdout is not None and process.stdin is not None
        process.stdout.readline()
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=120)[1] for process in both]
    # one after the other both succeed, together one of them is refused: never a clash
    assert all(not text or "is being computed by another process" in text for text in said)
    assert mt.open_study(tmp_path / "study.zarr")["area_specific_resistance"].notnull().all()
    assert [item.name for item in tmp_path.iterdir()] == ["study.zarr"]


def test_what_a_killed_process_left_is_used_or_removed(cell: Any, tmp_path: Path) -> None:
    (tmp_path / ".study.zarr.lock").touch()
    (tmp_path / ".study.zarr.part" / "c").mkdir(parents=True)
    mt.sweep(cell, SPECTRUM, AXES, [ASR], store=tmp_path / "study.zarr")
    assert [item.name for item in tmp_path.iterdir()] == ["study.zarr"]


@pytest.mark.parametrize("in_store", [True, False])
def test_sigterm_keeps_what_was_done(cells: Any, tmp_path: Path, in_store: bool) -> None:
    def kill(fraction: float, text: str) -> None:
        if fraction > 0.4:
            os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    path = tmp_path / "study.zarr" if in_store else None
    half = study(cells, path, progress=kill)  # type: ignore[arg-type]
    assert half.attrs["interrupted"] and any(
        text.startswith("interrupted: 18 of 36") for text in half.attrs["warnings"]
    )
    assert int(half["counting"].notnull().sum()) == 18
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.fixture
def _takes_ctrl_c() -> Iterator[None]:
    """Python's own answer to Ctrl-C: a job in the background inherits "ignore"."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_takes_ctrl_c")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_a_library_swallowed_ends_the_study_after_its_point(cells: Any, number: int) -> None:
    """The wrappers of CasADi catch every exception, KeyboardInterrupt too."""

    def swallowing(eis: xr.Dataset) -> float:
        with contextlib.suppress(BaseException):
            os.kill(os.getpid(), number)
        return 1.0

    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    half = mt.sweep(cells, SPECTRUM, {"temperature": ["25 degC"]}, {"one": swallowing})
    assert half.attrs["interrupted"] and half["one"].notnull().values.ravel().tolist() == [True] + 5 * [False]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_full_disk_is_told_and_the_rest_computed_later(cells: Any, tmp_path: Path, monkeypatch: Any) -> None:
    path, real = tmp_path / "study.zarr", stores._append

    def full(file: Path, line: Any) -> None:
        if line["chunk"] == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(file, line)

    with monkeypatch.context() as patched:
        patched.setattr(stores, "_append", full)
        with pytest.raises(FileError, match=r"study\.zarr: cannot be written: No space left on device"):
            study(cells, path)
    counted.clear()
    assert study(cells, path).equals(study(cells, path, store=None))
    assert len(counted) == 3 * 6 + 6 * 6  # and those of the study in memory
