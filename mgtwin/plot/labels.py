"""Places small labels at points of curves where they cover neither a curve, nor another label, nor the frame."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from mgtwin.plot.look import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["label_points", "text_width", "wrapped"]

_GAP = 6.0  # from the point to the label [pt]
#: Directions in order of preference; right, left, and above first.
_ANGLES = np.deg2rad([35, 145, 90, 0, 180, -35, -145, -90])
#: Points around a marker that a label must not cover [pt].
MARKER = 2.5 * np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]])
#: Blanks at which lines may end: not between a number and its unit.
_BREAKS = re.compile(r"(?<!\d) | (?!(?:°C|%|[µmnkMG]?(?:V|A|Hz|eV|S|Ω|h|s)\b))")
#: A label that covers more than this of what is drawn is left out.
_TOO_MUCH = 4.0


@lru_cache(maxsize=4096)
def text_width(text: str, size: float) -> float:
    """Width [inch] of a text of a size [pt], from the font that figures use, without drawing it."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties()))
    font.set_size(size, 720)  # so large that its pixels do not matter
    font.set_text(text)
    return float(font.get_width_height()[0]) / 64 / 720


def wrapped(text: str, width: float, size: float, lines: int | None = None) -> str:
    """Break a text into lines no wider than `width` [inch]; what exceeds a number of lines is cut off with an ellipsis.

    Examples
    --------
    >>> wrapped("as printed, infiltrated: alike", 1.2, 8.0).splitlines()
    ['as printed,', 'infiltrated: alike']
    >>> wrapped("voltammogram at 0.1 mV/s", 1.2, 8.0).splitlines()
    ['voltammogram at', '0.1 mV/s']
    """
    # word by word: the widths of words are kept, those of lines would be measured anew for each
    blank = text_width("a b", size) - text_width("ab", size)
    found, used = [""], 0.0
    for word in _BREAKS.split(text):
        longer = used + blank * bool(found[-1]) + text_width(word, size)
        if longer <= width or not found[-1]:
            found[-1], used = f"{found[-1]} {word}".strip(), longer
        elif lines is not None and len(found) == lines:
            while text_width(f"{found[-1]} …", size) > width and " " in found[-1]:
                found[-1] = found[-1].rpartition(" ")[0]
            found[-1] += " …"
            break
        else:
            found.append(word)
            used = text_width(word, size)
    return "\n".join(found)


def label_points(ax: Axes, points: np.ndarray, texts: Sequence[str]) -> None:
    """Write texts at points (data coordinates, shape (n, 2)), the first ones first; those without room are left out.

    The limits of the Axes must be final.
    """
    import matplotlib
    from matplotlib.patheffects import withStroke

    # as small as the numbers of the axes, at most
    font = min(8.0, float(matplotlib.rcParams["xtick.labelsize"]))
    # Worked out from the figure's size: drawing it once only to ask where things lie would take longer than this.
    frame = _Frame(ax)
    obstacles = frame.curves()
    boxes = frame.labels(font)
    for point, text in zip(points, texts, strict=True):
        at = frame.to_points(point)
        width, height = 0.6 * font * len(text), 1.1 * font
        # Boxes around the point, one for each direction.
        x = at[0] + _GAP * np.cos(_ANGLES) + width * (np.cos(_ANGLES) - 1) / 2
        y = at[1] + _GAP * np.sin(_ANGLES) + height * (np.sin(_ANGLES) - 1) / 2
        around = [_box(float(left), float(low), text, font) for left, low in zip(x, y, strict=True)]
        found = min((frame.cost(box, obstacles, boxes), rank, box) for rank, box in enumerate(around))
        if found[0] > _TOO_MUCH:
            continue
        boxes.append(found[2])
        # Relative to its point, so that a label stays at it when the view is moved.
        offset = np.array(found[2][:2]) - at
        drawn = ax.annotate(
            text, (float(point[0]), float(point[1])), xytext=(float(offset[0]), float(offset[1])),
            textcoords="offset points", fontsize=font, color=INK, ha="left", va="bottom",
        )  # fmt: skip
        drawn.set_path_effects([withStroke(linewidth=2.0, foreground="white")])


