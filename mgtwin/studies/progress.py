"""How far a study is: points, rate, time left."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

__all__ = ["Progress", "Report"]

#: Called with the fraction done and a text such as ``"1200 of 10000 points, 340/s, 26 s left"``.
Progress: TypeAlias = Callable[[float, str], object]


class Report:
    """Counts finished points and tells a callable about it.

    Parameters
    ----------
    total : int
    done : int
        Points that an earlier run of the study has finished; they do not count for the rate.
    tell : callable, optional
    clock : callable
        Seconds that never go back.
    """

    def __init__(
        self, total: int, done: int, tell: Progress | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.total, self.done, self._tell, self._clock = total, done, tell, clock
        self._before, self._began = done, clock()
        if tell is not None and done:
            tell(done / total, f"{done} of {total} points were finished before")

    def add(self, points: int) -> None:
        """Note finished points."""
        self.done += points
        if self._tell is not None:
            self._tell(self.done / self.total, self.text())

    def text(self) -> str:
        """Points, rate and time left in words."""
        new, seconds = self.done - self._before, self._clock() - self._began
        parts = [f"{self.done} of {self.total} points"]
        if new and seconds > 0:
            rate = new / seconds
            parts.append(f"{rate:.3g}/s" if rate >= 1 else f"{60 * rate:.3g}/min")
            if self.done < self.total:
                left = (self.total - self.done) / rate
                in_minutes = f"{left / 60:.0f} min" if left < 5400 else f"{left / 3600:.1f} h"
                parts.append(f"{f'{left:.0f} s' if left < 90 else in_minutes} left")
        return ", ".join(parts)
