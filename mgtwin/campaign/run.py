"""Run a folder of experiments in every reading of its data, into one folder of results with one honest table."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..dataset import save
from ..errors import InputError, SimulationError
from ..experiments import Campaign, Experiment, Run, campaign
from .judge import FAULTS, Row, Simulated, rows_of, told
from .table import Results

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Progress", "run_campaign"]

#: Called with the fraction done and a word on what is being done.
Progress = Callable[[float, str], None]
#: Relative cost of a spectrum and of a figure, so that the fraction done means time; a transient costs 1.
_SPECTRUM, _FIGURE = 0.1, 1.0


def run_campaign(
    name: str | Path | Campaign,
    output: str | Path,
    progress: Progress | None = None,
    *,
    experiments: Sequence[str] | None = None,
    figures: bool = True,
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
    folder = Path(output).expanduser()
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file: give a folder for the results.")
    # Around everything: runs are built from names, which are looked up only then.
    with chosen.own_library():
        found = chosen.experiments(None if experiments is None else tuple(experiments))
        (folder / "data").mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        work = _Work(folder, progress, sum(len(item.runs()) * _cost(item) + figures * _FIGURE for item in found))
        try:
            # Experiments that compare with others come after those; spectra, which are quick, first.
            for item in sorted(found, key=lambda item: (item.compares_with_another, _cost(item))):
                work.do(item, figures)
        except KeyboardInterrupt:
            # Not raised further: what is done is worth a table, which says that it is not all.
            work.interrupted = True
    return work.finish(chosen.title or chosen.name, time.monotonic() - started)


def _cost(item: Experiment) -> float:
    return 1.0 if item.protocol.in_time else _SPECTRUM


class _Work:
    """What has been done so far; the only thing here that changes."""

    def __init__(self, folder: Path, progress: Progress | None, total: float) -> None:
        self.folder = folder
        self.interrupted = False
        self._progress, self._total, self._spent = progress, max(total, 1e-9), 0.0
        self._rows: list[Row] = []
        self._done: list[Simulated] = []
        self._datasets: list[Path] = []
        self._figures: list[Path] = []
        self._failures: dict[str, str] = {}
        self._warnings: dict[str, tuple[str, ...]] = {}

    def do(self, item: Experiment, figures: bool) -> None:
        """Simulate all runs of an experiment, compare, draw; on Ctrl-C compare what there is and pass it on."""
        failed: dict[Run, str] = {}
        try:
            for run in item.runs():
                with self._step(_cost(item), str(run)):
                    self._simulate(run, failed)
        finally:
            rows = rows_of(item, self._done, failed)
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

    def _simulate(self, run: Run, failed: dict[Run, str]) -> None:
        from ..simulation import simulate

        try:
            found = Simulated(run, simulate(run.build(), run.protocol))
        except FAULTS as error:
            match error:
                # Hours of cycling before a failure are data; the name says that they are not all.
                case SimulationError(partial=partial) if partial is not None:
                    self._save(partial, f"{run.key}__partial")
            self._failures[run.key] = failed[run] = told(error)
            return
        name = f"{run.key}__partial" if found.interrupted else run.key
        self._save(found.data, name)
        if found.warnings:
            self._warnings[name] = found.warnings
        if found.interrupted:  # the simulation kept its part of the run and returned
            raise KeyboardInterrupt
        self._done.append(found)

    def _save(self, data: xr.Dataset | xr.DataTree, name: str) -> None:
        self._datasets.append(save(data, self.folder / "data" / f"{name}.nc"))

    @contextmanager
    def _step(self, cost: float, text: str) -> Iterator[None]:
        if self._progress is not None:
            self._progress(min(self._spent / self._total, 1.0), text)
        yield
        self._spent += cost

    def finish(self, title: str, seconds: float) -> Results:
        """Write the tables and return everything."""
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
        )
        results.write()
        if self._progress is not None:
            self._progress(1.0, "interrupted" if self.interrupted else "done")
        return results
