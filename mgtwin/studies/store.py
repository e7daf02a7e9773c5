"""A study on disk: a Zarr store that grows chunk by chunk, knows what it is of, and notices damage.

Only the process that runs the study writes. A chunk counts as finished when its line is in the journal beside the
arrays; the line holds a checksum of its numbers. So whatever moment a process dies at, a chunk is either finished
and right, or is computed again.
"""

from __future__ import annotations

import json
import os
import shutil
import warnings
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import numpy as np

from ..cells import Cell
from ..errors import InputError
from .axes import Grid
from .measured import FAILURE
from .plan import Plan
from .points import Outcome

__all__ = ["Store", "open_store"]

_JOURNAL = "finished.jsonl"
#: Version of the layout.
FORMAT = 1


class Store:
    """An open store of one study.

    Attributes
    ----------
    path : Path
    plan : Plan
        Its grid is that of the store.
    finished : dict
        Number of each finished chunk to its line in the journal.
    damaged : tuple of str
        What was found wrong when it was opened, in words; those chunks do not count as finished.
    """

    def __init__(self, path: Path, plan: Plan) -> None:
        self.path, self.plan = path, plan
        zarr = _zarr()
        self._group = zarr.open_group(path, mode="r+")
        self._arrays = {name: self._group[name] for name in [*(m.name for m in plan.metrics), FAILURE]}
        self.finished, self.damaged = self._verified()

    def _verified(self) -> tuple[dict[int, dict[str, Any]], tuple[str, ...]]:
        """Read every finished chunk and compare it with its checksum."""
        finished, damaged = {}, []
        for number, line in _journal(self.path):
            finished[number] = line
        for number, line in list(finished.items()):
            problem = self._problem(number, line)
            if problem:
                del finished[number]
                damaged.append(f"chunk {number} ({self._points(number)}) was damaged on disk: {problem}")
        return finished, tuple(damaged)

    def _problem(self, number: int, line: Mapping[str, Any]) -> str:
        region = self.plan.grid.region(number)
        for name, array in self._arrays.items():
            file = "/".join([self.path.name, name, "c", *map(str, self.plan.grid.place(number))])
            try:
                data = array[region]
            except Exception as error:
                return f"{file} cannot be read ({type(error).__name__})"
            if _checksum(data) != line["checksums"][name]:
                return f"{file} does not hold what was written"
        return ""

    def _points(self, number: int) -> str:
        parts = zip(self.plan.grid.dims, self.plan.grid.region(number), strict=True)
        return ", ".join(f"{dim} {part.start}..{part.stop - 1}" for dim, part in parts)

    def write(self, number: int, outcome: Outcome) -> None:
        """Keep the numbers of a chunk, then its line in the journal."""
        region, block = self.plan.grid.region(number), self.plan.grid.block(number)
        data = {name: values.reshape(block) for name, values in outcome.values.items()}
        data[FAILURE] = reasons(outcome, block)
        for name, values in data.items():
            self._arrays[name][region] = values
        checksums = {name: _checksum(values) for name, values in data.items()}
        line = {"chunk": number, "checksums": checksums, "warnings": list(outcome.warnings)}
        _append(self.path / _JOURNAL, line)
        self.finished[number] = line

    def warnings(self) -> Iterator[str]:
        """What the runs of the finished chunks warned of."""
        for line in self.finished.values():
            yield from line["warnings"]


def reasons(outcome: Outcome, block: tuple[int, ...]) -> np.ndarray:
    """Why points of a chunk have no number, ``""`` where they have one."""
    texts = np.full(int(np.prod(block)), "", dtype=object)
    for k, reason in outcome.failures.items():
        texts[k] = reason
    return texts.reshape(block)


def _checksum(values: Any) -> int:
    array = np.asarray(values)
    if array.dtype.kind == "f":
        return zlib.crc32(np.ascontiguousarray(array, dtype="<f8").tobytes())
    return zlib.crc32("\0".join(map(str, array.reshape(-1))).encode())


