"""``mgtwin list``: what there is, in one line each. Nothing is built, so that it answers at once."""

from __future__ import annotations

import re
from pathlib import Path

from rich.table import Table
from rich.text import Text

from .. import library
from ..errors import UnknownNameError
from .console import hint, out, shown_path

__all__ = ["print_lists"]

_USUAL = ("cells", "overlays", "experiments")


def print_lists(what: str | None = None, *, paths: bool = False) -> None:
    """Print names and descriptions of one kind of file, or of cells, overlays and experiments.

    Parameters
    ----------
    what : str, optional
        ``cells``, ``overlays``, ``experiments``, ``materials`` or ``interfaces`` (also in the singular).
    paths : bool
        Print the path of each file instead of its description.

    Raises
    ------
    UnknownNameError
        If there is no such kind.
    """
    console = out()
    for kind in _USUAL if what is None else (_kind(what),):
        console.print(Text(kind.capitalize(), style="bold"))
        entries = library.entries(kind)
        if not entries:
            console.print(f"  none found: add a folder that contains {kind}/ to MGTWIN_PATH", style="dim")
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
        table.add_column(no_wrap=True, style="cyan")
        if kind == "overlays":
            table.add_column(no_wrap=True, style="dim")
        table.add_column(overflow="fold")
        for entry in entries:
            middle = [_overlay_kind(entry.path)] if kind == "overlays" else []
            table.add_row(f"  {entry.name}", *middle, _last(entry, paths))
        console.print(table)
        console.print()
    if what is None and not paths:
        hint("mgtwin show CELL [OVERLAY]... draws a cell; mgtwin run EXPERIMENT simulates; mgtwin run paper does all.")


def _last(entry: library.Entry, paths: bool) -> Text:
    if paths:
        return Text(shown_path(entry.path), style="dim")
    style = "red" if entry.description.startswith("cannot be read") else ""
    return Text(entry.description, style=style)


def _kind(what: str) -> str:
    singular = {name: kind for kind, name in library.KINDS.items()}
    kind = singular.get(what.lower(), what.lower())
    if kind not in library.KINDS:
        raise UnknownNameError(what, library.KINDS, "kind of file")
    return kind


def _overlay_kind(path: Path) -> str:
    """The kind of an overlay, read without parsing the file again."""
    found = re.search(r"^kind:\s*[\"']?(\w+)", path.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    return found[1] if found else ""
