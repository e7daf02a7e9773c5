"""Run a folder of experiments in every reading of its data, into one folder of results with one honest table."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from ..cells.overlays import load_overlay
from ..dataset import save
from ..errors import InputError, SimulationError
from ..experiments import Campaign, Experiment, Run, campaign
from ..library import CAMPAIGN
from .judge import FAULTS, Row, Simulated, rows_of, told
from .ledger import Ledger, ledgers
from .table import Results

if TYPE_CHECKING:
    import xarray as xr

    from ..cells import Cell
    from ..protocols import Protocol

__all__ = ["Progress", "run_campaign"]

#: Called with the fraction done and a word on what is being done.
Progress = Callable[[float, str], None]
#: Name of an experiment, its part that is done, and what is being done.
_Steps: TypeAlias = "multiprocessing.SimpleQueue[tuple[str, float, str]]"
_T = TypeVar("_T")
#: Relative cost of a spectrum and of a figure, so that the fraction done means time; a transient costs 1.
_SPECTRUM, _FIGURE = 0.1, 1.0


def run_campaign(
    name: str | Path | Campaign,
    output: str | Path,
    progress: Progress | None = None,
    *,
    experiments: Sequence[str] | None = None,
    figures: bool = True,
    processes: int | None = None,
) -> Results:
    """Simulate the experiments of a folder and compare them with what was observed.

    Datasets go to ``output/data``, figures to ``output/figures``, the table to ``output/table.md``, ``.csv`` and
    ``.json``. A simulation that fails becomes a row with its error; Ctrl-C ends the campaign and keeps what is done.

    Parameters
    ----------
    name : str, Path or Campaign
        Name of a folder of experiments (``paper``, ``ageing``), or the path of any.
    output : str or Path
        Folder; made if it does not exist. Files of the same names are replaced.
    progress : callable, optional
        Called as ``progress(fraction, text)``.
    experiments : sequence of str, optional
        Names of experiments; by default all.
    figures : bool
        Whether to draw figures.
    processes : int, optional
        How many experiments run at a time, each in a process of its own; by default as many as there are cores, where
        the system can fork. The results are the same.

    Returns
    -------
    Results

    Raises
    ------
    InputError, UnknownNameError, FileError
        For an output that is a file, or an experiment that does not exist or cannot be read.

    Examples
    --------
    >>> from mgtwin.campaign import run_campaign
    >>> results = run_campaign("paper", "paper-results")  # doctest: +SKIP
    >>> print(results.row("t_ion_as_milled", "as_printed").verdict)  # doctest: +SKIP
    """
    chosen = campaign(name)
    known = Ledger("", (), "", ()).words()
    for _, word, _, _ in Formatter().parse(chosen.conclusion):
        if word is not None and word not in known:
            raise InputError(f"{CAMPAIGN}: the conclusion asks for {{{word}}}, and can for {', '.join(known)}.")
    folder = Path(output).expanduser()
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file: give a folder for the results.")
    # Around everything: runs are built from names, which are looked up only then.
    with chosen.own_library():
        found = chosen.experiments(None if experiments is None else tuple(experiments))
        (folder / "data").mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        work = _Work(folder, progress, sum(_whole_cost(item, figures) for item in found))
        # Experiments that compare with others come after those; spectra, which are quick, first.
        ordered = sorted(found, key=lambda item: (item.compares_with_another, _cost(item)))
        count = processes or os.cpu_count() or 1
        # a process that does not begin as a copy of this one would run the script again that called us
        at_once = min(count, len(ordered)) if "fork" in multiprocessing.get_all_start_methods() else 1
        try:
            if at_once > 1:
                work.do_at_once(ordered, figures, at_once)
            else:
                for item in ordered:
                    work.do(item, figures)
        except KeyboardInterrupt:
            # Not raised further: what is done is worth a table, which says that it is not all.
            work.interrupted = True
        # a part of the experiments, or of their runs, is no ground for a conclusion
        conclusion = chosen.conclusion if experiments is None else ""
        return work.finish(chosen.title or chosen.name, conclusion, time.monotonic() - started)


def _cost(item: Experiment) -> float:
    return 1.0 if item.protocol.in_time else _SPECTRUM


def _whole_cost(item: Experiment, figures: bool) -> float:
    return len(item.runs()) * _cost(item) + figures * _FIGURE


class _Work:
    """What has been done so far; the only thing here that changes."""

    def __init__(self, folder: Path, progress: Progress | None, total: float) -> None:
        self.folder = folder
        self.interrupted = False
        self._progress, self._total, self._spent = progress, max(total, 1e-9), 0.0
        self._rows: list[Row] = []
        self._done: list[Simulated] = []
        self._results: list[tuple[Cell, Protocol, xr.Dataset]] = []
        self._datasets: list[Path] = []
        self._figures: list[Path] = []
        self._failed: dict[Run, str] = {}
        self._failures: dict[str, str] = {}
        self._warnings: dict[str, tuple[str, ...]] = {}

    def do_at_once(self, items: Sequence[Experiment], figures: bool, processes: int) -> None:
        """Do experiments in processes; on Ctrl-C keep those that are done, whole or in part, and pass it on."""
        context = multiprocessing.get_context("fork")
        steps = context.SimpleQueue()  # in which workers say what they are at
        with ProcessPoolExecutor(processes, context, _begin_worker, (steps,)) as pool:
            for compares in (False, True):
                group = [item for item in items if item.compares_with_another is compares]
                # One ageing at a time, for readings that coincide in it are simulated once; the longest first, for
                # whoever comes last works alone.
                parts = [(item, (*runs,)) for item in group for _, runs in groupby(item.runs(), attrgetter("ageing"))]
                simulated: dict[str, list[Future[_Work]]] = {item.name: [] for item in group}
                for item, runs in sorted(parts, key=lambda part: -len(part[1]) * _cost(part[0])):
                    part = _Work(self.folder, None, len(runs) * _cost(item))
                    task = pool.submit(_alone, part, str(runs[0]), _Work.simulate, item, runs)
                    simulated[item.name].append(task)
                judged: dict[str, Future[_Work]] = {}
                running = {future for futures in simulated.values() for future in futures}
                spent = {"": self._spent}
                try:
                    while running:
                        finished, running = wait(running, 0.1, FIRST_COMPLETED)
                        self._tell(steps, spent)
                        if any(future.result().interrupted for future in finished):
                            raise KeyboardInterrupt
                        for item in group:
                            if item.name not in judged and all(future.done() for future in simulated[item.name]):
                                whole = _Work(self.folder, None, figures * _FIGURE)
                                for work in (self, *(future.result() for future in simulated[item.name])):
                                    whole._done += work._done
                                    whole._failed |= work._failed
                                task = pool.submit(_alone, whole, item.name, _Work.judge, item, figures)
                                judged[item.name] = task
                                running.add(task)
                finally:
                    for future in (*judged.values(), *(one for futures in simulated.values() for one in futures)):
                        future.cancel()
                    for item in group:  # in their own order, whatever finished first
                        for future in simulated[item.name]:
                            if not future.cancelled():
                                self._add(future.result())
                        if item.name in judged and not judged[item.name].cancelled():
                            self._add(judged[item.name].result())
                        else:  # interrupted: what there is is compared here
                            self.judge(item, figures=False)

    def _tell(self, steps: _Steps, spent: dict[str, float]) -> None:
        """Tell of the progress of workers, each of which says how much it has spent."""
        while not steps.empty():
            name, spent[name], text = steps.get()
            self._spent = sum(spent.values())
            with self._step(0.0, text):
                pass

    def _add(self, other: _Work) -> None:
        """Take over what a worker has done."""
        self._rows += other._rows
        self._done += other._done
        self._failed |= other._failed
        self._datasets += other._datasets
        self._figures += other._figures
        self._failures |= other._failures
        self._warnings |= other._warnings
        self.interrupted |= other.interrupted

    def do(self, item: Experiment, figures: bool) -> None:
        """Simulate all runs of an experiment, compare, draw; on Ctrl-C compare what there is and pass it on."""
        try:
            self.simulate(item, item.runs())
        except KeyboardInterrupt:
            self.judge(item, figures=False)
            raise
        self.judge(item, figures)

    def simulate(self, item: Experiment, runs: Sequence[Run]) -> None:
        """Simulate runs of an experiment."""
        for run in runs:
            with self._step(_cost(item), str(run)):
                self._simulate(run)

    def judge(self, item: Experiment, figures: bool) -> None:
        """Compare what was observed in an experiment with what has been simulated of it, and draw it."""
        rows = rows_of(item, self._done, self._failed)
        self._rows += rows
        done = [one for one in self._done if one.run.experiment == item.name]
        if figures and done:
            from .figures import draw

            (self.folder / "figures").mkdir(exist_ok=True)
            with self._step(_FIGURE, f"{item.name}: figure"):
                try:
                    self._figures.append(draw(item, done, rows, self.folder / "figures" / f"{item.name}.png"))
                except FAULTS as error:  # the numbers are there; a figure is not worth losing them
                    self._failures[f"{item.name}: figure"] = told(error)

    def _simulate(self, run: Run) -> None:
        try:
            found = Simulated(run, self._result(run.build(), run.protocol))
        except FAULTS as error:
            match error:
                # Hours of cycling before a failure are data; the name says that they are not all.
                case SimulationError(partial=partial) if partial is not None:
                    self._save(partial, f"{run.key}__partial")
            self._failures[run.key] = self._failed[run] = told(error)
            return
        name = f"{run.key}__partial" if found.interrupted else run.key
        self._save(found.data, name)
        if found.warnings:
            self._warnings[name] = found.warnings
        if found.interrupted:  # the simulation kept its part of the run and returned
            raise KeyboardInterrupt
        self._done.append(found)

    def _result(self, cell: Cell, protocol: Protocol) -> xr.Dataset | xr.DataTree:
        """Simulate, or take the result of a cell that differs by the names of its overlays, and tell of this one."""
        import xarray as xr

        from ..simulation import simulate

        bare = cell.with_({"overlays": ()})
        for other, same, data in self._results:
            if other == bare and same == protocol:
                return data.assign_attrs(cell=cell.to_yaml(), sources=list(dict.fromkeys(cell.sources)))
        found = simulate(cell, protocol)
        match found:
            case xr.Dataset():  # a tree tells of the cell in each of its parts
                self._results.append((bare, protocol, found))
        return found

    def _save(self, data: xr.Dataset | xr.DataTree, name: str) -> None:
        self._datasets.append(save(data, self.folder / "data" / f"{name}.nc"))

    @contextmanager
    def _step(self, cost: float, text: str) -> Iterator[None]:
        if self._progress is not None:
            self._progress(min(self._spent / self._total, 1.0), text)
        yield
        self._spent += cost

    def finish(self, title: str, conclusion: str, seconds: float) -> Results:
        """Write the tables and return everything."""
        overlays = {name: load_overlay(name) for name in {row.reading for row in self._rows} if name}
        known = ledgers(
            self._rows,
            {name: overlay.description for name, overlay in overlays.items()},
            {name: overlay.bounds for name, overlay in overlays.items()},
        )
        if not known or self.interrupted or self._failures:
            conclusion = ""
        results = Results(
            rows=tuple(self._rows),
            folder=self.folder,
            datasets=tuple(self._datasets),
            figures=tuple(self._figures),
            tables=tuple(self.folder / f"table.{kind}" for kind in ("md", "csv", "json")),
            failures=self._failures,
            warnings=self._warnings,
            interrupted=self.interrupted,
            seconds=seconds,
            title=title,
            ledgers=known,
            conclusion=conclusion and conclusion.format_map(known[0].words(known[1:])),
        )
        results.write()
        if self._progress is not None:
            self._progress(1.0, "interrupted" if self.interrupted else "done")
        return results


#: Where a worker says what it is at.
_STEPS: list[_Steps] = []


def _begin_worker(steps: _Steps) -> None:
    _STEPS[:] = [steps]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # between experiments Ctrl-C is the parent's business


def _alone(work: _Work, name: str, task: Callable[[_Work, Experiment, _T], None], item: Experiment, what: _T) -> _Work:
    """Do a part of an experiment in a process of its own, which tells of its steps under a name; return what is new."""
    known = len(work._done)
    work._progress = lambda part, text: _STEPS[0].put((name, part * work._total, text))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        task(work, item, what)
    except KeyboardInterrupt:
        work.interrupted = True
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    work._done = work._done[known:]
    work._progress, work._results = None, []
    return work
