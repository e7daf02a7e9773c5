"""The numbers of one chunk of points: what a worker does. Nothing here knows of stores, clients or other chunks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ..batch.runs import FEWEST, Runs, side_by_side, suits
from ..cells import Cell
from ..cells.paths import Key
from ..dataset import attributes, spectrum
from ..errors import MgtwinError
from ..protocols import EIS, Protocol, TransientProtocol
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

    def cell_at(self, k: int) -> Cell:
        """The cell of point k at the temperature of the protocol, which is not varied where there is one."""
        at: dict[Key, float] = {path: float(values[k]) for path, values in self.values.items()}
        if self.protocol.temperature is not None:
            at["temperature"] = self.protocol.temperature
        return self.cell.with_(at)

    def batch(self, protocol: EIS, impedance: np.ndarray) -> xr.Dataset:
        """Spectra of all points as one Dataset; what varies between them is a coordinate under its path."""
        import xarray as xr

        temperature = self.cell.temperature if protocol.temperature is None else protocol.temperature
        numbers = {"temperature": float(temperature), "area": float(self.cell.area)}
        # What varies is no attribute of the batch: a metric that reads it there would give one number for all points.
        attrs: dict[str, Any] = {name: value for name, value in numbers.items() if name not in self.values}
        attrs |= {"cell": self.cell.to_yaml(), "protocol": protocol.to_yaml()}
        coords: dict[str, Any] = {path: (POINT, values) for path, values in self.values.items()}
        coords["frequency"] = ("frequency", protocol.values(), attributes("frequency"))
        data = {"impedance": ((POINT, "frequency"), impedance, attributes("impedance"))}
        return xr.Dataset(data, coords=coords, attrs=attrs)

    def side_by_side(self, warnings: list[str]) -> Runs:
        """Runs in time of those points that one integration can answer, and why some of these have none."""
        found = Runs()
        if self.points < FEWEST or not suits(self.cell, self.protocol):
            return found
        # what is refused each point then tells for itself; a fault of the program has to be seen
        with Attempt(MgtwinError) as together:
            cells = [self.cell_at(k) for k in range(self.points)]
            found = side_by_side(self.cell, cells, self.values, cast(TransientProtocol, self.protocol))
        if together.reason:
            warnings.append(f"{self.points} points were simulated one by one, not side by side: {together.reason}")
        return found

    def impedances(self, protocol: EIS, outcome: Outcome) -> np.ndarray:
        """All spectra by one call of the exact impedance, shape (points, f); point by point only where it refuses."""
        from ..impedance.exact import exact

        frequencies = protocol.values()
        # One call for all points: what is done once per call (laws, mixing rules) costs more than an impedance.
        impedance = np.full((self.points, frequencies.size), np.nan + 0j)
        with Attempt() as batch:  # in the first cell laws have given way to numbers, which can be overridden
            impedance[:] = exact(self.cell_at(0), frequencies, dict(self.values.items()))
        for k in range(self.points) if batch.reason else ():
            with Attempt() as single:
                impedance[k] = exact(self.cell_at(k), frequencies)
            if single.reason:
                outcome.fail(k, single.reason)
        return impedance

    def read_spectra(self, protocol: EIS, outcome: Outcome) -> None:
        """Read every metric off all spectra."""
        frequencies, impedance = protocol.values(), self.impedances(protocol, outcome)
        known = [k for k in range(self.points) if k not in outcome.failures]
        one_by_one = []
        for metric in self.metrics:
            if metric.batched:
                outcome.read_batch(metric, self.batch(protocol, impedance), known)
            else:
                one_by_one.append(metric)
        for k in known if one_by_one else ():
            about = {**stamp(self.cell_at(k), protocol), "route": "exact, at rest"}
            run = spectrum(frequencies, impedance[k], about)
            for metric in one_by_one:
                outcome.read(metric, run, k)

    def runs(self, outcome: Outcome, warnings: list[str]) -> Iterator[tuple[int, xr.Dataset]]:
        """The runs of all points one after the other; what fails is noted in `outcome`, what warns in `warnings`.

        Raises
        ------
        KeyboardInterrupt
            Ctrl-C or SIGTERM, also where a run had taken it for itself.
        """
        together = self.side_by_side(warnings)
        for k in range(self.points):
            if k in together.failures:
                outcome.fail(k, together.failures[k])
                continue
            with Attempt() as running:
                run = together.datasets[k] if k in together.datasets else simulate(self.cell_at(k), self.protocol)
            if running.reason:
                outcome.fail(k, running.reason)
                continue
            # Ctrl-C reached the run, which returned its first half: no number of this point
            if run.attrs.get("interrupted"):
                raise KeyboardInterrupt
            warnings += run.attrs.get("warnings", [])
            yield k, run


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

    def read(self, metric: Metric, run: xr.Dataset, k: int) -> None:
        """Keep the metric of one run as the number of point k; NaN, and the reason, where it fails."""
        with Attempt() as reading:
            self.values[metric.name][k] = np.asarray(metric.function(run), dtype=float).item()
        if np.isnan(self.values[metric.name][k]):
            self.fail(k, f"{metric.name}: {reading.reason or 'gave NaN'}")

    def read_batch(self, metric: Metric, batch: xr.Dataset, known: list[int]) -> None:
        """A metric of many spectra at once; point by point where that fails, to find which ones do."""
        numbers = self.values[metric.name]
        with Attempt() as whole:
            # Not where spectra are missing: a metric that refuses NaN would fail for all.
            if len(known) == numbers.size:
                numbers[:] = np.asarray(metric.function(batch), dtype=float)
        for k in known:
            if whole.reason or np.isnan(numbers[k]):
                self.read(metric, batch.isel({POINT: slice(k, k + 1)}), k)


class Attempt:
    """A block that may fail: afterwards `reason` says why, ``""`` where it did not.

    A metric is anybody's code and may raise anything, and one point must not end a study of thousands. What is not
    `caught`, and what does not come from the calculation (Ctrl-C, the end of the process), passes.
    """

    reason = ""

    def __init__(self, caught: type[Exception] = Exception) -> None:
        self._caught = caught

    def __enter__(self) -> Attempt:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if kind is None or not issubclass(kind, self._caught):
            return False
        text = " ".join(str(error).split())
        self.reason = text if issubclass(kind, MgtwinError) and text else f"{kind.__name__}: {text}"
        return True


def is_batched(protocol: Protocol) -> bool:
    """Whether a protocol runs through the batched exact impedance: a spectrum at rest."""
    match protocol:
        case EIS(bias=None):
            return True
    return False


def compute(task: Task) -> Outcome:
    """Simulate the points of a chunk and read every metric; what fails becomes NaN with its reason.

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C or SIGTERM, also where a run had taken it for itself.
    """
    outcome = Outcome.empty(task.metrics, task.points)
    match task.protocol:
        case EIS(bias=None) as spectra:
            task.read_spectra(spectra, outcome)
            return outcome
    warnings: list[str] = []
    for k, run in task.runs(outcome, warnings):
        for metric in task.metrics:
            outcome.read(metric, run, k)
    outcome.warnings = tuple(dict.fromkeys(warnings))
    return outcome
