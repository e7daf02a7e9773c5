"""What a cycling run has to warn of, in one line each whatever the number of cycles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .cycle_integrator import Passage

if TYPE_CHECKING:
    from .cycling import Record


def limit_warnings(done: Sequence[Record]) -> list[str]:
    """Says which cycles a voltage limit cut short, in one line whatever their number."""
    limited = [record.number for record in done if record.limited]
    if not limited:
        return []
    runs: list[list[int]] = []
    for number in limited:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    shown = [f"{a}" if a == b else f"{a}-{b}" for a, b in runs[:5]]
    more = f" and {len(runs) - 5} more stretches of cycles" if len(runs) > 5 else ""
    return [f"a voltage limit ended half cycles of cycle {', '.join(shown)}{more}"]


def depletion_warning(passage: Passage) -> str:
    """Where and when salt was used up in a half cycle that a voltage limit would have ended at that moment."""
    reason, time = passage.stretch.ended_by.removeprefix("event: "), passage.stretch.times[-1]
    return f"cycle {passage.segment.cycle}: {reason} after {time:.4g} s of a half cycle"


def first_of(texts: list[str]) -> list[str]:
    """The first of many warnings of one kind, and how many there are."""
    return [texts[0] + (f" (and after {len(texts) - 1} more cycles)" if len(texts) > 1 else "")] if texts else []
