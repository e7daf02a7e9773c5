"""``mgtwin export``: whatever mgtwin kept or can read, as a file of another program."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

from ..errors import MgtwinWarning
from .console import print_warnings, shown_path
from .files import export_name
from .output import print_rows
from .stored import opened

__all__ = ["export_files"]


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
