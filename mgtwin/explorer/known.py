"""Cells of the library as an exploration asks for them, again and again: each is made once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from pydantic import ValidationInfo

from .. import library, yamlfile
from ..cells.cell import Cell
from ..cells.files import cell as named_cell
from ..cells.overlays import applicable_overlays, apply_overlays
from ..errors import InputError
from ..kinds.noun import Same

__all__ = ["built", "cell_of", "known_as", "switches"]


def cell_of(raw: object, info: ValidationInfo | None) -> Cell:
    """A cell, its name in the library, or the whole of it as a mapping."""
    match raw:
        case Cell():
            return raw
        case str():
            # names only: an address must not open files
            return named(raw, library.find("cells", raw).stat().st_mtime_ns)
        case Mapping():
            return Cell.from_yaml(yamlfile.dumps(dict(raw)), "cell")
    raise InputError("a cell is the name of one (mgtwin list), or the whole of it.")


@lru_cache(maxsize=64)
def named(name: str, changed_at: int) -> Cell:
    """A cell of the library; `changed_at` makes an edited file be read again."""
    return named_cell(name)


@lru_cache(maxsize=64)
def built(cell: Same, overlays: tuple[str, ...]) -> Cell:
    """The cell with its overlays: a move of a slider finds it made."""
    return apply_overlays(cell.noun, *overlays)


@lru_cache(maxsize=64)
def known_as(cell: Same) -> str:
    name: str = cell.noun.name
    if name not in library.names("cells"):
        return ""
    known = named(name, library.find("cells", name).stat().st_mtime_ns)
    return name if known is cell.noun or known.identical(cell.noun) else ""


@lru_cache(maxsize=64)
def switches(cell: Same) -> tuple[str, ...]:
    held: Cell = cell.noun
    return () if held.overlays else tuple(dict.fromkeys(n for names in applicable_overlays(held.name) for n in names))
