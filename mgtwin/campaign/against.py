"""Simulated against observed, line by line, for what no panel of a figure can show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..experiments import Experiment, Observation
from ..plot.labels import wrapped
from ..plot.look import COLOURS, INK, MUTED
from .judge import Row, Simulated
from .panels import in_words, names_of, only, place_of
from .verdicts import Calibrated

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["compared", "lines_of"]

#: Factors between simulated and observed up to which the comparison reaches, in decades.
DECADES = 2.6
MARKERS = "os^Dv"
#: Of the letters [pt].
SIZE = 7.0


def lines_of(experiment: Experiment, rows: Sequence[Row]) -> list[tuple[Observation, list[Row]]]:
    """Observations with which rows can be compared, and these rows; a line for each, and for each cell of it."""
    known = {one.name: one for one in experiment.observed if one.interval is not None and not one.not_comparable}
    lines: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.observation in known:
            lines.setdefault((row.observation, row.cell), []).append(row)
    return [(known[name], line) for (name, _), line in lines.items()]


def compared(
    ax: Axes,
    lines: Sequence[tuple[Observation, Sequence[Row]]],
    labels: Sequence[str],
    room: tuple[float, int],
    done: Sequence[Simulated],
) -> None:
    """Draw simulated over observed on an axis of factors: the interval as a box, a marker for every number.

    Parameters
    ----------
    ax : matplotlib Axes
    lines : sequence of (Observation, rows)
    labels : sequence of str
        One for each line, which has room for it.
    room : (float, int)
        Width of the Axes [inch], and how many readings stand beside each other in the legend.
    done : sequence of Simulated
        The results, by which runs have their names and colours.
    """
    names = names_of([item.run for item in done])
    readings = sorted({item.run.reading for item in done} | {row.reading for _, line in lines for row in line})
    named = any(text for text, _ in names.values())
    colours = {place_of(run): colour for run, (_, colour) in names.items()}
    # each line as high as its label
    heights = np.array([label.count("\n") + 1.7 for label in labels])
    middles = np.cumsum(heights) - heights / 2
    for k, (observation, line) in enumerate(lines):
        low, high = observation.interval or (-np.inf, np.inf)
        start, end = np.clip(np.sort(decades(np.array([low, high]), low, high)), -DECADES, DECADES)
        start = -DECADES if low < 0 < high else start
        (box,) = ax.barh(middles[k], end - start + 0.03, 0.85 * heights[k], start - 0.015, color=INK, alpha=0.15, lw=0)
        box.set_gid("observed")
        for row in line:
            n = readings.index(row.reading)
            y = middles[k] + 0.75 * heights[k] * ((n + 0.5) / len(readings) - 0.5)
            if not row.values or np.isnan(row.values).any():
                continue
            for at, T in zip(decades(np.array(row.values), low, high), row.temperatures, strict=False):
                colour = colours.get((row.cell, row.state, row.ageing, T), INK) if named else COLOURS[n % len(COLOURS)]
                ax.plot(
                    np.clip(at, -DECADES, DECADES), y, ms=4, clip_on=False,
                    # beyond the axis an arrow in place of the reading's own marker
                    marker=MARKERS[n % len(MARKERS)] if abs(at) <= DECADES else "<>"[int(at > 0)], color=colour,
                    mfc="white" if type(row.verdict) is Calibrated else colour, mew=0.9, zorder=3, ls="",
                )  # fmt: skip
    ax.set_yticks(middles, labels)
    ax.set_ylim(heights.sum(), 0)
    ax.set_xlim(-DECADES, DECADES)
    ax.set_xticks([-2, -1, 0, 1, 2], ["1/100", "1/10", "1", "10", "100"])
    said = "simulated over observed, or over its bound; open: calibrated, so no evidence"
    ax.set_xlabel(wrapped(said, room[0], SIZE), fontsize=SIZE)
    ax.tick_params(axis="y", length=0, pad=5)
    ax.grid(axis="y", visible=False)
    if len(readings) > 1:
        handles = [
            ax.plot([], [], MARKERS[n % len(MARKERS)], color=MUTED if named else COLOURS[n], ms=4)[0]
            for n in range(len(readings))
        ]
        texts = [in_words(name) for name in readings]
        ax.legend(handles, texts, loc="lower right", bbox_to_anchor=(1, 1), ncols=room[1], borderaxespad=0.1)


def label_of(
    observation: Observation, rows: Sequence[Row], told: Mapping[tuple[object, ...], str], width: float
) -> str:
    """What a line compares, what was observed of it, and where there is no number, in words of a width [inch]."""
    # the interval stands at the end of what was observed, and says more than the words before
    words, _, interval = in_words(rows[0].observed).partition(" → ")
    interval = interval.replace(" ", "\u00a0")  # stays on one line
    said = wrapped(f"{words} → {interval}", width, SIZE)
    if said.count("\n") > 1:
        said = f"{wrapped(words, width, SIZE, lines=1)}\n→ {interval}"
    keys = {(told.get((row.cell, row.state, row.ageing), ""), row.reading): row for row in rows}
    lacking = {key: row.bare for key, row in keys.items() if not row.values or np.isnan(row.values).any()}
    # of readings whose number is in a panel there is no row here: those without one are named all the same
    every = set(keys) | ({(state, "") for state, _ in keys} if len(lacking) == len(keys) else set())
    without = [
        wrapped(f"{bare}{only({key for key, other in lacking.items() if other == bare}, every)}", width, SIZE)
        for bare in dict.fromkeys(lacking.values())
    ]
    quantity = in_words(observation.quantity).replace(" −", "\u00a0−")  # a number stays with its word
    return "\n".join([wrapped(quantity, width, SIZE), said, *without])


def decades(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Logarithms of values over an interval: its geometric mean, or its only end, is 0.

    Numbers of the other sign, and zero, are infinitely far to the left.

    Examples
    --------
    >>> decades(np.array([0.05, 0.5, 5.0]), 0.05, 5.0).round(6) + 0
    array([-1.,  0.,  1.])
    """
    ends = np.array([end for end in (low, high) if end and np.isfinite(end)] or [1.0])
    around = low < 0 < high
    centre = np.abs(ends).max() if around else np.sqrt(np.abs(ends[0] * ends[-1]))
    along = np.abs(values) if around else values * np.sign(ends[0])
    with np.errstate(divide="ignore"):
        return np.log10(np.maximum(along / centre, 0.0))
