"""Ways to compute what happens to a cell: which there are, which of them can answer, and which is taken."""

from .base import ROUTES, Route, Task, Way, route
from .choice import CYCLING, IN_TIME, SPECTRA, choose
from .laplace import Laplace
from .mesh import Mesh

__all__ = ["CYCLING", "IN_TIME", "ROUTES", "SPECTRA", "Laplace", "Mesh", "Route", "Task", "Way", "choose", "route"]
