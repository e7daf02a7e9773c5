"""``mgtwin list``: what there is, in one line each. Nothing is built, so that it answers at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from rich.table import Table
from rich.text import Text

from .. import yamlfile
from ..cells import library
from ..errors import UnknownNameError
from .console import hint, out, shown_path

__all__ = ["print_lists"]

_USUAL = ("cells", "overlays", "experiments")
#: Not files, but listed like them.
METRICS = "metrics"


def print_lists(what: str | None = None, *, paths: bool = False) -> None:
    """Print names and descriptions of one kind of file, of cells, overlays and experiments, or of metrics.

    Parameters
    ----------
    what : str, optional
        ``cells``, ``overlays``, ``experiments``, ``materials``, ``interfaces`` or ``metrics`` (also in the singular).
    paths : bool
        Print the path of each file instead of its description.

    Raises
    ------
    UnknownNameError
        If there is no such kind.
    """
    for kind in _USUAL if what is None else (_kind(what),):
        out().print(Text(kind.capitalize(), style="bold"))
        if kind == METRICS:
            _print_rows(_metrics())
        else:
            _print_files(kind, paths)
        out().print()
    if what is None and not paths:
        hint("mgtwin show CELL [OVERLAY]... draws a cell; mgtwin run NAME simulates experiments (mgtwin run paper).")


def _print_files(kind: str, paths: bool) -> None:
    entries = library.entries(kind)
    if not entries:
        out().print(f"  none found: add a folder that contains {kind}/ to MGTWIN_PATH", style="dim")
    for folder, members in groupby(entries, key=lambda entry: entry.path.parent):
        if kind == "experiments" and (folder / library.CAMPAIGN).is_file():
            _print_heading(folder)
        _print_rows([(entry.name, *_overlay_kind(kind, entry.path), _last(entry, paths)) for entry in members])


def _print_heading(folder: Path) -> None:
    """What a folder of experiments is called and is about."""
    data = yamlfile.load(folder / library.CAMPAIGN).data
    name, about = str(data.get("name", folder.name)), str(data.get("description", ""))
    out().print(Text.assemble("  ", (name, "bold cyan"), f": {about}"))


def _metrics() -> Iterator[tuple[str, str, str]]:
    """Name, unit and first line of every metric that files may name."""
    from ..analysis import metrics

    for name, function in metrics.METRICS.items():
        known = metrics.declaration(function)
        yield name, known.units, known.long_name


def _print_rows(rows: Iterable[tuple[str | Text, ...]]) -> None:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for row in rows:
        if not table.columns:
            table.add_column(no_wrap=True, style="cyan")
            for _ in row[2:]:
                table.add_column(no_wrap=True, style="dim")
            table.add_column(overflow="fold")
        table.add_row(f"  {row[0]}", *row[1:])
    out().print(table)


def _last(entry: library.Entry, paths: bool) -> Text:
    if paths:
        return Text(shown_path(entry.path), style="dim")
    style = "red" if entry.description.startswith("cannot be read") else ""
    return Text(entry.description, style=style)


def _kind(what: str) -> str:
    singular = {name: kind for kind, name in library.KINDS.items()} | {"metric": METRICS}
    kind = singular.get(what.lower(), what.lower())
    if kind not in singular.values():
        raise UnknownNameError(what, tuple(singular.values()), "kind of file")
    return kind


def _overlay_kind(kind: str, path: Path) -> tuple[str, ...]:
    """The kind of an overlay, read without parsing the file again; nothing for other files."""
    if kind != "overlays":
        return ()
    found = re.search(r"^kind:\s*[\"']?(\w+)", path.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    return (found[1] if found else "",)
