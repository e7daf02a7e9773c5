"""What is to be looked at first: a state, a cell, the name of one, or a file of either."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter

from .. import library, yamlfile
from ..cells.cell import Cell
from ..cells.files import cell as named_cell
from ..errors import InputError
from .followed import is_twin_file
from .state import Exploration

__all__ = ["exploration", "is_state"]


def exploration(source: Exploration | Cell | str | Path, overlays: Sequence[str] = ()) -> Exploration:
    """Return what is to be looked at first: a state, a cell, the name of one, or a file of either.

    Raises
    ------
    UnknownNameError
        There is no such cell or overlay.
    FileError
        If a file is wrong.
    InputError
        A state, whose overlays are its own, is given overlays.
    """
    match source:
        case Exploration():
            found = source
        case Cell():
            found = Exploration(source)
            if source.overlays and source.name in library.names("cells"):
                # what has been applied from the library can be switched off again
                again = Exploration(named_cell(source.name), overlays=source.overlays)
                found = again if again.base.identical(source) else found
        case _ if is_state(source):
            found = yamlfile.validate(yamlfile.load(source), TypeAdapter(Exploration), context={"file": True})
        case _:
            return Exploration(named_cell(source), overlays=tuple(overlays))
    if overlays:
        raise InputError("this has its overlays already: give the name or the file of a cell to apply others to.")
    return found


def is_state(source: str | Path) -> bool:
    """Tell whether this is a file that holds the state of an exploration, not a cell."""
    path = Path(source)
    if path.suffix not in (".yaml", ".yml") or not path.is_file():
        return False
    match yamlfile.load(path).data:
        case {"cell": _, **others}:
            # a cell has layers, studies and fits have metrics or a protocol beside their cell
            return {"layers", "protocol", "metrics"}.isdisjoint(others) and not is_twin_file(path)
    return False
