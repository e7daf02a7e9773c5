"""Which route is taken: the one that is asked for, or the first that can answer."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import InputError
from ..unions import OneOf
from .base import ROUTES, Route, Task
from .laplace import Laplace
from .mesh import Mesh
from .modes import Modes

__all__ = ["CYCLING", "IN_TIME", "LAYERS", "MODELLED", "ON_MESH", "SIDE_BY_SIDE", "SPECTRA", "choose"]

#: Routes in the order in which they are tried where none is asked for: the cheapest of equal accuracy first.
SPECTRA: tuple[Route, ...] = (Laplace(), Mesh())
MODELLED: tuple[Route, ...] = (Modes(), Mesh())
IN_TIME: tuple[Route, ...] = (Laplace(), *MODELLED)
#: Runs of many parameter sets at once.
SIDE_BY_SIDE: tuple[Route, ...] = IN_TIME
CYCLING: tuple[Route, ...] = (Modes(density=2), Mesh())
#: How a model discretises its layers where it is not told, and where it is told to refine its mesh.
LAYERS: Route = Modes()
ON_MESH: Route = Mesh()


def choose(task: Task, routes: Sequence[Route], forced: Route | None = None) -> Route:
    """Return the route of a task.

    Parameters
    ----------
    task : Task
    routes : sequence of Route
        Tried in this order; the last one answers everything.
    forced : Route, optional
        What is asked for in their place.

    Raises
    ------
    InputError
        The route that is asked for cannot answer, or is no route.
    """
    if forced is None:
        return next(route for route in routes if not route.refusal(task))
    kind = OneOf(ROUTES).kind_of(forced)
    match forced:
        case Route():
            pass
        case _:  # its class, or a mapping as in a file
            raise InputError(f"a route is needed, not {forced!r}: give the object itself, mt.{kind.__name__}().")
    if reason := forced.refusal(task):
        raise InputError(
            f"{task.cell.name}: the route {forced.type} cannot be taken: {reason}. Take another one "
            f"({', '.join(ROUTES)}), or leave route out: the cell then decides."
        )
    return forced
