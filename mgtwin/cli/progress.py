"""How far a job is: a bar with rate and time left in a terminal, for long jobs a line per tenth in a log."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

from .console import err

__all__ = ["Update", "progress_bar"]

#: Called with the fraction done and a word on what is being done.
Update = Callable[[float, str], None]


class _Rate(ProgressColumn):
    """Steps finished per second; slow ones per minute."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self.unit = unit

    def render(self, task: Task) -> Text:
        done, seconds = task.fields["done"], task.elapsed or 0.0
        if not done or not seconds or not self.unit:
            return Text("")
        # Per minute where it is less than one a second: 0.02 steps/s tells nobody anything.
        rate, per = (done / seconds, "s") if done >= seconds else (60 * done / seconds, "min")
        return Text(f"{rate:.3g} {self.unit}/{per}", style="dim")


@contextmanager
def progress_bar(text: str, unit: str = "steps", *, log: bool = False) -> Iterator[Update]:
    """Show progress on stderr until the block ends; the bar then disappears.

    Parameters
    ----------
    text : str
        What is done before the first report.
    unit : str
        What is counted: each report counts one; ``""`` for no rate.
    log : bool
        Whether to print lines where stderr is no terminal.

    Yields
    ------
    callable
        ``update(fraction, text)``.
    """
    console = err()
    if not console.is_terminal:
        next_tenth = 0 if log else math.inf

        def line(fraction: float, text: str) -> None:
            nonlocal next_tenth
            # A bar in a log file is a thousand lines. By tenths of the work, not by time: a log of a week is as long as
            # that of an hour.
            if fraction * 10 >= next_tenth:
                next_tenth = int(fraction * 10) + 1
                console.print(Text(f"{fraction:4.0%}  {text}"), soft_wrap=True)

        yield line
        return
    # A narrow terminal keeps room for what is being done.
    bar = BarColumn(bar_width=12 if console.width < 100 else 24)
    columns: list[ProgressColumn] = [
        TextColumn("{task.description}", table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"), markup=False),
        bar,
        TaskProgressColumn(),
        _Rate(unit),
        TimeElapsedColumn(),
        TextColumn("left", style="dim"),
        TimeRemainingColumn(),
    ]
    with Progress(*columns, console=console, transient=True, expand=True) as progress:
        task = progress.add_task(text, total=None, done=0)

        def update(fraction: float, text: str) -> None:
            done = progress.tasks[0].fields["done"] + (1 if fraction > 0 else 0)  # the first report is the start
            progress.update(task, total=1.0, completed=fraction, description=text, done=done)

        yield update
