"""1500 mutated instrument files: every one is refused, read as before, or read differently with a warning.

What nothing in a file can show is a number that became another number: one token that still is one, in one row. That
is counted, and must be nothing else. Files of real instruments take part where MGTWIN_LAB_DATA names their folder.
"""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import mgtwin as mt
from mgtwin.errors import MgtwinError

from .test_data_damage import LABS

CASES = Path(__file__).parents[1] / "cases"
MUTATIONS = 1500
#: Nothing larger is mutated: it would be the same again, slower.
LARGEST = 400_000
Mutator = Callable[[bytes, random.Random], bytes]
Rows = list[tuple[np.ndarray, list[str], dict[str, float]]]


def sources(folder: Path) -> Iterator[Path]:
    """Small files of our own, the cases, and those of real instruments."""
    for name, lab in LABS.items():
        path = folder / f"{name}.txt"
        path.write_text(lab().text())
        yield path
    yield from sorted(path for path in CASES.rglob("*.*") if path.suffix in (".csv", ".mpt", ".txt"))
    if outside := os.environ.get("MGTWIN_LAB_DATA"):
        yield from sorted(path for path in Path(outside).rglob("*.*") if path.stat().st_size < LARGEST)


def read(path: Path) -> Rows | None:
    """The measurements of a file: rows of numbers, notes and warnings, attributes; None if it was refused."""
    try:
        data = mt.read(path)
    except MgtwinError:
        return None
    found: Rows = []
    for ds in [node.to_dataset() for node in data.leaves] if isinstance(data, xr.DataTree) else [data]:
        if "impedance" in ds:
            z = ds.impedance.values
            rows = np.column_stack([ds.frequency.values, z.real, z.imag])
        else:
            rows = np.column_stack([ds.time.values, ds.voltage.values, ds.current.values])
        facts = {name: ds.attrs[name] for name in ("area", "thickness", "temperature", "bias") if name in ds.attrs}
        found.append((rows, [*ds.attrs["warnings"], *ds.attrs["reading"]], facts))
    return found


NUMBER = re.compile(rb"[+-]?[0-9]+(?:[.,][0-9]+)?(?:[eE][+-]?[0-9]+)?")


def token(raw: bytes, chance: random.Random) -> tuple[int, int]:
    """Where some number of the file stands."""
    found = list(NUMBER.finditer(raw))
    match = chance.choice(found)
    return match.span()


def cut(raw: bytes, chance: random.Random) -> bytes:
    return raw[: chance.randrange(1, len(raw))]


def flip(raw: bytes, chance: random.Random) -> bytes:
    k = chance.randrange(len(raw))
    return raw[:k] + bytes([raw[k] ^ (1 << chance.randrange(8))]) + raw[k + 1 :]


def lose(raw: bytes, chance: random.Random) -> bytes:
    k = chance.randrange(len(raw))
    return raw[:k] + raw[k + chance.choice([1, 1, 2, 5, 40]) :]


def burst(raw: bytes, chance: random.Random) -> bytes:
    k = chance.randrange(len(raw))
    return raw[:k] + chance.randbytes(chance.randint(4, 48)) + raw[k + chance.randint(0, 48) :]


def zeros(raw: bytes, chance: random.Random) -> bytes:
    k, size = chance.randrange(len(raw)), chance.choice([8, 64, 512])
    return raw[:k] + bytes(min(size, len(raw) - k)) + raw[k + size :]


def digit(raw: bytes, chance: random.Random) -> bytes:
    k = chance.choice([k for k in range(len(raw)) if raw[k : k + 1].isdigit()])
    return raw[:k] + str((int(raw[k : k + 1]) + chance.randint(1, 9)) % 10).encode() + raw[k + 1 :]


def gap(raw: bytes, chance: random.Random) -> bytes:
    start, stop = token(raw, chance)
    return raw[:start] + chance.choice([b"--", b"1e999", b"NaN", b"", b"***", b"0"]) + raw[stop:]


