"""Design studies: what happens to numbers of a run when numbers of the cell change, on a laptop or on a cluster."""

from .axes import Paired
from .goals import AtLeast, AtMost, Maximise, Minimise, Robust
from .optimisation import optimise
from .result import cell_at
from .search import Evolution
from .sensitivities import Morris, Sobol, sensitivity
from .store import open_study
from .sweeps import sweep
from .uncertainties import Posterior, uncertainty

__all__ = [
    "AtLeast",
    "AtMost",
    "Evolution",
    "Maximise",
    "Minimise",
    "Morris",
    "Paired",
    "Posterior",
    "Robust",
    "Sobol",
    "cell_at",
    "open_study",
    "optimise",
    "sensitivity",
    "sweep",
    "uncertainty",
]