def _journal(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Lines of the journal; one that was cut off when a process died is passed over."""
    file = path / _JOURNAL
    for text in file.read_text(encoding="utf-8").split("\n") if file.exists() else ():
        try:
            line = json.loads(text)
            yield int(line["chunk"]), line
        except (ValueError, KeyError, TypeError):
            continue


def _append(file: Path, line: Mapping[str, Any]) -> None:
    # The newline in front ends whatever a process left unfinished when it died.
    with file.open("a", encoding="utf-8") as journal:
        journal.write("\n" + json.dumps(line, ensure_ascii=False))


def _zarr() -> Any:
    try:
        import zarr
    except ImportError:
        raise InputError("a store needs zarr: pip install 'mgtwin[studies]', or leave store= out.") from None
    return zarr


def open_store(path: str | Path, plan: Plan) -> Store:
    """Open the store of a study, or make it where there is none.

    Raises
    ------
    InputError
        There is something else at `path`, or the store of another study; the message says what differs.
    """
    target = Path(path)
    if not target.exists():
        _make(target, plan)
    kept = identity_of(target)
    other = differences(kept["identity"], plan.identity())
    if other:
        listed = "\n  ".join(other)
        raise InputError(
            f"{target} is the store of another study:\n  {listed}\nChoose another store, or remove this one."
        )
    grid = Grid(plan.grid.dims, plan.grid.shape, tuple(kept["chunk"]))
    return Store(target, Plan(plan.cells, plan.protocols, plan.axes, plan.metrics, grid, plan.labels))


def identity_of(path: Path) -> dict[str, Any]:
    """What the store at `path` says of itself; InputError if there is none."""
    try:
        attrs = json.loads((path / "zarr.json").read_text(encoding="utf-8"))["attributes"]["mgtwin_study"]
        if attrs["format"] != FORMAT:
            raise InputError(f"{path} was written by another version of mgtwin: choose another store.")
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is not the store of a study: choose another place.") from None
    return dict(attrs)


def _make(target: Path, plan: Plan) -> None:
    """Build the store beside its place and move it there when complete."""
    zarr = _zarr()
    if not target.parent.is_dir():
        raise InputError(f"the folder {target.parent} does not exist: create it first.")
    draft = target.with_name(f".{target.name}.{uuid4().hex[:8]}")
    try:
        from .result import attrs_of, coordinates

        about = {"format": FORMAT, "identity": plan.identity(), "chunk": list(plan.grid.chunk)}
        group = zarr.create_group(draft, attributes={**attrs_of(plan), "mgtwin_study": about})
        for name, (dims, values, attrs) in coordinates(plan).items():
            kind = "str" if values.dtype.kind in "UO" else values.dtype
            array = group.create_array(
                quote(name, safe=", "), shape=values.shape, dtype=kind, dimension_names=dims,
                attributes={**attrs, "name": name, "coordinate": True},
            )  # fmt: skip
            array[:] = values
        _results(group, plan)
        with warnings.catch_warnings():  # that other readers may not know of them harms nobody: the arrays are plain
            warnings.simplefilter("ignore")
            zarr.consolidate_metadata(draft)
        os.rename(draft, target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _results(group: Any, plan: Plan) -> None:
    from zarr.codecs import Crc32cCodec, ZstdCodec

    from ..dataset import attributes

    shape = {"shape": plan.grid.shape, "chunks": plan.grid.chunk, "dimension_names": plan.grid.dims}
    # A damaged chunk fails to load, also for whoever reads the store without mgtwin.
    codecs = {"compressors": [ZstdCodec(level=1), Crc32cCodec()]}
    for metric in plan.metrics:
        group.create_array(metric.name, dtype="f8", fill_value=np.nan, attributes=metric.attrs, **shape, **codecs)
    group.create_array(FAILURE, dtype="str", fill_value="", attributes=attributes(FAILURE), **shape, **codecs)


def differences(kept: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Say in which way two studies differ, one line each."""
    found = []
    if kept["mgtwin_version"] != wanted["mgtwin_version"]:
        found.append(f"it was computed by mgtwin {kept['mgtwin_version']}, this is {wanted['mgtwin_version']}")
    for what, singular in (("cells", "cell"), ("protocols", "protocol"), ("axes", "axis"), ("metrics", "metric")):
        have, want = kept[what], wanted[what]
        found += [f"{singular} {name!r} is in the store only" for name in have if name not in want]
        found += [f"{singular} {name!r} is not in the store" for name in want if name not in have]
        for name in want:
            if name in have and have[name] != want[name]:
                found.append(f"{singular} {name!r} differs{_how(what, have[name], want[name])}")
        if not found and list(have) != list(want):
            found.append(f"the {what} are in another order")
    return found


def _how(what: str, kept: Any, wanted: Any) -> str:
    """What differs, as ``: path is a here and b in the store``; ``""`` where that cannot be said in few words."""
    if what == "cells":
        from ..quantities import format_value

        def shown(value: Any) -> str:
            return format_value(value) if isinstance(value, float) else str(value)

        changes = Cell.from_yaml(kept).diff(Cell.from_yaml(wanted))
        said = [f"{path} is {shown(now)}, in the store {shown(then)}" for path, (then, now) in changes.items()]
        return (
            ": " + "; ".join(said[:3]) + (f"; and {len(said) - 3} more" if len(said) > 3 else "")
            if said
            else (" in texts or provenance only")
        )
    if what == "protocols":
        lines = [line for line in wanted.splitlines() if line not in kept.splitlines()]
        return f": {', '.join(lines[:3])} is new" if lines else ""
    if what == "axes":
        said = [f"{key} is {wanted[key]}, in the store {kept[key]}" for key in wanted if kept.get(key) != wanted[key]]
        return ": its values" if said and said[0].startswith("values") else ": " + "; ".join(said[:2])
    return ": its code or its arguments"
