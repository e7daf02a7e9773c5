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
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict
from urllib.parse import quote

import numpy as np
from numpy.typing import ArrayLike

from ..dataset import add_warning, attributes
from ..errors import FileError, InputError
from ..locks import locked
from ..shortnames import with_short_names
from .axes import Grid
from .measured import FAILURE
from .plan import Plan, differences
from .points import Outcome
from .result import attrs_of, coordinates, first_of, reasons

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Store", "open_study", "opened_store"]

_JOURNAL = "finished.jsonl"
#: Version of the layout.
FORMAT = 1


class Line(TypedDict):
    """A line of the journal."""

    chunk: int
    checksums: dict[str, int]
    warnings: list[str]


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

    resumed = "; the same call computes the rest"

    def __init__(self, path: Path, plan: Plan) -> None:
        self.path, self.plan = path, plan
        group = zarr_module().open_group(path, mode="r+")
        self._arrays = {name: group[name] for name in [*(metric.name for metric in plan.metrics), FAILURE]}
        self.finished = dict(self._journal())
        # Before anything is computed: a damaged chunk is then simply one that is still to do.
        problems = {number: self._problem(number, line) for number, line in self.finished.items()}
        self.damaged = tuple(
            f"chunk {number} ({self._points(number)}) was damaged on disk: {problem}"
            for number, problem in problems.items()
            if problem
        )
        self.finished = {number: line for number, line in self.finished.items() if not problems[number]}

    def _journal(self) -> Iterator[tuple[int, Line]]:
        """Lines of the journal; one that was cut off when a process died is passed over."""
        file = self.path / _JOURNAL
        for text in file.read_text(encoding="utf-8").split("\n") if file.exists() else ():
            try:
                line = json.loads(text)
                yield int(line["chunk"]), line
            except (ValueError, KeyError, TypeError):
                continue

    def _problem(self, number: int, line: Line) -> str:
        """What is wrong with a finished chunk, from its checksums; ``""`` where nothing is."""
        for name, array in self._arrays.items():
            file = "/".join([self.path.name, name, "c", *map(str, self.plan.grid.place(number))])
            try:
                data = array[self.plan.grid.region(number)]
            except (OSError, RuntimeError, ValueError) as error:  # cut off; refused by Zstd; refused by the checksum
                return f"{file} cannot be read ({type(error).__name__})"
            if _checksum(data) != line["checksums"][name]:
                return f"{file} does not hold what was written"
        return ""

    def _points(self, number: int) -> str:
        parts = zip(self.plan.grid.dims, self.plan.grid.region(number), strict=True)
        return ", ".join(f"{dim} {part.start}..{part.stop - 1}" for dim, part in parts)

    @staticmethod
    def lay_out(draft: Path, plan: Plan) -> None:
        """Write the folder of a store whose results are empty."""
        zarr = zarr_module()
        from zarr.codecs import Crc32cCodec, ZstdCodec

        about = {"format": FORMAT, "identity": plan.identity(), "chunk": list(plan.grid.chunk)}
        group = zarr.create_group(draft, attributes={**attrs_of(plan), "mgtwin_study": about})
        for name, (dims, values, attrs) in coordinates(plan).items():
            # A path is no name of a file on every system; which one it was is kept beside it.
            array = group.create_array(
                quote(name, safe=", "), shape=values.shape, dtype="str" if values.dtype.kind in "UO" else values.dtype,
                dimension_names=dims, attributes={**attrs, "name": name, "coordinate": True},
            )  # fmt: skip
            array[:] = values
        layout = {
            "shape": plan.grid.shape, "chunks": plan.grid.chunk, "dimension_names": plan.grid.dims,
            # A damaged chunk fails to load, also for whoever reads the store without mgtwin.
            "compressors": [ZstdCodec(level=1), Crc32cCodec()],
        }  # fmt: skip
        for metric in plan.metrics:
            group.create_array(metric.name, dtype="f8", fill_value=np.nan, attributes=metric.attrs, **layout)
        group.create_array(FAILURE, dtype="str", fill_value="", attributes=attributes(FAILURE), **layout)
        with warnings.catch_warnings():  # that other readers may not know of texts harms nobody: the numbers are plain
            warnings.simplefilter("ignore")
            zarr.consolidate_metadata(draft)

    def write(self, number: int, outcome: Outcome) -> None:
        """Keep the numbers of a chunk, then its line in the journal.

        Raises
        ------
        FileError
            The disk is full or gone; the chunk does not count as finished.
        """
        region, block = self.plan.grid.region(number), self.plan.grid.block(number)
        data = {name: values.reshape(block) for name, values in outcome.values.items()}
        data[FAILURE] = reasons(outcome, block)
        checksums = {name: _checksum(values) for name, values in data.items()}
        line: Line = {"chunk": number, "checksums": checksums, "warnings": list(outcome.warnings)}
        # The line comes last: a process that dies in between leaves a chunk that does not count, and is computed again.
        with _written(self.path):
            for name, values in data.items():
                self._arrays[name][region] = values
            _append(self.path / _JOURNAL, line)
        self.finished[number] = line

    def dataset(self, warnings: Iterable[str] = ()) -> xr.Dataset:
        """The result, with what the runs warned of and further warnings; its numbers stay on disk."""
        of_runs = (text for line in self.finished.values() for text in line["warnings"])
        return add_warning(open_study(self.path), *first_of([*self.damaged, *of_runs, *warnings]))


