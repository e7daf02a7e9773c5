"""``mgtwin show``: the stack drawn, and every parameter with unit, uncertainty and origin, under the path it belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ..cells import Cell, library
from ..cells.describe import Parameter, electrode_label, parameters
from ..cells.overlays import applicable_overlays, load_overlay
from ..laws import Law
from ..quantities import format_value
from .console import out
from .drawing import stack

__all__ = ["print_cell"]

_KIND_STYLES = {"measured": "green", "fitted": "green", "computed": "blue", "literature": "blue", "assumed": "yellow"}


def print_cell(cell: Cell, *, provenance: bool = False) -> None:
    """Print what a cell is and all its parameters.

    Parameters
    ----------
    cell : Cell
    provenance : bool
        Add below each value its place in the source, the number as printed there and the remark, and list the sources.
    """
    console = out()
    console.print(Text(cell.name, style="bold").append("".join(f" + {name}" for name in cell.overlays), style="cyan"))
    if cell.description:
        console.print(Text(cell.description.strip()))
    console.print()
    console.print(stack(cell, console.width))
    rows = _rows(cell)
    wide = max(len(row.text) for _, row in rows)
    name_width = min(max(len(name) for name, _ in rows), 28)
    heading = None
    for name, row in rows:
        above = row.path.removesuffix(name).rstrip(".")
        if above != heading:
            heading = above
            console.print()
            console.print(_heading(cell, heading))
        console.print(_line(name, row, name_width, wide, console.width), soft_wrap=False)
        if provenance:
            _print_origin(console, row)
    console.print()
    if provenance:
        _print_sources(console, dict.fromkeys(row.source for _, row in rows if row.source))
    _print_footer(console, cell, heading=rows[0][1].path, provenance=provenance)


def _rows(cell: Cell) -> list[tuple[str, Parameter]]:
    """(name below its heading, parameter) in the order of the stack; validity ranges stand in the headings instead."""
    order = {"negative": 1, "layers": 2, "interfaces": 3, "positive": 4}
    known = [row for row in parameters(cell) if ".valid[" not in row.path]
    known.sort(key=lambda row: order.get(row.path.partition(".")[0], 0))
    return [(row.path.removeprefix(_owner(cell, row.path)).lstrip("."), row) for row in known]


def _owner(cell: Cell, path: str) -> str:
    """Path of the heading that a parameter stands under: a law, a material, a layer, an interface or an electrode."""
    parts = re.sub(r"\[\d+\]$", "", path).split(".")
    for depth in range(len(parts) - 1, 0, -1):
        head = ".".join(parts[:depth])
        if isinstance(cell.get(head), Law) or type(cell.get(head)).__name__.startswith("Defect"):
            return head
    depth = {"layers": 3 if "material" in parts[2:3] else 2, "interfaces": 2, "negative": 1, "positive": 1, "ion": 1}
    return ".".join(parts[: depth.get(parts[0], 0)])


def _heading(cell: Cell, path: str) -> Text:
    """The path, what stands there, and for a law its value at the temperature of the cell."""
    text = Text(path or "cell", style="bold cyan")
    if not path:
        return text
    item = cell.get(path)
    about = [part for part in (getattr(item, "name", ""), type(item).__name__) if part and part not in path.split(".")]
    text.append(f"  {' · '.join(about)}" if about else "", style="not bold dim")
    if isinstance(item, Law):
        text.append(f", {_law(cell, item)}", style="not bold dim")
    return text


def _law(cell: Cell, law: Any) -> str:
    field = getattr(law, law.value_fields[0])
    unit = (field[0] if isinstance(field, tuple) else field).unit
    now = f"{format_value(law(float(cell.temperature)), unit)} at {format_value(cell.temperature)}"
    limits = law.limits()
    if limits is None:
        return now
    low, high = (format_value(limit, "K") for limit in limits)
    return f"{now}, valid {low.removesuffix(' °C')}–{high}"


def _line(name: str, row: Parameter, name_width: int, wide: int, width: int) -> Text:
    text = Text(f"  {name:<{name_width}}  ").append(f"{row.text:<{wide}}", style="bold")
    text.append(f"  {row.kind:<10}", style=_KIND_STYLES.get(row.kind, "dim"))
    if len(text) + len(row.source) <= width:
        text.append(row.source, style="dim")
    text.rstrip()
    return text


def _print_origin(console: Console, row: Parameter) -> None:
    quoted = f"printed “{row.printed}”" if row.printed else ""
    place = "; ".join(part for part in (row.source, row.where, quoted) if part)
    for line in (place, row.note):
        if line:
            console.print(Padding(Text(line, style="dim"), (0, 0, 0, 6)))


def _print_sources(console: Console, keys: dict[str, None]) -> None:
    """What the keys of the sources stand for."""
    known = dict(_references())
    console.print(Text("sources", style="bold cyan"))
    for key in keys:
        text = Text(f"{key}: ").append(known.get(key, "not in references.bib"), style="dim")
        console.print(Padding(text, (0, 0, 0, 2)))
    console.print()


def _references() -> Iterator[tuple[str, str]]:
    """(key, short citation) of every entry in the references.bib beside the cells."""
    for folder in reversed(library.folders("cells")):
        file = folder.parent / "references.bib"
        if not file.is_file():
            continue
        for entry in re.split(r"^@", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            key = entry.partition("{")[2].partition(",")[0].strip()
            fields = dict(re.findall(r"^\s*(\w+)\s*=\s*\{(.*?)\}\s*,?\s*$", entry, re.MULTILINE))
            parts = (fields.get(name, "").strip("{}[] ") for name in ("author", "title", "journal", "year"))
            yield key, ", ".join(part for part in parts if part)


def _print_footer(console: Console, cell: Cell, *, heading: str, provenance: bool) -> None:
    """What can be done next."""
    found: dict[str, list[str]] = {}
    for names in applicable_overlays(cell.name):
        for name in names:
            kind = load_overlay(name).kind
            if name not in found.setdefault(kind, []):
                found[kind].append(name)
    for kind, names in found.items():
        console.print(Text(f"{kind}s for this cell: {', '.join(names)}", style="dim"))
    console.print(Text("A path is the heading, a dot and the name: --set layers.<layer>.thickness=0.3mm", style="dim"))
    if not provenance:
        console.print(Text("Where the values come from: --provenance", style="dim"))
