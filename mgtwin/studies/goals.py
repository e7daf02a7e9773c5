"""What an optimisation is for: objectives, constraints, and robustness against what is not known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from typing import ClassVar, TypeVar, dataclass_transform

import numpy as np
from pydantic import InstanceOf

from ..errors import InputError
from ..kinds.noun import noun
from ..protocols import Protocol
from ..quantities import parse
from ..registry import Family
from .measured import Function, Metric, metrics_of
from .sampling import SEED

__all__ = [
    "CONSTRAINTS",
    "OBJECTIVES",
    "AtLeast",
    "AtMost",
    "Goal",
    "Limit",
    "Maximise",
    "Minimise",
    "Objective",
    "Robust",
    "goal",
]

_Class = TypeVar("_Class", bound=type)
#: What a design is to be best in, by the key of study files.
OBJECTIVES: Family[type[Objective]] = Family("objective")
#: What a design must keep to, by the key of study files.
CONSTRAINTS: Family[type[Limit]] = Family("constraint")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def goal(family: Family[type[Objective]] | Family[type[Limit]], name: str) -> Callable[[_Class], _Class]:
    """Return a decorator that makes a class a goal: a noun that study files write under the key `name`."""

    def declare(cls: _Class) -> _Class:
        made = noun(cls)
        if made.sign not in (1.0, -1.0):  # type: ignore[attr-defined]
            raise InputError(f"{made.__name__}: sign is 1 where small numbers are good and -1 where large ones are.")
        family.add(name, made)
        return made

    return declare


class Goal:
    """A metric of the runs of a protocol; ``sign * value`` is small where a design is good."""

    sign: ClassVar[float] = 0.0
    metric: Function
    protocol: InstanceOf[Protocol] | None
    name: str | None

    def __post_init__(self) -> None:
        self.measured()

    def measured(self) -> Metric:
        """The metric with its name and unit."""
        return metrics_of([self.metric] if self.name is None else {self.name: self.metric})[0]


@noun
class Objective(Goal):
    """What the best design has most, or least, of."""

    metric: Function
    protocol: InstanceOf[Protocol] | None = None
    name: str | None = None


@noun
class Limit(Goal):
    """A goal with a limit that ``sign * value`` must not exceed."""

    metric: Function
    limit: float | str
    protocol: InstanceOf[Protocol] | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.value()  # a limit in a wrong unit is told at once

    def value(self) -> float:
        """The limit in SI."""
        unit = self.measured().units
        return float(parse(self.limit, "" if unit == "1" else unit or None))


@goal(OBJECTIVES, "minimise")
class Minimise(Objective):
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

    sign: ClassVar[float] = 1.0


@goal(OBJECTIVES, "maximise")
class Maximise(Objective):
    """An objective: the larger the better; parameters as of `Minimise`."""

    sign: ClassVar[float] = -1.0


@goal(CONSTRAINTS, "at_most")
class AtMost(Limit):
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

    sign: ClassVar[float] = 1.0


@goal(CONSTRAINTS, "at_least")
class AtLeast(Limit):
    """A constraint: a metric must reach a limit; parameters as of `AtMost`."""

    sign: ClassVar[float] = -1.0


@noun
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
            raise InputError(f"probability lies between 0 and 1, for example 0.95, not {self.probability!r}.")
        if self.n < 2:
            raise InputError(f"n = {self.n} parameter sets are too few.")

    def judged(self, values: np.ndarray, sign: float) -> np.ndarray:
        """The value that ``sign * values`` do not exceed with the probability, over the last axis; NaN if one is."""
        return sign * np.quantile(sign * values, self.probability, axis=-1, method="inverted_cdf")