def _checksum(values: ArrayLike) -> int:
    array = np.asarray(values)
    if array.dtype.kind == "f":
        # The same on every machine: byte order is part of the number.
        return zlib.crc32(np.ascontiguousarray(array, dtype="<f8").tobytes())
    return zlib.crc32("\0".join(map(str, array.reshape(-1))).encode())


def zarr_module() -> Any:
    """The package zarr; InputError where it is not installed."""
    try:
        import zarr
    except ImportError:
        raise InputError("a store needs zarr: pip install 'mgtwin[studies]', or leave store= out.") from None
    return zarr


def _append(file: Path, line: Line) -> None:
    # The newline in front ends whatever a process left unfinished when it died.
    with file.open("a", encoding="utf-8") as journal:
        journal.write("\n" + json.dumps(line, ensure_ascii=False))


@contextmanager
def opened_store(path: str | Path, plan: Plan) -> Iterator[Store]:
    """Hold the store of a study open for writing; it is made where there is none.

    Raises
    ------
    InputError
        There is something else at `path`, the store of another study (the message says what differs), or another
        process is writing to it.
    FileError
        The disk is full, or nothing may be written there.
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise InputError(f"the folder {target.parent} does not exist: create it first.")
    beside = target.with_name(f".{target.name}.lock")
    with ExitStack() as held:
        with _written(target):  # what goes wrong later is no fault of the lock
            held.enter_context(
                locked(
                    beside,
                    lambda holder: (
                        f"{target} is being computed by another process ({holder}): wait for it (mt.open_study reads "
                        "what is there), or choose another store."
                    ),
                )
            )
        if not target.exists():
            # Built beside its place and moved there when complete: nobody ever sees half a store.
            draft = target.with_name(f".{target.name}.part")
            shutil.rmtree(draft, ignore_errors=True)  # left by a process that was killed
            try:
                with _written(target):
                    Store.lay_out(draft, plan)
                    os.rename(draft, target)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
        # Only now, under the lock: another process may have made the store a moment ago.
        kept = identity_of(target)
        other = differences(kept["identity"], plan.identity())
        if other:
            listed = "\n  ".join(other)
            raise InputError(
                f"{target} is the store of another study:\n  {listed}\nChoose another store, or remove this one."
            )
        grid = Grid(plan.grid.dims, plan.grid.shape, tuple(kept["chunk"]))
        yield Store(target, replace(plan, grid=grid))


@contextmanager
def _written(target: Path) -> Iterator[None]:
    """Say what a disk that takes nothing more means for a study."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise FileError(
            f"cannot be written: {why}. What is finished is kept: once there is room, the same call computes the rest.",
            str(target),
        ) from error


def identity_of(path: Path) -> dict[str, Any]:
    """What the store at `path` says of itself; InputError if there is none."""
    try:
        attrs = dict(json.loads((path / "zarr.json").read_text(encoding="utf-8"))["attributes"]["mgtwin_study"])
        version = attrs["format"]
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{path} is not the store of a study: choose another place.") from None
    if version != FORMAT:
        raise InputError(f"{path} was written by another version of mgtwin: choose another store.")
    return attrs


def open_study(store: str | Path) -> xr.Dataset:
    """Open the store of a study, finished or not; numbers are read from disk when they are used.

    Returns
    -------
    xarray.Dataset
        As `mgtwin.sweep` returns it. Points that are not computed yet are NaN.

    Raises
    ------
    InputError
        There is no study at `store`, or zarr is not installed.
    """
    import xarray as xr

    path = Path(store)
    identity_of(path)
    zarr = zarr_module()
    raw = xr.open_zarr(path, chunks=None, consolidated=True)
    coords, data = {}, {}
    # Coordinates become numbers in memory, they are small; metrics stay on disk until they are used.
    for key, variable in raw.variables.items():
        attrs = dict(variable.attrs)
        if attrs.pop("coordinate", False):
            name = attrs.pop("name")
            values = variable.values
            coords[name] = (variable.dims, values.astype(object) if values.dtype.kind == "T" else values, attrs)
        elif key == FAILURE:
            array = zarr.open_array(path / FAILURE, mode="r")
            # As Python objects, which everything can handle; read chunk by chunk, for most are empty.
            texts = np.full(array.shape, "", dtype=object)
            grid = Grid(tuple(map(str, variable.dims)), array.shape, array.chunks)
            for number in grid:
                texts[grid.region(number)] = array[grid.region(number)].astype(object)
            data[FAILURE] = (variable.dims, texts, attrs)
        else:
            data[str(key)] = variable
    about = {name: value for name, value in raw.attrs.items() if name != "mgtwin_study"}
    return with_short_names(xr.Dataset(data, coords=coords, attrs=about))
