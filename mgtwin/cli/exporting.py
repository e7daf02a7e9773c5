"""``mgtwin export``: whatever mgtwin kept or can read, as a file of another program."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

from ..errors import MgtwinWarning
from .console import print_warnings, shown_path
from .files import export_name, page_name
from .output import print_rows
from .stored import opened

__all__ = ["export_files", "report_thing"]


def export_files(names: Sequence[str], target: Path) -> tuple[Path, ...]:
    """Write one thing, or several with the names of their files, and say where.

    Raises
    ------
    InputError
        Nothing of them fits into such a file, or a file of that name exists.
    FileError
        One of the files cannot be read.
    """
    path = export_name(target)
    from ..exports import export

    things = {Path(name).stem: opened(name) for name in names}
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", MgtwinWarning)
        written = export(things if len(things) > 1 else next(iter(things.values())), path)
    print_rows([("written" if k == 0 else "", shown_path(one)) for k, one in enumerate(written)])
    print_warnings([str(item.message) for item in said])
    return written


def report_thing(name: str, target: Path) -> Path:
    """Write a report and say where.

    Raises
    ------
    InputError
        There is nothing to report, or a file that is no page of that name exists.
    FileError
        A file cannot be read.
    """
    path = page_name(target)
    from ..exports import report

    folder = Path(name)
    # a folder is read by the report itself, unless it is the store of a study
    thing = name if folder.is_dir() and not (folder / "zarr.json").exists() else opened(name)
    print_rows([("written", shown_path(report(thing, path)))])
    return path
