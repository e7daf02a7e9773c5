"""Open-circuit potentials of hosts, each in one file; `potential` declares one more."""

from .base import POTENTIALS, AnyPotential, Potential, potential
from .regular_solution import RegularSolution
from .sites import Site, Sites
from .tabulated_potential import TabulatedPotential

__all__ = [
    "POTENTIALS",
    "AnyPotential",
    "Potential",
    "RegularSolution",
    "Site",
    "Sites",
    "TabulatedPotential",
    "potential",
]
