"""A study that has been checked: cells, protocols, axes, metrics and the grid of points; and what identifies it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, TypeVar

import numpy as np

from ..batch.runs import FEWEST, suits
from ..cells import Cell
from ..dataset import stamp
from ..errors import InputError
from ..protocols import Protocol
from ..quantities import format_value
from .axes import Axes, Axis, Grid, axes_of, is_label
from .measured import Metric, Metrics, fingerprint, metrics_of
from .points import Task, is_batched

__all__ = ["CELL", "PROTOCOL", "Plan", "differences", "labelled_cells", "labelled_protocols", "plan_of"]

_Item = TypeVar("_Item")

#: Dimensions over several cells and several protocols.
CELL, PROTOCOL = "cell", "protocol"
#: Spectra per chunk, so many that what is done once per chunk does not count beside the impedance.
SPECTRA = 2000
#: Runs per chunk where they go side by side: more of them do not make a step cheaper.
RUNS = 100
#: Chunks of transients at most: one point per chunk as long as these suffice.
CHUNKS = 1000


@dataclass(frozen=True, eq=False)
class Plan:
    """What is computed where.

    Attributes
    ----------
    cells, protocols : dict
        By the label that results show.
    axes : tuple of Axis
    metrics : tuple of Metric
    grid : Grid
    labels : dict
        Dimension to labels, for the dimensions of several cells and several protocols.
    """

    cells: dict[str, Cell]
    protocols: dict[str, Protocol]
    axes: tuple[Axis, ...]
    metrics: tuple[Metric, ...]
    grid: Grid
    labels: dict[str, tuple[str, ...]]

    def task(self, number: int) -> Task:
        """What a worker needs for a chunk."""
        grid = self.grid
        index = {dim: grid.along(number, dim) for dim in grid.dims}
        # several cells or protocols are never joined in a chunk: its first point tells which ones it is about
        which = {dim: int(index[dim][0]) if dim in index else 0 for dim in (CELL, PROTOCOL)}
        cell, protocol = list(self.cells.values())[which[CELL]], list(self.protocols.values())[which[PROTOCOL]]
        values = {path: axis.values[index[axis.dim]] for axis in self.axes for path in axis.paths}
        return Task(cell, protocol, values, len(next(iter(index.values()))), self.metrics)

    def identity(self) -> dict[str, Any]:
        """Everything that the numbers of a study depend on, as plain data."""
        return {
            "mgtwin_version": stamp()["mgtwin_version"],
            "cells": {label: cell.to_yaml() for label, cell in self.cells.items()},
            "protocols": {label: protocol.to_yaml() for label, protocol in self.protocols.items()},
            "axes": {
                axis.name: {
                    "dim": axis.dim,
                    "paths": list(axis.paths),
                    "unit": axis.unit,
                    "number": axis.values.size,
                    # Millions of values need not be kept to be told apart.
                    "values": hashlib.sha256(axis.values.tobytes()).hexdigest()[:16],
                }
                for axis in self.axes
            },
            "metrics": {metric.name: fingerprint(metric.function) for metric in self.metrics},
        }

    def identity_text(self) -> str:
        """`identity` as JSON."""
        return json.dumps(self.identity(), ensure_ascii=False)


def differences(kept: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Say in which way two studies differ, from their identities, one line each."""
    found = []
    if kept["mgtwin_version"] != wanted["mgtwin_version"]:
        found.append(f"it was computed by mgtwin {kept['mgtwin_version']}, this is {wanted['mgtwin_version']}")
    for what, singular in _PARTS.items():
        have, want = kept[what], wanted[what]
        found += [f"{singular} {name!r} is in the store only" for name in have if name not in want]
        found += [f"{singular} {name!r} is not in the store" for name in want if name not in have]
        for name in want:
            if name in have and have[name] != want[name]:
                found.append(f"{singular} {name!r} differs{_how(what, have[name], want[name])}")
        if not found and list(have) != list(want):
            found.append(f"the {what} are in another order")
    return found


def _how(what: str, kept: Any, wanted: Any) -> str:
    """How two cells, protocols, axes or metrics of one name differ, as the end of a sentence."""
    match what:
        case "cells":
            changes = Cell.from_yaml(kept).diff(Cell.from_yaml(wanted))
            shown = {
                path: [format_value(value) if isinstance(value, float) else str(value) for value in pair]
                for path, pair in changes.items()
            }
            said = [f"{path} is {now}, in the store {then}" for path, (then, now) in shown.items()]
            more = f"; and {len(said) - 3} more" if len(said) > 3 else ""
            return f": {'; '.join(said[:3])}{more}" if said else " in texts or provenance only"
        case "protocols":
            lines = [line for line in wanted.splitlines() if line not in kept.splitlines()]
            return f": {', '.join(lines[:3])} is new" if lines else ""
        case "axes":
            changed = [key for key in wanted if kept.get(key) != wanted[key]]
            said = [f"{key} is {wanted[key]}, in the store {kept.get(key)}" for key in changed]
            return ": its values" if said and said[0].startswith("values") else ": " + "; ".join(said[:2])
    return ": its code or its arguments"


