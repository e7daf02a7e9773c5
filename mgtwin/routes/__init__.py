"""Ways to compute what happens to a cell: which there are, which of them can answer, and which is taken."""

from .base import ROUTES, Route, Task, Way, route
from .choice import CYCLING, IN_TIME, LAYERS, MODELLED, ON_MESH, SIDE_BY_SIDE, SPECTRA, choose
from .laplace import Laplace
from .mesh import FINEST, Mesh
from .modes import Modes

__all__ = [
    "CYCLING",
    "FINEST",
    "IN_TIME",
    "LAYERS",
    "MODELLED",
    "ON_MESH",
    "ROUTES",
    "SIDE_BY_SIDE",
    "SPECTRA",
    "Laplace",
    "Mesh",
    "Modes",
    "Route",
    "Task",
    "Way",
    "choose",
    "route",
]
