"""The main job: every experiment of the paper in every reading of its data, into one folder with one honest table."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .. import library
from ..errors import InputError, MgtwinError, SimulationError
from ..experiments import Experiment, Run, experiment
from .compare import Row, rows_of
from .readout import Simulated
from .table import PaperResults

__all__ = ["Progress", "paper_experiments", "run_paper"]

#: Called with the fraction done and a word on what is being done.
Progress = Callable[[float, str], None]

#: Relative cost of one run, so that the fraction done means time: minutes of transients against blinks of spectra.
_COSTS = {"eis": 0.05, "sequence": 0.3, "voltammetry": 0.3}
#: Cost of a figure in the same unit.
_FIGURE = 1.0


def paper_experiments() -> tuple[str, ...]:
    """Return the names of all experiments, the quick ones (spectra) first."""
    names = library.names("experiments")
    return tuple(sorted(names, key=lambda name: (not name.startswith("eis"), name)))


def run_paper(
    output: str | Path,
    progress: Progress | None = None,
    *,
    experiments: Sequence[str] | None = None,
    figures: bool = True,
) -> PaperResults:
    """Simulate the experiments of the paper and compare them with what it observed.

    Datasets go to ``output/data``, figures to ``output/figures``, the table to ``output/table.md``, ``.csv`` and
    ``.json``. A simulation that fails becomes a row with its error; Ctrl-C ends the campaign and keeps what is done.

    Parameters
    ----------
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
    PaperResults

    Raises
    ------
    InputError, UnknownNameError, FileError
        For an output that is a file, or an experiment that does not exist or cannot be read.

    Examples
    --------
    >>> from mgtwin.campaign import run_paper
    >>> results = run_paper("paper-results")  # doctest: +SKIP
    >>> print(results.row("t_ion_as_milled", "as_printed").verdict)  # doctest: +SKIP
    """
    folder = Path(output).expanduser()
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file: give a folder for the results.")
    chosen = [experiment(name) for name in (experiments if experiments is not None else paper_experiments())]
    (folder / "data").mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    campaign = _Campaign(folder, progress, sum(_cost(item, figures) for item in chosen))
    try:
        for item in chosen:
            campaign.do(item, figures)
    except KeyboardInterrupt:
        campaign.interrupted = True
    return campaign.finish(time.monotonic() - started)


def _cost(item: Experiment, figures: bool) -> float:
    return len(item.runs()) * _cost_of_run(item) + (_FIGURE if figures else 0.0)


def _cost_of_run(item: Experiment) -> float:
    return _COSTS.get(item.protocol.type, 1.0)


class _Campaign:
    """What has been done so far; the only thing here that changes."""

    def __init__(self, folder: Path, progress: Progress | None, total: float) -> None:
        self.folder = folder
        self.interrupted = False
        self._progress, self._total, self._spent = progress, max(total, 1e-9), 0.0
        self._rows: list[Row] = []
        self._datasets: list[Path] = []
        self._figures: list[Path] = []
        self._failures: dict[str, str] = {}
        self._warnings: dict[str, tuple[str, ...]] = {}

    def do(self, item: Experiment, figures: bool) -> None:
        """Simulate all runs of an experiment, compare, draw; on Ctrl-C compare what there is and pass it on."""
        done: list[Simulated] = []
        failed: dict[Run, str] = {}
        try:
            for run in item.runs():
                with self._step(_cost_of_run(item), str(run)):
                    self._simulate(run, done, failed)
        finally:
            self._rows += rows_of(item, done, failed)
        if figures and done:
            with self._step(_FIGURE, f"{item.name}: figure"):
                self._draw(item, done)

    def _simulate(self, run: Run, done: list[Simulated], failed: dict[Run, str]) -> None:
        from ..simulation import simulate

        try:
            data = simulate(run.build(), run.protocol)
        except MgtwinError as error:
            partial = getattr(error, "partial", None) if isinstance(error, SimulationError) else None
            if partial is not None:
                self._save(partial, f"{run.key}__partial")
            self._failures[run.key] = failed[run] = f"{type(error).__name__}: {error}"
            return
        except Exception as error:  # a bug in one experiment must not cost the others
            self._failures[run.key] = failed[run] = f"unexpected {type(error).__name__}: {error}"
            return
        cut_short = any(text.startswith("interrupted") for text in _warnings(data))
        self._save(data, f"{run.key}__partial" if cut_short else run.key)
        if cut_short:  # the simulation kept its part of the run and returned
            raise KeyboardInterrupt
        done.append(Simulated(run, data))

    def _save(self, data: Any, name: str) -> None:
        from ..dataset import save

        self._datasets.append(save(data, self.folder / "data" / f"{name}.nc"))
        if texts := _warnings(data):
            self._warnings[name] = tuple(texts)

    def _draw(self, item: Experiment, done: list[Simulated]) -> None:
        from .figures import draw

        (self.folder / "figures").mkdir(exist_ok=True)
        path = self.folder / "figures" / f"{item.name}.png"
        try:
            self._figures.append(draw(item, done, path))
        except Exception as error:  # the numbers are there; a figure is not worth losing them
            self._failures[f"{item.name}: figure"] = f"{type(error).__name__}: {error}"

    @contextmanager
    def _step(self, cost: float, text: str) -> Iterator[None]:
        if self._progress is not None:
            self._progress(min(self._spent / self._total, 1.0), text)
        yield
        self._spent += cost

    def finish(self, seconds: float) -> PaperResults:
        """Write the tables and return everything."""
        results = PaperResults(
            rows=tuple(self._rows),
            folder=self.folder,
            datasets=tuple(self._datasets),
            figures=tuple(self._figures),
            tables=tuple(self.folder / f"table.{kind}" for kind in ("md", "csv", "json")),
            failures=self._failures,
            warnings=self._warnings,
            interrupted=self.interrupted,
            seconds=seconds,
        )
        results.write()
        if self._progress is not None:
            self._progress(1.0, "interrupted" if self.interrupted else "done")
        return results


def _warnings(data: Any) -> list[str]:
    """Warnings of a Dataset, or of all nodes of a tree."""
    if hasattr(data, "children"):
        return [text for node in data.leaves for text in node.attrs.get("warnings", [])]
    return list(data.attrs.get("warnings", []))
