"""A study that has been checked: cells, protocols, axes, metrics and the grid of points; and what identifies it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np

from ..cells import Cell
from ..errors import InputError
from ..protocols import Protocol
from .axes import Axes, Axis, Grid, axes_of
from .measured import Metric, Metrics, fingerprint, metrics_of
from .points import Task, is_batched

__all__ = ["CELL", "PROTOCOL", "Plan", "plan_of"]

#: Dimensions over several cells and several protocols.
CELL, PROTOCOL = "cell", "protocol"
#: Spectra per chunk, so many that what is done once per chunk does not count beside the impedance.
SPECTRA = 2000
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

        def chosen(dim: str, among: Mapping[str, Any]) -> Any:
            labels = tuple(among)
            return among[labels[int(grid.along(number, dim)[0])] if dim in grid.dims else labels[0]]

        index = {dim: grid.along(number, dim) for dim in grid.dims}
        values = {path: axis.values[index[axis.dim]] for axis in self.axes for path in axis.paths}
        points = len(next(iter(index.values())))
        return Task(chosen(CELL, self.cells), chosen(PROTOCOL, self.protocols), values, points, self.metrics)

    def identity(self) -> dict[str, Any]:
        """Everything that the numbers of a study depend on, as plain data."""
        from ..dataset import stamp

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
                    "values": hashlib.sha256(axis.values.tobytes()).hexdigest()[:16],
                }
                for axis in self.axes
            },
            "metrics": {metric.name: fingerprint(metric.function) for metric in self.metrics},
        }

    def identity_text(self) -> str:
        """`identity` as JSON."""
        return json.dumps(self.identity(), ensure_ascii=False)


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
    cells = _labelled(cell, Cell, "a Cell", lambda item: " + ".join([item.name, *item.overlays]))
    protocols = _labelled(protocol, Protocol, "a protocol", lambda item: item.type)
    labels = {}
    if not isinstance(cell, Cell):
        labels[CELL] = tuple(cells)
    if not isinstance(protocol, Protocol):
        labels[PROTOCOL] = tuple(protocols)
    found = axes_of(list(cells.values()), axes)
    _check_dims(found, labels)
    _check_temperature(found, protocols)
    sizes = {dim: len(names) for dim, names in labels.items()} | {axis.dim: axis.values.size for axis in found}
    points = int(np.prod(list(sizes.values())))
    batched = all(map(is_batched, protocols.values()))
    grid = Grid.cut(sizes, len(labels), SPECTRA if batched else ceil(points / CHUNKS))
    # a metric must not be taken for a dimension, a path or what results carry anyway
    taken = {*sizes, *(path for axis in found for path in axis.paths), "time", "frequency"}
    return Plan(cells, protocols, found, metrics_of(metrics, taken), grid, labels)


def _labelled(given: Any, kind: type, what: str, name: Any) -> dict[str, Any]:
    if isinstance(given, kind):
        return {name(given): given}
    if isinstance(given, str) or not isinstance(given, (Mapping, Sequence)) or not given:
        raise InputError(f"a study needs {what}, a list of them or {{label: {what}}}, not {given!r}.")
    items = list(given.values()) if isinstance(given, Mapping) else list(given)
    for item in items:
        if not isinstance(item, kind):
            raise InputError(f"a study needs {what} here, not {item!r}.")
    labels = list(given) if isinstance(given, Mapping) else [name(item) for item in items]
    twice = {str(label) for label in labels if labels.count(label) > 1}
    if twice:
        raise InputError(f"several are called {', '.join(sorted(twice))}: give them labels, {{'label': {what}, ...}}.")
    if not all(isinstance(label, str) and label for label in labels):
        raise InputError(f"the labels of cells and protocols are texts, not {labels!r}.")
    return dict(zip(labels, items, strict=True))


def _check_dims(axes: tuple[Axis, ...], labels: Mapping[str, Any]) -> None:
    for axis in axes:
        if axis.dim in labels or axis.dim in ("point", "failure"):
            raise InputError(f"the dimension {axis.dim!r} has another meaning in a study: choose another dim.")


def _check_temperature(axes: tuple[Axis, ...], protocols: Mapping[str, Protocol]) -> None:
    fixed = [label for label, protocol in protocols.items() if protocol.temperature is not None]
    if fixed and any("temperature" in axis.paths for axis in axes):
        raise InputError(f"temperature is varied, but protocol {fixed[0]!r} sets its own: leave it out there.")
