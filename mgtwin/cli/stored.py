"""What a name on the command line stands for: a result, a fit, a study, an instrument file, a cell."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError
from .cellargs import is_file_name, read_cell

__all__ = ["opened"]


def opened(name: str) -> object:
    """Return what mgtwin kept under a name, what its readers make of an instrument file, or a cell.

    Raises
    ------
    FileError
        The file is damaged, or not of a kind that is known.
    InputError
        There is nothing of that name.
    """
    path = Path(name)
    if path.is_dir():
        if not (path / "zarr.json").exists():
            raise InputError(f"{path} is a folder and no study: name a result in it (.nc).")
        from ..studies import open_study

        return open_study(path)
    if is_file_name(name) or not (path.exists() or path.suffix):
        return read_cell(name)
    if not path.exists():
        raise InputError(f"{name}: there is no such file here.")
    from .. import dataset

    if path.suffix != ".nc" and not dataset.is_result(path.read_bytes()):
        from ..data import read

        return read(path)
    from ..fitting import Fit, is_fit

    found = dataset.open(path)
    return Fit.open(path) if is_fit(found) else found
