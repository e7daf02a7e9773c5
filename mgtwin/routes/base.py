"""The family of routes: what is to be computed, what a route says of it, and the decorator that takes one up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, dataclass_transform
from typing import Protocol as Interface

from pydantic import Field

from ..kinds.declare import declared, require
from ..protocols import Limits, Written
from ..registry import Family

if TYPE_CHECKING:
    from ..cells import Cell
    from ..protocols import Segment

__all__ = ["MANY", "ROUTES", "Route", "Task", "Way", "route"]

#: From so many stretches on it costs less to compute them together than one by one.
MANY = 24


@dataclass(frozen=True)
class Task:
    """What is to be computed, as far as routes ask.

    Attributes
    ----------
    cell : Cell
    segments : tuple of Segment
        Stretches in time; none for a spectrum.
    at_rest : bool
        Whether the cell is at rest when it begins: no `start`, and for a spectrum no bias.
    cycling : bool
        Whether cycles are counted and summarised.
    """

    cell: Cell
    segments: tuple[Segment, ...] = ()
    at_rest: bool = True
    cycling: bool = False

    @property
    def is_record(self) -> bool:
        """Whether the stretches are so many, and so alike, that they are computed together."""
        if len(self.segments) < MANY:
            return False
        kinds = {(segment.control.imposes_voltage, segment.limits) for segment in self.segments}
        if any(segment.against_reference for segment in self.segments):
            return False
        return kinds in ({(False, Limits())}, {(True, Limits())})


class Way(Interface):
    """What carries a task out: a method for each way of doing so."""

    def exactly(self, route: Route) -> object:
        """From the impedance of the cell in closed form."""

    def modelled(self, route: Route) -> object:
        """With a discretised model, whose layers have the unknowns that the route gives them."""


class Route(Written):
    """Base of the routes. Which one was taken, and what it costs in accuracy, stands in ``attrs["route"]``."""

    #: Factor on the number of finite volumes of whatever is on a mesh.
    refinement: float = 1.0
    #: Points of the contour on which whatever is in closed form is inverted.
    points: int = 24
    #: Modes per decade of time of whatever layer has them (:class:`Modes`); 0 where all are on a mesh.
    density: float = 0.0

    def refusal(self, task: Task) -> str:
        """Why it cannot answer, as it ends the sentence "this route cannot be taken: ..."; "" where it can."""
        return ""

    def described(self, unknowns: int, on_mesh: Sequence[str] = ()) -> str:
        """What ``attrs["route"]`` calls it in a model of so many unknowns, in which these layers are on a mesh."""
        return f"{self.type} ({unknowns} unknowns)"

    def taken_by(self, way: Way) -> object:
        """Ask for the way that this route is."""
        raise NotImplementedError(f"{type(self).__name__} must say which way it is")


#: Every route by its name.
ROUTES: Family[type[Route]] = Family("route")
_Class = TypeVar("_Class")


@dataclass_transform(frozen_default=True, field_specifiers=(Field,))
def route(cls: type[_Class]) -> type[_Class]:
    """Declare a route: a class with fields and the method ``taken_by(way)``; it says in ``refusal(task)`` what it
    cannot answer."""

    def check(made: type[Route]) -> None:
        require(made.taken_by is not Route.taken_by, made, ROUTES, "without the method taken_by(way).")

    return declared(cls, ROUTES, Route, check)
