"""A rack of cells: a twin for each, kept side by side by the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from pydantic import TypeAdapter

from .. import yamlfile
from ..analysis.kramers_kronig import FEWEST, kramers_kronig
from ..dataset import spectrum
from ..errors import InputError, MgtwinError
from ..kinds.noun import noun
from ..plain import is_text
from ..protocols import Cycling
from .forecasts import Limit
from .settings import TwinFile, load_twin
from .store import FolderStore
from .twin import Twin
from .watch import Folder, Outcome, take, taken_before

if TYPE_CHECKING:
    from dask.distributed import Client

__all__ = ["Place", "Rack", "Row", "load_rack", "twin_of"]

#: Quantiles of what a table says.
LOW, MIDDLE, HIGH = 0.05, 0.5, 0.95


def twin_of(told: TwinFile) -> Twin:
    """Return the twin that a file describes, with all that its store holds."""
    return Twin(
        told.explanations, told.wanted, use=told.use, alarms=told.alarms, model_error=told.model_error,
        label=told.label, considered=told.considered, store=FolderStore(told.store),
    )  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A line of the table of a rack.

    Attributes
    ----------
    cell : str
    cycle : float or None
        Its age.
    explanation : str
        The most probable one, with its odds.
    resistance, contact_fraction, film_resistance : float or None
        Modulus at the lowest frequency [ohm], the smallest contact fraction, the largest film [ohm m^2]; medians, and
        None of what is hidden where only forecasts hold.
    until : tuple of float
        Cycles until the limit: 5 %, 50 % and 95 % of the forecast; empty without a limit.
    alarms : tuple of str
        Those that stand.
    outcomes : tuple of Outcome
        What became of the files of this poll.
    problem : str
        Why nothing can be said of the cell.
    """

    cell: str
    cycle: float | None = None
    explanation: str = ""
    resistance: float | None = None
    contact_fraction: float | None = None
    film_resistance: float | None = None
    until: tuple[float, ...] = ()
    alarms: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Place:
    """A cell of a rack: its name, its twin's file, and the folder of its measurements."""

    name: str
    told: TwinFile
    folder: Path

    def work(self, files: Sequence[Path]) -> Row:
        """Hand files to the twin, and say what the cell is now. Runs in any process."""
        try:
            twin = twin_of(self.told)
            with twin.store.locked():
                outcomes = take(twin, self.told.reading, files)
            protocol = self.told.forecast or self.told.use
            return replace(summary(twin, self.name, protocol, self.told.until), outcomes=tuple(outcomes))
        # A damaged store, another process that writes there, a life that is not found: the others go on.
        except MgtwinError as error:
            return Row(self.name, problem=str(error))


def summary(twin: Twin, name: str, protocol: Cycling | None = None, until: Limit | None = None) -> Row:
    """Return what a twin says of its cell now, and when a protocol leads it to a limit."""
    # a cell of which nothing came yet has a line all the same
    if not twin.evidence:
        return Row(name)
    now = twin.history(quantiles=(LOW, MIDDLE, HIGH)).isel(cycle=-1).sel(quantile=MIDDLE)
    odds = twin.odds.isel(evidence=-1)
    best = odds.isel(explanation=int(odds.values.argmax()))
    # where only forecasts hold, what is hidden may be off by any number of its standard deviations: the table has none
    hidden = {} if now.attrs["forecasts_only"] else now
    contact, film = (hidden.get(f"{key}_quantiles") for key in ("contact_fraction", "film_resistance"))
    times: tuple[float, ...] = ()
    if protocol is not None and until is not None:
        # end voltages cost a few simulations, and only a limit of the voltage needs them
        foreseen = twin.forecast(
            protocol, quantiles=(LOW, MIDDLE, HIGH), until=until, voltages=until.voltage is not None
        )
        times = tuple(float(n) for n in foreseen["time_to_limit"].values)
    return Row(
        name,
        float(now["cycle"]),
        f"{best['explanation'].item()} {100 * float(best):.0f} %",
        float(now["impedance_modulus_quantiles"]),
        None if contact is None else float(contact.min()),
        None if film is None else float(film.max()),
        times,
        tuple(alarm.text for alarm in twin.alarms if alarm.state != "withdrawn"),
    )


def ready() -> None:
    """Import what the first measurement would wait for: seconds, in which a rack has no files yet that stand still."""
    # a spectrum of one arc does; without the library of its test the twins are told their noise
    f = np.geomspace(1e5, 1.0, FEWEST)
    with suppress(MgtwinError):
        kramers_kronig(spectrum(f, 1.0 + 1.0 / (1.0 + 1e-3j * f)))
    import h5netcdf  # noqa: F401  (writes what is kept)


