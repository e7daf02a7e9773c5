"""Which reader takes a file that is not plain text."""

from __future__ import annotations

from pathlib import Path

from mgtwin.data.formats import Parsed, biologic, exotic
from mgtwin.errors import FileError

__all__ = ["parse", "recognises"]

#: Endings of formats that cannot be recognised by their content.
_EXOTIC = exotic.ENDINGS
_HDF5 = b"\x89HDF"


def recognises(path: Path, raw: bytes) -> bool:
    """Tell whether a file that looks like text is of a format that needs a library."""
    return biologic.recognises(raw) or path.suffix.casefold() in _EXOTIC


def parse(path: Path, raw: bytes) -> Parsed:
    """Return the tables of a binary file.

    Raises
    ------
    FileError
        No reader knows it, the reader that does is not installed, or it fails.
    """
    if biologic.recognises(raw):
        return biologic.parse(path)
    if path.suffix.casefold() in _EXOTIC:
        return exotic.parse(path)
    if raw.startswith(_HDF5):
        raise FileError("this is no instrument file; results that mgtwin saved are opened with mt.open.", path.name)
    raise FileError(
        "this binary file is of no format that is known by its content (BioLogic .mpr, Ivium .idf) or its ending "
        f"({', '.join(sorted(_EXOTIC))}), or it is damaged. Export it as text from the instrument's software.",
        path.name,
    )
