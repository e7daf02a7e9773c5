"""What a campaign does with its experiments: simulate, judge, draw, keep; whole, or the part of one process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..cells.overlays import load_overlay
from ..dataset import save
from ..errors import SimulationError
from ..experiments import Experiment, Run
from .judge import FAULTS, Row, Simulated, rows_of, told
from .ledger import ledgers
from .table import Results

if TYPE_CHECKING:
    import xarray as xr

    from ..cells import Cell
    from ..protocols import Protocol

__all__ = ["FIGURE", "Progress", "Work", "cost_of", "whole_cost"]

#: Called with the fraction done and a word on what is being done.
Progress = Callable[[float, str], None]
#: How long a figure takes [s], roughly, so that the fraction done means time; see `Cost`.
FIGURE = 1.0


class Cost:
    """How long protocols take, roughly (`mgtwin.protocols.base.Runner`)."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def spectrum(self, protocol: Protocol) -> None:
        self.seconds += 0.02

    def transient(self, protocol: Protocol) -> None:
        self.seconds += 0.2

    def cycling(self, protocol: Protocol) -> None:
        self.seconds += 1.0

    def sequence(self, protocol: Protocol) -> None:
        for step in protocol.one_by_one():
            step.run_by(self)


def cost_of(item: Experiment) -> float:
    """How long one of its runs takes [s]."""
    cost = Cost()
    item.protocol.run_by(cost)
    return cost.seconds


def whole_cost(item: Experiment, figures: bool) -> float:
    return len(item.runs()) * cost_of(item) + figures * FIGURE


class Work:
    """What has been done so far, of all or by one process."""

    def __init__(self, folder: Path, progress: Progress | None, total: float) -> None:
        self.folder = folder
        self.interrupted = False
        self.progress, self.total, self.spent = progress, max(total, 1e-9), 0.0
        self._rows: list[Row] = []
        self._done: list[Simulated] = []
        #: What others have done that is judged and drawn here.
        self.known: list[Simulated] = []
        self._results: list[tuple[Cell, Protocol, xr.Dataset]] = []
        self._datasets: list[Path] = []
        self._figures: list[Path] = []
        self._failures: dict[str, str] = {}
        self._warnings: dict[str, tuple[str, ...]] = {}

    def know(self, other: Work) -> None:
        """Judge and draw what another has done."""
        self.known += other._done
        self._failures |= other._failures

    def handed_over(self) -> Work:
        """Return it without what nobody asks for where it goes."""
        self.progress, self.known, self._results = None, [], []
        return self

    def sort(self, order: Mapping[str, int]) -> None:
        """Put what is known and done into the order of its runs, behind what is not among them."""
        for some in (self.known, self._done):
            some.sort(key=lambda one: order.get(one.run.key, -1))
        self._datasets.sort(key=lambda path: order.get(path.stem.removesuffix("__partial"), -1))
        warned = sorted(self._warnings.items(), key=lambda item: order.get(item[0].removesuffix("__partial"), -1))
        self._warnings = dict(warned)

    def add(self, other: Work) -> None:
        """Take over what a worker has done."""
        self._rows += other._rows
        self._done += other._done
        self._datasets += other._datasets
        self._figures += other._figures
        self._failures |= other._failures
        self._warnings |= other._warnings
        self.interrupted |= other.interrupted

    def do(self, item: Experiment, figures: bool) -> None:
        """Simulate all runs of an experiment, compare, draw; on Ctrl-C compare what there is and pass it on."""
        try:
            self.simulate(item, item.runs())
        finally:
            self.judge(item)
        if figures:
            self.draw(item)

    def simulate(self, item: Experiment, runs: Sequence[Run]) -> None:
        """Simulate some runs of an experiment."""
        for run in runs:
            with self._step(cost_of(item), str(run)):
                self._simulate(run)

    def judge(self, item: Experiment) -> None:
        """Compare the runs of an experiment that are done with what was observed."""
        failed = {run: self._failures[run.key] for run in item.runs() if run.key in self._failures}
        self._rows += rows_of(item, [*self.known, *self._done], failed)

    def draw(self, item: Experiment) -> None:
        """Draw the runs of an experiment that are done, with how they were judged."""
        done = [one for one in (*self.known, *self._done) if one.run.experiment == item.name]
        if not done:
            return
        from .figures import draw

        rows = [row for row in self._rows if row.experiment == item.name]
        (self.folder / "figures").mkdir(exist_ok=True)
        with self._step(FIGURE, f"{item.name}: figure"):
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
            self._failures[run.key] = told(error)
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

    def say(self, spent: float, text: str) -> None:
        """Tell how far it is, and what is being done."""
        self.spent = spent
        if self.progress is not None:
            self.progress(min(spent / self.total, 1.0), text)

    @contextmanager
    def _step(self, cost: float, text: str) -> Iterator[None]:
        self.say(self.spent, text)
        yield
        self.spent += cost

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
        self.say(self.total, "interrupted" if self.interrupted else "done")
        return results
