"""``mgtwin new``: a commented cell file to edit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rich.text import Text

from ..errors import InputError
from .cellargs import is_file_name
from .console import forcing, out

__all__ = [
    "export_name",
    "figure_name",
    "is_export",
    "page_name",
    "partial_name",
    "result_name",
    "targets",
    "unless_other",
    "write_new",
]


#: Endings of results.
_RESULTS = (".nc", ".nc4", ".h5", ".hdf5")


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
        # "x" asks and writes in one: a file that appears in between is not overwritten
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

    What ends like a file of another program (``.csv``, ``.xlsx`` ...) is exported.

    Raises
    ------
    InputError
        It is a folder, its folder does not exist, it ends like another kind of file, or a file of that name exists and
        is no result.
    """
    from ..dataset import is_result

    if is_export(path):
        return export_name(path, "--output")

    target = _checked("--output", path, "a result", _RESULTS)
    # Asked before hours of simulation: what is interrupted must find its place free, too.
    unless_other(partial_name(target), "a result of mgtwin", is_result)
    return unless_other(target, "a result of mgtwin", is_result)


def is_export(path: Path) -> bool:
    """Tell whether a name ends like a file of another program that `mgtwin.export` writes."""
    # the formats are read only where one may be meant: -o FILE.nc has to answer at once
    if path.suffix.lower() in ("", *_RESULTS):
        return False
    from ..exports import endings

    return path.name.lower().endswith(endings())


def export_name(path: Path, option: str = "TARGET") -> Path:
    """Return where an export is written; refuse what cannot work, also that one of several files exists already.

    Raises
    ------
    InputError
        As `result_name`; an existing file is overwritten with ``--force`` only, for nothing tells whose it is.
    """
    from ..exports import format_of

    if path.is_dir():
        raise InputError(f"{option} {path}: is a folder; name a file in it, for example {path / 'out.csv'}.")
    ending = format_of(path).ending
    _check_folder(path)
    label = path.name[: -len(ending)]
    for other in (path, *sorted(path.parent.glob(f"{label}.*{ending}"))):
        unless_other(other, "known to be an older export", lambda raw: False)
    return path


def partial_name(output: Path) -> Path:
    """Return the name for an incomplete result, so that no script takes it for a whole one."""
    ending = ".nc" if is_export(output) else output.suffix
    return output.with_name(f"{output.stem}.partial{ending}")


#: How figures begin.
_FIGURES = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<svg"}


def figure_name(path: Path, option: str = "--output") -> Path:
    """Return where a figure is written, ``.png`` added where the name has no ending; refuse what cannot work.

    Raises
    ------
    InputError
        As `result_name`.
    """
    target = _checked(option, path, "a figure", tuple(_FIGURES))
    ending = target.suffix.lower()
    return unless_other(target, f"a {ending[1:]} figure", lambda raw: _FIGURES[ending] in raw[:1000])


def page_name(path: Path, option: str = "PAGE") -> Path:
    """Return where a report is written, ``.html`` added where the name has no ending; refuse what cannot work.

    Raises
    ------
    InputError
        As `result_name`.
    """
    return unless_other(
        _checked(option, path, "a page", (".html", ".htm")), "a page", lambda raw: b"<html" in raw[:200]
    )


def targets(output: Path | None, plot: Path | None) -> tuple[Path | None, Path | None]:
    """Return where result (`result_name`) and figure (`figure_name`) are written, None for what is not asked for.

    Asked for before anything is computed: hours of it must not end with a folder that is not there.

    Raises
    ------
    InputError
        As `result_name` and `figure_name`.
    """
    result = result_name(output) if output is not None else None
    return result, figure_name(plot, "--plot") if plot is not None else None


def unless_other(target: Path, what: str, is_known: Callable[[bytes], bool]) -> Path:
    """Return a path under which nothing lies, or something that may be overwritten: an older file of the same kind.

    Parameters
    ----------
    target : Path
    what : str
        The kind of file, for the message.
    is_known : callable
        Tells from the bytes of a file whether it is of this kind.

    Raises
    ------
    InputError
        A file of another kind lies there, and ``--force`` was not given.
    """
    # An empty file is nobody's work: whoever reserves a temporary name makes one.
    if not forcing.get() and target.is_file() and target.stat().st_size and not is_known(target.read_bytes()):
        raise InputError(
            f"{target} exists and is not {what}: it is left as it is. Choose another name, or give --force."
        )
    return target


def _checked(option: str, path: Path, what: str, endings: tuple[str, ...]) -> Path:
    if path.is_dir():
        raise InputError(f"{option} {path}: is a folder; name a file in it, for example {path / 'out'}{endings[0]}.")
    target = path if path.suffix else path.with_suffix(endings[0])
    if target.suffix.lower() not in endings:
        raise InputError(f"{option} {path}: {what} ends in {', '.join(endings)}: write {path.with_suffix(endings[0])}.")
    _check_folder(target)
    return target


def _check_folder(target: Path) -> None:
    if not target.parent.is_dir():
        raise InputError(f"the folder {target.parent} does not exist: create it first.")
