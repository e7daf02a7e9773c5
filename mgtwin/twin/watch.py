"""A folder into which an instrument writes: its finished files are handed to a twin as they come."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, Protocol, cast

from ..bench import SERIES_COORDINATES, SeriesCoordinate
from ..data import read
from ..data.source import File
from ..dataset import is_tree
from ..dataset import open as open_result
from ..errors import FileError, InputError
from ..kinds.noun import noun
from ..quantities import AmbientTemperature, Quantity
from ..unions import OneOf
from .evidence import Moment
from .intake import in_turn
from .journal import Record
from .store import Store

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Folder", "Outcome", "Reading", "Watched", "take", "watch"]

#: Endings of results of mgtwin; anything else is an instrument's.
RESULTS = (".nc", ".nc4", ".h5", ".hdf5")
#: Polls over which size and time of a file have to stand still.
_STILL = 2


class Outcome(NamedTuple):
    """What became of a file: ``"read"`` with what was decided of its measurements, or ``"refused"`` and why."""

    file: str
    decision: str
    reason: str


class Answer(Protocol):
    """What a watch reads of what a twin made of a measurement."""

    @property
    def decision(self) -> str:
        """Assimilated, known, or held and why."""


class Watched(Protocol):
    """What a watch asks of a twin."""

    @property
    def store(self) -> Store:
        """Where it keeps what it was given."""

    def update(
        self, what: xr.Dataset, *, at: Moment | None = None, noise: float | None = None, name: str = ""
    ) -> Answer:
        """Take a measurement, and say what it made of it."""


@noun
class Reading:
    """How the files of a cell are found and read.

    Parameters
    ----------
    pattern : str
        Names of the files, ``"cell7_*.mpt"``.
    moments : ByCycle or ByTime, optional
        Where the names say the cycle or the time, ``ByCycle("loop_{}.")``; by default the files themselves say it.
    area, thickness, temperature, current, decimal, columns, complete
        As for `mgtwin.read`: what the files do not say.
    noise : float or str, optional
        Of the instrument, relative to |Z|; by default from a Kramers-Kronig test, which needs ten points.

    Examples
    --------
    >>> import mgtwin as mt
    >>> Reading("cell7_*.csv", moments=mt.ByCycle("loop{}.")).moments
    ByCycle(in_name='loop{}.')
    """

    pattern: str = "*"
    moments: Annotated[SeriesCoordinate, OneOf(SERIES_COORDINATES)] | None = None
    area: Annotated[float, Quantity("m^2", gt=0)] | None = None
    thickness: Annotated[float, Quantity("m", gt=0)] | None = None
    temperature: Annotated[float, AmbientTemperature()] | None = None
    current: Annotated[float, Quantity("A")] | None = None
    decimal: str | None = None
    columns: dict[str, str] | None = None
    complete: bool = False
    noise: Annotated[float, Quantity("", gt=0)] | None = None

    def measurements(self, path: Path) -> Iterator[tuple[str, xr.Dataset, Moment | None]]:
        """Read a file: name, Dataset and moment of each measurement in it.

        Raises
        ------
        InputError
            It cannot be read with certainty, is still being written, or its name does not say the moment.
        """
        found = open_result(path) if path.suffix.lower() in RESULTS else self._read(File(path))
        # each of several spectra is evidence of its own, with a moment of its own
        named = [(f"{path.name} {place.strip('/')}", ds) for place, ds in (in_turn(found) if is_tree(found) else [])]
        for name, ds in named or [(path.name, cast("xr.Dataset", found))]:
            if self.moments is None:
                yield name, ds, None
            else:
                value = self.moments.value(ds, name)
                yield name, ds, Moment(cycle=value) if self.moments.quantity == "cycle" else Moment(time=value)

    def _read(self, file: File) -> xr.Dataset | xr.DataTree:
        if file.is_text and not (file.text.ended or self.complete):
            raise FileError(
                "its last line has no line break, so that it may still be written. If it is whole, say complete: true.",
                file.name,
            )
        return read(
            file.path, area=self.area, thickness=self.thickness, temperature=self.temperature, current=self.current,
            decimal=self.decimal, columns=self.columns, complete=self.complete,
        )  # fmt: skip


class Folder:
    """The files of a folder, asked again and again: which have stood still and were not taken yet.

    Parameters
    ----------
    path : pathlib.Path
    pattern : str
        Names of the files.
    taken : mapping of str to (int, int)
        Name to size and time of change of those that were taken before; they come again once one of the two changes.
    """

    def __init__(self, path: Path, pattern: str = "*", taken: Mapping[str, tuple[int, int]] | None = None) -> None:
        self.path, self.pattern = path, pattern
        self._taken = dict(taken or {})
        # name -> size, time of change [ns], polls since it has these
        self._seen: dict[str, tuple[tuple[int, int], int]] = {}

    def settled(self) -> list[Path]:
        """Look, and return the files that have stood still; each once, until it changes.

        Raises
        ------
        InputError
            There is no such folder.
        """
        if not self.path.is_dir():
            raise InputError(f"there is no folder {self.path}: name the one into which the instrument writes.")
        seen = {}
        # In the order of the names, so that two runs over the same files keep the same journal.
        for file in sorted(self.path.glob(self.pattern)):
            try:
                status = file.stat()
            except OSError:  # gone since it was listed
                continue
            stamp = (status.st_size, status.st_mtime_ns)
            if file.is_file() and not file.name.startswith(".") and self._taken.get(file.name) != stamp:
                before, polls = self._seen.get(file.name, (None, 0))
                seen[file.name] = (stamp, polls + 1 if before == stamp else 0)
        # What has settled is forgotten here and remembered as taken, until it changes.
        self._seen = {name: item for name, item in seen.items() if item[1] < _STILL}
        ready = {name: stamp for name, (stamp, polls) in seen.items() if polls >= _STILL}
        self._taken |= ready
        return [self.path / name for name in ready]

    def again(self, files: Sequence[Path]) -> None:
        """Hand out files once more: what was to take them could not."""
        for file in files:
            self._taken.pop(file.name, None)

    @property
    def unsettled(self) -> list[str]:
        """Names of the files that have changed too recently."""
        return list(self._seen)


def taken_before(store: Store) -> dict[str, tuple[int, int]]:
    """Return the files that a journal knows, with size and time of change."""
    files: dict[str, tuple[int, int]] = {}
    for record in store.records():
        match record.body:
            case {"file": str(name), "size": int(size), "mtime_ns": int(changed)}:
                files[name] = (size, changed)
    return files


def take(twin: Watched, reading: Reading, files: Sequence[Path]) -> list[Outcome]:
    """Hand files to a twin; a file that it refuses is journalled and stops no other.

    Returns
    -------
    list of Outcome
        One for each file that is still there.
    """
    outcomes = []
    for path in files:
        reasons, refused = [], False
        try:
            # Before it is read: what is appended meanwhile changes the stamp, and the file comes again.
            status = path.stat()
            for name, ds, moment in reading.measurements(path):
                try:
                    # the decision alone: what the cell is now is asked once all files are in
                    reasons.append(twin.update(ds, at=moment, noise=reading.noise, name=name).decision)
                except InputError as error:  # of one of several spectra
                    reasons.append(str(error))
                    refused = True
        except FileNotFoundError:  # moved away since it was seen
            continue
        except InputError as error:
            reasons, refused = [str(error)], True
        outcome = Outcome(path.name, "refused" if refused else "read", "\n".join(reasons))
        stamp = {"size": status.st_size, "mtime_ns": status.st_mtime_ns}
        twin.store.append(Record("decision", {**outcome._asdict(), **stamp}))
        outcomes.append(outcome)
    return outcomes


def watch(
    twin: Watched, folder: str | Path, reading: Reading | None = None, *, every: float = 2.0, polls: int | None = None
) -> Iterator[list[Outcome]]:
    """Poll a folder and hand its finished files to a twin.

    A file is taken when its size and its time of change stood still for two polls and it reads to its end. What is
    refused is journalled, and tried again when it changes. A file that was taken and grows is taken again: the longer
    version replaces the shorter. No other process writes to the twin's store meanwhile.

    Parameters
    ----------
    twin : Twin
    folder : str or Path
    reading : Reading, optional
        Which files, and how they are read; by default all files, as they are.
    every : float
        Between two polls [s].
    polls : int, optional
        End after so many (three look once at what has arrived); by default never.

    Yields
    ------
    list of Outcome
        After every poll: what became of the files that it took.

    Raises
    ------
    InputError
        There is no such folder, or another process writes to the store.
    """
    how = Reading() if reading is None else reading
    # Held all the while: two watches on one folder would do everything twice.
    with twin.store.locked():
        files = Folder(Path(folder).expanduser(), how.pattern, taken_before(twin.store))
        done = 0
        while polls is None or done < polls:
            if done:
                time.sleep(every)
            yield take(twin, how, files.settled())
            done += 1
