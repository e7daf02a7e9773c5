"""One figure per experiment, for print: what every reading of the data simulates, and what was observed of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..cells.overlays import load_overlay
from ..experiments import Experiment
from ..plot import PLOTS
from ..plot.labels import text_width, wrapped
from ..plot.look import COLUMN, PAGE, printed
from ..plot.observed import observed
from .against import compared, label_of, lines_of
from .judge import Row, Simulated
from .panels import Panel, in_words, only, panels, place_of, told_apart
from .verdicts import Calibrated, Contradicts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw", "picture"]

#: What is beside the Axes of a panel, on the left, on the right and below [inch].
LEFT, RIGHT, BELOW = 0.58, 0.12, 0.42
#: Height of a line of 7 pt, and what is beside text [inch].
LINE, MARGIN = 0.135, 0.07
#: A logarithmic axis that spans this factor has marks enough at its decades, and marks cost most of the drawing.
DECADES = 1e3
#: Height of the sheet that figures are cut from [inch].
SHEET = 40.0


def draw(experiment: Experiment, done: Sequence[Simulated], rows: Sequence[Row], path: Path) -> Path:
    """Draw an experiment into a PNG file, and into a PDF file beside it; see `picture`.

    Returns
    -------
    pathlib.Path
        Of the PNG file.
    """
    with printed():
        figure = picture(experiment, done, rows)
        figure.savefig(path)
        figure.savefig(path.with_suffix(".pdf"), metadata={"CreationDate": None})
    return path


def picture(experiment: Experiment, done: Sequence[Simulated], rows: Sequence[Row]) -> Figure:
    """Draw an experiment, 170 mm wide, or 85 mm where one panel says it all.

    Above, the signals: a panel for each reading, or one for those that coincide; spectra with equal scales, those of
    another size in panels of their own. What was observed is drawn where it was read, as an interval; what no panel can
    show stands below, simulated over observed. The caption says what the words mean and what was calibrated.

    Parameters
    ----------
    experiment : Experiment
    done : sequence of Simulated
        Its results.
    rows : sequence of Row
        The judgement of them.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.lines import Line2D

    found = panels(done, experiment.figure)
    alone = len(found) == 1 and not experiment.figure
    columns = 1 if any(panel.wide for panel in found) else 2 if len(found) == 4 else max(1, min(len(found), 3))
    several = len({item.run.reading for item in done}) > 1
    named = {one.label: one.color for panel in found for one in panel.curves if one.label not in ("", panel.words)}
    placed: list[Row] = []
    with printed():
        sheet = Sheet(COLUMN if alone else PAGE)
        sheet.write(in_words(experiment.description), 9.0)
        legend_at, beside = sheet.used, sheet.beside(named)
        sheet.used += LINE * 1.3 * -(-len(named) // beside)
        for start in range(0, len(found), columns):
            line = found[start : start + columns]
            titles = [(panel.title if several else "", panel.shape) for panel in line]
            for panel, ax in zip(line, sheet.row(titles, columns), strict=True):
                placed += mark(fill(ax, panel), panel, experiment, rows)
        lines = lines_of(experiment, [row for row in rows if row not in placed])
        if lines:
            told = told_apart([item.run for item in done])
            labels = [label_of(one, members, told, 0.52 * sheet.width - 2.5 * MARGIN) for one, members in lines]
            columns = sheet.beside([in_words(item.run.reading) for item in done])
            sheet.used += 0.1 + LINE * 1.2 * -(
                -len({row.reading for _, members in lines for row in members}) // columns
            )
            high = LINE * sum(text.count("\n") + 1.7 for text in labels)
            wide = 0.48 * sheet.width - RIGHT
            compared(sheet.axes(0.52 * sheet.width, wide, high), lines, labels, (wide, columns), done)
            sheet.used += high + BELOW + LINE * (2 if alone else 1)
        sheet.write(caption(experiment, done, placed), 7.0)
        figure = sheet.cut()
        if named:
            handles = [Line2D([], [], color=color) for color in named.values()]
            at = (MARGIN / sheet.width, 1 - legend_at / sheet.used)
            figure.legend(handles, named.keys(), loc="upper left", bbox_to_anchor=at, ncols=beside, borderaxespad=0)
    return figure


class Sheet:
    """A figure that grows downwards, with places in inches from its upper edge, and is cut off at the end.

    Sizes are worked out, not asked of a layout engine: labels at points of curves need them before anything is drawn.
    """

    def __init__(self, width: float) -> None:
        from matplotlib.figure import Figure

        # a Figure of its own, not pyplot's: nothing opens on a screen and nothing stays in memory
        self.figure = Figure(figsize=(width, SHEET))
        self.width, self.used = width, 0.06

    def write(self, text: str, fontsize: float) -> None:
        """Write paragraphs of text across the sheet."""
        text = "\n".join(wrapped(one, self.width - 2 * MARGIN, fontsize) for one in text.splitlines())
        self.figure.text(MARGIN / self.width, 1 - self.used / SHEET, text, va="top", fontsize=fontsize, linespacing=1.3)
        self.used += 1.35 * fontsize / 72 * (text.count("\n") + 1) + 0.06

    def beside(self, names: Collection[str]) -> int:
        """How many names of a legend stand beside each other: its columns are alike, with a mark and a gap for each."""
        return max(1, int(self.width / (max((text_width(name, 7.0) for name in names), default=0.0) + 0.4)))

    def axes(self, left: float, width: float, height: float) -> Axes:
        """New Axes at what is used so far."""
        bottom = 1 - (self.used + height) / SHEET
        return self.figure.add_axes((left / self.width, bottom, width / self.width, height / SHEET))

    def row(self, parts: Sequence[tuple[str, float]], columns: int) -> list[Axes]:
        """New Axes beside each other with titles, each given with its height over its width."""
        wide = self.width / columns - LEFT - RIGHT
        titles = [wrapped(title, wide + RIGHT, 8.0) for title, _ in parts]
        self.used += 0.06 + LINE * 1.15 * max(title.count("\n") + bool(title) for title in titles)
        found = []
        for k, (title, (_, shape)) in enumerate(zip(titles, parts, strict=True)):
            found.append(self.axes(LEFT + k * self.width / columns, wide, wide * shape))
            found[-1].set_title(title)
        self.used += wide * max(shape for _, shape in parts) + BELOW
        return found

    def cut(self) -> Figure:
        """Return the figure, cut off below what is used."""
        from matplotlib.ticker import NullLocator

        stretch = SHEET / self.used
        for ax in self.figure.axes:
            for axis in (ax.xaxis, ax.yaxis):
                low, high = axis.get_view_interval()
                if axis.get_scale() == "log" and high > DECADES * low:
                    axis.set_minor_locator(NullLocator())
            box = ax.get_position(original=True)
            ax.set_position((box.x0, 1 - (1 - box.y0) * stretch, box.width, box.height * stretch))
        for text in self.figure.texts:
            text.set_y(1 - (1 - text.get_position()[1]) * stretch)
        self.figure.set_figheight(self.used)
        return self.figure


def fill(ax: Axes, panel: Panel) -> tuple[Axes, ...]:
    """Draw the curves of a panel and return its Axes."""
    where: Axes | tuple[Axes, ...] = ax
    for curve in panel.curves:
        given = {**panel.arguments, "reach": panel.reach, "color": curve.color, "label": curve.label or None}
        where = PLOTS[panel.plot](curve.data, ax=where, **{key: one for key, one in given.items() if panel.takes(key)})
        # those below curves that lie on them are wider, so that all are seen
        for line in [line for line in ax.lines if line.get_label() == curve.label]:
            line.set_linewidth(line.get_linewidth() + 1.3 * panel.above(curve))
    match where:
        case tuple():
            axes = where
        case _:
            axes = (where,)
    for part in axes:
        legend = part.get_legend()
        if legend is not None and panel.curves[0].label:  # one stands above all panels
            legend.remove()
    return axes


def mark(axes: tuple[Axes, ...], panel: Panel, experiment: Experiment, rows: Sequence[Row]) -> list[Row]:
    """Draw what was observed where a panel shows it, and return the rows that it is from."""
    known = {one.name: one for one in experiment.observed}
    found, drawn = [], set()
    for row in (row for row in rows if row.reading in panel.readings):
        measure, interval, step = (one := known[row.observation]).measure, one.interval, one.step
        for curve in panel.curves:
            if place_of(curve.item.run) not in [(row.cell, row.state, row.ageing, T) for T in row.temperatures]:
                continue
            points = measure.points(curve.data, interval) if measure and interval and step in (None, curve.step) else []
            at = tuple(f"{number:.4g}" for point in points for number in point.values())
            # once where readings and runs have the same
            if at and (at in drawn or observed(axes, *points)):
                drawn.add(at)
                found.append(row)
    return found


def caption(experiment: Experiment, done: Sequence[Simulated], placed: Sequence[Row]) -> str:
    """What the words in a figure mean, what of its panels was put into the parameters, and what lies outside."""
    runs = [item.run for item in done]
    told = told_apart(runs)
    names = {name for run in runs for name in run.overlays if any(name not in other.overlays for other in runs)}
    meanings = [f"{in_words(name)}: {load_overlay(name).description.partition(':')[0]}" for name in sorted(names)]
    parts = ["; ".join(filter(None, [f"Source: {experiment.where}" if experiment.where else "", *meanings]))]
    if placed:
        parts.append("Grey: what counts as agreement with the source")
    for kind, head in ((Calibrated, "Calibrated, so no evidence"), (Contradicts, "Outside")):
        texts = []
        for quantity in dict.fromkeys(row.quantity for row in placed if type(row.verdict) is kind):
            members = [row for row in placed if row.quantity == quantity]
            keys = [(told.get((row.cell, row.state, row.ageing), ""), row.reading) for row in members]
            mine = {key for key, row in zip(keys, members, strict=True) if type(row.verdict) is kind}
            texts.append(f"{quantity}{only(mine, set(keys))}")
        reasons = dict.fromkeys(row.verdict.reason for row in placed if type(row.verdict) is kind)
        why = f" ({next(iter(reasons))})" if kind is Calibrated and len(reasons) == 1 else ""
        parts += [f"{head}: {'; '.join(texts)}{why}"] if texts else []
    return "\n".join(in_words(f"{part}.") for part in parts if part)
