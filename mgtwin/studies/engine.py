"""Computes a study: in this process or by the workers of a Dask cluster, until it is done or interrupted."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import uuid4

import numpy as np

from ..errors import InputError, SimulationError
from .points import Outcome, Task, compute
from .progress import Progress, Report
from .result import Memory
from .store import Store

if TYPE_CHECKING:
    import xarray as xr
    from dask.distributed import Client

__all__ = ["check_client", "collected", "interruptible", "outcomes"]

#: Chunks on their way per thread of the cluster: one in work, one that waits for it.
AHEAD = 2
#: How often a chunk is sent again after the cluster lost it.
RETRIES = 3


def check_client(client: object) -> None:
    """Refuse what is not a connected, synchronous ``dask.distributed.Client``."""
    if client is None:
        return
    try:
        from dask.distributed import Client

        known = isinstance(client, Client)
    except ImportError:  # then this cannot be one
        known = False
    if not known:
        raise InputError(
            f"client must be a dask.distributed.Client (or None: this process), not {type(client).__name__}. "
            "For example: from dask.distributed import Client; client = Client(n_workers=2, threads_per_worker=1)."
        )
    connected: Any = client
    if connected.asynchronous:
        raise InputError("client is asynchronous: make it without asynchronous=True.")
    if connected.status != "running":
        raise InputError(f"client is {connected.status}: connect a new one.")


def collected(kept: Memory | Store, client: Client | None = None, progress: Progress | None = None) -> xr.Dataset:
    """Compute what a study lacks, and return all of it; after Ctrl-C or SIGTERM what there is by then."""
    grid = kept.plan.grid
    points = {number: int(np.prod(grid.block(number))) for number in grid}
    report = Report(grid.size, sum(points[number] for number in kept.finished), progress)
    missing = [number for number in grid if number not in set(kept.finished)]
    with interruptible() as check:
        try:
            for number, outcome in outcomes(missing, kept.plan.task, client):
                kept.write(number, outcome)
                report.add(points[number])
                check()
        except KeyboardInterrupt:
            if not (report.done or kept.resumed):
                raise
            said = f"interrupted: {report.done} of {grid.size} points were computed{kept.resumed}"
            return kept.dataset([said]).assign_attrs(interrupted=True)
    return kept.dataset()


@contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """Let SIGTERM (a batch system whose time is up, ``kill``) end a study as Ctrl-C does: what it has is kept.

    Yields a function that raises KeyboardInterrupt if a signal came that somebody has kept to himself: the wrappers of
    CasADi catch every exception, and a study in which CasADi works most of the time could hardly be ended.
    """
    before: dict[int, Any] = {}
    came = False

    def note(number: int, frame: FrameType | None) -> NoReturn:
        nonlocal came
        came = True
        if callable(before[number]):  # whoever has a handler of their own keeps it
            before[number](number, frame)
        raise KeyboardInterrupt

    def check() -> None:
        if came:
            raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():  # Python lets no other thread set handlers
        for which in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(which) not in (None, signal.SIG_IGN):
                before[which] = signal.signal(which, note)
    try:
        yield check
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is note:
                signal.signal(number, handler)


def outcomes(
    numbers: Iterable[int], task_of: Callable[[int], Task], client: Client | None = None
) -> Iterator[tuple[int, Outcome]]:
    """Compute chunks and yield each with its number as soon as it is finished.

    With a client the order is that of finishing, and only a few chunks per worker are on their way at a time. A chunk
    whose worker dies is computed by another one.
    """
    if client is None:
        for number in numbers:
            yield number, compute(task_of(number))
        return
    from dask.distributed import KilledWorker, as_completed

    waiting = iter(numbers)
    study, running, tries = uuid4().hex[:8], {}, dict[int, int]()
    finished = as_completed()

    def send(number: int) -> None:
        tries[number] = tries.get(number, -1) + 1
        # The whole task travels with the chunk: data scattered beforehand would be lost with their worker.
        key = f"mgtwin-{study}-{number}-{tries[number]}"
        future = client.submit(compute, task_of(number), key=key, pure=False)
        running[future] = number
        finished.add(future)

    def refill() -> None:
        room = max(AHEAD * sum(client.nthreads().values()), 1) - len(running)
        for _, number in zip(range(room), waiting, strict=False):
            send(number)

    try:
        refill()
        while running:
            future = next(finished)
            number = running.pop(future)
            if future.status == "finished":
                yield number, future.result()
            elif future.status == "error":
                # Metrics and simulations note their own failures: what arrives here is a fault of the cluster or of
                # mgtwin. NaN for a chunk that killed its workers again and again; another error is not the chunk's.
                error, task = future.exception(), task_of(number)
                if type(error) is not KilledWorker:
                    raise SimulationError(
                        f"a worker could not compute a chunk: {type(error).__name__}: {error}"
                    ) from error
                outcome = Outcome.empty(task.metrics, task.points)
                for k in range(task.points):
                    outcome.fail(k, "the workers that computed this chunk died every time")
                yield number, outcome
            elif tries[number] >= RETRIES:
                raise SimulationError(
                    f"the cluster lost chunk {number} {RETRIES + 1} times: look at its workers and its memory."
                )
            else:  # the cluster lost it, say because its scheduler was restarted
                send(number)
            # The result of a chunk is kept here; on the cluster it would fill the memory of its workers.
            future.release()
            refill()
    finally:
        client.cancel(list(running))
