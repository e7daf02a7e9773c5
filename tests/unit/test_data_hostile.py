"""What is no measurement, or would not fit into memory, is refused at once; large files are read in little memory."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import mgtwin as mt
from mgtwin.errors import FileError

#: What may pass on a machine that does other things, too [s].
AT_ONCE = 5.0


@contextmanager
def refused(match: str) -> Iterator[None]:
    started = time.perf_counter()
    with pytest.raises(FileError, match=match):
        yield
    assert time.perf_counter() - started < AT_ONCE


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such devices here")
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/urandom"])
def test_devices(device: str) -> None:
    with refused("is no file but a device"):
        mt.read(device)


def test_pipes_and_sockets(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with refused("a pipe or a socket"):  # reading it would wait for ever
        mt.read(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        folder = os.getcwd()
        os.chdir(tmp_path)  # names of sockets are short
        try:
            server.bind("socket")
        finally:
            os.chdir(folder)
        with refused("a pipe or a socket"):
            mt.read(tmp_path / "socket")


def test_a_file_without_an_end(tmp_path: Path) -> None:
    """A sparse file of 10 GB takes no place on the disk."""
    path = tmp_path / "a.csv"
    with path.open("wb") as stream:
        stream.write(b"f/Hz,Re/Ohm,Im/Ohm\n")
        stream.truncate(10 * 10**9)
    with refused("has 10 GB; 1.07 GB are read at most"):
        mt.read(path)


def test_archives_that_unpack_to_more_than_memory(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb"
    archive = zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    with archive, archive.open("xl/sheet1.xml", "w") as stream:
        for _ in range(20):
            stream.write(bytes(2**24))
    assert bomb.stat().st_size < 2e6
    for ending in (".xlsx", ".ods", ".ndax"):
        with refused("unpacks to 336 MB; 268 MB are read at most"):
            mt.read(bomb.rename(tmp_path / f"bomb{ending}"))
        (tmp_path / f"bomb{ending}").rename(bomb)


def test_an_archive_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04" + bytes(100))
    with refused("is a damaged archive"):
        mt.read(tmp_path / "a.xlsx")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"1," * 2**21 + b"\n", "a line of 4.19 million characters"),
        (b"no number in this line, nor in any other\n" * 2**18, "has no table of numbers"),
        (b"\n" * 2**23, "is empty|has no table of numbers"),
        (b"a\tb\n" + b"\t\n" * 2**20, "has no table of numbers"),
        (b"\x00\x01" * 2**21, "binary file is of no format"),
    ],
    ids=["one line", "words", "blank lines", "tabs", "binary"],
)
def test_large_files_of_nothing(tmp_path: Path, raw: bytes, reason: str) -> None:
    (tmp_path / "a.csv").write_bytes(raw)
    with refused(reason):
        mt.read(tmp_path / "a.csv")


LARGE = """
import resource, sys
import mgtwin as mt
import mgtwin.data
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
mt.read(sys.argv[1])
before = peak()
ds = mt.read(sys.argv[2])
print(ds.sizes["time"], float(ds.current[-1]), peak() - before)
"""


@pytest.mark.slow
@pytest.mark.parametrize("comment", ["ok", "µ"], ids=["ASCII", "UTF-8"])
def test_a_large_table_is_read_in_memory_of_the_size_of_its_numbers(tmp_path: Path, comment: str) -> None:
    """2 million rows, 76 MB: the bytes of the file, five arrays beside the three that are returned, and little more."""
    head, row = "Time (s),Voltage (V),Current (A),Comment\n", f"{{}}.000,0.300000,1.000000e-05,{comment}\n".format
    small, large = tmp_path / "small.csv", tmp_path / "large.csv"
    small.write_text(head + "".join(map(row, range(10))), encoding="utf-8")
    count = 2_000_000
    large.write_text(head + "".join(map(row, range(count))), encoding="utf-8")
    command = [sys.executable, "-c", LARGE, str(small), str(large)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows, current, memory = done.stdout.split()
    assert (int(rows), float(current)) == (count, 1e-5)
    assert float(memory) < 1.5 * large.stat().st_size + 12 * 8 * count


def test_a_large_table_reads_like_a_small_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that are decoded when asked for: the same rows, gaps, decimal commas and damaged rows."""
    monkeypatch.setattr("mgtwin.data.text._LARGE", 1000)
    count = 3000
    t = np.arange(count)
    rows = [f"{k};0,3;{1e-5 * (1 + k % 7):.3e}".replace(".", ",") for k in t]
    path = tmp_path / "a.csv"
    path.write_text("t/s;U/V;I/A\n" + "\n".join(rows) + "\n" * 3)
    ds = mt.read(path)
    np.testing.assert_array_equal(ds.time, t)
    np.testing.assert_allclose(ds.current, 1e-5 * (1 + t % 7), rtol=1e-12)
    path.write_text(path.read_text().replace(",", "."))
    xr_ds = mt.read(path)
    np.testing.assert_array_equal(ds.current, xr_ds.current)
    rows = path.read_text().split("\n")
    rows[2_901] = "2900;--;1e-5"
    path.write_text("\n".join(rows))
    assert np.isnan(float(mt.read(path).voltage[2_900]))
    rows[2_901] = "2900;x;1e-5"
    path.write_text("\n".join(rows))
    with pytest.raises(FileError, match=r"a.csv:2902: column 2 \(U/V\) should hold numbers, but 'x'"):
        mt.read(path)
    rows[2_901] = "2900;1e-5"
    path.write_text("\n".join(rows))
    with pytest.raises(FileError, match=r"2902: .*names 3 columns"):
        mt.read(path)


def test_a_frequency_that_was_measured_twice_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [f"{f},{5 + 1e5 / f},{1e3 / f}" for f in (1000, 100, 10, 1, 1)]
    path.write_text("f/Hz,Re Z/Ohm,-Im Z/Ohm\n" + "\n".join(rows) + "\n")
    assert any("1 Hz was measured 2 times" in text for text in mt.read(path, check=False).attrs["warnings"])
