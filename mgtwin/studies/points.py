"""The numbers of one chunk of points: what a worker does. Nothing here knows of stores, clients or other chunks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..cells import Cell
from ..cells.paths import Key
from ..errors import MgtwinError
from ..protocols import EIS, Protocol
from ..simulation import simulate
from ..simulation.dispatch import stamp
from .measured import Metric

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Outcome", "Task", "compute", "is_batched"]

#: Dimension of a batch of spectra.
POINT = "point"


@dataclass(frozen=True, eq=False)
class Task:
    """One chunk: a cell, what is done to it, the values of its points by path, and what is read off."""

    cell: Cell
    protocol: Protocol
    values: Mapping[str, np.ndarray]
    points: int
    metrics: tuple[Metric, ...]

    def changes(self, k: int) -> dict[Key, float]:
        """What `Cell.with_` needs for point k."""
        return {path: float(values[k]) for path, values in self.values.items()}


@dataclass(eq=False)
class Outcome:
    """Numbers of a chunk by metric, each of shape (points,), and why some are NaN, by point."""

    values: dict[str, np.ndarray]
    failures: dict[int, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @classmethod
    def empty(cls, metrics: tuple[Metric, ...], points: int) -> Outcome:
        """NaN everywhere."""
        return cls({metric.name: np.full(points, np.nan) for metric in metrics})

    def fail(self, k: int, reason: str) -> None:
        """Note why a point has no number; several reasons are kept one after the other."""
        self.failures[k] = f"{self.failures[k]}; {reason}" if k in self.failures else reason


def is_batched(protocol: Protocol) -> bool:
    """Whether a protocol runs through the batched exact impedance: a spectrum at rest."""
    return isinstance(protocol, EIS) and protocol.bias is None


def compute(task: Task) -> Outcome:
    """Simulate the points of a chunk and read every metric; what fails becomes NaN with its reason."""
    outcome = Outcome.empty(task.metrics, task.points)
    if is_batched(task.protocol):
        _spectra(task, outcome)
        return outcome
    warnings: list[str] = []
    for k in range(task.points):
        try:
            run = simulate(task.cell.with_(task.changes(k)), task.protocol)
        except Exception as error:
            outcome.fail(k, _reason(error))
            continue
        warnings += run.attrs.get("warnings", [])
        for metric in task.metrics:
            outcome.values[metric.name][k] = _number(metric, run, outcome, k)
    outcome.warnings = tuple(dict.fromkeys(warnings))
    return outcome


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, MgtwinError) else f"{type(error).__name__}: {text}"


def _number(metric: Metric, run: Any, outcome: Outcome, k: int) -> float:
    """The metric of one run; NaN, and the reason kept, where it fails."""
    return _tried(metric, lambda: float(metric.function(run)), outcome, k)


def _tried(metric: Metric, read: Callable[[], float], outcome: Outcome, k: int) -> float:
    try:
        value = read()
    except Exception as error:
        outcome.fail(k, f"{metric.name}: {_reason(error)}")
        return float("nan")
    if np.isnan(value):
        outcome.fail(k, f"{metric.name}: gave NaN")
    return value


def _spectra(task: Task, outcome: Outcome) -> None:
    """All spectra of the chunk in one call of the exact impedance; point by point only where that is refused."""
    from ..impedance.exact import exact
    from ..impedance.parameters import Overrides

    assert isinstance(task.protocol, EIS)
    frequencies = task.protocol.values()
    impedance = np.full((task.points, frequencies.size), np.nan + 0j)
    try:  # in the first cell laws have given way to numbers, which can be overridden
        overrides: Overrides = dict(task.values.items())
        impedance[:] = exact(_at(task, 0), frequencies, overrides)
    except Exception:
        for k in range(task.points):
            try:
                impedance[k] = exact(_at(task, k), frequencies)
            except Exception as error:
                outcome.fail(k, _reason(error))
    known = np.array([k not in outcome.failures for k in range(task.points)])
    one_by_one = [metric for metric in task.metrics if not metric.batched]
    for metric in task.metrics:
        if metric.batched:
            _read_batch(metric, task, impedance, known, outcome)
    for k in map(int, np.flatnonzero(known) if one_by_one else ()):
        run = _spectrum(_at(task, k), task.protocol, frequencies, impedance[k])
        for metric in one_by_one:
            outcome.values[metric.name][k] = _number(metric, run, outcome, k)


def _at(task: Task, k: int) -> Cell:
    """The cell of point k at the temperature of the protocol."""
    temperature = task.protocol.temperature
    cell = task.cell if temperature is None else task.cell.with_({"temperature": temperature})
    return cell.with_(task.changes(k))


def _spectrum(cell: Cell, protocol: Protocol, frequencies: np.ndarray, impedance: np.ndarray) -> xr.Dataset:
    from .. import dataset

    return dataset.spectrum(frequencies, impedance, {**stamp(cell, protocol), "route": "exact, at rest"})


def _read_batch(metric: Metric, task: Task, impedance: np.ndarray, known: np.ndarray, outcome: Outcome) -> None:
    """A metric of many spectra at once; point by point where that fails, to find which ones do."""
    batch = _batch(task, impedance)
    numbers = outcome.values[metric.name]
    if known.all():
        try:
            numbers[:] = np.asarray(metric.function(batch), dtype=float)
        except Exception:
            pass
        else:
            for k in map(int, np.flatnonzero(np.isnan(numbers))):
                outcome.fail(k, f"{metric.name}: gave NaN")
            return
    for k in map(int, np.flatnonzero(known)):
        numbers[k] = _tried(metric, partial(_single, metric, batch.isel({POINT: slice(k, k + 1)})), outcome, k)


def _single(metric: Metric, one: xr.Dataset) -> float:
    return float(np.asarray(metric.function(one)).item())


def _batch(task: Task, impedance: np.ndarray) -> xr.Dataset:
    """Spectra as one Dataset; what varies between them is a coordinate under its path."""
    import xarray as xr

    from ..dataset import attributes

    cell, protocol = task.cell, task.protocol
    assert isinstance(protocol, EIS)
    temperature = cell.temperature if protocol.temperature is None else protocol.temperature
    numbers = {"temperature": float(temperature), "area": float(cell.area)}
    attrs: dict[str, Any] = {name: value for name, value in numbers.items() if name not in task.values}
    attrs |= {"cell": cell.to_yaml(), "protocol": protocol.to_yaml()}
    coords: dict[str, Any] = {path: (POINT, values) for path, values in task.values.items()}
    coords["frequency"] = ("frequency", protocol.values(), attributes("frequency"))
    data = {"impedance": ((POINT, "frequency"), impedance, attributes("impedance"))}
    return xr.Dataset(data, coords=coords, attrs=attrs)