Box = tuple[float, float, float, float]


class _Frame:
    """The Axes measured in points from their lower left corner."""

    def __init__(self, ax: Axes) -> None:
        self.ax = ax
        (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
        figure: Any = ax.get_figure(root=True)
        width = ax.get_position().width * figure.get_figwidth() * 72
        # what a fixed shape makes of the Axes `get_position` tells only after the figure has been drawn
        shape = ax.get_box_aspect()
        height = width * shape if shape else ax.get_position().height * figure.get_figheight() * 72
        self.size = np.array([width, height])
        self.corner, self.scale = np.array([left, bottom]), self.size / np.array([right - left, top - bottom])

    def to_points(self, data: np.ndarray) -> np.ndarray:
        return (np.asarray(data, dtype=float) - self.corner) * self.scale

    def curves(self) -> np.ndarray:
        """All drawn lines as points at most 2 pt apart, and the axis Im Z = 0."""
        parts = []
        for line in self.ax.lines:
            # Lines across the whole Axes (axhline) have a coordinate that is no number of the data.
            if line.get_transform() != self.ax.transData:
                continue
            xy = self.to_points(np.asarray(line.get_xydata()))
            xy = xy[np.isfinite(xy).all(axis=1)]
            # what runs far out of the Axes must not leave too few of these points for what is seen
            inside = ((xy >= 0) & (xy <= self.size)).all(axis=1)
            near = inside | np.append(inside[1:], False) | np.append(False, inside[:-1])
            xy = xy[near] if inside.any() else xy
            if len(xy) > 1 and line.get_linestyle() not in ("None", ""):
                # Evenly along what is drawn, not by data: a label must not sit on a line between points.
                reach = np.append(0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T)))
                dense = np.linspace(0, reach[-1], int(min(reach[-1] / 2 + 2, 5000)))
                xy = np.stack([np.interp(dense, reach, part) for part in xy.T], axis=1)
            else:  # a marker is wider than its point
                xy = (xy[:, np.newaxis] + MARKER).reshape(-1, 2)
            parts.append(xy)
        # The line at zero is drawn after the labels, but must not run through one either.
        zero = np.arange(0, self.size[0], 2.0)
        parts.append(np.stack([zero, np.full_like(zero, self.to_points(np.zeros(2))[1])], axis=1))
        return np.concatenate(parts)

    def labels(self, font: float) -> list[Box]:
        """Boxes of the labels that are there already."""
        from matplotlib.text import Annotation

        found = []
        for text in self.ax.texts:
            if isinstance(text, Annotation):
                x, y = self.to_points(np.asarray(text.xy, dtype=float)) + np.asarray(text.get_position(), dtype=float)
                found.append(_box(float(x), float(y), text.get_text(), font))
        return found

    def cost(self, box: Box, obstacles: np.ndarray, boxes: list[Box]) -> float:
        """How much of what is drawn a label would cover."""
        x0, y0, x1, y1 = box
        covered = (obstacles[:, 0] > x0 - 1) & (obstacles[:, 0] < x1 + 1) & (obstacles[:, 1] > y0 - 1)
        cost = float((covered & (obstacles[:, 1] < y1 + 1)).sum())
        # one label over another, or cut off, cannot be read: each alone is more than _TOO_MUCH
        for a0, b0, a1, b1 in boxes:
            # Above what is tolerated however little a label covers: two texts on each other cannot be read at all.
            cost += 100.0 * (x0 < a1 + 3 and a0 < x1 + 3 and y0 < b1 + 1 and b0 < y1 + 1)
        outside = x0 < 1 or y0 < 1 or x1 > self.size[0] or y1 > self.size[1]
        return cost + 100.0 * outside


# The mean width of a digit or letter of the font is 0.6 of its size; measuring every text would need a drawing.
def _box(x: float, y: float, text: str, font: float) -> Box:
    # estimated from the font size: to measure a text the figure would have to be drawn first
    return x, y, x + 0.6 * font * len(text), y + 1.1 * font
