"""``mgtwin show``: the stack drawn, and every parameter with unit, uncertainty and origin, under its path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from ..cells import Cell, Ion, Layer
from ..cells.bibliography import read
from ..cells.describe import Parameter, parameters
from ..cells.overlays import applicable_overlays, load_overlay
from ..errors import InputError
from ..kinds.laws import Dependence
from ..laws import Law
from ..quantities import format_value
from .console import out
from .drawing import stack
from .renderables import Indented

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
    out().print(Shown(cell, provenance))


@dataclass(frozen=True)
class Shown:
    """A cell: its stack, its parameters under their paths, what can be done next."""

    cell: Cell
    provenance: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        cell = self.cell
        yield Text(cell.name, style="bold").append("".join(f" + {name}" for name in cell.overlays), style="cyan")
        if cell.description:
            yield Indented(Text(cell.description.strip()))
        yield ""
        yield stack(cell, options.max_width, ascii_only=options.ascii_only)
        groups = self._groups()
        names = [row.path.removeprefix(heading) for heading, members in groups.items() for row in members]
        values = [_value(row) for members in groups.values() for row in members]
        name_width, value_width = min(max(len(name) - 1 for name in names), 28), max(map(len, values))
        for heading, members in groups.items():
            yield ""
            yield from self._heading(heading)
            for row in members:
                name = row.path.removeprefix(heading).lstrip(".")
                # the key of a source is copied, to be cited: it stays whole at the cost of a blank before it
                beyond = 0 if self.provenance else name_width + value_width + len(row.source or "") + 16
                width = max(value_width - max(beyond - options.max_width, 0), 1)
                text = Text(f"  {name:<{name_width}}  ").append(f"{_value(row):<{width}}", style="bold")
                text.append(f"  {row.kind:<8}", style=_KIND_STYLES.get(row.kind, "dim"))
                if not self.provenance:
                    text.append(f"  {row.source}", style="dim")
                    text.truncate(options.max_width, overflow="ellipsis")
                text.rstrip()
                yield text
                if self.provenance:
                    quoted = f"printed “{row.printed}”" if row.printed else ""
                    place = "; ".join(part for part in (row.source, row.where, quoted) if part)
                    yield from (Indented(Text(line, style="dim"), 6) for line in (place, row.note) if line)
        yield ""
        if self.provenance:
            yield from self._sources(
                dict.fromkeys(row.source for rows in groups.values() for row in rows if row.source)
            )
        yield from self._footer()

    def _groups(self) -> dict[str, list[Parameter]]:
        """Parameters under their headings: the cell, then along the stack, each part before what it is made of."""
        order = {"negative": 1, "layers": 2, "interfaces": 3, "positive": 4, "ion": 5}
        found: dict[str, list[Parameter]] = {}
        for row in parameters(self.cell):
            if ".valid[" not in row.path:  # a range of validity stands below the heading of its law
                found.setdefault(self._owner(row.path), []).append(row)
        first: dict[str, int] = {}
        for number, heading in enumerate(found):
            first.setdefault(".".join(heading.split(".")[:2]), number)

        def place(heading: str) -> tuple[int, int, int]:
            parts = heading.split(".")
            # All of a layer or of an interface stays together; an electrode is a single part.
            part = first[".".join(parts[:2])] if parts[0] in ("layers", "interfaces") else 0
            return order.get(parts[0], 0), part, len(parts)

        return {heading: found[heading] for heading in sorted(found, key=place)}

    def _owner(self, path: str) -> str:
        """Path of the heading of a parameter: of its law, material, layer, interface or electrode."""
        parts = re.sub(r"\[\d+\]$", "", path).split(".")
        for depth in range(len(parts) - 1, 0, -1):
            head = ".".join(parts[:depth])
            if isinstance(self.cell.get(head), Dependence):
                return head
        depths = {
            "layers": 3 if "material" in parts[2:3] else 2,
            "interfaces": 2,
            "negative": 1,
            "positive": 1,
            "ion": 1,
        }
        return ".".join(parts[: depths.get(parts[0], 0)])

    def _heading(self, path: str) -> Iterator[RenderableType]:
        """The path and what stands there; of a law its value at the temperature of the cell."""
        text = Text(path or "cell", style="bold cyan")
        match self.cell.get(path) if path else None:
            case Law() as law:
                yield text
                yield Indented(self._law(law), 2)
            case None | Layer() | Ion():
                yield text
            case item:
                words = filter(None, (vars(item).get("name"), type(item).__name__))
                yield text.append(f"  {' · '.join(words)}", style="not bold dim")

    def _law(self, law: Law) -> Text:
        """What a law gives at the temperature of the cell, in yellow where it is extrapolated."""
        T = float(self.cell.temperature)
        value = vars(law)[law.value_fields[0]]
        unit = (value[0] if type(value) is tuple else value).unit
        try:
            text = Text(f"{type(law).__name__}: {format_value(law(T), unit)}", style="dim")
        except InputError as error:  # no reason to show nothing of the cell
            return Text(str(error), style="yellow")
        text.append(f" at {format_value(self.cell.temperature)}")
        limits = law.limits()
        if limits is not None:
            low, high = (format_value(limit, "K").removesuffix(" °C") for limit in limits)
            text.append(f", valid {low} to {high} °C")
            text.append("" if law.validity_warning(T) is None else ": extrapolated", style="not dim yellow")
        return text

    def _sources(self, keys: Iterable[str]) -> Iterator[RenderableType]:
        """What the keys of the sources stand for."""
        known = read()
        yield Text("sources", style="bold cyan")
        for key in keys:
            entry = known[key].short if key in known else "in no bibliography"
            yield Indented(Text(f"{key}: ").append(entry, style="dim"), 2)
        yield ""

    def _footer(self) -> Iterator[Indented]:
        """What can be done next."""
        found: dict[str, set[str]] = {}
        for name in {name for names in applicable_overlays(self.cell.name) for name in names}:
            found.setdefault(load_overlay(name).kind, set()).add(name)
        for kind in ("state", "electrode", "reading", "alternative"):
            if kind in found:
                yield Indented(Text(f"{kind}s for this cell: {', '.join(sorted(found[kind]))}", style="dim"))
        example = f"layers.{self.cell.layers[0].name}.thickness"
        help_ = f"A path is the heading, a dot and the name (below 'cell' the name alone): {example}."
        yield Indented(
            Text(help_ if self.provenance else f"{help_} Where values come from: --provenance.", style="dim")
        )


def _value(row: Parameter) -> str:
    meaning = {"inf": "inf (blocked)", "0 ohm*cm^2": "0 (ideal)"} if row.path.endswith("electronic_resistance") else {}
    return meaning.get(row.text, row.text)
