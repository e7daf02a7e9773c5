"""Experiments side by side in processes: those that build the same cell together, the longest experiment first."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

from ..experiments import Experiment, Run
from .judge import FAULTS
from .work import FIGURE, Work, cost_of, whole_cost

if TYPE_CHECKING:
    from ..cells import Cell

__all__ = ["do_at_once"]

#: Name of a job, its part that is done, and what is being done.
_Steps: TypeAlias = "multiprocessing.SimpleQueue[tuple[str, float, str]]"


def do_at_once(work: Work, items: Sequence[Experiment], figures: bool, processes: int) -> None:
    """Do experiments in processes; on Ctrl-C keep the runs that are done, and pass it on.

    Each is judged and drawn as soon as its runs are there, the one with the most to do, which comes first, at once.
    """
    context = multiprocessing.get_context("fork")
    steps = context.SimpleQueue()  # in which workers say what they are at
    with ProcessPoolExecutor(processes, context, _begin_worker, (steps,)) as pool:
        for compares in (False, True):
            group = [item for item in items if item.compares_with_another is compares]
            jobs = _Jobs(work, group, figures, pool, steps)
            try:
                jobs.do(processes)
            finally:
                jobs.collect()


#: Where a worker says what it is at.
_STEPS: list[_Steps] = []


def _begin_worker(steps: _Steps) -> None:
    _STEPS[:] = [steps]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # between experiments Ctrl-C is the parent's business


class _Jobs:
    """Experiments that are done in processes: runs that are simulated together, then how all of them are judged."""

    def __init__(
        self, work: Work, items: Sequence[Experiment], figures: bool, pool: ProcessPoolExecutor, steps: _Steps
    ) -> None:
        self.work, self.items, self.figures, self.pool, self.steps = work, items, figures, pool, steps
        #: Of each experiment its runs part by part, and at the end none: then they are judged.
        self.parts = {item.name: [*self.parts_of(item), []] for item in items}
        self.found: dict[str, list[Work | None]] = {name: [None] * len(parts) for name, parts in self.parts.items()}
        self.order = {run.key: k for k, run in enumerate(run for item in items for run in item.runs())}
        # the longest first, for whoever comes last works alone
        longest = sorted(items, key=lambda item: -whole_cost(item, figures))
        self.waiting = deque((item, k) for item in longest for k in range(len(self.parts[item.name]) - 1))
        self.running: dict[Future[Work], tuple[Experiment, int]] = {}
        self.spent = {"": work.spent}

    def do(self, processes: int) -> None:
        """Do everything; KeyboardInterrupt where a worker was interrupted."""
        while self.waiting or self.running:
            while self.waiting and len(self.running) < processes:
                item, k = self.waiting.popleft()
                runs = self.parts[item.name][k]
                cost = len(runs) * cost_of(item) or self.figures * FIGURE
                work = Work(self.work.folder, None, cost)
                if not runs:
                    own = [part for part in self.found[item.name] if part is not None]
                    for other in [self.work, *own] if item.compares_with_another else own:
                        work.know(other)
                    work.sort(self.order)
                future = self.pool.submit(_work_alone, work, item, f"{item.name} {k}", runs, self.figures)
                self.running[future] = item, k
            finished, _ = wait(self.running, 0.1, FIRST_COMPLETED)
            while not self.steps.empty():
                name, self.spent[name], text = self.steps.get()
                self.work.say(sum(self.spent.values()), text)
            taken = [self.take(future) for future in finished]
            if any(one.interrupted for one in taken):
                raise KeyboardInterrupt

    @staticmethod
    def parts_of(item: Experiment) -> list[list[Run]]:
        """Runs that one process simulates: spectra, which are quick, all; of others those that build the same cell."""
        if not item.protocol.in_time:
            return [list(item.runs())]
        parts: list[tuple[Cell | Run, list[Run]]] = []
        for run in item.runs():
            built: Cell | Run = run
            with suppress(*FAULTS):  # what goes wrong here is told of where the run is simulated
                built = run.build().with_({"overlays": ()})
            same = next((runs for other, runs in parts if other == built), None)
            if same is None:
                parts.append((built, same := []))
            same.append(run)
        return [runs for _, runs in parts]

    def take(self, future: Future[Work]) -> Work:
        """Keep what a worker found; what is whole is judged and drawn next."""
        item, k = self.running.pop(future)
        found = self.found[item.name]
        found[k] = work = future.result()
        self.spent[f"{item.name} {k}"] = work.total
        if k < len(found) - 1 and None not in found[:-1]:
            self.waiting.appendleft((item, len(found) - 1))
        return work

    def collect(self) -> None:
        """Take over what there is, in the order of experiments and runs, whatever was done first."""
        for future in [*self.running]:
            self.take(future)
        self.work.spent = sum(self.spent.values())
        for item in self.items:
            for part in self.found[item.name]:
                if part is not None:
                    self.work.add(part)
            self.work.sort(self.order)
            if self.found[item.name][-1] is None:
                self.work.judge(item)


def _work_alone(work: Work, item: Experiment, name: str, runs: Sequence[Run], figures: bool) -> Work:
    """Simulate some runs of an experiment in a process of its own; without any, judge and draw what is known of it."""
    work.progress = lambda part, text: _STEPS[0].put((name, part * work.total, text))
    if not runs:
        work.judge(item)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if runs:
            work.simulate(item, runs)
        elif figures:
            work.draw(item)
    except KeyboardInterrupt:
        work.interrupted = True
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return work.handed_over()
