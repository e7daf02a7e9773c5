"""Where a twin keeps what it was given: records and Datasets, in memory or in a folder."""

from __future__ import annotations

import io
import os
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NotRequired, TypedDict, cast

import numpy as np

from .. import dataset
from ..errors import FileError, InputError
from ..locks import locked
from .evidence import Evidence, Moment, content_hash
from .intake import NO_CURRENT
from .journal import Journal, Record

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["FolderStore", "MemoryStore", "Store", "extends", "store_of"]

#: Arrays by their name: the state of a twin, which can be computed anew from the evidence.
Arrays = Mapping[str, np.ndarray]
#: States that are kept; an older one is asked for by nobody.
_STATES = 8


class Entry(TypedDict):
    """What the journal says of a piece of evidence; `supersedes` or `part_of` another one where there is such."""

    sha: str
    name: str
    moment: dict[str, float | None]
    kind: str
    noise: float | None
    verdict: str
    supersedes: NotRequired[str]
    part_of: NotRequired[str]


class Store(ABC):
    """What a twin keeps: a journal of records, the Dataset of each evidence, and a cache of what it computed.

    The state of a twin is a function of `evidence` and its settings, so nothing else has to be kept. Kinds of stores
    say where: `MemoryStore`, `FolderStore`.
    """

    def __init__(self) -> None:
        #: By their hashes: the same evidence is the same object, about which others know something.
        self._pieces: dict[str, Evidence] = {}

    @abstractmethod
    def records(self) -> tuple[Record, ...]:
        """Return the journal, oldest first."""

    @abstractmethod
    def append(self, record: Record) -> None:
        """Write a record behind the others."""

    @abstractmethod
    def cached(self, key: str) -> Arrays | None:
        """Return what was computed under this key, None where it is not known (any more)."""

    @abstractmethod
    def cache(self, key: str, arrays: Arrays) -> None:
        """Keep what was computed under a key."""

    @abstractmethod
    def keep(self, sha: str, ds: xr.Dataset) -> None:
        """Keep a Dataset under its hash."""

    @abstractmethod
    def kept(self, sha: str) -> xr.Dataset:
        """Return a Dataset by its hash."""

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the store for what belongs together; no other process writes meanwhile. May be nested."""
        yield

    def put(self, evidence: Evidence) -> None:
        """Take up evidence; the same twice changes nothing.

        Other numbers for the same moment, kind and direction of the current are a correction: the later one supersedes
        the earlier, and both stay in the journal. Where one is the beginning of the other (a file that was still being
        written), the longer one holds, whichever came first.
        """
        with self.locked():
            moment = {"cycle": evidence.moment.cycle, "time": evidence.moment.time}
            known = self._bodies().get(evidence.sha)
            if known is not None:
                if known["moment"] != moment:
                    raise InputError(
                        f"{evidence.name} holds the same numbers as {known['name']}, but is said to be of "
                        f"{evidence.moment}: one of the two moments is wrong."
                    )
                try:
                    self.kept(evidence.sha)
                except FileError:  # lost or damaged, and now there again
                    self.keep(evidence.sha, evidence.dataset)
                return
            # First the file, then its record: a process that dies in between leaves a file that nobody knows of.
            self.keep(evidence.sha, evidence.dataset)
            moved = moves(evidence.dataset)
            body: dict[str, object] = {
                "sha": evidence.sha, "name": evidence.name, "moment": moment, "kind": evidence.kind,
                "noise": evidence.noise, "verdict": evidence.verdict,
            }  # fmt: skip
            for sha, other in self._present().items():
                # a half cycle and the rest behind it are of one moment, and none corrects the other
                if (other["moment"], other["kind"]) == (moment, evidence.kind) and moves(self.kept(sha)) == moved:
                    is_part = extends(self.kept(sha), evidence.dataset)
                    body["part_of" if is_part else "supersedes"] = sha
            self.append(Record("evidence", body))

    def noises(self) -> dict[str, float | None]:
        """Return the noise of all evidence that was put here, superseded or not, by its hash."""
        return {sha: body["noise"] for sha, body in cast("dict[str, Entry]", self._bodies()).items()}

    def evidence(self) -> tuple[Evidence, ...]:
        """Return all evidence that nothing has superseded, in the order of its arrival."""
        # what `put` wrote, JSON gives back as it was
        written = cast("dict[str, Entry]", self._present())
        for sha, body in written.items():
            if sha not in self._pieces:
                moment, ds = Moment(**body["moment"]), self.kept(sha)
                self._pieces[sha] = Evidence(
                    sha, body["name"], moment, body["kind"], ds, body["noise"], body["verdict"]
                )
        return tuple(self._pieces[sha] for sha in written)

    def decisions(self) -> dict[str, Mapping[str, object]]:
        """Return the last decision about each evidence, by its hash."""
        return {
            str(one.body["sha"]): one.body for one in self.records() if one.kind == "decision" and "sha" in one.body
        }

    def settings(self) -> Mapping[str, object] | None:
        """Return the settings that were written last, None where there are none."""
        return next((record.body for record in reversed(self.records()) if record.kind == "settings"), None)

    def remember(self, forecast: xr.Dataset) -> None:
        """Keep a forecast, to be held against what came; the last one of each cycle counts."""
        cycle = float(forecast["cycle"][0])
        with self.locked():
            sha = content_hash(forecast)
            # The same once more, say of a watch that was started again, is no news.
            if all(record.body.get("sha") != sha for record in self.records()):
                self.keep(sha, forecast)
                self.append(Record("forecast", {"sha": sha, "cycle": cycle}))

    def forecasts(self) -> tuple[xr.Dataset, ...]:
        """Return the forecasts that were kept, in the order of their cycles."""
        # in the order of the journal, so that of two of one cycle the later stays
        bodies = [record.body for record in self.records() if record.kind == "forecast"]
        last = {body["cycle"]: self.kept(str(body["sha"])) for body in bodies}
        return tuple(sorted(last.values(), key=lambda ds: float(ds["cycle"][0])))

    def _bodies(self) -> dict[str, Mapping[str, object]]:
        return {str(record.body["sha"]): record.body for record in self.records() if record.kind == "evidence"}

    def _present(self) -> dict[str, Mapping[str, object]]:
        bodies = self._bodies()
        # made anew from the journal: another process may have written to it
        gone = {body.get("supersedes") for body in bodies.values()}
        return {sha: body for sha, body in bodies.items() if sha not in gone and "part_of" not in body}


class MemoryStore(Store):
    """A store that ends with the process.

    Examples
    --------
    >>> store = MemoryStore()
    >>> store.append(Record("alarm", {"cycle": 24.0}))
    >>> store.records(), store.evidence()
    ((Record(kind='alarm', body={'cycle': 24.0}),), ())
    """

    def __init__(self) -> None:
        super().__init__()
        self._records: list[Record] = []
        self._datasets: dict[str, xr.Dataset] = {}
        self._states: dict[str, Arrays] = {}

    def records(self) -> tuple[Record, ...]:
        """Return the journal, oldest first."""
        return tuple(self._records)

    def append(self, record: Record) -> None:
        """Write a record behind the others."""
        # What a folder could not hold is refused here, too: a twin may be given one later.
        record.to_bytes()
        self._records.append(record)

    def cached(self, key: str) -> Arrays | None:
        """Return what was computed under this key, None where it is not known (any more)."""
        return self._states.get(key)

    def cache(self, key: str, arrays: Arrays) -> None:
        """Keep what was computed under a key."""
        self._states[key] = dict(arrays)
        for old in [*self._states][:-_STATES]:
            del self._states[old]

    def keep(self, sha: str, ds: xr.Dataset) -> None:
        """Keep a Dataset under its hash."""
        self._datasets[sha] = ds

    def kept(self, sha: str) -> xr.Dataset:
        """Return a Dataset by its hash."""
        return self._datasets[sha]


class FolderStore(Store):
    """A store in a folder, which survives its process whatever way that ends.

    ``journal.bin`` holds the records, ``evidence/<sha>.nc`` the Datasets as they were read, ``state/<key>.npz`` what
    was computed from them, which may be deleted. One process writes at a time; reading needs no lock.

    Parameters
    ----------
    path : str or pathlib.Path
        It is made with the first record.

    Raises
    ------
    InputError
        There is something else at `path`. While writing: another process is writing.
    FileError
        A file in it is damaged, or cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "cell7.twin"
    >>> FolderStore(path).append(Record("alarm", {"cycle": 24.0}))
    >>> [record.kind for record in FolderStore(path).records()]
    ['alarm']
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__()
        self.path = Path(path).expanduser()
        self._journal = Journal(self.path / "journal.bin")
        self._datasets: dict[str, xr.Dataset] = {}
        self._depth = 0
        if self.path.exists() and not self._journal.path.is_file():
            # a process that was killed with its first record leaves the folder without a journal
            if not self.path.is_dir() or {item.name for item in self.path.iterdir()} - {"evidence", "state", "lock"}:
                raise InputError(f"{self.path} is not the store of a twin: choose another name, such as cell7.twin.")
        elif not self.path.parent.is_dir():
            raise InputError(f"the folder {self.path.parent} does not exist: create it first.")

    def records(self) -> tuple[Record, ...]:
        """Return the journal, oldest first; with what another process has written meanwhile."""
        return self._journal.records()

    def append(self, record: Record) -> None:
        """Write a record behind the others; it is on the disk when this returns."""
        with self.locked():
            self._journal.append(record)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the store for what belongs together; no other process writes meanwhile. May be nested.

        Raises
        ------
        InputError
            Another process is writing; the message says which, and since when.
        """
        self.path.mkdir(exist_ok=True)
        # The system's lock is held once: a second one on the same file would shut this process out of its own store.
        with nullcontext() if self._depth else locked(self.path / "lock", self._busy):
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1

    def _busy(self, holder: str) -> str:
        return (
            f"{self.path} is being written by another process ({holder}): wait until it is done, or end it. Reading "
            "(mgtwin twin show) is possible meanwhile."
        )

    def cached(self, key: str) -> Arrays | None:
        """Return what was computed under this key, None where it is not known (any more) or its file is damaged."""
        file = self.path / "state" / f"{key}.npz"
        raw = file.read_bytes() if file.is_file() else b""
        # asked before numpy, to which some damage is an error of its own and some none
        if zlib.crc32(raw[:-4]) != int.from_bytes(raw[-4:], "little") or len(raw) < 4:
            return None
        with np.load(io.BytesIO(raw[:-4]), allow_pickle=False) as arrays:
            return dict(arrays)

    def cache(self, key: str, arrays: Arrays) -> None:
        """Keep what was computed under a key; of older states the last few are kept."""
        with self.locked():
            folder = self.path / "state"
            folder.mkdir(exist_ok=True)
            image = io.BytesIO()
            # Built in memory and moved to its place when complete: nobody ever reads half a state.
            np.savez(image, **arrays)  # type: ignore[arg-type]
            part = folder / "new.part"
            checksum = zlib.crc32(image.getvalue()).to_bytes(4, "little")
            part.write_bytes(image.getvalue() + checksum)
            os.replace(part, folder / f"{key}.npz")
            # By age, not by name: the key of a state is a hash.
            for old in sorted(folder.glob("*.npz"), key=lambda file: file.stat().st_mtime_ns)[:-_STATES]:
                old.unlink()

    def keep(self, sha: str, ds: xr.Dataset) -> None:
        """Keep a Dataset under its hash."""
        folder = self.path / "evidence"
        folder.mkdir(exist_ok=True)
        dataset.save(ds, folder / f"{sha}.nc")
        self._datasets[sha] = ds

    def kept(self, sha: str) -> xr.Dataset:
        """Return a Dataset by its hash."""
        if sha not in self._datasets:
            file = self.path / "evidence" / f"{sha}.nc"
            if not file.is_file():
                raise FileError("is gone: give the twin the file again from which it was read.", str(file))
            found = dataset.open(file)
            # its name is what it holds: a file in the place of another one would be of a wrong moment
            if dataset.is_tree(found) or content_hash(found) != sha:
                raise FileError("is not what this twin has put there: give it the measurement again.", str(file))
            self._datasets[sha] = found
        return self._datasets[sha]


def store_of(given: str | Path | Store | None) -> Store:
    """The store that is meant: a folder by its path, one that is made, or None for one that ends with the process."""
    match given:
        case None:
            return MemoryStore()
        case str() | Path():
            return FolderStore(given)
        case Store():
            return given
    raise InputError(f"store={given!r} is no folder: give its path, 'cell7.twin'.")


def moves(dataset: xr.Dataset) -> float:
    """Return the sign of the current at the end of a run, 0 at rest and for what has no current."""
    current = np.atleast_1d(dataset["current"].values) if "current" in dataset else np.zeros(1)
    finite = np.append(0.0, current[np.isfinite(current)])
    return float(np.sign(finite[-1]) * (abs(finite[-1]) > NO_CURRENT * np.max(np.abs(finite))))


def extends(longer: xr.Dataset, shorter: xr.Dataset) -> bool:
    """Tell whether a Dataset has all rows of another one and more behind (or, sorted downwards, before) them.

    Examples
    --------
    >>> from mgtwin.dataset import transient
    >>> run = transient([0.0, 1.0, 2.0], [0.0, 0.1, 0.2], [1e-6] * 3)
    >>> extends(run, run.isel(time=slice(2))), extends(run, run.assign(voltage=-run["voltage"]).isel(time=slice(2)))
    (True, False)
    """
    # Of two measurements with other dimensions, or longer in two ways, none is a part of the other.
    grown = [dim for dim, size in longer.sizes.items() if shorter.sizes.get(dim, 0) < size]
    if len(grown) != 1:
        return False
    rows = shorter.sizes.get(grown[0], 0)
    ends = (slice(rows), slice(longer.sizes[grown[0]] - rows, None))
    return any(longer.isel({grown[0]: end}).equals(shorter) for end in ends)
