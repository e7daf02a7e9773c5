"""What is handed to a twin, one measurement after the other, and what it says of that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
import xarray as xr

from ..data import read
from ..errors import InputError

__all__ = ["CURRENT_BEFORE", "Given", "Update", "each", "in_turn"]

#: Attribute of a measurement in a file: the current [A] under which the measurement before it ended.
CURRENT_BEFORE = "current_before"
#: Part of the largest current that counts as none.
NO_CURRENT = 0.01

#: What can be given to a twin: measurements, their files, folders of these, several of them.
Given = xr.Dataset | xr.DataTree | str | Path | Iterable[object]


class Summarised(Protocol):
    """What says in a few lines what it is."""

    def summary(self) -> str:
        """These lines."""


@dataclass(frozen=True)
class Update:
    """What a twin made of what it was given; prints in five lines.

    Attributes
    ----------
    decisions : mapping
        Name of each measurement -> ``"assimilated"``, ``"held: ..."``, ``"known"``.
    twin : Twin
        That was given it.
    """

    decisions: Mapping[str, str]
    twin: Summarised

    @property
    def decision(self) -> str:
        """That of a single measurement, or their numbers."""
        listed = list(self.decisions.values())
        return listed[0] if len(listed) == 1 else ", ".join(f"{listed.count(x)} {x}" for x in dict.fromkeys(listed))

    @cached_property
    def summary(self) -> str:
        """What the cell was then, worked out when it is asked for: who hands over many files does not ask each time."""
        return self.twin.summary()

    def __str__(self) -> str:
        names = ", ".join(list(self.decisions)[:3]) + (", ..." if len(self.decisions) > 3 else "")
        return f"{names}: {self.decision}\n{self.summary}"


def in_turn(tree: xr.DataTree) -> Iterator[tuple[str, xr.Dataset]]:
    """The measurements of a file in their order, with their paths; each knows the current that went before it."""
    before = 0.0
    for leaf in tree.leaves:
        if leaf.has_data:
            ds = leaf.to_dataset()
            yield leaf.path, ds.assign_attrs({CURRENT_BEFORE: before}) if before else ds
            current = np.atleast_1d(ds["current"].values) if "current" in ds else np.zeros(1)
            finite = current[np.isfinite(current)]
            last = float(finite[-1]) if finite.size else 0.0
            before = last if abs(last) > NO_CURRENT * np.max(np.abs(finite), initial=0.0) else 0.0


def each(what: object, name: str) -> Iterator[tuple[str, xr.Dataset]]:
    """Every Dataset of what was given, with its name; files are read.

    Raises
    ------
    InputError
        Something is no measurement; FileError where a file cannot be read.
    """
    match what:
        case xr.Dataset():
            yield name or str(what.attrs.get("file", what.attrs.get("label", "a Dataset"))), what
        case xr.DataArray() | np.ndarray():
            raise InputError(
                f"{type(what).__name__} is no measurement: numbers alone do not say what they are. Give a Dataset, as "
                f"mt.read, mt.simulate or mgtwin.dataset.spectrum(frequency, impedance) return it."
            )
        case xr.DataTree():
            for place, ds in in_turn(what):
                yield f"{name or what.name or 'tree'}{place}", ds
        case str() | Path():
            path = Path(what)
            files = sorted(item for item in path.iterdir() if item.is_file()) if path.is_dir() else [path]
            for file in files:
                yield from each(read(file), name or file.name)
        case Iterable():
            for k, item in enumerate(what):
                yield from each(item, f"{name} {k + 1}".strip() if name else "")
        case _:
            raise InputError(f"{type(what).__name__} is no measurement: give Datasets, files or a folder.")