class Future(Protocol):
    """What both a thread and a cluster return for work that is on its way."""

    def exception(self) -> BaseException | None:
        """Wait, and return what the work raised."""

    def result(self) -> Row:
        """Wait, and return what came of it."""


class Rack:
    """Twins of several cells, whose folders are polled together.

    Parameters
    ----------
    places : sequence of Place
    """

    def __init__(self, places: Sequence[Place]) -> None:
        self.places = tuple(places)
        self.rows: dict[str, Row] = {}
        self._folders: dict[str, Folder] = {}

    def poll(self, client: Client | None = None) -> list[Row]:
        """Look into all folders, and let the twins work whose cells have new files.

        Parameters
        ----------
        client : dask.distributed.Client, optional
            Whose workers do it, one cell each; by default this process, one after the other.

        Returns
        -------
        list of Row
            Of the cells that had something to do; at the first poll of all.
        """
        # of the workers there are by now: one that comes later imports with its first cell
        if client is not None and not self.rows:
            client.run(ready)
        todo: dict[str, list[Path]] = {}
        for place in self.places:
            try:
                if place.name not in self._folders:
                    taken = taken_before(FolderStore(place.told.store))
                    self._folders[place.name] = Folder(place.folder, place.told.reading.pattern, taken)
                files = self._folders[place.name].settled()
            except InputError as error:  # a folder that is gone, or not there yet; a journal that is damaged
                self.rows[place.name] = Row(place.name, problem=str(error))
                continue
            if files or place.name not in self.rows:
                todo[place.name] = files
        # A thread says in the same way as a cluster that something went wrong: nothing one cell does stops another.
        with ThreadPoolExecutor(1) as own:
            futures: dict[str, Future] = {}
            for place in self.places:
                if place.name in todo:
                    work = partial(place.work, todo[place.name])
                    futures[place.name] = own.submit(work) if client is None else client.submit(work, pure=False)
            for name, future in futures.items():
                raised = future.exception()
                row = future.result() if raised is None else Row(name, problem=f"{type(raised).__name__}: {raised}")
                # what was not journalled comes again
                self._folders[name].again(todo[name] if row.problem else [])
                self.rows[name] = row
        return [self.rows[name] for name in todo]


@noun
class PlaceFile:
    """A cell of a rack, as a file has it: where its measurements are, and its twin's file if it has its own."""

    data: str
    twin: str | None = None


@noun
class RackFile:
    """A file that describes a rack.

    Parameters
    ----------
    cells : str or mapping
        Name of each cell to its measurements: a folder, or a pattern of names; from the folder that is watched.
        One pattern alone, ``"*/"``, is a cell for each folder, by its name.
    twin : str, optional
        File of the twin of all cells that have none of their own; from the folder of this file.
    stores : str
        Folder in which the twins are kept, each as NAME.twin; from the folder of this file.
    """

    cells: str | dict[str, str | PlaceFile]
    twin: str | None = None
    stores: str = "."


def load_rack(path: str | Path, folder: str | Path) -> Rack:
    """Read the file of a rack whose cells' measurements are in a folder.

    Raises
    ------
    FileError
        With line, column and a caret for what is wrong in it, or in the file of a twin.
    """
    document = yamlfile.load(path)
    asked: RackFile = yamlfile.validate(document, TypeAdapter(RackFile), context={"file": True})
    here, data = Path(path).parent, Path(folder).expanduser()
    match asked.cells:
        case str() as pattern:
            found = [item for item in sorted(data.glob(pattern)) if item.is_dir() and item.suffix != ".twin"]
            cells: dict[str, PlaceFile] = {item.name: PlaceFile(item.name) for item in found}
        case named:
            cells = {name: PlaceFile(one) if is_text(one) else one for name, one in named.items()}
    if not cells:
        raise document.error(f"there is no cell: no folder in {data} has such a name.", ("cells",))
    (here / asked.stores).mkdir(exist_ok=True)
    places, known = [], dict[str, TwinFile]()
    for name, cell in cells.items():
        file = cell.twin or asked.twin
        if file is None:
            raise document.error(f"{name} has no twin: name its file with the key twin.", ("cells", name))
        told = known.setdefault(file, known.get(file) or load_twin(here / file))
        target = data / cell.data
        # A folder holds files of its cell only; a pattern picks them out of a folder that cells share.
        if not target.is_dir() and any(sign in target.name for sign in "*?["):
            told = replace(told, reading=replace(told.reading, pattern=target.name))
            target = target.parent
        store = here / asked.stores / f"{name}.twin"
        places.append(Place(name, replace(told, store=store, label=told.label and name), target))
    return Rack(places)
