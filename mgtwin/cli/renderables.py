"""What a result looks like in the terminal, as things that rich renders: a command prints one of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

__all__ = ["Indented", "Rows", "columns"]


@dataclass(frozen=True)
class Indented:
    """A text wrapped at words, every line of it indented, without blanks at the ends of lines."""

    text: Text
    indent: int = 0

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self.text.wrap(console, max(options.max_width - self.indent, 20)):
            line.rstrip()
            yield Text(" " * self.indent).append_text(line)


@dataclass(frozen=True)
class Rows:
    """(What, value) in two columns, long values wrapped below themselves; a row without a value is a heading."""

    lines: Sequence[tuple[str, str]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        # Headings have no value, so they need not fit into the column of names.
        width = max(8, *(len(what) for what, value in self.lines if value)) + 4
        for what, value in self.lines:
            if not value:
                yield Text(f"  {what}", style="cyan")
                continue
            for number, line in enumerate(Text(value).wrap(console, max(options.max_width - width, 20))):
                line.rstrip()
                head = Text(f"  {what if number == 0 else '':<{width - 2}}", style="dim")
                yield head.append_text(Text(line.plain, style="not dim"))


def columns(rows: Iterable[Sequence[RenderableType]], styles: Sequence[str] = ("cyan",)) -> Table:
    """Return a table without lines: names, further short columns with a style each, and a last one that is folded."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for style in styles:
        table.add_column(no_wrap=True, style=style)
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
