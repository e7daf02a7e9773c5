"""The family of alarms: what a kind of alarm declares, and the decorator that takes it up."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeVar, dataclass_transform

import numpy as np
from pydantic import Field

from ...cells.paths import Key
from ...fitting.free import FreeLike
from ...kinds.declare import declared, require
from ...protocols import Written
from ...registry import Family
from .faults import Fault, Foreseen

if TYPE_CHECKING:
    from ...cells import Cell

__all__ = ["ALARM_KINDS", "AlarmKind", "Opening", "Threshold", "alarm_kind"]

Threshold = Annotated[float, Field(gt=0)]


@dataclass(frozen=True)
class Opening:
    """How an explanation goes on after a fault of the cell was confirmed.

    Attributes
    ----------
    name : str
        What is put behind the explanation's own, for one that has more than it had; "" for the same one, less sure.
    changes : mapping
        Of its cell, as for `Cell.with_`.
    free : mapping
        What is free besides.
    widened : mapping
        Pattern of coordinates -> standard deviation that is added to what is known of them. Rates are widened anyway.
    """

    name: str = ""
    changes: Mapping[Key, object] = field(default_factory=dict)
    free: Mapping[Key, FreeLike] = field(default_factory=dict)
    widened: Mapping[str, float] = field(default_factory=dict)


class AlarmKind(Written, ABC):
    """Base of the alarms: which faults it knows, and from which score on it speaks.

    Attributes
    ----------
    jump : float
        Score z of one piece of evidence, in standard deviations, above which it is held.
    slow : float
        The same for the sum of what exceeds 0.75 in each of many pieces (one-sided CUSUM); inf: never.
    mechanisms : tuple of str
        Names of its faults.
    of_cell : bool
        Whether it is the cell that changed. What is wrong with the instrument alone does not change forecasts.
    """

    type: str
    jump: float = 5.0
    slow: float = np.inf
    of_cell: ClassVar[bool] = True
    mechanisms: ClassVar[tuple[str, ...]] = ()

    def opening(self, mechanism: str, size: float, std: float, cell: Cell) -> Opening:
        """How an explanation with this cell goes on after one of its faults: anything may have moved, by default."""
        return Opening(widened={"*": 0.5})

    @abstractmethod
    def faults(self, foreseen: Foreseen) -> Mapping[str, Fault]:
        """What it knows to go wrong, by the name that alarms have, as it would show in a piece of evidence."""


#: Every kind of alarm by its name.
ALARM_KINDS: Family[type[AlarmKind]] = Family("alarm", "an alarm")
_Kind = TypeVar("_Kind", bound=AlarmKind)


@dataclass_transform(frozen_default=True, field_specifiers=(field, Field))
def alarm_kind(cls: type[_Kind]) -> type[_Kind]:
    """Declare an alarm: a class with ``jump``, ``slow`` where slow changes count, and ``faults(foreseen)``."""

    def check(made: type[AlarmKind]) -> None:
        require(not made.__abstractmethods__, made, ALARM_KINDS, "without the method faults(foreseen).")
        require(made.mechanisms, made, ALARM_KINDS, "without mechanisms, the names of its faults.")

    return declared(cls, ALARM_KINDS, AlarmKind, check)
