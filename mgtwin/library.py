"""Where named files are: the folders of MGTWIN_PATH first, then what ships with the package.

Nothing here builds an object, so that listing stays cheap.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mgtwin import yamlfile
from mgtwin.errors import LISTED, FileError, UnknownNameError, close_matches
from mgtwin.plain import is_mapping

__all__ = [
    "CAMPAIGN",
    "KINDS",
    "STATES",
    "Entry",
    "campaigns",
    "entries",
    "files",
    "find",
    "folders",
    "list_cells",
    "list_experiments",
    "list_overlays",
    "names",
]

#: What one file of each folder is called in messages.
KINDS = {
    "cells": "cell",
    "overlays": "overlay",
    "materials": "material",
    "interfaces": "interface",
    "experiments": "experiment",
}

#: What a folder of experiments says about itself, and about what its samples have in common: no experiments.
CAMPAIGN, STATES = "campaign.yaml", "states.yaml"


class Entry(NamedTuple):
    """A named file: its name (file name without ``.yaml``), what it says about itself in one line, and its path."""

    name: str
    description: str
    path: Path


def folders(kind: str) -> tuple[Path, ...]:
    """Return the existing folders that are searched for one kind of file, the first one first.

    Parameters
    ----------
    kind : str
        ``cells``, ``overlays``, ``materials``, ``interfaces`` or ``experiments``.
    """
    # Read at each call, not once: MGTWIN_PATH may change while mgtwin is imported.
    own = [Path(part).expanduser() / kind for part in os.environ.get("MGTWIN_PATH", "").split(os.pathsep) if part]
    package = Path(__file__).resolve().parent
    shipped = kind if kind == "experiments" else f"parameter_sets/{kind}"
    # Inside the package when installed from a wheel, above it in an editable installation.
    found = [path for path in (*own, package / shipped, package.parent / shipped) if path.is_dir()]
    if kind == "experiments":  # those that belong together have a folder of their own
        together = {above: [item.parent for item in sorted(above.glob(f"*/{CAMPAIGN}"))] for above in found}
        found = [path for above, below in together.items() for path in (above, *below)]
    return tuple(found)


def _files(kind: str) -> Iterator[Path]:
    # The first folder wins, so that a file of one's own replaces the shipped one of that name.
    seen = set()
    for folder in folders(kind):
        for path in sorted(folder.glob("*.yaml")):
            if path.stem not in seen and path.name not in (CAMPAIGN, STATES):
                seen.add(path.stem)
                yield path


def files(kind: str) -> tuple[Path, ...]:
    """Return the paths of all files of one kind, none of which is read."""
    return tuple(_files(kind))


def names(kind: str) -> tuple[str, ...]:
    """Return the names of all files of one kind."""
    return tuple(path.stem for path in _files(kind))


def find(kind: str, name: str) -> Path:
    """Return the path of the file ``<name>.yaml`` of one kind.

    Parameters
    ----------
    kind : str
        ``cells``, ``overlays``, ``materials``, ``interfaces`` or ``experiments``.
    name : str

    Raises
    ------
    UnknownNameError
        If there is none; the message lists close matches.
    """
    # Asked for one name, thousands of times in a campaign: no folder is listed.
    for folder in folders(kind):
        path = folder / f"{name}.yaml"
        if path.name == f"{name}.yaml" not in (CAMPAIGN, STATES) and path.is_file():
            return path
    known = names(kind)
    what = KINDS[kind]
    message = None
    if not known:
        message = f"unknown {what} {name!r}: no {kind} were found; add a folder that contains {kind}/ to MGTWIN_PATH."
    elif len(known) > LISTED and not close_matches(str(name), known):
        message = f"unknown {what} {name!r}: 'mgtwin list {kind}' shows the {len(known)} that there are."
    raise UnknownNameError(str(name), known, what, message)


def entries(kind: str) -> tuple[Entry, ...]:
    """Return name, one-line description and path of every file of one kind, without building anything."""
    return tuple(Entry(path.stem, _text(path, "description"), path) for path in _files(kind))


def campaigns() -> tuple[Entry, ...]:
    """Return name, description and path of what each folder of experiments with a name says about itself."""
    files = [folder / CAMPAIGN for folder in folders("experiments") if (folder / CAMPAIGN).is_file()]
    return tuple(Entry(_text(path, "name") or path.parent.name, _text(path, "description"), path) for path in files)


def list_cells() -> tuple[Entry, ...]:
    """Return name, description and path of every cell that `mgtwin.cell` knows."""
    return entries("cells")


def list_overlays() -> tuple[Entry, ...]:
    """Return name, description and path of every overlay."""
    return entries("overlays")


def list_experiments() -> tuple[Entry, ...]:
    """Return name, description and path of every experiment."""
    return entries("experiments")


def _text(path: Path, key: str) -> str:
    """The first line of a text in a file; a file that cannot be read says so instead of hiding the others."""
    try:
        # Through the reader of files and not by a search in the text: names may be quoted, folded or aliased. What
        # stands below is of no interest to a list, and takes ten times as long to read.
        data = yamlfile.load(path, until=key).data
    except FileError as error:
        return f"cannot be read: {str(error).splitlines()[0]}"
    text = data.get(key) if is_mapping(data) else None
    return " ".join(str(text or "").strip().partition("\n\n")[0].split())