#: Parts of an identity, and what one is called.
_PARTS = {
    "cells": "cell",
    "protocols": "protocol",
    "axes": "axis",
    "metrics": "metric",
}


def plan_of(
    cell: Cell | Sequence[Cell] | Mapping[str, Cell],
    protocol: Protocol | Sequence[Protocol] | Mapping[str, Protocol],
    axes: Axes,
    metrics: Metrics,
) -> Plan:
    """Check a study and lay it out.

    Raises
    ------
    InputError, UnknownNameError
        For whatever cannot work, before anything is computed.
    """
    cells, protocols = labelled_cells(cell), labelled_protocols(protocol)
    # One alone is no dimension; a list of one is, for whoever gives a list wants the dimension whatever its length.
    of_dim: dict[str, tuple[object, Mapping[str, object]]] = {CELL: (cell, cells), PROTOCOL: (protocol, protocols)}
    labels = {
        dim: tuple(items) for dim, (given, items) in of_dim.items() if not any(item is given for item in items.values())
    }
    found = axes_of(list(cells.values()), axes)
    for axis in found:
        if axis.dim in labels or axis.dim in ("point", "failure"):
            raise InputError(f"the dimension {axis.dim!r} has another meaning in a study: choose another dim.")
    fixed = [label for label, item in protocols.items() if item.temperature is not None]
    if fixed and any("temperature" in axis.paths for axis in found):
        raise InputError(f"temperature is varied, but protocol {fixed[0]!r} sets its own: leave it out there.")
    sizes = {dim: len(names) for dim, names in labels.items()} | {axis.dim: axis.values.size for axis in found}
    points = int(np.prod(list(sizes.values())))
    # One size of chunk for the whole grid: the slowest protocol decides it.
    room = ceil(points / CHUNKS)
    if points >= FEWEST and all(suits(one, item) for one in cells.values() for item in protocols.values()):
        room = max(RUNS, room)
    if all(map(is_batched, protocols.values())):
        room = SPECTRA
    grid = Grid.cut(sizes, len(labels), room)
    # a metric must not be taken for a dimension, a path or what results carry anyway
    taken = {*sizes, *(path for axis in found for path in axis.paths), "time", "frequency"}
    return Plan(cells, protocols, found, metrics_of(metrics, taken), grid, labels)


def labelled_cells(given: Cell | Sequence[Cell] | Mapping[str, Cell]) -> dict[str, Cell]:
    """The cells of a study by their labels; those of a list are called by their names and overlays."""
    return _labelled(given, Cell, "a Cell", lambda item: " + ".join([item.name, *item.overlays]))


def labelled_protocols(given: Protocol | Sequence[Protocol] | Mapping[str, Protocol]) -> dict[str, Protocol]:
    """The protocols of a study by their labels; those of a list are called by their types."""
    return _labelled(given, Protocol, "a protocol", lambda item: item.type)


def _labelled(given: object, kind: type[_Item], what: str, name: Callable[[_Item], str]) -> dict[str, _Item]:
    """One thing, a list of them or a mapping as ``{label: thing}``; in a list `name` gives the labels.

    Raises
    ------
    InputError
        For anything else, none at all, or two of one label.
    """
    match given:
        case kind():
            return {name(given): given}
        case Mapping() if given:
            labels, items = list(given), list(given.values())
        case Sequence() if given and not isinstance(given, str):
            labels, items = [], list(given)
        case _:
            raise InputError(f"a study needs {what}, a list of them or {{label: {what}}}, not {given!r}.")
    for item in items:
        if not isinstance(item, kind):
            raise InputError(f"a study needs {what} here, not {item!r}.")
    labels = labels or [name(item) for item in items]
    # Two cells of one name would be one row of the result, and one of them lost.
    twice = {str(label) for label in labels if labels.count(label) > 1}
    if twice:
        raise InputError(f"several are called {', '.join(sorted(twice))}: give them labels, {{'label': {what}, ...}}.")
    if not all(map(is_label, labels)):
        raise InputError(f"the labels of cells and protocols are texts, not {labels!r}.")
    return dict(zip(labels, items, strict=True))
