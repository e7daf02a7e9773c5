"""Where the chunks of a study are computed: in this process, or by the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import uuid4

from ..errors import InputError, SimulationError
from .points import Outcome, Task, compute

__all__ = ["check_client", "outcomes"]

#: Chunks on their way per thread of the cluster: one in work, one that waits for it.
AHEAD = 2
#: How often a chunk is sent again after the cluster lost it.
RETRIES = 3


def check_client(client: Any) -> None:
    """Refuse what is not a connected, synchronous ``dask.distributed.Client``."""
    if client is None:
        return
    if not all(hasattr(client, name) for name in ("submit", "nthreads", "gather")):
        raise InputError(
            f"client must be a dask.distributed.Client (or None: this process), not {type(client).__name__}. "
            "For example: from dask.distributed import Client; client = Client(n_workers=2, threads_per_worker=1)."
        )
    if getattr(client, "asynchronous", False):
        raise InputError("client is asynchronous: make it without asynchronous=True.")
    if getattr(client, "status", "running") != "running":
        raise InputError(f"client is {client.status}: connect a new one.")


def outcomes(
    numbers: Iterable[int], task_of: Callable[[int], Task], client: Any = None
) -> Iterator[tuple[int, Outcome]]:
    """Compute chunks and yield each with its number as soon as it is finished.

    With a client the order is that of finishing, and only a few chunks per worker are on their way at a time. A chunk
    whose worker dies is computed by another one.
    """
    if client is None:
        for number in numbers:
            yield number, compute(task_of(number))
        return
    yield from _distributed(iter(numbers), task_of, client)


def _distributed(numbers: Iterator[int], task_of: Callable[[int], Task], client: Any) -> Iterator[tuple[int, Outcome]]:
    from dask.distributed import as_completed

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
        for _, number in zip(range(room), numbers, strict=False):
            send(number)

    try:
        refill()
        while running:
            future = next(finished)
            number = running.pop(future)
            if future.status == "finished":
                yield number, future.result()
            elif future.status == "error":
                yield number, _died(task_of(number), future.exception())
            else:  # the cluster lost it, say because its scheduler was restarted
                _check_tries(number, tries[number])
                send(number)
            future.release()
            refill()
    finally:
        client.cancel(list(running))


def _check_tries(number: int, tries: int) -> None:
    if tries >= RETRIES:
        raise SimulationError(f"the cluster lost chunk {number} {tries + 1} times: look at its workers and its memory.")


def _died(task: Task, error: Any) -> Outcome:
    """NaN for a chunk that killed its workers again and again; any other error is not the chunk's and is raised."""
    from dask.distributed import KilledWorker

    if not isinstance(error, KilledWorker):
        raise SimulationError(f"a worker could not compute a chunk: {type(error).__name__}: {error}") from error
    outcome = Outcome.empty(task.metrics, task.points)
    for k in range(task.points):
        outcome.fail(k, "the workers that computed this chunk died every time")
    return outcome
