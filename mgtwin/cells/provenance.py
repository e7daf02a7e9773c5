"""Where numbers come from: what a file of the parameter library must say of each, and the references that it may name.

`mgtwin check` and the contract test of the shipped library ask the same questions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

from ..errors import InputError, did_you_mean
from ..plain import is_mapping
from ..quantities import KINDS, parse
from ..yamlfile import Document
from .bibliography import bibliographies, read
from .printed import BOUNDS

__all__ = ["NEEDED", "Gap", "bibliographies", "gaps", "numbers", "references", "unknown_sources"]

KeyPath: TypeAlias = tuple[str | int, ...]

#: What every number says of itself; besides, ``std`` or ``range``.
NEEDED = ("kind", "source", "where", "note")
#: Keys that hold names, texts and structure, not numbers of a source.
STRUCTURE = frozenset({"type", "name", "description", "note", "kind", "cells", "with", "without", "valid", "from"})


class Gap(NamedTuple):
    """A number that does not say all about itself: where it stands in the file, and what is missing."""

    place: KeyPath
    missing: str


def numbers(data: object, place: KeyPath = ()) -> Iterator[tuple[KeyPath, object]]:
    """Yield every number of a file with its key path: mappings with a ``value``, and numbers without provenance.

    Examples
    --------
    >>> list(numbers({"name": "x", "area": "1 cm^2", "layers": [{"thickness": {"value": "1 mm"}}]}))
    [(('area',), '1 cm^2'), (('layers', 0, 'thickness'), {'value': '1 mm'})]
    """
    match data:
        case {"value": _, **others}:
            yield place, data
            # a printed number has its temperature beside it, which has an origin of its own
            for key, item in others.items():
                if is_mapping(item):
                    yield from numbers(item, (*place, str(key)))
        case Mapping():
            for key, item in data.items():
                if key not in STRUCTURE:
                    yield from numbers(item, (*place, key))
        case list():
            for index, item in enumerate(data):
                yield from numbers(item, (*place, index))
        case _:
            try:
                parse(data, None, allow_inf=True)
            except InputError:  # the name of a material, or another text that is no number
                return
            yield place, data


def gaps(document: Document) -> list[Gap]:
    """Return the numbers of a file that do not say where they come from and how sure they are.

    Parameters
    ----------
    document : yamlfile.Document
        A cell, overlay, material or interface.
    """
    found = []
    for place, number in numbers(document.data):
        given = number if isinstance(number, Mapping) else {}
        missing = [key for key in NEEDED if not str(given.get(key) or "").strip()]
        # inf says that something is blocked: a statement of the model, which has no uncertainty; nor has a bound
        if not {"std", "range"} & set(given) and given.get("value") != "inf" and given.get("means") not in BOUNDS:
            missing.append("std or range")
        if "kind" in given and given["kind"] not in KINDS:
            missing.append(f"a kind of number ({', '.join(KINDS)}) in place of {given['kind']!r}")
        if missing:
            found.append(Gap(place, ", ".join(missing)))
    return found


def unknown_sources(document: Document, known: Mapping[str, Path]) -> list[tuple[KeyPath, str]]:
    """Return every ``source`` of a file that no bibliography has: its key path, and what to do about it."""
    files = ", ".join(dict.fromkeys(path.name for path in known.values())) or "there is no bibliography"
    return [
        (
            place,
            f"no bibliography has the reference {key!r}.{did_you_mean(key, known)} Known are those of {files}; "
            f"add '@misc{{{key}, title = {{...}}}}' to a file ending in .bib beside this file.",
        )
        for place, key in _sources(document.data)
        if key not in known
    ]


def _sources(data: object, place: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    match data:
        case Mapping():
            for key, item in data.items():
                if key == "source" and isinstance(item, str) and item:
                    yield (*place, key), item
                else:
                    yield from _sources(item, (*place, key))
        case list():
            for index, item in enumerate(data):
                yield from _sources(item, (*place, index))


def references(near: Path) -> dict[str, Path]:
    """Return the keys of all references that a file may name, with the bibliography that has each."""
    return {key: entry.path for key, entry in read(near).items()}
