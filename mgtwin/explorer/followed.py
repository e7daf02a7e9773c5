"""A twin that is looked at while measurements come: what it says now, asked in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import xarray as xr

from .. import yamlfile
from ..cells.cell import Cell
from ..errors import InputError, MgtwinError
from ..protocols import Cycling
from ..protocols.segments import amperes
from ..quantities import Value
from ..twin import Limit, ModelError, Moment, Twin
from ..twin.alarms.watching import Alarm
from ..twin.journal import Record
from ..twin.rack import twin_of
from ..twin.settings import load_twin
from ..twin.watch import Outcome, watch
from .measured import Measured, measured

__all__ = ["Followed", "Following", "Told", "followed"]

_Answer = TypeVar("_Answer")
#: Cycles of a forecast of a cell of which nothing is known yet, and the fewest that are foreseen by default.
CYCLES, FEWEST = 50, 10
#: Where nobody has said when a life is over: the modulus when first measured, so many times.
WORN = 2.0


@dataclass(frozen=True, eq=False)
class Told:
    """What a `Twin` says from the evidence of one moment, by its names there (`scores` of its alarms).

    `data` are the last measurements of each kind, `start` is where the numbers of a forecast begin.
    """

    twin: Twin
    history: xr.Dataset
    odds: xr.DataArray
    scores: xr.Dataset
    alarms: tuple[Alarm, ...]
    cell: Cell
    noise: float
    model_error: ModelError
    forecasts_only: bool
    moment: Moment
    measurements: int
    data: tuple[Measured, ...] = ()
    start: Mapping[str, Value] = field(default_factory=dict)

    def beside(self, data: tuple[Measured, ...]) -> tuple[Measured, ...]:
        """Data with those of this moment in the place of those before."""
        return (*(item for item in data if not item.followed), *self.data)

    @cached_property
    def thresholds(self) -> Mapping[str, float]:
        """The score beyond which each mechanism is an alarm; those that never are, are left out."""
        known = {name: kind.jump for kind in self.twin.alarm_kinds for name in kind.mechanisms}
        return {name: level for name, level in known.items() if np.isfinite(level)}


class Followed:
    """A twin, and what brings it measurements: whoever writes to its store, or a folder that is watched here.

    Parameters
    ----------
    twin : Twin
    name : str
    forecast : Cycling, optional
        What is foreseen; by default as many cycles of the twin's `use` as were done.
    until : Limit, optional
        Where the life of the cell counts as over; by default at twice the modulus of the first spectrum.
    taking : callable, optional
        Begins to take up what comes, each time it is asked (`mgtwin.twin.watch`).

    Examples
    --------
    >>> import mgtwin as mt
    >>> use = mt.Cycling("-10 uA", "1 h", cycles=1)
    >>> rate = "*.ageing.film_growth.charge_rate"
    >>> twin = mt.Twin(mt.cell("trilayer", "film_growth"), {rate: mt.Drifting("5 %")}, use=use)
    >>> looked_at = Followed(twin, "cell 7")
    >>> looked_at.news(), looked_at.start["half_cycle"]
    (True, Value(3600.0, unit='s'))
    >>> looked_at.told()
    Traceback (most recent call last):
        ...
    mgtwin.errors.InputError: nothing has been measured yet: ...
    """

    def __init__(
        self,
        twin: Twin,
        name: str,
        forecast: Cycling | None = None,
        until: Limit | None = None,
        taking: Callable[[], Iterator[list[Outcome]]] | None = None,
    ) -> None:
        self.twin, self.name, self.until = twin, name, until
        #: What was refused, by file, until it is taken.
        self.refused: dict[str, str] = {}
        self._foreseen, self._taking = forecast, taking
        self._taken: Iterator[list[Outcome]] | None = None
        self._journal: tuple[Record, ...] | None = None
        self._told: Told | None = None
        # a twin is asked by one thread at a time
        self._lock = threading.Lock()

    @property
    def cell(self) -> Cell:
        """The cell when new, by its first explanation."""
        return next(iter(self.twin.explanations.values()))

    @property
    def start(self) -> dict[str, Value]:
        """Where the numbers of a forecast begin as long as nothing has been measured."""
        return self._start(CYCLES, None)

    def open(self) -> None:
        """Begin to watch the folder, where there is one.

        Raises
        ------
        InputError
            There is no such folder, or another process takes its files already.
        """
        if self._taking is not None and self._taken is None:
            begun = self._taking()
            next(begun)  # the first look takes nothing: what is wrong is said now
            self._taken = begun

    def news(self) -> bool:
        """Look once: take up what has come, and return whether there is something that was not told yet.

        Raises
        ------
        FileError
            The journal is damaged.
        """
        for outcome in next(self._taken, []) if self._taken is not None else []:
            self.refused.pop(outcome.file, None)
            if outcome.decision == "refused":
                self.refused[outcome.file] = outcome.reason
        before, now = self._journal, self.twin.journal
        if before is not None and len(now) == len(before):
            return False
        with self._lock:
            told = [[record.body for record in one if record.kind == "settings"][-1:] for one in (before or (), now)]
            # whoever writes may have changed what is free, or what explains the cell
            if told[0] and told[0] != told[1]:
                self.twin = Twin.open(self.twin.store)
            self._journal, self._told = now, None
        return True

    def told(self) -> Told:
        """What the twin says now; computed once for the same evidence.

        Raises
        ------
        InputError
            Nothing has been measured yet.
        """
        with self._lock:
            if self._told is None:
                self._told = self._asked()
            return self._told

    def asked(self, question: Callable[[Twin], _Answer]) -> _Answer:
        """Ask the twin something else."""
        with self._lock:
            return question(self.twin)

    def close(self) -> None:
        """Let go of the folder, and of the store that it is written to."""
        self._taken = None

    def _asked(self) -> Told:
        twin = self.twin
        evidence, cell = twin.evidence, twin.cell
        data: list[Measured] = []
        # the last one of each kind, over the curves of the cell as it is
        for item in {item.kind: item for item in evidence}.values():
            with suppress(InputError):  # what no page can show
                data += measured(item.dataset.assign_attrs(label=item.name), cell)
        history = twin.history()
        return Told(
            twin, history, twin.odds, twin.alarm_scores(), twin.alarms, cell, twin.noise, twin.model_error,
            twin.forecasts_only, evidence[-1].moment, len(evidence),
            tuple(replace(item, followed=True).judged() for item in data),
            self._start(float(history["cycle"][-1]), history),
        )  # fmt: skip

    def _start(self, done: float, history: xr.Dataset | None) -> dict[str, Value]:
        found, planned = {}, self._foreseen or self.twin.use
        if planned is not None:
            cycles = planned.cycles if self._foreseen else max(round(done), FEWEST)
            density = amperes(planned.current, self.cell) / float(self.cell.area)
            found = {"current": Value(density, unit="A/m^2"), "half_cycle": planned.half_cycle, "cycles": Value(cycles)}
        until = self.until
        if until is None and history is not None:
            first = history["impedance_modulus_measured"].values
            first = first[np.isfinite(first)]
            until = Limit(resistance=WORN * float(first[0])) if first.size else None
        if until is not None:
            limits = (("until_voltage", until.voltage, "V"), ("until_resistance", until.resistance, "ohm"))
            found |= {name: Value(float(value), unit=unit) for name, value, unit in limits if value is not None}
        return found


class Following(threading.Thread):
    """Looks after a twin until it is stopped, beside whatever else the process does.

    `hear` is called with what the twin says, whenever it says something new; `say` with ``busy=`` meanwhile, and with
    ``error=`` for what is wrong; `every` is what lies between two looks [s].
    """

    def __init__(
        self, twin: Followed, hear: Callable[[Told], None], say: Callable[..., None], every: float = 2.0
    ) -> None:
        super().__init__(name="mgtwin-explore-twin", daemon=True)
        self.twin, self.hear, self.say, self.every = twin, hear, say, every
        self._ended = threading.Event()

    def run(self) -> None:
        """Look until `stop`."""
        said = ""
        while not self._ended.is_set():
            try:
                if self.twin.news():
                    self.say(busy="taking up what was measured")
                    told = self.twin.told()
                    self.say(busy="")
                    self.hear(told)
                problem = ""
            # a damaged journal, a life that is not found, a disk that is gone: it may be mended, and is looked at again
            except (MgtwinError, OSError) as error:
                problem = str(error)
            if problem != said:
                self.say(busy="", error=problem)
            said = problem
            self._ended.wait(self.every)
        self.twin.close()

    def stop(self) -> None:
        """End it after the look that it is at."""
        self._ended.set()


def followed(source: object, folder: str | Path | None = None) -> Followed | None:
    """Return the twin that is meant by a Twin, its store or its file; None by anything else.

    Parameters
    ----------
    source : object
    folder : str or Path, optional
        Into which the instrument writes; the twin's file says how its files are read.

    Raises
    ------
    InputError, FileError
        There is no twin there, its file is wrong, or nothing says how the files of the folder are read.
    """
    found, reads = None, False
    match source:
        case Twin():
            found = Followed(source, source.label or next(iter(source.explanations.values())).name)
        case str() | Path():
            path = Path(source).expanduser()
            if path.suffix == ".twin" or path.is_dir():
                found = Followed(Twin.open(path), path.stem)
            elif is_twin_file(path):
                told, reads = load_twin(path), True
                taking = None if folder is None else partial(watch, twin_of(told), folder, told.reading, every=0.0)
                found = Followed(twin_of(told), told.store.stem, told.forecast, told.until, taking)
    if folder is not None and not reads:
        raise InputError(
            "a folder is watched for a twin, whose file says how its measurements are read: mgtwin explore twin.yaml "
            f"--watch {folder} (mgtwin twin new CELL > twin.yaml)."
        )
    return found


def is_twin_file(path: Path) -> bool:
    """Tell whether a file describes a twin, and neither a cell nor a state."""
    if path.suffix not in (".yaml", ".yml") or not path.is_file():
        return False
    match yamlfile.load(path).data:
        case {**keys}:
            return "layers" not in keys and not {"explanations", "use", "reading", "store"}.isdisjoint(keys)
    return False
