"""What an optimisation is for: objectives, constraints, robustness, and how it searches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np

from ..errors import InputError
from ..protocols import Protocol
from ..quantities import parse
from .measured import Metric, metrics_of
from .sampling import SEED

__all__ = ["AtLeast", "AtMost", "Constraint", "Evolution", "Maximise", "Minimise", "Objective", "Robust"]


class _Goal:
    """A metric of the runs of a protocol."""

    metric: Callable[..., Any]
    protocol: Protocol | None
    name: str | None

    def __post_init__(self) -> None:
        if self.protocol is not None and not isinstance(self.protocol, Protocol):
            raise InputError(f"{type(self).__name__}: protocol is for example mt.EIS(1e6, 0.1), not {self.protocol!r}.")
        self.measured()

    def measured(self) -> Metric:
        """The metric with its name and unit."""
        return metrics_of([self.metric] if self.name is None else {self.name: self.metric})[0]


@dataclass(frozen=True)
class Minimise(_Goal):
    """An objective: the smaller the better.

    Parameters
    ----------
    metric : callable
        Dataset of a run -> number, as for `mgtwin.sweep`.
    protocol : Protocol, optional
        Whose runs it reads; by default the protocol of the optimisation.
    name : str, optional
        Its name in the result, by default that of the function.
    """

    metric: Callable[..., Any]
    protocol: Protocol | None = None
    name: str | None = None
    sign: ClassVar[float] = 1.0


@dataclass(frozen=True)
class Maximise(_Goal):
    """An objective: the larger the better; parameters as of `Minimise`."""

    metric: Callable[..., Any]
    protocol: Protocol | None = None
    name: str | None = None
    sign: ClassVar[float] = -1.0


class _Limited(_Goal):
    """A metric with a limit."""

    limit: float | str

    def __post_init__(self) -> None:
        super().__post_init__()
        self.value()

    def value(self) -> float:
        """The limit in SI."""
        unit = self.measured().units
        return float(parse(self.limit, "" if unit == "1" else unit or None))


@dataclass(frozen=True)
class AtMost(_Limited):
    """A constraint: a metric must not exceed a limit.

    Parameters
    ----------
    metric : callable
        Dataset of a run -> number, as for `mgtwin.sweep`.
    limit : float or str
        In the unit of the metric, or text with a unit.
    protocol, name
        As of `Minimise`.

    Examples
    --------
    >>> import mgtwin as mt
    >>> AtMost(mt.analysis.leakage_fraction, "1 %").value()
    0.01
    """

    metric: Callable[..., Any]
    limit: float | str
    protocol: Protocol | None = None
    name: str | None = None
    sign: ClassVar[float] = 1.0


@dataclass(frozen=True)
class AtLeast(_Limited):
    """A constraint: a metric must reach a limit; parameters as of `AtMost`."""

    metric: Callable[..., Any]
    limit: float | str
    protocol: Protocol | None = None
    name: str | None = None
    sign: ClassVar[float] = -1.0


Objective: TypeAlias = Minimise | Maximise
Constraint: TypeAlias = AtMost | AtLeast


@dataclass(frozen=True)
class Robust:
    """Judge a design by what it gives under the uncertainty of the other parameters.

    An objective becomes the value that is not missed with some probability, and a constraint must hold with it. All
    designs see the same parameter sets.

    Parameters
    ----------
    n : int
        Parameter sets, best a power of two.
    probability : float
    seed : int
    together, held : sequences
        As for `mgtwin.uncertainty`.
    """

    n: int = 64
    probability: float = 0.95
    seed: int = SEED
    together: Sequence[Sequence[str]] = ()
    held: Sequence[str] = ()

    def __post_init__(self) -> None:
        if not 0 < self.probability < 1:
            raise InputError(f"Robust: probability lies between 0 and 1, for example 0.95, not {self.probability!r}.")
        if self.n < 2:
            raise InputError(f"Robust: n = {self.n} parameter sets are too few.")

    def judged(self, values: np.ndarray, sign: float) -> np.ndarray:
        """The value that ``sign * values`` do not exceed with the probability, over the last axis; NaN if one is."""
        return sign * np.quantile(sign * values, self.probability, axis=-1, method="inverted_cdf")


@dataclass(frozen=True)
class Evolution:
    """How an optimisation searches: NSGA-II for several objectives, differential evolution for one.

    Parameters
    ----------
    population : int
        Designs per generation.
    generations : int
    seed : int
    """

    population: int = 40
    generations: int = 40
    seed: int = SEED

    def __post_init__(self) -> None:
        if self.population < 8 or self.generations < 1:
            raise InputError("Evolution: give a population of at least 8 and at least one generation.")
