"""``mgtwin new``: a commented cell file to edit."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from ..errors import InputError
from .cellargs import is_file_name
from .console import out

__all__ = ["figure_name", "result_name", "write_new"]

_FIGURES = (".png", ".pdf", ".svg")


def write_new(name: str) -> Path:
    """Write ``<name>.yaml`` into the current folder (or the folder in front of the name) and say what to do with it.

    Raises
    ------
    InputError
        If the file exists, its folder does not, or the name cannot be that of a cell.
    """
    from ..cells.files import new_cell_template

    target = Path(name if is_file_name(name) else f"{name}.yaml")
    text = new_cell_template(target.stem)
    _check_folder(target)
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise InputError(f"{target} exists already and is left as it is: choose another name, or edit it.") from None
    console = out()
    console.print(Text(f"{target} is written. Edit it, then:"), soft_wrap=True)
    console.print(Text(f"  mgtwin check {target}", style="cyan"), soft_wrap=True)
    console.print(Text(f"  mgtwin show {target}", style="cyan"), soft_wrap=True)
    protocol = "'{type: eis, f_max: 1 MHz, f_min: 0.1 Hz}'"
    console.print(Text(f"  mgtwin run --cell {target} --protocol {protocol}", style="cyan"), soft_wrap=True)
    return target


def result_name(path: Path) -> Path:
    """Return where a result is written, ``.nc`` added where the name has no ending; refuse what cannot work.

    Raises
    ------
    InputError
        If it is a folder, its folder does not exist, or it ends like another kind of file.
    """
    target = path if path.suffix else path.with_suffix(".nc")
    if target.suffix.lower() not in (".nc", ".nc4", ".h5", ".hdf5"):
        raise InputError(f"--output {path}: results are netCDF files, write {path.with_suffix('.nc')}.")
    if target.is_dir():
        raise InputError(f"--output {path}: is a folder; name a file in it, for example {path / 'result.nc'}.")
    _check_folder(target)
    return target


def figure_name(path: Path, option: str = "--output") -> Path:
    """Return where a figure is written; refuse what matplotlib could not write.

    Raises
    ------
    InputError
        If the ending is not that of a figure, or the folder does not exist.
    """
    target = path if path.suffix else path.with_suffix(".png")
    if target.suffix.lower() not in _FIGURES:
        raise InputError(f"{option} {path}: a figure ends in {', '.join(_FIGURES)}: write {path.with_suffix('.png')}.")
    if target.is_dir():
        raise InputError(f"{option} {path}: is a folder; name a file in it, for example {path / 'figure.png'}.")
    _check_folder(target)
    return target


def _check_folder(target: Path) -> None:
    if not target.parent.is_dir():
        raise InputError(f"the folder {target.parent} does not exist: create it first.")
