"""The route of finite volumes."""

from __future__ import annotations

from pydantic import Field

from .base import Route, Way, route

__all__ = ["FINEST", "Mesh"]

#: With this factor a single layer has up to 20 000 unknowns and errs by 1e-6: rounding is all that more would gain.
FINEST = 20.0


@route
class Mesh(Route):
    """Finite volumes, graded towards the faces of every layer: the route that answers everything.

    Parameters
    ----------
    refinement : float
        Factor on the number of finite volumes, at most 20; the error of a profile falls with its square (theory.md §7).

    Examples
    --------
    >>> import mgtwin as mt
    >>> fine = mt.simulate(mt.cell("trilayer"), mt.EIS(1e6, 0.1, points=3), route=Mesh(refinement=2))
    >>> fine.attrs["route"].partition(" (")[0]
    'mesh'
    """

    refinement: float = Field(default=1.0, gt=0, le=FINEST, allow_inf_nan=False)

    def taken_by(self, way: Way) -> object:
        """Ask for a discretised model."""
        return way.modelled(self)