def separator(raw: bytes, chance: random.Random) -> bytes:
    k = chance.choice([k for k in range(len(raw)) if raw[k : k + 1] in (b"\t", b",", b";", b"\n", b" ", b".")])
    return raw[:k] + chance.choice([b"", b"\t", b",", b" ", b"\n", b";"]) + raw[k + 1 :]


def line(raw: bytes, chance: random.Random) -> bytes:
    """Two lines are exchanged, or one is torn in the middle."""
    lines = raw.splitlines(keepends=True)
    k = chance.randrange(len(lines))
    if chance.random() < 0.5:
        other = chance.randrange(len(lines))
        lines[k], lines[other] = lines[other], lines[k]
    else:
        middle = len(lines[k]) // 2
        lines[k] = lines[k][:middle] + b"\n" + lines[k][middle:]
    return b"".join(lines)


MUTATORS: tuple[Mutator, ...] = (
    cut, flip, lose, burst, zeros, digit, gap, separator, line
)  # fmt: skip


def judged(before: Rows, after: Rows, raw: bytes, mutated: bytes, binary: bool) -> str:
    """What became of a file that is read; ``different`` and ``missing`` must not be."""
    if [len(rows) for rows, _, _ in before] == [len(rows) for rows, _, _ in after] and all(
        np.array_equal(old[0], new[0], equal_nan=True) and old[2] == new[2]
        for old, new in zip(before, after, strict=True)
    ):
        return "same"
    known = {text for _, texts, _ in before for text in texts}
    if any(text not in known for _, texts, _ in after for text in texts):
        return "said"
    if raw.startswith(mutated) and all(
        np.array_equal(old[0][: len(new[0])], new[0]) for old, new in zip(before, after, strict=False)
    ):
        return "shorter"  # cut at the end of a row: the rows that are there are read
    if sum(len(rows) for rows, _, _ in after) != sum(len(rows) for rows, _, _ in before):
        lines, left = raw.splitlines(), mutated.splitlines()
        whole = len(left) == len(lines) - 1 and any(lines[:k] + lines[k + 1 :] == left for k in range(len(lines)))
        return "a line less" if whole else "missing"
    changed = sum(
        int((~((old[0] == new[0]) | (np.isnan(old[0]) & np.isnan(new[0]))).all(axis=1)).sum())
        if old[0].shape == new[0].shape else 2
        for old, new in zip(before, after, strict=len(before) == len(after))
    )  # fmt: skip
    if changed == 0 and any(set(old[2]) - set(new[2]) for old, new in zip(before, after, strict=False)):
        return "without a fact"  # that the file does not say any more
    # of binary galvanostatic files the current is a difference of two rows
    return "one number" if changed <= (2 if binary else 1) else "different"


@pytest.mark.slow
def test_mutated_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [(path, rows) for path in sources(tmp_path) if (rows := read(path))]
    counts: Counter[str] = Counter()
    faults = []
    for k in range(MUTATIONS):
        path, before = files[k % len(files)]
        chance = random.Random(f"{path.name} {k}")
        mutate = chance.choice(MUTATORS)
        raw = path.read_bytes()
        mutated = mutate(raw, chance)
        target = tmp_path / f"mutated{path.suffix}"
        target.write_bytes(mutated)
        try:
            after = read(target)
        except Exception as error:  # what must not happen: it is counted, and fails below
            verdict = f"{type(error).__name__}"
        else:
            verdict = "refused" if after is None else judged(before, after, raw, mutated, path.suffix == ".mpr")
        counts[verdict] += 1
        if verdict not in ("refused", "same", "said", "shorter", "without a fact", "a line less", "one number"):
            faults.append(f"{verdict}: {path.name}, {mutate.__name__}, number {k}")
            if keep := os.environ.get("MGTWIN_KEEP_MUTATED"):
                (Path(keep) / f"{k}_{path.name}").write_bytes(mutated)
    with capsys.disabled():
        print(f"\n{MUTATIONS} mutations of {len(files)} files: {dict(counts.most_common())}")
    assert not faults
