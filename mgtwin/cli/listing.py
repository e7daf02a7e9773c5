"""``mgtwin list``: what there is, in one line each. Nothing is built, so that it answers at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text

from .. import library
from ..errors import UnknownNameError, did_you_mean
from .console import hint, out, shown_path
from .kinds import about, families, family_of
from .renderables import columns

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
        folders = [(entry.name, _about(entry, paths)) for entry in library.campaigns()]
        together = Group(_title("folders of experiments, for mgtwin run"), _table(folders), "")
        out().print(Group(*(_files(folder, paths) for folder in _USUAL), together))
        if not paths:
            hint(_NEXT)
        return
    # Both "cell" and "cells" are typed, and mean the same.
    singular = {name: folder for folder, name in library.KINDS.items()}
    folder = singular.get(what.lower(), what.lower())
    if folder in library.KINDS:
        out().print(_files(folder, paths))
    elif what.lower() in ("kinds", "kind", "families"):
        of_all = ((name, Text(", ".join(family))) for name, family in families().items())
        out().print(Group(_title("kinds"), _table(of_all)))
    elif family := family_of(what):
        out().print(Group(_title(family.name), _table((name, Text(about(kind))) for name, kind in family.items())))
    else:
        known = (*library.KINDS, *families())
        message = f"unknown kind {what!r}."
        if not did_you_mean(what, known):
            message += f" Files: {', '.join(library.KINDS)}; 'mgtwin list kinds' names the families."
        raise UnknownNameError(what, known, "kind", message)


def _files(folder: str, paths: bool) -> Group:
    rows: list[tuple[str | Text, ...]] = [(entry.name, _about(entry, paths)) for entry in library.entries(folder)]
    if folder == "overlays":
        # Their kind, read without parsing the file; at the beginning of a line, since the word may occur in
        # descriptions and inside parts.
        texts = (entry.path.read_text(encoding="utf-8", errors="replace") for entry in library.entries(folder))
        found = (re.search(r"^kind:\s*[\"']?(\w+)", text, re.MULTILINE) for text in texts)
        rows = [(name, kind[1] if kind else "", item) for (name, item), kind in zip(rows, found, strict=True)]
    if not rows:
        nothing = Text(f"  none found: add a folder that contains {folder}/ to MGTWIN_PATH\n", style="dim")
        return Group(_title(folder), nothing)
    return Group(_title(folder), _table(rows, ("cyan", "dim")[: len(rows[0]) - 1]), "")


def _about(entry: library.Entry, paths: bool) -> Text:
    style = "dim" if paths else "red" if entry.description.startswith("cannot be read") else ""
    return Text(shown_path(entry.path) if paths else entry.description, style=style)


def _title(name: str) -> Text:
    return Text(name.capitalize(), style="bold")


def _table(rows: Iterable[tuple[str | Text, ...]], styles: Sequence[str] = ("cyan",)) -> Table:
    """Names, what stands beside them, and what they are, folded in its column."""
    return columns(((f"  {name}", *more) for name, *more in rows), styles)
