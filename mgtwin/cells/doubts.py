"""What is doubtful of a file though nothing in it is wrong: what `mgtwin check` warns of, and strictly refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .. import library, yamlfile
from ..errors import InputError
from ..kinds.laws import LAWS
from ..quantities import format_value
from .paths import Node, walk
from .published import Published, is_published, read_published

__all__ = ["doubts"]


def doubts(part: Node, path: Path) -> Iterator[tuple[str, str]]:
    """Yield (``warning`` or ``note``, sentence) of what a file's reader should beware of.

    Parameters
    ----------
    part : Cell, material, interface, Published or None
        What the file holds.
    path : Path
        The file.

    Raises
    ------
    InputError
        For a law whose own reference lies outside its validity, or a printed number that was copied wrong.
    """
    match part:
        case Published():
            yield from part.notes()
        case object(__dataclass_fields__=_):
            for place, law in ((place, node) for place, node in walk(part) if type(node) in LAWS.values()):
                limits, at = law.limits(), vars(law).get("reference_temperature")
                if limits is None:
                    yield "warning", f"{place}: the law does not say for which temperatures it is valid"
                elif at is not None and not limits[0] - 1e-6 <= at <= limits[1] + 1e-6:
                    low, high = (format_value(limit, "K") for limit in limits)
                    raise InputError(
                        f"{place}: its own reference, at {format_value(at, 'K')}, lies outside valid ({low} to {high})."
                    )
    kind = path.parent.name
    folders = [folder.resolve() for folder in library.folders(kind)] if kind in library.KINDS else []
    # what ships is searched last
    if folders and path.resolve().parent != folders[-1]:
        if (folders[-1] / path.name).is_file():
            yield "note", f"this {library.KINDS[kind]} stands in place of the shipped one of that name"
        match part:
            case Published():
                for other in sorted(folders[-1].glob("*.yaml")):
                    document = yamlfile.load(other)
                    if is_published(document.data) and document.data["formula"] == part.formula:
                        apart = part.apart(read_published(document.with_data({"name": other.stem, **document.data})))
                        if apart > 10:
                            yield "warning", f"conductivities of this formula in {other.stem} differ by x{apart:.3g}"
