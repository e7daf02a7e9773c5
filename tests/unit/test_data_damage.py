"""Damaged instrument files give an error, or exactly the true numbers of the rows that are not damaged."""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import xarray as xr

import mgtwin as mt
from mgtwin.errors import MgtwinError

Rows = list[list[str]]


class Lab(NamedTuple):
    """A file as an instrument writes it: what stands above the rows, the rows, what joins their fields."""

    head: str
    rows: Rows
    joint: str
    start: str = ""
    values: Callable[[Rows], np.ndarray] = lambda rows: np.array(rows, dtype=float)

    def text(self, rows: Rows | None = None) -> str:
        """The whole file."""
        return self.head + "".join(self.start + self.joint.join(row) + "\n" for row in rows or self.rows)

    def truth(self) -> np.ndarray:
        """What the rows say: frequency, Re Z, Im Z, or time, voltage, current."""
        return self.values(self.rows)


def spectrum(cell: str, points: int = 25) -> tuple[np.ndarray, np.ndarray]:
    ds = mt.simulate(mt.cell(cell), mt.EIS(1e6, 1.0, points=points))
    return ds.frequency.values, ds.impedance.values


def scientific(columns: Sequence[np.ndarray]) -> Rows:
    return [[f"{value:.6E}" for value in row] for row in zip(*columns, strict=True)]


def csv() -> Lab:
    f, z = spectrum("trilayer")
    rows = scientific([f, z.real, -z.imag])
    head = "Pellet 7, Thickness [mm]: 0.75\nFrequency (Hz),Re Z (Ohm),-Im Z (Ohm)\n"
    return Lab(head, rows, ",", values=lambda rows: np.array(rows, dtype=float) * [1, 1, -1])


def semicolons() -> Lab:
    """Decimal comma, numbers of any length, kHz and kOhm."""
    f, z = spectrum("au_mg3asn_au")
    rows = [
        [f"{v:.7g}".replace(".", ",") for v in row] for row in zip(f / 1e3, z.real / 1e3, z.imag / 1e3, strict=True)
    ]
    rows = [[token if "," in token else f"{token},0" for token in row] for row in rows]

    def values(rows: Rows) -> np.ndarray:
        return np.array([[float(token.replace(",", ".")) * 1e3 for token in row] for row in rows])

    return Lab("f/kHz;Z'/kOhm;Z''/kOhm\n", rows, ";", values=values)


def eclab() -> Lab:
    f, z = spectrum("trilayer")
    count = np.arange(len(f))
    rows = scientific([f, z.real, -z.imag, abs(z), np.angle(z, deg=True), 3.1 * count, 0 * f + 0.1, 0 * f + 1e-4])
    names = ["freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm", "|Z|/Ohm", "Phase(Z)/deg", "time/s", "<Ewe>/V", "<I>/mA"]
    head = "EC-Lab ASCII FILE\nNb header lines : 5\n\nDevice : SP-150\n" + "\t".join(names) + "\t\n"
    return Lab(head, rows, "\t", values=lambda rows: np.array(rows, dtype=float)[:, :3] * [1, 1, -1])


def gamry() -> Lab:
    f, z = spectrum("au_mofsse_au")
    count = np.arange(len(f))
    rows = scientific([f, z.real, z.imag, abs(z), np.angle(z, deg=True)])
    rows = [[str(k), str(2 * k), *row, "8"] for k, row in zip(count, rows, strict=True)]
    head = "EXPLAIN\nTAG\tEISPOT\nDATE\tLABEL\t1/2/2026\tDate\nZCURVE\tTABLE\n"
    head += "\tPt\tTime\tFreq\tZreal\tZimag\tZmod\tZphz\tIERange\n"
    head += "\t#\ts\tHz\tohm\tohm\tohm\t°\t#\n"
    return Lab(head, rows, "\t", "\t", values=lambda rows: np.array(rows, dtype=float)[:, 2:5])


def step() -> Lab:
    """Current after a step of the voltage, shortest form of every number."""
    t = np.round(np.geomspace(1, 7200, 40), 2)
    current = np.round(1e-6 + 4e-6 * np.exp(-t / 300), 12)
    rows = [[repr(float(v)) for v in row] for row in zip(t, 0 * t + 0.5, current, strict=True)]
    return Lab("Time (s)\tE (V)\tI (A)\n", rows, "\t")


LABS = {"csv": csv, "semicolons": semicolons, "eclab": eclab, "gamry": gamry, "step": step}


