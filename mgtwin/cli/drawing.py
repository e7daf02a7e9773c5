"""A cell as a row of boxes in the terminal, wider for thicker layers."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from rich.text import Text

from ..cells import Cell
from ..cells.describe import electrode_label
from ..cells.html import thickness_class
from ..quantities import format_value

__all__ = ["stack"]

#: For terminals that know no box-drawing signs.
_ASCII = str.maketrans("┌┬┐└┴┘╥╨─│║", "++++++##-|#")


class _Box(NamedTuple):
    lines: tuple[str, str, str]
    colour: str
    extra: int  # columns added for thick layers

    @property
    def text_width(self) -> int:
        return max(map(len, self.lines))


def stack(cell: Cell, width: int, *, ascii_only: bool = False) -> Text:
    """Return the stack from the negative to the positive electrode as boxes, or as a list where they do not fit.

    Parameters
    ----------
    cell : Cell
    width : int
        Columns of the terminal.
    ascii_only : bool
        Draw with ``+``, ``-`` and ``|``.
    """
    layers = []
    for layer in cell.layers:
        names = (layer.name, layer.material.name or type(layer.material).__name__, format_value(layer.thickness))
        layers.append(_Box(names, layer.material.colour, 2 * thickness_class(layer.thickness)))
    boxes = [_electrode(cell, "negative"), *layers, _electrode(cell, "positive")]
    joints = [False, *(f"{a.name}-{b.name}" in cell.interfaces for a, b in pairwise(cell.layers)), False]
    # Two blanks and one edge with each box, and the last edge.
    bare = sum(box.text_width + 3 for box in boxes) + 1
    if bare > width:
        # One line per part.
        first = max(len(box.lines[0]) for box in boxes)
        heads = [Text(f"  {box.lines[0]:<{first}}", style=f"bold black on {box.colour}") for box in boxes]
        pairs = zip(heads, boxes, strict=True)
        listed = [head.append(f"  {box.lines[1]}, {box.lines[2]}", style="not bold") for head, box in pairs]
        return Text("\n").join(listed)
    spare = width - bare
    wanted = sum(box.extra for box in boxes)
    # wider for thicker layers only where all of them have room: some alone would mislead
    widths = [box.text_width + 2 + (box.extra if wanted <= spare else 0) for box in boxes]
    top, bottom = _edge(("┌", "┬", "╥", "┐"), widths, joints), _edge(("└", "┴", "╨", "┘"), widths, joints)
    rows = [Text("│", style="dim") for _ in range(3)]
    for number, row in enumerate(rows):
        for box, columns, joint in zip(boxes, widths, [*joints, False], strict=True):
            style = f"not dim {'bold' if number == 0 else 'not bold'} black on {box.colour}"
            row.append(f"{box.lines[number]:^{columns}}", style=style)
            row.append("║" if joint else "│")
    drawn = Text("\n").join([top, *rows, bottom])
    if any(joints):
        drawn.append("\n║ an interface with properties of its own; │ both carriers pass freely", style="dim")
    if ascii_only:
        drawn.plain = drawn.plain.translate(_ASCII)
    return drawn


def _electrode(cell: Cell, side: str) -> _Box:
    electrode = cell.negative if side == "negative" else cell.positive
    kind = type(electrode).__name__.lower()
    return _Box((electrode_label(electrode), kind, side), electrode.colour, 0)


def _edge(signs: tuple[str, str, str, str], widths: list[int], joints: list[bool]) -> Text:
    left, plain, double, right = signs
    inner = [double if joint else plain for joint in joints]
    return Text(left + "".join("─" * w + sign for w, sign in zip(widths, [*inner, right], strict=True)), style="dim")
