"""``mgtwin list``: what there is, in one line each. Nothing is built, so that it answers at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from rich.console import Group
from rich.table import Table
from rich.text import Text

from .. import library
from ..errors import UnknownNameError, did_you_mean
from .console import hint, out, shown_path

__all__ = ["print_lists"]

_NEXT = "mgtwin show CELL [OVERLAY]... draws a cell; mgtwin run NAME simulates one experiment or a folder."
_USUAL = ("cells", "overlays", "experiments")


def print_lists(what: str | None = None, *, paths: bool = False) -> None:
    """Print names and descriptions of one kind of file or of a family of kinds, or of cells, overlays and experiments.

    Parameters
    ----------
    what : str, optional
        A folder of the library (``cells``, also in the singular), a family (``metrics``), or ``kinds``: the families.
    paths : bool
        Print the path of each file instead of its description.

    Raises
    ------
    UnknownNameError
        If there is no such kind.
    """
    if what is None:
        out().print(Group(*(_files(folder, paths) for folder in _USUAL), _campaigns(paths)))
        if not paths:
            hint(_NEXT)
        return
    # Both "cell" and "cells" are typed, and mean the same.
    singular = {name: folder for folder, name in library.KINDS.items()}
    folder = singular.get(what.lower(), what.lower())
    out().print(_files(folder, paths) if folder in library.KINDS else _kinds(what))


def _files(folder: str, paths: bool) -> Group:
    rows: list[list[str | Text]] = [
        [entry.name, *([_overlay_kind(entry.path)] if folder == "overlays" else []), _about(entry, paths)]
        for entry in library.entries(folder)
    ]
    if not rows:
        nothing = Text(f"  none found: add a folder that contains {folder}/ to MGTWIN_PATH\n", style="dim")
        return Group(_title(folder), nothing)
    return Group(_title(folder), _table(rows), "")


def _campaigns(paths: bool) -> Group:
    """Folders of experiments that run together."""
    rows: list[list[str | Text]] = [[entry.name, _about(entry, paths)] for entry in library.campaigns()]
    return Group(_title("folders of experiments, for mgtwin run"), _table(rows), "")


def _about(entry: library.Entry, paths: bool) -> Text:
    style = "dim" if paths else "red" if entry.description.startswith("cannot be read") else ""
    return Text(shown_path(entry.path) if paths else entry.description, style=style)


def _kinds(what: str) -> Group:
    """The kinds of a family; of ``kinds`` every family with its kinds."""
    from .kinds import about, families, family_of

    if what.lower() in ("kinds", "kind", "families"):
        return Group(_title("kinds"), _table([name, Text(", ".join(family))] for name, family in families().items()))
    family = family_of(what)
    if family is None:
        known = (*library.KINDS, *families())
        message = f"unknown kind {what!r}."
        if not did_you_mean(what, known):
            message += f" Files: {', '.join(library.KINDS)}; 'mgtwin list kinds' names the families."
        raise UnknownNameError(what, known, "kind", message)
    return Group(_title(family.name), _table([name, Text(about(kind))] for name, kind in family.items()))


def _title(name: str) -> Text:
    return Text(name.capitalize(), style="bold")


def _table(rows: Iterable[list[str | Text]]) -> Table:
    """Names, what stands beside them, and what they are, folded in its column."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for number, (name, *more) in enumerate(rows):
        if number == 0:
            table.add_column(no_wrap=True, style="cyan")
            for _ in more[:-1]:
                table.add_column(no_wrap=True, style="dim")
            table.add_column(overflow="fold")
        table.add_row(f"  {name}", *more)
    return table


def _overlay_kind(path: Path) -> str:
    """The kind of an overlay, read without parsing the file again."""
    # At the beginning of a line: the word may occur in descriptions and inside parts.
    found = re.search(r"^kind:\s*[\"']?(\w+)", path.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    return found[1] if found else ""
