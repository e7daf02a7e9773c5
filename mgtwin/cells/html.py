"""The cell in a notebook: its stack drawn in classes of thickness, and its parameters with unit and provenance."""

from __future__ import annotations

import math
from html import escape

from ..quantities import format_value
from .describe import Stack, electrode_label, parameters
from .paths import Node

__all__ = ["as_html", "thickness_class"]

# Class 0: up to 1 um, then one class per decade, 5 from 1 cm upwards. Layers of a real stack differ by up to 1e5 in
# thickness; drawn to scale most of them would vanish.
_WIDTHS = (28, 48, 72, 100, 132, 168)
_BOX = (
    "display:flex;flex:none;flex-direction:column;justify-content:center;text-align:center;min-height:72px;"
    "padding:2px;border:1px solid #666;color:#111;font-size:11px;line-height:1.3;"
    "overflow-wrap:anywhere;box-sizing:border-box;"
)


def thickness_class(thickness: float) -> int:
    """Return the class of a thickness [m]: 0 below 1 um, then one more per decade, at most 5 (from 1 cm).

    Examples
    --------
    >>> [thickness_class(t) for t in (1e-7, 5e-6, 6.5e-4, 0.5)]
    [0, 1, 3, 5]
    """
    # a logarithm of 1e-3 may come out just below -3: a round thickness must not fall into the class below for that
    decade = math.floor(math.log10(thickness) + 1e-9) + 7
    return min(max(decade, 0), len(_WIDTHS) - 1)


def as_html(cell: Stack) -> str:
    """Return the HTML of a cell; all text of the cell is escaped, no script, no external file."""
    overlays = f" <small>({escape(', '.join(cell.overlays))})</small>" if cell.overlays else ""
    about = f"<div>{escape(cell.description)}</div>" if cell.description else ""
    beside = [str(part) for part in (cell.reference, cell.shunt) if part is not None]
    facts = escape(" · ".join((format_value(cell.area), format_value(cell.temperature), cell.ion.name, *beside)))
    boxes = [_electrode_box(cell, "negative"), _layer_box(cell.layers[0])]
    for left, right in zip(cell.layers, cell.layers[1:], strict=False):
        key = f"{left.name}-{right.name}"
        if key in cell.interfaces:  # a dark line; nothing where both carriers pass perfectly
            line = "flex:none;width:4px;min-height:72px;background:#444"
            boxes.append(f'<div style="{line}" title="{escape(key)}"></div>')
        boxes.append(_layer_box(right))
    boxes.append(_electrode_box(cell, "positive"))
    note = "widths: one step per decade of thickness, from 1 &micro;m to 1 cm"
    stack = f'<div style="display:flex;margin:6px 0 0">{"".join(boxes)}</div><small>{note}</small>'
    # One folded table for the cell as a whole, each layer, each interface and each electrode.
    lines: dict[str, list[str]] = {}
    for row in parameters(cell):
        first, _, rest = row.path.partition(".")
        group = f"{first}.{rest.partition('.')[0]}" if first in ("layers", "interfaces") else first if rest else "cell"
        texts = (row.path.removeprefix(f"{group}."), row.text, row.law, row.provenance, row.note)
        entries = "".join(f'<td style="text-align:left">{escape(text)}</td>' for text in texts)
        lines.setdefault(group, []).append(f"<tr>{entries}</tr>")
    titles = ("parameter", "value", "law", "provenance", "note")
    head = "".join(f'<th style="text-align:left">{text}</th>' for text in titles)
    tables = "".join(
        f"<details><summary>{escape(group)}</summary><table><tr>{head}</tr>{''.join(rows)}</table></details>"
        for group, rows in lines.items()
    )
    return f'<div class="mgtwin-cell"><b>{escape(cell.name)}</b>{overlays} &nbsp; {facts}{about}{stack}{tables}</div>'


def _layer_box(layer: Node) -> str:
    width = _WIDTHS[thickness_class(layer.thickness)]
    material = layer.material.name or type(layer.material).__name__
    text = f"<b>{escape(layer.name)}</b><span>{escape(material)}</span><span>{format_value(layer.thickness)}</span>"
    style = f"{_BOX}width:{width}px;background:{layer.material.colour}"
    return f'<div style="{style}" title="{escape(layer.material.description)}">{text}</div>'


def _electrode_box(cell: Stack, side: str) -> str:
    electrode = cell.negative if side == "negative" else cell.positive
    text = f"<b>{escape(electrode_label(electrode))}</b><span>{side}</span>"
    style = f"{_BOX}width:64px;background:{electrode.colour}"
    return f'<div style="{style}" title="{escape(electrode.description)}">{text}</div>'