def truncated(lab: Lab, chance: random.Random) -> bytes:
    raw = lab.text().encode()
    return raw[: chance.randrange(len(lab.head) // 2, len(raw))]


def shuffled(lab: Lab, chance: random.Random) -> bytes:
    order = list(range(len(lab.rows[0])))
    while order == sorted(order):
        chance.shuffle(order)
    return lab.text([[row[k] for k in order] for row in lab.rows]).encode()


def without_values(lab: Lab, chance: random.Random) -> bytes:
    rows = [list(row) for row in lab.rows]
    for _ in range(chance.randint(1, 8)):
        row = chance.choice(rows)
        row[chance.randrange(len(row))] = chance.choice(["NaN", "nan", "", "---", "inf", "-1.#IND"])
    return lab.text(rows).encode()


def noise(lab: Lab, chance: random.Random) -> bytes:
    """A burst of random bytes somewhere. One of a few bytes may look like digits, which nothing could tell."""
    raw = bytearray(lab.text().encode())
    size = chance.randint(8, 64)
    where = chance.randrange(len(raw) - size)
    raw[where : where + size] = chance.randbytes(size)
    return bytes(raw)


DAMAGE = {"truncated": truncated, "shuffled": shuffled, "without values": without_values, "noise": noise}


def read_rows(path: Path, raw: bytes) -> np.ndarray | None:
    """Rows that were read, None if the file was refused."""
    path.write_bytes(raw)
    try:
        ds = mt.read(path)
    except MgtwinError:
        return None
    assert isinstance(ds, xr.Dataset)
    if "impedance" in ds:
        z = ds.impedance.values
        return np.column_stack([ds.frequency.values, z.real, z.imag])
    return np.column_stack([ds.time.values, ds.voltage.values, ds.current.values])


def rows_among(found: np.ndarray, truth: np.ndarray) -> list[int]:
    """Indices of the rows of the truth that were found; fails if a row is none of them."""
    indices = []
    for row in found:
        same = np.flatnonzero((np.isclose(truth, row, rtol=1e-14, atol=0) | np.isnan(row)).all(axis=1))
        assert same.size, f"{row} is no row of the file"
        indices.append(int(same[0]))
    return indices


@pytest.mark.parametrize("name", LABS)
def test_the_whole_file_is_read(name: str, tmp_path: Path) -> None:
    lab = LABS[name]()
    found = read_rows(tmp_path / "file", lab.text().encode())
    assert found is not None
    assert rows_among(found, lab.truth()) == list(range(len(lab.rows)))


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", LABS)
def test_damaged_files_are_refused_or_read_exactly(name: str, damage: str, tmp_path: Path) -> None:
    """Ten of each kind of file and damage: 200 in all."""
    lab, refused = LABS[name](), 0
    truth = lab.truth()
    for seed in range(10):
        raw = DAMAGE[damage](lab, random.Random(f"{name} {damage} {seed}"))
        found = read_rows(tmp_path / "file", raw)
        if found is None:
            refused += 1
            continue
        indices = rows_among(found, truth)
        assert indices == sorted(set(indices))
        if damage == "truncated":
            complete = raw[len(lab.head.encode()) :].count(b"\n")
            assert len(indices) in (complete, complete + 1) and indices == list(range(len(indices)))
        if damage == "without values":
            assert len(indices) >= len(lab.rows) - 8
    # missing values do not make a file unreadable, and a truncated one is read as far as it goes
    if damage in ("truncated", "without values"):
        assert refused < 5


@pytest.mark.parametrize("name", ["eclab", "gamry"])
def test_a_wrong_digit_is_seen_where_the_file_says_it_twice(name: str, tmp_path: Path) -> None:
    """Re Z, Im Z, |Z| and phase stand side by side: one changed digit among the first four contradicts the others."""
    lab = LABS[name]()
    column = {"eclab": 1, "gamry": 3}[name]
    for seed in range(40):
        chance = random.Random(seed)
        rows = [list(row) for row in lab.rows]
        k, place = chance.randrange(len(rows)), column + chance.randrange(4)
        digits = [match.start() for match in re.finditer(r"[0-9]", rows[k][place])][:4]
        where = chance.choice(digits)
        old = rows[k][place]
        new = chance.choice([d for d in "123456789" if d != old[where]])
        rows[k][place] = old[:where] + new + old[where + 1 :]
        found = read_rows(tmp_path / "file", lab.text(rows).encode())
        assert found is None or rows_among(found, lab.truth()) is not None


def test_a_wrong_leading_digit_is_pointed_out_where_the_file_says_it_once(tmp_path: Path) -> None:
    """Nothing contradicts it there but the curve of the other points: a warning, or an error."""
    lab, missed = csv(), 0
    for seed in range(40):
        chance = random.Random(seed)
        rows = [list(row) for row in lab.rows]
        k = chance.randrange(1, len(rows) - 1)
        old = rows[k][1]
        rows[k][1] = str((int(old[0]) + chance.choice([3, 4, 5, 6]) - 1) % 9 + 1) + old[1:]
        (tmp_path / "file").write_text(lab.text(rows))
        with contextlib.suppress(MgtwinError):
            missed += not any("may be a wrong number" in text for text in mt.read(tmp_path / "file").attrs["warnings"])
    assert missed == 0


def test_a_number_that_was_cut_short_is_not_taken(tmp_path: Path) -> None:
    """12345 that became 123 is a number too: the last row counts only if a line break follows."""
    path = tmp_path / "cut.csv"
    whole = "f/Hz,Re/Ohm,Im/Ohm\n1000,120.5,-3.5\n100,130.5,-20\n10,150.5,-200\n1,180.25,-12345"
    path.write_text(whole[:-2])
    ds = mt.read(path)
    assert ds.sizes["frequency"] == 3
    assert any("no line break" in text for text in ds.attrs["warnings"])
    path.write_text(whole)
    assert mt.read(path, complete=True).impedance.values[-1].imag == -12345
    path.write_text(whole + "\n")
    assert mt.read(path).sizes["frequency"] == 4


def test_fixed_formats_show_that_the_last_number_is_whole(tmp_path: Path) -> None:
    lab = csv()
    path = tmp_path / "file"
    whole = lab.text().rstrip("\n")
    for text, points in ((whole, 25), (whole[:-1], 24)):
        path.write_text(text)
        assert mt.read(path).sizes["frequency"] == points
